"""A page with a small rule-based engine, served on a free port, and a browser to use it with."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from partner.edits import apply
from partner.text import split
from partner.types import Conversation, Edit, Empathy, MechanismScore, Result, Scores, Suggestion
from ui.app import build
from ui.server import serve

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class RuleEngine:
    """An engine small enough to predict: it knows three moves and counts question marks and the word "sorry"."""

    def __init__(self) -> None:
        self.fail: Exception | None = None  # raised by the next calls
        self.asked = Conversation("")  # by the last call
        self.wait: threading.Event | None = None  # holds the next calls back

    def score(self, conversation: Conversation) -> Empathy:
        text = conversation.reply.lower()
        found = ("sorry" in text, "must" in text, "?" in text)
        return Empathy(*(MechanismScore((0.05, 0.15, 0.8) if yes else (0.9, 0.08, 0.02)) for yes in found))

    def suggest(self, conversation: Conversation, n: int = 4) -> Result:
        self.asked = conversation
        if self.fail:
            raise self.fail
        if self.wait:
            self.wait.wait(60)
        crisis = "end my life" in conversation.post
        if "sorry" in conversation.reply.lower() and "?" in conversation.reply:
            return Result(conversation, crisis, self.score(conversation), (), "Your reply is already empathic.")
        count = len(split(conversation.reply).sentences)
        edits = [
            Edit("insert", count, "What has today been like?", "exploration"),
            Edit("insert", 0, "I'm so sorry you are going through this.", "emotional_reaction"),
        ]
        if count > 1:
            edits.append(Edit("replace", 1, f"That must hurt: “{conversation.post[:40]}”", "interpretation"))
        if count > 2:
            edits.append(Edit("delete", 2))
        return self._result(conversation, edits[:n], crisis)

    def draft(self, conversation: Conversation, n: int = 4) -> Result:
        edits = [
            Edit("insert", 0, "I'm so sorry.", "emotional_reaction"),
            Edit("insert", 0, "What happened then?", "exploration"),
        ]
        return self._result(conversation, edits[:n], "end my life" in conversation.post)

    def _result(self, conversation: Conversation, edits: list[Edit], crisis: bool) -> Result:
        before = self.score(conversation)
        suggestions = []
        for edit in edits:
            after = self.score(Conversation(conversation.post, apply(conversation.reply, [edit])))
            scores = None if crisis else Scores(before, after, 0.9, 0.5, 1.2, 0.8)
            suggestions.append(Suggestion(edit, scores, f"Works on {edit.mechanism or 'what gets in the way'}."))
        return Result(conversation, crisis, before, tuple(suggestions))


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="session")
def engine() -> RuleEngine:
    return RuleEngine()


@pytest.fixture(scope="session")
def address(engine: RuleEngine) -> Iterator[str]:
    page = build(engine)
    yield serve(page, free_port(), block=False)
    page.close(verbose=False)


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """A headless Chromium; without one the tests of the page are skipped, and say so."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the playwright package is missing: NO PAGE WAS TESTED")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}: NO PAGE WAS TESTED (apt-get install chromium, or set CHROMIUM)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, address: str) -> Iterator[Callable[..., object]]:
    """Opens the page in a tab of its own; fails the test if a tab asked for anything outside this computer."""
    contexts, foreign = [], []

    def open_(url: str = address, **options: object) -> object:
        context = chromium.new_context(**options)
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(30_000)  # measures how busy the machine is, not the page
        tab.on("request", lambda r: None if r.url.startswith((url, "data:", "blob:")) else foreign.append(r.url))
        tab.goto(url)
        tab.get_by_role("heading", name="Partner", exact=True).wait_for()
        return tab

    yield open_
    for context in contexts:
        context.close()
    assert foreign == []
