"""The page in a real browser, over a small rule-based engine (`conftest.RuleEngine`)."""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from itertools import pairwise
from urllib.parse import unquote

import pytest

from partner.models import ModelError
from ui.helplines import FOR_THE_SEEKER
from ui.line import Line
from ui.loading import BackgroundEngine
from ui.server import Server, application
from ui.store import Store

from .conftest import WAIT, RuleEngine, free_port

POST = "Moved here for work eight months ago and I still eat lunch alone every single day."
REPLY = "You should join a club. People make friends at the gym.\n\nIt gets easier. Take care!"
SORRY = "I'm so sorry you are going through this."
HURT = f"That must hurt: “{POST[:40]}”."
TODAY = "What has today been like?"
ALL = f"{SORRY} You should join a club. {HURT}\n\nTake care! {TODAY}"


FORUM = f"<h1>Forum</h1><input><textarea rows=1></textarea><p id=post>{POST}</p><textarea id=mine rows=9></textarea>"

POOR_CONTRAST = r"""() => {
    const parse = (colour) => {
        const numbers = colour.match(/[\d.]+/g).map(Number);
        return numbers.length < 4 ? [...numbers, 1] : numbers;
    };
    const light = (colour) => {
        const linear = colour.slice(0, 3).map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const behind = (e) => {
        for (; e; e = e.parentElement) {
            const colour = parse(getComputedStyle(e).backgroundColor);
            if (colour[3] === 1) return colour;
        }
        return [255, 255, 255, 1];
    };
    const poor = [];
    for (const e of document.querySelectorAll('.gradio-container *')) {
        const text = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
        if (!text || !e.checkVisibility() || e.closest('.sr-only')) continue;
        const a = light(parse(getComputedStyle(e).color)), b = light(behind(e));
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) poor.push([e.textContent.slice(0, 30), e.className, ratio.toFixed(2)]);
    }
    return poor;
}"""


def box(tab):
    return tab.get_by_role("textbox", name="Your reply")


def write(tab, post: str = POST, reply: str = REPLY) -> None:
    tab.get_by_label("Post you are answering").fill(post)
    box(tab).fill(reply)


def button(tab, name: str):
    return tab.get_by_role("button", name=name, exact=True)


def suggest(tab, post: str = POST, reply: str = REPLY, pills: int = 4) -> None:
    write(tab, post, reply)
    button(tab, "Suggest").click()
    expect_pills(tab, pills)


def expect_pills(tab, count: int) -> None:
    tab.wait_for_function(
        "n => document.querySelectorAll('#reply .pill').length === n && document.querySelector('#busy').hidden", arg=count
    )


def own_text(tab) -> str:
    """The reply without the suggestions, as the page itself copies it."""
    return tab.evaluate(
        """() => { const copy = document.querySelector('#reply').cloneNode(true);
        copy.querySelectorAll('.pill').forEach((pill) => pill.remove()); return copy.textContent; }"""
    )


def expect_text(tab, text: str) -> None:
    assert own_text(tab) == text


def pill(tab, text: str):
    return tab.locator("#reply .pill", has_text=text)


def test_the_whole_loop(open_page) -> None:
    tab = open_page(permissions=["clipboard-read", "clipboard-write"])
    suggest(tab)
    expect_text(tab, REPLY)
    assert tab.locator("#reply .pill").evaluate_all("pills => pills.map((p) => p.className.split(' ')[1])") == [
        "insert",
        "replace",
        "delete",
        "insert",
    ]
    assert [text.strip() for text in tab.locator("#reply del").all_text_contents()] == [
        "People make friends at the gym.",
        "It gets easier.",
    ]
    assert "Works on emotional_reaction." in tab.locator("#card").inner_text()

    pill(tab, SORRY).get_by_role("button", name="Accept").click()
    expect_text(tab, f"{SORRY} {REPLY}")
    tab.locator('[aria-valuetext="Emotional reaction: none before, strong now"]').wait_for()
    pill(tab, "removal").get_by_role("button", name="Reject").click()
    assert tab.locator("#reply .pill").count() == 2
    button(tab, "Undo").click()
    assert tab.locator("#reply .pill").count() == 3
    pill(tab, TODAY).locator(".sign").click()
    assert "Exploration: none → strong" in tab.locator("#card-gain").inner_text()
    button(tab, "Accept all").click()
    expect_text(tab, ALL)
    assert tab.locator("#reply .pill").count() == 0 and tab.locator("#card").is_hidden()
    assert button(tab, "Accept all").get_attribute("aria-disabled") == "true"

    button(tab, "Copy reply").click()
    tab.wait_for_function("async text => await navigator.clipboard.readText() === text", arg=ALL)
    for text in (f"{SORRY} {REPLY}", REPLY):
        button(tab, "Undo").click()
        expect_text(tab, text)
    assert tab.locator("#reply .pill").count() == 4
    for text in (f"{SORRY} {REPLY}", ALL):
        button(tab, "Redo").click()
        expect_text(tab, text)


