"""Feedback in the page: off until agreed to, on disk before the page says so, exported and deleted at will."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ui.store import Store

from .conftest import free_port
from .test_page import POST, REPLY, SORRY, TODAY, button, expect_pills, expect_text, own_text, pill, suggest, write

ROOT = Path(__file__).parents[2]
SERVER = """
import sys
from tests.ui.conftest import RuleEngine
from ui.server import Server, application
from ui.store import Store
Server(application(RuleEngine(), Store(sys.argv[2], "partner test")), int(sys.argv[1])).run()
"""


def agree(tab) -> None:
    tab.get_by_role("button", name="Feedback: off").click()
    button(tab, "I agree: store my decisions").click()
    tab.get_by_text("Feedback is on since").wait_for()
    button(tab, "Close").click()


def saved(tab, count: int) -> None:
    tab.get_by_role("button", name=f"Feedback: on, {count} saved").wait_for()


def test_nothing_is_stored_before_agreement(open_page, feedback_file: Path) -> None:
    tab = open_page()
    before = feedback_file.read_bytes() if feedback_file.exists() else b""
    suggest(tab)
    button(tab, "Accept all").click()
    button(tab, "Undo").click()
    tab.wait_for_timeout(300)
    assert (feedback_file.read_bytes() if feedback_file.exists() else b"") == before
    assert tab.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('partner'))") == []
    assert button(tab, "Feedback: off").count() == 1


def test_every_decision_is_stored_seen_exported_and_deleted(open_page) -> None:
    tab = open_page()
    agree(tab)
    suggest(tab)
    pill(tab, SORRY).get_by_role("button", name="Accept").click()
    pill(tab, TODAY).get_by_role("button", name="Reject").click()
    button(tab, "Undo").click()
    saved(tab, 3)
    button(tab, "Redo").click()
    tab.locator("#edit").click()
    tab.get_by_label("Change the sentence, then use it").fill("My own <b>words</b>.")
    button(tab, "Use it").click()
    saved(tab, 5)
    button(tab, "Flag").click()
    tab.get_by_label("harmful").check()
    tab.get_by_label("In your words (optional)").fill("It removes too much.")
    button(tab, "Flag and remove it").click()
    saved(tab, 6)
    assert tab.locator("#reply .pill").count() == 0

    tab.get_by_role("button", name="Feedback: on").click()
    tab.get_by_text("6 decisions in").wait_for()
    assert "My own <b>words</b>." in tab.locator("#records").inner_text() and tab.locator("#records b").count() == 0
    with tab.expect_download() as download:
        button(tab, "Export (JSONL)").click()
    rows = [json.loads(line) for line in Path(download.value.path()).read_text(encoding="utf-8").splitlines()]
    assert [row["action"] for row in rows] == ["accepted", "rejected", "undone", "rejected", "edited", "flagged"]
    assert all(row["post"] == POST and row["model"] == "partner test" and row["time"] for row in rows)
    assert rows[0]["reply"] == REPLY and rows[0]["suggestion"]["text"] == SORRY and rows[0]["suggestion"]["scores"]["after"]
    assert rows[2]["of"] == rows[1]["id"]
    assert rows[4]["edited"] == "My own <b>words</b>."
    assert (rows[5]["flag"], rows[5]["note"]) == ("harmful", "It removes too much.")

    tab.reload()  # a new visit of the same browser
    tab.get_by_role("button", name="Feedback: on, 6 saved").click()
    tab.once("dialog", lambda dialog: dialog.accept())
    button(tab, "Turn off and delete everything").click()
    tab.get_by_text("Deleted: 6 decisions.").wait_for()
    assert tab.evaluate("localStorage.getItem('partner.supporter')") is None
    assert tab.get_by_text("Feedback is off").is_visible()


@pytest.fixture
def killable(tmp_path: Path) -> Iterator[tuple]:
    """A function that starts the server in a process of its own, always on the same port and store."""
    port, url, running = free_port(), f"sqlite:///{tmp_path / 'feedback.sqlite3'}", []

    def start() -> subprocess.Popen:
        command = [sys.executable, "-c", SERVER, str(port), url]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": "."})
        running.append(process)
        assert re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        return process

    yield start, f"http://127.0.0.1:{port}", url
    for process in running:
        process.kill()
        process.communicate()


def test_a_killed_server_loses_no_saved_decision_and_no_typed_word(open_page, killable) -> None:
    start, address, url = killable
    process = start()
    tab = open_page(address)
    agree(tab)
    suggest(tab)
    pill(tab, SORRY).get_by_role("button", name="Accept").click()
    saved(tab, 1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    me = tab.evaluate("localStorage.getItem('partner.supporter')")
    assert Store(url).count(me) == 1

    pill(tab, TODAY).get_by_role("button", name="Accept").click()  # the page goes on without the server
    tab.keyboard.press("Control+End")
    tab.locator("#reply").focus()
    tab.keyboard.press("Control+End")
    tab.keyboard.type(" Typed.")
    tab.get_by_role("button", name="Feedback: 1 not saved yet").wait_for()
    button(tab, "Suggest").click()
    tab.get_by_role("alert").get_by_text("does not answer. Your text is safe here").wait_for()
    text = f"{SORRY} {REPLY} {TODAY} Typed."
    expect_text(tab, text)

    start()
    saved(tab, 2)  # what had not been acknowledged is sent again, once
    assert Store(url).count(me) == 2
    expect_text(tab, text)
    write(tab, reply=own_text(tab).replace(SORRY, "").replace(TODAY, ""))
    button(tab, "Suggest").click()
    expect_pills(tab, 4)
