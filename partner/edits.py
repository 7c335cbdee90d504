"""Applying, finding and showing sentence-level edits: pure functions on text, no model and no I/O.

Everything rests on `pieces`, which lays a reply and its edits out as a row of kept, deleted and inserted strings.
`apply` is what that row leaves without the deletions; a page or a terminal shows the row itself. So what people see
and what they get cannot differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from partner.text import LINE_BREAKS, Segmented, split, stays_apart
from partner.types import Edit


class EditError(ValueError):
    """An edit does not fit the reply, or two edits contradict each other; the message says which."""


@dataclass(frozen=True)
class Piece:
    """One run of a diff.

    Attributes:
        kind: `"keep"` (in both versions), `"delete"` (only in the original) or `"insert"` (only in the result).
        text: the characters, whitespace included; never empty.
        edit: index of the edit, in the order given, that the piece belongs to; None for `"keep"`.
    """

    kind: Literal["keep", "insert", "delete"]
    text: str
    edit: int | None = None


def apply(reply: str | Segmented, edits: Iterable[Edit]) -> str:
    r"""The reply with all `edits` made, whatever their order; `at` always counts the ORIGINAL sentences.

    Every character that no edit touches is kept. An inserted sentence joins the line of the sentence before its gap
    with one space, and the line breaks of the gap stay behind it; where a space would run two sentences together
    (no stop at the end of the line, a smiley next) it gets a line of its own. Inserts at one gap keep their order. A
    deleted sentence takes the weaker of its two gaps along, so no double space is left and no line break of its
    neighbours is lost.

    Raises:
        EditError: a position is out of range, or one sentence is replaced or deleted twice.

    >>> apply("That sucks.\nTake care!", [Edit("insert", 1, "Want to talk?")])
    'That sucks. Want to talk?\nTake care!'
    """
    return "".join(piece.text for piece in pieces(reply, edits) if piece.kind != "delete")


def pieces(reply: str | Segmented, edits: Iterable[Edit]) -> list[Piece]:
    """The reply and its edits as a row of pieces, in reading order.

    The `keep` and `delete` texts joined are the original reply; the `keep` and `insert` texts joined are
    `apply(reply, edits)`. A replacement is a `delete` followed by an `insert`.

    Raises:
        EditError: as `apply`.
    """
    seg = reply if isinstance(reply, Segmented) else split(reply)
    row: list[Piece] = []
    left: _Part | None = None
    waiting: list[_Part] = []  # gaps and deleted sentences since the last sentence of the result
    for part in _layout(seg, list(edits)):
        if part.kind in ("gap", "delete"):
            waiting.append(part)
            continue
        row += _junction(left, waiting, part, seg)
        row.append(Piece(part.kind, part.text, part.edit))
        left, waiting = part, []
    row += _junction(left, waiting, None, seg)
    return [piece for piece in row if piece.text]


def diff(before: str, after: str) -> list[Edit]:
    """The sentence-level edits that turn `before` into `after`.

    Sentences are aligned so that equal ones stay, similar ones become replacements and the rest inserts and deletes;
    `split(apply(before, diff(before, after))).sentences == split(after).sentences`. Changes of whitespace alone are
    no edits. Mechanisms are None: nobody knows what the writer meant.
    """
    old, new = split(before).sentences, split(after).sentences
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    edits: list[Edit] = []
    at = head
    for source, target in _align(middle_old, middle_new):
        if source is None:
            edits.append(Edit("insert", at, target or ""))
        else:
            if target is None:
                edits.append(Edit("delete", at))
            elif source != target:
                edits.append(Edit("replace", at, target))
            at += 1
    return edits


@dataclass(frozen=True)
class _Part:
    """A piece before it is decided which gaps stay."""

    kind: Literal["keep", "insert", "delete", "gap"]
    text: str
    edit: int | None = None


def _layout(seg: Segmented, edits: list[Edit]) -> list[_Part]:
    """Gaps, sentences and new sentences in the order of the result."""
    n = len(seg.sentences)
    changes: dict[int, int] = {}  # sentence -> index of the edit that replaces or deletes it
    inserts: dict[int, list[_Part]] = defaultdict(list)
    for index, edit in enumerate(edits):
        last = n if edit.op == "insert" else n - 1
        if edit.at > last:
            allowed = f"use 0 to {last}" if last >= 0 else "it has no sentence"
            raise EditError(f"{edit.op} at {edit.at} is outside the reply ({n} sentence{'s' * (n != 1)}): {allowed}")
        if edit.op == "insert":
            inserts[edit.at].append(_Part("insert", edit.text.strip(), index))
        elif edit.at in changes:
            raise EditError(f"sentence {edit.at} is replaced or deleted twice: keep one of the two edits")
        else:
            changes[edit.at] = index

    def deleted(i: int) -> bool:
        return i in changes and edits[changes[i]].op == "delete"

    parts: list[_Part] = []
    for k, text in enumerate(seg.gaps):
        gap, new = _Part("gap", text), inserts[k]
        # A new sentence joins the line before it, or takes the place of a deleted one between the gaps that this had.
        gap_last = k == n or (k > 0 and (deleted(k - 1) or (_breaks(text) > 0 and not deleted(k))))
        if deleted(k) and not gap_last:  # shown like a replacement: the old sentence, then the new
            parts += [gap, _Part("delete", seg.sentences[k], changes[k]), *new]
            continue
        parts += [*new, gap] if gap_last else [gap, *new]
        if k in changes:
            parts.append(_Part("delete", seg.sentences[k], changes[k]))
            if not deleted(k):
                parts.append(_Part("insert", edits[changes[k]].text.strip(), changes[k]))
        elif k < n:
            parts.append(_Part("keep", seg.sentences[k]))
    return parts


def _junction(left: _Part | None, waiting: list[_Part], right: _Part | None, seg: Segmented) -> list[Piece]:
    """What stands between two neighbours of the result: at most one of the original gaps, and a separator if needed.

    `left` is None at the start of the result and `right` at its end; there the outer gap of the reply stays.
    """
    gaps = [i for i, part in enumerate(waiting) if part.kind == "gap"]
    if right is None:
        kept = gaps[-1] if gaps else None
    elif left is None:
        kept = gaps[0] if gaps else None
    else:  # the gap with the most line breaks; of equals the last, which holds the indent of the next line
        kept = max(gaps, key=lambda i: (_breaks(waiting[i].text), waiting[i].text != "", i), default=None)
    owners = [part.edit for part in waiting if part.kind == "delete"]
    row = [
        Piece("keep", part.text) if i == kept else Piece("delete", part.text, part.edit if part.kind == "delete" else owners[0])
        for i, part in enumerate(waiting)
    ]
    untouched = left and right and left.kind == right.kind == "keep" and not owners
    if left and right and not untouched:
        gap = waiting[kept].text if kept is not None else ""
        owner = next(i for i in (right.edit, left.edit, *owners) if i is not None)
        row.append(Piece("insert", _separator(left.text, gap, right.text, "\r\n" if "\r\n" in seg.text else "\n"), owner))
    return row


def _separator(left: str, gap: str, right: str, line_break: str) -> str:
    """What has to be added to `gap` so that `left` and `right` stay two sentences."""
    if _breaks(gap) or (gap and stays_apart(left, gap, right)):
        return ""
    return " " if not gap and stays_apart(left, " ", right) else line_break


def _breaks(gap: str) -> int:
    return sum(gap.count(c) for c in LINE_BREAKS) - gap.count("\r\n")


def _align(old: tuple[str, ...], new: tuple[str, ...]) -> list[tuple[str | None, str | None]]:
    """Pairs (old, new) in order, None where one side has no partner; least cost, as in edit distance.

    An insert or a delete costs 1, a replacement 2 minus the share of common words: never more than the two together.
    Quadratic, so beyond 250,000 cells (nobody's reply) sentences are paired in order instead.
    """
    if len(old) * len(new) > 250_000:
        size = max(len(old), len(new))
        return list(zip([*old, *[None] * (size - len(old))], [*new, *[None] * (size - len(new))], strict=True))
    old_words, new_words = [set(s.lower().split()) for s in old], [set(s.lower().split()) for s in new]
    # cost[i][j]: turning old[i:] into new[j:]
    cost = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    pair = [[0.0] * len(new) for _ in range(len(old))]
    for i in range(len(old), -1, -1):
        for j in range(len(new), -1, -1):
            if i == len(old) or j == len(new):
                cost[i][j] = float(len(old) - i + len(new) - j)
                continue
            if old[i] != new[j]:
                a, b = old_words[i], new_words[j]
                pair[i][j] = 2.0 - len(a & b) / len(a | b)
            cost[i][j] = min(cost[i + 1][j + 1] + pair[i][j], cost[i + 1][j] + 1, cost[i][j + 1] + 1)
    pairs: list[tuple[str | None, str | None]] = []
    i = j = 0
    while i < len(old) or j < len(new):
        if i < len(old) and j < len(new) and cost[i][j] == cost[i + 1][j + 1] + pair[i][j]:
            pairs.append((old[i], new[j]))
            i, j = i + 1, j + 1
        elif i < len(old) and cost[i][j] == cost[i + 1][j] + 1:
            pairs.append((old[i], None))
            i += 1
        else:
            pairs.append((None, new[j]))
            j += 1
    return pairs
