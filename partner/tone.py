"""Which sentences of a draft may hurt the person it is for: what blames, belittles, mocks, commands coldly or cheers falsely.

"You'll get used to it" is fine about a keyboard and cruel about a grave, so phrases alone find one such sentence in seven,
and four of five that they find in what people write are none. What the policy makes of a sentence, having read the post, tells
more: a small network sees its states behind one layer in the pass that chooses places, the embeddings of both, and whether a
phrase was found. It has learnt from drafts that were read sentence by sentence (`python -m training tone`), belongs to the
weights of one policy and lies in that policy's folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from partner import tensors
from partner.candidates import Draft
from partner.guards import cold
from partner.judge import EMBEDDING, Network, meaning
from partner.policy import TONE

TONES = ("kind", "flat", "hurtful")
"""What a sentence of a draft can be: it may stay; it is empty here, or passes over the feeling; it may hurt."""


class ToneReader(nn.Module):
    """A network over `TONES`.

    Args:
        layer: number, from 0, of the backbone's layer whose states are read.
        hidden: width of the backbone.
        network: on rows of `describe`.
    """

    def __init__(self, layer: int, hidden: int, network: Network) -> None:
        super().__init__()
        self.layer, self.hidden, self.network = layer, hidden, network

    @classmethod
    def new(cls, layer: int, hidden: int, width: int) -> ToneReader:
        """One with random weights; `width` is that of the hidden layer."""
        return cls(layer, hidden, Network(2 * EMBEDDING + 2 * hidden + 1, width, len(TONES)))

    @torch.inference_mode()
    def read(self, draft: Draft, sentences: Sequence[str], post: np.ndarray, said: np.ndarray) -> dict[int, float]:
        """The probability that a sentence hurts, by its number; of a very long draft only the first and the last.

        Args:
            draft: `State.draft([self.layer])`.
            sentences: those of `draft.spans`, in its order.
            post: (384,) embedding of the conversation (`partner.retrieval.query_text`).
            said: (sentences, 384) embeddings of the sentences.
        """
        if not draft.spans:
            return {}
        told = self.network(describe(draft, sentences, post, said)).softmax(-1)[:, TONES.index("hurtful")]
        return dict(zip(draft.spans, told.tolist(), strict=True))

    def save(self, folder: Path) -> None:
        """Write `tone.safetensors`, in 16 bits."""
        tensors.save_head(self, folder / TONE, torch.float16, layer=self.layer, hidden=self.hidden)

    @classmethod
    def load(cls, folder: Path) -> ToneReader | None:
        """The reader of a policy folder; None where it has none.

        Raises:
            ModelError: the file is damaged.
        """

        def made(weights: dict[str, Tensor], made_with: dict[str, Any]) -> ToneReader:
            return cls.new(made_with["layer"], made_with["hidden"], len(weights["network.inner.bias"]))

        return tensors.load_head(folder / TONE, made)


def describe(draft: Draft, sentences: Sequence[str], post: np.ndarray, said: np.ndarray) -> Tensor:
    """Rows (sentences, 768 + 2 hidden + 1): the embeddings of post and sentence; the mean state of the sentence's tokens and
    the marker behind it, and the marker's alone; 1 where a phrase is cold (`partner.guards.cold`), else 0.

    Args:
        draft: `State.draft` with one layer.
        sentences: those of its spans.
        post, said: (384,) and (sentences, 384), of length 1.
    """
    states = draft.states[0].float().cpu()
    seen = torch.stack([torch.cat([states[a:b].mean(0), states[b - 1]]) for a, b in draft.spans.values()])
    found = torch.tensor([[float(cold(sentence))] for sentence in sentences])
    return torch.cat([meaning(np.broadcast_to(post, said.shape), said), seen, found], dim=1)
