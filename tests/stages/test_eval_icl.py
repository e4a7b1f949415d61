"""eval-icl end to end on a tiny model: rows, conditions, counts, resume, gates, and a real task."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from scipy.stats import binomtest
from tiny_model import tiny_model

from llmctl.errors import BadSettings, OutputExists, UserError
from llmctl.infer.backend import open_model
from llmctl.settings.eval_icl import EvalIcl
from llmctl.settings.how import How
from llmctl.stages import eval_icl
from llmctl.stages.eval_icl import run
from llmctl.store.tasks import RESULTS

ONE = How(workers=1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models and a task of 150 examples with 40 more to show."""
    directory = tmp_path_factory.mktemp("eval")
    tiny_model(directory / "model")
    tiny_model(directory / "other", seed=2)
    words = ["good", "bad", "fine", "dull", "long", "short", "film"]
    rows = [
        {
            "id": f"e{n}",
            "text": f"a {words[n % 7]} {words[n * n % 5]} film {n}",
            "mood": ("positive", "negative")[n % 2],
        }
        for n in range(190)
    ]
    for name, part in (("test", rows[:150]), ("pool", rows[140:])):
        (directory / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in part))
    keys = [
        'test = "test.jsonl"',
        'pool = "pool.jsonl"',
        'template = "Review: {{ text }}\\nSentiment:"',
        'label = "mood"',
    ]
    (directory / "mood.toml").write_text("\n".join([*keys, 'labels = ["negative", "positive"]']))
    (directory / "text.toml").write_text("\n".join(keys))
    return directory


@pytest.fixture(scope="module")
def conditions(place: Path) -> EvalIcl:
    return EvalIcl(task=(str(place / "mood.toml"),), shots=(0, 2), select=("first", "random"))


@pytest.fixture(scope="module")
def results(place: Path, conditions: EvalIcl) -> Path:
    run(conditions, [str(place / "model"), str(place / "other")], str(place / "results"), ONE)
    return place / "results"


def manifest(out: Path) -> dict[str, Any]:
    return json.loads((out / "_manifest.json").read_text())


def parts(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.glob("part-*.parquet"))}


def test_every_example_has_a_row_under_every_condition(results: Path) -> None:
    table = pq.read_table(results)
    assert table.schema.names == RESULTS.names
    assert table.num_rows == manifest(results)["counts"]["kept"] == 150 * 3 * 2
    rows = table.to_pylist()
    assert len({(r["model"], r["shots"], r["select"], r["id"]) for r in rows}) == len(rows)


def test_a_row_holds_the_prompt_as_read_and_a_second_look_gives_its_numbers(results: Path, place: Path) -> None:
    row = next(r for r in pq.read_table(results).to_pylist() if r["shots"] == 2 and r["select"] == "random")
    shown = {json.loads(line)["id"]: json.loads(line) for line in (place / "pool.jsonl").read_text().splitlines()}
    demonstrations = [f"Review: {shown[i]['text']}\nSentiment: {shown[i]['mood']}" for i in row["demo_ids"]]
    assert row["prompt"].startswith("\n\n".join([*demonstrations, "Review: "]))
    assert row["demo_labels"] == [shown[i]["mood"] for i in row["demo_ids"]]
    again = open_model(row["model"]).log_likelihoods([(row["prompt"], f" {name}") for name in row["label_names"]])
    assert [sum(s.token_ll) for s in again] == pytest.approx(row["ll"], abs=1e-5)
    assert row["pred"] == row["label_names"][max(range(2), key=row["ll"].__getitem__)]


def test_the_first_that_are_shown_are_not_asked(results: Path) -> None:
    rows = [r for r in pq.read_table(results).to_pylist() if r["select"] == "first"]
    assert {tuple(r["demo_ids"]) for r in rows} == {("e150", "e151")}  # e140 to e149 are in the test set


