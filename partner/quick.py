"""A policy that is only read, with its matrices in 8 bits (`partner.int8`), where that is faster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import DynamicCache

from partner.int8 import Int8Layer, Int8Matrix, largest
from partner.policy import Grown, PartnerPolicy
from partner.prompt import Layout, Place
from partner.types import Conversation

_ROWS = 128
"""Tokens that look back together, at what any of them sees."""
_FEW = 192
"""Rows up to which two products are faster than the fused attention."""
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


class QuickPolicy(nn.Module):
    """A copy of a policy that reads and writes, and cannot learn (`partner.policy.Readable`).

    Its states differ from the policy's by about five in a hundred, its likelihoods by a few hundredths of a nat a token.

    Args:
        policy: in 32 bits, one that `can_be_quick`; it is not kept.
    """

    def __init__(self, policy: PartnerPolicy) -> None:
        super().__init__()
        model = policy.backbone.base_model
        c = model.config
        self.layout, self.tokenizer, self.pointer = policy.layout, policy.tokenizer, policy.pointer
        self.depth, self.width = policy.depth, policy.width
        self.heads, self.groups, self.head_width = c.num_attention_heads, c.num_key_value_heads, c.head_dim
        self.epsilon = c.rms_norm_eps
        self.register_buffer("embeddings", policy.backbone.get_input_embeddings().weight.detach())
        each = zip(model.layers, largest(model, _typical(policy.layout)), strict=True)
        self.layers = nn.ModuleList(Int8Layer(layer, seen, self.heads // self.groups) for layer, seen in each)
        self.words = Int8Matrix(policy.backbone.get_output_embeddings().weight)
        self.register_buffer("last", model.norm.weight.detach().float())
        self.register_buffer("frequencies", model.rotary_emb.inv_freq.detach().float())

    @torch.inference_mode()
    def run(self, new: Grown, cache: DynamicCache) -> Tensor:
        """As `Readable.run`; the layers above those wanted are not run."""
        n, wide = len(new.ids), self.head_width
        angles = torch.tensor(new.positions)[:, None] * self.frequencies
        turn = torch.polar(torch.ones_like(angles), angles)
        parts = [Part.of(new.sees[i : i + _ROWS], i, self.heads // self.groups) for i in range(0, n, _ROWS)]
        x, found = self.embeddings[torch.tensor(new.ids)].float(), {}
        for number, layer in enumerate(self.layers if new.last else self.layers[: max(new.layers) + 1]):
            qkv = layer.qkv(x * layer.before, self._size(x)).view(n, -1, wide).transpose(0, 1)
            pairs = torch.view_as_complex(qkv[: self.heads + self.groups].unflatten(-1, (-1, 2)))
            turned = torch.view_as_real(pairs * turn).flatten(-2)
            keys, values = cache.update(turned[None, self.heads :], qkv[None, self.heads + self.groups :], number)
            mixed = attend(turned[: self.heads], keys[0], values[0], parts)
            x = x + layer.out(mixed)
            gate, up = layer.gate_up(x * layer.between, self._size(x)).chunk(2, dim=-1)
            x = x + layer.down(functional.silu(gate).mul_(up))
            if number in new.layers:  # behind the last layer stands the last norm, as transformers counts them
                found[number] = x if number + 1 < self.depth else x * self.last * self._size(x)
        return torch.stack([*([x * self.last * self._size(x)] if new.last else ()), *(found[k] for k in new.layers)])

    @torch.inference_mode()
    def vocabulary_logits(self, hidden: Tensor) -> Tensor:
        """Project states (rows, hidden) to token logits (rows, vocabulary)."""
        return self.words(hidden)

    def _size(self, x: Tensor) -> Tensor:
        """(rows, 1) what a norm multiplies states by, beside its weights (RMSNorm: Zhang and Sennrich, NeurIPS 2019)."""
        square = torch.linalg.vector_norm(x, dim=1, keepdim=True).square_()
        return square.div_(x.shape[1]).add_(self.epsilon).rsqrt_()


@dataclass(frozen=True)
class Part:
    """Some of the new tokens, and what any of them sees: a branch beside theirs costs them nothing.

    Attributes:
        rows: which of the new tokens.
        seen: which of all tokens.
        mask: (heads of a group * rows, seen), 0 where a token is seen, else minus infinity.
    """

    rows: slice
    seen: Tensor | slice
    mask: Tensor

    @classmethod
    def of(cls, sees: Tensor, start: int, shared: int) -> Part:
        """That of new tokens from the number `start` on.

        Args:
            sees: (tokens, all) which token sees which.
            shared: heads of a group.
        """
        seen = sees.any(0).nonzero()[:, 0]
        mask = torch.zeros(len(sees), len(seen)).masked_fill_(~sees[:, seen], float("-inf")).repeat(shared, 1)
        whole = len(seen) == seen[-1] + 1
        return cls(slice(start, start + len(sees)), slice(0, len(seen)) if whole else seen, mask)


def attend(queries: Tensor, keys: Tensor, values: Tensor, parts: Sequence[Part]) -> Tensor:
    """Attention of (heads, new, width) queries to (groups, all, width) keys and values; (new, heads * width).

    The heads of a group, which share keys and values, are so many rows of one product.
    """
    heads, n, wide = queries.shape
    groups = len(keys)
    mixed = torch.empty(n, heads, wide)
    for p in parts:
        rows = queries[:, p.rows].reshape(groups, -1, wide)
        k, v = keys[:, p.seen], values[:, p.seen]
        if len(p.mask) > _FEW:
            found = functional.scaled_dot_product_attention(rows[None], k[None], v[None], attn_mask=p.mask[None, None])[0]
        else:
            scores = torch.baddbmm(p.mask.expand(groups, -1, -1), rows, k.transpose(1, 2), alpha=wide**-0.5)
            found = torch.bmm(scores.softmax(-1), v)
        mixed[p.rows] = found.reshape(heads, -1, wide).transpose(0, 1)
    return mixed.reshape(n, -1)


def _typical(layout: Layout) -> list[int]:
    """Ids of some states and a sentence behind each."""
    place, ids = Place("insert", 1, "emotional_reaction"), []
    for post in _POSTS:
        ids += layout.prefix(Conversation(post)) + layout.place(_REPLY, place.op, place.at)
        ids += layout.control(place) + layout.what(_SAID) + layout.where(_REPLY)[0]
    return ids


def can_be_quick(policy: PartnerPolicy) -> bool:
    """Whether a policy's backbone is a Llama without biases, and with plain rotary positions."""
    c = policy.backbone.config
    return (
        c.model_type == "llama"
        and not (c.attention_bias or c.mlp_bias)
        and c.hidden_act == "silu"
        and c.rope_parameters.get("rope_type") == "default"
    )


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
        if can_be_quick(policy):
            return QuickPolicy(policy).eval()
    return PartnerPolicy.load(source).eval()
