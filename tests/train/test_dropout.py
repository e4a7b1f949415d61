"""What dropout draws depends on the row and the place alone."""

from __future__ import annotations

import torch

from llmctl.train.dropout import noise_of

HERE = torch.device("cpu")


def test_a_part_of_the_time_is_a_part_of_the_whole() -> None:
    whole = noise_of(7, 3, [4, 5])("decoder.1.attention", torch.Size((2, 6, 8)), HERE)
    parts = [
        noise_of(7, 3, [4, 5], part=n, parts=2)("decoder.1.attention", torch.Size((2, 3, 8)), HERE) for n in (0, 1)
    ]
    assert torch.equal(torch.cat(parts, dim=1), whole)


def test_what_is_embedded_is_whole_on_every_part() -> None:
    whole = noise_of(7, 3, [4])("decoder", torch.Size((1, 6, 8)), HERE)
    assert torch.equal(noise_of(7, 3, [4], part=1, parts=2)("decoder", torch.Size((1, 6, 8)), HERE), whole)


def test_seeds_steps_rows_and_places_differ() -> None:
    shape = torch.Size((1, 6, 8))
    drawn = [
        noise_of(seed, step, [row])(place, shape, HERE)
        for seed, step, row, place in [
            (7, 3, 4, "decoder"),
            (8, 3, 4, "decoder"),
            (7, 4, 4, "decoder"),
            (7, 3, 5, "decoder"),
            (7, 3, 4, "encoder"),
            (7, 3, 4, "decoder.0.attention"),
        ]
    ]
    assert len({tuple(numbers.flatten().tolist()) for numbers in drawn}) == 6
