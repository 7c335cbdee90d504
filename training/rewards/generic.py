"""Sympathy that fits every post."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from partner.facts import SYMPATHY, content
from partner.retrieval import Embedder
from partner.stock import StockSentences
from training.rewards.resources import Resources
from training.rewards.sentences import mean_over_sentences, said
from training.rewards.types import Reward

NEAR, SAME = 0.5, 0.9
"""Cosines to a sentence that fits every post: half the right sentences of held-out posts lie below the first."""


class Stock:
    """How much a sentence is like one of those that fit every post (`assets/corpus/simple.jsonl`, groups without words)."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder

    @cached_property
    def _vectors(self) -> np.ndarray:
        return self.embedder.embed([s.text for s in StockSentences().sentences if s.anywhere])

    def likeness(self, texts: list[str]) -> np.ndarray:
        """Largest cosine of each text to such a sentence, 0 at NEAR and less, 1 at SAME and more."""
        cosines = (self.embedder.embed(texts) @ self._vectors.T).max(1)
        return ((cosines - NEAR) / (SAME - NEAR)).clip(0, 1)


def make(resources: Resources) -> Reward:
    """r_n = -(mean over sentences of [takes up no word of the conversation] * likeness to what fits every post), -1 to 0.

    A word counts if it is neither a function word nor one that feeling and understanding are spoken of in
    (`partner.facts.SYMPATHY`). Sentences without such a word can be right ("You're missing him even while he sits in the next
    room."), so the nearest of the sentences written to fit any post decides: likeness = (cosine - NEAR) / (SAME - NEAR), within
    0 to 1. This project's term; 0 where nothing was written.

    For a post about a dog "I'm so sorry you're going through this." gets -0.92, "I'm so sorry about your dog." 0.
    """
    stock = Stock(resources.embedder)

    def score(pairs):
        likeness = stock.likeness([step.text for _, step in pairs])
        return [
            0.0 if holds(said(r.conversation), step.text) else 0.0 - like
            for (r, step), like in zip(pairs, likeness.tolist(), strict=True)
        ]

    return mean_over_sentences(score, empty=0.0)


def holds(post: str, sentence: str) -> bool:
    """Whether a sentence takes up a word of the post that is not one of sympathy alone."""
    return bool((content(sentence) & content(post)) - SYMPATHY)
