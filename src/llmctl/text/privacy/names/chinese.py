"""Persons' names in Chinese: a surname and one or two letters, beside something that says so.

Surnames are common words too, and text has no spaces, so a surname alone says nothing. Labels, professions, verbs and
titles propose; the check reads a surname, decides between one letter and two of a given name by what follows (the end of
the clause, or a word that follows names), and leaves the words that only look like names. A surname with a title alone
is not masked. Foreign names are two or more runs of the syllables that foreign names are written with, a dot between.
"""

from __future__ import annotations

import re

from llmctl.text.privacy.masking import placeholder
from llmctl.text.privacy.packaged import packaged_toml
from llmctl.text.privacy.pseudonyms import SOMEONE, STEMS
from llmctl.text.privacy.spans import Detector, Found, Options

WORDS = packaged_toml("names", "chinese.toml")


PAIRS = "".join(WORDS["traditional"].split())
TRADITIONAL = str.maketrans(PAIRS[::2], PAIRS[1::2])


def _words(*keys: str) -> tuple[str, ...]:
    """The words of these keys, and how they are written in traditional letters."""
    simplified = [word for key in keys for word in WORDS[key].split()]
    return tuple(dict.fromkeys([*simplified, *(word.translate(TRADITIONAL) for word in simplified)]))


def _letters(key: str) -> frozenset[str]:
    return frozenset("".join(_words(key)))


SURNAMES, LIKELY, WORDLIKE = _letters("surnames"), _letters("likely"), _letters("wordlike")
HARDLY, COMMON = _letters("hardly"), _letters("common")
PLAIN = COMMON - WORDLIKE
POSSIBLE = LIKELY | _letters("possible")
AMBIGUOUS = LIKELY | _letters("ambiguous")
NEVER, NOT_BARE, SYLLABLES = _letters("never"), _letters("not_bare"), _letters("syllables")
ENDINGS, NUMERALS = frozenset(_words("endings")), _letters("numerals")
COMPOUND, NO_NAMES = frozenset(_words("compound")), frozenset(_words("no_names"))
NAMING, LABELS = frozenset(_words("naming", "keys")), frozenset(_words("labels"))
FOLLOWS = _words("follows")
FOLLOWING_WORDS = frozenset(word[:2] for word in FOLLOWS if len(word) > 1)
FOLLOWING_LETTERS = frozenset(word for word in FOLLOWS if len(word) == 1)
TITLES = _words("titles")
CALLERS, CONJUNCTIONS = _letters("callers"), _letters("conjunctions")
AFTER_WHICH = _words("labels")
CUES = (  # single letters propose only before the commonest surnames: they are everywhere
    *_words("labels", "naming", "keys"),
    *(verb for verb in _words("verbs") if len(verb) > 1),
    *(verb + surname for verb in _words("verbs") if len(verb) == 1 for surname in sorted(PLAIN)),
)
FIRMS = _words("firms")
FIRM = re.compile(  # `Li Mingde Technologies Ltd`
    f"(?:(?![{WORDS['bridges']}])[\u3400-\u9fff]){{2,8}}?(?:{'|'.join(FIRMS)})|(?:{'|'.join(FIRMS[:-1])})"
)
GAP = re.compile(
    "[\"'\u201d\u300d\u3011\\])\uff09*]{0,2}[ \u3000\t]{0,3}([:\uff1a=|]|\n)?\\s{0,3}[\"'\u201c\u300c\u3010\\[*]{0,2}"
)
BEHIND = re.compile("[ ,\uff0c:\uff1a(\uff08\u7684]{0,2}$")
AND = re.compile(" ?(?:[\u3001,\uff0c/;\uff1b]|\u548c|\u4e0e|\u8207|\u53ca) ?")
NEAR = 40  # code points around a name within which other personal data counts
MAX_LISTED = 20  # names in a row
DOTS, NOT_LAST = "\u00b7\u2022", "\u6587\u4e8e\u65e5"
BEFORE_FOREIGN, AFTER_FOREIGN = frozenset(_words("before_foreign")), frozenset(_words("after_foreign"))
# touching what stands for a name, nothing more is one: else a row of names would be found one a pass
REPLACED = re.compile(f"{placeholder('name')}|{SOMEONE}[{''.join(STEMS)}]{{2}}")
NAMED_THINGS, OF_PERSON = (
    _letters("named_things"),
    re.compile(f"[\u3400-\u9fff]{{0,6}}?(?:{'|'.join(_words('labels', 'of_person'))})"),
)
OF_THING = re.compile(f"[{''.join(NAMED_THINGS)}]\u540d(?:\u53eb|\u4e3a|\u662f|\u5b57\u53eb)$")  # the shop's name is
SURE, USUAL, DOUBTFUL = 3, 2, 1  # how much the words before say


