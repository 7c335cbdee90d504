"""Figures worked out by hand, and laws that hold for any text."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st
from nltk.metrics.distance import edit_distance as nltk_edit_distance
from nltk.translate.bleu_score import corpus_bleu
from nltk.translate.nist_score import corpus_nist
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

from evaluation.content import content_overlap, content_words
from evaluation.metrics import (
    NistInformation,
    bleu,
    bleu_counts,
    distinct_n,
    distinct_without_each,
    embedding_similarities,
    mutual_information,
    nist,
    nist_counts,
    perplexity,
    repeats,
    self_repetition,
    tokens_13a,
    words,
)
from partner.edit_rate import edit_distance, edit_rate

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


# Likeness to a reference

PAIRS = [
    ("the cat sat on the mat, really.", "the cat is on the mat, really."),
    ("I'm so sorry that happened to you - 3.5 times!", "I am so sorry this happened to you."),
    ("What did he say to you then", "What did he say?"),
]


def summed(count, pairs=PAIRS):
    return np.sum([count(out, ref) for out, ref in pairs], axis=0)


def test_bleu_by_hand():
    # "the the cat" against "the cat sat down": 1-grams the (clipped to 1), cat: 2 of 3; 2-grams (the cat): 1 of 2.
    counts = np.array(bleu_counts("the the cat", "the cat sat down"))
    brevity = math.exp(1 - 4 / 3)
    assert bleu(counts, 1) == pytest.approx(100 * brevity * 2 / 3)
    assert bleu(counts, 2) == pytest.approx(100 * brevity * math.sqrt(2 / 3 * 1 / 2))
    assert bleu(counts, 3) == 0  # no 3-gram of the output is in the reference


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_bleu_agrees_with_sacrebleu_and_nltk(n):
    outs, refs = zip(*PAIRS, strict=True)
    mine = bleu(summed(bleu_counts), n)
    theirs = sacrebleu.BLEU(lowercase=True, max_ngram_order=n, smooth_method="none")
    assert mine == pytest.approx(theirs.corpus_score(list(outs), [list(refs)]).score)
    tokens = [[tokens_13a(r)] for r in refs], [tokens_13a(o) for o in outs]
    assert mine == pytest.approx(100 * corpus_bleu(*tokens, weights=[1 / n] * n))


def test_bleu_of_many_sums_at_once():
    both = np.stack([summed(bleu_counts), summed(bleu_counts, PAIRS[:1])])
    assert bleu(both, 2)[1] == pytest.approx(bleu(both[1], 2))


@given(st.text(max_size=120))
def test_tokens_are_those_of_sacrebleu(text):
    assert " ".join(tokens_13a(text, lower=False)) == " ".join(Tokenizer13a()(text).split())


def test_nist_by_hand():
    # Reference "a b a c": 4 words; a occurs twice, so it tells log2(4/2) = 1 bit, b and c 2 bits; (a b) log2(2/1) = 1 bit.
    information = NistInformation(["a b a c"])
    assert information(("a",)) == 1
    assert information(("c",)) == 2
    assert information(("a", "b")) == 1
    counts = np.array(nist_counts("a b", "a b a c", information))
    # 1-grams: (1 + 2) / 2; 2-grams: 1 / 1; brevity at a ratio of 1/2
    penalty = math.exp(math.log(0.5) / math.log(1.5) ** 2 * math.log(0.5) ** 2)
    assert nist(counts) == pytest.approx((1.5 + 1) * penalty)


@pytest.mark.parametrize("n", [2, 4, 5])
def test_nist_agrees_with_nltk(n):
    outs, refs = zip(*PAIRS, strict=True)
    information = NistInformation(refs)
    mine = nist(summed(lambda out, ref: nist_counts(out, ref, information)), n)
    assert mine == pytest.approx(corpus_nist([[tokens_13a(r)] for r in refs], [tokens_13a(o) for o in outs], n=n))


def test_embedding_similarities_by_hand():
    output, reference = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[3.0, 0.0]])
    average, extrema, greedy = embedding_similarities(output, reference)
    assert average == pytest.approx(0.5 / math.hypot(0.5, 1))
    assert extrema == pytest.approx(1 / math.hypot(1, 2))  # the extreme vector of the output is (1, 2)
    assert greedy == pytest.approx(((1 + 0) / 2 + 1) / 2)
    assert embedding_similarities(output, reference[:0]) is None


# How much was edited, and language


@pytest.mark.parametrize(
    ("before", "after", "rate"),
    [
        ("I am here", "I am here", 0),
        ("I am here", "I am right here", 1 / 3),
        ("I am here", "You are there", 1),
        ("a b c d", "d c b a", 1),
        ("no", "well no not now", 3),
        ("", "hello", None),
    ],
)
def test_edit_rate_by_hand(before, after, rate):
    assert edit_rate(before, after) == (None if rate is None else pytest.approx(rate))


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_edit_distance_agrees_with_nltk(before, after):
    assert edit_distance(before, after) == nltk_edit_distance(before, after) == edit_distance(after, before)


def test_perplexity_and_mutual_information_by_hand():
    assert perplexity(3 * math.log(1 / 8), 3) == pytest.approx(8)  # every token at probability 1/8
    assert mutual_information(math.log(1 / 4), math.log(1 / 16), 2) == pytest.approx(math.log(2))


# Variety with each text left out


@given(SENTENCES, st.integers(1, 3))
def test_distinct_without_each_is_distinct_without_each(texts, n):
    value, without = distinct_without_each(texts, n)
    assert value == pytest.approx(distinct_n(texts, n))
    assert without == pytest.approx([distinct_n([*texts[:i], *texts[i + 1 :]], n) for i in range(len(texts))])


def test_self_repetition_by_hand():
    texts = ["I am so sorry for you", "I am so sorry, take care", "short one"]
    # 4-grams of the first: (I am so sorry) again in the second, (am so sorry for) and (so sorry for you) not.
    assert self_repetition(texts) == [pytest.approx(1 / 3), pytest.approx(1 / 3), None]
