"""Empathy level alignment (EmpRL: Ma et al., "Empathy Level Alignment via Reinforcement Learning", arXiv 2408.02976).

The reply should reach the EPITOME level that a person's reply to the same conversation reached, on each mechanism, no
less and no more: a target that only asks a question is not answered better by sympathy. `make` gives the project's form,
`training.rewards.agreement` the form of the authors' code.
"""

from __future__ import annotations

from collections.abc import Sequence

from partner.types import MECHANISMS, Empathy
from training.data.records import DataError
from training.rewards.resources import Resources
from training.rewards.types import Reward, Rewrite


def make(resources: Resources) -> Reward:
    """minus the sum over mechanisms of E|level(generated) - level(target)|, between -6 and 0.

    The level of the generated reply is taken as the scorer's distribution, sum_l p(l) |l - t|, which is |level - t| where
    the scorer is sure and tells a near miss from a far one where it is not; the target's level t is the likeliest one.

    The reward raises DataError where a rewrite has no target.
    """

    def reward(rewrites: Sequence[Rewrite]) -> list[float]:
        generated, targets = scored(rewrites, resources)
        return [-sum(distances(g, t).values()) for g, t in zip(generated, targets, strict=True)]

    return reward


def scored(rewrites: Sequence[Rewrite], resources: Resources) -> tuple[list[Empathy], list[Empathy]]:
    """EPITOME of the generated and of the target reply of each rewrite, to the same post.

    Raises:
        DataError: a rewrite has no target.
    """
    for rewrite in rewrites:
        if not rewrite.target.strip():
            raise DataError(
                "the rewards `alignment` and `agreement` compare with a person's reply, and there is none for the post "
                f"{rewrite.conversation.post[:60]!r}: train with --task dialogue on data with replies, or leave them out"
            )
    generated = [(r.conversation.post, r.reply) for r in rewrites]
    found = resources.empathy(generated + [(r.conversation.post, r.target) for r in rewrites])
    return found[: len(rewrites)], found[len(rewrites) :]


def distances(generated: Empathy, target: Empathy) -> dict[str, float]:
    """E|level(generated) - level(target)| of each mechanism, 0 to 2."""
    return {
        m: sum(p * abs(level - target.levels[m]) for level, p in enumerate(getattr(generated, m).probabilities))
        for m in MECHANISMS
    }


def matches(generated: Empathy, target: Empathy) -> dict[str, bool]:
    """Whether the likeliest levels are equal, by mechanism."""
    return {m: generated.levels[m] == target.levels[m] for m in MECHANISMS}