def test_reject_all_and_back(open_page) -> None:
    tab = open_page()
    suggest(tab)
    button(tab, "Reject all").click()
    expect_pills(tab, 0)
    expect_text(tab, REPLY)
    button(tab, "Undo").click()
    expect_pills(tab, 4)


def test_typing_around_a_suggestion_keeps_both(open_page) -> None:
    tab = open_page()
    suggest(tab)
    box(tab).focus()
    tab.keyboard.press("Control+End")
    tab.keyboard.type(" Anna")
    expect_text(tab, REPLY + " Anna")
    tab.keyboard.press("Control+Home")
    tab.keyboard.type("Hi! ")
    expect_text(tab, "Hi! " + REPLY + " Anna")
    button(tab, "Accept all").click()
    text = own_text(tab)
    assert text.replace(SORRY, "").replace("  ", " ").strip().startswith("Hi! You should") or text.startswith("Hi! " + SORRY)
    assert TODAY in text and " Anna" in text and HURT in text


def test_backspace_beside_a_suggestion_takes_the_letter_not_the_suggestion(open_page) -> None:
    tab = open_page()
    suggest(tab, reply="Rest a bit🙂", pills=2)
    box(tab).focus()
    tab.keyboard.press("Control+End")
    tab.keyboard.press("Backspace")
    expect_text(tab, "Rest a bit")
    tab.keyboard.press("Backspace")
    expect_text(tab, "Rest a bi")
    assert tab.locator("#reply .pill").count() >= 1


def test_a_sentence_changed_by_hand_is_not_replaced(open_page) -> None:
    tab = open_page()
    suggest(tab)
    tab.locator("#reply del", has_text="People make friends").click()
    tab.keyboard.type("xyz")
    assert "xyz" in own_text(tab) and pill(tab, "That must hurt").count() == 0
    assert len(own_text(tab)) == len(REPLY) + 3
    tab.keyboard.press("Control+z")
    expect_text(tab, REPLY)
    assert pill(tab, "That must hurt").count() == 1


def test_empty_reply_is_drafted(open_page) -> None:
    tab = open_page()
    suggest(tab, reply="  ", pills=2)
    assert "Write your reply" in box(tab).get_attribute("data-empty")
    pill(tab, SORRY).get_by_role("button", name="Accept").click()
    pill(tab, TODAY).get_by_role("button", name="Accept").click()
    assert own_text(tab).strip() == f"{TODAY} {SORRY}"  # in the order in which the engine gave them


def test_other_wordings_one_after_the_other_then_the_first_again(open_page, engine: RuleEngine) -> None:
    tab = open_page()
    suggest(tab)
    calls = len(engine.asked)
    other = tab.get_by_role("button", name="Other wording")
    assert SORRY in tab.locator("#card-what").inner_text()
    other.click()
    assert "I feel for you." in tab.locator("#card-what").inner_text() and pill(tab, "I feel for you.").count() == 1
    assert len(engine.asked) == calls, "the second wording came with the first"
    other.click()
    tab.get_by_text("That was the last wording for this place").wait_for()
    assert SORRY in tab.locator("#card-what").inner_text() and len(engine.asked) == calls + 1
    button(tab, "Undo").click()
    assert "I feel for you." in tab.locator("#card-what").inner_text()
    tab.locator("#accept").click()
    expect_text(tab, f"I feel for you. {REPLY}")


