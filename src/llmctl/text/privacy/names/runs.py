"""Runs of capitalised words: where a name may begin and end.

A run is what stands in one line, words separated by one space, each capitalised, an initial, or a particle between two
such (`Ludwig van der Berg`). It is read a bounded number of words to both sides.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from llmctl.text.privacy.names.gazetteer import words

WORDS_BEFORE, WORDS_AFTER, LONGEST = 4, 6, 32  # words, words, code points of one word
UPPER = (
    "[A-Z\u00c0-\u00d6\u00d8-\u00de" + "".join(chr(code) for code in range(0x100, 0x180) if chr(code).isupper()) + "]"
)
LOWER = "[a-z\u00df-\u00f6\u00f8-\u017f]"
LETTER = r"[^\W\d_\u0e00-\u0eff\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\uff66-\uff9f]"  # of scripts with spaces
WORD = re.compile(
    rf"{LETTER}+(?:['\u2019](?!(?:s|t|ll|re|ve|d|m|S)(?!{LETTER})){LETTER}+|[-\u2010\u2011]{LETTER}+)*\.?"
)
INITIAL = re.compile(r"[^\W\d_](?:\.-?[^\W\d_])*\.?")


ABBREVIATED = ("St.", "Ste.")  # within family names


class Token(NamedTuple):
    start: int
    end: int
    word: str


def run_from(text: str, start: int) -> list[Token]:
    """The capitalised words from `start` on, with the particles between them; none where there are too many: a heading."""
    particles, suffixes = words()["particles"], words()["suffixes"]
    run: list[Token] = []
    at, kept = start, 0
    while (match := WORD.match(text, at, at + LONGEST)) is not None:
        word, end = match.group(), match.end()
        if word[-1] == "." and not (INITIAL.fullmatch(word) or word in suffixes or word in ABBREVIATED):
            word, end = word[:-1], end - 1
        run.append(Token(at, end, word))
        if word[0].isupper():
            kept = len(run)
        elif not (run[:-1] and word in particles):
            break
        if kept > WORDS_AFTER:
            return []
        if text[end : end + 1] not in (" ", "\xa0") or len(run) > 2 * WORDS_AFTER:
            break
        at = end + 1
        if text[at : at + 1].islower() and text[at : at + 6].replace("\xa0", " ").partition(" ")[0] not in particles:
            break
    return run[:kept]


def words_before(text: str, start: int) -> list[Token]:
    """The capitalised words that end, with a space, at `start`; the farthest first."""
    found: list[Token] = []
    at = start
    while len(found) < WORDS_BEFORE and at > 1 and text[at - 1] in (" ", "\xa0"):
        word = last_word(text, at - 1)
        if not word or not word[0].isupper() or (word[-1] == "." and not INITIAL.fullmatch(word)):
            break
        at -= 1 + len(word)
        found.append(Token(at, at + len(word), word))
    return found[::-1]


def last_word(text: str, end: int) -> str:
    """The letters, apostrophes, hyphens and dots that end at `end`; empty where something else stands there."""
    tail = text[max(0, end - LONGEST) : end].rpartition(" ")[2]
    if tail.isalpha():
        return tail
    start = end
    while start > 0 and end - start < LONGEST and (text[start - 1].isalpha() or text[start - 1] in ".'\u2019-&"):
        start -= 1
    return text[start:end].lstrip("'\u2019-")
