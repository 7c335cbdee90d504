"""Simple sentences are offered where they are true, and say nothing they should not."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner.guards import Guard
from partner.models import ModelError
from partner.person import Person
from partner.retrieval import Embedder
from partner.stock import Stock, StockSentences
from partner.text import split
from partner.types import MECHANISMS, Conversation
from training.embedder import write_stock

LINES = [
    {"list": "@long-ago", "phrases": ["years ago", "ages ago"]},
    {
        "theme": "loss of a pet",
        "when": ["my dog died", "my cat died", "we can't sleep without her"],
        "unless": ["@long-ago", "almost"],
        "ER": ["I'm so sorry about your pet."],
        "EX": ["What was the house like today?"],
    },
    {"theme": "visa", "when": ["visa was refused"], "tells": True, "ER": ["I'm sorry about the refused visa."]},
    {"theme": "nerves", "when": ["so nervous"], "own": True, "ER": ["I'm sorry you're so nervous."]},
    {"theme": "any", "when": [], "IP": ["That sounds so hard."]},
    {"theme": "any", "moods": ["mixed", "bright", "glad"], "ER": ["It's good that you wrote."]},
    {"theme": "plain", "moods": ["plain"], "ER": ["It's nice to see you here."]},
    {"theme": "question", "moods": ["plain"], "asks": True, "ER": ["I hope you get good answers."]},
    {"theme": "somebody", "EX": ["What {does|do} {person} say?"]},
]
PET = {"I'm so sorry about your pet.", "What was the house like today?", "That sounds so hard."}


@pytest.fixture(scope="module")
def shipped() -> StockSentences:
    return StockSentences()


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


@pytest.fixture
def small(tmp_path, embedder: Embedder) -> StockSentences:
    (tmp_path / "simple.jsonl").write_text("\n".join(json.dumps(line) for line in LINES), encoding="utf-8")
    write_stock(tmp_path, embedder, tmp_path)
    return StockSentences(tmp_path, tmp_path)


NOWHERE = np.zeros(384, np.float32)
"""An embedding as near to one sentence as to any other."""


def offered(stock: StockSentences, conversation: Conversation, kinds: Sequence[str], limit: int, *mood: str) -> list[Stock]:
    return stock.fitting(conversation, kinds, limit, NOWHERE, *mood)


@pytest.mark.parametrize(
    ("post", "wanted"),
    [
        ("My dog DIED, on Sunday.", PET),
        ("we can\u2019t sleep without her", PET),
        ("we cant sleep without her", PET),
        ("my dog died years ago", {"That sounds so hard."}),
        ("my dog almost died. my cat died", {"That sounds so hard."}),
        ("my dogs died", {"That sounds so hard."}),
    ],
)
def test_a_sentence_comes_where_its_words_were_said(small: StockSentences, post: str, wanted: set[str]) -> None:
    assert {s.text for s in offered(small, Conversation(post), MECHANISMS, 9)} == wanted


@pytest.mark.parametrize(
    ("post", "theirs"),
    [
        ("i was so nervous", True),
        ("she was so nervous", False),
        ("my dad was so nervous. so nervous!", True),
        ("she was so nervous that i got so nervous too", True),
    ],
)
def test_a_state_must_be_the_seekers_own(small: StockSentences, post: str, theirs: bool) -> None:
    found = {s.text for s in offered(small, Conversation(post), MECHANISMS, 9)}
    assert ("I'm sorry you're so nervous." in found) is theirs


def test_what_names_the_very_thing_is_known(small: StockSentences) -> None:
    post = Conversation("my visa was refused and i'm so nervous")
    told = {s.text: s.tells for s in offered(small, post, ("emotional_reaction",), 9)}
    assert told == {"I'm sorry about the refused visa.": True, "I'm sorry you're so nervous.": False}


def test_only_what_the_seeker_said_counts(small: StockSentences) -> None:
    talk = (("supporter", "Is it that my dog died thing?"), ("seeker", "no"))
    assert len(offered(small, Conversation("it is quiet", "my dog died", talk), MECHANISMS, 9)) == 1
    talk = (("seeker", "my dog died"), ("supporter", "Oh no."))
    assert len(offered(small, Conversation("it is quiet", "", talk), MECHANISMS, 9)) == 3


def test_good_news_gets_joy_and_no_condolence(shipped: StockSentences) -> None:
    told = Conversation("one year ago i could not get up. today they let me water 200 tomatoes")
    sad = offered(shipped, told, MECHANISMS, 5)
    assert sad and all(s.when is None for s in sad)
    assert all(s.moods == {"sad"} for s in sad)
    for mood in ("mixed", "bright"):
        found = offered(shipped, told, MECHANISMS, 5, mood)
        assert len(found) == 10 and all(mood in s.moods for s in found)
    assert {s.theme for s in offered(shipped, told, MECHANISMS, 5, "glad")} == {"any"}
    said = offered(shipped, Conversation("i passed my exam and i cant stop smiling"), ("emotional_reaction",), 5, "glad")
    assert said and not any("sorry" in s.text.lower() for s in said)


def test_sorrow_that_fits_any_post_is_for_sad_ones_and_the_others_get_what_names_no_mood(small: StockSentences) -> None:
    post, sorrow, neither = Conversation("my dog died"), "That sounds so hard.", "It's good that you wrote."
    for mood in ("mixed", "bright", "glad"):
        assert {s.text for s in offered(small, post, MECHANISMS, 9, mood)} == PET - {sorrow} | {neither}


@pytest.mark.parametrize(
    ("post", "wanted"),
    [
        ("My dog died in the film last night.", set()),
        ("Which lamp is good for a dark flat?", {"I hope you get good answers."}),
        ("anyone here who bakes", {"I hope you get good answers."}),
    ],
)
def test_a_plain_post_gets_a_welcome_and_a_question_good_wishes_whatever_words_they_use(
    small: StockSentences, post: str, wanted: set[str]
) -> None:
    found = {s.text for s in offered(small, Conversation(post), MECHANISMS, 9, "plain")}
    assert found == wanted | {"It's nice to see you here."}


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('{"theme": "any", "moods": ["glad"], "when": ["so"], "ER": ["Well, it is good."]}', "moods"),
        ('{"theme": "any", "moods": ["grumpy"], "ER": ["Well, it is good."]}', "grumpy"),
        ('{"theme": "x", "when": ["sad"], "ER": ["I feel for {person}."]}', "place for a person"),
        ('{"theme": "x", "tells": true, "ER": ["I feel for you."]}', "tells"),
    ],
)
def test_moods_are_known_and_for_what_is_tied_to_no_words(tmp_path, line: str, named: str) -> None:
    (tmp_path / "simple.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(ModelError, match=named):
        StockSentences(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("post", "asked"),
    [
        ("my sister yelled at me", "What does your sister say?"),
        ("my parents yelled at me", "What do your parents say?"),
        ("she yelled at me", None),
    ],
)
def test_the_person_of_the_post_is_named(small: StockSentences, post: str, asked: str | None) -> None:
    found = offered(small, Conversation(post), ("exploration",), 9)
    assert [s.text for s in found] == ([asked] if asked else [])
    assert not any(s.anywhere for s in found)


@pytest.mark.parametrize(
    ("told", "caring"), [("I'm looking after my dad", True), ("I came back from looking after my dad", False)]
)
def test_care_that_is_over_is_not_spoken_of_as_if_it_went_on(shipped: StockSentences, told: str, caring: bool) -> None:
    found = offered(shipped, Conversation(f"{told} and now there is a performance plan for me at work."), MECHANISMS, 60)
    assert found and any("caring" in s.theme or "care" in s.theme for s in found) is caring


def test_nobody_is_sent_to_talk_to_whom_they_fear(shipped: StockSentences) -> None:
    for told, asked in (("my husband forgot our day", True), ("my husband hits me", False), ("my mum died in may", False)):
        found = offered(shipped, Conversation(told), ("exploration",), 60)
        assert any(s.names for s in found) is asked


def test_an_animal_that_is_missing_has_not_died(shipped: StockSentences) -> None:
    post = Conversation("our cat has been gone since sunday and my brother says it's just a cat")
    assert not any(s.theme == "death of a pet" for s in offered(shipped, post, MECHANISMS, 60))


def test_limits_and_mechanisms_hold(shipped: StockSentences) -> None:
    post = Conversation("my dog died and i can't sleep. my boss yelled at me and i feel so lonely")
    for limit in (0, 1, 3):
        found = offered(shipped, post, ("interpretation", "exploration"), limit)
        assert Counter(s.mechanism for s in found) == Counter({"interpretation": limit, "exploration": limit})
    assert offered(shipped, post, MECHANISMS, 5) == offered(shipped, post, MECHANISMS, 5)


def test_posts_share_few_of_the_sentences_that_fit_everywhere(shipped: StockSentences) -> None:
    posts = [f"{a} {b} happened and i sit here" for a in ("something", "it", "that", "this thing", "what") for b in "abcdefgh"]
    first = Counter(offered(shipped, Conversation(p), ("interpretation",), 1)[0].text for p in posts)
    assert max(first.values()) <= 9


def test_posts_about_the_same_thing_are_offered_different_ones_of_its_sentences(tmp_path, embedder: Embedder) -> None:
    said = [f"I am sorry, {word}." for word in "really truly deeply honestly gently today friend again".split()]
    (tmp_path / "simple.jsonl").write_text(json.dumps({"theme": "pet", "when": ["my dog died"], "ER": said}), encoding="utf-8")
    write_stock(tmp_path, embedder, tmp_path)
    small = StockSentences(tmp_path, tmp_path)
    drawn = [{s.text for s in offered(small, Conversation(f"my dog died {n}"), MECHANISMS, 9)} for n in range(12)]
    assert {len(texts) for texts in drawn} == {5} and set.union(*drawn) == set(said) and len({*map(frozenset, drawn)}) > 6


def test_every_sentence_is_careful_and_different(shipped: StockSentences) -> None:
    assert len(shipped.sentences) >= 500
    assert {s.mechanism for s in shipped.sentences} == set(MECHANISMS)
    assert all(Person("friend", False).put_into(s.text) == s.text for s in shipped.sentences if not s.names)
    texts = [Person("friend", False).put_into(s.text) for s in shipped.sentences]
    assert len({re.sub(r"\W+", " ", t.lower()) for t in texts}) == len(texts)
    for text in texts:
        assert text[0].isupper() and text[-1] in ".?" and "!" not in text and 4 <= len(text.split()) <= 24, text
        assert len(split(text).sentences) == 1, text
        assert not re.search(r"suicid|\bkill|self-harm|\bI(?:'ve| have) been there|\bme too\b", text, re.IGNORECASE)


def test_guards_let_them_pass_for_a_post_that_says_the_words(shipped: StockSentences) -> None:
    phrases: dict[int, str] = {}
    for phrase, groups in shipped._phrases.items():
        for number in groups:
            phrases.setdefault(number, phrase)
    refused = []
    for s in shipped.sentences:
        post = "i am sad. they told me and he and she and we and my friend know. " + phrases.get(s.when, "")
        if reason := Guard(Conversation(post)).refuse(Person("friend", False).put_into(s.text)):
            refused.append((reason, s.text))
    assert len(refused) < 0.06 * len(shipped.sentences), refused[:20]


def test_the_group_nearest_in_meaning_comes_first(shipped: StockSentences, embedder: Embedder) -> None:
    """A post that names many troubles is mostly about one."""
    post = Conversation("my grandma died on tuesday. i also failed a test last year and sometimes i feel lonely at work")
    about = embedder.embed(["my grandma died"])[0]
    found = [s for s in shipped.fitting(post, ("emotional_reaction",), 9, about) if s.when is not None]
    cosines = dict(zip((s.text for s in found), embedder.embed([s.text for s in found]) @ about, strict=True))
    groups = [max(cosines[s.text] for s in found if s.when == when) for when in dict.fromkeys(s.when for s in found)]
    assert len(groups) >= 2 and groups[0] == pytest.approx(max(groups), abs=0.02)


def test_one_sentence_of_the_list_is_true_whatever_the_words_meant(shipped: StockSentences) -> None:
    post = Conversation("my dog died and i can't sleep. my boss yelled at me and i feel so lonely")
    assert [s.when is None for s in offered(shipped, post, ("emotional_reaction",), 3)] == [False, False, True]


def test_embeddings_of_other_sentences_are_named(tmp_path, small: StockSentences) -> None:
    (tmp_path / "simple.jsonl").write_text(json.dumps(LINES[-1]), encoding="utf-8")
    with pytest.raises(ModelError, match="index-only"):
        StockSentences(tmp_path, tmp_path)


@given(st.text(min_size=1, max_size=400))
def test_any_post_is_read(shipped: StockSentences, text: str) -> None:
    found = offered(shipped, Conversation(text), MECHANISMS, 4)
    assert len(found) == len({s.text for s in found}) <= 12


@pytest.mark.parametrize(
    "line", ["{", '{"theme": "x"}', '{"theme": "x", "when": "dog", "ER": ["A."]}', '{"theme": "x", "E": ["A."]}']
)
def test_a_damaged_list_is_named(tmp_path, line: str) -> None:
    (tmp_path / "simple.jsonl").write_text(line)
    with pytest.raises(ModelError, match=r"simple\.jsonl"):
        StockSentences(tmp_path)
