"""What every on-policy learner learns from: trajectories of decisions as padded rows.

A decision is a token, or the choice of a place (`log pi(where, how)`, `partner.policy`); a trajectory is all decisions of
one episode, or of one reply, in order. Learners see only these tensors and a function that gives the log-probabilities
again under the present weights, so the same REINFORCE or PPO learns to edit replies and to write them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from partner.policy import PartnerPolicy


@dataclass(frozen=True)
class LearnerArgs:
    """What an update of any on-policy learner is made with.

    Attributes:
        learning_rate: of AdamW, constant.
        kl: weight of the KL to the warm start in the rewards (the first one, where it adapts).
        kl_target: nats a trajectory that an adaptive weight steers to; 0 keeps it fixed.
        entropy: weight of the mean entropy of a decision, in nats.
        normalise: divide advantages by their standard deviation (PPO takes off their mean first).
        max_norm: gradients are clipped to this norm.
        states_a_pass: states a backward pass; more need more memory and change nothing else.
    """

    learning_rate: float = 1e-5
    kl: float = 0.05
    kl_target: float = 0.0
    entropy: float = 0.0
    normalise: bool = True
    max_norm: float = 1.0
    states_a_pass: int = 1


@dataclass(frozen=True)
class Batch:
    """B trajectories of at most T decisions.

    Attributes:
        log_probs: (B, T) float32, log-probability of each decision under the policy that took it, nats.
        reference: (B, T) float32, the same under the frozen policy that training started from.
        rewards: (B, T) float32, reward received after each decision (mostly zero but for the last).
        mask: (B, T) bool, True where there is a decision.
        state: (B,) long, equal for trajectories that started from the same state (leave-one-out baselines).
    """

    log_probs: Tensor
    reference: Tensor
    rewards: Tensor
    mask: Tensor
    state: Tensor

    def __len__(self) -> int:
        return len(self.state)

    def rows(self, chosen: Tensor) -> Batch:
        """The trajectories numbered `chosen` (a minibatch)."""
        return Batch(*(getattr(self, f.name)[chosen] for f in fields(self)))

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        return Batch(*(getattr(self, f.name).to(device) for f in fields(self)))


@dataclass(frozen=True)
class Decisions:
    """The decisions of some trajectories under the present weights.

    Attributes:
        log_probs: (b, T) differentiable log-probabilities of the decisions taken.
        entropy: (b, T) entropy of the distribution each was drawn from, nats.
        hidden: (b, T, hidden) last-layer state that each decision was made in, for a value head.
    """

    log_probs: Tensor
    entropy: Tensor
    hidden: Tensor


Decide = Callable[[PartnerPolicy, Tensor], Decisions]
"""Gives the decisions of the trajectories whose numbers are passed, under a policy; closes over the texts of the batch."""


def kl_per_decision(log_probs: Tensor, reference: Tensor) -> Tensor:
    """The unbiased, always positive estimate r - 1 - log r with r = reference / policy (Schulman, 2020, "k3"), nats."""
    ratio = reference - log_probs
    return torch.expm1(ratio) - ratio


def by_state(state: Tensor, size: int) -> list[Tensor]:
    """Numbers of the trajectories, `size` states at a time: samples of one state share its encoded post.

    Args:
        state: (B,), as in `Batch`.
    """
    order = list(dict.fromkeys(state.tolist()))
    parts = [order[i : i + size] for i in range(0, len(order), size)]
    return [torch.isin(state, torch.tensor(part, device=state.device)).nonzero()[:, 0] for part in parts]


def check_finite(**terms: float) -> None:
    """Refuse to learn from a loss that is not a number.

    Raises:
        FloatingPointError: one is not finite; the message names it.
    """
    wrong = {name: value for name, value in terms.items() if not math.isfinite(value)}
    if wrong:
        raise FloatingPointError("not finite: " + ", ".join(f"{name} is {value}" for name, value in wrong.items()))
