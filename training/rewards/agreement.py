"""The empathy reward as in the code of EmpRL (Ma et al., arXiv 2408.02976; `rewards.py` of their repository).

exp(-(CE_er + CE_ip + CE_ex)), with the cross-entropies of three empathy identifiers on the generated reply against the
levels of the target reply: the probability that all three levels are the target's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from partner.types import MECHANISMS
from training.rewards.alignment import scored
from training.rewards.resources import Resources
from training.rewards.types import Reward, Rewrite


def make(resources: Resources) -> Reward:
    """Product over mechanisms of p(level(target) | post, generated), between 0 and 1.

    The reward raises DataError where a rewrite has no target.
    """

    def reward(rewrites: Sequence[Rewrite]) -> list[float]:
        generated, targets = scored(rewrites, resources)
        return [
            math.prod(getattr(g, m).probabilities[t.levels[m]] for m in MECHANISMS)
            for g, t in zip(generated, targets, strict=True)
        ]

    return reward
