"""What people prefer: the score of a reward model trained on pairwise ratings (Bansal, "Automating Empathy", 2023)."""

from __future__ import annotations

from collections.abc import Sequence

from training.data.records import DataError
from training.reward_network import RewardModel
from training.rewards.resources import Resources
from training.rewards.types import Reward, Rewrite


def make(resources: Resources) -> Reward:
    """The reward model's score of the whole reply: unbounded, zero for the average of the rated replies.

    A reply that is empty or was not ended earns what the worst rated reply does. Raters like longer replies, and a policy soon
    finds that the longest are those that never end.

    Raises:
        DataError: no reward model was given.
        ModelError: the folder holds none.
    """
    if resources.reward_model is None:
        raise DataError(
            "the reward `preference` needs a reward model: train one with `python -m training reward-model --out RUN` "
            "and pass --reward-model RUN"
        )
    model = RewardModel.load(resources.reward_model)

    def reward(rewrites: Sequence[Rewrite]) -> list[float]:
        scores = model.score([r.conversation for r in rewrites], [r.reply for r in rewrites])
        worst = float(model.lowest)
        return [score if r.steps and r.reply else worst for score, r in zip(scores, rewrites, strict=True)]

    return reward
