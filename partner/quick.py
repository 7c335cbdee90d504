"""A Llama that is only read, with its matrices in 8 bits, for processors that multiply these four at a time (VNNI).

What costs time on a CPU are the products of states and matrices. Here a matrix keeps one scale a row, a token's state gets one
of its own, both symmetric: `y = (q_x @ q_w) * s_x * s_w` (vector-wise quantization: LLM.int8(), Dettmers et al., NeurIPS 2022,
section 2). Everything else stays in 32 bits. Queries, keys and values, and the two inner matrices of the perceptron, are one
product each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from partner.policy import PartnerPolicy
from partner.prompt import Layout, Place
from partner.types import Conversation

_MANY = 192
"""Rows from which on the fused attention is faster."""
_POSTS = (
    "So i got laid off on Tuesday!! after 6 years... my boss didnt even look at me, just slid the paper over. I keep "
    "refreshing my bank app like that's gonna help. Rent is due on the 1st and I haven't told my girlfriend yet :( i feel so "
    "stupid",
    "My grandmother passed away last spring. Today I found her recipe box (the blue one) in the garage, and I sat on the "
    "floor and cried for an hour. People keep saying it gets easier. Does it? I don't know how to be around my family anymore.",
    "good news: I PASSED my driving test on the 4th try, 2 minors only :) nobody was home to tell so i'm telling you lot",
)
_REPLY = ("That sucks.", "Have you tried talking to somebody about it?", "Stay strong.")
_SAID = "I'm so sorry, it must be frightening not to know what comes next."
"""What states and sentences look like, in the project's own words, for the scales of 8 bits."""


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

    def forward(self, states: Tensor) -> Tensor:
        """(rows, in) to (rows, out), 32 bits."""
        most = states.abs().amax(1, keepdim=True).clamp_min_(1e-8)
        values = (states * (127 / most)).round_().to(torch.int8)
        return (torch._int_mm(values, self.weight.t()) * self.scale).mul_(most)


class _Layer(nn.Module):
    """The matrices and norms of one layer.

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
        qk, v = torch.cat([a.q_proj.weight, a.k_proj.weight]), a.v_proj.weight
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


class QuickCache:
    """Keys and values of all layers, (layers, heads, capacity, width) each; it grows by doubling."""

    def __init__(self, layers: int, heads: int, width: int) -> None:
        self.length = 0
        self._keys, self._values = torch.empty(layers, heads, 512, width), torch.empty(layers, heads, 512, width)

    def room(self, more: int) -> None:
        """Make room for so many more tokens."""
        while self.length + more > self._keys.shape[2]:
            self._keys = torch.cat([self._keys, torch.empty_like(self._keys)], dim=2)
            self._values = torch.cat([self._values, torch.empty_like(self._values)], dim=2)

    def put(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Write (heads, tokens, width) behind what is there; returns all of the layer's."""
        end = self.length + keys.shape[1]
        self._keys[layer, :, self.length : end] = keys
        self._values[layer, :, self.length : end] = values
        return self._keys[layer, :, :end], self._values[layer, :, :end]

    def crop(self, length: int) -> None:
        """Forget what came behind so many tokens."""
        self.length = min(self.length, length)


