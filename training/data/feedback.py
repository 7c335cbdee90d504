"""Reader of the page's feedback: what supporters accepted, rejected, changed or flagged (JSON Lines, as the page exports it).

An accepted suggestion earns +1, a rejected or flagged one -1. One that was changed before it was used earns a value in
between, by how much of it was kept, and what the supporter made of it earns +1: that sentence was the one to write.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from difflib import SequenceMatcher
from pathlib import Path

from partner.prompt import Place
from partner.text import split
from partner.types import MECHANISMS, Conversation
from training.data.logged import Logged
from training.data.records import DataError

REWARD = {"accepted": 1.0, "rejected": -1.0, "flagged": -1.0}
ACTIONS = (*REWARD, "edited", "undone")


def kept(suggested: str, used: str) -> float:
    """How much of a suggestion the supporter kept: the matching words' share, 2 M / (n + m), of the two sentences, 0 to 1.

    >>> kept("I am so sorry.", "I am sorry.")
    0.8571428571428571
    """
    return SequenceMatcher(None, suggested.lower().split(), used.lower().split(), autojunk=False).ratio()


def read_feedback(paths: Iterable[Path], crisis: Callable[[Conversation], bool] | None = None) -> list[Logged]:
    """The decisions of one or more exports as logged sentences, in order.

    A decision that was undone does not count; a decision that is in two exports counts once. Deletions hold no sentence
    and are left out, and so are conversations with crisis signals: no policy learns to write for them.

    Args:
        paths: JSONL files, one record of `ui.store.Record` a line.
        crisis: tells which conversations to leave out; none if not given.

    Raises:
        DataError: a file is missing, a line is not such a record (the message names it), or no decision is left.
    """
    rows: dict[str, dict] = {}
    names = []
    for path in paths:
        names.append(str(path))
        for row in _rows(path):
            rows.setdefault(row["id"], row)
    undone = {row.get("of") for row in rows.values() if row["action"] == "undone"}
    log = []
    for row in rows.values():
        suggestion = row["suggestion"]
        if row["id"] in undone or row["action"] == "undone" or suggestion["op"] == "delete":
            continue
        history = tuple((role, text) for role, text in row.get("history") or ())
        conversation = Conversation(row["post"], row["reply"], history)
        if crisis and crisis(conversation):
            continue
        sentences = tuple(split(row["reply"]).sentences)
        place = Place(suggestion["op"], min(suggestion["at"], len(sentences)), suggestion["mechanism"])
        if row["action"] == "edited":
            log.append(
                Logged(conversation, sentences, place, suggestion["text"], 2 * kept(suggestion["text"], row["edited"]) - 1)
            )
            log.append(Logged(conversation, sentences, place, row["edited"], 1.0))
        else:
            log.append(Logged(conversation, sentences, place, suggestion["text"], REWARD[row["action"]]))
    if not log:
        raise DataError(
            f"{', '.join(names)}: no accepted, rejected, edited or flagged sentence to learn from; "
            "export feedback from the page (Feedback: on, Export) once suggestions have been decided on"
        )
    return log


def _rows(path: Path) -> Iterator[dict]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} cannot be read as a feedback export ({error}): pass the JSONL file that the page exports"
        ) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if row["action"] not in ACTIONS:
                raise ValueError(f"unknown action {row['action']!r}: use one of {', '.join(ACTIONS)}")
            _check(row)
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path}:{number}: not a decision of the page's feedback export ({error!r})") from error
        yield row


def _check(row: dict) -> None:
    suggestion = row["suggestion"]
    texts = {name: row[name] for name in ("id", "post", "reply")}
    if suggestion["op"] != "delete":
        if suggestion["op"] not in ("insert", "replace"):
            raise ValueError(f"unknown op {suggestion['op']!r}")
        if suggestion["mechanism"] not in MECHANISMS:
            raise ValueError(f"unknown mechanism {suggestion['mechanism']!r}: use one of {', '.join(MECHANISMS)}")
        texts["suggestion"] = suggestion["text"]
    if row["action"] == "edited":
        texts["edited"] = row["edited"]
    for name, text in texts.items():
        if not isinstance(text, str) or (name in ("suggestion", "edited") and not text.strip()):
            raise ValueError(f"{name} is {text!r}, not a text")
    if not isinstance(suggestion["at"], int) or suggestion["at"] < 0:
        raise ValueError("`at` must be a sentence's number, 0 or more")
    for role, text in row.get("history") or ():
        if role not in ("seeker", "supporter") or not isinstance(text, str):
            raise ValueError("history must be [role, text] pairs")
