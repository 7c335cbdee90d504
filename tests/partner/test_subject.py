"""Whose feeling is it? Words of a post are the seeker's own unless somebody else is nearer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner.subject import of_another, tokens


def said_of_another(text: str, phrase: str) -> bool:
    words, sentences = tokens(text)
    wanted = phrase.split()
    start = next(i for i in range(len(words)) if words[i : i + len(wanted)] == wanted)
    return of_another(words, start, start + len(wanted), sentences[start])


@pytest.mark.parametrize(
    ("post", "phrase"),
    [
        ("She was so nervous she tried to order only soup.", "so nervous"),
        ("My brother got laid off again", "laid off"),
        ("his depression is what ended it", "depression"),
        ("They've been so angry since March.", "so angry"),
        ("my parents were so nervous", "so nervous"),
        ("my friend's so lonely", "so lonely"),
        ("he was a nurse and so tired", "so tired"),
        ("i think her depression is back", "depression"),
    ],
)
def test_it_is_said_of_another(post: str, phrase: str) -> None:
    assert said_of_another(post, phrase)


@pytest.mark.parametrize(
    ("post", "phrase"),
    [
        ("i was so nervous i couldn't eat", "so nervous"),
        ("So nervous about tomorrow.", "so nervous"),
        ("My boss called. I got laid off.", "laid off"),
        ("he makes me so angry", "so angry"),
        ("She left. Laid off too, same week!", "laid off"),
        ("my mum says my depression is for attention", "depression"),
        ("you get so tired of feeling like this, don't you", "so tired"),
        ("i'm a nurse and so tired", "so tired"),
        ("I miss him and feel so alone", "so alone"),
        ("i love her and feel so alone", "so alone"),
        ("hi everyone, so tired today", "so tired"),
        ("my mom left and i'll be so lonely", "so lonely"),
        ("she left\u2026 so tired of this", "so tired"),
    ],
)
def test_it_is_the_seekers_own(post: str, phrase: str) -> None:
    assert not said_of_another(post, phrase)


@given(st.text())
def test_every_word_knows_where_its_sentence_began(text: str) -> None:
    words, starts = tokens(text)
    assert len(words) == len(starts)
    assert all(0 <= start <= i for i, start in enumerate(starts))
    assert starts == sorted(starts)
