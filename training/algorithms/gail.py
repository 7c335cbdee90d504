"""Generative adversarial imitation learning of replies (Ho and Ermon, NeurIPS 2016), as EmpathyGAIL applies it to empathy.

Muthukumar et al., "Generative Adversarial Imitation Learning for Empathy-based AI" (arXiv 2105.13328), after TextGAIL (Wu
et al., AAAI 2021). The saddle point sought is Ho and Ermon's::

    min over pi, max over D:  E_expert[log D(s, a)] + E_pi[log(1 - D(s, a))] - lambda H(pi)

with s = (history, prompt), a = the whole response. One update, as in TextGAIL's code: part of the batch is people's
responses instead of generated ones (the human-demonstration mix), rewards come from the discriminator, PPO moves the
generator, and then the discriminator sees the new responses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

import torch
from torch import Tensor

from training.algorithms.batch import Batch, Decide
from training.algorithms.processes import total
from training.discriminator import Discriminator, Pair
from training.environment import with_rewards
from training.rewards.adversarial import log_odds


@dataclass(frozen=True)
class GAILArgs:
    """What GAIL is run with, besides PPO's own arguments.

    Attributes:
        demonstrations: share of the trajectories of a batch that are people's, at the start (EmpathyGAIL: 0.3); it falls
            linearly to 0 at the last step.
        demonstration_reward: constant reward of people's trajectories, in standard deviations of the generated ones'
            rewards (TextGAIL's code: 2).
        minibatch: responses of either kind in one update of the discriminator (TextGAIL: 8).
        passes: times the discriminator sees a batch; 0 keeps it as it was pretrained.
    """

    demonstrations: float = 0.3
    demonstration_reward: float = 2.0
    minibatch: int = 8
    passes: int = 1


LEAST_SPREAD = 0.1
"""Log-odds that differ by less are an undecided discriminator's noise, which standardising must not turn into a reward."""


class Learner(Protocol):
    """What GAIL needs of PPO."""

    def update(self, batch: Batch, decide: Decide) -> dict[str, float]: ...


def demonstration_share(step: int, steps: int, start: float) -> float:
    """Share of people's trajectories at `step` of 0..steps-1: linear from `start` to 0 at the last step.

    >>> [round(demonstration_share(step, 4, 0.3), 2) for step in range(4)]
    [0.3, 0.2, 0.1, 0.0]
    """
    return start * (1 - step / max(1, steps - 1))


def mixed_rewards(logits: Tensor, human: Tensor, constant: float) -> Tensor:
    """Rewards of a batch that holds people's trajectories: standardised log-odds for generated ones, else the constant.

    Standardising keeps the constant's meaning while the discriminator gets better and log-odds grow.

    Args:
        logits: (B,) of the discriminator; those of people's trajectories are not used.
        human: (B,) bool, which trajectories are people's.
        constant: reward of those.

    Returns:
        (B,) rewards; generated ones have mean 0 and standard deviation 1 (less where log-odds hardly differ).
    """
    own = log_odds(logits[~human])
    count, first, second = total(torch.stack([torch.ones_like(own).sum(), own.sum(), (own**2).sum()])).tolist()
    mean = first / max(1, count)
    spread = max(0.0, second / max(1, count) - mean**2) ** 0.5
    rewards = torch.full_like(logits, constant)
    rewards[~human] = (own - mean) / max(spread, LEAST_SPREAD)
    return rewards


class GAIL:
    """Alternates PPO on the discriminator's reward with the discriminator's own updates.

    Args:
        learner: PPO on the policy.
        discriminator: D, pretrained against the starting policy.
        args: see `GAILArgs`.
    """

    def __init__(self, learner: Learner, discriminator: Discriminator, args: GAILArgs) -> None:
        self.learner, self.discriminator, self.args = learner, discriminator, args
        self.optimizer = discriminator.optimizer()

    def update(
        self,
        batch: Batch,
        decide: Decide,
        responses: Sequence[Pair],
        human: Tensor,
        expert: Sequence[Pair],
        rng: Random,
    ) -> dict[str, float]:
        """One update of generator and discriminator.

        Args:
            batch: trajectories, people's among them; its rewards are ignored.
            decide: gives their decisions under the present weights.
            responses: what each trajectory answered to which conversation.
            human: (B,) bool, which trajectories are people's.
            expert: people's responses to the same conversations, for the discriminator.
            rng: order of the discriminator's minibatches.

        Returns:
            figures for the log: PPO's own, mean log-odds of the generated, loss and accuracy of the discriminator before
            each of its updates.
        """
        logits = self.discriminator.logits(responses)
        rewards = mixed_rewards(logits, human, self.args.demonstration_reward)
        figures = self.learner.update(with_rewards(batch, rewards.tolist()), decide)
        figures["log_odds"] = log_odds(logits[~human]).mean().item() if not human.all() else 0.0
        generated = [pair for pair, person in zip(responses, human.tolist(), strict=True) if not person]
        return figures | self.discriminate(expert, generated, rng)

    def discriminate(self, expert: Sequence[Pair], generated: Sequence[Pair], rng: Random) -> dict[str, float]:
        """`passes` of minibatches over people's and generated responses, as many of either kind in each."""
        figures: dict[str, list[float]] = {"loss": [], "accuracy": []}
        for _ in range(self.args.passes):
            people, made = rng.sample(list(expert), len(expert)), rng.sample(list(generated), len(generated))
            for start in range(0, min(len(people), len(made)), self.args.minibatch):
                chosen = slice(start, start + self.args.minibatch)
                for name, value in self.discriminator.step(people[chosen], made[chosen], self.optimizer).items():
                    figures[name].append(value)
        return {f"discriminator_{name}": sum(v) / len(v) for name, v in figures.items() if v}
