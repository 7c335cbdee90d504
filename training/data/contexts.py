"""Reader of a dialogue data set in the folder form of Bansal, "Automating Empathy in Dialogue Systems" (2023).

A folder with `train`, `val` and `test`, each of which holds JSON lists of one length:

- `contexts.json`: the turns so far, `[["I failed.", "Oh no.", "Twice."], ...]`, the last one being answered;
- `targets.json`: what was answered, `["Twice? That must hurt.", ...]`;
- `instructions.json` (optional): how to answer, a text or null each;
- `knowledge.json` (optional): what the answerer knows besides, a text or null each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Literal

from partner.types import Conversation, Role
from training.data.records import DataError

ERASED = 0.3
"""Share of instructions, and of knowledge, left out in training, so that the policy can do without (that work's default)."""


def conversation_of(turns: Sequence[str], note: str = "") -> Conversation:
    """Turns, oldest first, as a conversation: the last is the post, and the roles take turns from there.

    Args:
        note: instruction or knowledge; the last thing in the history, in the supporter's own voice, so that it is kept
            when a long history loses its beginning.

    >>> conversation_of(["I failed.", "Oh no.", "Twice."]).history
    (('seeker', 'I failed.'), ('supporter', 'Oh no.'))
    """
    *before, post = turns
    roles: tuple[Role, Role] = ("supporter", "seeker")
    history = [(roles[k % 2], text) for k, text in enumerate(reversed(before))][::-1]
    return Conversation(post, "", (*history, ("supporter", note)) if note else tuple(history))


def read_contexts(
    folder: str | Path, split: Literal["train", "val", "test"], erased: float = ERASED
) -> Iterator[tuple[Conversation, str]]:
    """Yield `(conversation, target)` in file order.

    Args:
        folder: holds `train`, `val` and `test`.
        erased: share of instructions and knowledge left out, the same ones in every run; none are in `val` and `test`.

    Raises:
        DataError: a file is missing or has another form or length than the rest; the message names file and item.
    """
    place = Path(folder) / split
    contexts, targets = _read(place / "contexts.json"), _read(place / "targets.json")
    extras = [(name, place / f"{name}.json") for name in ("instructions", "knowledge")]
    notes = {name: _read(path) for name, path in extras if path.is_file()}
    for name, values in {"targets": targets, **notes}.items():
        if len(values) != len(contexts):
            raise DataError(
                f"{place / name}.json has {len(values)} items and contexts.json {len(contexts)}: they must match one to one"
            )
    for number, (turns, target) in enumerate(zip(contexts, targets, strict=True)):
        if not isinstance(turns, list) or not turns or not all(isinstance(t, str) for t in turns):
            raise DataError(f"{place / 'contexts.json'}, item {number}: must be a list of one or more turns, each a text")
        if not isinstance(target, str):
            raise DataError(f"{place / 'targets.json'}, item {number}: must be a text")
        said = []
        for name, values in notes.items():
            if not isinstance(values[number], str | None):
                raise DataError(f"{place / name}.json, item {number}: must be a text or null")
            if values[number] and not (split == "train" and Random(f"{name}/{number}").random() < erased):
                said.append(values[number])
        yield conversation_of(turns, " ".join(said)), target


def _read(path: Path) -> list[Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"{path} is missing: a data set has folders train, val and test, each with contexts.json and targets.json"
        ) from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as JSON ({error})") from error
    if not isinstance(values, list):
        raise DataError(f"{path} must hold a list, one item a conversation")
    return values
