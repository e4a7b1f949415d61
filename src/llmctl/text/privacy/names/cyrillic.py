"""Names of people in Cyrillic letters, in all cases, as Russian writes them; Ukrainian and Bulgarian where they agree.

A listed given name with a capitalised word behind it, a given name with a patronymic, and initials beside a capitalised
word are names. Family names have endings of their own (-ov, -in, -sky, -enko, -vich, -shvili), which towns share; they need
an office before them or a verb beside them that only persons have. Some forms only persons have: the instrumental in -ovym
(towns have -ovom) and -vich, -enko, -dze in the singular. Source: Russian Grammar 1980, 1172-1205 (declension of names).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from llmctl.text.privacy.names import surroundings
from llmctl.text.privacy.names.cyrillic_words import (
    ADJECTIVE,
    APOSTROPHE,
    CAPITAL,
    FAMILY,
    GAP,
    IS_SKY,
    PATRONYMIC,
    SMALL,
    WORD,
    begins,
    done,
    ends,
    is_family,
    is_free,
    is_given,
    is_place,
    may_follow,
    offices,
    tables,
    weak,
)
from llmctl.text.privacy.names.gazetteer import cyrillic_given
from llmctl.text.privacy.names.runs import Token
from llmctl.text.privacy.spans import Detector, Found, Options

INITIAL = rf"{CAPITAL}\."
PARTICLE = "фон|ван|дер|ден|тер|де|ди|да|дю|ду|дель|делла|ла|ле|дос|бен|ибн|бин|аль|эль|цу|оф"
RUN = (
    rf"(?:{WORD}{GAP}|{INITIAL}{GAP}?){{1,5}}(?:(?:{PARTICLE}){GAP}){{0,2}}"
    rf"(?:(?:д|Д|л){APOSTROPHE}{CAPITAL}{SMALL}+|{WORD}|{INITIAL})"
)
STRONG = "(?:ович|евич)(?:а|у|ем|е)?|(?:енк|адзе|идзе|швили|[ое]вн)(?:[оауеы]|ой|ком)?|(?:ов|ев|ёв|ин|ын)ым"
TURKIC = "-(?:хан|бей|бек|паша|шах|заде|оглы)(?:а|у|ом|е|ем)?"
LONE = rf"{CAPITAL}{SMALL}+(?:{STRONG}|{TURKIC})"
TOKEN = re.compile(rf"(?:д|л){APOSTROPHE}{CAPITAL}{SMALL}+|{WORD}|{INITIAL}|{SMALL}+")
NEXT = re.compile(rf"{GAP}({WORD}|{INITIAL})")
AHEAD = re.compile(rf"{RUN}|{WORD}")
GENITIVE = re.compile(".*(?:[аяиы]|ого|его|(?:[оеё]в|ин|ск)ой|ей|ых|их)")
FEMININE = re.compile(".*(?:вн|чн)(?:а|ы|е|у|ой|ою|и|і)")
EASTERN = re.compile(  # one or two syllables of Palladius' and Kholodovich's transcriptions, and the ending of a case
    f"{CAPITAL}[а-я]{{0,3}}?[аеиоуыэюя](?:н|нь|й|о|ль|к|м|п|т)?(?:[а-я]{{0,3}}?[аеиоуыэюя](?:н|нь|й|о|ль|к|м|п|т)?)?(?:а|у|ом|е|я|ю|ем)?"
)
NUMERAL = re.compile(rf"{GAP}[IVX]{{1,5}}(?!\w)")
QUOTES = {"\u00ab": "\u00bb", "\u201e": "\u201c", '"': '"', "\u201c": "\u201d"}
MOST = 120  # code points of a name and what stands in one line with it
FOREIGN = re.compile(
    rf"{CAPITAL}{SMALL}*(?:ман|берг|штейн|штайн|сон|сен|тон|ер|рт|льд|ндт|ллер|вальд|хард|рди|лли|ини|лло|езе?)"
    "(?:а|у|ом|е)?"
)
CLEAR = re.compile(  # the genitive plural of nouns has not these endings
    rf"{CAPITAL}{SMALL}+(?:(?:[аилб]ев|бек(?:к)?ов|ханов|матов|метов|динов|уллин|[аиу]лин|[кхнр]ин)(?:а|у|ым|е|ой|ою)?|(?:ов|ев|ёв|ин)ым"
    "|енк(?:о|а|у|ом)|[чщ]ук(?:а|у|ом|е)?|(?:ович|евич|євич)(?:а|у|ем|е)?|[рнсл]ян(?:а|у|ом|е)?|дзе|швили)"
)
GLUE = frozenset("-/@#_")


def run(text: str, start: int, end: int, options: Options) -> Found:
    """The names within capitalised words and initials that stand beside each other."""
    tokens = [Token(start + m.start(), start + m.end(), m.group()) for m in TOKEN.finditer(text[start:end])]
    if surroundings.joins(text[start - 1 : start]):
        tokens = tokens[1:]
    found: Found = []
    at = 0
    while at < len(tokens):
        count = _count(text, tokens, at)
        name = tokens[at : at + count]
        if count and not _is_glued(text, name) and not _is_thing(text, name[0].start, name[-1].end):
            found.append((name[0].start, name[-1].end))
        at += max(1, count)
    return found


def _count(text: str, tokens: Sequence[Token], at: int) -> int:
    """How many words from this one on are a person's name."""
    words = [token.word for token in tokens[at : at + 5]]
    first, left = words[0], len(words)
    if left < 2 or first[0].islower():
        return 0
    if first[1] == ".":
        initials = next((i for i, word in enumerate(words) if word[1] != "."), left)
        family = words[initials] if initials < left else ""
        return initials + 1 if family and _has_initials(text, tokens[at], family, initials) else 0
    if words[1][1:] == "." and not is_given(first):
        initials = next((i for i, word in enumerate(words[1:]) if word[1:] != "."), left - 1)
        behind = words[initials + 1] if initials + 1 < left else ""
        is_name = bool(FAMILY.fullmatch(first) or FOREIGN.fullmatch(first)) and is_free(first) and initials < 3
        return initials + 1 if is_name and (not behind or (initials > 1 and not FAMILY.fullmatch(behind))) else 0
    if is_given(first):
        return _given(words)
    if first in tables()["eastern"]:
        return _eastern(words)
    if not is_free(first):
        return 0
    if PATRONYMIC.fullmatch(words[1]):
        certain = FEMININE.fullmatch(words[1]) or not begins(text, tokens[at].start)
        if left > 2 and is_family(words[2]):
            return 3
        return 2 if certain and not ADJECTIVE.fullmatch(first) else 0
    if is_given(words[1]) and FAMILY.fullmatch(first) and not IS_SKY.fullmatch(first):
        if left > 2 and PATRONYMIC.fullmatch(words[2]):
            return 3
        return 2 if left == 2 and not begins(text, tokens[at].start) else 0
    if left > 2 or not CLEAR.fullmatch(words[1]) or not is_free(words[1]) or ADJECTIVE.fullmatch(first):
        return 0
    return 2 if first[-1] not in "аяуюы" and not begins(text, tokens[at].start) else 0


