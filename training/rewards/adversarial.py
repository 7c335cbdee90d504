"""How human a reply looks to a discriminator: its log-odds.

GAIL (Ho and Ermon, NeurIPS 2016) for dialogue, as in EmpathyGAIL (Muthukumar et al., 2021).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from training.data.records import DataError
from training.discriminator import Discriminator
from training.rewards.resources import Resources
from training.rewards.types import Reward, Rewrite

BOUND = 4.0
"""Log-odds beyond this say no more than that the discriminator has won; unbounded they would drown every other term."""


def log_odds(logits: Tensor, bound: float = BOUND) -> Tensor:
    """r = log D - log(1 - D), which is the logit of D = sigmoid(logit), kept within `bound`.

    Zero where the discriminator cannot tell; the optimal D = p_human / (p_human + p_policy) makes it log p_human / p_policy,
    so that a policy that maximises it with an entropy bonus descends the KL divergence to the human one.
    """
    return logits.clamp(-bound, bound)


def make(resources: Resources) -> Reward:
    """The reward of one fixed discriminator, read from `--reward-model`; `python -m training gail` trains it alongside.

    Raises:
        DataError: no folder of a discriminator was given.
        ModelError: the folder holds none.
    """
    if resources.reward_model is None:
        raise DataError("the reward `adversarial` needs a discriminator: --reward-model RUN/discriminator, written by gail")
    return of(Discriminator.load(resources.reward_model))


def of(discriminator: Discriminator) -> Reward:
    """The reward that follows a discriminator as it is at each call."""

    def reward(rewrites: Sequence[Rewrite]) -> list[float]:
        return log_odds(discriminator.logits([(r.conversation, r.reply) for r in rewrites])).tolist()

    return reward
