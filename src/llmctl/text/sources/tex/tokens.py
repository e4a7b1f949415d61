"""TeX source -> tokens, comments gone and verbatim text sealed.

A token is a string, told by its first character: a control sequence with its backslash, `\\begin{name}` whole, one of
the special characters, white space, `#1`, or a run of ordinary text. A token that starts with a null character (which
no source holds) is sealed: verbatim text, the end of a file, the end of a part. Whole runs instead of single
characters: one token for about nine characters, which is what makes Python fast enough (The TeXbook, chapters 7, 8).
"""

from __future__ import annotations

import re


def words(text: str) -> frozenset[str]:
    """The words of a table that is written as text."""
    return frozenset(text.split())


PAR = "\n\n"
LISTING, INLINE, ADDRESS = "\0b", "\0i", "\0u"  # sealed text: a block (language, line end, body), a phrase, a URL
END_OF_FILE, STOP = "\0e", "\0s"
TOKEN = re.compile(
    r"""%[^\n]*(?:\n[ \t]*(?:\n\s*)?)?          # a comment eats its line end; a blank line after it stays one
    | \\(?:begin|end)[ ]*\{[^{}\\$%\#\n]{1,60}\}
    | \\(?:[A-Za-z]+(?:@[A-Za-z@]*)*|@[A-Za-z@]+|.)
    | \#\d | [\\{}$&#~\[\]]
    | \s+
    | [^\\{}$&#~%\[\]\s](?:[^\\{}$&#~%\[\]\n]+|\n(?![ \t]*\n))*""",
    re.X | re.S,
)
# what ends only at its own mark, and is no TeX before it; None: a remark that is dropped
SEALED = {
    "verbatim": "", "Verbatim": "", "BVerbatim": "", "LVerbatim": "", "spverbatim": "", "alltt": "", "lstlisting": "",
    "minted": "", "pyverbatim": "", "comment": None, "filecontents": None, "CCSXML": None,
}  # fmt: skip
NEW_SEALED = re.compile(
    r"\\(?:lstnewenvironment|DefineVerbatimEnvironment|newminted|newtcblisting)\s*\{([A-Za-z]{1,40})\}"
)
NEW_REMARK = re.compile(r"\\excludecomment\s*\{([A-Za-z]{1,40})\}")
PHRASES = re.compile(r"\\(?:verb|lstinline|mintinline|url|nolinkurl|path|href)(?![A-Za-z])")
OPTIONS = re.compile(r"[ \t]*\[([^\[\]]{0,500})\]")
BRACED = re.compile(r"[ \t]*\{([^{}\n]{0,200})\}")
LANGUAGE = re.compile(r"language\s*=\s*\{?\s*(?:\[[^\]]*\])?([\w+#-]{1,30})")
LINK = re.compile(r"\s*\{((?:[^{}#\n\\]|#(?!\d)|\\[%#&_~])*)\}")


def sealed_names(texts: list[str]) -> dict[str, str | None]:
    """The environments of a project that hold no TeX: the known ones and those that its files declare."""
    found = {name: "" for text in texts for name in NEW_SEALED.findall(text)}
    remarks = {name: None for text in texts for name in NEW_REMARK.findall(text)}
    return {**SEALED, **found, **remarks}


def tokenize(text: str, sealed: dict[str, str | None] = SEALED) -> list[str]:
    """The tokens of a file."""
    names = "|".join(map(re.escape, sealed))
    special = re.compile(rf"%[^\n]*|\\begin[ ]*\{{({names})(\*?)\}}|{PHRASES.pattern}|\\.", re.S)
    if not (PHRASES.search(text) or re.search(rf"\\begin[ ]*\{{(?:{names})\*?\}}", text)):
        return _plain(text)
    tokens: list[str] = []
    start, absent = 0, set[str]()
    match = special.search(text)
    while match:
        end = match.end()
        found = _sealed(text, match, sealed, absent)
        if found:
            tokens += _plain(text[start : match.start()])
            token, end = found
            tokens += [token] if token else []
            start = end
        match = special.search(text, end)
    return tokens + _plain(text[start:])


def _plain(text: str) -> list[str]:
    """Tokens of text without verbatim parts."""
    tokens = []
    for token in TOKEN.findall(text):
        if token[0] == "%":
            if token.count("\n") > 1:
                tokens.append(PAR)
        elif token[0].isspace():
            tokens.append(PAR if token.count("\n") > 1 else " " if "\n" not in token else "\n")
        else:
            tokens.append(token)
    return tokens


def _sealed(text: str, match: re.Match[str], sealed: dict[str, str | None], absent: set[str]) -> tuple[str, int] | None:
    """The sealed token that starts at `match`, and where it ends; None where there is none."""
    if match[1]:
        return _block(text, match, sealed, absent)
    if match[0] in ("\\url", "\\nolinkurl", "\\path", "\\href"):
        link = LINK.match(text, match.end())
        if not link:
            return None
        return ("" if match[0] == "\\href" else ADDRESS + link[1].replace("\\", "")), link.end()
    if match[0] in ("\\verb", "\\lstinline", "\\mintinline"):
        return _phrase(text, match)
    return None


def _block(text: str, match: re.Match[str], sealed: dict[str, str | None], absent: set[str]) -> tuple[str, int] | None:
    name = match[1] + match[2]
    close = f"\\end{{{name}}}"
    end = -1 if name in absent else text.find(close, match.end())
    if end < 0:
        absent.add(name)  # one search to the end of the file for each name, however often it is opened
        return None
    if sealed[match[1]] is None:
        return "", end + len(close)
    start, language = match.end(), ""
    if match[1] not in ("verbatim", "spverbatim", "alltt"):
        if options := OPTIONS.match(text, start, end):
            start = options.end()
            language = found[1] if (found := LANGUAGE.search(options[1])) else ""
        if match[1] == "minted" and (argument := BRACED.match(text, start, end)):
            start, language = argument.end(), argument[1]
    body = text[start:end].strip("\n").rstrip()
    return f"{LISTING}{language.strip()}\n{body}", end + len(close)


def _phrase(text: str, match: re.Match[str]) -> tuple[str, int] | None:
    """`\\verb|x|`: up to the same character in the same line."""
    start = match.end()
    if match[0] != "\\verb":
        if options := OPTIONS.match(text, start):
            start = options.end()
        if match[0] == "\\mintinline" and (argument := BRACED.match(text, start)):
            start = argument.end()
    start += text.startswith("*", start)
    mark = text[start : start + 1]
    line = text.find("\n", start)
    end = text.find("}" if mark == "{" else mark, start + 1, line if line >= 0 else len(text)) if mark.strip() else -1
    return (INLINE + text[start + 1 : end], end + 1) if end >= 0 else None
