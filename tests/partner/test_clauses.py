"""What a post tells, said back in the second person."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner.clauses import MOST, clauses
from partner.reflection import reflections
from partner.retrieval import Embedder
from partner.types import MECHANISMS

TOLD = ("emotional_reaction", "interpretation")


@pytest.fixture(scope="module")
def known() -> frozenset[str]:
    return Embedder().words


@pytest.mark.parametrize(
    ("post", "said"),
    [
        ("I'm hurting.", ["you're hurting"]),
        ("i just found out my husband is cheating on me", ["you just found out your husband is cheating on you"]),
        ("ive been crying for hours", ["you've been crying for hours"]),
        ("I was so scared and I was alone", ["you were so scared", "you were alone"]),
        ("mum didnt know my name today", ["your mum didn't know your name"]),
        ("Failed my driving theory again.", ["you failed your driving theory again"]),
        ("2 weeks ago we broke up.", ["you broke up"]),
        ("they laughed at me when i fell, lol", ["they laughed at you when you fell"]),
        ("Nobody came to my birthday because it rained.", ["nobody came to your birthday"]),
        ("my gf says she was never happy with us", ["your girlfriend says she was never happy with you"]),
        ("He PROMISED me he would stop. I feel so alone", ["you feel so alone"]),
        ("my brother was diagnosed with adhd", ["your brother was diagnosed with ADHD"]),
    ],
)
def test_a_whole_clause_is_said_back(post: str, said: list[str], known: frozenset[str]) -> None:
    assert [c.text for c in clauses(post, known)] == said


@pytest.mark.parametrize(
    "post",
    [
        "I think my dad won't come",  # what is thought is no event
        "if my mum dies",  # nor what may be
        "i hope my sister calls me",
        "What should I do about my boss?",
        "I'm a failure",  # names that people call themselves
        "i am so stupid",
        "we are useless",
        "I hit my brother",  # what they did to others
        "i lied to my wife",
        "i failed as a mother",
        "I failed my kids",
        "I deserved it",
        "I let him do it",
        "i forgot my son at school",
        "I hate my baby",
        "I can't stop thinking about hurting her",
        "I slept with my friend's husband",
        "I'm gay",  # what they are is no trouble
        "My son is autistic",
        "we are both Muslim",
        "i want to kill myself tonight",  # danger
        "I took all of my pills",
        "I purge after dinner",
        "i don't want to be here anymore",
        "i have a gun in my drawer",
        "my bos shoutd at me",  # typing errors
        "i feel like",  # cut off
        "i feel normal i just feel weird",  # two in one
        'she said "you are too much"',  # others' words
        "you make me sad",
        "im 26",
        "my mum <b>left</b> me",
        "\u00e9l me dej\u00f3",
        "",
        "i feel lonely and have nobody",  # "feeling lonely and have nobody" would not do
        "my daughter is nineteen and stopped calling me",
    ],
)
def test_what_is_not_to_be_said_back(post: str, known: frozenset[str]) -> None:
    assert clauses(post, known) == []


@pytest.mark.parametrize(
    ("post", "lived_through"),
    [
        ("I can't sleep.", "not being able to sleep"),
        ("i just found out my husband is cheating on me", "finding out your husband is cheating on you"),
        ("i dont know what to do", "not knowing what to do"),
        ("I'm so tired of pretending", "being so tired of pretending"),
        ("im crying all the time", "crying all the time"),
        ("ive been crying for hours", "crying for hours"),
        ("We were so tired", "being so tired"),
        ("I dropped out of college", "dropping out of college"),
        ("I suffered for years", "suffering for years"),
        ("I failed my exam", "failing my exam".replace("my", "your")),
        ("I never feel rested", "never feeling rested"),
        ("i feel lonely and empty", "feeling lonely and empty"),
        ("I keep reading her texts", ""),
        ("my dad left us", ""),  # another's
        ("I've lost my job", ""),
    ],
)
def test_what_the_seeker_lives_through_has_a_gerund(post: str, lived_through: str, known: frozenset[str]) -> None:
    assert [c.gerund for c in clauses(post, known)] == [lived_through]


def test_that_somebody_feels_worthless_may_be_said_but_not_that_they_are(known: frozenset[str]) -> None:
    assert [c.text for c in clauses("I feel so worthless. I am worthless.", known)] == ["you feel so worthless"]


def test_who_is_the_subject_and_when_it_was(known: frozenset[str]) -> None:
    found = clauses("My dad left us. I can't sleep. He is in hospital. I've lost my job", known)
    assert [(c.own, c.tense) for c in found] == [(False, "past"), (True, "present"), (False, "present"), (True, "present")]


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                "i im my me we our us mum dad he she they was were am feel left lost said so and because that , . ! ? \n <b> & "
                "ive dont can't never alone job sad you your if FAILED \u2019 \u2026 \U0001f62d 17".split(" ")
            ),
            st.text(max_size=6),
        ),
        max_size=40,
    )
)
@settings(max_examples=300, deadline=None)
def test_only_plain_words_of_the_second_person_come_back(known: frozenset[str], parts: list[str]) -> None:
    for clause in clauses(" ".join(parts), known):
        words = clause.text.split()
        assert 2 <= len(words) <= MOST + 1
        assert re.fullmatch(r"[A-Za-z' -]+", clause.text)
        assert {"i", "me", "my", "i'm", "we", "us", "our", "am"}.isdisjoint(clause.text.lower().split())


def test_a_book_takes_no_time(known: frozenset[str]) -> None:
    assert len(clauses("my dad left us and i cried because i was alone, " * 5000, known)) < 10


def test_every_clause_gets_a_feeling_and_a_thought(known: frozenset[str]) -> None:
    found = reflections("My dad left us. I can't sleep.", MECHANISMS, known)
    assert {(r.clause, r.mechanism) for r in found} == {(c, m) for c in ("your dad left you", "you can't sleep") for m in TOLD}
    assert all(r.text[0].isupper() and r.text.endswith(".") for r in found)
    assert all(r.clause in r.text for r in found if r.clause == "your dad left you")


def test_the_same_post_is_answered_the_same_and_others_otherwise(known: frozenset[str]) -> None:
    posts = [f"I can't sleep. {n}" for n in range(40)]
    first = [reflections(p, ("emotional_reaction",), known)[0].text for p in posts]
    assert first == [reflections(p, ("emotional_reaction",), known)[0].text for p in posts]
    assert len(set(first)) == 7


@pytest.mark.parametrize(
    "post",
    [
        # what only the seeker may see or believe
        "my neighbours listen to me with a radio",
        "they put gas into my flat",
        "my sister isn't my sister",
        "i keep hearing the shadows",
        # control, and who is controlled
        "my girlfriend has other men in her account",
        "she won't tell me her password",
        "i couldn't track her on sunday",
        "my daughter is afraid of me",
        # food and the body
        "my mum makes me eat with them",
        "i lost four pounds",
        "my dad counts my calories",
        # danger without its usual words
        "i lost my blade",
        "they stopped me by the bridge",
        "i found somewhere to end this",
        # what was done, chosen or only happened
        "i left my toddler in the car",
        "i followed him home",
        "i sold my guitar",
        "i gave away my records",
        "i went to the shops",
        "i'm glad it's over",
        "i have a sister",
        "i want it back",
    ],
)
def test_what_would_agree_with_harm_or_mourn_what_is_no_trouble_stays_unsaid(post: str, known: frozenset[str]) -> None:
    assert clauses(post, known) == []


@pytest.mark.parametrize(
    "post",
    [
        "I can't sleep. The police called on Monday, they say I can't see her.",
        "My dad left us. I only slapped her once.",
        "I feel so alone. She changed her passwords.",
        "My son won't talk to me. He's scared of me.",
    ],
)
def test_nothing_is_said_back_where_harm_may_have_been_done(post: str, known: frozenset[str]) -> None:
    assert reflections(post, MECHANISMS, known) == []
