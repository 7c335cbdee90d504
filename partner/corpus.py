"""The files of edit records of a corpus: JSON Lines, compressed (`.jsonl.xz`) or not (`.jsonl`)."""

from __future__ import annotations

import lzma
from pathlib import Path
from typing import TextIO, cast


def record_files(folder: Path) -> list[Path]:
    """The files of records in a folder by name: those named by a letter and a theme; the others beside them hold no records."""
    return sorted([*folder.glob("?_*.jsonl"), *folder.glob("?_*.jsonl.xz")])


def opened(path: Path) -> TextIO:
    """A text in UTF-8 to be read line by line, compressed if its name ends in `.xz`.

    Raises:
        OSError: the file is missing.
    """
    return cast("TextIO", lzma.open(path, "rt", encoding="utf-8")) if path.suffix == ".xz" else path.open(encoding="utf-8")
