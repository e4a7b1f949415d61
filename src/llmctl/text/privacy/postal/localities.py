"""What follows the street in a postal address: unit, town, region, postal code, country, on one line or over several.

An address is read on as far as something certain stands: a unit, a code with its town, a country. A town alone counts
only where the line or the clause ends behind it. At most SEGMENTS pieces of bounded length are read.
"""

from __future__ import annotations

import re

from llmctl.text.privacy.postal.places import countries, regions
from llmctl.text.privacy.postal.units import CARE, FLOOR, UNIT

SEGMENTS = 8  # unit, second unit, town, region, code, country, a blank line
RUN_MAX = 60  # code points of a town with its region and country
UPPER = "".join(char for char in map(chr, (*range(0x41, 0x590), *range(0x1E00, 0x1F00))) if char.isupper())
UPPERS = frozenset(UPPER)
WORD = rf"(?:[{UPPER}](?:[^\W\d_]|['\u2019.&-](?=[^\W\d_]))*\.?(?!\w))"  # a word with a capital, or an abbreviation
PARTICLE = (
    r"(?:[abi]\. ?|(?:d[aeiou]|del|della|dell[aeo]|dei|degli|dalla|dos|das|des|l[aeo]s?|el|van|von|vom|der|den|"
    r"de[nrst]|ten|ter|het|op|am|an|im|in|auf|auf'm|zum?|zur|bei|unter|y|i|e|en|et|na|nad|pod|pri|ve?|ze?|u|o|of|the|sous|sur|les)\b|[dl]['\u2019](?=\w))"
)
CONTACT = r"(?:Tel|Telefon|T\u00e9l|Telephone|Phone|Fon|Fax|Mobile|Mobil|Cell|E-?[Mm]ail|Web|Website|URL)\b"
RUN = re.compile(
    rf"(?:[0-9]{{1,3}}(?:st|nd|rd|th) |{PARTICLE} ?)?{WORD}(?: (?:(?:{PARTICLE}|and\b) ?){{0,3}}\(?(?!{CONTACT}){WORD}\)?){{0,5}}"
)
EXTRA = re.compile(rf"(?: {WORD}){{1,3}}(?=,?\s{{1,3}}(?:[>|*?#]{{1,3}} )?(?:Apt|Suite|Unit)\b)")
POSTCODE = (
    r"(?:[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}"  # United Kingdom, BS 7666
    r"|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]"  # Canada Post
    r"|[A-Z][0-9][0-9W] [0-9A-Z]{4}|[A-Z][0-9]{4}[A-Z]{3}"  # Ireland, Argentina
    r"|(?:(?:[A-Z]{1,2}- ?)?|CEP:? )[0-9]{5}-[0-9]{3,4}"  # ZIP+4, CEP
    r"|(?:[A-Z]{1,2}- ?)?[0-9]{4,6}(?: [A-Z]{2}\b)?"  # most countries; the Netherlands
    r"|[0-9]{2}-[0-9]{3}|[0-9]{4}-[0-9]{3}|[0-9]{3} [0-9]{2}(?! [0-9])|[1-9][0-9]{2} [0-9]{3})(?![\w-])"
)  # Poland, Portugal, Czechia and Sweden, India
CODE = re.compile(POSTCODE)
CODE_BEHIND = re.compile(rf",?[ \u00a0]{POSTCODE}|,? ?[-\u2013] ?[1-9][0-9]{{2}} ?[0-9]{{3}}(?![\w-])")
_SECOND = rf"/(?:[{UPPER}][^\W\d_]{{1,2}}\.(?=[,\n])|[{UPPER}][^\W\d_]+)"
TOWN_TAIL = re.compile(  # `Paris Cedex 02`, `Praha 1`, `Roma RM`, `Milano (MI)`, `Rio de Janeiro - RJ`, `Eschborn/Ts.`
    r"(?: (?:Cedex|CEDEX)(?: [0-9]{1,2})?| [0-9]{1,2}(?=[ ,]*(?:[,.\n]|$))|,? ?\([A-Z]{2}\)| ?[-\u2013] ?[A-Z]{2}"
    rf"| [A-Z]{{2}}(?=[,.;\n]|$)|{_SECOND})(?!\w)"
)
REGION_CODE = re.compile(
    rf" ?- ?[A-Z]{{2}}(?:,? {POSTCODE})?(?!\w)|,? ?(?:[A-Z]{{1,3}}|[a-z]{{3}}|[A-Z]\.[A-Z]\.),? {POSTCODE}|,? [A-Z]{{2,3}}(?!\w)"
)
BARE_REGION = re.compile(r"[A-Z]{1,4}(?![\w-]|\.\w|\. [A-Z]\.)|(?:[0-9]{1,2}|[a-z]{2,3})(?=\n)")
SEPARATOR = re.compile(
    r"[ \u00a0,]{0,4}(?:\\\\)?\r?\n(?:[ \t>|*?#]{0,8}\r?\n)?(?:[ \t>|*?]|#(?![0-9])){0,8},? ?"
    r"|[ \u00a0][-\u2013\u2022\u00b7|][ \u00a0]| ?,[ \u00a0]{0,2}|[ \u00a0]"
)  # `\\` ends a line in TeX
CLAUSE_END = re.compile(
    r"[ \t]*(?:[\r\n.;,!?)\]}\"\u201d]|$|(?:last|for|in case|after|before|and|is|was|on|until|since) |"
    rf"(?:\| ?)?{CONTACT})"
)
DISTRICT = re.compile(r" [0-9]{1,2}(?=[ ,]*(?:[,\n]|$))")  # `Praha 6`
SLASH = re.compile(_SECOND)  # `Halle/Saale`
SENTENCE = re.compile(r"(?:(?<=[^\W\d_]{4})|(?<=[A-Z]{2})(?<!ST))\. ")
ASIDE = re.compile(r"\([^()\n]{2,40}\)")  # `Kirchweg 4 (Hinterhof)`, then the town
NO_TOWN = re.compile(
    rf"{CONTACT}|[Pp]\.? ?[Oo]\.? ?(?:Box|BOX|box)\b|"
    r"(?:Desk|Date|Dear|Attn|No|Number|He|She|It|We|I|The(?! (?:Netherlands|Hague|Bahamas|Gambia)))\b"
)


