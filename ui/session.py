"""What one browser tab is working on, and how accepting, rejecting and undoing change it.

Pure functions on frozen values: the page keeps one `Session` in `gr.State` per tab, so two tabs cannot mix, and
every step back is simply an earlier value. The text box with the result belongs to the user: whatever they typed
into it is carried through every later step (`carry_over`), never overwritten.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Literal

from partner.edits import apply
from partner.types import Empathy, Result, Role, Suggestion

Decision = Literal["pending", "accepted", "rejected"]
STEPS_BACK = 200
_ORDER = {"insert": 0, "replace": 1, "delete": 1}


@dataclass(frozen=True)
class Session:
    """The suggestions of one press of the button and what the user decided about them.

    Attributes:
        number: counts the presses of "Suggest" in this tab, so that a late click on an old card is recognised.
        result: what the engine answered.
        suggestions: the suggestions in the order of their place in the reply.
        decisions: one per suggestion.
        text: what was last put into the result box.
        after: EPITOME of the text in the result box; None where it could not be computed.
        scored: the text that `after` belongs to.
        clash: the last step would have changed words that the user had changed by hand, so they were left alone.
        past: earlier values, oldest first, their own `past` emptied.
    """

    number: int
    result: Result
    suggestions: tuple[Suggestion, ...]
    decisions: tuple[Decision, ...]
    text: str
    after: Empathy | None
    scored: str
    clash: bool = False
    past: tuple[Session, ...] = ()


def begin(result: Result, before: Session | None, box: str) -> Session:
    """A new session for `result`; the one before, with what the user has in the result box, stays one undo away."""
    order = sorted(result.suggestions, key=lambda s: (s.edit.at, _ORDER[s.edit.op]))
    reply = result.conversation.reply
    past = _remember(before, box) if before else ()
    decisions: tuple[Decision, ...] = ("pending",) * len(order)
    number = before.number + 1 if before else 1
    return Session(number, result, tuple(order), decisions, reply, result.before, reply, past=past)


def decide(session: Session, index: int, decision: Decision, box: str) -> Session:
    """Decide about one suggestion; deciding the same again takes the decision back.

    Args:
        session: the present state.
        index: which suggestion, an index into `session.suggestions`.
        decision: `"accepted"` or `"rejected"`.
        box: the text in the result box, which the user may have edited.
    """
    new = list(session.decisions)
    new[index] = "pending" if new[index] == decision else decision
    return _move(session, tuple(new), box)


def accept_all(session: Session, box: str) -> Session:
    """Accept every suggestion that is still open; rejected ones stay rejected."""
    return _move(session, tuple("accepted" if d == "pending" else d for d in session.decisions), box)


def undo(session: Session, box: str) -> Session:
    """The state before the last step, with what the user typed since then kept where it does not contradict."""
    if not session.past:
        return session
    last = session.past[-1]
    text, clash = last.text, False
    if last.number == session.number and not _untouched(session, box):
        text, clash = carry_over(session.text, last.text, box)
    return replace(last, text=text, clash=clash, past=session.past[:-1])


def carry_over(old: str, new: str, typed: str) -> tuple[str, bool]:
    """Make the change `old` → `new` in `typed`, which the user made from `old`.

    The three texts are compared word by word. Where the user changed the very words that the step would change, the
    user's words stay.

    Returns:
        The text, and whether some of the user's words stood in the way.

    >>> carry_over("I see. Bye.", "I see. That hurts. Bye.", "I see. Goodbye.")
    ('I see. That hurts. Goodbye.', False)
    """
    if not old.strip():
        return (f"{typed.rstrip()} {new.strip()}" if typed.strip() else new), False
    a, b, mine = (re.findall(r"\s+|\S+", text) for text in (old, new, typed))
    *same, _ = SequenceMatcher(None, a, mine, autojunk=False).get_matching_blocks()
    clash = False
    for op, i, j, k, m in reversed(SequenceMatcher(None, a, b, autojunk=False).get_opcodes()):
        if op == "equal":
            continue
        # An insertion may sit at the edge of an untouched run of words; changed words must lie within one.
        block = next((block for block in same if block.a <= i and j <= block.a + block.size), None)
        if block:
            start = block.b + i - block.a
            mine[start : start + j - i] = b[k:m]
        else:
            clash = True
    return "".join(mine), clash


def _move(session: Session, decisions: tuple[Decision, ...], box: str) -> Session:
    """`session` with other decisions and the text that follows from them."""
    if decisions == session.decisions:
        return session
    if _untouched(session, box):
        box = session.text
    old, new = (_applied(session, d) for d in (session.decisions, decisions))
    text, clash = (new, False) if box == old else carry_over(old, new, box)
    return replace(session, decisions=decisions, text=text, clash=clash, past=_remember(session, box))


def _untouched(session: Session, box: str) -> bool:
    """Whether the box holds nothing of the user's own.

    A click made before the answer to the last one came still carries the text from before, so any text that this
    session ever put there counts as untouched.
    """
    return box == session.text or any(box == p.text for p in session.past if p.number == session.number)


def _remember(session: Session, box: str) -> tuple[Session, ...]:
    return (*session.past, replace(session, text=box, past=()))[-STEPS_BACK:]


def _applied(session: Session, decisions: tuple[Decision, ...]) -> str:
    edits = [s.edit for s, d in zip(session.suggestions, decisions, strict=True) if d == "accepted"]
    return apply(session.result.conversation.reply, edits)


def parse_history(text: str) -> tuple[tuple[Role, str], ...]:
    """Earlier turns as typed, one message after the other, each opened by `Them:` or `Me:`.

    Text before the first of these is theirs; lines without one continue the message above.

    >>> parse_history("Them: I can't sleep.\\nMe: Since when?")
    (('seeker', "I can't sleep."), ('supporter', 'Since when?'))
    """
    parts = re.split(r"^[^\S\n]*(them|me)[^\S\n]*:", text, flags=re.IGNORECASE | re.MULTILINE)
    turns: list[tuple[Role, str]] = [("seeker", parts[0].strip())]
    for who, said in zip(parts[1::2], parts[2::2], strict=True):
        turns.append(("seeker" if who.lower() == "them" else "supporter", said.strip()))
    return tuple((role, said) for role, said in turns if said)
