"""The whole document chain on a real crawl, against what is known of each of its responses.

Issue: at least 95 % of the content pages become documents, no 404 and no binary asset does, legacy charsets decode
without U+FFFD (but where a page writes `&#65533;` itself), and counts add up on disk and in the manifest.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from measuring import ran, remember, remembered
from warcio.archiveiterator import ArchiveIterator

CHAIN = (
    ("raw", "crawl-ingest", ()),
    ("clean", "filter", ("raw", "--preset", "gopher", "--preset", "c4", "--lang", "en,zh")),
    ("unique", "dedup", ("clean",)),
    ("safe", "scrub", ("unique",)),
    ("tokens", "tokenize", ("safe", "--train", "bpe", "--vocab-size", "8192")),
)
LEGACY = "legacy.example.warc.gz"
BINARY = ("image/", "font/", "audio/", "video/", "application/pdf", "application/octet-stream", "application/zip")


def run(place: Path, data: Path) -> tuple[dict[str, Any], dict[str, bool]]:
    """The chain, stage by stage, then the truth."""
    figures: dict[str, Any] = {"stages": {}}
    add_up = True
    for out, stage, words in CHAIN:
        sources = words or tuple(sorted((data / "web" / "crawl").glob("*.warc.gz")))
        figures["stages"][stage] = facts = one_stage(place, out, stage, sources)
        add_up &= adds_up(place / out, facts["counts"])
    truth = against_truth(place / "raw", data / "web" / "crawl_truth.parquet")
    figures |= {"truth": truth, "tokens": figures["stages"]["tokenize"]["counts"]["tokens"],
                "seconds": round(sum(f["seconds"] for f in figures["stages"].values()), 1)}  # fmt: skip
    return figures, {
        "at least 95 % of the content pages are documents": truth["content_share"] >= 0.95,
        "no 404 is a document": truth["http_404"] == 0,
        "no binary asset is a document": truth["binary_asset"] == 0,
        "no document of the legacy charsets holds a U+FFFD that its page does not write itself": truth[
            "legacy_with_replacement_character"
        ]
        == truth["legacy_that_write_it_themselves"],
        "in = kept + removed on disk and in the manifest of every stage": add_up,
    }


def one_stage(place: Path, out: str, stage: str, words: tuple[Any, ...]) -> dict[str, Any]:
    """Run one stage, or take the figures of the run that made what is there."""
    kept = place / f"{out}.json"
    known = remembered(kept)
    if known and (place / out / "_manifest.json").exists():
        return dict(known)
    done = ran(stage, *words, "-o", out, "-j", "2", "--json", "--force", cwd=place)
    facts = {"command": f"llmctl {stage} {'crawl/*.warc.gz' if stage == 'crawl-ingest' else ' '.join(words)} -o {out} -j 2",
             "counts": done.json["counts"], "seconds": done.seconds, "peak_memory_tree": done.tree,
             "peak_memory_process": max(done.peaks.values())}  # fmt: skip
    remember(kept, facts)
    return facts


def adds_up(out: Path, counts: dict[str, Any]) -> bool:
    """Do the rows on disk say what the manifest says?"""
    kept = pq.read_table(out).num_rows
    removed = pq.read_table(out / "_removed").num_rows
    return (counts["in"], counts["kept"], counts["removed"]) == (kept + removed, kept, removed)


def against_truth(raw: Path, truth: Path) -> dict[str, Any]:
    """What became of each response of the crawl."""
    became: dict[tuple[str, int], str] = {}
    texts: dict[tuple[str, int], str] = {}
    for row in pq.read_table(raw, columns=["record", "text"]).to_pylist():
        became[key := _key(row)] = "document"
        texts[key] = row["text"]
    for row in pq.read_table(raw / "_removed", columns=["record", "removed_by"]).to_pylist():
        became[_key(row)] = row["removed_by"][0]
    rows = pq.read_table(truth).to_pylist()
    fate = Counter((row["kind"], became.get((row["warc"], row["offset"]), "not seen")) for row in rows)
    content = [row for row in rows if row["kind"] == "content"]
    documents = [row for row in rows if (row["warc"], row["offset"]) in texts]
    legacy = [key for row in documents if (key := (row["warc"], row["offset"]))[0] == LEGACY]
    replaced = [key for key in legacy if "\ufffd" in texts[key]]
    return {
        "responses": len(rows),
        "content_pages": len(content),
        "content_share": round(fate["content", "document"] / len(content), 4),
        "http_404": fate["http_404", "document"],
        "binary_asset": sum((row["content_type"] or "").startswith(BINARY) for row in documents),
        "legacy_documents": len(legacy),
        "legacy_with_replacement_character": len(replaced),
        "legacy_that_write_it_themselves": sum(
            writes_it(truth.parent / "crawl" / LEGACY, offset) for _, offset in replaced
        ),
        "fate": {f"{kind}: {what}": count for (kind, what), count in sorted(fate.items())},
    }


def writes_it(warc: Path, offset: int) -> bool:
    """Does the page at this offset contain U+FFFD as a character reference?"""
    with warc.open("rb") as stream:
        stream.seek(offset)
        page = next(iter(ArchiveIterator(stream))).content_stream().read()
    return b"&#65533;" in page or b"&#xfffd;" in page.lower()


def _key(row: dict[str, Any]) -> tuple[str, int]:
    return Path(row["record"]["file"]).name, row["record"]["offset"]
