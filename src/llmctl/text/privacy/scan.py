"""The fast path: one scan over the bytes of many texts proposes, and only where it proposes is anything checked.

All patterns of a kind together are one RE2 program over the joined texts; it yields the lines that could hold something.
Each pattern then runs over its lines, its matches are checked in the text, and where two detectors claim the same
characters the earlier row of the table has them. Gazetteers are one Aho-Corasick automaton.
What is found is masked and the text around it is looked at again until nothing more is found, so that scrubbing twice
changes nothing. The slow reference that this equals, row by row and text by text with `re`, is tests/slow_spans.py.
"""

from __future__ import annotations

import functools
from bisect import bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import re2

from llmctl.text.privacy.context import announced
from llmctl.text.privacy.masking import mask_spans
from llmctl.text.privacy.pseudonyms import is_reserved
from llmctl.text.privacy.reading import divided, read, with_marks
from llmctl.text.privacy.repeats import repeated
from llmctl.text.privacy.spans import Detector, Options, Span

PASSES = 8  # after which a text is left as it is: each pass found something that the one before had hidden
ALIKE = (  # patterns of figures, of codes, of keys, and the others: one automaton of all would need a state for every
    ("phone", "card", "id-number", "ip", "mac"),  # combination of how far each has come
    ("iban", "crypto"),
    ("secret",),
)
NEAR = 400  # code points around what was masked in which a text is looked at again: farther no check looks
Proposal = tuple[int, int, int]  # row of the table, start, end in code points
Places = list[tuple[int, int]]
Propose = Callable[[Sequence[str], tuple[Detector, ...]], dict[int, list[Proposal]]]  # by text
Integers = npt.NDArray[np.int64]


def proposed(texts: Sequence[str], detectors: tuple[Detector, ...]) -> dict[int, list[Proposal]]:
    """Where the detectors want to be asked, for each text that has such places."""
    joined = _Joined(texts)
    proposals: dict[int, list[Proposal]] = {}
    for row, starts, ends in _proposed(joined.data, detectors):
        for text, start, end in joined.placed(starts, ends):
            proposals.setdefault(text, []).append((row, start, end))
    return proposals


def find_spans(
    texts: Sequence[str], detectors: tuple[Detector, ...], options: Options, propose: Propose = proposed
) -> list[list[Span]]:
    """For each text its personal data, in order and without overlaps."""
    readings = [read(text) for text in texts]
    found = _find([reading.text for reading in readings], detectors, options, propose)
    odd = [i for i, reading in enumerate(readings) if reading.gaps]
    for i in odd:
        placed = [(readings[i].placed(span.start, span.end), span) for span in found[i]]
        found[i] = [Span(start, with_marks(texts[i], end), s.entity, s.rule) for (start, end), s in placed]
    rest = [divided(mask_spans(texts[i], found[i])[0]) for i in odd]
    for i, more in zip(odd, _find(rest, detectors, options, propose), strict=True):
        found[i] = sorted([*found[i], *_placed(texts[i], found[i], more)], key=lambda span: span.start)
    return found


def _find(
    texts: Sequence[str], detectors: tuple[Detector, ...], options: Options, propose: Propose
) -> list[list[Span]]:
    """The passes over texts as they are read."""
    spans: list[list[Span]] = [[] for _ in texts]
    masked = list(texts)
    near: dict[int, Places | None] = dict.fromkeys(range(len(texts)))  # where a text is looked at again (None: all)
    for _ in range(PASSES):
        windows = [(i, *window) for i, places in near.items() for window in _windows(masked[i], places)]
        found = propose([masked[i][start:end] for i, start, end in windows], detectors)
        proposals: dict[int, list[Proposal]] = {}
        for n, own in found.items():
            i, shift, _ = windows[n]
            shifted = [(row, start + shift, end + shift) for row, start, end in own] if shift else own
            proposals.setdefault(i, []).extend(shifted)
        again: dict[int, Places | None] = {}
        for i, own in proposals.items():
            if new := _disposed(masked[i], _close(own, near[i]), detectors, options):
                placed = _placed(texts[i], spans[i], [*new, *repeated(masked[i], new)])
                spans[i] = sorted([*spans[i], *placed], key=lambda span: span.start)
                masked[i], moved = mask_spans(texts[i], spans[i])
                fresh = {span.start for span in placed}
                again[i] = [place for span, place in zip(spans[i], moved, strict=True) if span.start in fresh]
        near = again
        if not near:
            break
    return spans


