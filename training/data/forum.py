"""Other people's posts by their ids: what the project noted about them is in its corpus, they stay in the data folder."""

from __future__ import annotations

from pathlib import Path

from partner.types import Conversation
from training.data.corpora import read_corpus
from training.data.epitome import read_epitome
from training.data.records import Record


def forum_records(data: Path | None = None) -> dict[str, Record]:
    """Posts of EPITOME's train split by the ids of post and reply, and of Dreaddit, which have no reply, by number."""
    records = {record.id: record for record in read_epitome("train", data)}
    for number, document in enumerate(read_corpus("dreaddit", data)):
        records[f"dreaddit-{number}"] = Record(f"dreaddit-{number}", Conversation(document.text), source="dreaddit")
    return records
