"""What says, before a number or just behind it, that the number is a phone number.

Read backwards from the number: filling words (`number is`), then a noun (`phone`), a verb (`call me at`) or an owner
(`my number is`). Anything else in between, and nothing is announced (`phones sold in 2019: 1 234 567`). Where a number
stands among numbers, as most do, the first step ends it.
"""

from __future__ import annotations

import re

MAX_WORDS = 8  # `contact Ann Lee or her sister on the number`
MAX_BACK = 80  # code points
NOUNS = frozenset({
    "phone", "phones", "telephone", "telephones", "tel", "tels", "ph", "tlf", "tfn", "tf", "tfno", "telf", "telp",
    "mobile", "mob", "cell", "cellphone", "cellular", "landline", "fax", "facsimile", "hotline", "helpline",
    "handphone", "whatsapp", "viber", "voicemail", "pager", "beeper", "sms", "desk", "switchboard", "telefon",
    "telefono", "tel\u00e9fono", "telefone", "t\u00e9l\u00e9phone", "t\u00e9l", "telefonnummer", "rufnummer",
    "handynummer", "faxnummer", "fon", "mobilnummer", "handy", "mobiltelefon", "durchwahl", "mobil", "mobiel", "gsm",
    "telefoon", "telefoonnummer", "m\u00f3vil", "movil", "celular", "cellulare", "telem\u00f3vel", "puhelin", "puh",
    "telefonsz\u00e1m", "telefonnummeret", "telefonnr", "mobilnr", "telepon", "tho\u1ea1i", "s\u0111t", "\u0111t",
    "\u0442\u0435\u043b\u0435\u0444\u043e\u043d", "\u0442\u0435\u043b\u0435\u0444\u043e\u043d\u0443",
    "\u0442\u0435\u043b", "\u0442\u0435\u043b\u0435\u0444\u043e\u043d\u044b", "\u043c\u043e\u0431",
    "\u0444\u0430\u043a\u0441", "\u03c4\u03b7\u03bb", "\u03c4\u03b7\u03bb\u03ad\u03c6\u03c9\u03bd\u03bf",
    "\u0647\u0627\u062a\u0641", "\u062c\u0648\u0627\u0644", "\u05d8\u05dc\u05e4\u05d5\u05df", "\u0e42\u0e17\u0e23",
})  # fmt: skip
NO_COUNTS = frozenset({  # behind `mobile: ` may stand how many there are
    "phone", "telephone", "tel", "ph", "tlf", "tfn", "tfno", "telf", "telp", "fax", "facsimile", "telefon", "telefono",
    "tel\u00e9fono", "telefone", "t\u00e9l\u00e9phone", "t\u00e9l", "telefonnummer", "rufnummer", "handynummer",
    "faxnummer", "mobilnummer", "telefoon", "telefoonnummer", "telefonsz\u00e1m", "telefonnummeret", "telefonnr",
    "mobilnr", "\u0442\u0435\u043b\u0435\u0444\u043e\u043d", "\u0442\u0435\u043b", "\u0444\u0430\u043a\u0441",
    "\u03c4\u03b7\u03bb", "\u03c4\u03b7\u03bb\u03ad\u03c6\u03c9\u03bd\u03bf",
})  # fmt: skip
NOUN_ENDS = ("phone", "telefon", "phonenumber", "phoneno")  # `homePhone`, `Mobiltelefon`
NO_PHONES = frozenset({
    "microphone", "headphone", "earphone", "iphone", "saxophone", "xylophone", "gramophone", "megaphone",
    "smartphone",
})  # fmt: skip
VERBS = frozenset({
    "call", "calls", "called", "calling", "dial", "dialed", "dialled", "dialing", "ring", "rang", "text", "texted",
    "texting", "reach", "reached", "contact", "contacts", "contacted", "contacting", "answer", "answers", "answering",
    "answered", "message", "messages", "messaged", "messaging", "phoned", "phoning", "forward", "forwarded",
    "transfer", "transferred", "redirect", "redirected", "llame", "llamar", "llama", "llamando", "appelez", "appeler",
    "joindre", "anrufen", "erreichen", "erreichbar", "chiamare", "chiama", "chiami", "ligue", "ligar", "bel",
    "bellen", "\u0437\u0432\u043e\u043d\u0438\u0442\u0435", "\u043f\u043e\u0437\u0432\u043e\u043d\u0438\u0442\u0435",
})  # fmt: skip
DIRECT = frozenset(
    {"call", "calling", "called", "dial", "dialed", "dialled", "dialing", "contact", "contacts", "phoned"}
)
OBJECTS = frozenset({
    "me", "us", "him", "her", "them", "you", "it", "someone",
})  # fmt: skip
PERSONS = (OBJECTS - {"it", "you", "someone"}) | {""}
PREPOSITIONS = frozenset({
    "at", "on", "to", "via", "under", "using", "from", "au", "al", "auf", "unter", "op", "alle", "ao", "pelo",
    "\u043f\u043e", "\u043d\u0430",
})  # fmt: skip
COPULAS = frozenset({
    "is", "are", "was", "be", "ist", "est", "es", "\u00e8", "\u00e9", "lautet",
})  # fmt: skip
NUMBERS = frozenset({
    "number", "numbers", "no", "nr", "num", "digits", "n\u00famero", "numero", "num\u00e9ro", "nummer",
    "\u043d\u043e\u043c\u0435\u0440", "\u043d\u043e\u043c\u0435\u0440\u0443",
})  # fmt: skip
OWNERS = frozenset({
    "my", "your", "his", "her", "their", "our", "mein", "meine", "deine", "seine", "ihre", "unsere", "mon", "ma",
    "son", "notre", "votre", "mi", "su", "nuestro", "mio", "tuo", "suo", "meu", "seu", "mijn", "uw",
})  # fmt: skip
KINDS = frozenset({
    "home", "office", "emergency", "callback", "registered", "direct", "toll", "free",
})  # fmt: skip
JOINING = frozenset({
    "or", "and", "oder", "ou", "o", "y", "et", "e", "und", "en", "of",
})  # fmt: skip
FILLING = frozenset({
    "the", "a", "new", "old", "work", "main", "line", "personal", "private", "business", "following", "same", "this",
    "that", "please", "now", "also", "today", "tomorrow", "tonight", "back", "local", "day", "night", "evening", "international",
    "directly", "either", "correct", "current", "best", "other", "mom", "mum", "dad", "mother", "father", "wife", "husband",
    "boss", "sister", "brother", "assistant", "secretary",
})  # fmt: skip
PASSED = OBJECTS | PREPOSITIONS | COPULAS | NUMBERS | OWNERS | KINDS | JOINING | FILLING
ABBREVIATED = frozenset({
    "dr", "mr", "mrs", "ms", "tel", "tels", "ph", "tlf", "tf", "tfno", "telf", "telp", "mob", "no", "nr", "num",
    "t\u00e9l", "fon", "puh",
    "\u0442\u0435\u043b", "\u043c\u043e\u0431", "\u03c4\u03b7\u03bb", "\u0111t",
})  # fmt: skip
CLOSING = frozenset({"now", "today", "back", "directly"})
FIGURES = re.compile("[0-9]{3}")  # but `phone2`
WORDS = re.compile(r"[^\W\d_]+")
MAX_HEADING = 4  # words: `customer_phone_number`, but no sentence
SIGNS = ("\u260e", "\u260f", "\u2706", "\U0001f4de", "\U0001f4f1", "\U0001f4f2")  # telephones
JOINTS = (" ", "/", "&")
STATED = frozenset(":\uff1a=")
APOSTROPHES = ("'", "\u2019")
SKIPPED = "\u2019\ufe0f \t\xa0:\uff1a,.()#\"'=>*|[]/\u2013\u2014-&+;_`"
LISTED = re.compile(r"(?:<PHONE>(?:, | ?; | ?[/&] ?| (?:or|and|oder|ou|o|y|et|e|und|en) )){1,9}$")
MAX_LISTED = 3  # numbers before this one: as many passes does a list need
UNSPACED = re.compile(  # telephone, mobile, fax, dial, contact in Chinese, Japanese, Korean; then number, is, me, ...
    r"(?:\u7535\u8bdd|\u96fb\u8a71|\u624b\u673a|\u624b\u6a5f|\u4f20\u771f|\u50b3\u771f|\u5ea7\u673a|\u5ea7\u6a5f"
    r"|\u70ed\u7ebf|\u71b1\u7dda|\u62e8\u6253|\u64a5\u6253|\u81f4\u7535|\u81f4\u96fb|\u6765\u7535|\u6253\u7ed9|\u8054\u7cfb"
    r"|\u806f\u7d61|\u806f\u7e6b|\u9023\u7d61\u5148|\u643a\u5e2f|\u77ed\u4fe1|\u30d5\u30a1\u30c3\u30af\u30b9|\uc804\ud654"
    r"|\ud734\ub300\ud3f0|\ud578\ub4dc\ud3f0|\uc5f0\ub77d\ucc98|\ud329\uc2a4)"
    r"(?:\u53f7\u7801|\u865f\u78bc|\u756a\u53f7|\u65b9\u5f0f|\ubc88\ud638"
    r"|[\u53f7\u865f\u4e3a\u70ba\u662f\u6211\u4f60\u4ed6\u5979\u5230\u7684\u306f\ub294\uc740]){0,4}$"
)
EXTENSION = re.compile(  # a letter less than RFC 3966's `;ext=`
    r"(?: ?x ?|[ ,]{0,2}(?:ext(?:ension|n)?\b[.:]? ?|ext)|;ext=| ?\u8f6c ?| ?\u5206\u673a ?)[0-9]{1,6}(?![0-9A-Za-z])",
    re.IGNORECASE,
)
BEHIND = re.compile(  # as cards have it; `481 7531 is my number`
    rf"(?:{EXTENSION.pattern})?(?:"
    r"[ (\[-]{1,3}(?:office|fax|mobile|cell|home|work|phone|landline|tel)\b"
    r"|(?P<sure>,? (?:is|was) (?:my|his|her|our|your|their)) "
    r"(?:[a-z]{1,12} ){0,2}(?:number|phone|cell|mobile|landline|fax)\b)",
    re.IGNORECASE,
)
NEXT = re.compile(  # behind such a word, where it speaks of the number that follows: `fax: `, `Tel. 0`, `(mobile 0`
    r"(?: (?:phone|number|no))?(?:\.?[ \xa0]?[:\uff1a=]|\.[ \xa0]?(?:<PHONE>|[+(]?[0-9]))", re.IGNORECASE
)
NEXT_IN_BRACKETS = re.compile(r"[ \xa0]{1,2}(?:<PHONE>|[+(]?[0-9])")


