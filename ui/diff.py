"""The reply as a diff and the suggestions as cards: pure functions from data to HTML.

Whatever comes from a user or a model passes through `html.escape`. Nothing is told by colour alone: new words carry a
plus and an underline, removed ones a minus and a line through them, and screen readers hear a word for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from partner.edits import pieces
from partner.text import split
from partner.types import Edit, Mechanism, Scores, Suggestion
from ui.session import Decision

MECHANISM_NAMES: dict[Mechanism, str] = {
    "emotional_reaction": "Emotional reaction",
    "interpretation": "Interpretation",
    "exploration": "Exploration",
}
OP_NAMES = {"insert": "Add", "replace": "Replace", "delete": "Remove"}
_SPOKEN = {"insert": "addition", "delete": "removal"}


def diff_html(reply: str, suggestions: Sequence[Suggestion], decisions: Sequence[Decision]) -> str:
    """The reply with every suggestion that is not rejected marked in its place.

    Args:
        reply: the draft; may be empty.
        suggestions: in the order of their place.
        decisions: one per suggestion; accepted and open ones look different, rejected ones do not appear.
    """
    shown = [i for i, decision in enumerate(decisions) if decision != "rejected"]
    row = []
    for piece in pieces(reply, [suggestions[i].edit for i in shown]):
        text = escape(piece.text)
        if piece.kind == "keep" or piece.edit is None or not piece.text.strip():
            row.append(text if piece.kind != "delete" else "")
            continue
        decision = decisions[shown[piece.edit]]
        row.append(_mark(piece.kind, text, decision))
    return f'<div class="diff" dir="auto">{"".join(row)}</div>'


def cards_html(reply: str, suggestions: Sequence[Suggestion], decisions: Sequence[Decision], number: int) -> str:
    """The suggestions as a list of cards with their buttons.

    Args:
        reply: the draft, whose sentences the cards quote.
        suggestions: in the order of their place.
        decisions: one per suggestion.
        number: `Session.number`; the buttons carry it, so that a click on an outdated card can be told.
    """
    sentences = split(reply).sentences
    cards = [
        _card(i, suggestion, decision, sentences, number)
        for i, (suggestion, decision) in enumerate(zip(suggestions, decisions, strict=True))
    ]
    return f'<ol class="cards">{"".join(cards)}</ol>'


def place(edit: Edit, sentences: Sequence[str]) -> str:
    """Where an inserted sentence goes, in plain words; empty for other edits and for an empty reply."""
    if edit.op != "insert" or not sentences:
        return ""
    if edit.at == 0:
        return "at the start"
    if edit.at >= len(sentences):
        return "at the end"
    words = sentences[edit.at - 1].split()
    return f"after “{' '.join(words[:6])}{'…' if len(words) > 6 else ''}”"


def _mark(kind: str, text: str, decision: Decision) -> str:
    tag, sign = ("ins", "+") if kind == "insert" else ("del", "−")
    state = "accepted" if decision == "accepted" else "suggested"
    return (
        f'<{tag} class="{decision}"><span class="sr-only">{state} {_SPOKEN[kind]}: </span>'
        f'<span class="sign" aria-hidden="true">{sign}</span>{text}<span class="sr-only"> (end)</span></{tag}>'
    )


def _card(index: int, suggestion: Suggestion, decision: Decision, sentences: Sequence[str], number: int) -> str:
    edit = suggestion.edit
    old = sentences[edit.at] if edit.op != "insert" else ""
    where = place(edit, sentences)
    name = f"{OP_NAMES[edit.op]}{' ' + where if where else ''}"
    lines = []
    if old:
        lines.append(_line("del", "−", old))
    if edit.text:
        lines.append(_line("ins", "+", edit.text.strip()))
    chips = []
    if edit.mechanism:
        chips.append(f'<span class="chip {edit.mechanism}">{MECHANISM_NAMES[edit.mechanism]}</span>')
    if suggestion.scores and suggestion.scores.gain >= 0.05:
        chips.append(f'<span class="gain">{gain(suggestion.scores)}</span>')
    state = {"pending": "", "accepted": "✓ Accepted", "rejected": "✕ Rejected"}[decision]
    heading = f"card-{number}-{index}"
    return (
        f'<li class="card {decision}" aria-labelledby="{heading}">'
        f'<h4 id="{heading}"><span class="op {edit.op}">{OP_NAMES[edit.op]}</span>'
        f"{_small('place', where)}{_small('state', state)}</h4>"
        f"{''.join(lines)}"
        f'<p class="reason">{escape(suggestion.reason)}</p>'
        f'<div class="foot"><div class="chips">{"".join(chips)}</div><div class="buttons">'
        f"{_button('accepted', 'Accept', index, number, decision, name)}"
        f"{_button('rejected', 'Reject', index, number, decision, name)}"
        "</div></div></li>"
    )


def gain(scores: Scores) -> str:
    """How much empathy one edit adds, as the scorer sees it."""
    return f"empathy {scores.before.total:.1f} → {scores.after.total:.1f} of 6"


def _small(name: str, text: str) -> str:
    return f'<span class="{name}">{escape(text)}</span>' if text else ""


def _line(tag: str, sign: str, text: str) -> str:
    spoken = "new sentence: " if tag == "ins" else "old sentence: "
    return (
        f'<p class="sentence" dir="auto"><{tag}><span class="sr-only">{spoken}</span>'
        f'<span class="sign" aria-hidden="true">{sign}</span>{escape(text)}</{tag}></p>'
    )


def _button(action: Decision, label: str, index: int, number: int, decision: Decision, name: str) -> str:
    return (
        f'<button type="button" class="{action}" data-action="{action}" data-index="{index}" data-number="{number}" '
        f'aria-pressed="{"true" if action == decision else "false"}" '
        f'aria-label="{escape(f"{label}: {name}, suggestion {index + 1}")}">{label}</button>'
    )
