"""Fluency of the reply after: PARTNER's r_f."""

from __future__ import annotations

import math
from collections.abc import Sequence

from partner.likelihood import reply_log_likelihoods
from training.rewards.resources import Resources
from training.rewards.types import Reward, Rewrite


def make(resources: Resources) -> Reward:
    """r_f = p(reply after)^(1 / tokens), the inverse perplexity under the frozen reference policy's language model, 0 to 1.

    Source: Sharma et al., WWW 2021, section 4.4, "text fluency". The policy that is trained never judges
    itself. The post is not shown: whether the reply fits it is the business of specificity and trust. A reply with no
    words gets 0.

    "I'm so sorry about your dog. That sucks." gets 0.028 from the shipped policy, with the words of the first sentence shuffled
    0.001.
    """

    def reward(rewrites: Sequence[Rewrite]) -> list[float]:
        means = reply_log_likelihoods(resources.reference, [r.reply for r in rewrites])
        return [math.exp(mean) if mean else 0.0 for mean in means]

    return reward
