"""code: a source file -> its text, byte for byte, with its language, licence and place.

Records are files of directories and archives, and rows of code data sets (`content` or `code` beside `path`, `repository`,
`license`, `language`). The text is the file's: line ends, tabs and a byte order mark stay, so it encodes to the same bytes;
what cannot be held so (binary files, null characters, undecodable bytes) goes as `type`. Files that no person wrote go by
the rules of `programs.removals`; the licence is the file's own where it declares one, else that of its row or of the
nearest licence file. Costs 0.5 ms a file.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from llmctl.text.sources import charset, formats
from llmctl.text.sources.programs import expressions, recognize, removals
from llmctl.text.sources.programs.languages import BY_LABEL, Language, label
from llmctl.text.sources.programs.licenses import declared as declared_license
from llmctl.text.sources.record import Document, Record, Refused

# names of columns in data sets of code: The Stack, StarCoder, CodeParrot, CodeSearchNet, RedPajama
CONTENT = ("content", "code", "func_code_string", "source_code")
PATH = ("path", "file", "filename", "file_path", "max_stars_repo_path", "func_path_in_repository")
REPOSITORY = ("repository", "repo", "repo_name", "max_stars_repo_name", "repository_name")
LICENSE = ("license", "licence", "licenses", "detected_licenses", "max_stars_repo_licenses")
LANGUAGE = ("language", "lang", "programming_language")
COOKIE = re.compile(rb"^[^\n]{0,200}?coding[:=][ \t]*([\w.-]{1,40})", re.M)  # PEP 263, and Emacs' `coding:`
COOKIE_LINES = 2
LOST = "\ufffd"
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # Arrow strings cannot hold these
NOT_OURS = ("prose", "page")  # kinds of languages that other sources read


@dataclass(frozen=True)
class Found:
    """A record's file: text and what was said of it."""

    text: str
    charset: str | None
    path: str
    given: dict[str, Any]  # Any: what the columns hold


def is_code(record: Record) -> bool:
    """Whether a file's name or shebang, or the columns of a row, say that it is code."""
    if record.crawled:
        return False
    path = _column(record, PATH) or record.path
    if record.text is not None or not record.payload:
        content = _column(record, CONTENT)
        row = bool(content) and (_is_labelled(record) or bool(_column(record, PATH) and _column(record, REPOSITORY)))
        return row or _is_program(path, content or record.text or "")
    head = record.payload[: formats.HEAD]
    return not formats.is_binary(head) and _is_program(path, head.decode("utf-8", "replace"))


def _is_labelled(record: Record) -> bool:
    said = _column(record, LANGUAGE)
    return bool(said) and label(str(said)) in BY_LABEL


def _is_program(path: str, head: str) -> bool:
    _, candidates = recognize.by_name(path)
    if not candidates:
        return recognize.shebang_language(head[:400]) is not None
    if all(language.kind in NOT_OURS for language in candidates):
        return False
    language = recognize.language_of(path, head)
    return language is not None and language.kind not in NOT_OURS


def documents(record: Record, *, licenses: str = "any", remove: Collection[str] = removals.REASONS) -> list[Document]:
    """The file as a document.

    `licenses` is any, permissive (expressions.PERMISSIVE) or a comma list of SPDX ids; `remove` are the reasons for which
    files go. Refuses by type, empty, `remove`'s reasons in the order of removals.RULES, license.
    """
    found = _found(record)
    language = _language(found, record)
    if not found.text.strip():
        raise Refused("empty")
    if broken := removals.broken(removals.SourceFile(found.path, found.text, language), remove):
        raise Refused(broken.rule.reason, broken.value, broken.rule.low, broken.rule.high)
    license, told = _license(found, record)
    if not _is_allowed(license, licenses):
        raise Refused("license")
    repository = _column(record, REPOSITORY)
    metadata = {
        "language": language.name,
        "path": found.path or None,
        "repository": str(repository) if repository else None,
        "charset": found.charset,
        **told,
    }
    kept = {name: value for name, value in metadata.items() if value is not None}
    return [Document(found.text, kept, license=license)]


def _found(record: Record) -> Found:
    content = _column(record, CONTENT)
    text, name = (content, None) if isinstance(content, str) else (record.text, None)
    if text is None:
        text, name = decode(record.payload)
    if UNSTORABLE.search(text):
        raise Refused("type")
    return Found(text, name, str(_column(record, PATH) or record.path), dict(record.given))


def decode(payload: bytes) -> tuple[str, str]:
    """The text of a file and its charset, without a loss: UTF-8 with its mark, the charset that it declares, or detection."""
    try:
        return payload.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    if formats.is_binary(payload[: formats.HEAD]):
        raise Refused("type")
    text, name = charset.decode(payload, _cookie(payload))
    if LOST in text:
        raise Refused("type")
    return text, name


def _cookie(payload: bytes) -> str | None:
    head = b"\n".join(payload[:1000].split(b"\n", COOKIE_LINES)[:COOKIE_LINES])
    found = COOKIE.search(head)
    return f"text/plain; charset={found[1].decode('ascii', 'replace')}" if found else None


def _language(found: Found, record: Record) -> Language:
    said = _column(record, LANGUAGE)
    language = recognize.language_of(found.path, found.text, said=str(said) if said else None)
    if language is None:
        raise Refused("type")
    return language


def _license(found: Found, record: Record) -> tuple[str | None, dict[str, Any]]:
    """The licence that holds, and in metadata where it is from; the surrounding one too where the file has its own."""
    declared = declared_license(found.text)
    row = _column(record, LICENSE)
    around = expressions.spdx(row) or (str(row) if row else None) or record.license
    if declared is None:
        return around, {"license_from": ("row" if row else "file") if around else None}
    differs = around if around and around != declared.expression else None
    return declared.expression, {"license_from": declared.how, "license_around": differs}


def _is_allowed(license: str | None, asked: str) -> bool:
    if asked == "any":
        return True
    listed = {expressions.SPELLING.get(one.strip().lower(), one.strip()) for one in asked.split(",")}
    return expressions.is_permissive(license, expressions.PERMISSIVE if asked == "permissive" else listed)


def _column(record: Record, names: tuple[str, ...]) -> Any:  # Any: what a column holds
    return next((record.given[name] for name in names if record.given.get(name)), None)
