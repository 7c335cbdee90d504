"""Deciding, undoing and carrying the user's own words along; no browser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner.types import Conversation, Edit, Empathy, MechanismScore, Result, Suggestion
from ui.session import Session, accept_all, begin, carry_over, decide, parse_history, undo

NONE = Empathy(*(MechanismScore((1.0, 0.0, 0.0)) for _ in range(3)))
REPLY = "You should rest.\n\nIt gets easier. Bye!"
EDITS = (
    Edit("insert", 3, "Want to talk?", "exploration"),
    Edit("delete", 1),
    Edit("insert", 0, "I'm so sorry.", "emotional_reaction"),
    Edit("replace", 0, "You sound worn out.", "interpretation"),
)


def session(reply: str = REPLY, edits: tuple[Edit, ...] = EDITS) -> Session:
    suggestions = tuple(Suggestion(edit, None, "because") for edit in edits)
    return begin(Result(Conversation("post", reply), False, NONE, suggestions), None, "")


def test_suggestions_stand_in_the_order_of_their_place() -> None:
    assert [s.edit.op for s in session().suggestions] == ["insert", "replace", "delete", "insert"]


def test_accept_all_but_the_rejected() -> None:
    state = decide(session(), 2, "rejected", REPLY)
    state = accept_all(state, state.text)
    assert state.text == "I'm so sorry. You sound worn out.\n\nIt gets easier. Bye! Want to talk?"


def test_deciding_twice_takes_the_decision_back() -> None:
    state = decide(session(), 0, "accepted", REPLY)
    assert state.text.startswith("I'm so sorry.")
    assert decide(state, 0, "accepted", state.text).text == REPLY


def test_words_typed_by_hand_survive_accepting_and_undoing() -> None:
    state = decide(session(), 0, "accepted", REPLY)
    typed = state.text.replace("Bye!", "Take care of yourself.")
    state = decide(state, 1, "accepted", typed)
    assert state.text == "I'm so sorry. You sound worn out.\n\nIt gets easier. Take care of yourself."
    typed = state.text + " Anna"
    state = undo(state, typed)
    assert state.text == "I'm so sorry. You should rest.\n\nIt gets easier. Take care of yourself. Anna"
    assert not state.clash


def test_a_sentence_changed_by_hand_is_not_replaced() -> None:
    typed = REPLY.replace("You should rest.", "Could you lie down a bit?")
    state = decide(session(), 1, "accepted", typed)
    assert state.text == typed
    assert state.clash


def test_a_click_made_before_the_last_answer_came_is_no_typing() -> None:
    state = decide(session(), 0, "accepted", REPLY)
    state = decide(state, 3, "accepted", REPLY)
    assert state.text == "I'm so sorry. You should rest.\n\nIt gets easier. Bye! Want to talk?"


def test_undo_brings_back_the_result_before_a_new_press() -> None:
    first = decide(session(), 0, "accepted", REPLY)
    mine = first.text + " Anna"
    second = begin(Result(Conversation("other", "Hm."), False, NONE), first, mine)
    assert second.text == "Hm." and second.number == 2
    back = undo(second, second.text)
    assert back.text == mine
    assert back.suggestions == first.suggestions
    assert undo(back, back.text).text == REPLY


def test_accepted_sentences_follow_what_was_typed_into_an_empty_draft() -> None:
    state = session("", (Edit("insert", 0, "I'm so sorry.", "emotional_reaction"),))
    assert decide(state, 0, "accepted", "").text == "I'm so sorry."
    assert decide(state, 0, "accepted", "Hi Sam.").text == "Hi Sam. I'm so sorry."


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["accepted", "rejected"])), max_size=8))
def test_undoing_every_step_gives_the_draft_back(steps: list[tuple[int, str]]) -> None:
    state = session()
    for index, decision in steps:
        state = decide(state, index, decision, state.text)
    for _ in steps:
        state = undo(state, state.text)
    assert (state.text, set(state.decisions), state.past) == (REPLY, {"pending"}, ())


@given(st.text(), st.text())
def test_carry_over_of_an_untouched_text_is_the_new_text(old: str, new: str) -> None:
    text, clash = carry_over(old, new, old)
    if old.strip():
        assert (text, clash) == (new, False)


@given(st.text(min_size=1).filter(str.strip), st.text())
def test_carry_over_of_no_change_keeps_what_was_typed(old: str, typed: str) -> None:
    assert carry_over(old, old, typed) == (typed, False)


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("", ()),
        ("I can't sleep.\nNot at all.", (("seeker", "I can't sleep.\nNot at all."),)),
        ("them: hi\n ME : hello\nyou there?\nThem:", (("seeker", "hi"), ("supporter", "hello\nyou there?"))),
        ("Tell them: no", (("seeker", "Tell them: no"),)),
    ],
)
def test_earlier_messages(text: str, turns: tuple) -> None:
    assert parse_history(text) == turns
