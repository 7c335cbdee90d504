"""The page in a real browser, over a small rule-based engine (`conftest.RuleEngine`)."""

from __future__ import annotations

import json
import re
import threading
import urllib.error
import urllib.request
from itertools import pairwise

import pytest

from partner.models import ModelError
from partner.safety import CRISIS_NOTE
from ui.app import build
from ui.loading import BackgroundEngine
from ui.server import serve

from .conftest import RuleEngine, free_port

POST = "Moved here for work eight months ago and I still eat lunch alone every single day."
REPLY = "You should join a club. People make friends at the gym.\n\nIt gets easier. Take care!"
ALL = (
    "I'm so sorry you are going through this. You should join a club."
    " That must hurt: “Moved here for work eight months ago and”\n\nTake care! What has today been like?"
)

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


def write(tab, post: str = POST, reply: str = REPLY) -> None:
    tab.get_by_label("Post you are answering").fill(post)
    tab.get_by_role("textbox", name="Your reply").fill(reply)


def suggest(tab, post: str = POST, reply: str = REPLY) -> None:
    write(tab, post, reply)
    tab.get_by_role("button", name="Suggest", exact=True).click()
    tab.locator(".bar").wait_for()


def result(tab):
    return tab.get_by_label("Resulting reply")


def expect_result(tab, text: str) -> None:
    try:
        tab.wait_for_function("text => document.querySelector('#result textarea').value === text", arg=text, timeout=30_000)
    except Exception:
        assert result(tab).input_value() == text
        raise


def press(tab, label: str, card: int) -> None:
    tab.locator(".card").nth(card).get_by_role("button", name=label).click()


def test_the_whole_loop(open_page) -> None:
    tab = open_page(permissions=["clipboard-read", "clipboard-write"])
    suggest(tab)
    assert tab.locator(".card .op").all_inner_texts() == ["Add", "Replace", "Remove", "Add"]
    assert tab.locator(".card .place").all_inner_texts() == ["at the start", "at the end"]
    assert "Works on interpretation." in tab.locator(".card").nth(1).inner_text()
    expect_result(tab, REPLY)

    press(tab, "Accept", 0)
    expect_result(tab, "I'm so sorry you are going through this. " + REPLY)
    tab.get_by_role("meter", name="Emotional reaction").and_(
        tab.locator('[aria-valuetext="Emotional reaction: none 0.1 before, strong 1.8 now"]')
    ).wait_for()
    press(tab, "Reject", 2)
    tab.locator(".card.rejected").wait_for()
    assert "removal" not in "".join(t for t in tab.locator(".diff del").all_inner_texts() if "easier" in t)
    tab.get_by_role("button", name="Undo").click()
    tab.locator(".card.rejected").wait_for(state="detached")
    tab.get_by_role("button", name="Accept all").click()
    expect_result(tab, ALL)
    assert tab.locator(".card.accepted").count() == 4
    assert tab.get_by_role("button", name="Accept all").get_attribute("aria-disabled") == "true"

    tab.get_by_role("button", name="Copy reply").click()
    tab.wait_for_function("async text => await navigator.clipboard.readText() === text", arg=ALL)
    tab.get_by_role("button", name="Undo").click()
    expect_result(tab, "I'm so sorry you are going through this. " + REPLY)


def test_what_the_user_types_into_the_result_is_kept_and_rated(open_page) -> None:
    tab = open_page()
    suggest(tab)
    result(tab).fill(REPLY.replace("Take care!", "Are you sleeping?"))
    result(tab).blur()
    tab.locator('[aria-valuetext="Exploration: none 0.1 before, strong 1.8 now"]').wait_for()
    press(tab, "Accept", 0)
    expect_result(tab, "I'm so sorry you are going through this. " + REPLY.replace("Take care!", "Are you sleeping?"))
    tab.get_by_role("button", name="Undo").click()
    expect_result(tab, REPLY.replace("Take care!", "Are you sleeping?"))


