"""Feed-forward blocks: x_BTD -> x_BTD.

SwiGLU (Shazeer 2020, arXiv:2002.05202) gates one projection with the Swish of another. `FEEDFORWARDS` is the table that
`model.activation` chooses from. Shapes: B batch, T time, D width, F inner width.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import skip_init

from llmctl.settings.pretrain import Model


def linear(inputs: int, outputs: int, bias: bool) -> nn.Linear:
    """A linear layer whose weights are not drawn here: global random state is left alone."""
    layer = skip_init(nn.Linear, inputs, outputs, bias=bias)  # type: ignore[no-untyped-call]  # torch's own
    assert isinstance(layer, nn.Linear)
    return layer


class SwiGLU(nn.Module):
    """down(swish(gate(x)) * up(x))."""

    def __init__(self, config: Model) -> None:
        super().__init__()
        self.gate = linear(config.hidden, config.ffn_width, config.bias)
        self.up = linear(config.hidden, config.ffn_width, config.bias)
        self.down = linear(config.ffn_width, config.hidden, config.bias)

    def forward(self, x_BTD: Tensor) -> Tensor:
        inner_BTF = functional.silu(self.gate(x_BTD)) * self.up(x_BTD)
        out_BTD: Tensor = self.down(inner_BTF)
        return out_BTD


FEEDFORWARDS: dict[str, type[nn.Module]] = {"swiglu": SwiGLU}
