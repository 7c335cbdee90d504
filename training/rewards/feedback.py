"""What supporters made of sentences like these: accepted +1, rejected -1, edited in between, from the page's local log.

The reward of a new sentence is a kernel regression on the decided ones (Nadaraya-Watson, with the reward of an unknown sentence
shrunk to 0)::

    r(x) = sum_i k_i r_i / (1 + sum_i k_i),   k_i = exp((cos(x, x_i) - 1) / width)

A sentence that was decided on once and comes back as it was earns half of its reward, one decided on nine times the same
way 0.9 of it; one that is like nothing in the log earns about 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from training.data.feedback import read_feedback
from training.data.records import DataError
from training.rewards.resources import Resources
from training.rewards.sentences import mean_over_sentences
from training.rewards.types import Reward, Rewrite, Step

WIDTH = 0.06
"""Falls to a third at cosine 0.94, which sentences of the same wording with another detail have, and to 0.04 at 0.8."""


def kernel(similarity: np.ndarray, rewards: np.ndarray, width: float = WIDTH) -> np.ndarray:
    """Rewards of n new sentences.

    Args:
        similarity: (n, m) cosines with the m decided sentences.
        rewards: (m,) what those earned.
    """
    weight = np.exp((similarity - 1) / width)
    return weight @ rewards / (1 + weight.sum(-1))


def make(resources: Resources) -> Reward:
    """Mean over the sentences that a rewrite added, between -1 and 1; 0 where it added none.

    Raises:
        DataError: no log was given, or it holds no decision.
    """
    if resources.feedback is None:
        raise DataError("the reward `feedback` reads the page's log: export it there and pass --feedback FILE.jsonl")
    log = read_feedback([resources.feedback])
    return of([entry.text for entry in log], [entry.reward for entry in log], resources.embedder.embed)


def of(texts: Sequence[str], rewards: Sequence[float], embed: Callable[[list[str]], np.ndarray]) -> Reward:
    """The reward that follows these decided sentences.

    Args:
        embed: unit vectors (n, width) of n texts.
    """
    known, earned = embed(list(texts)), np.asarray(rewards, dtype=np.float64)

    def score(pairs):
        return kernel(embed([step.text for _, step in pairs]) @ known.T, earned)

    return mean_over_sentences(score, empty=0.0, steps_of=_added)


def _added(rewrite: Rewrite) -> list[Step]:
    """As they were suggested: the log knows sentences by what one edit wrote."""
    return [step for step in rewrite.steps if step.text.strip()]
