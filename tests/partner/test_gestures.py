"""Two sentences of one kind are one too many, whatever words they use."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner.gestures import gestures, names_hardness, same_gesture

SORRY = ("I'm so sorry you're in this.", "My heart goes out to you.", "That must be awful, I hate that it happened.")
THANKS = ("I'm glad you told us.", "Thank you for writing this.", "It means a lot that you said it here.")
REASONS = ("No wonder you're worn out.", "It makes sense that you feel this way.", "I can see why that stung.")


@pytest.mark.parametrize("kind", [SORRY, THANKS, REASONS])
def test_one_kind_is_found_in_other_words(kind: tuple[str, ...]) -> None:
    assert all(same_gesture(a, b) for a, b in combinations(kind, 2))


def test_sorrow_thanks_and_understanding_stand_beside_each_other() -> None:
    for a, b in combinations((SORRY, THANKS, REASONS), 2):
        assert not any(same_gesture(x, y) for x in a for y in b)


def test_a_sentence_of_none_of_these_is_like_no_other() -> None:
    assert not gestures("What was she like?") and not same_gesture("What was she like?", "What was she like?")


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_read_and_both_orders_agree(a: str, b: str) -> None:
    assert same_gesture(a, b) == same_gesture(b, a)


def test_two_invitations_are_one_too_many_and_so_are_two_welcomes() -> None:
    assert same_gesture("I'd like to hear more, if you want.", "I'm happy to listen to whatever comes.")
    assert same_gesture("It's good to have you here.", "You're very welcome in this place.")
    assert not same_gesture("It's good to have you here.", "I'd like to hear more.")


def test_being_worn_down_is_hard_in_other_words() -> None:
    assert names_hardness("I can see how this would wear you down.") and not names_hardness("I see why you would want to talk.")
