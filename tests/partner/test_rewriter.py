"""The whole engine on the shipped weights: what a supporter gets for real input, good and bad."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partner import Conversation
from partner.candidates import Candidate, Sampling, State
from partner.edits import apply
from partner.facts import SYMPATHY, content
from partner.gestures import same_gesture
from partner.guards import Guard, duplicate
from partner.language import is_english
from partner.prompt import Place
from partner.ranking import log_odds
from partner.reasons import DOUBT, DOUBTFUL
from partner.reflection import reflections
from partner.rewriter import ALREADY, NO_WORDS, NOT_ENGLISH
from partner.safety import CRISIS_NOTE
from partner.text import split
from partner.types import MECHANISMS

POST = (
    "My dog died on Sunday. He was fourteen and slept on my bed every night. "
    "The house is so quiet now and my boss told me to get over it."
)
COLD = Conversation(POST, "You can get another dog.\n\nTry to keep busy at work.")
WARM = Conversation(
    POST,
    "I'm so sorry about your dog, my heart goes out to you. After fourteen years of him on your bed, the quiet in that house"
    " must feel unbearable, and being told to get over it must have hurt. What do you miss most about him?",
)
CRISIS = Conversation("i cant do this anymore. i want to kill myself tonight", "Cheer up, it gets better.")


@pytest.fixture(scope="module")
def cold(rewriter):
    return rewriter.suggest(COLD, n=4)


def test_a_cold_reply_gets_edits_that_fit_and_help(cold):
    assert not cold.crisis
    assert 2 <= len(cold.suggestions) <= 4
    guard = Guard(COLD)
    for s in cold.suggestions:
        assert s.reason
        assert s.scores.after.total > s.scores.before.total
        assert 0 <= s.scores.quality <= 1 and 0 < s.scores.fluency <= 1 and 0 <= s.scores.coherence <= 1
        assert s.edit.op == "delete" or (
            guard.refuse(s.edit.text, reflects=True) is None and len(split(s.edit.text).sentences) == 1
        )
    texts = [s.edit.text for s in cold.suggestions]
    assert not any(duplicate(a, b) for i, a in enumerate(texts) for b in texts[:i])
    assert len({s.edit.mechanism for s in cold.suggestions}) >= 2


def test_what_hurts_is_said_back_once_and_not_where_nothing_does(rewriter):
    sad = [
        "My boyfriend broke up with me over text. I can't stop crying and my friends won't pick up.",
        "My sister hasn't called since Christmas. I feel so alone, and nobody asks how I am.",
        "I lost my job on Monday. My wife won't speak to me and I can't sleep.",
        "My best friend stopped talking to me. I eat lunch by myself and nobody even noticed.",
    ]
    others = [
        "I got the job! My sister called and my dad cried with joy. I feel so proud.",
        "What time does the chat start? My phone lost it.",
    ]

    def said_back(post: str) -> list[str]:
        said = {r.text for r in reflections(post, MECHANISMS, rewriter.retriever.embedder.words)}
        return [s.edit.text for s in rewriter.suggest(Conversation(post, "Ok."), n=4).suggestions if s.edit.text in said]

    counts = [len(said_back(post)) for post in sad]
    assert max(counts) == 1 and sum(counts) >= 2
    assert not any(said_back(post) for post in others)


def test_the_most_trusted_come_first_and_doubt_is_said(rewriter, cold):
    ranking = rewriter.ranking
    posts = ("i got laid off today and my wife doesn't know yet", "everyone at school laughed at me again. i hate it there")
    for result in (cold, *(rewriter.suggest(Conversation(post, "Hang in there.")) for post in posts)):
        assert len(result.suggestions) > 1
        said = content(result.conversation.post) - SYMPATHY
        best = {s.edit.mechanism: s for s in reversed(result.suggestions)}.values()  # they come before the second of any
        assert list(result.suggestions[: len(best)]) == sorted(best, key=result.suggestions.index)
        for holds in (True, False):  # those with hold on the post may come before more trusted ones without
            first = [s for s in result.suggestions[: len(best)] if bool(content(s.edit.text) & said) == holds]
            same = [log_odds(s.scores.quality) for s in first]
            # Hold and theme count only where no wrong fact is likely, and the lot decides between equals; what is told of one
            # that was chosen spreads wider than what was known before (`confidence`).
            limit = 1.21 * (ranking.spread + ranking.theme_shown + ranking.hold_shown * holds)
            assert all(better + limit > worse for i, better in enumerate(same) for worse in same[i:])
        assert all((DOUBT in s.reason) == (s.scores.quality < DOUBTFUL) for s in result.suggestions)


def test_any_subset_applies_and_keeps_the_rest(cold):
    edits = [s.edit for s in cold.suggestions]
    for chosen in (edits, edits[::-1], edits[:1], edits[1:]):
        text = apply(COLD.reply, chosen)
        assert all(e.text in text for e in chosen)
        touched = {e.at for e in chosen if e.op != "insert"}
        assert all(s in text for i, s in enumerate(split(COLD.reply).sentences) if i not in touched)
        assert touched or "\n\n" in text


def test_the_same_input_gives_the_same_suggestions(rewriter, cold):
    assert rewriter.suggest(COLD, n=4) == cold


def test_suggestions_are_told_as_soon_as_they_are_certain(rewriter, cold):
    told = []
    result = rewriter.suggest(COLD, n=4, tell=told.append)
    assert [(s.edit, s.scores.after, s.scores.quality) for s in result.suggestions] == [
        (s.edit, s.scores.after, s.scores.quality) for s in cold.suggestions
    ]
    # What was told before the rest was computed in another batch, in 8 or 16 bits: a rounding here is another one there.
    for s, again in zip(result.suggestions, cold.suggestions, strict=True):
        assert s.reason == again.reason
        for name in ("fluency", "specificity", "coherence"):
            limit = 0.2 if name == "specificity" else 0.05  # nats; shares
            assert getattr(s.scores, name) == pytest.approx(getattr(again.scores, name), abs=limit)
    assert len(told) == len(cold.suggestions) and all(s in told for s in result.suggestions)
    vetted = []
    assert list(rewriter.suggest(CRISIS, n=3, tell=vetted.append).suggestions) == vetted


def test_what_was_told_stays_even_beside_a_like_sentence_that_is_trusted_more(rewriter, monkeypatch):
    told = []
    rewriter.suggest(COLD, n=6, tell=told.append)
    edit = told[0].edit
    like = Candidate(Place(edit.op, edit.at, edit.mechanism), edit.text[:-1] + " today.", log_likelihood=-1.0)
    known_before = []

    def written(asked, places):
        known_before.extend(told)
        return [like]

    monkeypatch.setattr(rewriter, "ranking", replace(rewriter.ranking, policy=(9.0, 9.0, 9.0)))
    monkeypatch.setattr(rewriter, "_written", written)
    told.clear()
    result = rewriter.suggest(COLD, n=6, tell=told.append)
    assert [s.edit for s in known_before] == [edit]
    assert told[0] in result.suggestions and like.text not in [s.edit.text for s in result.suggestions]


def test_the_policy_writes_only_where_sentences_of_people_leave_room(rewriter, monkeypatch):
    asked_for = []
    write = rewriter._written
    monkeypatch.setattr(rewriter, "_written", lambda asked, places: asked_for.append(places) or write(asked, places))
    one = rewriter.suggest(COLD, n=1)
    assert len(one.suggestions) == 1 and not asked_for
    assert len(rewriter.suggest(COLD, n=12).suggestions) > 2 and len(asked_for) == 1


def test_two_feelings_stand_apart_and_do_different_things(rewriter):
    posts = (
        "i got dumped on my birthday and i cant stop crying. my friends all have their own stuff going on",
        "i'm so nervous about starting at the new school tomorrow. i don't know anybody and i feel sick",
        "my mum is in hospital again and the doctors won't tell us anything. i haven't slept for two nights",
    )
    pairs = 0
    for post in posts:
        result = rewriter.suggest(Conversation(post, "That's life. Try to get some rest. You'll manage."), n=4)
        for mechanism in MECHANISMS:
            edits = [s.edit for s in result.suggestions if s.edit.mechanism == mechanism]
            assert len({(e.op, e.at) for e in edits}) == len(edits) <= 2
            pairs += len(edits) == 2
            if mechanism == "emotional_reaction" and len(edits) == 2:
                assert not same_gesture(edits[0].text, edits[1].text)
    assert pairs


@pytest.mark.parametrize(
    ("post", "named"),
    [
        ("Our visa was refused again on Thursday and I don't know how to tell the kids.", "visa"),
        ("i had a miscarriage in june and everyone acts like nothing happened", "miscarriage"),
        ("psoriasis all over my arms again. i wear long sleeves in august", "psoriasis"),
    ],
)
def test_what_was_told_is_named(rewriter, post, named):
    result = rewriter.suggest(Conversation(post, "Ok."), n=4)
    assert any(named in s.edit.text.lower() for s in result.suggestions), [s.edit.text for s in result.suggestions]


def test_json_has_the_agreed_form(cold):
    data = json.loads(json.dumps(cold.to_json()))
    assert set(data) == {"post", "reply", "crisis", "scores", "suggestions", "message"}
    assert set(data["suggestions"][0]) >= {"op", "at", "text", "mechanism", "scores", "reason"}
    assert set(data["scores"]["before"]) == {*MECHANISMS, "total"}


def test_alternatives_are_other_wordings_for_the_same_need(rewriter):
    result = rewriter.suggest(COLD, n=2, alternatives=3)
    assert any(s.alternatives for s in result.suggestions)
    for s in result.suggestions:
        for other in s.alternatives:
            assert other.edit.mechanism == s.edit.mechanism and other.edit.text != s.edit.text


def test_one_mechanism_can_be_asked_for(rewriter):
    result = rewriter.suggest(COLD, mechanisms=("exploration",))
    assert result.suggestions and {s.edit.mechanism for s in result.suggestions} == {"exploration"}


def test_one_sentence_can_be_asked_for(rewriter):
    result = rewriter.suggest(COLD, n=3, at=1)
    assert result.suggestions
    assert all(s.edit.at == 1 or (s.edit.op == "insert" and s.edit.at == 2) for s in result.suggestions)
    with pytest.raises(ValueError, match="no sentence 2"):
        rewriter.suggest(COLD, at=2)


def test_sound_advice_is_never_replaced(rewriter):
    """It is what the supporter wanted to say; feeling and understanding go beside it."""
    post = "my dad has dementia and hit me yesterday when i tried to help him dress. he cried after. i dont know what to do"
    reply = "Call his doctor tomorrow. It happens. Write down when it happened."
    kept = {0, 2}
    for n in (1, 4):
        result = rewriter.suggest(Conversation(post, reply), n=n, alternatives=3)
        offered = [s.edit for s in result.suggestions] + [a.edit for s in result.suggestions for a in s.alternatives]
        assert offered and not [e for e in offered if e.op != "insert" and e.at in kept]


def test_good_news_is_not_answered_with_condolence(rewriter):
    post = "Ran 5k without stopping today. In september I couldn't do stairs. Didn't know who to tell"
    offered = rewriter.suggest(Conversation(post, "Nice. Stretch afterwards.")).suggestions
    assert offered and not any("sorry" in s.edit.text or "sad" in s.edit.text.split() for s in offered)


def test_an_empathic_reply_is_left_alone_and_told_so(rewriter):
    result = rewriter.suggest(WARM)
    assert result.suggestions == () and result.message == ALREADY


def test_a_cold_sentence_gives_way_in_a_crisis(rewriter):
    result = rewriter.suggest(replace(CRISIS, reply="I'm here. Cheer up, it gets better. Talk to me."), alternatives=2)
    first, *others = [s.edit for s in result.suggestions]
    assert (first.op, first.at) == ("replace", 1) and {(o.op, o.at) for o in others} <= {("insert", 0), ("insert", 3)}
    assert {(a.edit.op, a.edit.at) for a in result.suggestions[0].alternatives} == {("replace", 1)}
    after = apply(result.conversation.reply, [s.edit for s in result.suggestions])
    assert "Cheer up" not in after and "I'm here." in after and "Talk to me." in after


def test_a_crisis_gets_vetted_sentences_only(rewriter):
    result = rewriter.suggest(CRISIS, n=4)
    vetted = {json.loads(line)["text"] for line in (rewriter_assets() / "crisis.jsonl").read_text("utf-8").splitlines()}
    assert result.crisis and result.suggestions
    assert all(s.edit.text in vetted and s.scores is None for s in result.suggestions)
    assert result.message == CRISIS_NOTE
    wordings = rewriter.suggest(CRISIS, n=3, alternatives=2).suggestions
    assert all(s.alternatives for s in wordings)
    every = [s.edit.text for first in wordings for s in (first, *first.alternatives)]
    assert set(every) <= vetted and len(set(every)) == len(every)
    assert all(o.edit.mechanism == s.edit.mechanism for s in wordings for o in s.alternatives)
    assert rewriter.draft(CRISIS).crisis


def rewriter_assets():
    from partner.models import asset

    return asset("corpus")


def test_an_idiom_about_others_is_no_danger_and_one_about_oneself_may_be(rewriter):
    sober = "been sober 61 days and tonight my brother handed me a beer and said one wont kill you. i held it for an hour"
    assert not rewriter.crisis(Conversation(sober))
    for post in ("i wont kill myself tonight but i cant promise tomorrow", "one more won't kill me and if it does who cares"):
        assert rewriter.crisis(Conversation(post))


def test_drafting_starts_from_an_empty_reply(rewriter):
    result = rewriter.draft(replace(COLD, reply="ignored"))
    assert len(result.suggestions) >= 2
    assert all(s.edit.op == "insert" and s.edit.at == 0 for s in result.suggestions)
    assert apply("", [s.edit for s in result.suggestions])


@pytest.mark.parametrize(
    ("post", "message"),
    [
        ("😢😢😢", NO_WORDS),
        ("12345 !!!", NO_WORDS),
        ("Mi perro murió el domingo y la casa está muy vacía sin él", NOT_ENGLISH),
        ("我的狗星期天死了", NOT_ENGLISH),
    ],
)
def test_posts_it_cannot_work_with_get_a_clear_answer(rewriter, post, message):
    result = rewriter.suggest(Conversation(post, "Ok."))
    assert result.suggestions == () and result.message == message


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("kitchen flooded, plumber cant come till fri, stood in wellies eating crisps", True),
        ("gran sleeping, cat fed, nobody phoned, tea cold again lol", True),
        ("Mein Hund ist gestern gestorben und ich weiß nicht weiter", False),
        ("mijn hond is gestorven en ik ben zo verdrietig vandaag", False),
        ("min hund dog igår och jag vet inte vad jag ska göra", False),
    ],
)
def test_posts_without_small_words_are_english_too(text, english):
    assert is_english(text) is english


def test_empty_post_is_an_error_that_says_what_to_do(rewriter):
    with pytest.raises(ValueError, match="paste the message"):
        rewriter.suggest(Conversation(" \n ", "Hello."))
    with pytest.raises(ValueError, match="1 or more"):
        rewriter.suggest(COLD, n=0)


def test_fifty_thousand_characters_of_post_and_reply(rewriter):
    result = rewriter.suggest(Conversation(POST * 380, ("You will be fine. " * 2800)[:50_000]), n=2)
    for s in result.suggestions:
        assert s.edit.text in apply(result.conversation.reply, [s.edit])


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_breaks_it_and_none_is_lost(rewriter, post, reply):
    conversation = Conversation("I feel lost. " + post, reply)
    result = rewriter.suggest(conversation, n=2)
    assert result.conversation == conversation
    assert result.to_json()["reply"] == reply


def test_sampled_sentences_carry_their_own_likelihood(rewriter):
    state = State(rewriter.policy, COLD, split(COLD.reply).sentences)
    drawn = state.sample([Place("insert", 0, "interpretation")], 6, Sampling(), torch.Generator().manual_seed(0))
    assert [c.log_likelihood for c in drawn] == pytest.approx(state.log_likelihoods(drawn), abs=0.1)


def test_the_post_makes_its_own_sentences_likelier(rewriter):
    sentences = split(COLD.reply).sentences
    state = State(rewriter.policy, COLD, sentences)
    drawn = state.sample([Place("insert", 0, m) for m in MECHANISMS], 6, Sampling(), torch.Generator().manual_seed(0))
    blind = State(rewriter.policy, Conversation(""), sentences).log_likelihoods(drawn)
    assert sum(state.log_likelihoods(drawn)) > sum(blind)


def test_specificity_is_what_the_post_adds_to_the_likelihood(rewriter, cold):
    sentences = split(COLD.reply).sentences
    told = [Candidate(Place(s.edit.op, s.edit.at, s.edit.mechanism), s.edit.text) for s in cold.suggestions]
    with_post = State(rewriter.policy, COLD, sentences).log_likelihoods(told)
    blank = State(rewriter.policy, Conversation(""), sentences).log_likelihoods(told)
    expected = [a - b for a, b in zip(with_post, blank, strict=True)]
    # In 8 or 16 bits a sentence's likelihood moves a little with the company it is read in.
    assert [s.scores.specificity for s in cold.suggestions] == pytest.approx(expected, abs=0.2)
