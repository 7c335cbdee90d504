"""A result as text for a terminal: scores, the diff, the reasons. Marks carry the meaning; colour only repeats it."""

from __future__ import annotations

import os
import unicodedata
from typing import TextIO

from partner.edits import pieces
from partner.types import MECHANISMS, Empathy, MechanismScore, Result, Suggestion

LEVELS = ("none", "weak", "strong")
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_HARMLESS = "\n\t\u200c\u200d"
_RED, _GREEN, _BOLD, _OFF = "\x1b[31m", "\x1b[32m", "\x1b[1m", "\x1b[0m"


def wants_color(stream: TextIO) -> bool:
    """Whether to colour: on a terminal that can, unless NO_COLOR is set (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def neutral(text: str) -> str:
    r"""`text` with everything that could steer a terminal or reorder a line made visible.

    Posts come from strangers: an escape sequence in one could clear the screen, set the window title or hide a line.
    Control characters other than line feed and tab, line and paragraph separators, surrogates and Unicode's
    formatting characters (such as the right-to-left override) become `\x1b`, `\u202e`; the joiners in emoji stay.

    >>> print(neutral("a\x1b[2Jb"))
    a\x1b[2Jb
    """
    text = text.replace("\r\n", "\n")
    return "".join(_visible(c) if unicodedata.category(c) in _UNSAFE and c not in _HARMLESS else c for c in text)


def _visible(c: str) -> str:
    return f"\\x{ord(c):02x}" if ord(c) < 0x100 else f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"


def render(result: Result, after: Empathy | None, color: bool = False) -> str:
    """The whole answer for one pair.

    Args:
        result: what the rewriter returned.
        after: EPITOME of the reply with all suggestions applied; None where there are none.
        color: whether to add ANSI colours to the marks.

    Returns:
        text without a line feed at its end; text of users and models is `neutral`.
    """
    from partner.safety import CRISIS_NOTE, CRISIS_RESOURCES  # loads spaCy: seconds that `--help` need not wait for

    bold, off = (_BOLD, _OFF) if color else ("", "")
    blocks = []
    if result.crisis:
        blocks.append(f"{bold}CRISIS{off}  {CRISIS_NOTE}\n{CRISIS_RESOURCES}")
    if not result.conversation.reply.strip():
        blocks.append("The reply is empty: these are sentences to start from.")
    if result.message and result.message != CRISIS_NOTE:
        blocks.append(neutral(result.message))
    blocks.append(_scores(result.before, after))
    if result.suggestions:
        blocks.append(diff_lines(result, color))
        blocks.append("\n".join(_reason(i, s) for i, s in enumerate(result.suggestions, 1)))
    return "\n\n".join(blocks)


def diff_lines(result: Result, color: bool = False) -> str:
    """The reply with all suggestions as a diff, one sentence a line: `+ [1]` new, `- [1]` gone, two spaces kept."""
    lines: list[str] = []
    for piece in pieces(result.conversation.reply, [s.edit for s in result.suggestions]):
        if not piece.text.strip():
            if piece.kind == "keep" and piece.text.count("\n") > 1 and lines and lines[-1]:
                lines.append("")  # the reply's paragraphs stay visible
            continue
        mark, shade = {"keep": ("  ", ""), "insert": ("+ ", _GREEN), "delete": ("- ", _RED)}[piece.kind]
        number = "" if piece.edit is None else f"[{piece.edit + 1}] "
        for line in neutral(piece.text).splitlines():
            lines.append(f"{shade}{mark}{number}{line}{_OFF}" if color and shade else f"{mark}{number}{line}")
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines)


def _scores(before: Empathy, after: Empathy | None) -> str:
    """Level and expected level of each mechanism, side by side."""
    rows = ["Empathy (EPITOME, 0 to 2)    draft" + (" " * 9 + "with all suggestions" if after else "")]
    for mechanism in MECHANISMS:
        cells = [_level(getattr(e, mechanism)) for e in (before, after) if e]
        rows.append(f"  {mechanism.replace('_', ' '):<27}" + "  ".join(cells).rstrip())
    return "\n".join(rows)


def _level(score: MechanismScore) -> str:
    return f"{LEVELS[score.level]:<6} {score.expected:.2f} "


def _reason(number: int, suggestion: Suggestion) -> str:
    edit = suggestion.edit
    what = edit.op + (f", {edit.mechanism.replace('_', ' ')}" if edit.mechanism else "")
    lines = [f"{number}. {what}: {neutral(suggestion.reason)}"]
    lines += [f"   or: {neutral(other.edit.text)}" for other in suggestion.alternatives]
    return "\n".join(lines)
