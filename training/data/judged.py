"""Reader of suggestions that were read and judged one by one.

A line of `assets/corpus/judged.jsonl.xz` names a post and the sentences that the engine considered for it, each as `[mechanism,
source, label, sentence]`, with op and position behind them where they were noted. Labels are `right` (a kind, experienced
supporter would send it as it stands), `generic`, `wrong_fact`, `unnatural` or `harmful`; `round` says which engine it was.
Posts are records of the corpus, or posts with a mood (`training.data.moods`); `judged_more.jsonl.xz` goes on with later
rounds. The posts of `judged_forum.jsonl.xz` are other people's, and stay in the data folder: EPITOME's by the ids of post and
reply, Dreaddit's, which have no reply here, by number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from partner.models import assets_dir
from partner.prompt import Place
from partner.types import Mechanism
from training.data.edits import DISTRESS, EVERYDAY, MECHANISM, read_edits
from training.data.forum import forum_records
from training.data.moods import written_posts
from training.data.records import SHIPPED, Record, held_out, read_lines

LABELS = ("right", "generic", "wrong_fact", "unnatural", "harmful")
MORE = "judged_more.jsonl.xz"
"""Where sentences for the corpus's own posts go on behind `judged.jsonl.xz`."""
LEARNT = (1, 2)
"""Rounds that the policy learns from. With what was right in round 3 it grew bland, or wrong (`assets/policy/README.md`)."""


@dataclass(frozen=True)
class Judged:
    """One sentence and what a careful reader called it.

    Attributes:
        record: the post and draft it was suggested for.
        sentence, mechanism: the suggestion.
        label: one of `LABELS`.
        source: `"policy"`, `"retrieved"`, `"stock"` or `"anywhere"`.
        round: which engine suggested it.
        place: where in the draft; None where it was not noted.
    """

    record: Record
    sentence: str
    mechanism: Mechanism
    label: str
    source: str
    round: int
    place: Place | None = None


def read_judged(split: Literal["train", "dev"], folder: Path | None = None) -> Iterator[Judged]:
    """Yield the judged sentences for the corpus's own posts in file order.

    Args:
        split: `dev` gives the posts that are `training.data.records.held_out`, `train` the others.
        folder: where the corpus is; the shipped `assets/corpus` by default.

    Raises:
        DataError: the file is missing, or a line is not such a record; the message has file and line number.
    """
    corpus = folder or assets_dir() / "corpus"
    records = {record.id: record for record in (*read_edits("all", DISTRESS + EVERYDAY, folder), *written_posts(folder))}
    yield from _read(corpus / "judged.jsonl.xz", records, split)
    if (corpus / MORE).is_file():  # a corpus of one's own has one file
        yield from _read(corpus / MORE, records, split)


def read_judged_forum(split: Literal["train", "dev"], data: Path | None = None, folder: Path | None = None) -> Iterator[Judged]:
    """The same for posts of EPITOME and Dreaddit.

    Args:
        data: the data folder; see `training.data.records.data_dir` for the default.

    Raises:
        DataError: a file is missing or malformed.
    """
    yield from _read((folder or assets_dir() / "corpus") / "judged_forum.jsonl.xz", forum_records(data), split)


def read_all_judged(
    split: Literal["train", "dev"],
    data: Path | None = None,
    folder: Path | None = None,
    authored_only: bool = False,
    rounds: Collection[int] = SHIPPED,
) -> list[Judged]:
    """The judged sentences of the corpus's own posts and, unless `authored_only`, of EPITOME's and Dreaddit's.

    Args:
        rounds: of readings, those that are wanted.

    Raises:
        DataError: as `read_judged` and `read_judged_forum`.
    """
    forum = () if authored_only else read_judged_forum(split, data, folder)
    return [judged for judged in (*read_judged(split, folder), *forum) if judged.round in rounds]


def _read(path: Path, records: dict[str, Record], split: str) -> Iterator[Judged]:
    def judged(row: Any) -> list[Judged]:
        record, found = records[row["id"]], []
        for kind, source, label, sentence, *noted in row["read"]:
            if label not in LABELS:
                raise ValueError(f"unknown label {label!r}")
            place = Place(*noted, MECHANISM[kind]) if noted else None
            found.append(Judged(record, sentence, MECHANISM[kind], label, source, row["round"], place))
        return found

    for post in read_lines(path, "restore it with `git checkout -- assets/corpus`", "a post with judged sentences", judged):
        if post and held_out(post[0].record.conversation.post) == (split == "dev"):
            yield from post


def with_judged(records: list[Record], folder: Path | None = None) -> list[Record]:
    """Records with judged sentences (train split, rounds `LEARNT`) added to what is right (`more`) and wrong (`bad`)."""
    found: dict[str, list[Judged]] = {}
    for judged in read_judged("train", folder):
        if judged.round in LEARNT:
            found.setdefault(judged.record.id, []).append(judged)
    return [
        replace(
            record,
            more=(*record.more, *((j.sentence, j.mechanism, 2) for j in found.get(record.id, ()) if j.label == "right")),
            bad=(*record.bad, *((j.sentence, j.label) for j in found.get(record.id, ()) if j.label != "right")),
        )
        for record in records
    ]
