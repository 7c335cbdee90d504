"""Reader of EmpatheticDialogues (Rashkin et al., ACL 2019) with the labels of Welivita and Pu (COLING 2020).

Other people's data, for non-commercial research: read from the data folder, never part of this repository. Emotions are
what the speaker was asked to write about; the label of each turn comes from a classifier, not from people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from partner.types import Conversation, Role
from training.data.records import data_dir, read_lines

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Dialogue:
    """One conversation about an emotional situation.

    Attributes:
        id: unique within the data set.
        emotion: one of 32, what the conversation is about.
        situation: the speaker's description of it in a sentence or two.
        turns: `(role, text, label)`, oldest first; the label is an emotion, one of eight intents, or neutral.
    """

    id: str
    emotion: str
    situation: str
    turns: tuple[tuple[Role, str, str], ...]


@dataclass(frozen=True)
class Answer:
    """One supporter turn of a dialogue with all that was said before it.

    Attributes:
        id: the dialogue's id and the number of the turn.
        conversation: what the supporter answered: `post` is the last seeker turn, the reply is empty.
        text: what the supporter wrote.
        label: the intent or emotion of the answer (a classifier's).
        emotion: the dialogue's emotion.
        turns: seeker turns up to here, 1 for the first answer.
    """

    id: str
    conversation: Conversation
    text: str
    label: str
    emotion: str
    turns: int


def read_dialogues(split: Literal["train", "valid", "test"], folder: str | Path | None = None) -> Iterator[Dialogue]:
    """Yield the conversations of one split in file order.

    Args:
        split: `"train"`, `"valid"` or `"test"`.
        folder: the data folder that holds `empathetic_dialogues/`; see `data_dir` for the default.

    Raises:
        DataError: the file is missing, or a line is not a dialogue; the message has file and line number.
    """
    path = data_dir(folder) / "empathetic_dialogues" / f"{split}.jsonl.xz"
    yield from read_lines(path, "EmpatheticDialogues is needed, one conversation a line", "a dialogue", _dialogue)


def _dialogue(row: Any) -> Dialogue:
    turns = tuple((role, text, label) for role, text, label in row["turns"])
    if any(role not in ("seeker", "supporter") for role, _, _ in turns):
        raise ValueError("a role is neither seeker nor supporter")
    return Dialogue(row["id"], row["emotion"], row["situation"], turns)


def answers(dialogue: Dialogue) -> Iterator[Answer]:
    """Yield every supporter turn that follows a seeker turn, with what came before it."""
    seen = 0
    for number, (role, text, label) in enumerate(dialogue.turns):
        if role == "seeker":
            seen += 1
        elif number and dialogue.turns[number - 1][0] == "seeker":
            history = tuple((r, t) for r, t, _ in dialogue.turns[: number - 1])
            conversation = Conversation(dialogue.turns[number - 1][1], "", history)
            yield Answer(f"{dialogue.id}/{number}", conversation, text, label, dialogue.emotion, seen)