def test_a_sentence_whose_removal_was_rejected_is_left_alone(open_page) -> None:
    tab = open_page()
    suggest(tab)
    pill(tab, "removal").get_by_role("button", name="Reject").click()
    expect_pills(tab, 3)
    box(tab).press("Control+End")
    box(tab).type(" Bye!")
    with tab.expect_response(lambda response: response.url.endswith("/api/suggest/stream")):
        button(tab, "Suggest").click()
    expect_pills(tab, 3)
    assert pill(tab, "removal").count() == 0


def test_a_suggestion_is_edited_before_it_is_used(open_page) -> None:
    tab = open_page()
    suggest(tab)
    button(tab, "Edit").click()
    edit = tab.get_by_label("Change the sentence, then use it")
    assert edit.input_value() == SORRY
    edit.fill("I am sorry.")
    button(tab, "Use it").click()
    expect_text(tab, f"I am sorry. {REPLY}")
    assert tab.locator("#reply .ours").count() == 0, "edited words are the supporter's own"


def test_one_mechanism_adds_to_what_is_open(open_page) -> None:
    tab = open_page()
    write(tab)
    button(tab, "Ask about it").click()
    expect_pills(tab, 1)
    assert pill(tab, TODAY).count() == 1
    button(tab, "Show a feeling").click()
    expect_pills(tab, 2)
    assert "Emotional reaction: none → strong" in tab.locator("#card-gain").inner_text()


def test_help_with_the_sentence_the_cursor_is_in(open_page) -> None:
    tab = open_page()
    write(tab)
    box(tab).focus()
    tab.keyboard.press("Control+Home")
    for _ in range(30):
        tab.keyboard.press("ArrowRight")
    button(tab, "Help with this sentence").click()
    expect_pills(tab, 1)
    assert pill(tab, "That must hurt").count() == 1


def test_what_was_refused_or_accepted_is_left_alone_by_the_next_suggestions(open_page) -> None:
    tab = open_page()
    suggest(tab)
    pill(tab, TODAY).get_by_role("button", name="Reject").click()
    pill(tab, "That must hurt").get_by_role("button", name="Accept").click()
    button(tab, "Suggest").click()
    tab.wait_for_function("document.querySelector('#busy').hidden")
    assert pill(tab, TODAY).count() == 0
    assert "That must hurt" not in "".join(tab.locator("#reply del").all_text_contents())
    assert pill(tab, SORRY).count() == 1


def test_words_that_carry_the_scores_are_underlined_on_demand(open_page) -> None:
    tab = open_page()
    write(tab, reply="🙂 That must hurt. I'm sorry.")
    tab.locator('[aria-valuetext="Emotional reaction: strong before, strong now"]').wait_for()
    assert tab.locator("#reply .mark").count() == 0
    tab.get_by_label("Underline the words").check()
    assert tab.locator("#reply .mark.emotional_reaction").all_text_contents() == ["sorry"]
    assert tab.locator("#reply .mark.interpretation").all_text_contents() == ["must "]
    styles = tab.locator("#reply .mark").evaluate_all("marks => marks.map((m) => getComputedStyle(m).textDecorationStyle)")
    assert len(set(styles)) == 2, "told apart by more than colour"


def test_scores_follow_what_is_typed(open_page) -> None:
    tab = open_page()
    suggest(tab)
    box(tab).focus()
    tab.keyboard.press("Control+End")
    tab.keyboard.type(" Are you sleeping?")
    tab.locator('[aria-valuetext="Exploration: none before, strong now"]').wait_for()


def test_earlier_messages_reach_the_engine(open_page, engine: RuleEngine) -> None:
    tab = open_page()
    tab.get_by_text("Earlier messages (optional)").click()
    tab.get_by_role("textbox", name="Earlier messages").fill("Hm.\nThem: hi\n me : hello\nyou there?\nTell them: no")
    suggest(tab)
    assert engine.asked[-1].history == (
        ("seeker", "Hm."),
        ("seeker", "hi"),
        ("supporter", "hello\nyou there?\nTell them: no"),
    )


def test_an_example_fills_the_page_and_asks_before_overwriting(open_page) -> None:
    tab = open_page()
    button(tab, "Grandmother").click()
    assert tab.get_by_label("Post you are answering").input_value().startswith("My gran")
    button(tab, "With earlier messages").click()
    assert tab.get_by_role("textbox", name="Earlier messages").input_value().startswith("Them: Found")
    write(tab)
    asked = []
    tab.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    button(tab, "Exam again").click()
    assert asked and tab.get_by_label("Post you are answering").input_value() == POST
    expect_text(tab, REPLY)


