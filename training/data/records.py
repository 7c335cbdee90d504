"""The record every reader yields, and where the data is found."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from partner.corpus import opened
from partner.types import Conversation, Edit, Mechanism

T = TypeVar("T")


class DataError(RuntimeError):
    """A data file is missing or malformed; the message names the file, the line and what to do."""


@dataclass(frozen=True)
class Record:
    """One annotated exchange.

    Attributes:
        id: unique within its data set.
        conversation: post, history and reply; the reply is the draft's sentences joined by one space where the
            data set gives sentences.
        sentences: the draft's sentences as the data set gives them (empty where it gives running text).
        levels: EPITOME level 0-2 per mechanism of the reply; empty where unknown.
        rationales: substrings of the reply that carry each mechanism; empty where unknown.
        edits: edits a skilled supporter would make, indices into `sentences`.
        more: further good sentences for this post: `(sentence, mechanism, level)`.
        bad: sentences that must not be suggested for this post: `(sentence, kind)`.
        source: name of the data set or file, e.g. `"epitome"` or `"g_plain_common"`.
    """

    id: str
    conversation: Conversation
    sentences: tuple[str, ...] = ()
    levels: dict[Mechanism, int] = field(default_factory=dict)
    rationales: dict[Mechanism, tuple[str, ...]] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    more: tuple[tuple[str, Mechanism, int], ...] = ()
    bad: tuple[tuple[str, str], ...] = ()
    source: str = ""


def data_dir(folder: str | Path | None = None) -> Path:
    """The data folder: `folder`, else the environment variable PARTNER_DATA, else `../shared/data`.

    Raises:
        DataError: none of them exists.
    """
    path = Path(folder or os.environ.get("PARTNER_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
    if not path.is_dir():
        raise DataError(f"data folder {path} not found: pass --data FOLDER or set PARTNER_DATA")
    return path


SHIPPED = tuple(range(1, 9))
"""Rounds of readings that judge, quality and distress classifier and the reader of moods have learnt from; with round 9 the
judge's choice read worse (`assets/policy/README.md`)."""


def held_out(post: str) -> bool:
    """Whether what belongs to a post is kept for measuring: every tenth post, whatever file it is in."""
    return zlib.crc32(post.encode("utf-8", "replace")) % 10 == 0


def read_lines(path: Path, needed: str, what: str, made: Callable[[Any], T | None]) -> Iterator[T]:
    """Yield what is made of each line of a JSON Lines file (`.jsonl`, or `.jsonl.xz`), in file order.

    Args:
        needed: for the message if the file is missing: what it is.
        what: for the message if a line is malformed: what it should have been.
        made: from a line's value to what is yielded; None leaves the line out.

    Raises:
        DataError: the file is missing, or a line is no JSON or nothing can be made of it; the message has file and line number.
    """
    if not path.is_file():
        raise DataError(f"{path} is missing: {needed}")
    with opened(path) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                found = made(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
                raise DataError(f"{path}:{number}: not {what} ({error!r})") from error
            if found is not None:
                yield found
