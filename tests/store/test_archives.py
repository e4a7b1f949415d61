"""Archives: every member that is a file, where it lies, and what cannot be read; packed or not."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile
import zipfile
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.store import archives

FILES = {"a.txt": b"one\n", "folder/b.py": b"print(2)\n" * 200, "folder/empty": b"", "../up.txt": b"outside\n"}
PACK = {None: bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress,
        "zstd": zstandard.ZstdCompressor().compress}  # fmt: skip


def tar(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as held:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        held.addfile(folder)
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        held.addfile(link)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            held.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as held:
        for name, content in files.items():
            held.writestr(name, content)
    return out.getvalue()


def members(place: Path, content: bytes, packing: str | None = None) -> tuple[dict[str, bytes], list[str]]:
    """What the members hold, and why some cannot be read."""
    (place / "x").write_bytes(content)
    plain = archives.unpacked(place / "x", packing, place / "x.archive")
    found = archives.index(plain, place / "x.members.parquet")
    with archives.Archive(str(plain)) as held:
        whole = {m.name: held.read(m, 1 << 20) for m in found if not m.problem}
    return whole, [m.problem for m in found if m.problem]


@pytest.mark.parametrize("packing", PACK)
def test_members_are_files_alone_and_nothing_is_written_under_their_names(packing: str | None, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert members(tmp_path / "in", PACK[packing](tar(FILES)), packing) == (FILES, [])
    assert not (tmp_path / "up.txt").exists()


def test_a_zip_is_read_member_by_member(tmp_path: Path) -> None:
    assert members(tmp_path, zipped(FILES)) == (FILES, [])


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_of_a_packed_archive_that_breaks_off_the_good_members_are_read_and_the_rest_is_told(
    packing: str, tmp_path: Path
) -> None:
    noise = random.Random(1).randbytes(900_000)
    whole = PACK[packing](tar({"first": b"1" * 200_000, "second": noise, "third": b"3"}))
    found, problems = members(tmp_path, whole[: len(whole) // 2], packing)
    assert found == {"first": b"1" * 200_000}
    assert problems == ["unreadable:truncated", "unreadable:broken_archive"]


def test_a_damaged_header_is_no_quiet_end(tmp_path: Path) -> None:
    content = bytearray(tar({"first": b"1", "second": b"2", "third": b"3"}))
    at = content.index(b"second")
    content[at : at + 200] = b"\xff" * 200
    assert members(tmp_path, bytes(content)) == ({"first": b"1"}, ["unreadable:broken_archive"])


def test_an_encrypted_zip_member_is_told(tmp_path: Path) -> None:
    content = bytearray(zipped({"secret": b"x"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag in the central directory
    assert members(tmp_path, bytes(content))[1] == ["unreadable:encrypted"]


def test_members_of_the_same_name_are_each_read(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as held, pytest.warns(UserWarning, match="Duplicate"):
        held.writestr("same", b"first")
        held.writestr("same", b"second")
    (tmp_path / "x").write_bytes(out.getvalue())
    found = archives.index(tmp_path / "x", tmp_path / "x.members.parquet")
    with archives.Archive(str(tmp_path / "x")) as held:
        assert [held.read(member, 100) for member in found] == [b"first", b"second"]


def test_inflated_stops_at_the_limit() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    assert len(archives.inflated(bomb, "gzip", 1000)) == 1000


@settings(max_examples=40, deadline=None)
@given(noise=st.binary(max_size=3000), at=st.integers(0, 6000), zip_it=st.booleans())
def test_hostile_archives_give_members_or_problems_and_never_raise(
    noise: bytes, at: int, zip_it: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = (zipped if zip_it else tar)(FILES)
    content = whole[:at] + noise + whole[at + len(noise) :]
    place = tmp_path_factory.mktemp("hostile")
    (place / "x").write_bytes(content)
    for member in archives.index(place / "x", place / "x.members.parquet"):
        if not member.problem:
            with archives.Archive(str(place / "x")) as held:
                try:
                    assert len(held.read(member, 100)) <= 100
                except archives.BROKEN:
                    pass
