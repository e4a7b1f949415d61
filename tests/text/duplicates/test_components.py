"""Components by union-find against a plain search through the graph."""

from __future__ import annotations

import numpy as np

from llmctl.text.duplicates.components import Components, components, in_tasks, unite


def found(documents: int, pairs: list[tuple[int, int]]) -> Components:
    parent = np.arange(documents)
    one, other = np.array(pairs or np.empty((0, 2)), np.int64).reshape(-1, 2).T
    half = len(one) // 2
    unite(parent, one[:half], other[:half])  # in two parts, as two files of pairs
    unite(parent, one[half:], other[half:])
    return components(parent)


def reachable(documents: int, pairs: list[tuple[int, int]]) -> list[list[int]]:
    near: dict[int, set[int]] = {i: set() for i in range(documents)}
    for a, b in pairs:
        near[a].add(b)
        near[b].add(a)
    left, out = set(range(documents)), []
    while left:
        start = min(left)
        seen, todo = {start}, [start]
        while todo:
            for other in near[todo.pop()] - seen:
                seen.add(other)
                todo.append(other)
        left -= seen
        out.append(sorted(seen))
    return [c for c in out if len(c) > 1]


def listed(of: Components) -> list[list[int]]:
    return [of.documents[a:b].tolist() for a, b in zip(of.bounds[:-1], of.bounds[1:], strict=True)]


def test_components_are_what_a_search_reaches() -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        pairs = [(int(a), int(b)) for a, b in rng.integers(0, 60, (rng.integers(0, 60), 2))]
        assert listed(found(60, pairs)) == reachable(60, pairs)


def test_a_long_chain_is_one_component() -> None:
    assert listed(found(5000, [(i, i + 1) for i in reversed(range(4999))])) == [list(range(5000))]


def test_tasks_hold_whole_components_in_order() -> None:
    of = found(9, [(0, 8), (1, 2), (2, 3), (4, 5)])
    tasks = in_tasks(of, np.ones(7, np.int64), most=3)
    assert [c for task in tasks for c in listed(task)] == listed(of) == [[0, 8], [1, 2, 3], [4, 5]]
    assert len(tasks) == 2


def test_nothing_in_common_gives_no_component() -> None:
    assert listed(found(4, [])) == [] and in_tasks(found(4, []), np.empty(0, np.int64), 5) == []
