"""code: a source file -> its text, byte for byte, with its language, licence and place.

Records are files of directories and archives, and rows of code data sets (`content` or `code` beside `path`, `repository`,
`license`, `language`). The text is the file's: line ends, tabs and a byte order mark stay, so it encodes to the same bytes;
what cannot be held so (binary files, null characters, undecodable bytes) goes as `type`. Files that no person wrote go by
the rules of `programs.removals`; the licence is the file's own where it declares one, else that of its row or of the
nearest licence file. Costs 1 ms a file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from llmctl.text.sources import charset, formats
from llmctl.text.sources.programs import expressions, recognize, removals
from llmctl.text.sources.programs.languages import BY_LABEL, Language, label
from llmctl.text.sources.programs.licenses import declared
from llmctl.text.sources.record import Document, Record, Refused

# names of columns in data sets of code: The Stack, StarCoder, CodeParrot, CodeSearchNet, RedPajama
CONTENT = ("content", "code", "func_code_string", "source_code")
PATH = ("path", "file", "filename", "file_path", "max_stars_repo_path", "func_path_in_repository")
REPOSITORY = ("repository", "repo", "repo_name", "max_stars_repo_name", "repository_name")
LICENSE = ("license", "licence", "licenses", "detected_licenses", "max_stars_repo_licenses")
LANGUAGE = ("language", "lang", "programming_language")
COOKIE = re.compile(rb"^[^\n]{0,200}?coding[:=][ \t]*([\w.-]{1,40})", re.M)  # PEP 263, and Emacs' `coding:`
COOKIE_LINES = 2
LATIN1 = ("latin-1", "iso-latin-1")  # names that Python and Emacs have (tokenize.py), and the WHATWG has not
NULL = b"\0"
MAX_MARK = 3  # bytes of a byte order mark
MAX_LICENSE = 200  # characters of what is no expression and is kept as it was said
LOST = "\ufffd"
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # Arrow strings cannot hold these
NOT_OURS = ("prose", "page")  # kinds of languages that other sources read


def is_code(record: Record) -> bool:
    """Whether a file's name or shebang, or the columns of a row, say that it is code."""
    if record.crawled:
        return False
    path, content = _path(record), _said(record, CONTENT)
    if content is not None or record.text is not None:
        in_code_set = _labelled(record) is not None or bool(_said(record, PATH) and _said(record, REPOSITORY))
        return (content is not None and in_code_set) or _is_program(path, content or record.text or "")
    head = record.payload[: formats.HEAD]
    return bool(head) and not formats.is_binary(head) and _is_program(path, head.decode("utf-8", "replace"))


def _is_program(path: str, head: str) -> bool:
    _, candidates = recognize.by_name(path)
    if not candidates:
        return recognize.shebang_language(head[: recognize.SHEBANG_LENGTH]) is not None
    if all(language.kind in NOT_OURS for language in candidates):
        return False
    language = recognize.language_of(path, head)
    return language is not None and language.kind not in NOT_OURS


def documents(record: Record, *, licenses: str = "any", remove: Collection[str] = removals.REASONS) -> list[Document]:
    """The file as a document.

    `licenses` is a comma list of any, permissive (expressions.PERMISSIVE) and SPDX ids; `remove` are the
    reasons for which files go. Refuses as type, empty, one of `remove` (in the order of removals.RULES), license.
    """
    text, charset_name = _text(record)
    if not text.strip():
        raise Refused("empty")
    path = _path(record)
    language = recognize.language_of(path, text, said=_said(record, LANGUAGE))
    if language is None:
        raise Refused("type")
    if broken := removals.broken(removals.SourceFile(path, text, language), frozenset(remove)):
        raise Refused(broken.rule.reason, broken.value, broken.rule.low, broken.rule.high)
    license, told = _license(text, record)
    if not _is_allowed(license, licenses):
        raise Refused("license")
    known = {"language": language.name, "path": path, "repository": _said(record, REPOSITORY), "charset": charset_name}
    metadata = {name: UNSTORABLE.sub("", value) for name, value in (known | told).items() if value}
    return [Document(text, metadata, license=license)]


def _text(record: Record) -> tuple[str, str | None]:
    """The text of a record, and its charset where it came as bytes."""
    given = _said(record, CONTENT)
    text, name = (record.text if given is None else given), None
    if text is None:
        text, name = decode(record.payload)
    if UNSTORABLE.search(text):
        raise Refused("type")
    return text, name


def decode(payload: bytes) -> tuple[str, str]:
    """A file's text and charset, without a loss: UTF-8 with its mark, the charset that the file declares, or detection."""
    try:
        if NULL not in payload:  # UTF-16 without a mark would decode
            return payload.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    if formats.is_binary(payload[: formats.HEAD]):
        raise Refused("type")
    text, name = charset.decode(payload, _cookie(payload))
    if LOST in text or not _is_whole(text, name, payload):
        raise Refused("type")
    return text, name


def _is_whole(text: str, name: str, payload: bytes) -> bool:
    """Whether a text is all of its bytes, but for a byte order mark: `charset` leaves out a last character that is cut off."""
    try:
        encoded = text.encode(name)
    except (UnicodeEncodeError, LookupError):
        return True  # unassigned bytes of a windows charset, which stand as control characters
    return payload.endswith(encoded) and len(payload) - len(encoded) <= MAX_MARK


def _cookie(payload: bytes) -> str | None:
    head = b"\n".join(payload[:1000].split(b"\n", COOKIE_LINES)[:COOKIE_LINES])
    found = COOKIE.search(head)
    if found is None:
        return None
    name = found[1].decode("ascii", "replace")
    return f"text/plain; charset={'iso-8859-1' if name.lower().replace('_', '-') in LATIN1 else name}"


def _license(text: str, record: Record) -> tuple[str | None, dict[str, str | None]]:
    """The licence that holds, and for metadata where it is from; the surrounding one too where the file has its own."""
    own = declared(text)
    columns = _columns(record)
    row = next((columns[name] for name in LICENSE if columns.get(name)), None)
    around = expressions.spdx(row) or (UNSTORABLE.sub("", str(row)[:MAX_LICENSE]) if row else None) or record.license
    if own is None:
        return around, {"license_from": ("row" if row else "file") if around else None}
    return own.expression, {"license_from": own.how, "license_around": around if around != own.expression else None}


def _is_allowed(license: str | None, asked: str) -> bool:
    allowed = expressions.allowed(asked)
    return allowed is None or expressions.is_permissive(license, allowed)


def _path(record: Record) -> str:
    """The path of a file, or the one that a row tells: that of a row's record is of the table that it lies in."""
    is_row = record.text is not None or _said(record, CONTENT) is not None
    return _said(record, PATH) or ("" if is_row else record.path)


def _labelled(record: Record) -> Language | None:
    return BY_LABEL.get(label(_said(record, LANGUAGE) or ""))


def _columns(record: Record) -> dict[str, Any]:  # Any: what columns hold
    """The columns of a row, and those that RedPajama keeps in `meta`."""
    meta = record.given.get("meta")
    return {**meta, **record.given} if isinstance(meta, Mapping) else dict(record.given)


def _said(record: Record, names: tuple[str, ...]) -> str | None:
    """The first column of `names` that holds a text."""
    columns = _columns(record)
    return next((value for name in names if isinstance(value := columns.get(name), str) and value), None)
