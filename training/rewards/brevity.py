"""Few words added, few words lost."""

from __future__ import annotations

import math
from collections.abc import Sequence

from partner.edit_rate import edit_rate
from training.rewards.resources import Resources
from training.rewards.types import Reward, Rewrite


def make(resources: Resources) -> Reward:
    """r_b = -log(1 + edit rate), the edit rate being word-level edit distance over the words of the reply before; 0 or less.

    Source: the edit rate of Sharma et al., WWW 2021, section 6 (`partner.edit_rate`). The logarithm keeps one sentence added to
    a draft of two words from outweighing everything. An empty reply has no edit rate and gets 0; `length` bounds those.

    Three words added to a reply of six: an edit rate of 0.5, a reward of -0.41.
    """

    def reward(rewrites: Sequence[Rewrite]) -> list[float]:
        return [0.0 - math.log1p(edit_rate(r.conversation.reply, r.reply) or 0.0) for r in rewrites]

    return reward
