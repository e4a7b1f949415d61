"""Task files, the rows they point to, prompt files, and the rows of results.

In: `TASK.toml`, JSONL or Parquet with the test examples and the demonstration pool, `NAME.prompt.md`. Out: plain
values; result rows as Parquet with one fixed schema. A set of examples is held in memory as a whole, since
demonstrations are drawn from all of a pool: evaluation sets have thousands of rows, not billions.
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from llmctl.errors import BadSettings, UserError
from llmctl.settings.knobs import nearest
from llmctl.store import jsonl
from llmctl.store.artifacts import Input, require
from llmctl.store.files import sha256_of, written_whole

METRICS = ("accuracy", "loss")
NEEDED = ("test", "template", "label")
TEXTS = {"pool": "", "id": "id", "label_prefix": " ", "separator": "\n\n", "metric": ""}  # optional, with defaults
NOT_BUILT = ("prompt", "extract")
ROW_GROUP = 1024
MAX_FILE = 16 << 20  # bytes of a prompt file or of one input of it

Row = dict[str, Any]  # a JSON object: the values of one example

_double_lists = pa.list_(pa.list_(pa.float64()))
RESULTS = pa.schema([
    ("id", pa.string()), ("model", pa.string()), ("task", pa.string()), ("shots", pa.int32()), ("select", pa.string()),
    ("order", pa.string()), ("labels", pa.string()), ("calibration", pa.string()), ("seed", pa.int64()),
    ("sample", pa.int32()), ("prompt", pa.large_string()), ("demo_ids", pa.list_(pa.string())),
    ("demo_labels", pa.list_(pa.string())), ("demo_scores", pa.list_(pa.float64())),
    ("label_names", pa.list_(pa.string())), ("ll", pa.list_(pa.float64())), ("token_ll", _double_lists),
    ("pred", pa.string()), ("gold", pa.string()), ("correct", pa.bool_()), ("pred_contextual", pa.string()),
    ("pred_domain", pa.string()), ("text", pa.string()), ("tokens", pa.int64()), ("latency", pa.float64()),
    ("cached", pa.bool_()), ("cut_tokens", pa.int32()),
])  # fmt: skip
ANSWERS = pa.schema([
    ("id", pa.string()), ("prompt", pa.large_string()), ("outputs", pa.list_(pa.string())),
    ("answers", pa.list_(pa.string())), ("answer", pa.string()), ("votes", pa.map_(pa.string(), pa.int64())),
    ("gold", pa.string()), ("correct", pa.bool_()), ("tokens", pa.int64()), ("cut_tokens", pa.int32()),
])  # fmt: skip


@dataclass(frozen=True)
class Task:
    """A task file; `pool` is None where only zero-shot is possible, `labels` empty where the gold text is scored."""

    path: str
    name: str
    test: Path
    pool: Path | None
    id: str
    template: str
    label: str
    labels: tuple[str, ...]
    label_prefix: str
    separator: str
    metric: str

    @property
    def files(self) -> tuple[Path, ...]:
        """Everything whose content decides the results."""
        return (Path(self.path), self.test, *([self.pool] if self.pool else []))


def read_task(path: str) -> Task:
    """A checked task file; a wrong or unknown key exits 2 and is named."""
    place = require(path)
    try:
        keys = tomllib.loads(place.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, IsADirectoryError) as error:
        raise BadSettings(f"{path} is not a task file in TOML: {error}") from None
    _check_keys(path, keys)
    values = {"name": place.stem} | TEXTS | {name: value for name, value in keys.items() if name != "labels"}
    for name, value in values.items():
        if not isinstance(value, str):
            raise BadSettings(f'{path}: {name} is a text; write {name} = "..."')
    labels = keys.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise BadSettings(f'{path}: labels is a list of texts, for example labels = ["negative", "positive"]')
    if len(set(labels)) != len(labels) or len(labels) == 1:
        raise BadSettings(f"{path}: labels are at least two and all different")
    if not all(label.strip() for label in labels):
        raise BadSettings(f"{path}: a label is empty and cannot be scored; give each label some text")
    metric = values.pop("metric") or ("accuracy" if labels else "loss")
    _check_metric(path, metric, labels)
    test, pool = values.pop("test"), values.pop("pool")
    return Task(path=path, test=place.parent / test, pool=place.parent / pool if pool else None, labels=tuple(labels),
                metric=metric, **values)  # fmt: skip


def _check_keys(path: str, keys: Mapping[str, Any]) -> None:
    known = (*NEEDED, *TEXTS, "name", "labels")
    for name in keys:
        if name in NOT_BUILT:
            raise BadSettings(f"{path}: the key {name!r} is not built yet; use template and label")
        if name not in known:
            raise BadSettings(f"{path}: no key {name!r}{nearest(name, known)}")
    missing = [name for name in NEEDED if name not in keys]
    if missing:
        raise BadSettings(f"{path}: the key {missing[0]!r} is missing; a task has test, template and label")


def _check_metric(path: str, metric: str, labels: Sequence[str]) -> None:
    if metric == "exact":
        raise BadSettings(f"{path}: the metric 'exact' is not built yet; known: {', '.join(METRICS)}")
    if metric not in METRICS:
        raise BadSettings(f"{path}: no metric {metric!r}{nearest(metric, METRICS)}")
    if metric == "accuracy" and not labels:
        raise BadSettings(f'{path}: accuracy needs labels to choose from; give labels, or metric = "loss"')


def files_input(path: str, files: Sequence[Path]) -> Input:
    """One input of an artifact's key that stands for the content of several files."""
    return Input(path, "+".join(sha256_of(require(str(file)))[:32] for file in files))


def read_rows(path: Path, *, limit: int | None = None) -> list[Row]:
    """The rows of a JSONL (.gz, .zst) or Parquet file; a row that is no JSON object exits 1 with its place."""
    require(str(path))
    if path.is_dir():
        raise UserError(f"{path} is a directory; name a JSONL or Parquet file")
    rows = list(itertools.islice(_parquet_rows(path) if _is_parquet(path) else _json_rows(path), limit))
    if not rows:
        raise UserError(f"{path} holds no rows; give a file with at least one")
    return rows


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"PAR1"


def _parquet_rows(path: Path) -> Iterator[Row]:
    try:
        for batch in pq.ParquetFile(path).iter_batches(batch_size=ROW_GROUP):
            yield from batch.to_pylist()
    except pa.ArrowException as error:
        raise UserError(f"{path} is not a readable Parquet file: {error}") from None


def _json_rows(path: Path) -> Iterator[Row]:
    with jsonl.opened(path) as stream:
        for offset, line in jsonl.lines(stream, 0, 1 << 62):
            row, why = jsonl.parse(line, first=offset == 0)
            if row is None:
                raise UserError(f"{path}: the line at byte {offset} is unreadable ({why}); mend or remove it")
            yield row


def read_text(path: str) -> str:
    """A prompt file, or one input of it, as text."""
    place = require(path)
    if place.is_dir():
        raise UserError(f"{path} is a directory; name a file")
    if place.stat().st_size > MAX_FILE:
        raise UserError(f"{path} has more than {MAX_FILE >> 20} MiB; a prompt takes less")
    try:
        return place.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text; convert it first, for example with iconv") from None


def write_results(path: Path, rows: Sequence[Row], schema: pa.Schema) -> None:
    """Result rows as one Parquet file, whole or not at all."""
    with written_whole(path) as temporary:
        pq.write_table(pa.Table.from_pylist(list(rows), schema), temporary, compression="zstd", compression_level=3,
                       row_group_size=ROW_GROUP)  # fmt: skip