def _placed(text: str, known: list[Span], new: list[Span]) -> list[Span]:
    """What a later pass found, at its place in the text itself."""
    if not known:
        return new
    ends = [end for _, end in mask_spans(text, known)[1]]
    placed = []
    for span in new:
        before = bisect_right(ends, span.start)
        shift = known[before - 1].end - ends[before - 1] if before else 0
        placed.append(Span(span.start + shift, span.end + shift, span.entity, span.rule))
    return placed


def _windows(text: str, places: Places | None) -> Places:
    """Whole lines around what has just been masked: no proposal crosses their ends."""
    if places is None:
        return [(0, len(text))]
    windows: Places = []
    for start, end in places:
        if not windows or end + NEAR > windows[-1][1]:
            begins = windows[-1][1] if windows and start - NEAR <= windows[-1][1] else -1
            begins = text.rfind("\n", 0, max(0, start - NEAR)) + 1 if begins < 0 else begins
            ends = text.find("\n", end + NEAR)
            windows.append((begins, len(text) if ends < 0 else ends))
    return windows


def _close(proposals: list[Proposal], places: Places | None) -> list[Proposal]:
    """The proposals within NEAR of what has just been masked; elsewhere the answer is known."""
    if places is None:
        return proposals
    starts = [start for start, _ in places]
    found = []
    for proposal in proposals:
        last = bisect_right(starts, proposal[2] + NEAR)
        if last and places[last - 1][1] >= proposal[1] - NEAR:
            found.append(proposal)
    return found


def _disposed(
    text: str, proposals: Sequence[Proposal], detectors: tuple[Detector, ...], options: Options
) -> list[Span]:
    """What the checks leave of the proposals; reserved values hold their place and are told to nobody."""
    taken: list[tuple[int, int, int]] = []  # (start, end, row), in order
    for row, start, end in sorted(proposals):
        detector = detectors[row]
        if detector.context and not announced(text, start, end, detector.context):
            continue
        for first, last in detector.check(text, start, end, options):
            at = bisect_right(taken, (first, len(text) + 1, 0))
            if (at == 0 or taken[at - 1][1] <= first) and (at == len(taken) or last <= taken[at][0]):
                insort(taken, (first, last, row))
    return [
        Span(start, end, detectors[row].entity, detectors[row].rule)
        for start, end, row in taken
        if detectors[row].entity and not is_reserved(detectors[row].entity, text[start:end])
    ]


class _Joined:
    """Texts as one UTF-8 buffer, a line break between them."""

    def __init__(self, texts: Sequence[str]) -> None:
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        self.data = b"\n".join(encoded)
        lengths = np.fromiter((len(part) + 1 for part in encoded), np.int64, len(encoded))
        self.starts = np.concatenate([[0], np.cumsum(lengths)])

    def placed(self, starts: Integers, ends: Integers) -> Iterator[tuple[int, int, int]]:
        """(text, start, end in its code points) of byte spans of the buffer."""
        texts = np.searchsorted(self.starts, starts, side="right") - 1
        origins = self._points(self.starts[texts])
        first, last = self._points(starts) - origins, self._points(ends) - origins
        return zip(texts.tolist(), first.tolist(), last.tolist(), strict=True)

    def _points(self, places: Integers) -> Integers:
        """For each place in bytes the code points of the buffer before it."""
        return places - np.searchsorted(self.continuations, places)

    @functools.cached_property
    def continuations(self) -> Integers:
        """Where the bytes are that begin no code point: 0x80 to 0xBF, which are -128 to -65."""
        return np.flatnonzero(np.frombuffer(self.data, np.int8) < -64)


def _proposed(data: bytes, detectors: tuple[Detector, ...]) -> Iterator[tuple[int, Integers, Integers]]:
    """(row, starts, ends in bytes, in order) of each detector that proposes anything."""
    programs, rows_of_words = _programs(detectors)
    for patterns in programs:
        lines, origins = _lines_with(_compiled("|".join(f"(?:{p})" for p in patterns)), data)
        for (pattern, rows), own in zip(patterns.items(), _lines_by_pattern(tuple(patterns), lines), strict=True):
            if own:
                starts, ends = _matches(pattern, [lines[n] for n in own], origins[own])
                yield from ((row, starts, ends) for row in rows)
    if rows_of_words:
        yield from _words_in(data, detectors, rows_of_words)


