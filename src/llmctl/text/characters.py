"""What a code point is: its classes, its part in a word and its lower case, in tables that the kernels index.

The tables are made from `unicodedata` on first use (0.1 s, 4 MB) and never at import. Letters, digits and white space
are Python's own (`str.isalpha`, `str.isalnum`, `str.isspace`), line breaks those of `str.splitlines`, so that every
kernel has a twin in plain Python. Scripts written without spaces are listed by block: the ideographs and Kana (Unicode
Scripts.txt), and those whose lines only a dictionary can break (LineBreak.txt, class SA: Thai, Lao, Khmer, Myanmar, Tai).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

SPACE, BREAK, LETTER, ALNUM, MARK, UNSPACED, UPPER, LOWER, DIGIT, LATIN, TERMINAL, CLOSER, SYMBOL_FREE = (
    1 << bit for bit in range(13)
)

# Beyond these two ranges no letter, mark or space is assigned (planes 0 to 3, and the tags of plane 14).
ASSIGNED = 0x40000
PLANE_14 = range(0xE0000, 0xE0200)

UNSPACED_BLOCKS = (
    "0e00-0eff 1000-109f 1780-17ff 1950-19df 1a20-1aaf 2e80-2fdf 3005-3007 3021-302f 3031-3035 3038-30fa 30fc-30ff "
    "31f0-31ff 3400-4dbf 4e00-9fff a9e0-a9ff aa60-aadf f900-faff ff66-ff9f 11700-1174f 17000-18d7f 1aff0-1b2ff 20000-3ffff"
)

# Unicode 17.0 WordBreakProperty.txt (UAX #29, table 3), where it is not what the general category says.
OTHER, A_LETTER, HEBREW, NUMERIC, JOINER, MID_LETTER, MID_NUMBER, MID_BOTH, QUOTE, DOUBLE_QUOTE, EXTEND = range(11)
HEBREW_LETTERS = "05d0-05ea 05ef-05f2 fb1d fb1f-fb4f"
LETTERS_TOO = (  # ALetter that are no letters: modifiers, and letters in circles
    "00b8 02c2-02c5 02d2-02d7 02de-02df 02e5-02eb 02ed 02ef-02ff 055a-055c 055e 058a 05f3 070f 24b6-24e9 a708-a716 "
    "a720-a721 a789-a78a ab5b 1f130-1f149 1f150-1f169 1f170-1f189"
)
NUMBERS_TOO = "0600-0605 066b 06dd 0890-0891 08e2 19da 110bd 110cd"
EXTENDS_TOO = "ff9e-ff9f 1f3fb-1f3ff"  # halfwidth voicing marks, skin tones
FORMATS_NOT = "200b"  # zero width space
WORD_PARTS = (
    (JOINER, "005f 203f-2040 2054 fe33-fe34 fe4d-fe4f ff3f"),  # ExtendNumLet, without the narrow space 202f
    (MID_LETTER, "003a 00b7 0387 055f 05f4 2027 fe13 fe55 ff1a"),
    (MID_NUMBER, "002c 003b 037e 0589 060c-060d 066c 07f8 2044 fe50 fe54 ff0c ff1b"),
    (MID_BOTH, "002e 2018-2019 2024 fe52 ff07 ff0e"),  # MidNumLet
    (QUOTE, "0027"),
    (DOUBLE_QUOTE, "0022"),
)
# Unicode PropList.txt, property Sentence_Terminal (UAX #29).
SENTENCE_TERMINAL = (
    "0021 002e 003f 0589 061d-061f 06d4 0700-0702 07f9 0837 0839 083d-083e 0964-0965 104a-104b 1362 1367-1368 166e "
    "1735-1736 17d4-17d5 1803 1809 1944-1945 1aa8-1aab 1b4e-1b4f 1b5a-1b5b 1b5e-1b5f 1b7d-1b7f 1c3b-1c3c 1c7e-1c7f "
    "2024 203c-203d 2047-2049 2cf9-2cfb 2e2e 2e3c 2e53-2e54 2e60-2e61 3002 a4ff a60e-a60f a6f3 a6f7 a876-a877 "
    "a8ce-a8cf a92f a9c8-a9c9 aa5d-aa5f aaf0-aaf1 abeb fe12 fe15-fe16 fe52 fe56-fe57 ff01 ff0e ff1f ff61 10a56-10a57 "
    "10f55-10f59 10f86-10f89 11047-11048 110be-110c1 11141-11143 111c5-111c6 111cd 111de-111df 11238-11239 1123b-1123c "
    "112a9 113d4-113d5 1144b-1144c 115c2-115c3 115c9-115d7 11641-11642 1173c-1173e 11944 11946 11a42-11a43 11a9b-11a9c "
    "11c41-11c42 11ef7-11ef8 11f43-11f44 16a6e-16a6f 16af5 16b37-16b38 16b44 16d6e-16d6f 16e98 1bc9f 1da88"
)
# datatrove 0.10 utils/text.py: PUNCTUATION and TERMINAL_PUNCTUATION, against which it tells words from symbols.
# Its terminal marks are an older Sentence_Terminal: the first list is ours and not theirs, the second the reverse.
TERMINAL_NOT_DATATROVE = "1b4e-1b4f 1b7f 2024 2cf9-2cfb 2e60-2e61 fe12 fe15-fe16 113d4-113d5 16d6e-16d6f"
DATATROVE_NOT_TERMINAL = (
    "17d6 17d9-17da 0000-0008 000b-000c 000d-001f 0021-002f 003a-0040 005b-0060 007b-007e 007f-009f 00ab 00b4 00bb "
    "2013-2014 2019 201c-201e 2026 2236 2501 25ba 3001-3002 3008-300d 3010-3011 ff01 ff05 ff08-ff09 ff0c ff0e ff11 "
    "ff1a-ff1b ff1f ff5e"
)

Classes = npt.NDArray[np.uint16]
Parts = npt.NDArray[np.uint8]
CASED = 0x20000  # no capital is assigned beyond


def code_points(ranges: str) -> list[int]:
    """`0021 203c-203d` -> [0x21, 0x203c, 0x203d]."""
    bounds = (item.split("-") for item in ranges.split())
    return [c for pair in bounds for c in range(int(pair[0], 16), int(pair[-1], 16) + 1)]


@lru_cache(maxsize=1)
def character_classes() -> Classes:
    """The classes of every code point, shape (0x110000,)."""
    table = np.zeros(0x110000, dtype=np.uint16)
    characters = list(map(chr, range(ASSIGNED)))
    for bit, predicate in (
        (SPACE, str.isspace),
        (LETTER, str.isalpha),
        (ALNUM, str.isalnum),
        (UPPER, str.isupper),
        (LOWER, str.islower),
        (DIGIT, str.isdecimal),
    ):
        table[:ASSIGNED][np.fromiter(map(predicate, characters), bool, ASSIGNED)] |= bit
    major, minor = np.frombuffer("".join(map(unicodedata.category, characters)).encode(), "S1").reshape(-1, 2).T
    table[:ASSIGNED][major == b"M"] |= MARK
    table[:ASSIGNED][(major == b"P") & ((minor == b"e") | (minor == b"f") | (minor == b"i"))] |= CLOSER
    table[[ord('"'), ord("'")]] |= CLOSER
    table[[c for c in PLANE_14 if unicodedata.category(chr(c)) == "Mn"]] |= MARK
    table[[ord(c) for c in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"]] |= BREAK
    unspaced = np.array(code_points(UNSPACED_BLOCKS))
    table[unspaced[(table[unspaced] & LETTER) > 0]] |= UNSPACED
    latin = [c for c in (*range(0x250), *range(0x1E00, 0x1F00)) if chr(c).isalpha()]  # Latin up to Extended Additional
    table[latin] |= LATIN
    table[code_points(SENTENCE_TERMINAL)] |= TERMINAL
    symbols = set(code_points(SENTENCE_TERMINAL)) - set(code_points(TERMINAL_NOT_DATATROVE))
    symbols.update(code_points(DATATROVE_NOT_TERMINAL))
    table |= SYMBOL_FREE
    table[sorted(symbols)] &= ~np.uint16(SYMBOL_FREE)
    table.flags.writeable = False
    return table


@lru_cache(maxsize=1)
def word_parts() -> Parts:
    """The part of every code point in a word (UAX #29 Word_Break), shape (0x110000,).

    Letters of scripts without spaces are OTHER, Katakana and the iteration marks too: each is a word by itself.
    """
    table, classes = np.zeros(0x110000, np.uint8), character_classes()
    places = [*range(ASSIGNED), *PLANE_14]
    categories = np.array([unicodedata.category(chr(c)) for c in places])
    points = np.array(places)
    letters = np.char.startswith(categories, "L") | (categories == "Nl")
    table[points[letters]] = A_LETTER
    table[points[categories == "Nd"]] = NUMERIC
    table[points[np.char.startswith(categories, "M") | (categories == "Cf")]] = EXTEND
    hebrew = np.array(code_points(HEBREW_LETTERS))
    table[hebrew[table[hebrew] == A_LETTER]] = HEBREW
    table[code_points(LETTERS_TOO)] = A_LETTER
    table[code_points(NUMBERS_TOO)] = NUMERIC
    table[(classes & UNSPACED) > 0] = OTHER
    table[[c for c in code_points(UNSPACED_BLOCKS) if unicodedata.category(chr(c)) == "Nl"]] = OTHER
    table[code_points(EXTENDS_TOO)] = EXTEND
    table[code_points(FORMATS_NOT)] = OTHER
    for part, ranges in WORD_PARTS:
        table[code_points(ranges)] = part
    table.flags.writeable = False
    return table


@lru_cache(maxsize=1)
def lower_case() -> npt.NDArray[np.int32]:
    """The lower case of every code point below CASED (UnicodeData.txt: the simple mapping, one for one)."""
    table = np.fromiter((ord(chr(c).lower()[0]) for c in range(CASED)), np.int32, CASED)
    table.flags.writeable = False
    return table


@njit(cache=True, nogil=True)
def code_point(data: Any, i: int) -> tuple[int, int]:
    """The code point at byte i of valid UTF-8, and its length in bytes. (Any: numba's arrays have no static type.)"""
    b: Any = np.int64(data[i])  # Any: numba's integers are not Python's
    if b < 0x80:
        return b, 1
    if b < 0xE0:
        return (b & 0x1F) << 6 | (np.int64(data[i + 1]) & 0x3F), 2
    if b < 0xF0:
        return (b & 0x0F) << 12 | (np.int64(data[i + 1]) & 0x3F) << 6 | (np.int64(data[i + 2]) & 0x3F), 3
    high: Any = (b & 0x07) << 18 | (np.int64(data[i + 1]) & 0x3F) << 12
    return high | (np.int64(data[i + 2]) & 0x3F) << 6 | (np.int64(data[i + 3]) & 0x3F), 4
