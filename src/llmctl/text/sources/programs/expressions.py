"""SPDX licence expressions: read, written in one form, and asked whether a list of licences satisfies them.

`(MIT OR Apache-2.0) AND BSD-3-Clause`, with the precedence of SPDX 2.3 Annex D: WITH, AND, OR. An exception adds
permissions, so `X WITH y` is as permissive as X. What does not parse is None, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

TOKEN = re.compile(r"\(|\)|[A-Za-z0-9][A-Za-z0-9.+:-]*")
MAX_TOKENS = 64  # expressions that people write have up to ten words; brackets nest no deeper than this
OPERATORS = ("OR", "AND", "WITH")
# Blue Oak Council's list of permissive licences, model to lead (https://blueoakcouncil.org/list), from which The Stack
# took its licences (arXiv:2211.15533, 3.1); rows that no source file names are left out
BLUE_OAK = """
0BSD AAL Adobe-2006 ADSL AFL-1.1 AFL-1.2 AFL-2.0 AFL-2.1 AFL-3.0 AMDPLPA AML AMPAS ANTLR-PD APAFML Apache-1.0 Apache-1.1
Apache-2.0 Artistic-1.0 Artistic-1.0-cl8 Artistic-1.0-Perl Artistic-2.0 Beerware BlueOak-1.0.0 Borceux BSD-1-Clause
BSD-2-Clause BSD-2-Clause-FreeBSD BSD-2-Clause-NetBSD BSD-2-Clause-Patent BSD-3-Clause BSD-3-Clause-Attribution
BSD-3-Clause-Clear BSD-3-Clause-LBNL BSD-3-Clause-No-Nuclear-License-2014 BSD-3-Clause-No-Nuclear-Warranty BSD-4-Clause
BSD-4-Clause-UC BSD-Source-Code BSL-1.0 bzip2-1.0.5 bzip2-1.0.6 CC0-1.0 CECILL-B ClArtistic CNRI-Jython CNRI-Python
CNRI-Python-GPL-Compatible Cube curl DOC DSDP ECL-1.0 ECL-2.0 EFL-1.0 EFL-2.0 eGenix Entessa Fair FTL HPND IBM-pibs ICU
IJG ImageMagick Info-ZIP Intel ISC JasPer-2.0 Libpng libtiff Linux-OpenIB LPPL-1.3c MirOS MIT MIT-0 MIT-advertising MIT-CMU
MIT-enna MIT-feh MITNFA mpich2 MS-PL MTLL Multics Mup NASA-1.3 Naumen NCSA Net-SNMP NetCDF NLPL NTP OGTSL OLDAP-2.8 OML
OpenSSL PHP-3.0 PHP-3.01 Plexus PostgreSQL psutils Python-2.0 Qhull RSA-MD Ruby Saxpath SGI-B-2.0 SMLNJ Spencer-86
Spencer-94 Spencer-99 SWL TCL TCP-wrappers TU-Berlin-1.0 TU-Berlin-2.0 Unicode-DFS-2015 Unicode-DFS-2016 Unlicense UPL-1.0
VSL-1.0 W3C W3C-19980720 W3C-20150513 WTFPL X11 Xerox XFree86-1.1 xinetd Xnet xpp Zed Zend-2.0 Zlib zlib-acknowledgement
ZPL-1.1 ZPL-2.0 ZPL-2.1
"""
# the same terms under ids that SPDX gave since (BSD, MIT and Python families, public domain, Mulan, Unicode)
SINCE = """
BSD-2-Clause-Views BSD-3-Clause-Modification BSD-3-Clause-Open-MPI CC-PDDC FSFAP FSFUL FSFULLR HPND-sell-variant libpng-2.0
MIT-Modern-Variant MIT-open-group MulanPSL-2.0 NIST-PD PSF-2.0 LicenseRef-Public-Domain Python-2.0.1 Unicode-3.0
"""
PERMISSIVE = frozenset((BLUE_OAK + SINCE).split())
# further ids whose spelling is set right; any other id stays as it is written
OTHER_IDS = [
    "AGPL-3.0-only", "AGPL-3.0-or-later", "BUSL-1.1", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-2.5",
    "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CDDL-1.0", "CDDL-1.1",
    "CECILL-2.1", "CPL-1.0", "Elastic-2.0", "EPL-1.0", "EPL-2.0", "EUPL-1.1", "EUPL-1.2", "GFDL-1.1-only",
    "GFDL-1.2-only", "GFDL-1.3-only", "GPL-1.0-only", "GPL-1.0-or-later", "GPL-2.0-only", "GPL-2.0-or-later",
    "GPL-3.0-only", "GPL-3.0-or-later", "JSON", "LGPL-2.0-only", "LGPL-2.0-or-later", "LGPL-2.1-only",
    "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MPL-1.1", "MPL-2.0", "MS-RL", "OFL-1.1", "OSL-3.0",
    "SSPL-1.0",
]  # fmt: skip
# deprecated ids of the GNU family (SPDX licence list 3.0): the bare number grants that version alone
DEPRECATED = {
    f"{family}-{number}{plus}".lower(): f"{family}-{number}-{'or-later' if plus else 'only'}"
    for family, numbers in (("GPL", "1.0 2.0 3.0"), ("LGPL", "2.0 2.1 3.0"), ("AGPL", "3.0"), ("GFDL", "1.1 1.2 1.3"))
    for number in numbers.split()
    for plus in ("", "+")
}
SPELLING = {known.lower(): known for known in (*PERMISSIVE, *OTHER_IDS)} | DEPRECATED
# licences by the names that package metadata and data sets give (trove classifiers, package.json), less their punctuation
NAMED = {
    "apache": "Apache-2.0", "apache 2": "Apache-2.0", "apache 2 0": "Apache-2.0", "apache license 2 0": "Apache-2.0",
    "apache license version 2 0": "Apache-2.0", "apache software license 2 0": "Apache-2.0", "mit license": "MIT",
    "the mit license": "MIT", "expat": "MIT", "isc license": "ISC", "bsd 3 clause": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause", "bsd 3 clause license": "BSD-3-Clause", "new bsd license": "BSD-3-Clause",
    "modified bsd license": "BSD-3-Clause", "bsd 2 clause": "BSD-2-Clause", "bsd 2 clause license": "BSD-2-Clause",
    "simplified bsd": "BSD-2-Clause", "simplified bsd license": "BSD-2-Clause", "gpl v2": "GPL-2.0-only",
    "gplv2": "GPL-2.0-only", "gplv2+": "GPL-2.0-or-later", "gpl v3": "GPL-3.0-only", "gplv3": "GPL-3.0-only",
    "lgplv3": "LGPL-3.0-only", "agplv3": "AGPL-3.0-only", "mpl 2": "MPL-2.0", "mozilla public license 2 0": "MPL-2.0",
    "public domain": "LicenseRef-Public-Domain", "the unlicense": "Unlicense", "boost": "BSL-1.0",
    "zlib license": "Zlib", "psf": "PSF-2.0", "wtfpl 2 0": "WTFPL",
}  # fmt: skip
ANY, PERMISSIVES = "any", "permissive"  # words of a list of licences that are asked for, beside ids
REMARK = re.compile(r"\s*\([^()]*\)\s*$")  # `BSD-2-Clause (library)`


@dataclass(frozen=True)
class Licence:
    """A node of an expression: an id (with its exception), or an operator over two nodes."""

    word: str
    parts: tuple[Licence, ...] = ()

    def satisfied_by(self, allowed: Collection[str]) -> bool:
        """Whether use under licences of `allowed` alone is granted."""
        if self.word == "OR":
            return any(part.satisfied_by(allowed) for part in self.parts)
        if self.word == "AND":
            return all(part.satisfied_by(allowed) for part in self.parts)
        return self.word in allowed or self.word.partition(" WITH ")[0] in allowed

    def __str__(self) -> str:
        if not self.parts:
            return self.word
        texts = [f"({part})" if self.word == "AND" and part.word == "OR" else str(part) for part in self.parts]
        return f" {self.word} ".join(texts)


Found = tuple[Licence | None, list[str]]  # what was read, and the words after it
Read = Callable[[list[str]], Found]


def parse(text: str) -> Licence | None:
    """The expression, or None where `text` is none."""
    words = TOKEN.findall(text[: MAX_TOKENS * 64])
    if not words or len(words) > MAX_TOKENS or TOKEN.sub("", text).strip():
        return None
    found, rest = _any_of(words)
    return found if not rest else None


def _any_of(words: list[str]) -> Found:
    return _chain("OR", _all_of, words)


def _all_of(words: list[str]) -> Found:
    return _chain("AND", _single, words)


def _chain(operator: str, read: Read, words: list[str]) -> Found:
    parts = []
    while True:
        part, words = read(words)
        if part is None:
            return None, words
        parts.append(part)
        if not words or words[0].upper() != operator:
            return (parts[0] if len(parts) == 1 else Licence(operator, tuple(parts))), words
        words = words[1:]


def _single(words: list[str]) -> Found:
    if not words or words[0] == ")" or words[0].upper() in OPERATORS:
        return None, words
    if words[0] == "(":
        inner, rest = _any_of(words[1:])
        return (inner, rest[1:]) if rest[:1] == [")"] else (None, rest)
    name, rest = SPELLING.get(words[0].lower(), words[0]), words[1:]
    if rest[:1] and rest[0].upper() == "WITH":
        return (Licence(f"{name} WITH {rest[1]}"), rest[2:]) if rest[1:] and rest[1] not in "()" else (None, rest)
    return Licence(name), rest


def spdx(said: object) -> str | None:
    """What a row says of its licence (a name, an expression, or a list of them, all of which hold) as an expression."""
    if isinstance(said, (list, tuple)):
        known = [one for one in map(spdx, said) if one]
        return joined(known) if known and len(known) == len(said) else None
    if not isinstance(said, str) or not (text := REMARK.sub("", said[:1000]).strip() or said.strip()):
        return None
    named = NAMED.get(" ".join(re.sub(r"[^a-z0-9+]+", " ", text.lower()).split()))
    found = parse(named or text)
    return str(found) if found and len(str(found).split()) < MAX_TOKENS and (named or _is_known(found)) else None


def _is_known(found: Licence) -> bool:
    """A single id must be one; `Proprietary` or `see file` would parse."""
    if found.parts:
        return all(map(_is_known, found.parts))
    name = found.word.partition(" WITH ")[0]
    return _is_id(name) or re.search(r"-\d+(?:\.\d+)*\b", name) is not None


def joined(expressions: Collection[str]) -> str:
    """One expression that says that all of them hold, each once, in the order given."""
    once = list(dict.fromkeys(expressions))
    if len(once) == 1:
        return once[0]
    return " AND ".join(f"({one})" if " OR " in one else one for one in once)


def is_permissive(expression: str | None, allowed: Collection[str] = PERMISSIVE) -> bool:
    """Whether an expression grants use under licences of `allowed`; what does not parse grants nothing."""
    found = parse(expression or "")
    return found is not None and found.satisfied_by(allowed)


def unknown(asked: str) -> list[str]:
    """The entries of a comma list that are neither `any` nor `permissive` nor a known id."""
    return [one for one in _entries(asked) if one not in (ANY, PERMISSIVES) and not _is_id(one)]


def allowed(asked: str) -> Collection[str] | None:
    """The ids that a comma list stands for; None where it says `any`."""
    entries = _entries(asked)
    if ANY in entries:
        return None
    ids = {SPELLING.get(one.lower(), one) for one in entries}
    return ids | PERMISSIVE if PERMISSIVES in ids else ids


def _entries(asked: str) -> list[str]:
    return [one.strip() for one in asked.split(",")]


def _is_id(name: str) -> bool:
    return name.lower() in SPELLING or name.startswith("LicenseRef-")
