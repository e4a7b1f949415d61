"""The house: imports go down, siblings are strangers, only store opens files, only cli prints, nothing grows too large."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "llmctl"
FLOORS = {
    "cli": 5, "stages": 4, "views": 4, "train": 3, "infer": 3, "store": 2, "text": 1, "tokens": 1, "model": 1, "engine": 1,
    "settings": 0, "errors": 0,
}  # fmt: skip
FILES = sorted(SOURCE.rglob("*.py"))
OPENS = {"open", "read_text", "write_text", "read_bytes", "write_bytes", "ParquetFile", "ParquetWriter", "memmap",
         "read_table", "write_table", "read_metadata", "read_schema", "mkdir", "unlink", "rmtree", "OSFile"}  # fmt: skip
MAY_OPEN = (  # presets: a packaged file, or the one that --preset names; word lists that are packaged
    "store/", "settings/presets/", "text/privacy/packaged.py",
)  # fmt: skip
WEAK_NAMES = {"utils", "helpers", "common", "misc", "base", "manager", "core"}


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def module_of(path: Path) -> tuple[str, ...]:
    """`text/quality/c4.py` -> (text, quality, c4)."""
    return path.relative_to(SOURCE).with_suffix("").parts


def imports(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(line, module below llmctl) of every import, those inside functions too, and the names in the command table."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name_of(path)}:{node.lineno}: write the import in full"
            found = [node.module or ""]
            if node.module == "llmctl":
                found = [f"llmctl.{alias.name}" for alias in node.names]
        else:
            continue
        for module in found:
            if module.startswith("llmctl."):
                yield node.lineno, tuple(module.split(".")[1:])


def is_stranger(here: tuple[str, ...], there: tuple[str, ...]) -> bool:
    """Do two modules of one floor belong to different rooms?"""
    if here[0] != there[0]:
        return True
    if here[0] == "stages":
        return len(here) > 1 and len(there) > 1 and here[1] != there[1]
    if here[0] == "text":  # its packages may share what lies directly in text/
        return len(here) > 2 and len(there) > 2 and here[1] != there[1]
    return False


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_go_down_and_siblings_are_strangers(path: Path) -> None:
    here = module_of(path)
    for line, there in imports(path):
        if here[0] not in FLOORS or there[0] not in FLOORS:  # __main__, __version__
            continue
        up = FLOORS[there[0]] > FLOORS[here[0]]
        across = FLOORS[there[0]] == FLOORS[here[0]] and is_stranger(here, there)
        assert not up and not across, f"{name_of(path)}:{line} imports {'.'.join(there)}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_module_stands_on_a_floor(path: Path) -> None:
    assert module_of(path)[0] in {*FLOORS, "__init__", "__main__"}
    assert not WEAK_NAMES.intersection(module_of(path))


def called(path: Path) -> Iterator[tuple[int, str]]:
    """(line, name) of every call."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            target = node.func
            yield node.lineno, target.id if isinstance(target, ast.Name) else getattr(target, "attr", "")


def attribute_called(path: Path) -> Iterator[tuple[int, str]]:
    """(line, name) of every call of an attribute, and of `open`: functions of ours may be called `read_text`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            target = node.func
            if isinstance(target, ast.Attribute):
                yield node.lineno, target.attr
            elif isinstance(target, ast.Name) and target.id == "open":
                yield node.lineno, "open"


@pytest.mark.parametrize("path", [p for p in FILES if not name_of(p).startswith(MAY_OPEN)], ids=name_of)
def test_only_store_opens_files(path: Path) -> None:
    assert [f"{name_of(path)}:{line} {name}" for line, name in attribute_called(path) if name in OPENS] == []


@pytest.mark.parametrize("path", [p for p in FILES if module_of(p)[0] != "cli"], ids=name_of)
def test_only_cli_prints(path: Path) -> None:
    assert [f"{name_of(path)}:{line}" for line, name in called(path) if name in ("print", "input")] == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_and_functions_are_of_a_size_that_can_be_read(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 350, name_of(path)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno is not None:
            assert node.end_lineno - node.lineno < 60, f"{name_of(path)}:{node.lineno} {node.name}"


@pytest.mark.parametrize("path", [p for p in FILES if module_of(p)[0] == "model"], ids=name_of)
def test_the_model_knows_nothing_of_parallelism(path: Path) -> None:
    assert "torch.distributed" not in path.read_text()


@pytest.mark.parametrize("path", [p for p in FILES if module_of(p)[0] in ("settings", "errors", "engine")], ids=name_of)
def test_what_help_needs_is_standard_library(path: Path) -> None:
    import sys

    for node in ast.walk(ast.parse(path.read_text())):
        modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for module in modules:
            assert module.partition(".")[0] in {*sys.stdlib_module_names, "llmctl"}, f"{name_of(path)}: {module}"