def test_the_next_post_asks_only_where_the_reply_was_not_copied(open_page) -> None:
    tab = open_page(permissions=["clipboard-read", "clipboard-write"])
    suggest(tab)
    asked = []
    tab.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    button(tab, "Next post").click()
    assert len(asked) == 1
    expect_text(tab, REPLY)
    button(tab, "Copy reply").click()
    tab.get_by_text("Copied ✓").wait_for()
    button(tab, "Next post").click()
    assert len(asked) == 1 and tab.get_by_label("Post you are answering").input_value() == ""
    expect_text(tab, "")
    expect_pills(tab, 0)
    button(tab, "Undo").click()
    expect_text(tab, REPLY)


def test_another_page_can_send_post_and_reply_in_the_address(open_page, address: str) -> None:
    tab = open_page(f"{address}/#post=Hi%20%3Cb%3Ethere%3C%2Fb%3E&reply=Rest%0D%0Anow.")
    assert tab.get_by_label("Post you are answering").input_value() == "Hi <b>there</b>"
    expect_text(tab, "Rest\nnow.")
    assert tab.url == f"{address}/", "nothing stays in the browser's history"


def test_the_bookmarklet_sends_selection_and_reply_of_another_site(open_page) -> None:
    tab = open_page()
    tab.wait_for_function("document.querySelector('#bookmarklet').href.startsWith('javascript:')")
    script = unquote(tab.locator("#bookmarklet").get_attribute("href").removeprefix("javascript:"))
    site = tab.context.new_page()
    site.route("http://forum.example/*", lambda route: route.fulfill(body=FORUM, content_type="text/html"))
    site.goto("http://forum.example/thread")
    site.locator("#mine").fill("Rest & sleep.\nBye.")
    site.evaluate("getSelection().selectAllChildren(document.querySelector('#post'))")
    with site.context.expect_page() as opened:
        site.evaluate(script)
    other = opened.value
    other.locator('#partner[data-ready="yes"]').wait_for(timeout=WAIT)
    assert other.get_by_label("Post you are answering").input_value() == POST
    expect_text(other, "Rest & sleep.\nBye.")
    assert "#" not in other.url


def test_already_empathic_is_said(open_page) -> None:
    tab = open_page()
    write(tab, reply="I'm sorry. How are you holding up?")
    button(tab, "Suggest").click()
    tab.locator("#status", has_text="already empathic").wait_for()


def test_markup_in_the_post_and_the_reply_is_text_and_runs_nothing(open_page) -> None:
    tab = open_page()
    dialogs = []
    tab.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    bad = "<img src=x onerror=window.hit=1><script>window.hit=1</script>${window.hit=1}{{window.hit}}"
    reply = f"{bad}. Second {bad}.\n</textarea><b>bold</b>."
    suggest(tab, post=bad, reply=reply)
    expect_text(tab, reply)
    assert bad[:40] in pill(tab, "That must hurt").inner_text()
    button(tab, "Accept all").click()
    assert bad[:40] in own_text(tab)
    tab.wait_for_timeout(200)
    assert tab.evaluate("window.hit") is None and dialogs == []
    assert tab.locator("#partner :is(img, script, b)").count() == 0


def test_pasted_markup_is_plain_text(open_page) -> None:
    tab = open_page(permissions=["clipboard-read", "clipboard-write"])
    box(tab).focus()
    tab.evaluate(
        """async () => navigator.clipboard.write([new ClipboardItem({
        'text/html': new Blob(['<b onclick="window.hit=1">Hi</b>'], {type: 'text/html'}),
        'text/plain': new Blob(['Hi\\r\\nyou'], {type: 'text/plain'})})])"""
    )
    tab.keyboard.press("Control+v")
    tab.wait_for_function("document.querySelector('#reply').textContent === 'Hi\\nyou'")
    assert tab.locator("#reply b").count() == 0


