"""Unlike what is said to everybody: PARTNER's diversity, over posts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from partner.retrieval import Embedder
from training.rewards.resources import Resources
from training.rewards.sentences import mean_over_sentences
from training.rewards.types import Rewrite, Step

NEAREST = 8
"""A sentence is common if it has so many like it."""
LOG = 512
"""Sentences of earlier batches that are remembered."""
USUAL = 0.5
"""Mean over judged sentences for held-out posts, all in one batch."""


class Diversity:
    """r_d = mean over sentences s of 1 - (sum of the NEAREST largest cosines of s to sentences for other posts) / NEAREST.

    Those are the sentences of this batch for other posts, and the log: the last LOG sentences of the batches before. Source:
    the diversity of Sharma et al., WWW 2021 (distinct-n there, which no single rewrite has); embeddings of
    `partner.retrieval`, negative cosines counting 0. USUAL where nothing was written. A sentence that one post gets is never
    common; the stock phrase that every post gets is, and so is the same thought in other words.

    Nine posts that all get one sentence: 0.00 each. A tenth with "Fourteen years with Rex is half a lifetime.": over 0.6.

    The log makes a reward depend on the batches before: save `state_dict` with a checkpoint.
    """

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.log = np.zeros((0, 384), dtype=np.float32)
        self._mean = mean_over_sentences(self._score, empty=USUAL)

    def __call__(self, rewrites: Sequence[Rewrite]) -> list[float]:
        return self._mean(rewrites)

    def _score(self, pairs: Sequence[tuple[Rewrite, Step]]) -> Sequence[float]:
        texts = list(dict.fromkeys(step.text for _, step in pairs))
        at = {text: i for i, text in enumerate(texts)}
        vectors = self.embedder.embed(texts)[[at[step.text] for _, step in pairs]]
        posts = {post: i for i, post in enumerate(dict.fromkeys(rewrite.conversation.post for rewrite, _ in pairs))}
        owner = np.array([posts[rewrite.conversation.post] for rewrite, _ in pairs])
        here = np.where(owner[:, None] == owner, 0.0, vectors @ vectors.T)
        cosines = np.concatenate([here, vectors @ self.log.T, np.zeros((len(pairs), NEAREST))], axis=1).clip(0, 1)
        self.log = np.concatenate([self.log, vectors])[-LOG:]
        return 1 - np.sort(cosines, axis=1)[:, -NEAREST:].mean(axis=1)

    def state_dict(self) -> dict[str, np.ndarray]:
        """The log, `(sentences, 384)`."""
        return {"log": self.log}

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
        self.log = np.asarray(state["log"], dtype=np.float32)


def make(resources: Resources) -> Diversity:
    """A fresh `Diversity` with an empty log."""
    return Diversity(resources.embedder)