def announcement(text: str, start: int) -> str:
    """What before `start` says that a phone number follows: a "noun", a "verb", which says it less surely, or "".

    "sure" are `phone: `, `my number is`, `call me at`: behind them seven digits are enough.
    """
    listed = LISTED.search(text, max(0, start - MAX_BACK), start) if text[start - 1 : start] in JOINTS else None
    if listed:
        sure = "sure" if listed.group().rstrip()[-1] not in ",;" else "noun"
        return sure if listed.group().count("<") <= MAX_LISTED else ""
    passed: list[str] = []  # words between, the last one first; names are ""
    at, limit = start, max(0, start - MAX_BACK)
    said = ""  # between the last word and the number
    while len(passed) < MAX_WORDS:
        begin, joint, word = _word_before(text, at, limit)
        said = joint if at == start else said
        lower = word.lower()
        if not word:
            return "noun" if text[max(0, at - len(joint) - 1) : at].startswith(SIGNS) else ""
        if "." in joint and lower not in ABBREVIATED:
            return ""
        if not word.isascii() and UNSPACED.search(word):
            return "sure" if begin + len(word) == start or not STATED.isdisjoint(said) else "noun"
        if _is_noun(lower):
            if text[begin - 1 : begin] == "<" or not _may_stand_between(passed):
                return ""
            return "sure" if _is_stated(lower, passed, said) else "noun"
        if lower in VERBS and _is_dialled(lower, passed):
            if text[begin - 1 : begin + 5] == ".call(":  # of a function
                return ""
            return "sure" if passed[:1] and passed[0] in PREPOSITIONS and not PERSONS.isdisjoint(passed) else "verb"
        if (lower in OWNERS or lower in KINDS) and _is_owned(lower, passed):
            return "noun" if lower in KINDS else "" if text[begin + len(word)] == "_" else "sure"  # a variable's name
        if lower == "s" and text[begin - 1 : begin] in APOSTROPHES:
            lower = "is"
        if lower not in PASSED and not (word.istitle() and passed):
            return ""
        passed.append(lower if lower in PASSED else "")
        at = begin
    return ""


