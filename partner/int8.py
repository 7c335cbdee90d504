"""Matrices in 8 bits, and the layers of a Llama made of them, for processors that multiply these four at a time (VNNI).

What costs time on a CPU are the products of states and matrices. Here a matrix keeps one scale a row, a token's state gets one
of its own, both symmetric: `y = (q_x @ q_w) * s_x * s_w` (vector-wise quantization: LLM.int8(), Dettmers et al., NeurIPS 2022,
section 2). Everything else stays in 32 bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn


class Int8Matrix(nn.Module):
    """The product with a matrix, in 8 bits.

    Args:
        weight: (out, in).
    """

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        weight = weight.detach().float()
        scale = weight.abs().amax(1).div_(127).clamp_min_(1e-8)
        self.register_buffer("weight", (weight / scale[:, None]).round_().to(torch.int8))
        self.register_buffer("scale", scale / 127)

    def forward(self, states: Tensor, size: Tensor | None = None) -> Tensor:
        """(rows, in) to (rows, out), 32 bits.

        Args:
            size: (rows, 1) what the states would have been multiplied by before; behind, it is no work.
        """
        most = states.abs().amax(1, keepdim=True).clamp_min_(1e-8)
        values = (states * (127 / most)).round_().to(torch.int8)
        product = torch._int_mm(values, self.weight.t()).float().mul_(self.scale)
        return product.mul_(most if size is None else most * size)


class Int8Layer(nn.Module):
    """The matrices and norms of one layer; those that go with the same states are one.

    Some numbers of a state are far larger than the others, which 8 bits for all would round away. So what multiplies them by a
    matrix behind divides them before, where that costs nothing: in the norm, or in the matrix that makes them (SmoothQuant,
    Xiao et al., ICML 2023, equation 4, with alpha 0.5).

    Args:
        layer: of the Llama.
        largest: by the name of a matrix the largest size of each number that went into it.
        heads: that share keys and values.
    """

    def __init__(self, layer: nn.Module, largest: Mapping[str, Tensor], heads: int) -> None:
        super().__init__()
        a, m, width = layer.self_attn, layer.mlp, layer.self_attn.head_dim
        qk, v = paired(torch.cat([a.q_proj.weight, a.k_proj.weight]), width), a.v_proj.weight
        qkv, out, gate, up, down = torch.cat([qk, v]), a.o_proj.weight, m.gate_proj.weight, m.up_proj.weight, m.down_proj.weight
        into_qkv = factors(largest["self_attn.q_proj"], qkv)
        into_gate = factors(largest["mlp.gate_proj"], torch.cat([gate, up]))
        into_down = factors(largest["mlp.down_proj"], down)
        # What goes into `out` are values, mixed; a value serves the heads of its group.
        shape = (-1, heads, width)
        into_out = factors(
            largest["self_attn.o_proj"].view(shape).amax(1).flatten(),
            out.view(len(out), *shape[:1], heads, width).abs().amax(2).flatten(1),
        )
        repeated = into_out.view(-1, 1, width).expand(shape[0], heads, width).reshape(-1)
        self.qkv = Int8Matrix(torch.cat([qk, v / into_out[:, None]]) * into_qkv)
        self.out = Int8Matrix(out * repeated)
        self.gate_up = Int8Matrix(torch.cat([gate, up / into_down[:, None]]) * into_gate)
        self.down = Int8Matrix(down * into_down)
        self.register_buffer("before", layer.input_layernorm.weight.detach().float() / into_qkv)
        self.register_buffer("between", layer.post_attention_layernorm.weight.detach().float() / into_gate)


def paired(weight: Tensor, width: int) -> Tensor:
    """Rows that make queries or keys (heads * width, in), in an order where the two numbers that rotary positions turn together
    stand side by side, as the parts of a complex number; the products of queries and keys stay as they are."""
    return weight.view(-1, 2, width // 2, weight.shape[1]).transpose(1, 2).reshape(weight.shape)


def factors(largest: Tensor, weight: Tensor) -> Tensor:
    """What each number that goes into a matrix is divided by, so that states and weights are about equally hard to round.

    Args:
        largest: (in,) largest size of each number.
        weight: (out, in).
    """
    return (largest.clamp_min(1e-4) / weight.detach().float().abs().amax(0).clamp_min(1e-4)).sqrt()


@torch.inference_mode()
def largest(model: nn.Module, ids: Sequence[int]) -> list[dict[str, Tensor]]:
    """For each layer of a Llama, by the name of a matrix, the largest size of each number that goes into it in a text."""
    found: list[dict[str, Tensor]] = [{} for _ in model.layers]
    hooks = []
    for seen, layer in zip(found, model.layers, strict=True):
        for name in ("self_attn.q_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.down_proj"):

            def look(_module: nn.Module, given: tuple[Tensor], seen: dict[str, Tensor] = seen, name: str = name) -> None:
                seen[name] = given[0].abs().flatten(0, -2).amax(0)

            hooks.append(layer.get_submodule(name).register_forward_pre_hook(look))
    try:
        model(input_ids=torch.tensor([ids]), use_cache=False)
    finally:
        for hook in hooks:
            hook.remove()
    return found
