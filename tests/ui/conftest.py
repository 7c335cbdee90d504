"""Pages on free ports, over the shipped engine and over a small rule-based one, and a browser to use them with."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from partner.edits import apply
from partner.text import split
from partner.types import MECHANISMS, Conversation, Edit, Empathy, Mechanism, MechanismScore, Result, Scores, Suggestion
from ui.line import Line
from ui.server import Server, application
from ui.store import Store

WAIT = 60_000  # milliseconds; measures how busy the machine is, not the page


class RuleEngine:
    """An engine small enough to predict: it knows a few moves and counts question marks and some words."""

    def __init__(self) -> None:
        self.fail: Exception | None = None  # raised by the next calls
        self.asked: list[Conversation] = []
        self.gate = threading.Event()  # cleared: suggestions wait
        self.gate.set()
        self.rest = threading.Event()  # while clear, only the first suggestion of a call comes
        self.rest.set()
        self.seconds = 0.0  # that each call takes

    def crisis(self, conversation: Conversation) -> bool:
        return "end my life" in conversation.post

    def score(self, conversation: Conversation) -> Empathy:
        text = conversation.reply.lower()
        marks = (("sorry", "feel for"), ("must",), ("?",))
        spans = []
        for words in marks:
            at = next((text.index(word) for word in words if word in text), None)
            spans.append(None if at is None else ((at, at + 5),))
        return Empathy(
            *(MechanismScore((0.05, 0.15, 0.8), span) if span else MechanismScore((0.9, 0.08, 0.02)) for span in spans)
        )

    def suggest(
        self,
        conversation: Conversation,
        n: int = 4,
        alternatives: int = 0,
        mechanisms: Sequence[Mechanism] = MECHANISMS,
        at: int | None = None,
        tell: Callable[[Suggestion], None] | None = None,
    ) -> Result:
        self.asked.append(conversation)
        if self.fail:
            raise self.fail
        time.sleep(self.seconds)
        assert self.gate.wait(60)
        sentences = split(conversation.reply).sentences
        count, post = len(sentences), conversation.post
        if "sorry" in conversation.reply.lower() and "?" in conversation.reply and mechanisms == MECHANISMS:
            return Result(conversation, False, self.score(conversation), (), "This reply is already empathic.")
        moves = [
            ("insert", count, "exploration", ("What has today been like?", "Who is with you?", "How did you sleep?")),
            ("insert", 0, "emotional_reaction", ("I'm so sorry you are going through this.", "I feel for you.")),
        ]
        if count > 1:
            moves.append(("replace", 1, "interpretation", (f"That must hurt: “{post[:40]}”.", "You must be worn out.")))
        if count > 2:
            moves.append(("delete", 2, None, ("",)))
        found = [
            self._suggestion(conversation, [Edit(op, place, text, mechanism) for text in texts], alternatives)
            for op, place, mechanism, texts in moves
            if mechanism in (None, *mechanisms) and (mechanism or mechanisms == MECHANISMS)
            if at is None or place == at or (op == "insert" and place == at + 1)
        ]
        for number, suggestion in enumerate(found[:n] if tell else ()):
            if number:
                assert self.rest.wait(60)
            tell(suggestion)
        return Result(conversation, self.crisis(conversation), self.score(conversation), tuple(found[:n]))

    def _suggestion(self, conversation: Conversation, edits: list[Edit], alternatives: int) -> Suggestion:
        first, *others = (
            Suggestion(
                edit,
                None
                if self.crisis(conversation)
                else Scores(
                    self.score(conversation),
                    self.score(Conversation(conversation.post, apply(conversation.reply, [edit]))),
                    0.9,
                    0.5,
                    1.2,
                    0.8,
                ),
                f"Works on {edit.mechanism or 'what gets in the way'}.",
            )
            for edit in edits
        )
        return Suggestion(first.edit, first.scores, first.reason, tuple(others[:alternatives]))


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="session")
def engine() -> RuleEngine:
    return RuleEngine()


@pytest.fixture(scope="session")
def feedback_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data") / "partner" / "feedback.sqlite3"


@pytest.fixture(scope="session")
def address(engine: RuleEngine, feedback_file: Path) -> Iterator[str]:
    """The page over the rule-based engine."""
    split("spaCy is loaded before the first test.")
    store = Store(f"sqlite:///{feedback_file}", "partner test")
    server = Server(application(engine, store, ["http://hailey.example"], Line(24)), free_port()).start()
    yield server.address
    server.stop()


@pytest.fixture(scope="session")
def real_address(rewriter: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over the shipped engine."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('real') / 'feedback.sqlite3'}", "partner test")
    server = Server(application(rewriter, store), free_port()).start()
    yield server.address
    server.stop()


@pytest.fixture
def open_page(chromium, address: str) -> Iterator[Callable[..., object]]:
    """Opens the page in a tab of its own; fails the test if a tab asked for anything outside this computer, or failed."""
    contexts, foreign, errors = [], [], []

    def open_(url: str = address, **options: object) -> object:
        context = chromium.new_context(**options)
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(WAIT)
        own = "/".join(url.split("/")[:3])
        tab.on("request", lambda r: None if r.url.startswith((own, "data:", "blob:")) else foreign.append(r.url))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(url)
        tab.locator('#partner[data-ready="yes"]').wait_for()
        return tab

    yield open_
    for context in contexts:
        context.close()
    assert foreign == []
    assert errors == []
