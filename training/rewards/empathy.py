"""Empathy gained: PARTNER's r_e."""

from __future__ import annotations

from collections.abc import Sequence

from training.rewards.resources import Resources
from training.rewards.types import Reward, Rewrite


def make(resources: Resources) -> Reward:
    """r_e = sum over m in {ER, IP, EX} of E[level_m | post, reply after] - E[level_m | post, reply before], -6 to 6.

    E[level] = p(1) + 2 p(2) of `partner.empathy.EmpathyScorer`, the number that suggestions show. Source: Sharma et al.,
    WWW 2021, section 4.4, "empathy"; the expectation in place of the likeliest level, so that small gains count. The scorer
    also knows authored sentences: one trained on forum replies alone would pay for an invented past ("I was there too").

    To "my dog died this morning", "That sucks." scores 0.85 of 6, and 2.04 with "I'm so sorry about your dog." before it: 1.20.
    """

    def reward(rewrites: Sequence[Rewrite]) -> list[float]:
        before = [(r.conversation.post, r.conversation.reply) for r in rewrites]
        after = [(r.conversation.post, r.reply) for r in rewrites]
        scores = resources.empathy([*before, *after])
        return [b.total - a.total for a, b in zip(scores[: len(before)], scores[len(before) :], strict=True)]

    return reward
