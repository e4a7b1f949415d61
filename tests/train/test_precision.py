"""The loss scale shrinks with every overflow and grows after long quiet, as torch's GradScaler does."""

from __future__ import annotations

import torch

from llmctl.train.precision import LossScale, default_dtype, forward_in


def test_the_scale_is_that_of_torch_step_by_step() -> None:
    ours, theirs = LossScale.of("fp16"), torch.amp.GradScaler("cpu")
    weight = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([weight], lr=0.0)
    for step in range(4100):
        overflowed = step in (0, 1, 7, 2050)
        weight.grad = torch.full((1,), torch.inf if overflowed else 1.0)
        theirs.scale(torch.ones(1))  # it begins with its first loss
        theirs.step(optimizer)
        theirs.update()
        ours.update(overflowed=overflowed)
        assert ours.scale == theirs.get_scale(), step


def test_a_scale_goes_on_from_its_state() -> None:
    one, other = LossScale.of("fp16"), LossScale.of("fp16")
    for overflowed in (True, False, False):
        one.update(overflowed=overflowed)
    other.restore(one.state)
    assert other == one


def test_other_formats_are_not_scaled() -> None:
    scale = LossScale.of("bf16")
    scale.update(overflowed=True)
    assert scale.scale == 1


def test_matrix_products_alone_are_in_16_bits() -> None:
    layer, x = torch.nn.Linear(4, 4), torch.ones(2, 4)
    for name, dtype in [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)]:
        with forward_in(name, torch.device("cpu")):
            assert layer(x).dtype is dtype
    assert layer.weight.dtype is torch.float32


def test_a_cpu_trains_in_fp32_where_nothing_is_said() -> None:
    if not torch.cuda.is_available():
        assert default_dtype() == "fp32"
