"""Reader of the project's own supportive-edit records (`partner.corpus.record_files`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from partner.corpus import opened, record_files
from partner.models import assets_dir
from partner.types import Conversation, Edit, Mechanism
from training.data.records import DataError, Record

DISTRESS = "abcdefghijklmnopq"
"""Files whose seekers are in distress, or have news to share."""
EVERYDAY = "r"
"""The file of posts without distress: greetings, practical questions, small talk."""

MECHANISM: dict[str, Mechanism] = {"ER": "emotional_reaction", "IP": "interpretation", "EX": "exploration"}


def read_edits(
    split: Literal["train", "dev", "all"] = "train", files: str = DISTRESS, folder: Path | None = None
) -> Iterator[Record]:
    """Yield the records of the chosen files in file order.

    Args:
        split: `dev` is the last 10 % of each file, `train` the rest.
        files: first letters of the files wanted; a-e are literary, the others plain.
        folder: where the files are; the shipped `assets/corpus` by default.

    Raises:
        DataError: a line is not a record; the message has file and line number.
    """
    folder = folder or assets_dir() / "corpus"
    if not (folder / "negatives.jsonl").is_file():
        raise DataError(
            f"{folder} holds no corpus (negatives.jsonl is missing): restore it with `git checkout -- assets/corpus`"
        )
    bad = {}
    for line in (folder / "negatives.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        bad[row["id"]] = tuple((sentence, kind) for sentence, kind in row["bad"])
    for path in (p for p in record_files(folder) if p.name[0] in files):
        with opened(path) as file:
            rows = list(file)
        cut = len(rows) - len(rows) // 10
        wanted = {"train": range(cut), "dev": range(cut, len(rows)), "all": range(len(rows))}[split]
        for number in wanted:
            try:
                yield _record(json.loads(rows[number]), path.name.split(".")[0], bad)
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(f"{path}:{number + 1}: not an edit record ({error})") from error


def _record(row: dict, source: str, bad: dict) -> Record:
    sentences = tuple(row["response"])
    history = tuple((role, text) for role, text in row.get("history", ()))
    edits = tuple(
        Edit(e["op"], e["at"], e.get("text", ""), MECHANISM[e["mech"]] if e.get("mech") else None) for e in row["edits"]
    )
    return Record(
        id=row["id"],
        conversation=Conversation(row["seeker"], " ".join(sentences), history),
        sentences=sentences,
        levels={MECHANISM[k]: v for k, v in row["levels"].items()},
        edits=edits,
        more=tuple((s, MECHANISM[k], level) for k, items in row["more"].items() for s, level in items),
        bad=(*((s, kind) for s, kind in row.get("bad", ())), *bad.get(row["id"], ())),
        source=source,
    )
