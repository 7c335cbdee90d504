"""Checks of texts and earlier turns that come from outside: an option, a file, a cell of a table."""

from __future__ import annotations

from typing import Any, get_args

from partner.types import Role


def checked_text(name: str, value: Any) -> str:
    """The value if it is text that can be written as UTF-8.

    Args:
        name: what the value is, for the message.

    Raises:
        ValueError: it is not; the message is one line for the user.
    """
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{name} is not valid Unicode (half a surrogate pair, or bytes that are not UTF-8)") from None
    return value


def checked_history(value: Any) -> tuple[tuple[Role, str], ...]:
    """Earlier turns, a list of pairs of role and text, as `Conversation` takes them.

    Raises:
        ValueError: it is something else; the message is one line for the user.
    """
    if not isinstance(value, list):
        raise ValueError('history must be a list of ["seeker" or "supporter", text] pairs')
    for turn in value:
        if not isinstance(turn, (list, tuple)) or len(turn) != 2 or turn[0] not in get_args(Role):
            raise ValueError('a turn of the history must be a pair of "seeker" or "supporter" and a text')
    return tuple((role, checked_text("history", text)) for role, text in value)
