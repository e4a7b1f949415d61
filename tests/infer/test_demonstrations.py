"""Demonstrations are chosen as asked, never from the test set, and the prompt holds them as the format says."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmctl.errors import UserError
from llmctl.infer.demonstrations import Example, by_chance, choose, examples, prompt_of
from llmctl.store.tasks import Task

TASK = Task("t.toml", "t", Path("test"), Path("pool"), "id", "Q: {{ q }}", "a", ("yes", "no"), " ", "\n\n", "accuracy")
POOL = [Example(str(n), f"Q: {n}", "yes" if n % 2 else "no") for n in range(40)]
TESTS = [Example(str(n), f"Q: {n}", "yes") for n in range(10)]


def ids(chosen: list[Example]) -> list[str]:
    return [example.id for example in chosen]


def test_the_prompt_is_demonstrations_and_the_query_joined_by_the_separator() -> None:
    assert prompt_of(TASK, POOL[:2], "Q: new") == "Q: 0 no\n\nQ: 1 yes\n\nQ: new"


def test_without_demonstrations_the_prompt_is_the_query() -> None:
    assert prompt_of(TASK, [], "Q: new") == "Q: new"


def test_first_takes_the_first_of_the_pool_that_are_not_asked() -> None:
    assert ids(choose(TASK, POOL, TESTS, shots=3, select="first", seed=0)) == ["10", "11", "12"]


@pytest.mark.parametrize("seed", range(20))
def test_random_never_shows_an_example_of_the_test_set(seed: int) -> None:
    chosen = ids(choose(TASK, POOL, TESTS, shots=30, select="random", seed=seed))
    assert len(set(chosen)) == 30
    assert not set(chosen) & {test.id for test in TESTS}


def test_a_seed_gives_its_set_again_and_another_seed_another() -> None:
    sets = [ids(choose(TASK, POOL, TESTS, shots=4, select="random", seed=seed)) for seed in (1, 1, 2)]
    assert sets[0] == sets[1] != sets[2]


def test_more_shots_extend_the_fewer() -> None:
    eight = ids(choose(TASK, POOL, TESTS, shots=8, select="random", seed=3))
    assert ids(choose(TASK, POOL, TESTS, shots=4, select="random", seed=3)) == eight[:4]


def test_a_random_choice_does_not_depend_on_the_order_of_the_pool() -> None:
    assert by_chance(POOL, 7) == by_chance(POOL[::-1], 7)


def test_every_example_is_chosen_about_equally_often() -> None:
    firsts = [by_chance(POOL, seed)[0].id for seed in range(2000)]
    assert min(map(firsts.count, ids(POOL))) > 20  # 50 are expected, the standard deviation is 7
    assert max(map(firsts.count, ids(POOL))) < 85


def test_too_small_a_pool_exits_1_and_says_how_many_there_are() -> None:
    with pytest.raises(UserError, match=r"31 shots .* pool has 30 outside the test set"):
        choose(TASK, POOL, TESTS, shots=31, select="first", seed=0)


def test_a_row_without_an_id_is_named_by_its_place() -> None:
    assert examples(TASK, [{"q": 1, "a": "yes"}], "test.jsonl")[0] == Example("test.jsonl#0", "Q: 1", "yes")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([{"q": 1}], "f#0 has no 'a'"),
        ([{"q": 1, "a": "maybe"}], "f#0: a is 'maybe', and the labels are yes, no"),
        ([{"a": "yes"}], "'q' is undefined, in f#0"),
        ([{"id": 1, "q": 1, "a": "no"}, {"id": 1, "q": 2, "a": "no"}], "repeats an id"),
    ],
)
def test_a_row_that_does_not_fit_exits_1_and_is_named(rows: list[dict[str, object]], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        examples(TASK, rows, "f")