def extended(text: str, end: int) -> tuple[int, bool]:
    """(Where the address ends whose street ends at `end`, whether something certain was found behind the street)."""
    if more := EXTRA.match(text, end, end + RUN_MAX):
        end = more.end()
    at = best = end
    sure = unit = town = False  # `unit`: a unit or a region stands before, so that a code alone can follow
    for _ in range(SEGMENTS):
        gap = SEPARATOR.match(text, at, at + 24)
        start = gap.end() if gap else at
        if start == at:
            break
        same_line = "\n" not in text[at:start]
        if at == best and (match := FLOOR.match(text, start, start + RUN_MAX)):
            at = best = match.end()
            continue
        if not town and (match := UNIT.match(text, start, start + RUN_MAX)):
            at = best = match.end()
            sure = unit = True
            continue
        if aside := ASIDE.match(text, start, start + 48):
            at = aside.end()
            if CODE.match(text, start + 1, start + 15):  # `ul. Foksal 18, (00-372 Warszawa)`
                best, sure = at, True
            continue
        if (care := CARE.match(text, start, start + 4)) and (whose := RUN.match(text, care.end(), start + RUN_MAX)):
            at = whose.end()
            continue
        spaced = same_line and text[at:start] in (" ", "\u00a0")
        stop, certain, last = _place(text, start, spaced, unit, sure, at > end)
        if stop == start:
            break
        unit = unit or (not same_line and stop - start <= 4) or text[max(start, stop - 2) : stop] in regions()
        at = stop
        if certain:
            best, sure, town = stop, True, True
        elif "," in text[start - 2 : start] and "\n" not in text[best:stop] and CLAUSE_END.match(text, stop, stop + 9):
            best = stop
        if last:
            break
    return best, sure


