"""Figures worked out by hand, and laws that hold for any text."""

from __future__ import annotations

import math
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics import (
    bootstrap_interval,
    content_overlap,
    content_words,
    distinct_n,
    jackknife_interval,
    quantile,
    repeats,
    words,
)

SENTENCES = st.lists(st.text(max_size=60), max_size=12)


def test_distinct_2_by_hand():
    # (i am)(am so)(so sorry) and (i am)(am so)(so glad): 4 different of 6
    assert distinct_n(["I am so sorry.", "I am so glad!"]) == pytest.approx(4 / 6)


def test_distinct_n_does_not_join_texts():
    # Joined, "a b" + "b a" would hold the pair (b b) as well.
    assert distinct_n(["a b", "b a"]) == 1.0
    assert distinct_n(["a", "b"]) == 0.0


def test_distinct_1_counts_words():
    assert distinct_n(["no no no yes"], 1) == 0.5


def test_distinct_n_refuses_zero():
    with pytest.raises(ValueError, match="1 or more"):
        distinct_n(["a b"], 0)


@given(SENTENCES)
def test_saying_everything_twice_halves_distinct_2(texts):
    assert distinct_n([*texts, *texts]) == pytest.approx(distinct_n(texts) / 2)


@given(SENTENCES, st.integers(1, 4))
def test_distinct_n_is_a_share(texts, n):
    assert 0 <= distinct_n(texts, n) <= 1


def test_repeats_ignores_case_and_punctuation():
    assert repeats(["I'm sorry.", "How are you?", "I\u2019m  SORRY"]) == ("I'm sorry.", 2)
    assert repeats([]) == ("", 0)


@given(SENTENCES)
def test_words_are_lower_case_and_without_digits(texts):
    for word in (w for t in texts for w in words(t)):
        assert word == word.lower()
        assert not any(c.isdecimal() or c.isspace() for c in word)


def test_content_words_leave_out_what_any_supportive_sentence_says():
    assert not content_words("I'm really sorry, that sounds so hard. I hope you feel better with time, day by day.")
    assert not content_words("Is there a friend or someone in your family you could talk to tonight?")
    assert content_words("Your landlord raised the rent") == {"landlord", "rais", "rent"}


@pytest.mark.parametrize(
    ("post", "sentence", "picked_up"),
    [
        ("My boss laughed at my slides", "Being laughed at over slides you made is humiliating.", True),
        ("My boss laughed at my slides", "I'm so sorry, that sounds really hard.", False),
        ("I feel sad every day", "Feeling sad for days is so hard, I hope it gets better.", False),
        ("They were mocking my accents", "To be mocked for an accent hurts.", True),  # one stem each
        ("", "Being laughed at over slides is humiliating.", False),
    ],
)
def test_content_overlap(post, sentence, picked_up):
    assert bool(content_overlap(post, sentence)) is picked_up


def test_an_event_counts_in_other_words_only_where_asked():
    post, sentence = "my dad died last month", "Losing your father leaves such a hole."
    assert content_overlap(post, sentence) == {"[dad]"}
    assert not content_overlap(post, sentence, events=False)


def test_a_shared_word_is_not_counted_again_as_its_event():
    assert content_overlap("my dad died", "You miss your dad.") == {"dad"}


@given(st.text(max_size=80), st.text(max_size=80))
def test_what_is_picked_up_is_in_both(post, sentence):
    shared = content_overlap(post, sentence, events=False)
    assert shared == content_words(post) & content_words(sentence)
    assert shared == content_overlap(sentence, post, events=False)


def test_bootstrap_of_a_share_matches_the_normal_interval():
    values = [1.0] * 80 + [0.0] * 20
    low, high = bootstrap_interval(values, resamples=4000, seed=1)
    half = 1.96 * math.sqrt(0.8 * 0.2 / 100)  # 0.0784
    assert low == pytest.approx(0.8 - half, abs=0.015)
    assert high == pytest.approx(0.8 + half, abs=0.015)


def test_bootstrap_is_repeatable_and_narrows_with_more_cases():
    values = [0.0, 1.0] * 10
    low, high = bootstrap_interval(values, seed=3)
    assert (low, high) == bootstrap_interval(values, seed=3)
    many_low, many_high = bootstrap_interval(values * 20, seed=3)
    assert many_high - many_low < (high - low) / 2


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_bootstrap_stays_inside_the_values(values):
    low, high = bootstrap_interval(values, resamples=50)
    slack = 1e-6
    assert min(values) - slack <= low <= high <= max(values) + slack


def test_jackknife_of_a_mean_is_its_standard_error():
    # 1, 2, 3: variance 1, standard error sqrt(1/3); the normal quantile is 1.960
    low, high = jackknife_interval([1.0, 2.0, 3.0], fmean)
    assert high - 2 == pytest.approx(1.959964 * math.sqrt(1 / 3), rel=1e-5)
    assert (low + high) / 2 == pytest.approx(2)


def test_jackknife_interval_of_distinct_2_holds_the_figure_where_a_bootstrap_does_not():
    texts = [f"w{chr(97 + i)} x{chr(97 + i)} y{chr(97 + i)}" for i in range(20)]  # nothing repeats: distinct-2 is 1
    low, high = jackknife_interval(texts, distinct_n)
    assert low <= 1 <= high
    assert bootstrap_interval(texts, distinct_n)[1] < 1


@pytest.mark.parametrize(
    "call",
    [
        lambda: bootstrap_interval([]),
        lambda: bootstrap_interval([1.0], level=1.5),
        lambda: bootstrap_interval([1.0], resamples=0),
        lambda: jackknife_interval([1.0], fmean),
        lambda: quantile([], 0.5),
        lambda: quantile([1.0], 2),
    ],
)
def test_impossible_requests_are_refused(call):
    with pytest.raises(ValueError):
        call()


def test_quantile_interpolates():
    assert quantile([4, 1, 2, 3], 0.5) == 2.5
    assert quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 0.9) == 10
