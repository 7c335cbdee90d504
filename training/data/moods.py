"""Reader of posts whose mood was read one by one (`assets/corpus/moods.jsonl.xz`).

A line holds a mood and either a post written for this project, some with an id and a draft, or the id of one: of a record of
the corpus, or of somebody else's post, which stays in the data folder (`training.data.forum`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from partner.models import assets_dir
from partner.mood import MOODS
from partner.types import Conversation, Mood
from training.data.edits import DISTRESS, EVERYDAY, read_edits
from training.data.forum import forum_records
from training.data.records import Record, read_lines

FILE = "moods.jsonl.xz"
T = TypeVar("T")


def read_moods(data: Path | None = None, folder: Path | None = None, authored_only: bool = False) -> Iterator[tuple[str, Mood]]:
    """Yield posts and moods in file order.

    Args:
        data: the data folder; see `training.data.records.data_dir` for the default.
        folder: where the corpus is; the shipped `assets/corpus` by default.
        authored_only: leave other people's posts out; the data folder is not needed then.

    Raises:
        DataError: a file is missing, or a line is not such a post; the message has file and line number.
    """
    records = {record.id: record for record in read_edits("all", DISTRESS + EVERYDAY, folder)}
    records |= {} if authored_only else forum_records(data)

    def found(row: Any) -> tuple[str, Mood] | None:
        if row["mood"] not in MOODS:
            raise ValueError(f"unknown mood {row['mood']!r}")
        if "post" in row:
            return row["post"], row["mood"]
        if authored_only and row["id"] not in records:
            return None
        return records[row["id"]].conversation.post, row["mood"]

    yield from _lines(folder, found)


def written_posts(folder: Path | None = None) -> Iterator[Record]:
    """Yield the posts written for their mood that have an id; none where the corpus has no such file.

    Raises:
        DataError: as `read_moods`.
    """

    def found(row: Any) -> Record | None:
        if not {"post", "id"} <= row.keys():
            return None
        return Record(row["id"], Conversation(row["post"], row["reply"]), source="moods")

    if ((folder or assets_dir() / "corpus") / FILE).is_file():  # a corpus of one's own has none
        yield from _lines(folder, found)


def _lines(folder: Path | None, found: Callable[[Any], T | None]) -> Iterator[T]:
    path = (folder or assets_dir() / "corpus") / FILE
    yield from read_lines(path, "restore it with `git checkout -- assets/corpus`", "a post with its mood", found)
