"""Blocks of a page -> those that are its main text: by links and lengths alone, or as another extractor finds words.

`by_links` is the classifier of blocks of Boilerpipe (Kohlschuetter et al. 2010: text density and link density of a block
and its neighbours) and jusText (Pomikalek 2011: short blocks go with the good ones around them), with one body from the
first to the last good block. `by_words` keeps the blocks that hold what trafilatura found: trafilatura chooses well but
writes badly (words within its lists of unwanted elements vanish from sentences, tables become pipes, headings go), and
resiliparse writes every word. Every constant was chosen on one half of the pages of benchmarks/extraction.py, which
prints both halves. Sizes are bytes of UTF-8, of which a word of Chinese has as many as one of English.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from llmctl.text.sources.pages.blocks import Block

STRONG = 100  # bytes: a block of so many and few links is text (jusText has 70 to 200 characters)
PARAGRAPH = 25  # bytes: a paragraph of so many at either end belongs to the body
STRAY = 25  # bytes: less, in no element of its own and without the end of a sentence, is a label
STRONG_LINKS = 0.3  # share of a good block that may be links (Boilerpipe: 0.33)
MAX_LINKS = {"p": 0.8}  # share of links above which a block is navigation: sentences may be one long link
OTHER_LINKS, HEADING_LINKS = 0.5, 0.8
SENTENCE_END = re.compile("[.!?:;\u2026\u3002\uff01\uff1f\u0964\u061f\u06d4)\"'\u201d\u300d]$")

SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # Thai to Han: a sign a word
)
WORD = re.compile(f"[{SPACELESS}]|[^\\W{SPACELESS}]+")
RUN = 3  # words; of runs of three that two texts share by chance there are few
LONG = 20  # words of a block that is judged by itself
LONG_OF_SHORT_PAGES = 8  # where a page has no block that long
SHARE = 0.7  # of the runs of a long block that have to be there
SHORT_SHARE = 0.9  # of a short one
GAP = 3  # blocks from one that is kept to a strong one that was lost
LITTLE = 0.6  # share of the body by links; where less was found, the body goes on behind advertisements
COVERED = 0.6  # share of the other extractor's words; below, it read what resiliparse did not (JSON, noscript)


def by_links(blocks: Sequence[Block]) -> list[Block]:
    """The body of a page; every block that is not navigation where there is no body."""
    open_ = [not _is_navigation(block) for block in blocks]
    strong = [i for i, block in enumerate(blocks) if open_[i] and _is_strong(block)]
    if not strong:
        return [block for block, is_open in zip(blocks, open_, strict=True) if is_open]
    first, last = strong[0], strong[-1]
    while first > 0 and open_[first - 1] and (blocks[first - 1].is_heading or _is_paragraph(blocks[first - 1])):
        first -= 1
    while last + 1 < len(blocks) and open_[last + 1] and _is_paragraph(blocks[last + 1]):
        last += 1
    return [blocks[i] for i in range(first, last + 1) if open_[i] and not _is_stray(blocks[i])]


def _size(block: Block) -> int:
    return len(block.text.encode())


def _links(block: Block) -> float:
    return block.linked / len(block.text)


def _is_navigation(block: Block) -> bool:
    limit = HEADING_LINKS if block.is_heading else MAX_LINKS.get(block.kind, OTHER_LINKS)
    return _links(block) > limit


def _is_strong(block: Block) -> bool:
    return not block.is_heading and _size(block) >= STRONG and (block.kind != "text" or _links(block) < STRONG_LINKS)


def _is_paragraph(block: Block) -> bool:
    return block.kind in ("p", "pre") and _size(block) >= PARAGRAPH


def _is_stray(block: Block) -> bool:
    return block.kind == "text" and _size(block) < STRAY and not SENTENCE_END.search(block.text)


def words_of(text: str) -> tuple[str, ...]:
    """Words in lower case; of scripts without spaces every sign."""
    return tuple(WORD.findall(text.lower()))


def _runs(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [words[i : i + RUN] for i in range(len(words) - RUN + 1)]


class _Found:
    """What the other extractor found and no block has claimed: pages say things twice, and only one of them is text."""

    def __init__(self, text: str) -> None:
        self.runs = Counter(_runs(words_of(text)))
        lines = [line for line in text.split("\n") if line.strip()]
        cells = [cell for line in lines if "|" in line for cell in line.split("|")]
        self.lines = Counter(words_of(line) for line in (*lines, *cells))

    def claim(self, words: tuple[str, ...], share: float) -> bool:
        """Whether at least `share` of the runs are there, which they are no more then."""
        runs = _runs(words)
        there = [run for run in runs if self.runs[run] > 0]
        if not runs or len(there) < share * len(runs):
            return False
        self.runs.subtract(there)
        return True

    def claim_line(self, words: tuple[str, ...]) -> bool:
        """Whether the words are a line, or nearly all there."""
        if words and self.lines[words] > 0:
            self.lines[words] -= 1
            return True
        return self.claim(words, SHORT_SHARE)


def by_words(blocks: Sequence[Block], text: str, body: Sequence[Block] = ()) -> list[Block]:
    """The blocks that hold `text`, with the headings between them; none where they hold too little of it.

    `body` is what `by_links` keeps of the page: where the text is much less, prose of the body next to it is added.
    """
    words, found = [words_of(block.text) for block in blocks], _Found(text)
    kept: set[int] = set()
    for least in (LONG, LONG_OF_SHORT_PAGES):
        kept = kept or {i for i, one in enumerate(words) if len(one) >= least and found.claim(one, SHARE)}
    if not kept:
        return []
    kept |= _lines(words, found, min(kept), max(kept), kept)
    kept |= _lost(blocks, sorted(kept))
    own, theirs = Counter(word for i in kept for word in words[i]), Counter(words_of(text))
    if (own & theirs).total() < COVERED * theirs.total():
        return []
    if _length(blocks[i] for i in kept) < LITTLE * _length(body):
        kept |= _going_on(blocks, kept, {block.text for block in body})
    kept |= {i for i in range(min(kept), max(kept)) if blocks[i].is_heading and i + 1 in kept}
    return [blocks[i] for i in sorted(kept)]


def _lines(words: Sequence[tuple[str, ...]], found: _Found, first: int, last: int, kept: set[int]) -> set[int]:
    """Short blocks that were found: any between the first and the last, and in a row on either side."""

    def is_found(i: int) -> bool:
        return i not in kept and len(words[i]) < LONG and found.claim_line(words[i])

    lines = {i for i in range(first, last + 1) if is_found(i)}
    return lines | _steps(first, -1, -1, 1, is_found) | _steps(last, 1, len(words), 1, is_found)


def _steps(start: int, step: int, stop: int, gap: int, is_wanted: Callable[[int], bool]) -> set[int]:
    """What is wanted from `start` on, each at most `gap` blocks from the one before."""
    found, at = set(), start
    for i in range(start + step, stop, step):
        if abs(i - at) > gap:
            break
        if is_wanted(i):
            found.add(i)
            at = i
    return found


def _lost(blocks: Sequence[Block], kept: Sequence[int]) -> set[int]:
    """Strong blocks, and not navigation, in a small gap between two that are kept."""
    texts = {blocks[i].text for i in kept}
    found = set()
    for before, after in pairwise(kept):
        if after - before <= GAP:
            found |= {i for i in range(before + 1, after) if _is_body(blocks[i]) and blocks[i].text not in texts}
    return found


def _going_on(blocks: Sequence[Block], kept: set[int], body: set[str]) -> set[int]:
    """Strong blocks of the body in small steps from the last block that is kept, and from the first."""
    wanted = body - {blocks[i].text for i in kept}

    def is_wanted(i: int) -> bool:
        return _is_body(blocks[i]) and blocks[i].text in wanted

    return _steps(max(kept), 1, len(blocks), GAP, is_wanted) | _steps(min(kept), -1, -1, GAP, is_wanted)


def _length(blocks: Iterable[Block]) -> int:
    return sum(len(block.text) for block in blocks)


def _is_body(block: Block) -> bool:
    return _is_strong(block) and not _is_navigation(block) and _links(block) < STRONG_LINKS
