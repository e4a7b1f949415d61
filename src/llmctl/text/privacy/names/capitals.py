"""Names in capitals where a person is announced: `Mr JOHN SMITH`, `My name is JOHN SMITH`.

The text may be in capitals as a whole, so the name ends by itself: with the family name, before a word that is English.
"""

from __future__ import annotations

from llmctl.text.privacy.names import evidence
from llmctl.text.privacy.names.evidence import AMBIGUOUS, GIVEN, MANY_SURNAMES, SURNAME
from llmctl.text.privacy.names.gazetteer import announced_kinds, common, words
from llmctl.text.privacy.names.runs import INITIAL, WORD, Token
from llmctl.text.privacy.spans import Found

LONGEST = 32  # code points of a word
MOST = 4  # words of a name
MIN_UNLISTED = 5  # letters: shorter ones are abbreviations


def kind_in_capitals(word: str) -> int:
    """What the lists say of a word that is written in capitals."""
    known = announced_kinds()
    return known.get(word.title(), 0) or known.get(word.capitalize(), 0)


def in_capitals(text: str, at: int, *, certain: bool) -> Found:
    """A given name with the family name behind it; where `certain`, a family name alone, of whatever list or none."""
    run = _run(text, at)
    if not run:
        return []
    first, kind = run[0].word, kind_in_capitals(run[0].word)
    is_given = bool(kind & GIVEN) or INITIAL.fullmatch(first) is not None
    end = _end(run) if is_given else 0
    if end == 0 and ((certain and _is_family(first, kind)) or (len(run) == 1 and evidence.is_given(kind))):
        end = 1
    if not end or (end < len(run) and run[end].word.lower() in words()["institutions"]):
        return []
    return [(run[0].start, run[end - 1].end)]


def _run(text: str, at: int) -> list[Token]:
    """The words in capitals from `at` on."""
    run: list[Token] = []
    while len(run) <= MOST and (match := WORD.match(text, at, at + LONGEST)) is not None:
        word, end = match.group(), match.end()
        if word[-1] == "." and not INITIAL.fullmatch(word):
            word, end = word[:-1], end - 1
        if not word.isupper():
            break
        run.append(Token(at, end, word))
        if text[end : end + 1] not in (" ", "\xa0"):
            break
        at = end + 1
    return run


def _end(run: list[Token]) -> int:
    """How many words of the run are given names, initials and a family name; 0 where no family name stands there."""
    for i, token in enumerate(run[1:MOST], start=1):
        if INITIAL.fullmatch(token.word):
            continue
        kind, follower = kind_in_capitals(token.word), run[i + 1].word if i + 1 < len(run) else ""
        if kind & GIVEN and not kind & AMBIGUOUS and kind_in_capitals(follower) & SURNAME:
            continue  # `JOHN PAUL JONES`
        return i + 1 if _is_family(token.word, kind) else 0
    return 0


def _is_family(word: str, kind: int) -> bool:
    if kind & SURNAME and (not kind & AMBIGUOUS or kind & MANY_SURNAMES):
        return True
    return not kind and len(word) >= MIN_UNLISTED and word.lower() not in common() and word.isupper()