def test_quick_clicks_all_count(open_page) -> None:
    tab = open_page()
    suggest(tab)
    tab.evaluate("document.querySelectorAll('.card button.accepted').forEach(button => button.click())")
    expect_result(tab, ALL)


def test_empty_reply_is_drafted(open_page) -> None:
    tab = open_page()
    suggest(tab, reply="  ")
    tab.get_by_role("button", name="Accept all").click()
    expect_result(tab, "I'm so sorry. What happened then?")


def test_earlier_messages_reach_the_engine(open_page, engine: RuleEngine) -> None:
    tab = open_page()
    fold = tab.get_by_role("button", name="Earlier messages (optional)")
    tab.locator('#earlier > button[aria-expanded="false"]').wait_for()
    fold.click()
    tab.locator('#earlier > button[aria-expanded="true"]').wait_for()
    tab.get_by_role("textbox", name="Earlier messages").fill("Them: hi\nMe: hello")
    suggest(tab)
    assert engine.asked.history == (("seeker", "hi"), ("supporter", "hello"))


def test_an_example_fills_the_page_and_asks_before_overwriting(open_page) -> None:
    tab = open_page()
    tab.get_by_role("button", name="Grandmother").click()
    tab.wait_for_function("document.querySelector('#post textarea').value.startsWith('My gran')")
    write(tab)
    asked = []
    tab.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    tab.get_by_role("button", name="Exam again").click()
    tab.wait_for_timeout(300)
    assert asked and tab.get_by_label("Post you are answering").input_value() == POST


def test_already_empathic_is_said(open_page) -> None:
    tab = open_page()
    suggest(tab, reply="I'm sorry. How are you holding up?")
    assert "already empathic" in tab.locator("#note").inner_text()
    assert "No suggestions" in tab.locator("#results").inner_text()


def test_markup_in_the_post_and_the_reply_is_text_and_runs_nothing(open_page) -> None:
    tab = open_page()
    dialogs = []
    tab.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    bad = "<img src=x onerror=window.hit=1><script>window.hit=1</script>${window.hit=1}{{window.hit}}"
    suggest(tab, post=bad, reply=f"{bad}. Second {bad}.\n</textarea><b>bold</b>.")
    tab.get_by_role("button", name="Accept all").click()
    tab.locator(".card.accepted").first.wait_for()
    assert bad in tab.locator(".diff").inner_text()
    assert bad[:40] in tab.locator(".card").nth(1).inner_text()
    tab.wait_for_timeout(200)
    assert tab.evaluate("window.hit") is None and dialogs == []
    assert tab.locator("#side img, #side script, #side b").count() == 0


def test_crisis_note_comes_first_and_can_be_copied(open_page) -> None:
    tab = open_page(permissions=["clipboard-read", "clipboard-write"])
    suggest(tab, post="I want to end my life.")
    note = tab.locator("#crisis").get_by_role("alert")
    assert " ".join(CRISIS_NOTE.split()) in " ".join(note.inner_text().split())
    assert note.bounding_box()["y"] < tab.locator("#results").bounding_box()["y"]
    note.get_by_role("button", name="Copy this note").click()
    tab.wait_for_function("async text => await navigator.clipboard.readText() === text", arg=CRISIS_NOTE)
    tab.get_by_label("Post you are answering").fill(POST)
    tab.get_by_role("button", name="Suggest", exact=True).click()
    tab.locator(".crisis").wait_for(state="detached")


