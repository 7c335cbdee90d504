"""What a reward judges: a rewrite, edit by edit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from partner.prompt import Place
from partner.types import Conversation


@dataclass(frozen=True)
class Step:
    """One edit of an episode, in the state in which it was made.

    Attributes:
        sentences: sentences of the reply before the edit.
        place: where and how; `at` indexes `sentences`.
        text: the new sentence, "" for `delete`.
    """

    sentences: tuple[str, ...]
    place: Place
    text: str


@dataclass(frozen=True)
class Rewrite:
    """One episode.

    Attributes:
        conversation: post, history and the reply before (empty for dialogue).
        steps: the edits made, in order; none where the policy stopped at once. Dialogue has one insert that holds the whole
            reply.
        reply: the reply after.
        target: what a person replied to the same conversation, where it is known (EmpRL, GAIL).
    """

    conversation: Conversation
    steps: tuple[Step, ...]
    reply: str
    target: str = ""


Reward = Callable[[Sequence[Rewrite]], list[float]]
"""Scores of a batch of rewrites, one each, in order."""


class WholeReward(Protocol):
    """A reward that looks at a batch as a whole, and may remember earlier ones; its state goes with a checkpoint."""

    def __call__(self, rewrites: Sequence[Rewrite]) -> list[float]: ...

    def state_dict(self) -> dict[str, np.ndarray]: ...

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None: ...
