"""The person that a post tells of most, and sentences with a place for them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner.person import Person, person_of


@pytest.mark.parametrize(
    ("post", "name"),
    [
        ("My Mum says i'm lazy. my mum never listens and my aunt agrees with her", "mum"),
        ("i asked my best friend to stay. my friend said no", "best friend"),
        ("my bf left on sunday. my boyfriend says it's nothing. my mum laughs", "boyfriend"),
        ("told my mother-in-law", "mother-in-law"),
        ("it's my own sister who did it", "sister"),
        ("my parents say i am lazy, i don't know why", "parents"),
        ("my husband moved back in. my husband is fine but my ex husband rang", "husband"),
    ],
)
def test_the_one_who_is_named_most_is_found(post: str, name: str) -> None:
    found = person_of(post)
    assert found is not None and found.name == name


@pytest.mark.parametrize(
    "post",
    [
        "she left and i don't know why",
        "my mom, my dad and my sister all forgot",
        "my mum shouted and my dad left",
        "my mom and dad are splitting up",
        "my baby won't sleep. my baby only cries. my husband snores",
        "my son is 3 and will not eat",
        "my dog ran off",
        "i hate my boss's wife",
        "my mother in law hates me",
        "my sisters husband keeps texting me",
        "my friend group ghosted me",
        "my momentum is gone",
        "",
    ],
)
def test_nobody_where_it_is_unclear_or_one_could_not_ask_them(post: str) -> None:
    assert person_of(post) is None


@pytest.mark.parametrize(
    "post",
    [
        "my mum died last week and i keep reaching for the phone to call my mum",
        "my girlfriend killed herself",
        "my mum has dementia and asks who i am",
        "i'm scared of my dad",
        "my stepdad touches me when she is at work",
        "my husband strangled me",
        "my dad hits my brother. my dad laughs",
        "my ex is stalking me",
        "my parents will kick me out",
        "i'm gay and my parents are strict",
        "i want to come out to my parents",
        "im pregnant, if my dad finds out it's over",
        "i cheated. my wife doesn't know",
        "i owe 9k and my wife thinks its 2",
        "2 years since my husband passed and i went to a dance",
    ],
)
def test_nobody_is_sent_to_talk_to_the_dead_to_whom_they_fear_or_with_a_secret(post: str) -> None:
    assert person_of(post) is None
    assert person_of("i don't know how to go on with my husband", post) is None


def test_forms_follow_the_number() -> None:
    asked = "{Does|Do} {person} know what {person} {means|mean} to you?"
    assert Person("sister", False).put_into(asked) == "Does your sister know what your sister means to you?"
    assert Person("parents", True).put_into(asked) == "Do your parents know what your parents mean to you?"


@given(st.text(alphabet=" .'-\nmydadsiterbfo", max_size=200))
def test_a_name_is_always_from_the_list(post: str) -> None:
    found = person_of(post)
    assert found is None or re.fullmatch(r"[a-zé -]+", found.name)
