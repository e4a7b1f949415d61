"""Every objective: inputs and targets give the text back, rates are kept, and nothing depends on anything but the draws."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmctl.errors import BadSettings
from llmctl.settings.objective import OBJECTIVES, Objective
from llmctl.train.noise import noise_counts
from llmctl.train.objectives import Example, Specials, example_of, longest, longest_together, specials_in, specials_of

VOCAB = 1000
DENOISING = ("span-corruption", "ul2", "denoise")
windows = st.lists(st.integers(0, VOCAB - 1), min_size=1, max_size=120).map(lambda ids: np.array(ids, dtype=np.int64))
seeds = st.integers(0, 2**32)
every = pytest.mark.parametrize("name", OBJECTIVES)


def drawn(name: str, window: np.ndarray, seed: int, **knobs: float) -> tuple[Example, Specials]:
    objective = Objective(name=name, **knobs)
    specials = specials_of(objective, VOCAB, max(1, len(window) - 1))
    return example_of(objective, window, specials, np.random.default_rng(seed)), specials


def put_back(inputs: list[int], targets: list[int], sentinels: range) -> list[int]:
    """Each sentinel of the inputs replaced by what stands behind it in the targets."""
    text: list[int] = []
    for id in inputs:
        if id not in sentinels:
            text.append(id)
            continue
        rest = targets[targets.index(id) + 1 :]
        text += rest[: next((n for n, other in enumerate(rest) if other in sentinels), len(rest))]
    return text


def rebuilt(name: str, example: Example, specials: Specials) -> list[int]:
    """The text that an example was made of, from its inputs and targets alone."""
    inputs, targets = example.inputs.tolist(), example.targets.tolist()
    if name in ("lm", "denoise"):
        return targets
    if name == "ul2":
        assert inputs.pop(0) == specials.modes[example.denoiser]
    if name == "prefix-lm" or example.denoiser == "S":
        return inputs + targets
    return put_back(inputs, targets, specials.sentinels)


@every
@given(window=windows, seed=seeds)
def test_inputs_and_targets_give_the_text_back(name: str, window: np.ndarray, seed: int) -> None:
    example, specials = drawn(name, window, seed)
    source = window[:-1] if name in DENOISING else window
    assert rebuilt(name, example, specials) == source.tolist()


@every
@given(window=windows, seed=seeds)
def test_every_target_knows_its_place_in_the_window(name: str, window: np.ndarray, seed: int) -> None:
    example, _ = drawn(name, window, seed)
    assert len(example.targets) == len(example.weights) == len(example.places)
    assert example.weights.dtype == np.float32 and example.places.dtype == example.inputs.dtype == np.int64
    text = example.targets < VOCAB
    assert (window[example.places[text]] == example.targets[text]).all()
    for index in np.flatnonzero(~text):  # a sentinel is followed by the token whose place it has
        assert example.places[index] == example.places[index + 1]


@every
@given(window=windows, seed=seeds)
def test_the_same_draws_give_the_same_example_and_the_window_stays(name: str, window: np.ndarray, seed: int) -> None:
    before = window.copy()
    window.flags.writeable = False
    one, other = drawn(name, window, seed)[0], drawn(name, window, seed)[0]
    for field in ("inputs", "targets", "weights", "places"):
        assert getattr(one, field).tolist() == getattr(other, field).tolist()
        assert not np.shares_memory(getattr(one, field), window)
    assert one.denoiser == other.denoiser and window.tolist() == before.tolist()


@pytest.mark.parametrize("name", [name for name in OBJECTIVES if name != "lm"])
def test_other_draws_give_another_example(name: str) -> None:
    window = np.arange(101)
    found = {tuple(drawn(name, window, seed)[0].inputs.tolist()) for seed in range(20)}
    assert len(found) > 10


@pytest.mark.parametrize(
    ("name", "ids", "inputs", "targets"),
    [
        ("lm", [7], [], [7]),
        ("lm", [7, 8, 9], [], [7, 8, 9]),
        ("prefix-lm", [7], [7], []),
        ("prefix-lm", [7, 8], [7], [8]),
        ("span-corruption", [7], [], []),
        ("span-corruption", [7, 8], [7], []),
        ("span-corruption", [7, 8, 9], [7, 1003], [1003, 8]),
        ("denoise", [7], [], []),
    ],
)
def test_the_shortest_windows(name: str, ids: list[int], inputs: list[int], targets: list[int]) -> None:
    example, _ = drawn(name, np.array(ids), 0)
    assert (example.inputs.tolist(), example.targets.tolist()) == (inputs, targets)


def test_the_shortest_windows_of_the_mixture_are_a_mode_token_and_the_text() -> None:
    found = {tuple(drawn("ul2", np.array([7, 8]), seed)[0].inputs.tolist()) for seed in range(60)}
    assert found == {(1000, 7), (1001, 7), (1002, 7)}
    assert not any(len(drawn("ul2", np.array([7, 8]), seed)[0].targets) for seed in range(60))
    assert {len(drawn("ul2", np.array([7]), seed)[0].inputs) for seed in range(60)} == {1}


def test_a_language_model_counts_all_but_the_first_token_which_has_none_before_it() -> None:
    assert drawn("lm", np.arange(5), 0)[0].weights.tolist() == [0, 1, 1, 1, 1]


@given(windows, seeds)
def test_there_is_no_loss_on_the_prefix_and_a_token_on_each_side(window: np.ndarray, seed: int) -> None:
    example, _ = drawn("prefix-lm", window, seed)
    assert example.places.tolist() == list(range(len(example.inputs), len(window)))
    assert len(window) < 2 or min(len(example.inputs), len(example.targets)) >= 1
    assert (example.weights == 1).all()


def test_every_length_of_the_prefix_is_equally_likely() -> None:
    counts = Counter(len(drawn("prefix-lm", np.arange(9), seed)[0].inputs) for seed in range(4000))
    assert sorted(counts) == list(range(1, 9))
    assert all(abs(count - 500) < 5 * np.sqrt(4000 * 1 / 8 * 7 / 8) for count in counts.values())


@pytest.mark.parametrize("name", ["span-corruption", "ul2"])
@given(window=windows, seed=seeds)
def test_sentinels_are_in_order_and_above_the_text(name: str, window: np.ndarray, seed: int) -> None:
    example, specials = drawn(name, window, seed)
    for ids in (example.inputs, example.targets):
        found = [id for id in ids.tolist() if id in specials.sentinels]
        assert found == list(specials.sentinels[: len(found)])
    assert specials.sentinels.start == VOCAB + 3 and specials.modes == {"R": VOCAB, "S": VOCAB + 1, "X": VOCAB + 2}
    assert max(example.inputs, default=0) < specials.vocab_size == VOCAB + 3 + len(specials.sentinels)


def denoiser_of(example: Example) -> tuple[str, int, int]:
    """(mode, noise tokens, spans): at 512 tokens each of UL2's seven rows has its own."""
    spans = int((example.targets >= VOCAB).sum())
    return example.denoiser, len(example.targets) - spans, spans


