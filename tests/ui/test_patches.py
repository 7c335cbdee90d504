"""Suggestions as patches of characters, and back; no browser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner.edits import apply
from partner.text import split
from partner.types import Edit
from ui.patches import patch, sentence_at, settle, spans, units

PIECES = [
    "Hi.",
    "That sucks!",
    "so sorry 🙂",
    "ok",
    "You should rest.",
    "\n",
    "\n\n",
    " ",
    "  ",
    "\t",
    "𝒳 is hard.",
    "sorry.That",
    "…",
]
replies = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=40)


def made(reply: str, edit: Edit) -> str:
    """The reply after a patch, made as a browser makes it: in UTF-16 code units."""
    change = patch(reply, edit)
    raw = reply.encode("utf-16-le", "surrogatepass")
    new = raw[: 2 * change.start] + change.insert.encode("utf-16-le", "surrogatepass") + raw[2 * change.end :]
    return new.decode("utf-16-le", "surrogatepass")


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, Edit]:
    reply = draw(replies)
    count = len(split(reply).sentences)
    op = draw(st.sampled_from(["insert", "replace", "delete"] if count else ["insert"]))
    at = draw(st.integers(0, count if op == "insert" else count - 1))
    return reply, Edit(op, at, "" if op == "delete" else "That must hurt 🙂.")


@given(edits())
def test_a_patch_does_what_the_edit_does(case: tuple[str, Edit]) -> None:
    reply, edit = case
    assert made(reply, edit) == apply(reply, [edit])


@given(edits())
def test_a_patch_leaves_what_stands_before_and_behind(case: tuple[str, Edit]) -> None:
    reply, edit = case
    change = patch(reply, edit)
    assert 0 <= change.start <= change.end <= units(reply)
    if edit.op == "insert":
        assert change.start == change.end


@given(edits())
def test_a_suggestion_settles_where_it_came_from(case: tuple[str, Edit]) -> None:
    reply, edit = case
    change = patch(reply, edit)
    found = settle(reply, edit.op, edit.text, change.start, change.end)
    if found is not None:
        assert made(reply, found) == made(reply, edit)
    else:  # the sentence to insert is there already
        assert edit.op == "insert" and edit.text in split(reply).sentences


@given(replies, st.integers(0, 200))
def test_the_sentence_at_a_position_holds_it_or_stands_before_it(reply: str, unit: int) -> None:
    at, places = sentence_at(reply, unit), spans(split(reply))
    if at is None:
        assert not places
    else:
        assert places[at][0] <= unit or at == 0
        assert all(start > unit for start, _ in places[at + 1 :])


@pytest.mark.parametrize(
    ("reply", "op", "start", "end", "found"),
    [
        ("One. Two. Three.", "replace", 5, 9, Edit("replace", 1, "New.")),
        ("One. Two Three.", "replace", 5, 8, None),  # the stop is gone: no sentence of its own any more
        ("One. Two. Three.", "insert", 9, 9, Edit("insert", 2, "New.")),
        ("One. Two. Three.", "insert", 7, 7, None),  # in the middle of a sentence
        ("One. New. Three.", "insert", 4, 4, None),  # said already
        ("One. Two. Three.", "delete", 5, 10, Edit("delete", 1)),
        ("", "insert", 0, 0, Edit("insert", 0, "New.")),
        ("", "replace", 0, 0, None),
    ],
)
def test_where_a_suggestion_belongs_after_the_text_has_changed(reply, op, start, end, found) -> None:
    assert settle(reply, op, "" if op == "delete" else "New.", start, end) == found