class QuickLlama(nn.Module):
    """The layers and the last norm of a Llama.

    Args:
        model: a `LlamaModel` (`can_be`).
        ids: a text of the kind that it will read.
    """

    def __init__(self, model: nn.Module, ids: Sequence[int]) -> None:
        super().__init__()
        c = model.config
        self.heads, self.groups, self.width = c.num_attention_heads, c.num_key_value_heads, c.head_dim
        self.epsilon = c.rms_norm_eps
        each = zip(model.layers, largest(model, ids), strict=True)
        self.layers = nn.ModuleList(_Layer(layer, seen, self.heads // self.groups) for layer, seen in each)
        self.register_buffer("last", model.norm.weight.detach().float())
        self.register_buffer("frequencies", model.rotary_emb.inv_freq.detach().float())

    @staticmethod
    def can_be(model: nn.Module) -> bool:
        """Whether a backbone is a Llama without biases, and with plain rotary positions."""
        c = model.config
        return (
            c.model_type == "llama"
            and not (c.attention_bias or c.mlp_bias)
            and c.hidden_act == "silu"
            and c.rope_parameters.get("rope_type") == "default"
        )

    def cache(self) -> QuickCache:
        """An empty one."""
        return QuickCache(len(self.layers), self.groups, self.width)

    @torch.inference_mode()
    def forward(
        self,
        states: Tensor,
        positions: Sequence[int],
        sees: Tensor,
        cache: QuickCache,
        layers: Sequence[int] = (),
        last: bool = True,
    ) -> Tensor:
        """States of new tokens behind the cached ones.

        Args:
            states: (tokens, hidden) embeddings.
            positions: (tokens,).
            sees: (tokens, cached + tokens) whether a token sees another.
            layers: numbers, from 0, of the layers whose states are wanted.
            last: whether those behind the last norm are wanted; without, the pass ends behind the last of `layers`.

        Returns:
            (wanted, tokens, hidden), those behind the last norm first.
        """
        n, wide = len(states), self.heads * self.width
        angles = torch.tensor(positions)[:, None, None] * self.frequencies
        cos, sin = (torch.cat([x, x], dim=-1) for x in (angles.cos(), angles.sin()))
        mask = torch.zeros(sees.shape).masked_fill_(~sees, float("-inf"))
        mask = mask.repeat(self.heads // self.groups, 1)  # the heads of a group are so many rows of one product
        cache.room(n)
        x, found = states.float(), {}
        for number, layer in enumerate(self.layers if last else self.layers[: max(layers) + 1]):
            qkv = layer.qkv(self._norm(x, layer.before)).view(n, -1, self.width)
            turning = qkv[:, : self.heads + self.groups]
            left, right = turning.chunk(2, dim=-1)
            turned = turning * cos + torch.cat([-right, left], dim=-1) * sin
            keys, values = cache.put(
                number, turned[:, self.heads :].transpose(0, 1), qkv[:, self.heads + self.groups :].transpose(0, 1)
            )
            queries = turned[:, : self.heads].transpose(0, 1).reshape(self.groups, -1, self.width)
            mixed = attend(queries, keys, values, mask).reshape(self.heads, n, self.width).transpose(0, 1).reshape(n, wide)
            x = x + layer.out(mixed)
            gate, up = layer.gate_up(self._norm(x, layer.between)).chunk(2, dim=-1)
            x = x + layer.down(functional.silu(gate) * up)
            if number in layers:  # behind the last layer stands the last norm, as transformers counts them
                found[number] = x if number + 1 < len(self.layers) else self._norm(x, self.last)
        cache.length += n
        return torch.stack([*([self._norm(x, self.last)] if last else ()), *(found[k] for k in layers)])

    def _norm(self, x: Tensor, weight: Tensor) -> Tensor:
        return functional.rms_norm(x, weight.shape, weight, self.epsilon)


def attend(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
    """Attention of (groups, rows, width) queries to (groups, tokens, width) keys and values, by whichever kernel is faster.

    Args:
        mask: (rows, tokens), 0 where a row sees a token, else minus infinity.
    """
    if len(mask) >= _MANY:
        return functional.scaled_dot_product_attention(queries[None], keys[None], values[None], attn_mask=mask[None, None])[0]
    scores = torch.baddbmm(mask.expand(len(keys), -1, -1), queries, keys.transpose(1, 2), alpha=queries.shape[-1] ** -0.5)
    return torch.bmm(scores.softmax(-1), values)


class QuickPolicy(nn.Module):
    """A copy of a policy that reads and writes, and cannot learn (`partner.policy.Readable`).

    Its states differ from the policy's by about four in a hundred, its likelihoods by a few hundredths of a nat a token.

    Args:
        policy: in 32 bits, one whose backbone `QuickLlama.can_be`; it is not kept.
    """

    def __init__(self, policy: PartnerPolicy) -> None:
        super().__init__()
        self.layout, self.tokenizer, self.depth, self.width = policy.layout, policy.tokenizer, policy.depth, policy.width
        self.register_buffer("embeddings", policy.backbone.get_input_embeddings().weight.detach())
        self.pointer = policy.pointer
        self.model = QuickLlama(policy.backbone.base_model, _typical(policy.layout))
        self.words = Int8Matrix(policy.backbone.get_output_embeddings().weight)

    @property
    def device(self) -> torch.device:
        """Where it runs: always on the CPU."""
        return self.embeddings.device

    def cache(self) -> QuickCache:
        """An empty key-value cache for `run`."""
        return self.model.cache()

    @torch.inference_mode()
    def run(
        self,
        ids: Sequence[int],
        positions: Sequence[int],
        sees: Tensor,
        cache: QuickCache,
        layers: Sequence[int] = (),
        last: bool = True,
    ) -> Tensor:
        """As `Readable.run`; the layers above those wanted are not run."""
        return self.model(self.embeddings[torch.tensor(ids)], positions, sees, cache, layers, last)

    @torch.inference_mode()
    def vocabulary_logits(self, hidden: Tensor) -> Tensor:
        """Project states (rows, hidden) to token logits (rows, vocabulary)."""
        return self.words(hidden)


def _typical(layout: Layout) -> list[int]:
    """Ids of some states and a sentence behind each."""
    place, ids = Place("insert", 1, "emotional_reaction"), []
    for post in _POSTS:
        ids += layout.prefix(Conversation(post)) + layout.place(_REPLY, place.op, place.at)
        ids += layout.control(place) + layout.what(_SAID) + layout.where(_REPLY)[0]
    return ids


def fast_int8() -> bool:
    """Whether the processor has instructions for products of 8 bits, and no GPU is at hand."""
    return torch.cpu._is_vnni_supported() and not torch.cuda.is_available()


def load_reader(source: str | Path) -> PartnerPolicy | QuickPolicy:
    """A policy that is only to be read, in the fastest form that this machine has for it.

    Raises:
        ModelError: as `PartnerPolicy.load`.
    """
    if fast_int8():
        policy = PartnerPolicy.load(source, torch.float32)
        if QuickLlama.can_be(policy.backbone.base_model):
            return QuickPolicy(policy).eval()
    return PartnerPolicy.load(source).eval()
