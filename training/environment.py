"""What a learner needs of a task: states to start from, and batches of trajectories with the texts they made.

Two tasks share the learners: editing a reply (`training.rollouts.RewriteEnvironment`) and writing one
(`training.dialogue.DialogueEnvironment`). An environment knows the texts and the policy's layout; rewards and
updates are the caller's (`training.rl`)::

    rollout = environment.rollout(policy, reference, states, samples, generator)
    total, terms = rewards(rollout.rewrites)
    batch = with_rewards(rollout.batch, total)
    learner.update(batch, rollout.decide)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from partner.policy import PartnerPolicy
from partner.types import Conversation
from training.algorithms.batch import Batch, Decide, Decisions

if TYPE_CHECKING:
    from training.rewards.types import Rewrite


@dataclass(frozen=True)
class State:
    """Where an episode starts.

    Attributes:
        conversation: post, history and the reply to edit (empty in dialogue).
        target: what a person replied here, where known (EmpRL's alignment, GAIL's demonstrations).
        source: the data it is from, where there are several; the report keeps them apart.
    """

    conversation: Conversation
    target: str = ""
    source: str = ""


@dataclass(frozen=True)
class Rollout:
    """Trajectories and the texts they made.

    Attributes:
        batch: all rewards zero; `with_rewards` fills them in. The samples of a state are neighbours:
            trajectory i started from state i // samples.
        rewrites: one a trajectory, in the order of the batch.
        decide: gives the decisions of the trajectories again, differentiably, under the present weights.
        notes: figures of the task itself for the log, e.g. edits an episode; means over the trajectories.
    """

    batch: Batch
    rewrites: list[Rewrite]
    decide: Decide
    notes: dict[str, float] = field(default_factory=dict)


class Environment(Protocol):
    """A task that on-policy learners can train on."""

    def states(self, split: Literal["train", "dev"]) -> Sequence[State]:
        """All states of a split in a fixed order; posts with crisis signals are left out.

        Raises:
            DataError: there is no such data, or a line of it is malformed.
        """
        ...

    def rollout(
        self, policy: PartnerPolicy, reference: PartnerPolicy, states: Sequence[State], samples: int, generator: torch.Generator
    ) -> Rollout:
        """Draw `samples` trajectories from every state, all side by side.

        `batch.log_probs` and `batch.reference` are of the very distribution (temperature, masked tokens) that `decide`
        scores again.

        Args:
            policy, reference: the policy that acts, and the frozen one that training started from.
            states: where to start; the rollout is one unit of memory, so callers pass a few states on a CPU and many on a GPU.
            samples: trajectories a state.
            generator: on the CPU; the only source of randomness.
        """
        ...


def with_rewards(batch: Batch, totals: Sequence[float]) -> Batch:
    """The batch with each trajectory's total reward received after its last decision.

    Args:
        totals: one number a trajectory.
    """
    last = batch.mask.sum(1) - 1
    rewards = torch.zeros_like(batch.rewards)
    rewards[torch.arange(len(batch), device=rewards.device), last] = torch.tensor(totals, device=rewards.device)
    return replace(batch, rewards=rewards)


def join(rollouts: Sequence[Rollout]) -> Rollout:
    """Several rollouts as one: states are numbered on, and notes are means weighted by trajectories."""
    sizes = [len(r.batch) for r in rollouts]
    width = max(r.batch.mask.shape[1] for r in rollouts)
    states, starts = [], [0]
    for r in rollouts:
        states.append(r.batch.state + (int(states[-1].max()) + 1 if states else 0))
        starts.append(starts[-1] + len(r.batch))

    def wide(tensor: Tensor) -> Tensor:
        return functional.pad(tensor, (0, width - tensor.shape[1]))

    def decide(policy: PartnerPolicy, chosen: Tensor) -> Decisions:
        found: list[tuple[Tensor, Decisions]] = []
        for start, end, r in zip(starts, starts[1:], rollouts, strict=False):
            here = ((chosen >= start) & (chosen < end)).nonzero()[:, 0]
            if len(here):
                found.append((here, r.decide(policy, chosen[here] - start)))
        order = torch.cat([here for here, _ in found]).argsort()
        return Decisions(
            torch.cat([wide(d.log_probs) for _, d in found])[order],
            torch.cat([wide(d.entropy) for _, d in found])[order],
            torch.cat([functional.pad(d.hidden, (0, 0, 0, width - d.hidden.shape[1])) for _, d in found])[order],
        )

    tensors = {
        name: torch.cat([wide(getattr(r.batch, name)) for r in rollouts])
        for name in ("log_probs", "reference", "rewards", "mask")
    }
    notes = {
        name: sum(r.notes[name] * n for r, n in zip(rollouts, sizes, strict=True)) / sum(sizes) for name in rollouts[0].notes
    }
    rewrites = [rewrite for r in rollouts for rewrite in r.rewrites]
    return Rollout(Batch(**tensors, state=torch.cat(states)), rewrites, decide, notes)
