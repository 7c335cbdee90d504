"""Places and candidates are chosen as a careful supporter would."""

from __future__ import annotations

import pytest

from partner.candidates import SOURCES, Candidate
from partner.guards import cold
from partner.policy import legal_places
from partner.prompt import Place
from partner.ranking import (
    UNJUDGED,
    Considered,
    Ranking,
    choose_places,
    log_odds,
    places_for_others,
    second_places,
    share_out,
    standing,
    trust,
    value,
)
from partner.types import MECHANISMS, Empathy, MechanismScore

NONE = Empathy(*(MechanismScore((1.0, 0.0, 0.0)) for _ in MECHANISMS))
PLACES = legal_places([0, 1], 2)


def log_probs(**likely: float) -> list[float]:
    """-9 everywhere, but for places written like `replace0_exploration`."""
    named = {f"{p.op}{p.at}_{p.mechanism}": i for i, p in enumerate(PLACES)}
    found = [-9.0] * len(PLACES)
    for name, value_ in likely.items():
        found[named[name]] = value_
    return found


def considered(source: str, mechanism: str = "exploration", likelihood: float = -1.2, **more) -> Considered:
    candidate = Candidate(Place("insert", 0, mechanism), "What was that like for you?", likelihood, source, **more)
    return Considered(candidate, NONE, gain=1.5, holds=False)


def test_kept_sentences_are_not_replaced_and_stay_open_for_inserts_beside_them():
    chosen = choose_places(PLACES, log_probs(replace0_exploration=-0.1, insert1_exploration=-2.0), NONE, 6, kept={0})
    assert chosen[0][0] == Place("insert", 1, "exploration")
    assert not [p for p, _ in chosen if p.op != "insert" and p.at == 0]


def test_asking_for_one_sentence_limits_the_places_to_it():
    chosen = choose_places(PLACES, log_probs(insert0_exploration=-0.1), NONE, 9, near=1)
    assert chosen and all(p.at == 1 or (p.op == "insert" and p.at == 2) for p, _ in chosen)


def test_sentences_of_people_go_into_gaps_unless_a_cold_sentence_can_go():
    policy = [(Place("replace", 0, "interpretation"), -0.5), (Place("insert", 2, "exploration"), -1.0)]
    scores = log_probs(replace0_interpretation=-0.5, insert1_interpretation=-2.0, insert2_exploration=-1.0)
    beside = places_for_others(PLACES, scores, policy, hurtful=())
    assert beside["interpretation"][0] == Place("insert", 1, "interpretation")
    assert beside["exploration"][0] == Place("insert", 2, "exploration")
    instead = places_for_others(PLACES, scores, policy, hurtful={0})
    assert instead["interpretation"][0] == Place("replace", 0, "interpretation")


def test_what_hurts_gives_way_to_one_sentence_each_and_to_a_question_only_at_the_end():
    policy = [(Place("insert", 0, m), -1.0) for m in MECHANISMS]
    best = places_for_others(PLACES, log_probs(replace0_interpretation=-0.5), policy, hurtful={0})
    assert [p.op for p, _ in best.values()].count("replace") == 1 and best["interpretation"][0].op == "replace"
    both = places_for_others(PLACES, log_probs(replace0_exploration=-0.1), policy, hurtful={0, 1})
    assert both["exploration"][0] != Place("replace", 0, "exploration")
    assert {p.at for p, _ in both.values() if p.op == "replace"} == {0, 1}


def test_a_second_feeling_or_understanding_stands_in_another_gap_and_a_second_question_nowhere():
    first = {m: (Place("insert", 0, m), -1.0) for m in MECHANISMS}
    scores = log_probs(insert1_interpretation=-0.5, insert2_emotional_reaction=-0.5, replace1_emotional_reaction=-0.1)
    second = {m: place for m, (place, _) in second_places(PLACES, scores, first).items()}
    assert second == {
        "interpretation": Place("insert", 1, "interpretation"),
        "emotional_reaction": Place("insert", 2, "emotional_reaction"),
    }
    near = second_places(PLACES, scores, first, near=0)
    assert {p.at for p, _ in near.values()} == {1}
    only = [Place("insert", 0, m) for m in MECHANISMS]
    assert second_places(only, [-1.0] * 3, first) == {}, "an empty reply has one gap"


def test_candidates_are_shared_out_so_that_two_unlike_ones_can_be_shown():
    here, there = Place("insert", 0, "emotional_reaction"), Place("insert", 2, "emotional_reaction")
    texts = ["I'm so sorry.", "I am sorry.", "I'm glad you wrote.", "You matter to me."]
    shared = share_out(
        [Candidate(here, t) for t in texts], {"emotional_reaction": there}, lambda a, b: "sorry" in a.text and "sorry" in b.text
    )
    assert [(c.text, c.place) for c in shared] == list(zip(texts, [here, here, there, there], strict=True))
    assert share_out([Candidate(here, t) for t in texts], {}, lambda a, b: False) == [Candidate(here, t) for t in texts]


