"""An episode in the making: a reply under repeated edits, and the decisions that led to them."""

from __future__ import annotations

from dataclasses import dataclass, field

from partner.edits import apply
from partner.prompt import Place
from partner.text import split
from partner.types import Edit, Mechanism
from training.rewards.types import Step


class Draft:
    """A reply under repeated edits, which keeps every character that none of them touched."""

    def __init__(self, reply: str) -> None:
        self.original = split(reply)
        self._parts: list[tuple[int | None, str, Mechanism | None]] = [
            (i, s, None) for i, s in enumerate(self.original.sentences)
        ]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentences as they stand."""
        return tuple(text for _, text, _ in self._parts)

    def edit(self, place: Place, text: str) -> None:
        """Make one edit; `place.at` counts the sentences as they stand."""
        if place.op == "insert":
            self._parts.insert(place.at, (None, text, place.mechanism))
        elif place.op == "replace":
            self._parts[place.at] = (self._parts[place.at][0], text, place.mechanism)
        else:
            del self._parts[place.at]

    @property
    def text(self) -> str:
        """The reply with all edits made."""
        edits, seen, gap = [], set(), 0
        for origin, text, mechanism in self._parts:
            if origin is None:
                edits.append(Edit("insert", gap, text, mechanism))
                continue
            seen.add(origin)
            gap = origin + 1
            if text != self.original.sentences[origin]:
                edits.append(Edit("replace", origin, text, mechanism))
        edits += [Edit("delete", i) for i in range(len(self.original.sentences)) if i not in seen]
        return apply(self.original, edits)


@dataclass
class Turn:
    """One step of an episode.

    Attributes:
        sentences: the reply before the edit.
        where, marks: the pointer's branch and its markers (`Layout.where`).
        choice: which of the legal places, in the order of the head's logits; STOP is the last.
        place: the choice; None is STOP.
        shown, control: the reply with the place marked, and the control tokens; empty for `delete` and STOP.
        tokens: what was drawn, the end token included; without it where the sentence grew too long.
    """

    sentences: tuple[str, ...]
    where: list[int]
    marks: list[int]
    choice: int
    place: Place | None
    shown: list[int] = field(default_factory=list)
    control: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)


@dataclass
class Episode:
    """A trajectory in the making: its draft, its turns, and the log-probability of every decision."""

    row: int
    draft: Draft
    turns: list[Turn] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)
    unfinished: bool = False
