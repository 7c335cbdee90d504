"""The same sentence again, in one reply or for every post."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from partner.guards import duplicate, words
from training.rewards.resources import Resources
from training.rewards.sentences import written
from training.rewards.types import Rewrite, Step


class Repetition:
    """r_p = -(sentences written that say what a sentence of the reply says already)
             - mean over sentences of (share of the batch's other posts that got the very same sentence); 0 or less.

    Saying again is `partner.guards.duplicate`. The first part counts, since each repetition is one too many; the second lies
    between -1 and 0 and is what keeps a policy from one stock sentence that scores well everywhere. This project's term.

    "I'm so sorry. I am really sorry." with the second sentence written: -1. A sentence that 3 of 11 other posts got: -0.27.

    Nothing is remembered from batch to batch; the empty state says that the term looks at a batch as a whole.
    """

    def __call__(self, rewrites: Sequence[Rewrite]) -> list[float]:
        steps = [written(rewrite) for rewrite in rewrites]
        posts_with: dict[str, set[str]] = defaultdict(set)
        for rewrite, mine in zip(rewrites, steps, strict=True):
            for step in mine:
                posts_with[_key(step.text)].add(rewrite.conversation.post)
        others = len({rewrite.conversation.post for rewrite in rewrites}) - 1
        values = []
        for mine in steps:
            again = sum(any(duplicate(step.text, s) for s in _kept(step)) for step in mine)
            shared = sum(len(posts_with[_key(step.text)]) - 1 for step in mine) / max(1, others * len(mine))
            values.append(-again - shared)
        return values

    def state_dict(self) -> dict[str, np.ndarray]:
        return {}

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
        """There is none."""


def make(resources: Resources) -> Repetition:
    """The term; it needs no model."""
    return Repetition()


def _kept(step: Step) -> Sequence[str]:
    replaced = step.place.op == "replace"
    return [s for i, s in enumerate(step.sentences) if not (replaced and i == step.place.at)]


def _key(sentence: str) -> str:
    return " ".join(words(sentence))
