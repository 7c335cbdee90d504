"""Suggestions as patches of characters: what the page needs to show an edit inside the reply and to make it.

The engine counts sentences; a text box counts characters, and a browser counts UTF-16 code units. A `Patch` says "put
`insert` where `start` to `end` is". It is derived from `partner.edits.pieces`, so that accepting in the browser gives
what `partner.edits.apply` gives. `settle` goes the other way: it finds the sentence that a patch stands at after the
text has changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from partner.edits import EditError, pieces
from partner.text import Segmented, split
from partner.types import Edit, Op


@dataclass(frozen=True)
class Patch:
    """Replace the characters `start` to `end` of a reply by `insert`; offsets in UTF-16 code units."""

    start: int
    end: int
    insert: str


def units(text: str, index: int | None = None) -> int:
    """Length of `text[:index]` in UTF-16 code units, the browser's measure.

    >>> units("a🙂b", 2)
    3
    """
    return len(text[:index].encode("utf-16-le", "surrogatepass")) // 2


def patch(reply: str, edit: Edit) -> Patch:
    """The change that `edit` alone makes in `reply`.

    Raises:
        EditError: the edit does not fit the reply.
    """
    row = pieces(reply, [edit])
    changed = [i for i, piece in enumerate(row) if piece.kind != "keep"]
    if not changed:  # deleting a sentence always changes something; so does a sentence to insert
        raise EditError("the edit changes nothing")
    before, middle = row[: changed[0]], row[changed[0] : changed[-1] + 1]
    start = sum(units(piece.text) for piece in before)  # before the first change everything is kept
    end = start + sum(units(piece.text) for piece in middle if piece.kind != "insert")
    return Patch(start, end, "".join(piece.text for piece in middle if piece.kind != "delete"))


def spans(seg: Segmented) -> list[tuple[int, int]]:
    """Where each sentence starts and ends, in UTF-16 code units."""
    found, at = [], 0
    for gap, sentence in zip(seg.gaps, seg.sentences, strict=False):
        start = at + units(gap)
        at = start + units(sentence)
        found.append((start, at))
    return found


def sentence_at(reply: str, unit: int) -> int | None:
    """Index of the sentence at a UTF-16 offset: the one that holds it, else the one before it; None in an empty reply.

    >>> sentence_at("One. Two.", 4), sentence_at("One. Two.", 5)
    (0, 1)
    """
    starts = [start for start, _ in spans(split(reply))]
    if not starts:
        return None
    return max((i for i, start in enumerate(starts) if start <= unit), default=0)


def settle(reply: str, op: Op, text: str, start: int, end: int) -> Edit | None:
    """The edit that a suggestion made for an earlier version of the reply is now, or None where its place is gone.

    Args:
        reply: the reply as it stands.
        op: what the suggestion does.
        text: the suggested sentence.
        start, end: where the browser has moved the patch to, in UTF-16 code units.

    A sentence to replace or delete must still be one whole sentence; a sentence to insert needs a gap at `start`, and
    is gone once the reply says the same.
    """
    seg = split(reply)
    places = spans(seg)
    if op == "insert":
        if text.strip().casefold() in (sentence.casefold() for sentence in seg.sentences):
            return None
        if any(a < start < b for a, b in places):
            return None
        return Edit("insert", sum(b <= start for _, b in places), text)
    # A patch that deletes takes white space around the sentence along, so sentence and patch need only agree on words.
    inside = [i for i, (a, b) in enumerate(places) if a >= start and b <= end]
    touched = [i for i, (a, b) in enumerate(places) if a < end and b > start]
    if len(inside) != 1 or touched != inside:
        return None
    return Edit(op, inside[0], text if op == "replace" else "")
