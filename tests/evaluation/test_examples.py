"""The page of unpicked examples says what the engine said, as plain text."""

from __future__ import annotations

import pytest

from evaluation.__main__ import main
from evaluation.examples import page, plain
from partner.types import MECHANISMS, Conversation, Edit, Empathy, MechanismScore, Result, Scores, Suggestion

NONE = Empathy(*(MechanismScore((1.0, 0.0, 0.0)) for _ in MECHANISMS))


def test_every_post_draft_and_suggestion_is_there_and_markup_is_text():
    hostile = Conversation("i <b>hate</b> it\n# here", "*Ok*.", (("seeker", "hi | there"),))
    scores = Scores(before=NONE, after=NONE, quality=0.734, fluency=0.1, specificity=0.2, coherence=0.9)
    vetted = Suggestion(Edit("insert", 0, "Are you safe?", MECHANISMS[2]), None, "")
    results = [
        Result(hostile, False, NONE, (Suggestion(Edit("insert", 0, "I'm so sorry.", MECHANISMS[0]), scores, "Shows warmth."),)),
        Result(Conversation("i want it to stop"), True, NONE, (vetted,)),
        Result(Conversation("what bulb fits?", "A small one."), False, NONE, message="Nothing found."),
    ]
    text = page(results)
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## 1", "## 2", "## 3"]
    assert "> i \\<b\\>hate\\</b\\> it \\# here\n" in text and "*Draft:* \\*Ok\\*.\n" in text and "hi \\| there" in text
    assert "- insert, emotional reaction: **I'm so sorry.** (0.73)\n" in text
    assert "**Are you safe?** (from the vetted list)" in text and "*Draft:* (empty)" in text
    assert "*The engine:* Nothing found." in text


@pytest.mark.parametrize("text", ["", "a_b", "1. one\n2. two", "<script>"])
def test_plain_text_stays_on_one_line(text):
    assert "\n" not in plain(text) and plain(text).replace("\\", "") == " ".join(text.split())


def test_the_command_asks_the_engine(tmp_path, capsys):
    out = tmp_path / "examples.md"
    assert main(["examples", "--count", "2", "--suggestions", "2", "--out", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert text.count("\n> ") == 2 and text.count("\n## ") == 2
    assert "\n- " in text or "*The engine:*" in text
    assert [path.name for path in tmp_path.iterdir()] == ["examples.md"]
