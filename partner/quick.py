"""A policy that is only read, with its matrices in 8 bits (`partner.int8`), where that is faster."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import DynamicCache

from partner.int8 import Int8Layer, Int8Matrix, largest
from partner.policy import Grown, PartnerPolicy
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
        angles = torch.tensor(new.positions)[:, None, None] * self.frequencies
        cos, sin = (torch.cat([x, x], dim=-1) for x in (angles.cos(), angles.sin()))
        mask = torch.zeros(new.sees.shape).masked_fill_(~new.sees, float("-inf"))
        mask = mask.repeat(self.heads // self.groups, 1)  # the heads of a group are so many rows of one product
        x, found = self.embeddings[torch.tensor(new.ids)].float(), {}
        for number, layer in enumerate(self.layers if new.last else self.layers[: max(new.layers) + 1]):
            qkv = layer.qkv(self._norm(x, layer.before)).view(n, -1, wide).transpose(0, 1)
            turning = qkv[: self.heads + self.groups]
            left, right = turning.chunk(2, dim=-1)
            turned = turning * cos.transpose(0, 1) + torch.cat([-right, left], dim=-1) * sin.transpose(0, 1)
            keys, values = cache.update(turned[None, self.heads :], qkv[None, self.heads + self.groups :], number)
            queries = turned[: self.heads].reshape(self.groups, -1, wide)
            mixed = attend(queries, keys[0], values[0], mask).reshape(self.heads, n, wide).transpose(0, 1)
            x = x + layer.out(mixed.reshape(n, -1))
            gate, up = layer.gate_up(self._norm(x, layer.between)).chunk(2, dim=-1)
            x = x + layer.down(functional.silu(gate) * up)
            if number in new.layers:  # behind the last layer stands the last norm, as transformers counts them
                found[number] = x if number + 1 < self.depth else self._norm(x, self.last)
        return torch.stack([*([self._norm(x, self.last)] if new.last else ()), *(found[k] for k in new.layers)])

    @torch.inference_mode()
    def vocabulary_logits(self, hidden: Tensor) -> Tensor:
        """Project states (rows, hidden) to token logits (rows, vocabulary)."""
        return self.words(hidden)

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
