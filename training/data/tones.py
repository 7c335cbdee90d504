"""Reader of drafts that were read sentence by sentence (`assets/corpus/tones.jsonl.xz`): which would hurt?

A line holds the id of a record of the corpus or of EPITOME, whose text stays in the data folder, and for each reader a letter
for each sentence of the draft: `k` it may stay, `f` it is flat (empty here, or passes over the feeling), `h` it may hurt or
belittle this person. Posts of a development part were read by two readers unknown to each other, the others by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partner.models import assets_dir
from partner.text import split
from partner.tone import TONES
from partner.types import Conversation
from training.data.edits import DISTRESS, read_edits
from training.data.epitome import read_epitome
from training.data.records import read_lines

LETTERS = "kfh"
"""Of `partner.tone.TONES`."""


@dataclass(frozen=True)
class ReadDraft:
    """A draft and what readers said of its sentences.

    Attributes:
        conversation: with the draft.
        sentences: of the draft.
        tones: for each reader, the number of one of `TONES` for each sentence.
        held_out: whether the post belongs to a development part.
        forum: whether a person wrote the draft (EPITOME).
    """

    conversation: Conversation
    sentences: tuple[str, ...]
    tones: tuple[tuple[int, ...], ...]
    held_out: bool
    forum: bool


def read_tones(data: Path | None = None, folder: Path | None = None, authored_only: bool = False) -> Iterator[ReadDraft]:
    """Yield the drafts in file order.

    Args:
        data: the data folder; see `training.data.records.data_dir` for the default.
        folder: where the corpus is; the shipped `assets/corpus` by default.
        authored_only: leave EPITOME's out; the data folder is not needed then.

    Raises:
        DataError: a file is missing, or a line does not fit its draft; the message has file and line number.
    """
    records = {}
    for part in ("train", "dev"):
        forum = () if authored_only else read_epitome(part, data)
        records |= {r.id: (r, part == "dev", True) for r in forum}
        records |= {r.id: (r, part == "dev", False) for r in read_edits(part, DISTRESS, folder)}

    def found(row: Any) -> ReadDraft | None:
        if authored_only and row["id"] not in records:
            return None
        record, held_out, forum = records[row["id"]]
        sentences = split(record.conversation.reply).sentences
        tones = tuple(tuple(LETTERS.index(letter) for letter in letters) for letters in row["tones"])
        if not tones or any(len(one) != len(sentences) for one in tones):
            raise ValueError(f"the draft has {len(sentences)} sentences")
        return ReadDraft(record.conversation, tuple(sentences), tones, held_out, forum)

    assert len(LETTERS) == len(TONES)
    path = (folder or assets_dir() / "corpus") / "tones.jsonl.xz"
    yield from read_lines(path, "restore it with `git checkout -- assets/corpus`", "a draft with its tones", found)
