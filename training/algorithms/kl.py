"""The weight of the KL divergence to the policy that training started from."""

from __future__ import annotations


class KLWeight:
    """A fixed weight, or one that steers the KL divergence to a target.

    The proportional controller of Ziegler et al. ("Fine-Tuning Language Models from Human Preferences", arXiv 1909.08593,
    section 2.2)::

        e = clip(KL / target - 1, -0.2, 0.2)        weight <- weight (1 + gain e)

    Args:
        value: the weight, or its first value.
        target: nats a trajectory; 0 keeps the weight as it is.
        gain: how fast it follows.
    """

    def __init__(self, value: float, target: float = 0.0, gain: float = 0.1) -> None:
        self.value, self.target, self.gain = value, target, gain

    def follow(self, kl: float) -> None:
        """Move the weight, once an update.

        Args:
            kl: mean of the summed log-ratios of a trajectory, nats.
        """
        if self.target:
            self.value *= 1 + self.gain * min(max(kl / self.target - 1, -0.2), 0.2)
