"""Reader of pairwise human ratings of replies (Bansal, "Automating Empathy in Dialogue Systems", 2023).

Two forms are read: one context a line, `{"context": [turns], "responses": [texts], "pairs": [[i, j, s], ...]}`, or a
folder with `contexts.json`, `responses.json` and `ratings.json`, lists of the same three. A negative strength s prefers
reply i, a positive one reply j, 0 is a tie; |s| is at most 2.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partner.types import Conversation
from training.data.contexts import conversation_of
from training.data.records import DataError, data_dir

STRONGEST = 2.0


@dataclass(frozen=True)
class Rated:
    """One context with its replies and their ratings.

    Attributes:
        conversation: what was answered; its reply is empty.
        responses: the replies.
        pairs: `(i, j, s)`: s < 0 prefers reply i, s > 0 reply j, 0 is a tie; |s| <= 2 is the strength.
    """

    conversation: Conversation
    responses: tuple[str, ...]
    pairs: tuple[tuple[int, int, float], ...]


def read_ratings(source: str | Path | None = None) -> list[Rated]:
    """Read all ratings.

    Args:
        source: a file of the first form, or a folder of the second (or one whose `train` is); None for
            `ratings/pairwise.jsonl` of the data folder.

    Raises:
        DataError: a file is missing, or a rating names a response that does not exist; the message says where and what to do.
    """
    path = Path(source) if source else data_dir() / "ratings" / "pairwise.jsonl"
    if path.is_dir():
        folder = next((f for f in (path, path / "train") if (f / "contexts.json").is_file()), None)
        if folder is None:
            if not (path / "pairwise.jsonl").is_file():
                raise DataError(f"{path} holds neither pairwise.jsonl nor contexts.json, responses.json and ratings.json")
            return _lines(path / "pairwise.jsonl")
        return _folder(folder)
    return _lines(path)


def _lines(path: Path) -> list[Rated]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}): pass --ratings FILE or FOLDER") from error
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
                parts = row["context"], row["responses"], row["pairs"]
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(f'{path}:{number}: needs "context", "responses" and "pairs" ({error!r})') from error
            found.append(_rated(*parts, f"{path}:{number}"))
    return found


def _folder(folder: Path) -> list[Rated]:
    lists = []
    for name in ("contexts.json", "responses.json", "ratings.json"):
        try:
            lists.append(json.loads((folder / name).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise DataError(f"{folder / name} cannot be read ({error}): ratings need it beside the other two") from error
    if not all(isinstance(x, list) for x in lists) or len({len(x) for x in lists}) != 1:
        raise DataError(f"{folder}: contexts.json, responses.json and ratings.json must be lists of the same length")
    return [_rated(*parts, f"{folder}, item {n}") for n, parts in enumerate(zip(*lists, strict=True))]


def _rated(context: Any, responses: Any, pairs: Any, where: str) -> Rated:
    for name, texts in (("context", context), ("responses", responses)):
        if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
            raise DataError(f"{where}: {name} must be a list of texts, at least one")
    if not isinstance(pairs, list):
        raise DataError(f"{where}: ratings must be a list of [i, j, strength]")
    checked = []
    for pair in pairs:
        match pair:
            case [int(i), int(j), int(s) | float(s)] if not any(isinstance(x, bool) for x in pair):
                pass
            case _:
                raise DataError(f"{where}: rating {pair!r} is not [i, j, strength]")
        missing = [k for k in (i, j) if not 0 <= k < len(responses)]
        if missing:
            raise DataError(
                f"{where}: rating {pair!r} names response {missing[0]}, and there are {len(responses)} (0 to "
                f"{len(responses) - 1}): add the response or remove the rating"
            )
        if i == j or not math.isfinite(s) or abs(s) > STRONGEST:
            raise DataError(f"{where}: rating {pair!r} must compare two responses, with a strength of -2 to 2 (0 is a tie)")
        checked.append((i, j, float(s)))
    return Rated(conversation_of(context), tuple(responses), tuple(checked))
