"""`python -m ui` as a user starts it, and the page over the shipped model."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from partner.safety import vetted
from partner.types import Conversation

from .conftest import free_port
from .test_page import box, button, own_text

ROOT = Path(__file__).parents[2]
POST = "My gran raised me and she died on Sunday. The funeral is Friday and I can't get past her name when I try to write."
REPLY = "At least she had a long life. You can find funeral speeches online."
DANGER = "I have the pills in front of me. I'm going to kill myself tonight."
WAIT = 300_000


def ask(tab, post: str, reply: str) -> None:
    tab.set_default_timeout(WAIT)
    tab.get_by_label("Post you are answering").fill(post)
    box(tab).fill(reply)
    button(tab, "Suggest").click()
    tab.locator("#reply .pill, #problem:not(:empty)").first.wait_for()
    tab.wait_for_function("document.querySelector('#busy').hidden")
    assert tab.locator("#problem").text_content() == ""


def test_a_better_reply_from_the_shipped_model(open_page, real_address: str) -> None:
    tab = open_page(real_address)
    ask(tab, POST, REPLY)
    assert own_text(tab) == REPLY
    offered = tab.locator("#reply .pill .new").all_text_contents()
    assert len(offered) >= 2 and tab.locator("#card-why").inner_text()
    button(tab, "Accept all").click()
    after = own_text(tab)
    assert all(sentence in after for sentence in offered)
    tab.wait_for_function(
        "/none before, (weak|strong) now/.test([...document.querySelectorAll('.track')].map((t) => t.ariaValueText))"
    )
    button(tab, "Undo").click()
    assert own_text(tab) == REPLY

    # Another wording for a place, a mechanism by name, and the place where the cursor is.
    tab.locator("#other").click()
    tab.wait_for_function("document.querySelector('#busy').hidden && document.querySelector('#status').textContent")
    assert re.search(r"Wording 2 of|Nothing else good enough|back to the first", tab.locator("#status").inner_text())

    tab.get_by_label("Post you are answering").fill(DANGER)
    tab.get_by_role("alert").filter(has_text="suicide or self-harm").wait_for()
    assert tab.locator("#reply .pill").count() == 0, "suggestions for another post are put away"
    button(tab, "Suggest").click()
    tab.locator("#reply .pill").first.wait_for()
    shown = tab.locator("#reply .pill .new").all_text_contents()
    assert set(shown) <= {v.text for v in vetted(Conversation(DANGER, REPLY), 100)}, "only sentences vetted by people"


def test_a_draft_from_an_empty_reply_of_the_shipped_model(open_page, real_address: str) -> None:
    tab = open_page(real_address)
    ask(tab, POST, "")
    offered = tab.locator("#reply .pill .new").all_text_contents()
    button(tab, "Accept all").click()
    assert own_text(tab) == " ".join(offered)


def run(*arguments: str, **environment: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "ui", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_missing_weights_are_named_in_the_page(open_page, tmp_path: Path) -> None:
    port = free_port()
    process = run("--port", str(port), PARTNER_ASSETS=str(tmp_path), XDG_DATA_HOME=str(tmp_path / "data"))
    try:
        address = next((found[0] for line in process.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+", line))), "")
        assert address.endswith(f":{port}")
        tab = open_page(address)
        tab.set_default_timeout(WAIT)
        tab.get_by_role("alert").get_by_text("SHA256SUMS is missing").wait_for()
        tab.get_by_label("Post you are answering").fill(POST)
        button(tab, "Suggest").click()
        tab.get_by_role("alert").get_by_text("SHA256SUMS is missing").wait_for()
        assert tab.get_by_label("Post you are answering").input_value() == POST
        assert not (tmp_path / "data").exists(), "nothing is stored before somebody agrees"
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = run(PORT=str(port))
        said, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert f"Port {port} cannot be used" in said and "Traceback" not in said


def test_the_options_are_explained() -> None:
    said = subprocess.run([sys.executable, "-m", "ui", "--help"], cwd=ROOT, capture_output=True, text=True).stdout
    for option in ("--port", "--feedback", "--allow-origin", "--checkpoint"):
        assert option in said