def test_a_crisis_is_said_first_with_help_to_copy(open_page) -> None:
    tab = open_page(permissions=["clipboard-read", "clipboard-write"])
    tab.get_by_label("Post you are answering").fill("I want to end my life.")
    banner = tab.get_by_role("alert").filter(has_text="suicide or self-harm")
    banner.wait_for()  # before anybody asked for suggestions
    assert banner.bounding_box()["y"] < tab.locator("#theirs").bounding_box()["y"]
    for words in ("Ask directly", "tell a moderator", "fixed list, written and checked"):
        assert words in banner.inner_text()
    tab.get_by_text("Where to find help, worldwide").click()
    for words in ("findahelpline.com", "befrienders.org", "iasp.info", "Written November 2026"):
        assert words in banner.inner_text() or words in banner.inner_html()
    banner.get_by_role("button", name="Copy a message with helplines").click()
    tab.wait_for_function("async text => await navigator.clipboard.readText() === text", arg=FOR_THE_SEEKER)
    tab.get_by_label("Post you are answering").fill(POST)
    banner.wait_for(state="detached")


def test_an_empty_post_is_named_and_nothing_is_lost(open_page) -> None:
    tab = open_page()
    suggest(tab)
    pill(tab, SORRY).get_by_role("button", name="Accept").click()
    tab.get_by_label("Post you are answering").fill(" \n ")
    button(tab, "Suggest").click()
    tab.get_by_text("paste the post you are answering first").wait_for()
    expect_text(tab, f"{SORRY} {REPLY}")


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (ModelError("policy/model.safetensors is missing. Restore it."), "policy/model.safetensors is missing"),
        (ZeroDivisionError("inner workings"), "Something went wrong"),
    ],
)
def test_a_failure_is_a_message_and_the_text_stays(open_page, engine: RuleEngine, failure: Exception, said: str) -> None:
    tab = open_page()
    write(tab)
    engine.fail = failure
    try:
        button(tab, "Suggest").click()
        tab.get_by_role("alert").get_by_text(said).wait_for()
    finally:
        engine.fail = None
    page = tab.locator("body").inner_text()
    assert "Traceback" not in page and "inner workings" not in page
    expect_text(tab, REPLY)
    button(tab, "Suggest").click()
    expect_pills(tab, 4)
    assert tab.get_by_text(said).count() == 0


def test_typing_goes_on_while_suggestions_come_and_both_are_kept(open_page, engine: RuleEngine) -> None:
    tab = open_page()
    write(tab)
    calls = len(engine.asked)
    engine.gate.clear()
    try:
        box(tab).press("Control+Enter")
        tab.get_by_text("You can go on writing.").wait_for()
        box(tab).press("Control+Enter")  # an impatient second press starts nothing
        box(tab).focus()
        tab.keyboard.press("Control+End")
        tab.keyboard.type(" More.")
        tab.keyboard.press("Control+Home")
        tab.keyboard.type("Hello. ")
        expect_text(tab, f"Hello. {REPLY} More.")
    finally:
        engine.gate.set()
    expect_pills(tab, 4)
    expect_text(tab, f"Hello. {REPLY} More.")
    assert len(engine.asked) == calls + 1
    pill(tab, "That must hurt").get_by_role("button", name="Accept").click()
    expect_text(tab, f"Hello. You should join a club. {HURT}\n\nIt gets easier. Take care! More.")


def test_the_first_suggestion_can_be_used_before_the_others_come(open_page, engine: RuleEngine) -> None:
    tab = open_page()
    write(tab)
    engine.rest.clear()
    try:
        box(tab).press("Control+Enter")
        tab.get_by_text("Looking for more").wait_for()
        assert tab.locator("#reply .pill").count() == 1
        pill(tab, "What has today been like?").get_by_role("button", name="Accept").click()
        tab.locator("#reply .pill").wait_for(state="detached")
        expect_text(tab, f"{REPLY} What has today been like?")
    finally:
        engine.rest.set()
    expect_pills(tab, 3)
    expect_text(tab, f"{REPLY} What has today been like?")


def test_cancelling_stops_the_wait(open_page, engine: RuleEngine) -> None:
    tab = open_page()
    write(tab)
    engine.gate.clear()
    try:
        button(tab, "Suggest").click()
        button(tab, "Cancel").first.click()
        tab.get_by_text("Cancelled.").wait_for()
    finally:
        engine.gate.set()
    button(tab, "Suggest").click()
    expect_pills(tab, 4)