def _lines_by_pattern(patterns: tuple[str, ...], lines: Sequence[bytes]) -> list[list[int]]:
    """For each pattern the lines that hold a match of it."""
    own: list[list[int]] = [[] for _ in patterns]
    which = _compiled_set(patterns)
    every = range(len(patterns))
    for number, line in enumerate(lines):
        for pattern in which.Match(line) or every:  # a set whose automaton finds no room says none
            own[pattern].append(number)
    return own


def _matches(pattern: str, lines: Sequence[bytes], origins: Integers) -> tuple[Integers, Integers]:
    """Where a pattern matches within lines, in bytes of the buffer that they are from."""
    spans = [match.span() for match in _compiled(pattern).finditer(b"\n".join(lines))]
    found = np.array(spans, np.int64).reshape(-1, 2)
    starts = np.concatenate([[0], np.cumsum([len(line) + 1 for line in lines])])
    line = np.searchsorted(starts, found[:, 0], side="right") - 1
    shift = origins[line] - starts[line]
    return found[:, 0] + shift, found[:, 1] + shift


@functools.lru_cache(maxsize=16)
def _programs(detectors: tuple[Detector, ...]) -> tuple[list[dict[str, list[int]]], tuple[int, ...]]:
    """The patterns of each program, with the rows that they serve; and the rows that propose by words."""
    programs: dict[tuple[str, ...], dict[str, list[int]]] = {}
    for row, detector in enumerate(detectors):
        if detector.pattern:
            kind = next((kind for kind in ALIKE if detector.entity in kind), ())
            programs.setdefault(kind, {}).setdefault(detector.pattern, []).append(row)
    return list(programs.values()), tuple(row for row, detector in enumerate(detectors) if detector.words)


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern, _options())


@functools.lru_cache(maxsize=16)
def _compiled_set(patterns: tuple[str, ...]) -> Any:
    """All patterns as one automaton that says which of them a line holds."""
    made = re2.Set.SearchSet(_options())
    for pattern in patterns:
        made.Add(pattern)
    made.Compile()
    return made


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20  # bytes for the states of the DFA; when they are used up it starts anew
    return options


def _lines_with(program: Any, data: bytes) -> tuple[list[bytes], Integers]:
    """The lines that hold a match, and where each begins."""
    lines: list[bytes] = []
    origins: list[int] = []
    at = 0
    while (match := program.search(data, at)) is not None:
        start = data.rfind(b"\n", 0, match.start()) + 1
        end = data.find(b"\n", match.end())
        end = len(data) if end < 0 else end
        lines.append(data[start:end])
        origins.append(start)
        at = end
    return lines, np.array(origins, np.int64)


def _words_in(
    data: bytes, detectors: tuple[Detector, ...], rows: tuple[int, ...]
) -> Iterator[tuple[int, Integers, Integers]]:
    automaton, membership = _automaton(tuple((row, detectors[row].words) for row in rows))
    hits = np.array(automaton.find_matches_as_indexes(data, overlapping=True), np.int64).reshape(-1, 3)
    hits = hits[_may_stand_alone(data, hits[:, 1], hits[:, 2])]
    hits = hits[np.lexsort((-hits[:, 2], hits[:, 1]))]
    for row, of_word in membership.items():
        own = hits[of_word[hits[:, 0]]]
        if len(own):
            yield row, own[:, 1], own[:, 2]


@functools.lru_cache(maxsize=4)
def _automaton(gazetteers: tuple[tuple[int, Callable[[], Sequence[str]]], ...]) -> tuple[Any, dict[int, Any]]:
    """The automaton over all words, and for each row which of the words are its own."""
    import ahocorasick_rs

    sets = {row: set(words()) for row, words in gazetteers}
    every = sorted(set().union(*sets.values()))
    membership = {row: np.array([word in own for word in every], bool) for row, own in sets.items()}
    return ahocorasick_rs.BytesAhoCorasick([word.encode() for word in every]), membership


def _may_stand_alone(data: bytes, starts: Integers, ends: Integers) -> npt.NDArray[np.bool_]:
    """Not within a longer ASCII word; borders of other letters are told in code points, by the check."""
    edged = np.frombuffer(b" " + data + b" ", np.uint8)
    letters = _letters()
    inside_left = letters[edged[starts]] & letters[edged[starts + 1]]
    inside_right = letters[edged[ends + 1]] & letters[edged[ends]]
    return ~(inside_left | inside_right)


@functools.lru_cache(maxsize=1)
def _letters() -> npt.NDArray[np.bool_]:
    return np.array([chr(byte).isalnum() and byte < 128 for byte in range(256)], bool)
