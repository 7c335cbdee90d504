"""What a log says was written, where, and what it earned: the material of learning without generating."""

from __future__ import annotations

from dataclasses import dataclass

from partner.prompt import Place
from partner.types import Conversation


@dataclass(frozen=True)
class Logged:
    """One logged sentence or reply and its reward.

    Attributes:
        conversation: post and history; the reply as it was before.
        sentences: sentences of the reply before, which `place.at` indexes; none where a whole reply was written.
        place: where and how; `WHOLE` for a whole reply.
        text: what was written.
        reward: what it earned, weighted and summed over the terms asked for.
    """

    conversation: Conversation
    sentences: tuple[str, ...]
    place: Place
    text: str
    reward: float


WHOLE = Place("insert", 0, None)
"""Where and how of a whole reply: no edit has this place, since an edit's insert always has a mechanism."""

Episode = tuple[Logged, ...]
"""Entries that follow each other: the replies of one conversation, or a single suggestion."""