def label(text: str, end: int) -> str:
    """What the words behind `end` say, as those before do: "sure" or "noun" where this was a phone number, or ""."""
    behind = BEHIND.match(text, end)
    if behind is None or behind.group("sure"):
        return "sure" if behind else ""
    follows = NEXT.match(text, behind.end())
    if "(" in behind.group() or "[" in behind.group():
        follows = follows or NEXT_IN_BRACKETS.match(text, behind.end())
    return "" if follows else "noun"


def is_heading(cell: str) -> bool:
    """Whether the head of a column says that phone numbers stand in it."""
    words = [] if FIGURES.search(cell) else WORDS.findall(cell)
    return len(words) <= MAX_HEADING and any(_is_noun(word.lower()) or UNSPACED.search(word) for word in words)


def _word_before(text: str, at: int, limit: int) -> tuple[int, str, str]:
    """The word before `at`, where it begins, and what stands between."""
    end = at
    while end > limit and (text[end - 1] in SKIPPED or (text[end - 1] == "\n" and ":" in text[max(0, end - 3) : end])):
        end -= 1
    begin = end
    while begin > limit and text[begin - 1].isalpha():
        begin -= 1
    return begin, text[end:at], text[begin:end]


def _is_noun(lower: str) -> bool:
    return lower in NOUNS or (lower.endswith(NOUN_ENDS) and lower not in NO_PHONES)