def test_trust_is_a_probability_and_plain_sentences_are_trusted_most_as_by_readers():
    simple, found, own = (
        trust(considered(s, "emotional_reaction").candidate, UNJUDGED) for s in ("stock", "retrieved", "policy")
    )
    assert 1 > simple > max(found, own) > 0


@pytest.mark.parametrize("weights", [Ranking(), UNJUDGED])
def test_trust_grows_with_what_speaks_for_a_sentence(weights: Ranking):
    likely, unlikely = (trust(considered("policy", likelihood=x).candidate, weights) for x in (-0.3, -1.5))
    assert likely > unlikely
    guess, feeling = (trust(considered("policy", m).candidate, weights) for m in ("interpretation", "emotional_reaction"))
    assert guess < feeling
    for source, by_quality, by_judge in zip(SOURCES, weights.quality, weights.judge, strict=True):
        good, poor = (trust(considered(source, quality=q).candidate, weights) for q in (0.9, 0.1))
        assert (good > poor) == bool(by_quality)
        good, poor = (trust(considered(source, judged=odds).candidate, weights) for odds in (1.0, -1.0))
        assert (good > poor) == bool(by_judge)
        # Without a judge nothing is said back.
        assert by_quality or by_judge or source == "reflected"


def test_what_is_shown_comes_in_the_order_of_trust_and_hold():
    weights = Ranking()
    good, poor = (considered("anywhere", "interpretation", judged=odds) for odds in (1.0, -1.0))
    assert standing(good, "post", weights) > standing(poor, "post", weights)
    holding = Considered(poor.candidate, NONE, poor.gain, holds=True)
    assert standing(holding, "post", weights) == pytest.approx(standing(poor, "post", weights) + weights.hold_shown)
    question = considered("anywhere", "exploration")
    asking = Considered(question.candidate, NONE, question.gain, holds=True)
    assert standing(asking, "post", weights) == standing(question, "post", weights), "it does not come first for that"


def test_hold_and_theme_count_only_where_a_wrong_fact_is_unlikely():
    weights = Ranking()
    sound_one, doubtful = (
        considered("stock", "interpretation", wrong=log_odds(p)) for p in (0.9 * weights.safe, 1.1 * weights.safe)
    )
    lost = weights.theme + weights.wrong * 0.2 * weights.safe
    assert value(sound_one, -1.0, "post", weights) == pytest.approx(value(doubtful, -1.0, "post", weights) + lost)
    for plain, counts in ((sound_one, True), (doubtful, False)):
        holding = Considered(plain.candidate, NONE, plain.gain, holds=True)
        for told in (lambda x: standing(x, "post", weights), lambda x: value(x, -1.0, "post", weights)):
            assert (told(holding) > told(plain)) == counts


def test_of_two_equally_trusted_ones_the_one_that_may_be_wrong_in_a_fact_ranks_behind():
    weights = Ranking()
    unread, empty, risky = (considered("stock", wrong=odds) for odds in (None, log_odds(0.05), log_odds(0.6)))
    assert trust(empty.candidate, weights) == trust(risky.candidate, weights)
    for told in (lambda x: value(x, -1.0, "post", weights), lambda x: standing(x, "post", weights)):
        worths = [told(x) for x in (unread, empty, risky)]
        assert worths == sorted(worths, reverse=True) and worths[1] - worths[2] >= 0.55 * weights.wrong - 1e-6


def test_where_a_post_is_not_simply_sad_what_names_no_mood_is_trusted_and_the_judge_less():
    ranking = Ranking()
    tied, neither = (considered(source, "emotional_reaction").candidate for source in ("stock", "anywhere"))
    for mood in ("sad", "glad"):
        assert ranking.tuned(0.9, tied, mood) == ranking.tuned(0.9, neither, mood) == 0.9
    for mood in ("mixed", "bright", "plain"):
        assert ranking.tuned(0.9, tied, mood) <= 0.9 < ranking.tuned(-2.0, neither, mood)
        understanding = considered("anywhere", "interpretation").candidate
        assert ranking.tuned(0.0, understanding, mood) < ranking.tuned(0.0, neither, mood), "a feeling comes first"


def test_hold_on_the_post_decides_between_equals_and_the_order_is_stable():
    weights = Ranking()
    plain = considered("retrieved")
    holding = Considered(plain.candidate, NONE, plain.gain, holds=True)
    assert value(holding, -1.0, "post", weights) == pytest.approx(value(plain, -1.0, "post", weights) + weights.hold)
    assert value(plain, -1.0, "post", weights) == value(plain, -1.0, "post", weights)


@pytest.mark.parametrize(
    ("sentence", "is_cold"),
    [
        ("You should have seen it coming.", True),
        ("At least you still have a job.", True),
        ("Call the housing office on Monday.", False),
        ("Tell your sister how you feel.", False),
        ("That was a hard week.", False),
    ],
)
def test_advice_is_told_from_blame_and_false_cheer(sentence: str, is_cold: bool):
    assert cold(sentence) is is_cold