def _place(text: str, start: int, spaced: bool, unit: bool, sure: bool, town: bool) -> tuple[int, bool, bool]:
    """(End of the town, region, code or country at `start`, whether it is certain, whether nothing can follow)."""
    if NO_TOWN.match(text, start, start + 24):
        return start, False, True
    code = CODE.match(text, start, start + 14)
    if code and (not spaced or code.end() - start > 4):
        end = _town_of_code(text, code.end())
        if not spaced or (end > code.end() and CLAUSE_END.match(text, end, end + 9)):
            return end, end > code.end() or unit or not code.group().isdigit(), False
    if bare := BARE_REGION.match(text, start, start + 5):
        behind = CODE_BEHIND.match(text, bare.end(), bare.end() + 14)
        if not behind and bare.group() in countries() and (sure or not spaced):
            return bare.end(), True, False
        alone = bare.group() in regions() and CLAUSE_END.match(text, bare.end(), bare.end() + 9)
        return (
            (behind.end(), True, False)
            if behind
            else (bare.end(), bool(unit or (alone and town)) and not spaced, False)
        )
    run = RUN.match(text, start, start + RUN_MAX)
    if run is None:
        return start, False, True
    return _town(text, start, _clean(text, run), spaced, unit, sure)


def _town_of_code(text: str, end: int) -> int:
    """Where the town ends that stands behind a code, or the code where none does."""
    blank = text[end : end + 1] in (" ", "\u00a0")
    town = RUN.match(text, end + 1, end + RUN_MAX) if blank else None
    if town is None:
        return end
    end = _clean(text, town)
    tail = TOWN_TAIL.match(text, end, end + 24)
    return tail.end() if tail else end


def _town(text: str, start: int, end: int, spaced: bool, unit: bool, sure: bool) -> tuple[int, bool, bool]:
    known = _known(text, start, end, behind_code=sure and text[start - 1 : start].isspace())
    if known and (not spaced or sure or CODE_BEHIND.match(text, known, known + 14)):
        end = known
        code = CODE_BEHIND.match(text, end, end + 14)
        return (code.end() if code else end), True, text[start:end] in countries() - regions()
    number = DISTRICT.match(text, end, end + 8)
    end = number.end() if number else end
    other = SLASH.match(text, end, end + 24)
    end = other.end() if other else end
    region = REGION_CODE.match(text, end, end + 20)
    if region and (not spaced or unit or region.group()[-1].isdigit() or region.group()[-2:] in regions()):
        return region.end(), True, False
    code = CODE_BEHIND.match(text, end, end + 14)
    if code and code.group()[0] == "," and text[code.end() : code.end() + 2].strip() in UPPERS:
        return end, False, False  # `Col. Centro, 03940 Ciudad`: the code is the next town's
    if code and (not spaced or unit or not code.group().strip(", -").isdigit()):
        return code.end(), True, False
    if spaced:
        return (end, True, False) if unit and CLAUSE_END.match(text, end, end + 9) else (start, False, True)
    return end, False, False


def _known(text: str, start: int, end: int, behind_code: bool) -> int:
    """The end of the run where its last words are a country or a region, else 0; `IL 62704` leaves only a country."""
    words = text[start:end].replace("\u2019", "'").split(" ")
    tails = [" ".join(words[i:]).rstrip(".") for i in range(len(words))]
    if any(tail in countries() or (tail.isupper() and tail.title() in countries()) for tail in tails):
        return end
    bare = len(words) == 1 and len(words[0]) <= 3 and words[0].isupper()  # a code without its town
    return end if not behind_code and not bare and any(tail in regions() for tail in tails) else 0


def _clean(text: str, run: re.Match[str]) -> int:
    """Without the stop of a sentence."""
    stop = SENTENCE.search(text, run.start(), run.end())  # `Shanghai. Father and`
    end = stop.start() if stop else run.end()
    end -= text[end - 1] == ")" and "(" not in text[run.start() : end]
    return end - 1 if text[end - 1] == "." and (len(run.group()) > 4 or end == len(text)) else end
