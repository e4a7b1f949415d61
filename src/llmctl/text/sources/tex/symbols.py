"""Commands of LaTeX that stand for characters in text, and accents (LaTeX2e `ltoutenc.dtx`, `textcomp`)."""

from __future__ import annotations

import unicodedata

# command -> combining character
ACCENTS = {
    "\\`": "\u0300", "\\'": "\u0301", "\\^": "\u0302", "\\~": "\u0303", "\\=": "\u0304", "\\u": "\u0306",
    "\\.": "\u0307", '\\"': "\u0308", "\\r": "\u030a", "\\H": "\u030b", "\\v": "\u030c", "\\d": "\u0323",
    "\\c": "\u0327", "\\k": "\u0328", "\\b": "\u0331",
}  # fmt: skip
DOTLESS = {"\\i": "i", "\\j": "j", "\u0131": "i", "\u0237": "j"}  # under an accent the letter has no dot anyway
SYMBOLS = {
    "\\ss": "\u00df", "\\SS": "\u1e9e", "\\ae": "\u00e6", "\\AE": "\u00c6", "\\oe": "\u0153", "\\OE": "\u0152",
    "\\aa": "\u00e5", "\\AA": "\u00c5", "\\o": "\u00f8", "\\O": "\u00d8", "\\l": "\u0142", "\\L": "\u0141",
    "\\i": "\u0131", "\\j": "\u0237", "\\dh": "\u00f0", "\\DH": "\u00d0", "\\th": "\u00fe", "\\TH": "\u00de",
    "\\dj": "\u0111", "\\DJ": "\u0110", "\\ng": "\u014b", "\\NG": "\u014a",
    "\\S": "\u00a7", "\\P": "\u00b6", "\\dag": "\u2020", "\\ddag": "\u2021", "\\copyright": "\u00a9", "\\pounds": "\u00a3",
    "\\euro": "\u20ac", "\\texteuro": "\u20ac", "\\EUR": "\u20ac", "\\textregistered": "\u00ae", "\\texttrademark": "\u2122",
    "\\ldots": "\u2026", "\\dots": "\u2026", "\\textellipsis": "\u2026", "\\textendash": "\u2013", "\\textemdash": "\u2014",
    "\\textquoteleft": "\u2018", "\\textquoteright": "\u2019", "\\textquotedblleft": "\u201c",
    "\\textquotedblright": "\u201d", "\\quotedblbase": "\u201e", "\\quotesinglbase": "\u201a", "\\textquotedbl": '"',
    "\\textquotesingle": "'", "\\guillemotleft": "\u00ab", "\\guillemotright": "\u00bb", "\\guilsinglleft": "\u2039",
    "\\guilsinglright": "\u203a", "\\flqq": "\u00ab", "\\frqq": "\u00bb", "\\glqq": "\u201e", "\\grqq": "\u201c",
    "\\textbackslash": "\\", "\\textasciitilde": "~", "\\textasciicircum": "^", "\\textasciigrave": "`", "\\textbar": "|",
    "\\textless": "<", "\\textgreater": ">", "\\textunderscore": "_", "\\textbraceleft": "{", "\\textbraceright": "}",
    "\\textdegree": "\u00b0", "\\degree": "\u00b0", "\\textmu": "\u00b5", "\\micro": "\u00b5", "\\textbullet": "\u2022",
    "\\textperiodcentered": "\u00b7", "\\textdollar": "\\$", "\\textsection": "\u00a7", "\\textparagraph": "\u00b6",
    "\\textdagger": "\u2020", "\\textdaggerdbl": "\u2021", "\\textcopyright": "\u00a9", "\\textsterling": "\u00a3",
    "\\textpm": "\u00b1", "\\texttimes": "\u00d7", "\\textonehalf": "\u00bd", "\\textonequarter": "\u00bc",
    "\\textexclamdown": "\u00a1", "\\textquestiondown": "\u00bf", "\\textordfeminine": "\u00aa",
    "\\textordmasculine": "\u00ba", "\\textvisiblespace": "\u2423", "\\slash": "/", "\\lq": "\u2018", "\\rq": "\u2019",
    "\\lbrack": "[", "\\rbrack": "]", "\\textasteriskcentered": "*", "\\textnumero": "\u2116", "\\No": "\u2116",
    "\\TeX": "TeX", "\\LaTeX": "LaTeX", "\\LaTeXe": "LaTeX2e", "\\BibTeX": "BibTeX", "\\AmS": "AMS", "\\XeTeX": "XeTeX",
    "\\figurename": "Figure", "\\tablename": "Table", "\\sectionname": "Section", "\\equationname": "Equation",
    "\\chaptername": "Chapter", "\\appendixname": "Appendix", "\\abstractname": "Abstract", "\\proofname": "Proof",
    "\\%": "%", "\\&": "&", "\\#": "#", "\\_": "_", "\\{": "{", "\\}": "}",
    "\\$": "\\$",  # stays escaped: every other dollar sign of a document opens or closes maths
    "\\ ": " ", "\\\n": " ", "\\\t": " ", "\\,": " ", "\\;": " ", "\\:": " ", "\\>": " ", "\\quad": " ", "\\qquad": " ",
    "\\enspace": " ", "\\enskip": " ", "\\thinspace": " ", "\\space": " ", "\\nobreakspace": " ", "\\hfill": " ",
    "\\hfil": " ", "\\@": "", "\\/": "", "\\!": "", "\\-": "", "\\negthinspace": "",
}  # fmt: skip


def accented(command: str, text: str) -> str:
    """`text` with an accent on its first letter, composed where Unicode has it (UAX #15, NFC)."""
    text = DOTLESS.get(text[:1], text[:1]) + text[1:]
    if not text[:1].strip():
        return text
    return unicodedata.normalize("NFC", text[0] + ACCENTS[command]) + text[1:]
