"""dedup: what counts as a duplicate, at which level, and which copy stays."""

from __future__ import annotations

from dataclasses import dataclass

from llmctl.settings.knobs import BadValue, Size, knob

KEEP = ("longest", "first", "newest", "source-order")  # and best=COLUMN


@dataclass(frozen=True)
class NearSettings:
    """Document level: how pairs are proposed. What is removed is decided by the true similarity alone."""

    shingle: int = knob(5, "words of a shingle (characters, where most letters are of scripts without spaces)", low=1)
    permutations: int = knob(
        256, "length of the MinHash signature where bands are chosen by threshold", low=16, high=4096
    )
    bands: int = knob(0, "bands of the signature (0: datasketch's optimum for the threshold)", low=0, high=1024)
    rows: int = knob(0, "rows of a band (0: datasketch's optimum for the threshold)", low=0, high=256)
    miss_weight: float = knob(
        0.99, "weight of missed pairs against false proposals, which verification removes", low=0.01, high=0.999
    )
    sample: int = knob(8, "containment is proposed by every N-th shingle (by its hash)", low=1, high=1024)

    def __post_init__(self) -> None:
        if bool(self.bands) != bool(self.rows):
            raise BadValue("near.bands and near.rows are set together, or neither")


@dataclass(frozen=True)
class LineSettings:
    """Line level, across documents: lines that stand on many pages are cut."""

    min_count: int = knob(
        0, "cut a line that stands on so many documents, digits and signs aside (CCNet: 2; 0: off)", low=0
    )
    host_share: float = knob(0.2, "cut a line that stands on a larger share of a host's pages (1: off)", low=0, high=1)
    host_pages: int = knob(10, "where a host has at least so many pages", low=1)
    keep: str = knob(
        "none",
        "the copies that stay of a line that is cut: none, or that of the first document",
        choices=("none", "first"),
    )


@dataclass(frozen=True)
class SentenceSettings:
    """Sentence level: repetition within a document, and spans of sentences across documents."""

    span: int = knob(3, "sentences of a span that is cut where an earlier document has it (C4: 3; 0: off)", low=0)
    min_words: int = knob(
        3, "shorter sentences, lines and paragraphs may repeat (without spaces, two letters are a word)", low=1
    )
    max_repetition: float = knob(
        0.5, "cut a sentence of whose words a larger share repeats a phrase just before (1: off)", low=0, high=1
    )


@dataclass(frozen=True)
class OverlapSettings:
    """Data-set level: when a document holds an entry of an evaluation set."""

    ngram: int = knob(13, "words in a row that are a hit by themselves (GPT-3: 13; 0: off)", low=0, high=64)
    share_ngram: int = knob(8, "words of the n-grams that `share` counts (PaLM: 8)", low=5, high=64)
    share: float = knob(
        0.7, "share of an entry's n-grams from which on a document holds it (PaLM: 0.7; above 1: off)", low=0
    )
    similarity: float = knob(
        0.8, "IDF-weighted share of an entry's words in a window, edits tolerated (decon: 0.8; above 1: off)", low=0
    )
    common: int = knob(
        10,
        "n-grams and entries of fewer words that more documents have are phrases, no hits (GPT-3: 10; 0: off)",
        low=0,
    )
    short: int = knob(5, "entries of fewer words (and of numbers alone) are left out and counted", low=5)
    cut_chars: int = knob(200, "characters around a hit that `--action cut` takes away (GPT-3: 200)", low=0)


@dataclass(frozen=True)
class Dedup:
    """documents -> unique documents; a removed one names its twin, and the twin stays."""

    threshold: float = knob(
        0.8, "true Jaccard similarity (or containment) from which on two documents are duplicates", option=True,
        low=0.05, high=1.0, metavar="SHARE",
    )  # fmt: skip
    measure: str = knob(
        "jaccard", "what the threshold is of: shared shingles of both texts, or of the one that goes", option=True,
        choices=("jaccard", "containment"),
    )  # fmt: skip
    level: tuple[str, ...] = knob(
        ("document",), "what is deduplicated", option=True, metavar="LIST", choices=("document", "sentence", "line")
    )
    keep: str = knob(
        "longest",
        "the copy that stays: longest, first, newest, best=COLUMN, source-order",
        option=True,
        metavar="POLICY",
    )
    within: str = knob(
        "", "compare only documents that agree in this column (dump, lang)", option=True, metavar="COLUMN"
    )
    against: tuple[str, ...] = knob(
        (), "evaluation sets that must not be in the result: artifacts, Parquet, JSONL, task files", option=True,
        metavar="PATH", split=False,
    )  # fmt: skip
    against_columns: tuple[str, ...] = knob((), "their columns (default: all text)", option=True, metavar="LIST")
    action: str = knob(
        "drop", "what happens to a document that holds an entry", option=True, choices=("drop", "cut", "flag")
    )
    hold_out: str = knob("", "split off a validation set by cluster, as VALID=0.01", option=True, metavar="VALID=SHARE")
    index: str = knob(
        "", "remember kept documents here, and compare with those of earlier runs", option=True, metavar="PATH"
    )
    calibrate: bool = knob(
        False,
        "plant edited copies in a sample: recall and precision by threshold; writes nothing",
        option=True,
        keyed=False,
    )
    max_source_loss: float | None = knob(
        None, "gate: exit 4 when a source loses a larger share of its rows", option=True, low=0, high=1, keyed=False,
        metavar="SHARE",
    )  # fmt: skip
    near: NearSettings = knob(NearSettings(), "document level: how pairs are proposed")
    line: LineSettings = knob(LineSettings(), "line level")
    sentence: SentenceSettings = knob(SentenceSettings(), "sentence level")
    overlap: OverlapSettings = knob(OverlapSettings(), "data-set level: when an entry is held")
    max_shrink: float = knob(
        0.5, "documents that lose a larger share of their letters and digits to cuts go (1: none)", low=0, high=1
    )
    exact_only: bool = knob(False, "remove exact duplicates alone")
    shard_bytes: Size = knob(Size(0), "bytes of a unit of work (0: by the size of the input)", low=0)

    def __post_init__(self) -> None:
        policy, _, column = self.keep.partition("=")
        if policy != "best" and self.keep not in KEEP:
            raise BadValue(f"keep: no {self.keep!r}; known: {', '.join(KEEP)}, best=COLUMN")
        if policy == "best" and not column:
            raise BadValue("keep: best needs a column, for example --keep best=quality")
        for option, given in (("hold-out", self.hold_out), ("index", self.index), ("within", self.within)):
            if given and "document" not in self.level:
                raise BadValue(f"{option} works at the document level; add it: --level document,{','.join(self.level)}")
        name, _, share = self.hold_out.rpartition("=")
        if self.hold_out and not (name and _is_share(share)):
            raise BadValue(f"hold-out is VALID=SHARE, for example valid=0.01, not {self.hold_out!r}")

    @property
    def held_path(self) -> str:
        """Where the validation set goes."""
        return self.hold_out.rpartition("=")[0]

    @property
    def held_share(self) -> float:
        """The share of the documents that is held out."""
        return float(self.hold_out.rpartition("=")[2])


def _is_share(text: str) -> bool:
    try:
        return 0 < float(text) < 1
    except ValueError:
        return False
