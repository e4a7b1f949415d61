"""Bytes of a page -> text and the charset it was in.

Order: byte order mark, UTF-8 that validates (its form is practically never an accident), the HTTP header, the page's
own declaration, detection by resiliparse on the content. A declaration counts only where the bytes decode by it.
Labels follow the WHATWG Encoding Standard (4.2): gb2312 is read as gb18030, iso-8859-1 as windows-1252.
"""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Python's codecs lack characters that the WHATWG tables have; the first that decodes wins
CODECS = {
    "gbk": ("gb18030",),
    "big5": ("big5hkscs", "cp950"),
    "shift_jis": ("cp932",),
    "euc_jp": ("euc_jp", "euc_jis_2004"),
    "euc_kr": ("euc_kr", "cp949"),  # the first alone composes syllables that KS X 1001 spells in eight bytes
    "iso2022_jp": ("iso2022_jp", "iso2022_jp_ext", "iso2022_jp_2004"),
}
NAMES = {"euc_jp": "euc-jp", "euc_kr": "euc-kr", "iso2022_jp": "iso-2022-jp", "iso2022_kr": "iso-2022-kr"}
NOT_HTML5 = {
    "hz-gb-2312": "hz",
    "hz": "hz",
    "iso-2022-kr": "iso2022_kr",
}  # WHATWG refuses to decode these; archives have them
CJK = frozenset(CODECS)
PRESCAN = 4096  # bytes; WHATWG HTML 13.2.3.2 asks for 1024, pages with long scripts first need more
DECLARED = re.compile(
    rb"""<meta[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)|^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)""", re.I
)
IN_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.I)
FEW = 6  # characters: in fewer, gb2312 text can look like UTF-8 (one in four does for a single character)
# what Python's codecs say of a character that the end of the data cuts off; any other error is no cut
CUT = ("unexpected end of data", "truncated data", "incomplete multibyte sequence")
C1 = {byte: chr(byte) for byte in range(0x80, 0xA0)}
C1_BYTES = re.compile(rb"[\x80-\x9f]")
# bytes that are a fraction or a bare accent in Latin-1 and a letter or the euro sign in Latin-9 (ISO 8859-15)
LATIN9 = re.compile(rb"\xa4|\b[\xbc\xbd][a-z]|[a-z][\xbd\xa8\xb8][a-z]")
HANGUL = ("\uac00", "\ud7a3")  # the block Hangul Syllables
ESCAPE = b"\x1b"


def decode(data: bytes, content_type: str | None = None) -> tuple[str, str]:
    """The text of `data` (`content_type` is the HTTP header, if there was one), and its charset; never fails."""
    text, codec = _decode(data, content_type)
    return text, NAMES.get(codec, codec.replace("cp125", "windows-125").replace("iso8859", "iso-8859"))


def _decode(data: bytes, content_type: str | None) -> tuple[str, str]:
    for mark, charset in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(charset, "replace"), charset
    if data.isascii() and ESCAPE not in data:
        return data.decode("ascii"), "utf-8"
    if wide := _wide(data):
        return data.decode(wide, "replace"), wide
    declared = list(_declared(data, content_type))
    text = None if data.isascii() else _strict(data, "utf-8")
    # one byte at the end of ASCII may begin a character of UTF-8, or be a letter: what it is, is not said by its form
    if text and not text.isascii() and not (_is_short(text) and any(c in CJK and _by(data, c) for c in declared)):
        return text, "utf-8"
    for charset in itertools.chain(declared, _detected(data)):
        if text := _by(data, charset):
            return text, charset
    return _closest(data, declared)


def _declared(data: bytes, content_type: str | None) -> Iterator[str]:
    labels = [match[1] for match in [IN_HEADER.search(content_type or "")] if match]
    labels += [(a or b).decode("ascii", "replace") for a, b in DECLARED.findall(data, 0, PRESCAN)[:1]]
    for label in labels:
        charset = NOT_HTML5.get(label.lower()) or map_encoding_to_html5(label, fallback_utf8=False)
        if charset:
            # a declaration that can be read byte by byte is no UTF-16 (WHATWG HTML 13.2.3.2)
            yield "utf-8" if charset.startswith("utf-16") else charset


def _detected(data: bytes) -> Iterator[str]:
    """What the content looks like; resiliparse says UTF-8 where it does not know, as it does of EUC-KR."""
    charset = detect_encoding(data)
    if charset == "utf-8":
        charset = "euc_kr" if _is_korean(_by(data, "euc_kr") or "") else "cp1252"
    if charset == "cp1252" and LATIN9.search(data) and not C1_BYTES.search(data):
        charset = "iso8859-15"
    if charset:
        yield charset


def _is_korean(text: str) -> bool:
    letters = [character for character in text if character > "\x7f"]
    return sum(1 for letter in letters if HANGUL[0] <= letter <= HANGUL[1]) > 0.8 * len(letters) > 0


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: markup is mostly ASCII, so every other byte is zero."""
    sample = data[:1024]
    if len(data) % 2 or len(sample) < 4:
        return None
    for charset, zeros, others in (("utf-16-le", sample[1::2], sample[::2]), ("utf-16-be", sample[::2], sample[1::2])):
        if zeros.count(0) > 0.4 * len(zeros) and others.count(0) <= 0.05 * len(others) and _strict(data, charset):
            return charset
    return None


def _by(data: bytes, charset: str) -> str | None:
    """`data` by a charset; None where it does not decode."""
    for codec in CODECS.get(charset, (charset,)):
        text = _strict(data, codec)
        if text is not None:
            return text
    return _single_bytes(data, charset) if charset.startswith("cp125") else None


def _strict(data: bytes, codec: str) -> str | None:
    """`data` by a codec, less a last character that was cut off."""
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        if error.reason not in CUT or error.end != len(data) or error.start == 0:
            return None
        try:
            return data[: error.start].decode(codec)
        except UnicodeDecodeError:
            return None
    except LookupError:
        return None


def _single_bytes(data: bytes, charset: str) -> str:
    """A windows charset with its unassigned bytes as control characters (WHATWG Encoding 9)."""
    return "".join(bytes([b]).decode(charset, "ignore") or C1.get(b, "") for b in data)


def _closest(data: bytes, declared: list[str]) -> tuple[str, str]:
    """No charset fits every byte: the one that leaves the fewest undecodable."""
    tried = []
    for charset in [*declared, "utf-8", detect_encoding(data) or "cp1252"]:
        try:
            tried.append((data.decode(CODECS.get(charset, (charset,))[0], "replace"), charset))
        except LookupError:
            continue
    return min(tried, key=lambda pair: pair[0].count("\ufffd"))


def _is_short(text: str) -> bool:
    return sum(1 for character in text if character > "\x7f") < FEW
