"""Reader of EPITOME, Reddit part (Sharma et al., EMNLP 2020): `epitome/train.jsonl` and `epitome/dev.jsonl`.

Other people's data, for non-commercial research: read from the data folder, never part of this repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from partner.types import Conversation
from training.data.edits import MECHANISM
from training.data.records import Record, data_dir, read_lines


def read_epitome(split: Literal["train", "dev"], folder: str | Path | None = None) -> Iterator[Record]:
    """Yield annotated (post, reply) pairs with `levels` and `rationales`, in file order.

    Args:
        split: `"train"` or `"dev"`.
        folder: the data folder that holds `epitome/`; see `data_dir` for the default.

    Raises:
        DataError: the file is missing, or a line is not a record; the message has file and line number.
    """
    path = data_dir(folder) / "epitome" / f"{split}.jsonl"
    needed = "EPITOME is needed, see https://github.com/behavioral-data/Empathy-Mental-Health"
    yield from read_lines(path, needed, "an EPITOME record", _record)


def epitome_posts(split: Literal["train", "dev"], folder: str | Path | None = None) -> dict[str, str]:
    """The posts of a split by their id (`sp_id`), in file order; a post with several replies once.

    Raises:
        DataError: as `read_epitome`.
    """
    return {record.id.split("_")[0]: record.conversation.post for record in read_epitome(split, folder)}


def _record(row: dict) -> Record:
    levels = {name: int(row["levels"][key]) for key, name in MECHANISM.items()}
    if not set(levels.values()) <= {0, 1, 2}:
        raise ValueError(f"levels must be 0, 1 or 2, got {row['levels']}")
    rationales = {name: tuple(row["rationales"][key]) for key, name in MECHANISM.items()}
    for name, texts in rationales.items():
        for text in texts:
            if text not in row["response"]:
                raise ValueError(f"the {name} rationale {text[:40]!r} is not part of the response")
    return Record(
        id=f"{row['sp_id']}_{row['rp_id']}",
        conversation=Conversation(row["seeker"], row["response"]),
        levels=levels,
        rationales=rationales,
        source="epitome",
    )
