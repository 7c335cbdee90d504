"""Unlike what is said to everybody: PARTNER's diversity, over posts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from partner.retrieval import Embedder
from training.rewards.resources import Resources
from training.rewards.sentences import written
from training.rewards.types import Rewrite

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

    def __call__(self, rewrites: Sequence[Rewrite]) -> list[float]:
        steps = [written(rewrite) for rewrite in rewrites]
        flat = [(rewrite.conversation.post, step.text) for rewrite, mine in zip(rewrites, steps, strict=True) for step in mine]
        if not flat:
            return [USUAL] * len(rewrites)
        texts = list(dict.fromkeys(text for _, text in flat))
        at = {text: i for i, text in enumerate(texts)}
        vectors = self.embedder.embed(texts)[[at[text] for _, text in flat]]
        posts = {post: i for i, post in enumerate(dict.fromkeys(post for post, _ in flat))}
        owner = np.array([posts[post] for post, _ in flat])
        here = np.where(owner[:, None] == owner, 0.0, vectors @ vectors.T)
        cosines = np.concatenate([here, vectors @ self.log.T, np.zeros((len(flat), NEAREST))], axis=1).clip(0, 1)
        values = iter((1 - np.sort(cosines, axis=1)[:, -NEAREST:].mean(axis=1)).tolist())
        self.log = np.concatenate([self.log, vectors])[-LOG:]
        return [sum(next(values) for _ in mine) / len(mine) if mine else USUAL for mine in steps]

    def state_dict(self) -> dict[str, np.ndarray]:
        """The log, `(sentences, 384)`."""
        return {"log": self.log}

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
        self.log = np.asarray(state["log"], dtype=np.float32)


def make(resources: Resources) -> Diversity:
    """A fresh `Diversity` with an empty log."""
    return Diversity(resources.embedder)
