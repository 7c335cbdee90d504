"""Expert trajectories (history, prompt, response), staggered over every turn as in EmpathyGAIL.

Muthukumar et al., "Generative Adversarial Imitation Learning for Empathy-based AI" (arXiv 2105.13328).
A dialogue of turns u1 u2 u3 u4 gives ((), u1, u2), ((u1, u2), u3, u4): what was said before, what is answered, and the
answer. With `both` it also gives ((u1), u2, u3), in which the seeker is the one who answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from partner.types import Conversation, Role
from training.data.empathetic_dialogues import Dialogue, read_dialogues
from training.data.records import DataError

OTHER: dict[Role, Role] = {"seeker": "supporter", "supporter": "seeker"}


@dataclass(frozen=True)
class Trajectory:
    """One expert decision: a person's response in its place in the dialogue.

    Attributes:
        id: the dialogue's id and the number of the turn.
        conversation: `history` and, as `post`, the prompt; the reply is empty.
        target: what the person answered.
        turns: prompts up to here, 1 for the first exchange of the dialogue.
    """

    id: str
    conversation: Conversation
    target: str
    turns: int


def staggered(dialogue: Dialogue, both: bool = False) -> Iterator[Trajectory]:
    """Every response of a dialogue with all that was said before it.

    Args:
        dialogue: turns, oldest first.
        both: the seeker's responses too, as in the paper. Then roles are swapped so that whoever answers is the
            supporter. Off by default: a policy that learns the seeker's side learns to tell troubles of its own.
    """
    asked: dict[Role, int] = {"seeker": 0, "supporter": 0}
    for number, (role, text, _) in enumerate(dialogue.turns):
        before = dialogue.turns[number - 1] if number else None
        if before and before[0] != role and (role == "supporter" or both):
            swap = role == "seeker"
            history = tuple((OTHER[r] if swap else r, t) for r, t, _ in dialogue.turns[: number - 1])
            yield Trajectory(f"{dialogue.id}/{number}", Conversation(before[1], "", history), text, asked[before[0]])
        asked[role] += 1


def read_trajectories(
    split: Literal["train", "valid", "test"],
    folder: str | Path | None = None,
    limit: int | None = None,
    both: bool = False,
    wanted: Callable[[Trajectory], bool] = lambda one: bool(one.target.strip()),
    crisis: Callable[[Conversation], bool] | None = None,
) -> list[Trajectory]:
    """Expert trajectories of one split of EmpatheticDialogues, in an order of their own that is always the same.

    Args:
        split: `"train"`, `"valid"` or `"test"`.
        folder: the data folder; see `data_dir` for the default.
        limit: so many at most.
        both: see `staggered`.
        wanted: which ones to keep; by default those with a response. `training.dialogue.unfit` tells responses that are no
            example to follow, such as "I lost my dog too".
        crisis: says of which conversations nothing may be generated; those are left out.

    Raises:
        DataError: the data is missing or malformed, or nothing is left of it.
    """
    kept: list[Trajectory] = []
    everything = [one for dialogue in read_dialogues(split, folder) for one in staggered(dialogue, both)]
    Random(split).shuffle(everything)
    for one in everything:
        if len(kept) == limit:
            break
        if wanted(one) and not (crisis and crisis(one.conversation)):
            kept.append(one)
    if not kept:
        raise DataError(f"no expert trajectory in EmpatheticDialogues {split}: check --limit and the data folder")
    return kept
