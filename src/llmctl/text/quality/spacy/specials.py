"""Strings that spaCy's English tokenizer looks up whole: contractions, abbreviations, faces ("I|'m", "e.g.", ":-)").

The 1,347 entries of spaCy 3.8 (lang/en/tokenizer_exceptions.py, lang/tokenizer_exceptions.py) are products of few
tables: person times verb, with a straight, a curly or no apostrophe, in lower case and capitalised. `|` marks where an
entry is split. Kernels find an entry by the polynomial hash of its bytes in an open table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from llmctl.text.hash_table import place, table_size
from llmctl.text.quality.repetition import hash_and_length

PERSONS = "i you he she it we they"
ASKED = "who what when where why how"
SHOWN = "there these those"
CONTRACTIONS = (
    (f"{PERSONS} {ASKED} {SHOWN} that this", "'ll 'll|'ve 'd 'd|'ve"),
    (f"i you we they {ASKED} {SHOWN}", "'ve"),
    (f"you we they {ASKED} {SHOWN}", "'re"),
    (f"he she it {ASKED} there that this", "'s"),
    ("i", "'m 'm|a"),
    ("ca could do does did had may might must need ought sha should wo would", "n't n't|'ve"),
    ("ai are is was were have has dare", "n't"),
    ("could might must should would not", "'ve"),
    ("how", "'d|'y"),
)
# without an apostrophe these are words of their own
WORDS_ALREADY = "hell ill its well shell shed were whore"
OTHER_SPLITS = "can|not gon|na got|ta let|'s c'm|on"  # also capitalised
HOURS = "1 2 3 4 5 6 7 8 9 10 11 12"
DROPPED_LETTERS = "doin goin havin lovin nothin nuthin ol somethin"
CLIPPED = "'bout 'cause 'cos 'coz 'cuz 'em 'nuff"
ABBREVIATIONS = (
    "Adm. Ak. Ala. Apr. Ariz. Ark. Aug. Bros. Calif. Co. Colo. Conn. Corp. D.C. Dec. Del. Dr. E.G. E.g. Feb. Fla. Ga. "
    "Gen. Gov. I.E. I.e. Ia. Id. Ill. Inc. Ind. Jan. Jr. Jul. Jun. Kan. Kans. Ky. La. Ltd. Mar. Mass. Md. Messrs. Mich. "
    "Minn. Miss. Mo. Mont. Mr. Mrs. Ms. Mt. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Nov. Oct. Okla. Ore. Pa. "
    "Ph.D. Prof. Rep. Rev. S.C. Sen. Sep. Sept. St. Tenn. Va. Wash. Wis. a.m. co. e.g. i.e. p.m. v.s. vs. and/or w/o "
    'C++ \\n \\t \\") <space> \u2014 em ll nuff \u00e4. \u00f6. \u00fc.'
)
QUOTED = "' '' 's 'S 'd 'll 're"
FACES = (
    ((":", ":-"), ") )) ))) ( (( ((( * / 0 3 > D O P X ] o p x | }"),
    (("=",), "( ) / 3 D [ ] |"),
    ((";", ";-"), ") D"),
    (("8", "8-"), ") D"),
    (("(", "(-"), ": ;"),
    ((":'", ":'-", ":\u2019", ":\u2019-"), "( )"),
    (("",), ":1 :() :o) (= (-8 (o: ): )-: [: [-: [= ]= >:( >:o <3 <33 <333 </3 xD xDD XD XDD ><(((*> @_@ ._. ;_; -_- -__-"),
    (("",), "^_^ ^__^ ^___^ v.v v_v V.V V_V >.< >.> <.< (*_*) (-_-) (._.) (>_<) (^_^) (\u00ac_\u00ac) \u0ca0_\u0ca0"),
    (("",), "0_0 0_o o_0 o_o o_O O_o O_O 0.0 0.o o.0 o.o o.O O.o O.O (\u0ca0_\u0ca0) \u0ca0\ufe35\u0ca0"),
    (("",), "\u00af\\(\u30c4)/\u00af (\u256f\u00b0\u25a1\u00b0\uff09\u256f\ufe35\u253b\u2501\u253b"),
)  # fmt: skip
DEGREES = "C F K c f k"
# what is split off behind a digit
UNITS = (
    "km km\u00b2 km\u00b3 m m\u00b2 m\u00b3 dm dm\u00b2 dm\u00b3 cm cm\u00b2 cm\u00b3 mm mm\u00b2 mm\u00b3 ha \u00b5m "
    "nm yd in ft kg g mg \u00b5g t lb oz m/s km/h kmh mph hPa Pa mbar mb MB kb KB gb GB tb TB T G M K % US$ C$ A$ "
    "\u043a\u043c \u043a\u043c\u00b2 \u043a\u043c\u00b3 \u043c \u043c\u00b2 \u043c\u00b3 \u0434\u043c "
    "\u0434\u043c\u00b2 \u0434\u043c\u00b3 \u0441\u043c \u0441\u043c\u00b2 \u0441\u043c\u00b3 \u043c\u043c "
    "\u043c\u043c\u00b2 \u043c\u043c\u00b3 \u043d\u043c \u043a\u0433 \u0433 \u043c\u0433 \u043c/\u0441 "
    "\u043a\u043c/\u0447 \u043a\u041f\u0430 \u041f\u0430 \u043c\u0431\u0430\u0440 \u041a\u0431 \u041a\u0411 "
    "\u043a\u0431 \u041c\u0431 \u041c\u0411 \u043c\u0431 \u0413\u0431 \u0413\u0411 \u0433\u0431 \u0422\u0431 "
    "\u0422\u0411 \u0442\u0431\u0643\u0645 \u0643\u0645\u00b2 \u0643\u0645\u00b3 \u0645 \u0645\u00b2 \u0645\u00b3 "
    "\u0633\u0645 \u0633\u0645\u00b2 \u0633\u0645\u00b3 \u0645\u0645 \u0645\u0645\u00b2 \u0645\u0645\u00b3 "
    "\u0643\u0645 \u063a\u0631\u0627\u0645 \u062c\u0631\u0627\u0645 \u062c\u0645 \u0643\u063a \u0645\u0644\u063a "
    "\u0643\u0648\u0628 \u0627\u0643\u0648\u0627\u0628"
)


class Specials(NamedTuple):
    """Open table by hash of the bytes of an entry, and what is done with it."""

    keys: npt.NDArray[np.uint64]
    cuts: npt.NDArray[np.int64]  # (size, 3): where it is split (bytes, 0: not), and its words by the other rules
    begins: npt.NDArray[np.bool_]  # (first byte of a word, of the next): whether an entry of several words begins so
    shapes: npt.NDArray[np.uint32]  # (first byte, last byte): bit n where an entry of n bytes has these
    units: npt.NDArray[np.uint64]  # keys of the units
    most: int  # words of the longest entry


def contractions() -> Iterator[str]:
    """`they|'d|'ve`, with all apostrophes and none, in both cases."""
    for firsts, rests in CONTRACTIONS:
        for entry in (f"{first}|{rest}" for first in firsts.split() for rest in rests.split()):
            bare = entry.replace("'", "")
            spellings = [entry, entry.replace("'", "\u2019")]
            if bare.replace("|", "") not in WORDS_ALREADY.split() and entry != "how|'d|'y":
                spellings.append(bare)
            for spelling in spellings:
                yield from (spelling, spelling[0].upper() + spelling[1:])


def with_curly(entries: str) -> Iterator[str]:
    """Each entry with straight and with curly apostrophes."""
    for entry in entries.split():
        yield from (entry, entry.replace("'", "\u2019"))


def faces() -> Iterator[str]:
    """Faces, which hold `|` themselves: it is written as NUL here."""
    for eyes, mouths in FACES:
        yield from ((eye + mouth).replace("|", "\0") for eye in eyes for mouth in mouths.split())


@lru_cache(maxsize=1)
def entries() -> frozenset[str]:
    """Every special string, its splits marked with `|` (a `|` of its own is NUL)."""
    found = {*contractions(), *faces(), *ABBREVIATIONS.split(), *with_curly(QUOTED), "\u2018s", "\u2018S", "y|all"}
    for entry in with_curly(f"{OTHER_SPLITS} ma'am o'clock"):
        found |= {entry, entry[0].upper() + entry[1:]}
    found.update(with_curly("y'|all"))
    for entry in with_curly(CLIPPED):
        found |= {entry, entry[0] + entry[1:].capitalize()} if entry[1] == "c" else {entry}
    for entry in DROPPED_LETTERS.split():
        found.update(e for case in (entry, entry.capitalize()) for e in (case, *with_curly(case + "'")))
    found.update(f"{hour}|{half}" for hour in HOURS.split() for half in ("am", "pm", "a.m.", "p.m."))
    found.update(f"{letter}." for letter in "abcdefghijklmnopqrstuvwxyz")
    found.update(f"\u00b0|{scale}|." for scale in DEGREES.split())
    return frozenset(found)


def key_of(text: bytes) -> np.uint64:
    """The key of a string: `Words.hash` of its bytes, mixed."""
    return np.uint64(hash_and_length(np.frombuffer(text, np.uint8), 0, len(text))[0])


def keys_of(texts: list[bytes]) -> npt.NDArray[np.uint64]:
    """The open table of these strings."""
    keys = np.zeros(table_size(len(texts)), np.uint64)
    for text in texts:
        keys[place(keys, len(keys), key_of(text))] = key_of(text)
    return keys


def table_of(strings: Iterable[str]) -> Specials:
    """The open table of these entries; what they are by the other rules is for the caller to find."""
    parts = [[part.replace("\0", "|").encode() for part in string.split("|")] for string in sorted(strings)]
    keys = keys_of([b"".join(pieces) for pieces in parts])
    cuts, shapes = np.zeros((len(keys), 3), np.int64), np.zeros((256, 256), np.uint32)
    for pieces in parts:
        text = b"".join(pieces)
        cuts[place(keys, len(keys), key_of(text)), : len(pieces) - 1] = np.cumsum([len(p) for p in pieces])[:-1]
        shapes[text[0], text[-1]] |= np.uint32(1 << len(text))
    units = keys_of([unit.encode() for unit in UNITS.split()])
    return Specials(keys, cuts, np.zeros((256, 256), np.bool_), shapes, units, 1)
