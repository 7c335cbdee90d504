"""No interrogation: questions one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from partner.text import split
from training.rewards.resources import Resources
from training.rewards.types import Reward, Rewrite


def make(resources: Resources) -> Reward:
    """r_i = -(questions that directly follow a question in the reply after, less those of the reply before), 0 or less.

    Every question raises EPITOME's exploration, and a row of them is what supporters are taught not to do (Sharma et al.,
    EMNLP 2020, ask for one that opens the talk); this project's term.

    "How are you? Did you sleep? Have you eaten?" -2; the same two questions with an answer's worth of sympathy between them 0.
    """

    def reward(rewrites: Sequence[Rewrite]) -> list[float]:
        return [float(min(0, _followed(r.conversation.reply) - _followed(r.reply))) for r in rewrites]

    return reward


def _followed(reply: str) -> int:
    asks = [sentence.rstrip(" \"'”’)").endswith("?") for sentence in split(reply).sentences]
    return sum(a and b for a, b in pairwise(asks))