def test_the_summary_is_what_the_rows_say(results: Path) -> None:
    rows = pq.read_table(results).to_pylist()
    found = manifest(results)
    assert found["accuracy"] == found["summary"][0]["accuracy"]
    assert len(found["summary"]) == 6
    for line in found["summary"]:
        mine = [r for r in rows if all(r[key] == line[key] for key in ("model", "shots", "select"))]
        right = sum(r["correct"] for r in mine)
        interval = binomtest(right, len(mine)).proportion_ci(0.95, "wilson")
        assert (line["n"], line["accuracy"]) == (150, right / 150)
        assert (line["low"], line["high"]) == pytest.approx((interval.low, interval.high))
        gold = [r["token_ll"][r["label_names"].index(r["gold"])] for r in mine]
        assert line["loss"] == pytest.approx(-sum(map(sum, gold)) / sum(map(len, gold)))


def test_conditions_are_compared_on_the_same_examples(results: Path) -> None:
    rows = pq.read_table(results).to_pylist()
    pairs = manifest(results)["paired"]
    assert len(pairs) == 15
    for pair in pairs:
        a, b = (
            {r["id"]: r["correct"] for r in rows if all(r[k] == pair[side][k] for k in ("model", "shots", "select"))}
            for side in "ab"
        )
        only_a, only_b = sum(a[i] and not b[i] for i in a), sum(b[i] and not a[i] for i in a)
        assert pair["difference"] == pytest.approx((only_a - only_b) / 150)
        expected = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
        assert pair["p"] == pytest.approx(expected)


def test_a_dry_run_counts_the_same_calls_and_tokens_and_reads_no_weights(
    results: Path, place: Path, conditions: EvalIcl, tmp_path: Path
) -> None:
    (tmp_path / "bare").mkdir()
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / "bare" / name).write_bytes((place / "model" / name).read_bytes())
    models = [str(tmp_path / "bare"), str(place / "other")]
    plan = run(conditions, models, str(tmp_path / "out"), replace(ONE, dry_run=True)).manifest
    done = manifest(results)
    assert (plan["calls"], plan["tokens"]) == (done["calls"], done["tokens"]) == (1800, done["tokens"])
    assert done["tokens"] == sum(pq.read_table(results)["tokens"].to_pylist())
    assert not (tmp_path / "out").exists()


def test_two_workers_write_the_same_bytes(results: Path, place: Path, conditions: EvalIcl, tmp_path: Path) -> None:
    run(conditions, [str(place / "model"), str(place / "other")], str(tmp_path / "two"), How(workers=2))
    assert len(parts(results)) == 18
    assert parts(tmp_path / "two") == parts(results)


