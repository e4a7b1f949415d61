"""What a run of dedup would take: rows, memory, disk and time, from about one row in a hundred.

In: document sources. Rows are read from places spread evenly over the input, signed as a run signs them and written as a
run writes them, and the figures are scaled by bytes. What duplicates cost (comparing, fewer rows to write) is not foreseen.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from llmctl.engine import cores
from llmctl.settings.how import How
from llmctl.store import documents
from llmctl.store.parts import COMPRESSION, LEVEL
from llmctl.store.rows import MEMORY_PER_WORKER, text_bytes
from llmctl.store.signatures import HASH_BYTES, Keys
from llmctl.store.units import LARGEST

Sign = Callable[[pa.Table], tuple[pa.Table, Any, Keys]]  # Any: an array of hashes
SHARE = 0.01
LEAST = 4_000_000  # bytes of a sample
PLACES = 32
KEY_DISK = 12  # bytes of a key and its row on disk
DOCUMENT_MEMORY = 40  # bytes a document of the passes that know all of them: union-find, sizes, order


def foreseen(sources: Sequence[str], how: How, sign: Sign) -> dict[str, Any]:
    """`{rows, text_bytes, memory, disk, cpu_seconds, seconds, sampled_rows}`; memory and disk are peaks in bytes."""
    with tempfile.TemporaryDirectory(prefix="llmctl-") as spool:
        files = documents.source_files([source for source in sources if source != "-"])
        spans = [s for f in files for s in documents.spans_of(f, Path(spool), LARGEST)]
        size = sum(span.size for span in spans) or 1
        wanted = max(SHARE * size, LEAST)
        chosen = [spans[i * len(spans) // PLACES] for i in range(PLACES)] if len(spans) > PLACES else spans
        rows = text = 0
        read = shingles = keys = described = written = 0.0
        schema = documents.unify([documents.columns_of(span) for span in chosen])
        if chosen:
            sign(schema.empty_table())  # compiled code is read before the clock starts
        began = time.process_time()
        for span in chosen:
            for batch, share in _first(span, schema, wanted / len(chosen)):
                table, hashes, proposed = sign(batch)
                sink = io.BytesIO()
                pq.write_table(batch, sink, compression=COMPRESSION, compression_level=LEVEL)
                rows, text, read = rows + batch.num_rows, text + text_bytes(batch), read + share
                shingles, keys, described = shingles + len(hashes), keys + len(proposed.key), described + table.nbytes
                written += sink.tell()
        seconds = time.process_time() - began
    scale = size / max(read, 1)
    workers = how.workers or cores()
    disk = scale * (shingles * HASH_BYTES + keys * KEY_DISK + described + written)
    memory = workers * MEMORY_PER_WORKER + scale * rows * DOCUMENT_MEMORY
    return {
        "rows": round(scale * rows), "text_bytes": round(scale * text), "memory": round(memory), "disk": round(disk),
        "cpu_seconds": round(scale * seconds, 1), "seconds": round(scale * seconds / workers, 1), "sampled_rows": rows,
    }  # fmt: skip


def _first(span: documents.Span, schema: pa.Schema, wanted: float) -> Iterator[tuple[pa.Table, float]]:
    """Batches from the start of a span, with about how many bytes of the input each stands for."""
    taken, rows = 0.0, 0
    for batch in documents.read(span, schema):
        rows += batch.rows.num_rows
        held = _position(span, batch.rows, rows) - taken if batch.rows.num_rows else 0.0
        yield batch.rows, held
        taken += held
        if taken >= wanted:
            return
    yield schema.empty_table(), span.size - taken  # all of it was read


def _position(span: documents.Span, rows: pa.Table, number: int) -> float:
    """How many bytes of the span its first `number` rows take, of which `rows` are the last."""
    if span.form == "parquet":
        return span.size * number / max(1, span.end - span.start)
    last = rows["record"][-1].as_py()
    if last["file"] != span.name:  # the rows remember where they stood before
        return float(number * text_bytes(rows) / rows.num_rows)
    return float((last["offset"] - span.start) * number / max(1, number - 1))


def told(of: dict[str, Any]) -> str:  # Any: JSON
    """The estimate for a person."""
    return (
        f"about {of['rows']:,} rows, {of['text_bytes'] / 1e6:,.0f} MB of text: memory {of['memory'] / 1e9:.1f} GB, "
        f"disk {of['disk'] / 1e9:.2f} GB while it runs, {of['seconds']:,.0f} s ({of['cpu_seconds']:,.0f} CPU-seconds); "
        f"from {of['sampled_rows']:,} sampled rows"
    )