def cued(text: str, start: int, end: int, options: Options) -> Found:
    """Names behind a label, a profession, a verb; and those listed after the first."""
    cue = text[start:end]
    if len(cue) == 2 and cue[1] in PLAIN and cue not in LABELS:
        first, grade = end - 1, DOUBTFUL
    else:
        gap = GAP.match(text, end)
        first = gap.end() if gap else end
        colon = gap is not None and gap.group(1) in (":", "\uff1a", "=")
        grade = SURE if cue in NAMING or (colon and cue in LABELS) else USUAL
        if gap and gap.group(1) in ("\n", "|") and cue not in LABELS:
            return []
        if text[start - 1 : start] in NAMED_THINGS and cue[0] == "\u540d":  # `the shop's name is`
            return []
    last = _end(text, first, grade)
    if last is None or (cue in NAMING and _is_of_thing(text, first, last)):
        return []
    found = [(first, last)]
    while len(found) < MAX_LISTED and (comma := AND.match(text, found[-1][1])):
        last = _end(text, comma.end(), DOUBTFUL)
        if last is None:
            break
        found.append((comma.end(), last))
    return found


def _is_of_thing(text: str, first: int, last: int) -> bool:
    """Whether it is no person's name: a rare surname, and no word for persons behind it (the Water Cube)."""
    return (
        text[last : last + 1] == "\u7684" and text[first] not in PLAIN and not OF_PERSON.match(text, last + 1, last + 9)
    )


def _end(text: str, first: int, grade: int) -> int | None:
    """Where the name ends that begins at `first`; None where none does."""
    given = _given(text, first)
    if given is None or text[given : given + 2] in FOLLOWING_WORDS:  # `Teacher Wang`
        return None
    one, two = text[given : given + 1], text[given + 1 : given + 2]
    if not _is_han(one) or one in NEVER:
        return None
    last = _length(text, given, one, two, grade)
    return last if last and _is_plausible(text, first, given, last, grade) else None


def _length(text: str, given: int, one: str, two: str, grade: int) -> int | None:
    """One letter or two, by what follows."""
    if not _is_han(two):
        return given + 1
    two_end = _ends(text, given + 2)
    if text[given + 1 : given + 3] in FOLLOWING_WORDS and not (two in LIKELY and two_end):
        return given + 1
    if two in POSSIBLE and two_end:
        return given + 2
    if two in FOLLOWING_LETTERS or two in NEVER:
        return given + 1
    if grade > DOUBTFUL and not _is_han(text[given + 2 : given + 3]):
        return given + 2
    if text[given - 1] not in PLAIN or grade == DOUBTFUL:
        return None
    letters = POSSIBLE if grade == SURE else LIKELY
    return given + 2 if one in letters and two in letters else None