def test_an_interrupted_run_continues_from_its_markers_to_the_same_bytes(
    results: Path, place: Path, conditions: EvalIcl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = [str(place / "model"), str(place / "other")]
    real, begun = eval_icl.evaluate, []

    def dies_at_the_sixth(*args: Any) -> Any:
        begun.append(args[2:])
        if len(begun) == 6:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(eval_icl, "evaluate", dies_at_the_sixth)
    with pytest.raises(KeyboardInterrupt):
        run(conditions, models, str(tmp_path / "out"), ONE)
    assert not (tmp_path / "out").exists()
    run(conditions, models, str(tmp_path / "out"), ONE)
    assert len(begun) == 6 + 18 - 5
    assert parts(tmp_path / "out") == parts(results)
    assert {k: v for k, v in manifest(tmp_path / "out").items() if k not in ("seconds", "versions", "where")} == {
        k: v for k, v in manifest(results).items() if k not in ("seconds", "versions", "where")
    }


def test_the_same_again_is_done_and_other_settings_exit_3(results: Path, place: Path, conditions: EvalIcl) -> None:
    models = [str(place / "model"), str(place / "other")]
    assert run(conditions, models, str(results), ONE).already
    assert run(replace(conditions, min_accuracy=0.0), models, str(results), ONE).already
    with pytest.raises(OutputExists):
        run(conditions, models, str(results), replace(ONE, seed=1))
    with pytest.raises(OutputExists):
        run(conditions, models[:1], str(results), ONE)


def test_a_gate_that_fails_is_reported_and_the_results_stand(results: Path, place: Path, conditions: EvalIcl) -> None:
    models = [str(place / "model"), str(place / "other")]
    outcome = run(replace(conditions, min_accuracy=1.0), models, str(results), ONE)
    assert outcome.failed_gates
    assert "below --min-accuracy 1" in outcome.failed_gates[0]


def test_a_seed_chooses_other_demonstrations(results: Path, place: Path, tmp_path: Path) -> None:
    one = EvalIcl(task=(str(place / "mood.toml"),), shots=(2,))
    how = replace(ONE, seed=1, limit=1)
    run(one, [str(place / "model")], str(tmp_path / "seed"), how)
    row = pq.read_table(tmp_path / "seed").to_pylist()[0]
    before = next(r for r in pq.read_table(results).to_pylist() if r["select"] == "random")
    assert row["demo_ids"] != before["demo_ids"]
    assert row["seed"] == 1


def test_a_task_without_labels_measures_the_loss_of_its_text(place: Path, tmp_path: Path) -> None:
    settings = EvalIcl(task=(str(place / "text.toml"),), shots=(0, 1))
    run(settings, [str(place / "model")], str(tmp_path / "out"), replace(ONE, limit=5))
    rows = pq.read_table(tmp_path / "out").to_pylist()
    assert {(r["pred"], r["correct"]) for r in rows} == {(None, None)}
    assert all(r["label_names"] == [r["gold"]] for r in rows)
    found = manifest(tmp_path / "out")
    zero = [r for r in rows if r["shots"] == 0]
    mean = -sum(r["ll"][0] for r in zero) / sum(len(r["token_ll"][0]) for r in zero)
    assert found["summary"][0]["loss"] == pytest.approx(mean)
    assert (found["accuracy"], found["paired"]) == (None, [])


def test_prompts_longer_than_the_window_are_counted_and_said(place: Path, tmp_path: Path) -> None:
    tiny_model(tmp_path / "short", context=20)
    settings = EvalIcl(task=(str(place / "mood.toml"),), shots=(4,))
    outcome = run(settings, [str(tmp_path / "short")], str(tmp_path / "out"), replace(ONE, limit=3))
    assert outcome.manifest["cut_prompts"] == 3
    assert "lost their beginning" in outcome.headline
    assert min(pq.read_table(tmp_path / "out")["cut_tokens"].to_pylist()) > 0


@pytest.mark.parametrize(
    ("task", "options", "sentence"),
    [
        (None, {}, "needs a task"),
        ("mood.toml", {"out": None}, "needs -o"),
        ("mood.toml", {"models": 2}, "named twice"),
        ("text.toml", {"min_accuracy": 0.5}, "min-accuracy needs a first task with labels"),
    ],
)
def test_bad_arguments_exit_2(
    place: Path, tmp_path: Path, task: str | None, options: dict[str, Any], sentence: str
) -> None:
    settings = EvalIcl(task=(str(place / task),) if task else (), min_accuracy=options.get("min_accuracy"))
    with pytest.raises(BadSettings, match=sentence):
        run(settings, [str(place / "model")] * options.get("models", 1), options.get("out", str(tmp_path / "o")), ONE)


def test_too_many_shots_exit_1_before_anything_is_written(place: Path, tmp_path: Path) -> None:
    settings = EvalIcl(task=(str(place / "mood.toml"),), shots=(99,))
    with pytest.raises(UserError, match="99 shots need"):
        run(settings, [str(place / "model")], str(tmp_path / "out"), ONE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.data
def test_a_real_task_runs_through(data: Path, place: Path, tmp_path: Path) -> None:
    sst2 = data / "eval" / "sst2"
    (tmp_path / "sst2.toml").write_text(
        f'name = "sst2"\ntest = "{sst2}/test.jsonl"\npool = "{sst2}/train.jsonl"\nid = "id"\n'
        'template = "Review: {{ text }}\\nSentiment:"\nlabel = "label_text"\nlabels = ["negative", "positive"]\n'
        'label_prefix = " "\nseparator = "\\n\\n"\nmetric = "accuracy"\n'
    )
    settings = EvalIcl(task=(str(tmp_path / "sst2.toml"),), shots=(0, 4))
    outcome = run(settings, [str(place / "model")], str(tmp_path / "out"), replace(ONE, limit=60))
    rows = pq.read_table(tmp_path / "out").to_pylist()
    assert [r["id"] for r in rows[:60]] == [f"sst2-dev-{n}" for n in range(60)]
    assert all(len(r["demo_ids"]) == r["shots"] and r["prompt"].count("Review: ") == r["shots"] + 1 for r in rows)
    assert 0.2 < outcome.manifest["accuracy"] < 0.8  # random weights know nothing
