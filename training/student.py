"""The student: a GPT-2 of one of several sizes with random weights, which `python -m training pretrain` trains."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from partner.policy import PartnerPolicy, PolicyConfig
from partner.prompt import Budget
from training.tokenizer import END_OF_TEXT

CONTEXT = 1024
"""Positions of the model, as GPT-2 has them."""
BUDGET = Budget(history=96, post=192, sentence=32, context=4, sentences=16)
"""Limits that keep the longest state of the policy within CONTEXT."""


@dataclass(frozen=True)
class Size:
    """Shape of a GPT-2 and the peak learning rate it stands (smaller models stand more)."""

    layers: int
    width: int
    heads: int
    vocabulary: int
    learning_rate: float


SIZES = {
    "14M": Size(6, 384, 6, 8192, 2e-3),
    "34M": Size(8, 512, 8, 16384, 1.2e-3),
    # GPT-2 small; its 124M count a vocabulary of 50,257.
    "124M": Size(12, 768, 12, 16384, 6e-4),
}


def build(name: str, tokenizer: PreTrainedTokenizerFast, seed: int) -> PartnerPolicy:
    """A policy with a new GPT-2 of a size in SIZES, drawn from the seed; its vocabulary is filled up to a multiple of 64."""
    size = SIZES[name]
    torch.manual_seed(seed)
    end = tokenizer.convert_tokens_to_ids(END_OF_TEXT)
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=-(-len(tokenizer) // 64) * 64,
            n_positions=CONTEXT,
            n_embd=size.width,
            n_layer=size.layers,
            n_head=size.heads,
            # Few passes over the text leave nothing for dropout to mend.
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=end,
            eos_token_id=end,
            pad_token_id=end,
        )
    )
    return PartnerPolicy.from_backbone(model, tokenizer, PolicyConfig(budget=BUDGET))