def _is_plausible(text: str, first: int, given: int, last: int, grade: int) -> bool:
    """No word of the language that only looks like a name; the less the context says, the likelier it must be."""
    name, surname = text[first:last], text[first]
    if not all(map(_is_han, name)) or not NEVER.isdisjoint(name[1:]) or _goes_on(text, last):
        return False
    if name in TITLES or name in LABELS or name[1:] in LABELS:
        return False
    if grade < SURE and text[first - 1 : first + 1] in ENDINGS and not text.endswith(AFTER_WHICH, 0, first):
        return False
    if name in NO_NAMES:
        likely = surname in COMMON and all(letter in LIKELY for letter in name[1:])
        return grade == SURE and likely and not _is_han(text[last : last + 1])
    if grade == SURE:
        return surname not in HARDLY or given - first == 2 or not _is_han(text[last : last + 1])
    plain = surname in PLAIN or given - first == 2
    letters = LIKELY if grade == DOUBTFUL or (surname in WORDLIKE and not plain) else POSSIBLE
    strange = sum(letter not in letters for letter in text[given:last])
    ends = not _is_han(text[last : last + 1]) or text[last : last + 2] in FOLLOWING_WORDS
    framed = surname in COMMON and grade == USUAL and last - given == 2 and ends
    if (surname in HARDLY and given - first == 1) or strange > framed:
        return False
    if plain or grade == DOUBTFUL or name[:2] not in NO_NAMES:
        return plain or grade == USUAL
    return surname in COMMON and all(letter in LIKELY for letter in name[1:])


def _goes_on(text: str, last: int) -> bool:
    """Whether what looks like a name is the beginning of a firm's, or of a row of names."""
    return REPLACED.match(text, last) is not None or FIRM.match(text, last) is not None


def _ends(text: str, at: int) -> bool:
    """Whether a name may end here."""
    char = text[at : at + 1]
    return not _is_han(char) or char in FOLLOWING_LETTERS or text[at : at + 2] in FOLLOWING_WORDS


def _given(text: str, first: int) -> int | None:
    """Where the given name begins behind a surname."""
    if text[first : first + 2] in COMPOUND:
        return first + 2
    return first + 1 if text[first : first + 1] in SURNAMES else None


def _is_han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff"


def titled(text: str, start: int, end: int, options: Options) -> Found:
    """A whole name before a title; a surname with a title is no name."""
    return _before(text, start)


def told(text: str, start: int, end: int, options: Options) -> Found:
    """A name before a verb of saying, or before what is told of persons."""
    gap = BEHIND.search(text, max(0, start - 2), start)
    last = gap.start() if gap else start
    return [span for span in _before(text, last) if not _is_han(text[span[0] - 1 : span[0]]) or span[0] == 0]


def _before(text: str, last: int) -> Found:
    """The name that ends at `last`: a surname and two letters rather than one, unless these are a name by themselves."""
    for first in (last - 4, last - 3, last - 2):
        if first < 0:
            continue
        given = _given(text, first)
        if given is None or not 1 <= last - given <= 2 or text[given:last] in FOLLOWING_WORDS:
            continue
        short = first == last - 3 and given == first + 1 and text[first + 1] in PLAIN and text[first + 1] not in LIKELY
        if short or not _is_plausible(text, first, given, last, USUAL):
            continue
        begins = not _is_han(text[first - 1 : first]) or first == 0
        if begins or _follows_a_word(text, first) or (last - given == 2 and _is_plain(text, first, given, last)):
            return [(first, last)]
    return []


def _is_plain(text: str, first: int, given: int, last: int) -> bool:
    """Whether all letters are common in names."""
    return text[first] in PLAIN and all(letter in LIKELY for letter in text[given:last])


def _follows_a_word(text: str, first: int) -> bool:
    """Whether a name may begin here within a clause."""
    return text[first - 1 : first] in CONJUNCTIONS or text.endswith(AFTER_WHICH, 0, first)


def dotted(text: str, start: int, end: int, options: Options) -> Found:
    """A foreign name: runs of the syllables of foreign names, a dot between them."""
    first, last = start + 1, start + 1
    while first > max(0, start - 8) and text[first - 1] in SYLLABLES:
        first -= 1
    while last < min(len(text), end + 24) and (text[last] in SYLLABLES or text[last] in DOTS):
        last += 1
    while text[last - 1] in NOT_LAST or text[last - 1] in DOTS or text[last - 1 : last + 1] in AFTER_FOREIGN:
        last -= 1
    if text[first - 1 : first + 1] in BEFORE_FOREIGN:  # `here Mary Lin`, `premier Bhutto`
        first += 1
    parts = re.split(f"[{DOTS}]", text[first:last])
    if len(parts) < 2 or any(not 1 <= len(part) <= 8 for part in parts) or max(map(len, parts)) < 2:
        return []
    return [(first, last)]


