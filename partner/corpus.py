"""The files of edit records of a corpus: JSON Lines, compressed (`.jsonl.xz`) or not (`.jsonl`)."""

from __future__ import annotations

import lzma
from pathlib import Path


def record_files(folder: Path) -> list[Path]:
    """The files of records in a folder by name: those named by a letter and a theme; the others beside them hold no records."""
    return sorted([*folder.glob("?_*.jsonl"), *folder.glob("?_*.jsonl.xz")])


def lines(path: Path) -> list[str]:
    """The lines of a text in UTF-8, which is compressed if its name ends in `.xz`.

    Raises:
        OSError, EOFError, lzma.LZMAError: the file is missing or damaged.
    """
    data = path.read_bytes()
    return (lzma.decompress(data) if path.suffix == ".xz" else data).decode("utf-8").splitlines()
