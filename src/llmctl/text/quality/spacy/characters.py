"""What spaCy's tokenizer wants to know of a code point: bits above those of `text.characters` in one 32-bit table.

spaCy 3.8 states its classes as ranges (lang/char_classes.py); here they follow from Unicode properties and blocks, and
the test compares every code point with the installed spaCy. `LOWER` and `UPPER` hold the letters of scripts without
case too, as they do there. The sentence marks are those of its sentencizer (pipeline/sentencizer.pyx).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from llmctl.text.characters import character_classes, code_points

(LOWER, UPPER, ALPHA, DIGIT, PREFIX, SUFFIX, QUOTE, BEFORE_DOT, ICON, HARD, NOT_PUNCTUATION, SENTENCE_MARK, HOST) = (
    1 << bit for bit in range(16, 29)
)

# Blocks whose letters have no case (all of their code points, marks and digits included).
UNCASED = (
    "0591-05f4 0620-064a 066e-06d5 06e5-06ff 0750-077f 08a0-08bd 0900-09ff 0b80-0cff 0d80-0dff 1100-137f 2e80-2fdf "
    "2ff0-30ff 31c0-31ef 3200-4dbf 4e00-9fff ac00-d7af f900-faff fb1d-fbb1 fbd3-fd3d fd50-fdc7 fdf0-fdfb fe30-fe4f "
    "fe70-fefc 1ee00-1eebb 1f200-1f2ff 20000-2a6df 2a700-2ebef 2f800-2fa1f"
)
# Latin letters with case up to Unicode 7; the Greek, Russian, Ukrainian, Macedonian and Tatar ones without historic letters.
LATIN = (
    "0041-005a 0061-007a 00c0-024f 0250-02af 1d00-1d25 1d6b-1d77 1d79-1d9a 1e00-1eff 2c60-2c7b 2c7e-2c7f "
    "a722-a787 a78b-a7b9 a7fa ab30-ab64 ff21-ff3a ff41-ff5a"
)
OTHER_LOWER = "0294 03ac-03af 03b1-03c9 03cc-03ce 0430-0451 0453-045a 045c-045d 0491 0497 04a3 04af 04bb 04d9 04e9"
OTHER_UPPER = (
    "0386 0388-038a 038c 038e-038f 0391-03a9 0400-0401 0403-040a 040c-040d 0410-042f 0490 0496 04a2 04ae 04ba 04d8 04e8"
)
NO_CASE_OF_THEIR_OWN = "01bb 01c5 01c8 01cb 01f2"

PUNCTUATION = (
    "\u2026,:;!?\u00bf\u061f\u00a1()[]{}<>_#*&\u3002\uff1f\uff01\uff0c\u3001\uff1b\uff1a\uff5e\u00b7"
    "\u0964\u060c\u06d4\u061b\u066a"
)
QUOTES = (
    "'\"\u201d\u201c`\u2018\u00b4\u2019\u201a,\u201e\u00bb\u00ab\u300c\u300d\u300e\u300f\uff08\uff09\u3014\u3015"
    "\u3010\u3011\u300a\u300b\u3008\u3009\u2329\u232a\u27e6\u27e7"
)
CURRENCY = (
    "$\u00a3\u20ac\u00a5\u0e3f\u20bd\ufdfc\u20b4\u20a0\u20a1\u20a2\u20a3\u20a4\u20a5\u20a6\u20a7\u20a8\u20a9\u20aa"
    "\u20ab\u20ad\u20ae\u20af\u20b0\u20b1\u20b2\u20b3\u20b5\u20b6\u20b7\u20b8\u20b9\u20ba\u20bb\u20bc\u20be\u20bf"
)
DASHES = "\u2014\u2013"
# So of Unicode 11; what later versions added.
LATER_ICONS = (
    "166d 2b97 2bc9 2bff 2e50-2e51 32ff fd40-fd4f fdcf fdfe-fdff 1019c 11fd5-11ff1 1cf50-1cfc3 1d1e9-1d1ea 1e14f 1ed2e "
    "1f10d-1f10f 1f16c-1f16f 1f1ad 1f6d5-1f6df 1f6fa-1f6ff 1f7d9-1f7ff 1f8ae-1f8ff 1f90c-1f90f 1f93f 1f971-1f972 "
    "1f977-1f979 1f97b 1f9a3-1f9af 1f9ba-1f9bf 1f9c3-1f9cf 1fa00-1fa5f 1fa6e-1fbff"
)
SENTENCE_MARKS = (
    "0021 002e 003f 0589 061f 06d4 0700-0702 07f9 0964-0965 104a-104b 1362 1367-1368 166e 1735-1736 1803 1809 "
    "1944-1945 1aa8-1aab 1b5a-1b5b 1b5e-1b5f 1c3b-1c3c 1c7e-1c7f 203c-203d 2047-2049 2e2e 2e3c 3002 a4ff a60e-a60f "
    "a6f3 a6f7 a876-a877 a8ce-a8cf a92f a9c8-a9c9 aa5d-aa5f aaf0-aaf1 abeb fe52 fe56-fe57 ff01 ff0e ff1f ff61 "
    "10a56-10a57 11047-11048 110be-110c1 11141-11143 111c5-111c6 111cd 111de-111df 11238-11239 1123b-1123c 112a9 "
    "1144b-1144c 115c2-115c3 115c9-115d7 11641-11642 1173c-1173e 11a42-11a43 11a9b-11a9c 11c41-11c42 16a6e-16a6f "
    "16af5 16b37-16b38 16b44 1bc9f 1da88"
)

Table = npt.NDArray[np.uint32]


def latin(category: str) -> list[int]:
    """Latin letters of one case (`Lu`, `Ll`) that spaCy knows."""
    return [c for c in code_points(LATIN) if unicodedata.category(chr(c)) == category]


@lru_cache(maxsize=1)
def spacy_classes() -> Table:
    """`character_classes` and the bits above, for every code point."""
    table = character_classes().astype(np.uint32)

    def mark(bit: int, members: list[int] | str) -> None:
        table[[ord(c) for c in members] if isinstance(members, str) else members] |= np.uint32(bit)

    uncased, digits = code_points(UNCASED), code_points("0030-0039")
    lower, upper = latin("Ll") + code_points(OTHER_LOWER), latin("Lu") + code_points(OTHER_UPPER)
    later = set(code_points(LATER_ICONS))
    icons = [c for c in range(0x20000) if unicodedata.category(chr(c)) == "So" and c not in later]
    mark(LOWER, lower + uncased)
    mark(UPPER, upper + uncased)
    mark(ALPHA, lower + upper + uncased + code_points(NO_CASE_OF_THEIR_OWN))
    mark(DIGIT, digits)
    mark(QUOTE, QUOTES)
    mark(ICON, icons)
    mark(PREFIX, icons)
    mark(PREFIX, "\u00a7%=" + DASHES + PUNCTUATION + QUOTES + CURRENCY)
    mark(SUFFIX, icons)
    mark(SUFFIX, DASHES + PUNCTUATION + QUOTES)
    mark(BEFORE_DOT, lower + uncased + digits)
    mark(BEFORE_DOT, PUNCTUATION + QUOTES + "%\u00b2-+|")
    mark(HARD, icons)
    mark(HARD, "\u00a7%=" + DASHES + PUNCTUATION + QUOTES + CURRENCY + ".-~+^/")
    mark(SENTENCE_MARK, code_points(SENTENCE_MARKS))
    mark(HOST, [*code_points("0041-005a 0061-007a"), *digits, *range(0xA1, 0x10000)])
    categories = np.array([unicodedata.category(chr(c))[0] for c in range(0x20000)])
    table[:0x20000][categories != "P"] |= np.uint32(NOT_PUNCTUATION)
    table[0x20000:] |= np.uint32(NOT_PUNCTUATION)
    table.flags.writeable = False
    return table