def test_an_empty_post_is_named_and_nothing_is_lost(open_page) -> None:
    tab = open_page()
    suggest(tab)
    press(tab, "Accept", 0)
    mine = "I'm so sorry you are going through this. " + REPLY
    expect_result(tab, mine)
    tab.get_by_label("Post you are answering").fill(" \n ")
    tab.get_by_role("button", name="Suggest", exact=True).click()
    tab.get_by_text("paste the post you are answering first").wait_for()
    assert tab.get_by_role("textbox", name="Your reply").input_value() == REPLY
    assert result(tab).input_value() == mine
    assert tab.locator(".card.accepted").count() == 1


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (ModelError("policy/model.safetensors is missing. Restore it."), "policy/model.safetensors is missing"),
        (ZeroDivisionError("inner workings"), "something went wrong"),
    ],
)
def test_a_failure_is_a_message_and_the_text_stays(open_page, engine: RuleEngine, failure: Exception, said: str) -> None:
    tab = open_page()
    write(tab)
    engine.fail = failure
    try:
        tab.get_by_role("button", name="Suggest", exact=True).click()
        tab.get_by_role("alert").get_by_text(said).wait_for()
    finally:
        engine.fail = None
    page = tab.locator("body").inner_text()
    assert "Traceback" not in page and "inner workings" not in page
    assert tab.get_by_role("textbox", name="Your reply").input_value() == REPLY
    tab.get_by_role("button", name="Suggest", exact=True).click()
    tab.locator(".card").first.wait_for()
    assert tab.get_by_text(said).count() == 0


def test_typing_goes_on_while_the_engine_works(open_page, engine: RuleEngine) -> None:
    tab = open_page()
    write(tab)
    engine.wait = threading.Event()
    try:
        tab.get_by_role("textbox", name="Your reply").press("Control+Enter")
        tab.get_by_text("Reading the post and your reply…").wait_for()
        tab.get_by_role("textbox", name="Your reply").press("Control+Enter")  # an impatient second press starts nothing
        tab.get_by_role("textbox", name="Your reply").press_sequentially(" More.")
    finally:
        engine.wait.set()
        engine.wait = None
    tab.locator(".card").first.wait_for()
    tab.wait_for_timeout(300)
    assert tab.get_by_role("textbox", name="Your reply").input_value() == REPLY + " More."
    assert tab.locator("[data-number='1']").count() > 0, "the second press must not have made a second set"


def test_keyboard_alone_is_enough(open_page) -> None:
    tab = open_page()
    tab.get_by_label("Post you are answering").focus()
    tab.keyboard.type(POST)
    tab.keyboard.press("Tab")
    assert "Earlier messages" in tab.evaluate("document.activeElement.textContent")
    tab.keyboard.press("Tab")
    tab.keyboard.type("You should rest.")
    tab.keyboard.press("Control+Enter")
    tab.locator(".card").first.wait_for()
    for _ in range(40):
        tab.keyboard.press("Tab")
        label = tab.evaluate("document.activeElement.getAttribute('aria-label')") or ""
        if label.startswith("Accept: Add at the start"):
            break
    else:
        pytest.fail("Tab never reached the first card's Accept button")
    outline = tab.evaluate(
        "(({outlineStyle, outlineWidth}) => outlineStyle + outlineWidth)(getComputedStyle(document.activeElement))"
    )
    assert outline == "solid3px"
    tab.keyboard.press("Enter")
    expect_result(tab, "I'm so sorry you are going through this. You should rest.")
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == label, "the focus stays on the button"
    tab.keyboard.press("Space")
    expect_result(tab, "You should rest.")