def bare(text: str, start: int, end: int, options: Options) -> Found:
    """A common surname with two likely letters, which is a name nearly wherever it stands; with one, where a clause begins."""
    lengths = (2, 3) if text[start + 2 : start + 4] in FOLLOWING_WORDS else (3, 2)
    last = next((start + n for n in lengths if start + n <= end and _ends(text, start + n)), None)
    if last == start + 2 and text[last : last + 1] in AMBIGUOUS and text[last : last + 2] not in FOLLOWING_WORDS:
        return []  # Zhou Enlai is no Zhou En who comes
    before, after = text[start - 1 : start], text[last : last + 1] if last else ""
    if last is None or text[start + 1] in NEVER or _is_kana(before) or _is_kana(after):
        return []
    name, clause = text[start:last], not _is_han(before)
    if OF_THING.search(text, max(0, start - 4), start):
        return []
    if name in NO_NAMES or name[:2] in NO_NAMES or text[start + 1 : start + 3] in FOLLOWING_WORDS:
        return []
    if before in NUMERALS or text[start - 1 : start + 1] in ENDINGS:
        return []
    if name[1:] in LABELS or (name[1:] in NO_NAMES and (not clause or name[0] in WORDLIKE)):
        return []
    if not clause and name[0] in WORDLIKE and not _is_called(text, start):
        return []
    if last - start == 2 and not _is_short_name(text, start, last):
        return []
    return [] if _goes_on(text, last) else [(start, last)]


def _is_short_name(text: str, start: int, last: int) -> bool:
    """Whether a surname and one letter are a name: at the clause's beginning, or where persons are spoken of."""
    if text[start] in WORDLIKE and not PERSONAL.search(text, max(0, start - NEAR), last + NEAR):
        return False
    ends = not _is_han(text[last : last + 1]) or text[last : last + 2] in FOLLOWING_WORDS
    return not _is_han(text[start - 1 : start]) or (ends and _is_called(text, start))


def _is_called(text: str, start: int) -> bool:
    """Whether a word stands before that hardly anything but a person follows."""
    return text[start - 1 : start] in CALLERS or text.endswith(AFTER_WHICH, 0, start)


def _is_kana(char: str) -> bool:
    return "\u3040" <= char <= "\u30ff"


def beside(text: str, start: int, end: int, options: Options) -> Found:
    """A name alone before a phone number, an address of mail, an identity number."""
    return [span for span in _before(text, start + 1) if not _is_han(text[span[0] - 1 : span[0]]) or span[0] == 0]


DOT = "[\u4e00-\u9fff][\u00b7\u2022][\u4e00-\u9fff]"
SAYINGS = _words("sayings")
BARE = f"[{''.join(sorted(COMMON - HARDLY - NOT_BARE))}][{''.join(sorted(LIKELY))}]{{1,2}}"
MOBILE = r"(?:\+?86[- ]?)?1[3-9][0-9][ -]?[0-9]{4}"
BESIDE = (
    "[\u4e00-\u9fff][ \t,\uff0c:\uff1a;\uff1b|(\uff08<]{1,3}"
    rf"(?:{MOBILE}|[A-Za-z0-9._+-]{{1,24}}@|<(?:PHONE|EMAIL|ID-NUMBER|CARD)>|[1-9][0-9]{{16}}[0-9Xx])"
)
PERSONAL = re.compile(rf"{MOBILE}|@|<(?:PHONE|EMAIL|ID-NUMBER|CARD|ADDRESS|BIRTH-DATE)>|{'|'.join(_words('personal'))}")
ROWS = (
    Detector("name", "name-zh-dotted", dotted, "Xinhua's tables of foreign names", pattern=DOT),
    Detector("name", "name-zh", cued, "Hundred Family Surnames", words=lambda: CUES),
    Detector("name", "name-zh-title", titled, "Hundred Family Surnames", words=lambda: TITLES),
    Detector("name", "name-zh-verb", told, "Hundred Family Surnames", words=lambda: SAYINGS),
    Detector("name", "name-zh-beside", beside, "Hundred Family Surnames", pattern=BESIDE),
    Detector("name", "name-zh-bare", bare, "Hundred Family Surnames", pattern=BARE),
)
