"""Reader of posts written to tell danger from what looks like it (`assets/corpus/danger.jsonl.xz`).

A line holds a post, its kind, `danger` or `plain`, and `"split": "dev"` where it is not to be learnt from.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from partner.models import assets_dir
from training.data.records import read_lines

FILE = "danger.jsonl.xz"
KINDS = ("plain", "danger")


def read_danger(split: Literal["train", "dev"], folder: Path | None = None) -> Iterator[tuple[str, bool]]:
    """Yield posts, and whether they show danger, in file order.

    Args:
        folder: where the corpus is; the shipped `assets/corpus` by default.

    Raises:
        DataError: the file is missing, or a line is not such a post; the message has file and line number.
    """

    def found(row: Any) -> tuple[str, bool] | None:
        if row["kind"] not in KINDS:
            raise ValueError(f"unknown kind {row['kind']!r}")
        return (row["post"], row["kind"] == "danger") if row.get("split", "train") == split else None

    path = (folder or assets_dir() / "corpus") / FILE
    yield from read_lines(path, "restore it with `git checkout -- assets/corpus`", "a post with its kind", found)
