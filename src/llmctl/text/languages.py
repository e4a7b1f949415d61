"""Texts and their languages -> what else is to be said: script, languages of the paragraphs, whether they are mixed.

The language of a document is one label (`text/language.py`); here its paragraphs have one each, sampled evenly and
identified in one call for all documents. Only what says something is said: `script` always, the shares of scripts and of
languages where there are several. Costs 0.3 ms a page of 3,000 characters, most of it in fastText.
"""

from __future__ import annotations

import pkgutil
import tomllib
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from llmctl.text.language import identify

MOST_LETTERS = 5_000  # characters in which scripts are counted, evenly taken; as many as `identify` reads
PIECES = 32  # paragraphs that are identified
PIECE = 160  # characters of one, at the least where lines are shorter, and as many as are read of a longer one
SURE = 0.5  # probability below which a paragraph has no language (CCNet's threshold, Wenzek et al. 2020, 4.2)
SEVERAL = 0.05  # share of letters from which a script or language is named
MIXED = 0.2  # share of the second language in a mixed text; docs/sources/languages.md has what other values give
KANA_SHARE = 0.05  # of letters: Japanese has at least a fifth, Chinese that names a brand less than one in a hundred
EXCLUSIVE = 5  # characters that one form of Chinese alone has, before it is called by it
EXCLUSIVE_SHARE = 0.9  # of those are of that form


def _tables() -> dict[str, Any]:  # Any: ranges, strings and lists of the packaged file
    packaged = pkgutil.get_data(__package__, "scripts.toml")
    assert packaged is not None, "scripts.toml lies in this package"
    return tomllib.loads(packaged.decode("utf-8"))


TABLES = _tables()
RANGES = sorted(
    (int(first, 16), int(last or first, 16), script)
    for script, ranges in TABLES["scripts"].items()
    for first, _, last in (one.partition("-") for one in ranges.split())
)
SCRIPTS = sorted(TABLES["scripts"])
STARTS = np.array([first for first, _, _ in RANGES], dtype=np.uint32)
ENDS = np.array([last for _, last, _ in RANGES], dtype=np.uint32)
OF_RANGE = np.array([SCRIPTS.index(script) for _, _, script in RANGES])
SIMPLIFIED, TRADITIONAL = frozenset(TABLES["chinese"]["simplified"]), frozenset(TABLES["chinese"]["traditional"])
# languages that fastText cannot tell apart in a paragraph: a mixture of these is none
ALIKE = {label: group.split()[0] for group in TABLES["alike"]["groups"] for label in group.split()}


def describe(texts: Sequence[str], langs: Sequence[str | None]) -> list[dict[str, Any]]:
    """Metadata of each text: `script`, and where there are several `scripts`, `paragraph_languages`, `mixed_language`."""
    pieces = [_pieces(text) for text in texts]
    found, scores = identify([piece for of_text in pieces for piece in of_text])
    out, at = [], 0
    for text, lang, of_text in zip(texts, langs, pieces, strict=True):
        stop = at + len(of_text)
        described = {**_scripts(text), **_languages(of_text, found[at:stop], scores[at:stop], lang)}
        out.append(described)
        at = stop
    return out


def _pieces(text: str) -> list[str]:
    """At most PIECES paragraphs, evenly spaced; lines that are shorter are joined with the next ones of their script."""
    pieces: list[str] = []
    held, script = "", ""
    for line in text.split("\n"):
        line = line.strip()
        if not line:
            continue
        of_line = _rough_script(line)
        if held and (len(held) >= PIECE or of_line != script):
            pieces.append(held)
            held = ""
        held, script = f"{held} {line}"[: 4 * PIECE].lstrip(), of_line
    pieces = [piece for piece in [*pieces, held] if sum(map(str.isalpha, piece[:PIECE])) * 2 > PIECE // 4]
    step = max(len(pieces) / PIECES, 1.0)
    sampled = [pieces[int(n * step)] for n in range(min(len(pieces), PIECES))]
    return [piece[:PIECE] for piece in sampled] if len(sampled) > 1 else []


def _rough_script(line: str) -> str:
    """A line's script, by its middle letter or the next: enough to keep lines of two scripts apart."""
    for character in line[len(line) // 2 :]:
        if character.isalpha():
            return "latin" if character < "\u0250" else "east" if character >= "\u2e80" else "other"
    return "latin"


def _letters(text: str) -> Counter[str]:
    """Letters by script, in an even sample of a text."""
    step = max(len(text) // MOST_LETTERS, 1)
    points = np.frombuffer(text[::step][:MOST_LETTERS].encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    places = np.searchsorted(STARTS, points, side="right") - 1
    known = (places >= 0) & (points <= ENDS[places])
    counts = np.bincount(OF_RANGE[places[known]], minlength=len(SCRIPTS))
    return Counter({script: int(count) for script, count in zip(SCRIPTS, counts, strict=True) if count})


def _scripts(text: str) -> dict[str, Any]:
    letters = _by_writing(_letters(text), text)
    total = sum(letters.values())
    if not total:
        return {}
    shares = {script: round(count / total, 3) for script, count in letters.most_common() if count >= SEVERAL * total}
    script = letters.most_common(1)[0][0]
    return {"script": script, "scripts": shares} if len(shares) > 1 else {"script": script}


def _by_writing(letters: Counter[str], text: str) -> Counter[str]:
    """Scripts as writing systems (ISO 15924): Jpan, Kore, and Hans or Hant where it is sure; rare ones first in ties."""
    total = sum(letters.values())
    kana = letters["Hira"] + letters["Kana"]
    if kana > KANA_SHARE * total:
        name = "Jpan"
    elif letters["Hang"] > KANA_SHARE * total:
        name = "Kore"
    else:
        name = _chinese(text) if letters["Hani"] else "Hani"
    joined = {"Jpan": ("Hira", "Kana", "Hani"), "Kore": ("Hang", "Hani")}.get(name, ("Hani",))
    merged: Counter[str] = Counter()
    for script, count in letters.items():
        merged[name if script in joined else script] += count
    return merged


def _chinese(text: str) -> str:
    sample = Counter(text[: 4 * MOST_LETTERS])
    simplified = sum(sample[c] for c in SIMPLIFIED)
    traditional = sum(sample[c] for c in TRADITIONAL)
    for name, count in (("Hans", simplified), ("Hant", traditional)):
        if count >= EXCLUSIVE and count >= EXCLUSIVE_SHARE * (simplified + traditional):
            return name
    return "Hani"


def _languages(
    pieces: Sequence[str], langs: Sequence[str | None], scores: npt.NDArray[np.float64], document: str | None
) -> dict[str, Any]:
    """Shares of letters by language, of the paragraphs that surely have one; close languages count as the document's."""
    letters: defaultdict[str, int] = defaultdict(int)
    paragraphs: Counter[str] = Counter()
    names = {ALIKE.get(document, document): document} if document else {}
    for piece, lang, score in zip(pieces, langs, scores, strict=True):
        if lang is None or not score >= SURE:
            continue
        name = names.setdefault(ALIKE.get(lang, lang), lang)
        letters[name] += sum(map(str.isalpha, piece))
        paragraphs[name] += 1
    total = sum(letters.values())
    shares = {
        name: round(count / total, 3) for name, count in sorted(letters.items(), key=lambda pair: (-pair[1], pair[0]))
        if count >= SEVERAL * total
    }  # fmt: skip
    if len(shares) < 2:
        return {}
    second = list(shares.values())[1]
    return {"paragraph_languages": shares, **({"mixed_language": True} if second >= MIXED else {})}
