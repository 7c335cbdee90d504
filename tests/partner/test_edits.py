"""Edits on replies as people write them: what is not touched stays, and the diff shown is the text one gets."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from partner.edits import EditError, apply, diff, pieces
from partner.text import split
from partner.types import Edit
from tests.partner.test_text import any_text

REPLY = "That sucks. I'm sorry.\n\nTry this.\n- walk\n- sleep\n\nBye"


def insert(at: int, text: str = "You matter.") -> Edit:
    return Edit("insert", at, text)


def replace(at: int, text: str = "You matter.") -> Edit:
    return Edit("replace", at, text)


def delete(at: int) -> Edit:
    return Edit("delete", at)


@pytest.mark.parametrize(
    "at, expected",
    [
        (0, "You matter. That sucks. I'm sorry.\n\nTry this.\n- walk\n- sleep\n\nBye"),
        (1, "That sucks. You matter. I'm sorry.\n\nTry this.\n- walk\n- sleep\n\nBye"),
        (2, "That sucks. I'm sorry. You matter.\n\nTry this.\n- walk\n- sleep\n\nBye"),
        (3, "That sucks. I'm sorry.\n\nTry this. You matter.\n- walk\n- sleep\n\nBye"),
        (4, "That sucks. I'm sorry.\n\nTry this.\n- walk\nYou matter.\n- sleep\n\nBye"),
        (6, "That sucks. I'm sorry.\n\nTry this.\n- walk\n- sleep\n\nBye\nYou matter."),
    ],
)
def test_an_insert_joins_the_line_before_it(at: int, expected: str) -> None:
    assert apply(REPLY, [insert(at)]) == expected


@pytest.mark.parametrize(
    "at, expected",
    [
        (0, "I'm sorry.\n\nTry this.\n- walk\n- sleep\n\nBye"),
        (1, "That sucks.\n\nTry this.\n- walk\n- sleep\n\nBye"),
        (2, "That sucks. I'm sorry.\n\n- walk\n- sleep\n\nBye"),
        (3, "That sucks. I'm sorry.\n\nTry this.\n- sleep\n\nBye"),
        (4, "That sucks. I'm sorry.\n\nTry this.\n- walk\n\nBye"),
        (5, "That sucks. I'm sorry.\n\nTry this.\n- walk\n- sleep"),
    ],
)
def test_a_delete_leaves_no_hole_and_no_lost_line(at: int, expected: str) -> None:
    assert apply(REPLY, [delete(at)]) == expected


def test_positions_count_the_original_sentences_whatever_the_order() -> None:
    edits = [delete(0), insert(1, "One."), replace(2, "Do this."), insert(2, "Two."), insert(6, "Three."), insert(6, "Four.")]
    expected = "One. I'm sorry. Two.\n\nDo this.\n- walk\n- sleep\n\nBye\nThree. Four."
    assert apply(REPLY, edits) == expected
    assert apply(split(REPLY), [edits[i] for i in (4, 2, 0, 3, 5, 1)]) == expected


def test_a_replacement_keeps_the_spacing_around_it() -> None:
    assert apply("  One.   Two.\t\n\n Three.\n", [replace(1, " New. ")]) == "  One.   New.\t\n\n Three.\n"


def test_delete_and_insert_at_one_place_are_a_replacement() -> None:
    for at in (1, 2):
        assert apply("One.\n\nTwo.\n\nThree.", [delete(1), insert(at, "New.")]) == "One.\n\nNew.\n\nThree."


def test_the_empty_reply_takes_inserts() -> None:
    assert apply("", [insert(0, "One."), insert(0, "Two.")]) == "One. Two."
    assert apply("\n", [insert(0, "One.")]) == "One.\n"


def test_everything_deleted_is_empty() -> None:
    assert apply("One. Two!  Three?", [delete(2), delete(0), delete(1)]) == ""


def test_windows_line_ends_stay_windows_line_ends() -> None:
    assert apply("im sorry\r\nbye", [insert(1, "It hurts.")]) == "im sorry\r\nIt hurts.\r\nbye"


@pytest.mark.parametrize(
    "edits, message",
    [
        ([insert(3)], r"insert at 3 is outside the reply \(2 sentences\): use 0 to 2"),
        ([delete(2)], r"delete at 2 is outside the reply \(2 sentences\): use 0 to 1"),
        ([replace(7)], r"replace at 7 is outside"),
        ([delete(0), delete(0)], r"sentence 0 is replaced or deleted twice"),
        ([replace(1), insert(1), delete(1)], r"sentence 1 is replaced or deleted twice"),
        ([replace(1), replace(1)], r"sentence 1 is replaced or deleted twice"),
    ],
)
def test_edits_that_do_not_fit_are_refused(edits: list[Edit], message: str) -> None:
    for function in (apply, pieces):
        with pytest.raises(EditError, match=message):
            function("One. Two.", edits)


def test_edits_of_the_empty_reply_are_refused() -> None:
    with pytest.raises(EditError, match="it has no sentence"):
        apply("", [delete(0)])


@pytest.mark.parametrize(
    "before, after, expected",
    [
        ("One. Two.", "One. Two.", []),
        ("One. Two.", "One.\n\nTwo.", []),
        ("I know. It will pass.", "I know. That hurts. It will pass.", [insert(1, "That hurts.")]),
        ("I know. It will pass.", "I know. It may pass in time.", [replace(1, "It may pass in time.")]),
        ("One. Two. Three.", "One. Three.", [delete(1)]),
        ("Cheer up. Be strong.", "I'm sorry. Be so strong.", [replace(0, "I'm sorry."), replace(1, "Be so strong.")]),
        (
            "Be strong.",
            "I'm sorry. Be so strong. Bye.",
            [insert(0, "I'm sorry."), replace(0, "Be so strong."), insert(1, "Bye.")],
        ),
        ("", "One. Two.", [insert(0, "One."), insert(0, "Two.")]),
    ],
)
def test_diff_finds_the_edits_a_reader_would_name(before: str, after: str, expected: list[Edit]) -> None:
    assert diff(before, after) == expected


def test_diff_of_very_long_replies_is_quick_and_right() -> None:
    before = " ".join(f"Line {i} is old." for i in range(1200))
    after = " ".join(f"Word {i} was new." for i in range(1300))
    assert split(apply(before, diff(before, after))).sentences == split(after).sentences


def test_pieces_name_the_edit_they_belong_to() -> None:
    row = pieces("One. Two. Three.", [insert(1, "New."), delete(2), replace(1, "Second.")])
    assert [(p.kind, p.text, p.edit) for p in row if p.kind != "keep" and p.text.strip()] == [
        ("insert", "New.", 0),
        ("delete", "Two.", 2),
        ("insert", "Second.", 2),
        ("delete", "Three.", 1),
    ]


@st.composite
def reply_and_edits(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    """A reply and any legal edits of it; the new sentences are of the same making as the reply."""
    reply = draw(any_text)
    n = len(split(reply).sentences)
    texts = any_text.filter(lambda t: t.strip())
    edits = [insert(at, draw(texts)) for at in draw(st.lists(st.integers(0, n), max_size=4))]
    for at in draw(st.lists(st.integers(0, n - 1), unique=True, max_size=5)) if n else []:
        edits.append(draw(st.sampled_from([delete(at), replace(at, draw(texts))])))
    return reply, draw(st.permutations(edits))


@given(reply_and_edits())
def test_pieces_are_the_original_and_the_result(case: tuple[str, list[Edit]]) -> None:
    reply, edits = case
    row = pieces(reply, edits)
    assert "".join(p.text for p in row if p.kind != "insert") == reply
    assert "".join(p.text for p in row if p.kind != "delete") == apply(reply, edits)
    assert all(p.text for p in row)
    assert all((p.edit is None) == (p.kind == "keep") for p in row)


@given(reply_and_edits())
def test_untouched_sentences_and_line_breaks_stay(case: tuple[str, list[Edit]]) -> None:
    reply, edits = case
    seg = split(reply)
    row = pieces(seg, edits)
    changed = {e.at for e in edits if e.op != "insert"}
    kept = [p.text for p in row if p.kind == "keep" and p.text.strip()]
    assert kept == [s for i, s in enumerate(seg.sentences) if i not in changed]
    deleted = {e.at for e in edits if e.op == "delete"}
    gaps = [p.text for p in row if p.kind == "keep" and not p.text.strip()]
    if not deleted:
        assert gaps == [g for g in seg.gaps if g]
    assert len([g for g in seg.gaps if g]) - len(gaps) <= len(deleted), "a delete takes one gap at most"


@given(reply_and_edits())
def test_the_result_has_the_sentences_that_were_asked_for(case: tuple[str, list[Edit]]) -> None:
    """Whatever meets, nothing runs together: the result splits into the old and the new sentences."""
    reply, edits = case
    assume(any(e.op != "delete" for e in edits))
    sentences = split(reply).sentences
    expected: list[str] = []
    for at in range(len(sentences) + 1):
        for edit in edits:
            if edit.op == "insert" and edit.at == at:
                expected += split(edit.text).sentences
        if at < len(sentences):
            change = next((e for e in edits if e.op != "insert" and e.at == at), None)
            expected += split(change.text).sentences if change else [sentences[at]]
    assert list(split(apply(reply, edits)).sentences) == expected


@given(any_text, any_text)
def test_diff_leads_from_one_reply_to_the_other(before: str, after: str) -> None:
    assert split(apply(before, diff(before, after))).sentences == split(after).sentences
    assert diff(after, after) == []