def _has_initials(text: str, first: Token, family: str, initials: int) -> bool:
    """One initial may end a sentence (`витамин А. Потом`)."""
    if len(family) < 3 or not is_free(family):
        return False
    if initials > 1 or FOREIGN.fullmatch(family):
        return initials < 4
    if FAMILY.fullmatch(family) and not family.endswith(("ина", "ины")):
        return True
    return surroundings.word_before(text, first.start) in offices()


def _given(words: Sequence[str]) -> int:
    """The words of a name that begins with a given name; 0 where it stands alone."""
    count = at = 1
    while at < len(words) and count < 4:
        word = words[at]
        if word[0].islower() and "'" not in word and "\u2019" not in word:
            at += 1
            continue
        if word[1:] == ".":
            if at + 1 == len(words) or not may_follow(words[at + 1]):
                break
        elif word[0].isupper() and not may_follow(word):
            break
        at += 1
        count = at
        is_middle = word[1:] == "." or is_given(word) or PATRONYMIC.fullmatch(word) or at < 4
        if not is_middle or (
            at > 1 and FAMILY.fullmatch(word) and not is_given(word) and not PATRONYMIC.fullmatch(word)
        ):
            break
    if count == 1 or (words[0] in tables()["nouns"] and GENITIVE.fullmatch(words[count - 1])):
        return 0
    return count


def _eastern(words: Sequence[str]) -> int:
    """`Мао Цзэдун`, `Ким Чен Ын`: a family name and one or two words of the syllables that given names have."""
    count = 1
    while (
        count < min(3, len(words))
        and len(words[count]) < 10
        and EASTERN.fullmatch(words[count])
        and may_follow(words[count])
    ):
        count += 1
    return count if 1 < count == len(words) else 0


def held(text: str, start: int, end: int, options: Options) -> Found:
    """A name behind what its bearer is: `писатель Иванов`."""
    if surroundings.joins(text[start - 1 : start]) or text[end : end + 1] not in surroundings.SPACES:
        return []
    match = AHEAD.match(text, end + 1, end + MOST)
    if match is None:
        return []
    tokens = [Token(end + 1 + m.start(), end + 1 + m.end(), m.group()) for m in TOKEN.finditer(match.group())]
    while len(tokens) > 1 and is_place(tokens[0].word):
        tokens = tokens[1:]  # `президент Индии`
    if any(is_given(token.word) or token.word[1] == "." for token in tokens) or len(tokens) > 2:
        return []  # of those the run is asked
    first, last = tokens[0].word, tokens[-1].word
    if not all(map(is_free, (first, last))):
        return []
    if len(tokens) == 1:
        is_name = FAMILY.fullmatch(first) is not None and (not IS_SKY.fullmatch(first) or ends(text, match.end()))
    else:
        is_name = not ADJECTIVE.fullmatch(first) and (is_family(last) or not ADJECTIVE.fullmatch(last))
    span = tokens[0].start, tokens[-1].end
    is_ship = _is_quoted(text, start, span[1])  # `Адмирал Макаров`
    return [] if not is_name or is_ship or _is_glued(text, tokens) or _is_thing(text, *span) else [span]


