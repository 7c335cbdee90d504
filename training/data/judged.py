"""Reader of suggestions that were read and judged one by one (`assets/corpus/judged.jsonl`).

Each line names a record of the corpus, a sentence that the engine considered for it, and the reader's label: `right` (a
kind, experienced supporter would send it as it stands), `generic`, `wrong_fact`, `unnatural` or `harmful`. `labels` holds
both labels where two people read the sentence, unknown to each other; `round` says which policy had written it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from partner.models import assets_dir
from partner.types import Mechanism
from training.data.edits import read_edits
from training.data.records import Record, held_out, read_lines

LABELS = ("right", "generic", "wrong_fact", "unnatural", "harmful")


@dataclass(frozen=True)
class Judged:
    """One sentence and what a careful reader called it.

    Attributes:
        record: the post and draft it was suggested for.
        sentence, mechanism: the suggestion.
        label: one of `LABELS`.
        source: `"policy"` or `"retrieved"`.
    """

    record: Record
    sentence: str
    mechanism: Mechanism
    label: str
    source: str


def read_judged(split: Literal["train", "dev"], folder: Path | None = None) -> Iterator[Judged]:
    """Yield the judged sentences in file order.

    Args:
        split: `dev` gives the posts that are `held_out`, `train` the others.
        folder: where the corpus is; the shipped `assets/corpus` by default.

    Raises:
        DataError: the file is missing, or a line is not such a record; the message has file and line number.
    """
    path = (folder or assets_dir() / "corpus") / "judged.jsonl"
    records = {record.id: record for record in read_edits("all", folder=folder)}

    def judged(row: Any) -> Judged | None:
        found = Judged(records[row["id"]], row["sentence"], row["mechanism"], row["label"], row["source"])
        if found.label not in LABELS:
            raise ValueError(f"unknown label {found.label!r}")
        return found if held_out(found.record.conversation.post) == (split == "dev") else None

    yield from read_lines(path, "it belongs to the corpus", "a judged sentence", judged)


def with_judged(records: list[Record], folder: Path | None = None) -> list[Record]:
    """Records with the judged sentences of the train split added to what is right (`more`) and wrong (`bad`) for them."""
    found: dict[str, list[Judged]] = {}
    for judged in read_judged("train", folder):
        found.setdefault(judged.record.id, []).append(judged)
    return [
        replace(
            record,
            more=(*record.more, *((j.sentence, j.mechanism, 2) for j in found.get(record.id, ()) if j.label == "right")),
            bad=(*record.bad, *((j.sentence, j.label) for j in found.get(record.id, ()) if j.label != "right")),
        )
        for record in records
    ]
