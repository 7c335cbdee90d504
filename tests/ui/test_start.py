"""`python -m ui` as a user starts it, with the shipped model."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from partner.safety import CRISIS_NOTE

from .conftest import free_port

ROOT = Path(__file__).parents[2]
POST = "My gran raised me and she died on Sunday. The funeral is Friday and I can't get past her name when I try to write."
REPLY = "At least she had a long life. You can find funeral speeches online."


@pytest.fixture
def start() -> Iterator[Callable[..., tuple[str, subprocess.Popen]]]:
    """Starts `python -m ui` and waits for the address it prints."""
    running = []

    def start_(*arguments: str, **environment: str) -> tuple[str, subprocess.Popen]:
        process = subprocess.Popen(
            [sys.executable, "-m", "ui", *arguments],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                return found[0], process
        raise AssertionError(f"`python -m ui` ended with {process.wait()} and printed no address")

    yield start_
    for process in running:
        process.terminate()
        process.communicate(timeout=30)


def test_from_the_prompt_to_a_better_reply_with_the_shipped_model(start, open_page) -> None:
    port = free_port()
    address, _ = start("--port", str(port))
    assert address.endswith(f":{port}")
    tab = open_page(address)
    tab.set_default_timeout(300_000)
    tab.get_by_label("Post you are answering").fill(POST)
    tab.get_by_role("textbox", name="Your reply").fill(REPLY)
    tab.get_by_role("button", name="Suggest", exact=True).click()
    tab.locator(".card, #problem p").first.wait_for()
    assert tab.locator("#problem .html-container").inner_text() == ""
    before = tab.get_by_role("textbox", name="Resulting reply").input_value()
    tab.get_by_role("button", name="Accept all").click()
    tab.locator(".card.accepted").first.wait_for()
    after = tab.get_by_role("textbox", name="Resulting reply").input_value()
    assert before == REPLY != after
    for sentence in tab.locator(".card .sentence ins").all_text_contents():
        assert sentence.removeprefix("new sentence: +") in after
    meters = tab.get_by_role("meter").evaluate_all("meters => meters.map(m => m.getAttribute('aria-valuetext'))")
    gains = [[float(x) for x in re.findall(r"\d\.\d", text)] for text in meters]
    assert sum(now - then for then, now in gains) > 0

    tab.get_by_label("Post you are answering").fill("I have the pills in front of me. I'm going to kill myself tonight.")
    tab.get_by_role("button", name="Suggest", exact=True).click()
    tab.locator(".crisis").wait_for()
    assert tab.locator("#side").inner_text().count(CRISIS_NOTE.split("\n")[0]) == 1


def test_missing_weights_are_named_in_the_page(start, open_page, tmp_path: Path) -> None:
    address, _ = start("--port", str(free_port()), PARTNER_ASSETS=str(tmp_path))
    tab = open_page(address)
    tab.set_default_timeout(300_000)
    tab.get_by_text("SHA256SUMS is missing").wait_for()
    tab.get_by_label("Post you are answering").fill(POST)
    tab.get_by_role("button", name="Suggest", exact=True).click()
    tab.locator("#problem").get_by_text("SHA256SUMS is missing").wait_for()
    assert tab.get_by_label("Post you are answering").input_value() == POST


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command, environment = [sys.executable, "-m", "ui"], os.environ | {"PORT": str(port)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert f"Port {port} cannot be used" in done.stderr and "Traceback" not in done.stderr
