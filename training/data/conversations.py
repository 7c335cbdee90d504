"""Reader of a CSV of conversations, one turn a row, with rewards of the supporter's turns in columns `reward_*`.

The form follows the code of Jaques et al. (2019): any number of reward columns, chosen and weighted on the command line. ::

    conversation,role,text,reward_rating
    7,seeker,I failed the exam.,
    7,supporter,That must hurt. Which one was it?,1
    7,seeker,"Maths, for the second time.",
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, pstdev

from partner.types import Conversation, Role
from training.data.logged import WHOLE, Episode, Logged
from training.data.records import DataError

PREFIX = "reward_"
NEEDED = ("conversation", "role", "text")


@dataclass(frozen=True)
class Turn:
    """One turn of a conversation.

    Attributes:
        role: `"seeker"` or `"supporter"`.
        text: what was said.
        rewards: by column name; empty cells are left out, and the seeker's turns have none.
    """

    role: Role
    text: str
    rewards: Mapping[str, float]


Conversations = dict[str, list[Turn]]


def read_conversations(path: Path) -> Conversations:
    """The turns of each conversation in file order, by the conversation's id.

    Raises:
        DataError: the file is missing, a column is, or a row is malformed; the message names the line.
    """
    found: Conversations = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
            if missing:
                raise DataError(f"{path} has no column {', '.join(missing)}: the columns are {', '.join(NEEDED)} and {PREFIX}*")
            columns = [name for name in rows.fieldnames or () if name.startswith(PREFIX)]
            for row in rows:
                where = f"{path}:{rows.line_num}"
                if row["role"] not in ("seeker", "supporter"):
                    raise DataError(f"{where}: role is {row['role']!r}; use seeker or supporter")
                if not (row["text"] or "").strip():
                    raise DataError(f"{where}: the turn has no text")
                rewards = {name: _number(row[name], name, where) for name in columns if (row[name] or "").strip()}
                found.setdefault(row["conversation"], []).append(Turn(row["role"], row["text"].strip(), rewards))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a CSV of conversations: {error}") from error
    if not found:
        raise DataError(f"{path} holds no turns")
    return found


def _number(cell: str, name: str, where: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{where}: {name} is {cell!r}, not a number")
    return value


def write_conversations(path: Path, conversations: Conversations) -> None:
    """Write a CSV that `read_conversations` reads, with every reward column that any turn has."""
    columns = list(dict.fromkeys(name for turns in conversations.values() for turn in turns for name in turn.rewards))
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow([*NEEDED, *columns])
        for number, turns in conversations.items():
            for turn in turns:
                out.writerow([number, turn.role, turn.text, *(turn.rewards.get(name, "") for name in columns)])


def episodes(
    conversations: Conversations,
    weights: Mapping[str, float],
    normalise: bool = True,
    crisis: Callable[[Conversation], bool] | None = None,
) -> list[Episode]:
    """The supporter's turns that answer the seeker, one episode a conversation, with their weighted rewards.

    Args:
        conversations: from `read_conversations`.
        weights: of reward columns, with or without the `reward_` in front.
        normalise: standardise every column over the log first (mean 0, standard deviation 1), as that work advises.
        crisis: conversations in which it finds a state to be a crisis are left out whole.

    Raises:
        DataError: no weights, a column is missing, a supporter's turn lacks its cell, or all rewards are equal.
    """
    weights = {name if name.startswith(PREFIX) else PREFIX + name: weight for name, weight in weights.items()}
    present = sorted({name for turns in conversations.values() for turn in turns for name in turn.rewards})
    if not weights:
        raise DataError(f"no reward chosen: pass --reward column=weight with one of {', '.join(present) or 'the columns'}")
    scales = {name: _scale(conversations, name, present, normalise) for name in weights}
    found: list[Episode] = []
    for turns in conversations.values():
        states = [(n, _state(turns, n)) for n in range(1, len(turns)) if turns[n].role == "supporter"]
        states = [(n, state) for n, state in states if state is not None]
        if not states or (crisis and any(crisis(state) for _, state in states)):
            continue
        total = [
            math.fsum(w * (turns[n].rewards[name] - scales[name][0]) / scales[name][1] for name, w in weights.items())
            for n, _ in states
        ]
        found.append(tuple(Logged(s, (), WHOLE, turns[n].text, r) for (n, s), r in zip(states, total, strict=True)))
    if not found:
        raise DataError("no supporter's turn follows a seeker's turn (conversations with crisis signals do not count)")
    if len({entry.reward for episode in found for entry in episode}) == 1:
        raise DataError(f"every reply of the log earns the same {', '.join(weights)}: there is nothing to prefer")
    return found


def _state(turns: Sequence[Turn], n: int) -> Conversation | None:
    """What turn `n` answers; None where it does not answer the seeker."""
    if turns[n - 1].role != "seeker":
        return None
    return Conversation(turns[n - 1].text, "", tuple((t.role, t.text) for t in turns[: n - 1]))


def _scale(conversations: Conversations, name: str, present: Sequence[str], normalise: bool) -> tuple[float, float]:
    """Mean and standard deviation of a column, or 0 and 1."""
    if name not in present:
        raise DataError(
            f"the log has no column {name}; it has {', '.join(present) or 'no reward columns'}. "
            "`python -m training implicit-rewards` computes some from the text"
        )
    values = []
    for number, turns in conversations.items():
        for n in range(1, len(turns)):
            if turns[n].role == "supporter" and turns[n - 1].role == "seeker":
                if name not in turns[n].rewards:
                    raise DataError(f"conversation {number}, turn {n + 1}: the supporter's turn has no {name}; fill the cell")
                values.append(turns[n].rewards[name])
    if not normalise:
        return 0.0, 1.0
    return (fmean(values), pstdev(values) or 1.0) if values else (0.0, 1.0)