def test_the_seven_denoisers_of_the_mixture_take_equal_part_over_seven_thousand_draws() -> None:
    random, objective = np.random.default_rng(5), Objective(name="ul2")
    specials = specials_of(objective, VOCAB, 512)
    counts = Counter(denoiser_of(example_of(objective, np.arange(513), specials, random)) for _ in range(7000))
    assert set(counts) == {
        ("R", 77, 26), ("R", 77, 10), ("S", 128, 0), ("X", 256, 85), ("X", 256, 32), ("X", 77, 1), ("X", 256, 4),
    }  # fmt: skip
    assert all(abs(count - 1000) < 5 * np.sqrt(7000 * 1 / 7 * 6 / 7) for count in counts.values())


def test_weights_set_the_shares_of_the_modes() -> None:
    modes = Counter(drawn("ul2", np.arange(9), seed, s_weight=6)[0].denoiser for seed in range(3000))
    assert abs(modes["S"] - 1500) < 5 * np.sqrt(3000 / 4)
    assert {drawn("ul2", np.arange(9), seed, r_weight=0, x_weight=0)[0].denoiser for seed in range(99)} == {"S"}
    assert {drawn("ul2", np.arange(9), seed, s_weight=0, x_weight=0)[0].denoiser for seed in range(99)} == {"R"}


def test_the_s_denoiser_predicts_the_last_quarter_without_a_sentinel() -> None:
    example, _ = drawn("ul2", np.arange(41), 0, r_weight=0, x_weight=0)
    assert example.inputs.tolist() == [1001, *range(30)] and example.targets.tolist() == list(range(30, 40))


def test_tokens_are_masked_and_replaced_at_their_rates_over_a_hundred_thousand_tokens() -> None:
    source = np.full(100_001, 5)
    example, specials = drawn("denoise", source, 6, masked=0.2, replaced=0.1)
    masked = example.inputs == specials.sentinels.start
    other = example.inputs[~masked & (example.inputs != 5)]  # one in a thousand random tokens is the same one
    assert abs(masked.sum() - 20_000) < 5 * np.sqrt(100_000 * 0.2 * 0.8)
    assert abs(len(other) - 9990) < 5 * np.sqrt(100_000 * 0.1 * 0.9)
    assert set(other.tolist()) == set(range(VOCAB)) - {5}
    assert (example.weights == 1).all() and (example.targets == 5).all()


