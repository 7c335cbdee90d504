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
        ("my bf left on sunday", "boyfriend"),
        ("told my mother-in-law", "mother-in-law"),
        ("it's my own sister who did it", "sister"),
        ("my parents don't know, my brother does", "parents"),
    ],
)
def test_the_one_who_is_named_most_is_found(post: str, name: str) -> None:
    found = person_of([post])
    assert found is not None and found.name == name


@pytest.mark.parametrize(
    "post",
    [
        "she left and i don't know why",
        "my mom, my dad and my sister all forgot",
        "my baby won't sleep. my baby only cries. my husband snores",
        "my dog died",
        "i hate my boss's wife",
        "my momentum is gone",
        "",
    ],
)
def test_nobody_where_it_is_unclear_or_one_could_not_ask_them(post: str) -> None:
    assert person_of([post]) is None


def test_forms_follow_the_number() -> None:
    asked = "{Does|Do} {person} know what {person} {means|mean} to you?"
    assert Person("sister", False).put_into(asked) == "Does your sister know what your sister means to you?"
    assert Person("parents", True).put_into(asked) == "Do your parents know what your parents mean to you?"


@given(st.lists(st.text(alphabet=" .'-\nmydadsiterbfo", max_size=80), max_size=4))
def test_a_name_is_always_from_the_list(turns: list[str]) -> None:
    found = person_of(turns)
    assert found is None or re.fullmatch(r"[a-zé -]+", found.name)
