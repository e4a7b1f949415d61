"""filter: which documents are good enough, as rules on signals and languages.

`SIGNALS` names what `text.quality.signals` can measure; it stands here so that a wrong name is found at the door.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from llmctl.settings.knobs import BadValue, Size, knob, nearest

REPETITION = (
    "duplicate_lines", "duplicate_line_chars", "duplicate_paragraphs", "duplicate_paragraph_chars",
    "top_2_grams", "top_3_grams", "top_4_grams", "duplicate_5_grams", "duplicate_6_grams", "duplicate_7_grams",
    "duplicate_8_grams", "duplicate_9_grams", "duplicate_10_grams",
)  # fmt: skip
C4 = ("c4_lorem_ipsum", "c4_curly_brackets", "c4_sentences")
DATATROVE = (
    "words",
    "mean_word_length",
    "alphabetic_words",
    "symbol_ratio",
    "bullet_lines",
    "ellipsis_lines",
    "stop_words",
)
GENERAL = (
    "chars", "words", "mean_word_length", "alphabetic_words", "lines", "paragraphs", "mean_line_length", "sentences",
    "symbol_ratio", "hash_ratio", "ellipsis_ratio", "letter_ratio", "uppercase_ratio", "digit_ratio", "bullet_lines",
    "ellipsis_lines", "stop_words", "unique_words", *REPETITION,
)  # fmt: skip
SIGNALS = (*GENERAL, *C4, *(f"datatrove_{name}" for name in (*DATATROVE, *REPETITION, *C4)))


@dataclass(frozen=True)
class RuleSettings:
    """One rule: a document stays when low <= signal <= high."""

    signal: str = knob("", "the signal that is judged")
    low: float | None = knob(None, "the smallest value that stays")
    high: float | None = knob(None, "the largest value that stays")
    source: str = knob("", "where the limits come from")


@dataclass(frozen=True)
class Filter:
    """documents -> kept documents; every rule broken is kept with value and limits beside the removed row."""

    lang: tuple[str, ...] = knob((), "languages to keep (labels of lid.176: en,zh)", option=True, metavar="LIST")
    min_lang_score: float = knob(
        0.65,
        "smallest probability of the language (FineWeb: datatrove LanguageFilter)",
        option=True,
        low=0,
        high=1,
        metavar="P",
    )
    signals: bool = knob(False, "write every general signal as a column s_NAME, not the rules' own alone", option=True)
    edit: str = knob("none", "line edits of the text that stays", choices=("none", "c4", "c4-datatrove"))
    rules: Mapping[str, RuleSettings] = knob({}, "the rules: rules.NAME.signal, .low, .high (rules.words.low=20)")
    shard_bytes: Size = knob(Size(0), "bytes of a unit of work (0: by the size of the input)", low=0)

    def __post_init__(self) -> None:
        if not (self.rules or self.lang or self.edit != "none" or self.signals):
            raise BadValue(
                "filter has nothing to judge by; give --preset gopher, --lang en or --set rules.NAME.signal=SIGNAL"
            )
        for name, rule in self.rules.items():
            if not rule.signal:
                raise BadValue(f"rules.{name} has no signal; give the preset that has it, or rules.{name}.signal")
            if rule.signal not in SIGNALS:
                raise BadValue(f"rules.{name}.signal: no signal {rule.signal!r}{nearest(rule.signal, SIGNALS)}")
            if rule.low is None and rule.high is None:
                raise BadValue(f"rules.{name} has no limit; set rules.{name}.low or rules.{name}.high")
            if name == "language" or name.startswith("unreadable"):
                raise BadValue(f"rules.{name}: that name is the reason of another test; choose another")
