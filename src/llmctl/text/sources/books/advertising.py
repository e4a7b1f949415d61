"""The lines of a Chinese novel -> those that are a pirate site's, and the others without what a site put into them.

Novels that were copied from site to site carry the sites' names between their paragraphs and inside them. A line goes if
it is short and holds an address, or a phrase of the table that no narrator says; an address inside a paragraph goes with
the words of advertising in front of it. Linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from llmctl.text.sources.books.tables import TABLES

LONGEST = 120  # characters of a line; longer ones are paragraphs, and go in no case
SHORT = 45  # characters of a line of which a weak phrase is most
SAMPLE = 20_000  # characters by which a book is a Chinese novel
HAN, HAN_SHARE, LATIN_SHARE = re.compile("[\u4e00-\u9fff]"), 0.5, 0.02  # of the characters; a handbook has 0.3 Latin
KANA, LATIN = re.compile("[\u3040-\u30ff]"), re.compile("[A-Za-z]")
SITES = TABLES["advertising"]
HOST = r"(?:https?://)?(?:www\s?[.\uff0e]\s?)?[a-z0-9-]{2,30}\s?[.\uff0e]\s?(?:com|net|org|cc|cn|info|la|tw|me)(?![a-z0-9])(?:/[\w./-]{0,40})?"
ADDRESS = re.compile(HOST, re.I)
# characters that announce an address, with the signs that sites put between them against such tables as this
INSIDE = re.compile(rf"[{SITES['before_address']}~^*|_\-\u3010\u3011\[\]]{{0,40}}{HOST}", re.I)
SENTENCE_ENDS = ("\u3002", "\u201d", "\uff1f", "\uff01")


def is_chinese_novel(lines: Sequence[str]) -> bool:
    """Whether a book is Chinese prose: Chinese characters, no Japanese ones, hardly a Latin one."""
    sample = ADDRESS.sub("", "".join(lines[: SAMPLE // 10])[:SAMPLE])
    han = len(HAN.findall(sample))
    return (
        han > HAN_SHARE * len(sample)
        and not KANA.search(sample)
        and len(LATIN.findall(sample)) <= LATIN_SHARE * len(sample)
    )


def without_advertising(line: str) -> str | None:
    """A line without what sites put into it; None where the line is theirs."""
    text = line.strip()
    if not text:
        return line
    if len(text) <= LONGEST and _is_advertising(text):
        return None
    return INSIDE.sub("", line) if ADDRESS.search(line) else line


def _is_advertising(text: str) -> bool:
    folded = text.upper()
    if any(phrase in folded for phrase in SITES["strong"]) or (len(text) <= SHORT and ADDRESS.search(text)):
        return True
    return len(text) <= SHORT and any(phrase in text for phrase in SITES["weak"]) and not text.endswith(SENTENCE_ENDS)
