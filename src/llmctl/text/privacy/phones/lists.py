"""Lists of numbers: what was found at the head of a list says what the numbers behind it are, however many.

They are written as the head is, and nothing but a comma or its like stands between; Chinese mobiles, which no other
figure looks like, may stand one a line. What announces a head ends every list before it, so that no number is looked at
for more than a few heads and the work grows as the text does. So it is with a column of a table whose head says phone.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from llmctl.text.privacy.phones.cues import is_heading
from llmctl.text.privacy.phones.plans import MOBILE_CN
from llmctl.text.privacy.spans import Found

JOINT = re.compile(
    "[ \xa0]?[,;/&|\u3001\uff0c\uff1b][ \xa0]?|[ \xa0](?:or|and|oder|ou|o|y|et|e|und|en)[ \xa0]|[\u548c\u6216\u53ca\u4e0e]"
)
LINE = re.compile(rf"[ \t]*[,;\u3001\uff0c\uff1b]?\r?\n[ \t]*|{JOINT.pattern}|[ \t]{{1,4}}")
DELIMITERS = ",;\t|"
MAX_LINE = 190  # code points of the row and of the head of its column; both are nearer than `scan.NEAR`
CELL = re.compile(r"[+(0-9][0-9 ()./\xa0-]{6,29}")
LETTER = re.compile(r"[^\W\d_]")
QUOTED = re.compile('"[^"]*"')
EDGE = ' "\r\xa0'
DIGIT = re.compile("[0-9]")


def listed_after(text: str, start: int, end: int, shaped: Callable[[str, int, int], tuple[int, int] | None]) -> Found:
    """The numbers behind [start, end) that are written alike; `shaped` says whether one may be a number."""
    is_mobile = MOBILE_CN.fullmatch(text, start, end) is not None
    joint, shape, size, found = LINE if is_mobile else JOINT, _shape(text[start:end]), end - start, []
    while between := joint.match(text, end):
        start, end = between.end(), between.end() + size
        if _shape(text[start:end]) != shape or (is_mobile and not MOBILE_CN.fullmatch(text, start, end)):
            break
        if shaped(text, start, end) != (start, end):
            break
        found.append((start, end))
    return found


def column_from(text: str, start: int, end: int, is_phone: Callable[[str], bool]) -> Found:
    """The numbers of a column down to an empty line, where [start, end) is the first below a head that says phone."""
    if text.count(".", start, end) == 1:  # a decimal, as most cells of tables
        return []
    right = text[end : end + 3].lstrip(EDGE)[:1]
    begin = _line_start(text, start) if right in f"{DELIMITERS}\n" else 0
    left = text[begin:start].rstrip(EDGE)[-1:]
    if begin < 1 or left not in DELIMITERS:
        return []
    heading = text[max(0, _line_start(text, begin - 1)) : begin - 1]
    if len(heading) > MAX_LINE or not LETTER.search(heading):
        return []
    delimiter = left or right.strip("\n") or "\n"
    column = _unquoted(text[begin:start]).count(delimiter)
    if not is_heading(heading[slice(*_cell(heading, delimiter, column))]) or not is_phone(text[start:end]):
        return []
    found: Found = []
    while begin and (line := text[begin : begin + MAX_LINE].partition("\n")[0]).strip():
        first, last = _cell(line, delimiter, column)
        if CELL.fullmatch(line, first, last) and is_phone(line[first:last]):
            found.append((begin + first, begin + last))
        elif is_heading(line[first:last]):
            break
        begin = text.find("\n", begin, begin + MAX_LINE) + 1
    return found


def _line_start(text: str, at: int) -> int:
    """Where the line begins, -1 where that is farther than MAX_LINE."""
    begin = text.rfind("\n", max(0, at - MAX_LINE), at) + 1
    return begin if begin or at <= MAX_LINE else -1


def _cell(line: str, delimiter: str, column: int) -> tuple[int, int]:
    """Where the cell stands, without blanks and quotes; nothing where the line has no such column."""
    cells = _unquoted(line).split(delimiter)[: column + 1]
    if len(cells) <= column:
        return 0, 0
    start = sum(len(cell) + 1 for cell in cells[:column])
    whole = line[start : start + len(cells[column])]
    kept = whole.strip(EDGE)
    start += whole.find(kept)
    return start, start + len(kept)


def _unquoted(line: str) -> str:
    """Without the delimiters between quotes, as long as before (RFC 4180)."""
    return QUOTED.sub(lambda quoted: "x" * len(quoted.group()), line) if '"' in line else line


def _shape(value: str) -> str:
    return DIGIT.sub("0", value)