def test_a_phone_has_no_sideways_scroll(open_page) -> None:
    tab = open_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    long_link = "https://example.org/" + "a" * 300
    suggest(tab, post="I want to end my life. " + "verylongword" * 40, reply=f"{long_link} is good. {REPLY}")
    tab.wait_for_function("document.querySelector('#side').getBoundingClientRect().top < 300")  # scrolled to the results
    tab.get_by_text("Crisis lines by country").click()
    tab.get_by_role("button", name="Accept all").click()
    tab.locator(".card.accepted").first.wait_for()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    wide = tab.evaluate(
        "[...document.querySelectorAll('#main *, #side *')].filter(e => e.checkVisibility() && !e.closest('.sr-only')"
        " && e.getBoundingClientRect().right > 361).map(e => e.className || e.tagName)"
    )
    assert wide == []
    heights = tab.evaluate("[...document.querySelectorAll('#side button')].map(b => b.getBoundingClientRect().height)")
    assert min(heights) >= 44, "big enough for a thumb"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(open_page, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 for text, measured on the page as it is painted."""
    tab = open_page(color_scheme=scheme)
    suggest(tab, post="I want to end my life.")
    press(tab, "Accept", 0)
    press(tab, "Reject", 1)
    tab.locator(".card.rejected").wait_for()
    tab.get_by_text("How empathy is rated").click()
    poor = tab.evaluate(POOR_CONTRAST)
    assert poor == []


def test_every_control_has_a_name_and_headings_do_not_skip(open_page) -> None:
    tab = open_page()
    suggest(tab)
    tree = tab.locator("body").aria_snapshot()
    assert not re.findall(r"- (?:button|textbox|meter|img)(?: \[.*\])?$", tree, re.MULTILINE), tree
    levels = [int(n) for n in re.findall(r"- heading .*\[level=(\d)\]", tree)]
    assert levels[0] == 1 and all(b <= a + 1 for a, b in pairwise(levels)), levels


def test_two_tabs_do_not_mix(open_page) -> None:
    one, two = open_page(), open_page()
    suggest(one)
    suggest(two, reply="Call me.")
    press(one, "Accept", 0)
    expect_result(one, "I'm so sorry you are going through this. " + REPLY)
    press(two, "Accept", 0)
    expect_result(two, "I'm so sorry you are going through this. Call me.")
    two.get_by_role("button", name="Undo").click()
    expect_result(two, "Call me.")
    assert result(one).input_value() == "I'm so sorry you are going through this. " + REPLY


def test_the_browser_stores_nothing_and_may_ask_nobody_else(open_page, address: str) -> None:
    tab = open_page()
    suggest(tab)
    stored = tab.evaluate(
        "async () => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie,"
        " (await indexedDB.databases()).map(d => d.name), await caches.keys()])"
    )
    assert "club" not in stored and json.loads(stored)[3:] == [[], []]
    refused = tab.evaluate("fetch('http://localhost:9/').then(() => 'sent', () => 'refused')")
    assert refused == "refused"
    headers = urllib.request.urlopen(address).headers
    assert "connect-src 'self'" in headers["Content-Security-Policy"]


def test_a_foreign_name_for_this_computer_is_not_answered(address: str) -> None:
    request = urllib.request.Request(address, headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 400


def test_the_page_opens_before_the_model_is_loaded(open_page) -> None:
    loaded = threading.Event()

    def load() -> RuleEngine:
        loaded.wait(20)
        return RuleEngine()

    page = build(BackgroundEngine(load))
    try:
        tab = open_page(serve(page, free_port(), block=False))
        tab.get_by_text("Loading the model…").wait_for()
        write(tab)
        tab.get_by_role("button", name="Suggest", exact=True).click()
        tab.get_by_text("Reading the post and your reply…").wait_for()
        loaded.set()
        tab.locator(".card").first.wait_for()
        tab.get_by_text("Loading the model…").wait_for(state="detached")
    finally:
        loaded.set()
        page.close(verbose=False)


def test_a_model_that_cannot_be_loaded_is_named_and_tried_again(open_page) -> None:
    missing = [ModelError("scorer/model.onnx is damaged. Restore it.")]

    def load() -> RuleEngine:
        if missing:
            raise missing[0]
        return RuleEngine()

    page = build(BackgroundEngine(load))
    try:
        tab = open_page(serve(page, free_port(), block=False))
        tab.get_by_text("scorer/model.onnx is damaged").wait_for()
        missing.clear()
        suggest(tab)
        assert tab.get_by_text("scorer/model.onnx is damaged").count() == 0
    finally:
        page.close(verbose=False)