def test_keyboard_alone_is_enough(open_page) -> None:
    tab = open_page()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Go to your reply"
    tab.keyboard.press("Shift+?")
    assert tab.get_by_role("dialog", name="Keys").is_visible()
    tab.keyboard.press("Escape")
    for _ in range(6):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.id") == "post":
            break
    tab.keyboard.type(POST + "?")  # in a text box, ? is a question mark
    tab.keyboard.press("Backspace")
    for _ in range(12):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.id") == "reply":
            break
    tab.keyboard.type("You should rest.")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Backspace")
    tab.keyboard.press("Control+Enter")
    expect_pills(tab, 2)
    tab.keyboard.press("F8")
    assert tab.evaluate("document.activeElement.id") == "accept"
    outline = tab.evaluate(
        "(({outlineStyle, outlineWidth}) => outlineStyle + outlineWidth)(getComputedStyle(document.activeElement))"
    )
    assert outline == "solid3px"
    tab.keyboard.press("ArrowDown")
    assert TODAY in tab.locator("#card-what").inner_text()
    tab.keyboard.press("w")
    assert "Who is with you?" in tab.locator("#card-what").inner_text()
    tab.keyboard.press("r")
    assert tab.locator("#reply .pill").count() == 1
    tab.keyboard.press("e")
    tab.keyboard.press("Control+a")
    tab.keyboard.type("Sorry!")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect_text(tab, "Sorry! You should rest.")
    assert tab.evaluate("document.activeElement.id") == "copy", "the next key must not land in the reply"
    tab.keyboard.press("Control+z")
    tab.keyboard.press("Control+z")
    expect_text(tab, "You should rest.")
    expect_pills(tab, 2)
    tab.keyboard.press("F8")
    tab.keyboard.press("Escape")
    assert tab.evaluate("document.activeElement.id") == "reply"
    tab.keyboard.press("Alt+3")
    tab.wait_for_function("document.querySelector('#busy').hidden")
    assert pill(tab, TODAY).count() == 1