def acting(text: str, start: int, end: int, options: Options) -> Found:
    """A family name beside what only persons do: `Иванов родился`, `сказал Иванов`."""
    if surroundings.joins(text[start - 1 : start]) or surroundings.joins(text[end : end + 1]):
        return []
    after = NEXT.match(text, end, end + MOST)
    found = [after.span(1)] if after and not NEXT.match(text, after.end()) else []
    before, at = surroundings.word_before(text, start), start
    if before in tables()["between"]:
        at -= len(before) + 1
        before = surroundings.word_before(text, at)
    if before and before[0].isupper() and not _is_taken(surroundings.word_before(text, at - len(before) - 1)):
        found.append((at - len(before) - 1, at - 1))
    return [span for span in found if _acts(text, *span)]


def _acts(text: str, start: int, end: int) -> bool:
    word = text[start:end]
    is_sure = FAMILY.fullmatch(word) and not word.endswith(("ина", "ын", "ых", "ой", "ым", "ого", "ому", "е", "у"))
    return (
        bool(is_sure)
        and is_free(word)
        and not _is_thing(text, start, end)
        and not _is_glued(text, [Token(start, end, word)])
    )


def lone(text: str, start: int, end: int, options: Options) -> Found:
    """A form of a family name that nothing but family names has."""
    word = text[start:end]
    if surroundings.joins(text[start - 1 : start]) or surroundings.joins(text[end : end + 1]) or not is_free(word):
        return []
    if NEXT.match(text, end, end + 40) or _is_taken(surroundings.word_before(text, start)) or begins(text, start):
        return []
    return [] if _is_glued(text, [Token(start, end, word)]) or _is_thing(text, start, end) else [(start, end)]


def given(text: str, start: int, end: int, options: Options) -> Found:
    """A listed given name that stands alone; a ruler's with the numeral."""
    after, word = text[end : end + 1], text[start:end]
    if (
        surroundings.is_glued(text, start, end)
        or (after == "-")
        or (after and after in surroundings.SPACES and NEXT.match(text, end, end + 40))
    ):
        return []
    before = surroundings.word_before(text, start)
    if _is_taken(before):
        return []
    numeral = NUMERAL.match(text, end, end + 8)
    if numeral and before.lower() not in tables()["before"]:
        return [(start, numeral.end())]
    if (
        word in weak()
        or _is_thing(text, start, end)
        or (before in tables()["prepositions"] and word.endswith(("ии", "е")))
    ):
        return []
    acts = surroundings.word_after(text, end) in done()
    return [(start, end)] if acts or not begins(text, start) else []


def _is_taken(before: str) -> bool:
    """Whether a capitalised word stands before that may belong to the name, or the name to it."""
    return before[:1].isupper() and before not in tables()["openers"] and before.lower() not in offices()


def _is_thing(text: str, start: int, end: int) -> bool:
    """Whether the words beside a name make it a street's, a ship's, a saint's; or it is all that is quoted."""
    own = tables()
    if surroundings.word_before(text, start).lower() in own["before"]:
        return True
    if surroundings.word_after(text, end) in own["behind"]:
        return True
    return _is_quoted(text, start, end)


def _is_quoted(text: str, start: int, end: int) -> bool:
    """All that is within quotation marks."""
    before, after = text[max(0, start - 2) : start].rstrip(" "), text[end : end + 2].lstrip(" ")
    return bool(before) and QUOTES.get(before[-1]) == after[:1]


def _is_glued(text: str, name: Sequence[Token]) -> bool:
    end = name[-1].end
    if name[-1].word[-1] == ".":
        return surroundings.joins(text[end : end + 1])
    return surroundings.joins(text[end : end + 1]) or text[name[0].start - 1 : name[0].start] in GLUE


def _capitalised_too() -> tuple[str, ...]:
    return tuple(sorted({way for office in offices() for way in (office, office.capitalize())}))


def _verbs() -> tuple[str, ...]:
    return tuple(sorted(done()))


def _given_names() -> tuple[str, ...]:
    return tuple(sorted(cyrillic_given()))


ROWS = (
    Detector("name", "cyrillic", run, "Russian Grammar 1980: names and their cases", pattern=RUN),
    Detector("name", "office", held, "usage: offices before names", words=_capitalised_too),
    Detector("name", "acting", acting, "usage: what only persons do", words=_verbs),
    Detector("name", "family", lone, "Russian Grammar 1980: forms of family names", pattern=LONE),
    Detector("name", "given", given, "usage: names that people have", words=_given_names),
)