@every
@given(sequence=st.integers(1, 200), seed=seeds, data=st.data())
def test_no_example_of_a_window_or_a_shorter_one_is_longer_than_the_longest(name, sequence, seed, data) -> None:
    objective = Objective(name=name)
    specials = specials_of(objective, VOCAB, sequence)
    window = np.arange(data.draw(st.integers(1, sequence + 1)))
    example = example_of(objective, window, specials, np.random.default_rng(seed))
    inputs, targets = longest(objective, sequence)
    assert len(example.inputs) <= inputs and len(example.targets) <= targets
    assert len(example.inputs) + len(example.targets) <= longest_together(objective, sequence)


@pytest.mark.parametrize(
    ("name", "inputs", "targets"),
    [("lm", 0, 41), ("span-corruption", 36, 8), ("ul2", 37, 27), ("denoise", 40, 40)],
)
def test_the_longest_are_reached(name: str, inputs: int, targets: int) -> None:
    found = [drawn(name, np.arange(41), seed)[0] for seed in range(200)]
    assert longest(Objective(name=name), 40) == (inputs, targets)
    assert max(len(example.inputs) for example in found) == inputs
    assert max(len(example.targets) for example in found) == targets


def test_denoisers_without_weight_need_no_sentinels() -> None:
    assert len(specials_of(Objective(name="ul2", x_weight=0, sentinels=30), VOCAB, 512).sentinels) == 30
    with pytest.raises(BadSettings, match="up to 85 spans"):
        specials_of(Objective(name="ul2", sentinels=30), VOCAB, 512)


@pytest.mark.parametrize(
    ("name", "ids"), [("lm", 41), ("prefix-lm", 41), ("span-corruption", 44), ("ul2", 55), ("denoise", 80)]
)
def test_a_decoder_reads_no_more_than_one_example_can_hold(name: str, ids: int) -> None:
    found = [drawn(name, np.arange(41), seed)[0] for seed in range(200)]
    assert longest_together(Objective(name=name), 40) == ids
    assert max(len(example.inputs) + len(example.targets) for example in found) == ids


@pytest.mark.parametrize(("sequence", "sentinels"), [(1, 100), (512, 100), (1024, 171), (4096, 683)])
def test_there_are_a_hundred_sentinels_or_as_many_as_a_sequence_needs(sequence: int, sentinels: int) -> None:
    assert len(specials_of(Objective(name="ul2"), VOCAB, sequence).sentinels) == sentinels
    assert noise_counts(max(2, sequence), 0.5, 3)[1] <= sentinels


def test_too_few_sentinels_are_refused_by_name() -> None:
    with pytest.raises(BadSettings, match=r"objective\.sentinels=25 .* up to 26 spans out of data\.sequence=512"):
        specials_of(Objective(name="span-corruption", sentinels=25), VOCAB, 512)
    assert len(specials_of(Objective(name="span-corruption", sentinels=26), VOCAB, 512).sentinels) == 26
    assert len(specials_of(Objective(name="denoise", sentinels=1), VOCAB, 512).sentinels) == 1


def test_special_tokens_are_named_in_the_order_of_their_ids() -> None:
    specials = specials_of(Objective(name="ul2", sentinels=99), VOCAB, 512)
    assert specials.names[:5] == ["[R]", "[S]", "[X]", "<extra_id_0>", "<extra_id_1>"]
    assert VOCAB + len(specials.names) == specials.vocab_size == 1102


@pytest.mark.parametrize("name", ["lm", "prefix-lm"])
def test_language_models_need_no_special_tokens(name: str) -> None:
    specials = specials_of(Objective(name=name), VOCAB, 512)
    assert (specials.vocab_size, specials.names, specials.modes) == (VOCAB, [], {})


def test_sentinels_and_modes_that_a_tokenizer_reserved_are_used_and_others_lie_above() -> None:
    modes, sentinels = ["[R]", "[S]", "[X]"], [f"<extra_id_{n}>" for n in range(30)]
    held = {name: id for id, name in enumerate(["a", "b", *modes, *sentinels])}
    ul2 = Objective(name="ul2")
    assert specials_in(ul2, held, 48) == Specials(2, {"R": 2, "S": 3, "X": 4}, range(5, 35))
    assert specials_in(Objective(name="lm"), held, 48).vocab_size == len(held) == 35
    assert specials_in(ul2, held, 1024).text_vocab == 35  # which needs more sentinels than there are
    assert specials_in(replace(ul2, sentinels=40), held, 48).sentinels == range(38, 78)
    other = {name: id for id, name in enumerate(["a", "b", *sentinels, *modes])}
    assert specials_in(ul2, other, 48) == specials_of(ul2, 35, 48)
