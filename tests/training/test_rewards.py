"""Reward terms: equations by hand, the same numbers as the engine, and no profit in hacking them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from partner.candidates import Candidate, State
from partner.likelihood import Written, log_likelihoods, reply_log_likelihoods, without_post
from partner.prompt import Place
from partner.text import split
from partner.types import Conversation
from tests import tiny
from training.data.records import DataError
from training.rewards import (
    DEFAULT_WEIGHTS,
    REWARDS,
    Resources,
    RewardSum,
    Rewrite,
    Step,
    brevity,
    copying,
    diversity,
    generic,
    guards,
    length,
    parse,
    questions,
    repetition,
)
from training.rewards.sentences import written

POST = "my dog rex died on tuesday. he was fourteen and i had him since school. the flat is so quiet now"
DRAFT = "That sucks. Time heals."


def rewrite(post: str, draft: str, *edits: tuple[int, str, str]) -> Rewrite:
    """A rewrite that inserts sentences one after the other: (gap, mechanism, text)."""
    sentences, steps = list(split(draft).sentences), []
    for at, mechanism, text in edits:
        steps.append(Step(tuple(sentences), Place("insert", at, mechanism), text))
        sentences.insert(at, text)
    return Rewrite(Conversation(post, draft), tuple(steps), " ".join(sentences))


def inserted(*texts: str, post: str = POST, draft: str = DRAFT) -> Rewrite:
    return rewrite(post, draft, *((i, "emotional_reaction", text) for i, text in enumerate(texts)))


RULES = {
    name: module.make(None)
    for name, module in {
        "brevity": brevity,
        "copying": copying,
        "guards": guards,
        "length": length,
        "questions": questions,
        "repetition": repetition,
    }.items()
}


@pytest.fixture(scope="module")
def resources() -> Resources:
    return Resources(tiny.policy("gpt2"), threads=1)


def test_parse_reads_weights_and_lists_the_known_names() -> None:
    assert parse(["empathy=1.0", "fluency=0.5"]) == {"empathy": 1.0, "fluency": 0.5}
    assert parse(["empathy", "length=0"]) == {"empathy": DEFAULT_WEIGHTS["empathy"], "length": 0.0}
    with pytest.raises(DataError, match=r"unknown reward 'warmth'.*coherence.*empathy.*fluency"):
        parse(["warmth=1"])
    for wrong in (["empathy=much"], ["empathy=nan"], ["empathy=inf"], ["empathy=1", "empathy=2"]):
        with pytest.raises(DataError, match="empathy"):
            parse(wrong)
    assert set(DEFAULT_WEIGHTS) <= set(REWARDS)
    with pytest.raises(DataError, match="no reward"):
        RewardSum({}, Resources())


def test_the_sum_is_weighted_reported_term_by_term_and_refuses_what_is_not_finite() -> None:
    batch = [inserted("How are you? Did you sleep?"), inserted()]
    total, terms = RewardSum({"questions": 2.0, "brevity": 0.0, "length": 1.0}, Resources())(batch)
    assert terms["questions"] == [-1.0, 0.0]
    assert terms["brevity"] == pytest.approx([-math.log(1 + 6 / 4), 0.0])
    assert total == [-2.0, 0.0]
    summed = RewardSum({"length": 1.0}, Resources())
    summed.terms["length"] = lambda rewrites: [0.0, math.nan]
    with pytest.raises(FloatingPointError, match="'length' is nan"):
        summed(batch)


def test_brevity_is_the_logarithm_of_the_edit_rate() -> None:
    # Three words added to six: an edit rate of a half.
    assert RULES["brevity"]([inserted("I am sorry.", draft="It gets better, just hang on.")]) == pytest.approx([-math.log(1.5)])
    assert RULES["brevity"]([inserted("I am sorry.", draft=""), inserted()]) == [0.0, 0.0]


def test_length_counts_words_beyond_what_is_free() -> None:
    thirty, sixteen = "word " * 29 + "end.", "word " * 15 + "end."
    assert RULES["length"]([inserted(thirty), inserted(*[sixteen] * 5), inserted(sixteen)]) == [-0.5, -2.0, 0.0]


def test_copying_is_the_share_of_words_in_runs_of_four() -> None:
    post = "i feel so alone since my dog died"
    cases = {
        "You feel so alone since your dog died.": -1.0,
        "You feel so alone since then, don't you?": -5 / 8,
        "Since your dog died it must be quiet.": -4 / 8,
        "What was he like?": 0.0,
    }
    assert RULES["copying"]([inserted(text, post=post) for text in cases]) == pytest.approx(list(cases.values()))


def test_questions_in_a_row_cost_but_one_does_not() -> None:
    many = inserted("How are you?", "Did you sleep?", "Have you eaten?")
    apart = inserted("How are you?", "That must be so hard.", "Have you eaten?")
    theirs = inserted("I am so sorry.", draft="How are you? Did you sleep?")
    assert RULES["questions"]([many, apart, theirs]) == [-2.0, 0.0, 0.0]


def test_repetition_counts_what_is_said_again_and_what_every_post_gets() -> None:
    assert RULES["repetition"]([inserted("I'm so sorry you lost Rex.", "I am really sorry that you lost Rex.")]) == [-1.0]
    stock = [inserted("I'm here for you tonight.", post=f"post number {i}") for i in range(3)]
    others = [inserted(f"Losing {name} must hurt.", post=f"about {name}") for name in ("Rex", "Milo")]
    assert RULES["repetition"]([*stock, *others]) == pytest.approx([-0.5, -0.5, -0.5, 0.0, 0.0])
    # Samples of one post may agree: that is the policy being sure.
    assert RULES["repetition"]([stock[0], stock[0]]) == [0.0, 0.0]


def test_guards_count_what_must_never_be_said() -> None:
    batch = [
        inserted("I'm so sorry about Rex."),
        inserted("I lost my dog last year too."),
        inserted("Your mother must miss him."),
        inserted("You have clinical depression.", "You should see a psychiatrist."),
        inserted(),
    ]
    assert RULES["guards"](batch) == [0.0, -1.0, -1.0, -2.0, 0.0]
    # A reply written whole is judged sentence by sentence, an edit of two sentences is refused.
    two = "I'm so sorry about Rex. What was he like?"
    assert RULES["guards"]([inserted(two, draft=""), inserted(two)]) == [0.0, -1.0]


def test_generic_is_what_fits_every_post_and_takes_up_no_word_of_this_one(resources: Resources) -> None:
    own = "You're missing him even while he sits in the next room."  # takes up no word, and fits few posts
    batch = [inserted(text) for text in ("I'm so sorry you're going through this.", "I'm so sorry about your dog.", own)]
    values = generic.make(resources)([*batch, inserted()])
    assert values[0] < -0.8 and values[1:] == [0.0, 0.0, 0.0]


def test_a_written_text_becomes_one_step_a_sentence() -> None:
    step = Step(("Bye.", "Take care."), Place("replace", 0, "exploration"), "Oh no. How are you?")
    got = written(Rewrite(Conversation("Hi"), (step, Step(("A.",), Place("delete", 0, None), "")), ""))
    assert [(s.sentences, s.place.op, s.place.at, s.text) for s in got] == [
        (("Bye.", "Take care."), "replace", 0, "Oh no."),
        (("Oh no.", "Take care."), "insert", 1, "How are you?"),
    ]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["How are you?", "I am so sorry about Rex.", "That sucks."]), max_size=3), min_size=2))
def test_rules_judge_each_rewrite_by_itself_and_never_reward(texts: list[list[str]]) -> None:
    batch = [inserted(*t) for t in texts]
    for name, reward in RULES.items():
        values = reward(batch)
        assert all(v <= 0 for v in values), name
        assert values[::-1] == reward(batch[::-1]), name
        assert values == [reward([r])[0] for r in batch], name


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_likelihoods_of_many_conversations_are_those_of_the_engine(architecture: str) -> None:
    policy = tiny.policy(architecture)
    posts = ["I feel so alone since my dog died", "nobody called me back", "I feel so alone"]
    sentences = ("What was he like?", "I am sorry.")
    places = [
        Place("insert", 0, "exploration"),
        Place("replace", 1, "interpretation"),
        Place("insert", 2, "emotional_reaction"),
    ]
    candidates = [Candidate(p, t) for p in places for t in ("I feel so alone.", "Nobody called me back.")]
    told, engine = [], []
    for post in posts:
        told += [Written(Conversation(post), sentences, c.place, c.text) for c in candidates]
        engine += State(policy, Conversation(post), sentences).log_likelihoods(candidates)
    assert log_likelihoods(policy, told) == pytest.approx(engine, abs=1e-4)
    blind = log_likelihoods(policy, [without_post(w) for w in told])
    assert blind == pytest.approx(State(policy, Conversation(""), sentences).log_likelihoods(candidates) * 3, abs=1e-4)


def test_rows_split_where_they_are_full_and_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tiny.policy("gpt2")
    told = [
        Written(Conversation(f"my dog died in March {i % 3}"), (), Place("insert", 0, "exploration"), f"What was he {i}?")
        for i in range(12)
    ]
    whole = log_likelihoods(policy, told)
    monkeypatch.setattr("partner.likelihood.ROW", 48)
    monkeypatch.setattr("partner.likelihood.ROWS", {"cpu": 3})
    assert log_likelihoods(policy, told) == pytest.approx(whole, abs=1e-4)


def test_fluency_is_the_inverse_perplexity_of_the_frozen_model(resources: Resources) -> None:
    policy = tiny.policy("gpt2")
    torch.nn.init.zeros_(policy.backbone.get_output_embeddings().weight)  # every token equally likely
    uniform = RewardSum({"fluency": 1.0}, Resources(policy))
    total, _ = uniform([inserted("I am sorry."), Rewrite(Conversation("Hi", "Bye."), (), "")])
    assert total == pytest.approx([1 / policy.backbone.config.vocab_size, 0.0], rel=1e-4)
    assert not any(p.requires_grad for p in resources.reference.parameters())


def test_specificity_is_the_mutual_information_bounded(resources: Resources) -> None:
    r = inserted("I am sorry, that must hurt.")
    told = Written(
        Conversation(POST), ("That sucks.", "Time heals."), Place("insert", 0, "emotional_reaction"), r.steps[0].text
    )
    with_post, alone = log_likelihoods(resources.reference, [told, without_post(told)])
    reward = RewardSum({"specificity": 1.0}, resources)
    assert reward([r, inserted()])[0] == pytest.approx([min(1.5, with_post - alone), 0.0], abs=1e-5)


def test_a_common_sentence_is_less_diverse_and_the_log_remembers(resources: Resources) -> None:
    common = [inserted("I'm so sorry you're going through this.", post=f"post {i}") for i in range(9)]
    own = inserted("Fourteen years with Rex is half a lifetime.", post="rex")
    reward = diversity.make(resources)
    values = reward([*common, own])
    assert values[0] == pytest.approx(0.0, abs=1e-3) and values[-1] > 0.6
    assert reward([inserted("I'm so sorry you're going through this.", post="another")])[0] < 0.05
    again = diversity.make(resources)
    again.load_state_dict(reward.state_dict())
    assert np.array_equal(again([own]), reward([own]))
    assert diversity.make(resources)([own, inserted()]) == [1.0, diversity.USUAL]


def test_replies_without_words_are_no_trouble(resources: Resources) -> None:
    assert reply_log_likelihoods(resources.reference, ["", " "]) == [0.0, 0.0]
    gone = Rewrite(Conversation(POST, "Stop whining."), (Step(("Stop whining.",), Place("delete", 0, None), ""),), "")
    total, terms = RewardSum(DEFAULT_WEIGHTS, resources)([gone])
    assert math.isfinite(total[0]) and terms["coherence"] == [0.0]


# Post, draft, an honest edit (the gap, mechanism and sentence), and a past that an assistant cannot have.
HONEST = [
    (
        POST,
        DRAFT,
        (0, "emotional_reaction", "I'm so sorry you lost Rex."),
        "I lost my dog last year too, so I know the feeling.",
    ),
    (
        "got laid off yesterday after nine years. my wife doesn't know yet and i feel sick every time she asks about work",
        "Lots of jobs out there.",
        (0, "interpretation", "It must be so hard to keep this from your wife."),
        "I was laid off once and I couldn't tell my wife either.",
    ),
    (
        "i failed my driving test for the third time today and everyone at home laughed. i feel so stupid",
        "You can take it again.",
        (1, "exploration", "What happened when they laughed at you?"),
        "I failed my driving test four times myself.",
    ),
]
LONG = (
    "I am so deeply sorry and I can feel how heavy all of this must be for you right now, because it sounds so painful and so "
    "lonely and so unfair, and I want you to know that I hear you and that everything you feel makes sense to me."
)
ASKED = ("How are you feeling?", "When did it start?", "Who knows about it?", "What do you need?", "How did you sleep?")
SORRY = ("I'm so sorry you're going through this.", "I am so sorry that you're going through this.")


def hacks(post: str, draft: str, past: str) -> dict[str, Rewrite]:
    """What raises some single term for every post, by name."""
    turned = {"i": "you", "my": "your", "i'm": "you're"}
    copied = " ".join(turned.get(word, word) for word in post.replace(".", "").split()[:14]).capitalize() + "."
    return {
        "long": inserted(LONG, post=post, draft=draft),
        "copy": inserted(copied, post=post, draft=draft),
        "generic": inserted(SORRY[0], post=post, draft=draft),
        "stock": inserted(*SORRY, SORRY[0], post=post, draft=draft),
        "past": inserted(past, post=post, draft=draft),
        "questions": inserted(*ASKED, post=post, draft=draft),
    }


def batch_of_hacks() -> tuple[list[Rewrite], dict[tuple[int, str], Rewrite]]:
    """The honest edits, and every hack by post and name."""
    honest = [rewrite(post, draft, edit) for post, draft, edit, _ in HONEST]
    made = {(i, name): r for i, (post, draft, _, past) in enumerate(HONEST) for name, r in hacks(post, draft, past).items()}
    return honest, made


def test_hacking_never_pays_under_the_default_weights() -> None:
    honest, made = batch_of_hacks()
    nothing = [inserted(post=post, draft=draft) for post, draft, _, _ in HONEST]
    total, terms = RewardSum(DEFAULT_WEIGHTS, Resources(threads=1))([*honest, *nothing, *made.values()])
    table = {name: [round(v, 2) for v in values] for name, values in terms.items()}
    for (i, name), value in zip(made, total[2 * len(HONEST) :], strict=True):
        assert value < total[i], f"{name} earns {value:.2f}, the honest edit of post {i} {total[i]:.2f}: {table}"
    # The other half of the guard: an honest edit is worth more than none.
    assert all(edited > left for edited, left in zip(total[:3], total[3:6], strict=True)), table
