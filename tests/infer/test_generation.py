"""Generation against transformers, and sampling against its definition."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_model import tiny_model
from transformers import LlamaForCausalLM
from transformers.generation.logits_process import TopPLogitsWarper

from llmctl.infer.backend import LocalModel, open_model
from llmctl.infer.generation import Sampling, choose, seed_of

PROMPTS = ["Review: a good film", "Question: one and one?\nAnswer:", "字", "The cat"]


def drawn(logits: list[float], sampling: Sampling, times: int = 1) -> list[int]:
    random = torch.Generator().manual_seed(5)
    return [choose(torch.tensor(logits), sampling, random) for _ in range(times)]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_greedy_text_is_that_of_transformers(directory: Path, model: LocalModel, prompt: str) -> None:
    theirs = LlamaForCausalLM.from_pretrained(directory, dtype=torch.float32).eval()
    ids = torch.tensor([model.tokenizer.encode(prompt).ids])
    made = theirs.generate(ids, max_new_tokens=40, do_sample=False, eos_token_id=0, pad_token_id=0)[0, ids.shape[1] :]
    expected = model.tokenizer.decode(made.tolist(), skip_special_tokens=True)
    assert model.generate([prompt], Sampling(max_tokens=40), [0])[0].text == expected


def test_a_sample_depends_on_its_seed_and_not_on_its_company(model: LocalModel) -> None:
    sampling = Sampling(temperature=1.0, top_p=0.9, max_tokens=12)
    together = [g.text for g in model.generate(PROMPTS, sampling, [1, 2, 3, 4])]
    alone = [model.generate([p], sampling, [s])[0].text for p, s in zip(PROMPTS, [1, 2, 3, 4], strict=True)]
    assert together == alone
    assert model.generate(PROMPTS[:1], sampling, [9])[0].text != together[0]


def test_a_stop_string_ends_the_text_and_is_left_out(model: LocalModel) -> None:
    whole = model.generate(["The cat"], Sampling(max_tokens=30), [0])[0]
    stop = whole.text[7:10]
    made = model.generate(["The cat"], Sampling(max_tokens=30, stop=("never there", stop)), [0])[0]
    assert (made.text, made.reason) == (whole.text[: whole.text.index(stop)], "stop")
    assert made.tokens < whole.tokens


def test_the_length_bounds_the_text(model: LocalModel) -> None:
    made = model.generate(["The cat"], Sampling(max_tokens=3), [0])[0]
    assert made.reason == "length"
    assert made.tokens == len(model.tokenizer.encode("The cat").ids) + 3


def test_the_end_token_ends_the_text(tmp_path: Path) -> None:
    model = open_model(str(tiny_model(tmp_path / "m")))
    first = model.tokenizer.encode(model.generate(["The cat"], Sampling(max_tokens=1), [0])[0].text).ids[0]
    model._end = first
    made = model.generate(["The cat"], Sampling(max_tokens=9), [0])[0]
    assert (made.text, made.reason) == ("", "end")


def test_a_prompt_beyond_the_window_loses_its_beginning_and_says_so(tmp_path: Path) -> None:
    model = open_model(str(tiny_model(tmp_path / "m", context=16)))
    made = model.generate(["The cat sat on the mat; " * 9], Sampling(max_tokens=100), [0])[0]
    assert made.cut > 0
    assert made.tokens == 17  # the window, and the last token, which is never read


def test_an_empty_prompt_begins_a_document(model: LocalModel) -> None:
    assert model.generate([""], Sampling(max_tokens=4), [0])[0].tokens == 5


def test_temperature_zero_takes_the_most_probable() -> None:
    assert drawn([0.0, 3.0, 1.0], Sampling(), 5) == [1] * 5


def test_the_smallest_top_p_takes_the_most_probable() -> None:
    assert drawn([0.0, 3.0, 1.0], Sampling(temperature=1.0, top_p=0.0), 5) == [1] * 5


def test_the_smallest_temperature_takes_the_most_probable() -> None:
    assert drawn([0.0, 3.0, 2.9], Sampling(temperature=1e-300), 5) == [1] * 5


def test_samples_follow_the_probabilities() -> None:
    logits = torch.tensor([0.5, 0.3, 0.2]).log() * 2  # temperature 2 makes them 0.5, 0.3, 0.2 again
    found = torch.bincount(torch.tensor(drawn(logits.tolist(), Sampling(temperature=2.0), 4000)), minlength=3) / 4000
    assert found.tolist() == pytest.approx([0.5, 0.3, 0.2], abs=0.03)


@settings(max_examples=50)
@given(st.lists(st.integers(-50, 50), min_size=2, max_size=12, unique=True), st.floats(0.05, 0.95))
def test_the_nucleus_is_that_of_transformers(tenths: list[int], top_p: float) -> None:
    logits = [number / 10 for number in tenths]
    kept = TopPLogitsWarper(top_p)(None, torch.tensor([logits], dtype=torch.float64))[0].isfinite()
    sums = torch.tensor(logits, dtype=torch.float64).softmax(-1).sort(descending=True).values.cumsum(-1)
    if (sums - top_p).abs().min() < 1e-6:
        return  # rounding decides at the edge
    found = set(drawn(logits, Sampling(temperature=1.0, top_p=top_p), 300))
    assert found <= set(kept.nonzero()[:, 0].tolist())
    shares = torch.tensor(logits, dtype=torch.float64).masked_fill(~kept, -torch.inf).softmax(-1)
    assert found >= set((shares > 0.06).nonzero()[:, 0].tolist())  # missing one in 300 draws: 1e-8


def test_seeds_of_requests_differ_and_repeat() -> None:
    assert seed_of(0, "a", 0) == seed_of(0, "a", 0)
    assert len({seed_of(s, i, n) for s in (0, 1) for i in ("a", "b") for n in (0, 1)}) == 8
