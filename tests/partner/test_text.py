"""Sentences of forum writing: the boundaries a reader would set, and not a character lost."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner.text import LINE_BREAKS, Segmented, split, stays_apart

# Pieces that forum replies are made of; joined at random they meet in ways nobody would write a test for.
FRAGMENTS = [
    *"i I you You im sorry That he said Why so maybe Dr e.g. a.m. U.S. etc 3.5 2 B é 你好 http://a.b/c www.x.org Ph.D.".split(),
    *". .. ... … ! ?! 。 , :) :( <3 xD ^^ 😭 ❤️ *hugs* \" ' ” ’ ( ) ] * ** _ - 1. >".split(),
    *[" "] * 8,
    *("  ", "- ", "1. ", "\n", "\n\n", "\r\n", "\t", "\x00", "\u2028", "\x1c", "\ud83d"),
]
forum_text = st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)
any_text = forum_text | st.text(st.characters(codec=None), max_size=80)


def sentences(text: str) -> list[str]:
    return list(split(text).sentences)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("I'm so sorry. That must hurt! Do you want to talk?", ["I'm so sorry.", "That must hurt!", "Do you want to talk?"]),
        ("that sucks. im sorry. hang in there", ["that sucks.", "im sorry.", "hang in there"]),
        ("what?! no way!!! ok", ["what?!", "no way!!!", "ok"]),
        ("what ? really !! yes", ["what ?", "really !!", "yes"]),
        ("I'm sorry.That sucks", ["I'm sorry.", "That sucks"]),
        ("im sorry.i know that feeling", ["im sorry.", "i know that feeling"]),
        ("wow!no idea what to say", ["wow!", "no idea what to say"]),
    ],
)
def test_stops(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("I have been there... It gets easier.", ["I have been there...", "It gets easier."]),
        ("I don't know… maybe you could rest.", ["I don't know… maybe you could rest."]),
        ("Well... I think so.", ["Well... I think so."]),
        ("im so sorry... that must be so hard... take care", ["im so sorry...", "that must be so hard...", "take care"]),
        ("it just seems... strange to me", ["it just seems... strange to me"]),
        ("...and then he left. Sorry.", ["...and then he left.", "Sorry."]),
    ],
)
def test_pauses(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("that sucks. :( im here", ["that sucks. :(", "im here"]),
        ("im so sorry :( that sucks", ["im so sorry :(", "that sucks"]),
        ("im so sorry:( that sucks", ["im so sorry:(", "that sucks"]),
        ("You got this! 💪💪 We believe in you ❤️", ["You got this! 💪💪", "We believe in you ❤️"]),
        ("I ❤️ you all", ["I ❤️ you all"]),
        ("my cat :) is great", ["my cat :) is great"]),
        ("good luck xD you need it <3 I mean it", ["good luck xD", "you need it <3", "I mean it"]),
        ("😭😭 that is awful", ["😭😭 that is awful"]),
    ],
)
def test_smileys_stay_with_the_sentence_before(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Ask Dr. Smith or Mrs. Jones about it.",
        "Do something small, e.g. a walk, i.e. go outside.",
        "I woke at 3 a.m. and cried.",
        "The U.S. has a line for that.",
        "Drink 1.5 litres of water.",
        "Read https://example.org/a.b?c=d or www.example.org/x, it helps",
        "Write to help@example.org or call.",
        "Eat, sleep, walk, etc. and be kind to yourself.",
        "My friend J. Smith said that.",
        "I was (really!) sad about it.",
        "i am trying to fight it but It's hard",
        '"Why me?" he asked.',
        '"It will pass." he told me.',
    ],
)
def test_what_does_not_end_a_sentence(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    "text, expected",
    [
        ('She said "no." That hurts.', ['She said "no."', "That hurts."]),
        ("(It is okay to cry.) You are allowed.", ["(It is okay to cry.)", "You are allowed."]),
        ("**I'm sorry.** That is bad. _Really?_ Yes.", ["**I'm sorry.**", "That is bad.", "_Really?_", "Yes."]),
        ("I cried at 3 a.m. That happens.", ["I cried at 3 a.m.", "That happens."]),
        ("So do I. You are not alone.", ["So do I.", "You are not alone."]),
        ("See http://example.org/x. Take care", ["See http://example.org/x.", "Take care"]),
        ("I'm so sorry for this You didn't deserve it", ["I'm so sorry for this", "You didn't deserve it"]),
        ("我很抱歉。你好吗？好。", ["我很抱歉。", "你好吗？", "好。"]),
    ],
)
def test_what_ends_a_sentence(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_lists_and_lines() -> None:
    reply = "Some ideas:\n\n1. call a friend\n2. rest. Really.\n- walk\n* sleep\n\nbye\n"
    seg = split(reply)
    assert seg.sentences == ("Some ideas:", "1. call a friend", "2. rest.", "Really.", "- walk", "* sleep", "bye")
    assert seg.gaps == ("", "\n\n", "\n", " ", "\n", "\n", "\n\n", "\n")


@pytest.mark.parametrize("text", ["", " ", "\n\n", " \t\r\n", "\u2028"])
def test_nothing_but_whitespace_has_no_sentence(text: str) -> None:
    assert split(text) == Segmented((), (text,))


@given(any_text)
def test_not_a_character_is_lost(text: str) -> None:
    seg = split(text)
    assert len(seg.gaps) == len(seg.sentences) + 1
    assert "".join(g + s for g, s in zip(seg.gaps, (*seg.sentences, ""), strict=True)) == text == seg.text
    for gap in seg.gaps:
        assert not gap.strip()
    for sentence in seg.sentences:
        assert sentence and sentence == sentence.strip()
        assert not any(c in sentence for c in LINE_BREAKS)


@given(any_text)
def test_boundaries_do_not_depend_on_the_rest_of_the_reply(text: str) -> None:
    seg = split(text)
    for sentence in seg.sentences:
        assert sentences(sentence) == [sentence]
    for left, gap, right in zip(seg.sentences, seg.gaps[1:], seg.sentences[1:], strict=False):
        assert stays_apart(left, gap, right)


def test_linear_in_length_whatever_the_text() -> None:
    """Runs that make spaCy's own tokenizer, or a careless pattern, quadratic (30 s at this size)."""
    started = time.thread_time()
    units = [*"! . 😀 \"' A. :( * = ^ www. http://! x' x- _".split(), "i know. that sucks :( ", "x. ", "x\n", " ", "\n"]
    for unit in units:
        text = unit * (50_000 // len(unit))
        assert split(text).text == text
    assert time.thread_time() - started < 15


def test_many_threads_agree() -> None:
    texts = [f"Number {i} hurts. I'm sorry... You said {i}! ok" for i in range(40)]
    expected = [split(text) for text in texts]
    found: dict[int, list[Segmented]] = {}

    def work(worker: int) -> None:
        found[worker] = [split(text) for text in texts]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and all(result == expected for result in found.values())