def test_a_phone_has_no_sideways_scroll(open_page) -> None:
    tab = open_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    long_link = "https://example.org/" + "a" * 300
    suggest(tab, post="I want to end my life. " + "verylongword" * 40, reply=f"{long_link} is good. {REPLY}")
    tab.get_by_text("Where to find help, worldwide").click()
    tab.get_by_text("How empathy is rated").click()
    button(tab, "Flag").click()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    wide = tab.evaluate(
        "[...document.querySelectorAll('#partner *')].filter(e => e.checkVisibility() && !e.closest('.sr-only, .skip')"
        " && e.getBoundingClientRect().right > 361).map(e => e.id || e.className || e.tagName)"
    )
    assert wide == []
    small = tab.evaluate(
        "[...document.querySelectorAll('#partner button')].filter(b => b.checkVisibility()"
        " && b.getBoundingClientRect().height < (b.closest('.pill') ? 34 : 44)).map(b => b.textContent)"
    )
    assert small == [], "big enough for a thumb"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(open_page, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 for text, measured on the page as it is painted."""
    tab = open_page(color_scheme=scheme)
    suggest(tab)
    pill(tab, SORRY).get_by_role("button", name="Accept").click()
    tab.locator("#reply .ours").wait_for()
    tab.get_by_label("Underline the words").check()
    tab.get_by_text("How empathy is rated").click()
    tab.evaluate("document.querySelector('#problem').textContent = 'A problem.'")
    assert tab.evaluate(POOR_CONTRAST) == []
    for name in ("Keys ?", "Feedback: off"):
        button(tab, name).click()
        assert tab.evaluate(POOR_CONTRAST) == []
        button(tab, "Close").click()
    button(tab, "Dark").click()
    assert tab.evaluate(POOR_CONTRAST) == []
    tab.get_by_label("Post you are answering").fill("I want to end my life.")
    tab.get_by_text("Where to find help, worldwide").click()
    assert tab.locator("#meters").is_hidden(), "nobody's life is a matter of points"
    assert tab.evaluate(POOR_CONTRAST) == []


def test_every_control_has_a_name_and_headings_do_not_skip(open_page) -> None:
    tab = open_page()
    suggest(tab)
    tree = tab.locator("body").aria_snapshot()
    assert not re.findall(r"- (?:button|textbox|meter|img|checkbox|radio)(?: \[.*\])?:?$", tree, re.MULTILINE), tree
    levels = [int(n) for n in re.findall(r"- heading .*\[level=(\d)\]", tree)]
    assert levels[0] == 1 and all(b <= a + 1 for a, b in pairwise(levels)), levels
    assert "suggested addition: + I'm so sorry" in " ".join(tree.split()) or "suggested addition:" in tree


def test_two_tabs_do_not_mix(open_page) -> None:
    one, two = open_page(), open_page()
    suggest(one)
    suggest(two, reply="Call me.", pills=2)
    pill(one, SORRY).get_by_role("button", name="Accept").click()
    pill(two, SORRY).get_by_role("button", name="Accept").click()
    expect_text(one, f"{SORRY} {REPLY}")
    expect_text(two, f"{SORRY} Call me.")
    button(two, "Undo").click()
    expect_text(two, "Call me.")
    expect_text(one, f"{SORRY} {REPLY}")


def test_the_browser_stores_nothing_and_may_ask_nobody_else(open_page, address: str) -> None:
    tab = open_page()
    suggest(tab)
    stored = tab.evaluate(
        "async () => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie,"
        " (await indexedDB.databases()).map(d => d.name), await caches.keys()])"
    )
    assert "club" not in stored and "partner.supporter" not in stored and json.loads(stored)[3:] == [[], []]
    refused = tab.evaluate("fetch('http://localhost:9/').then(() => 'sent', () => 'refused')")
    assert refused == "refused"
    headers = urllib.request.urlopen(address).headers
    assert "connect-src 'self'" in headers["Content-Security-Policy"]


def test_leaving_with_an_unsent_reply_asks_first(open_page) -> None:
    tab = open_page(permissions=["clipboard-read", "clipboard-write"])
    asked = []
    tab.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    box(tab).focus()
    tab.keyboard.type("Hello")
    tab.reload()
    tab.locator('#partner[data-ready="yes"]').wait_for()
    assert asked == ["beforeunload"]
    box(tab).focus()
    tab.keyboard.type("Hello")
    button(tab, "Copy reply").click()
    tab.get_by_text("Copied ✓").wait_for()
    tab.reload()
    assert asked == ["beforeunload"], "what was copied is not lost"


def test_the_page_opens_before_the_model_is_loaded(open_page) -> None:
    loaded = threading.Event()

    def load() -> RuleEngine:
        loaded.wait(60)
        return RuleEngine()

    server = Server(application(BackgroundEngine(load), Store("sqlite://")), free_port()).start()
    try:
        tab = open_page(server.address)
        tab.get_by_text("Loading the model").wait_for()
        write(tab)
        button(tab, "Suggest").click()
        tab.get_by_text("The model is still loading").wait_for()
        box(tab).focus()
        tab.keyboard.press("Control+End")
        tab.keyboard.type(" Hi.")
        loaded.set()
        expect_pills(tab, 4)
        expect_text(tab, REPLY + " Hi.")
        tab.get_by_text("Loading the model").wait_for(state="hidden")
    finally:
        loaded.set()
        server.stop()


def test_a_model_that_cannot_be_loaded_is_named_and_tried_again(open_page) -> None:
    missing = [ModelError("scorer/model.onnx is damaged. Restore it.")]

    def load() -> RuleEngine:
        if missing:
            raise missing[0]
        return RuleEngine()

    server = Server(application(BackgroundEngine(load), Store("sqlite://")), free_port()).start()
    try:
        tab = open_page(server.address)
        tab.get_by_text("scorer/model.onnx is damaged").wait_for()
        missing.clear()
        suggest(tab)
        assert tab.get_by_text("scorer/model.onnx is damaged").count() == 0
    finally:
        server.stop()


def test_a_full_line_is_said_and_the_text_stays(open_page) -> None:
    engine = RuleEngine()
    engine.gate.clear()
    server = Server(application(engine, Store("sqlite://"), line=Line(1)), free_port()).start()
    try:
        one, two = open_page(server.address), open_page(server.address)
        write(one)
        button(one, "Suggest").click()
        one.get_by_text("Looking for suggestions").wait_for()
        write(two)
        button(two, "Suggest").click()
        two.get_by_role("alert").get_by_text("1 request is waiting already. Your text is safe").wait_for()
        expect_text(two, REPLY)
    finally:
        engine.gate.set()
        server.stop()