def _is_stated(lower: str, passed: list[str], said: str) -> bool:
    """`phone is`, `phone number`, `phone: `, `Tel. `; but `mobile: ` may say how many there are."""
    if passed:
        return passed[0] in COPULAS or (passed[0] in NUMBERS and lower[-1] != "s")
    if lower not in NO_COUNTS and not lower.endswith(NOUN_ENDS):
        return False
    return lower in ABBREVIATED or not STATED.isdisjoint(said)


def _may_stand_between(passed: list[str]) -> bool:
    """`phone number of Ann is`, but not `phone Ann 12 34 56 78`."""
    return "" not in passed or passed[0] in COPULAS


def _is_dialled(lower: str, passed: list[str]) -> bool:
    """`dial`, `call Ann at`, `contact number is`; but not `the answer is`, nor `call number` of libraries."""
    if not passed:
        return lower in DIRECT
    if passed[0] in COPULAS:
        return not PREPOSITIONS.isdisjoint(passed) or (lower in DIRECT and not NUMBERS.isdisjoint(passed))
    if passed[0] in NUMBERS:
        return len(passed) > 1 or not lower.startswith("call")
    return passed[0] in PREPOSITIONS or passed[0] in OBJECTS or passed[0] in CLOSING


def _is_owned(lower: str, passed: list[str]) -> bool:
    """`my new number is`, `home number`, `my registered`."""
    if lower in OWNERS and passed[:1] == ["registered"]:
        return True
    between = [word for word in passed if word not in NUMBERS and word not in COPULAS]
    return len(between) < len(passed) and any(word in NUMBERS for word in passed) and _qualify(between)


def _qualify(words: list[str]) -> bool:
    return all(word in FILLING or word in KINDS for word in words)
