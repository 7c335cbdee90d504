"""Talking with a checkpoint, in the terminal and by two checkpoints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from partner import Conversation
from partner.policy import PartnerPolicy
from partner.safety import CRISIS_NOTE, crisis
from tests import tiny
from training.__main__ import main
from training.chat import NOTHING, Speaker, self_play, talk
from training.dialogue import prompt, sample, text_of, unfit
from training.dialogue_warm_start import reply_tree
from training.environment import State
from training.trees import pack
from training.warm_start import losses


def taught(answers: dict[str, str]) -> PartnerPolicy:
    """A tiny policy that has learned by heart what to answer."""
    policy = tiny.policy("gpt2").train()
    trees = [reply_tree(policy.layout, State(Conversation(post), reply)) for post, reply in answers.items()]
    row = next(iter(pack(trees, 10_000)))
    optimizer = torch.optim.AdamW(policy.parameters(), lr=5e-3)
    for _ in range(70):
        loss = losses(policy, row).tokens / len(row.labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return policy.eval()


@pytest.fixture(scope="module")
def policy() -> PartnerPolicy:
    return taught({"My dog died.": "I am sorry, what was he like?", "I lost my job.": "I lost my job too."})


@pytest.fixture(scope="module")
def folder(policy, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("policy")
    policy.save(path)
    return path


def speaker(policy: PartnerPolicy) -> Speaker:
    return Speaker(policy, torch.Generator().manual_seed(0), candidates=4)


def test_it_answers_as_it_learned_and_keeps_the_conversation(policy):
    said: list[str] = []
    heard: list[Conversation] = []

    def watched(conversation: Conversation) -> bool:
        heard.append(conversation)
        return crisis(conversation)

    talk(
        speaker(policy),
        watched,
        iter(["My dog died.\n", "\n", "He was old.", "/new", "My dog died.", "/quit", "never"]),
        said.append,
    )
    assert said[0] == "I am sorry, what was he like?" == said[3] and said[2] == "(a new conversation)"
    assert [c.post for c in heard] == ["My dog died.", "He was old.", "My dog died."]
    assert heard[1].history == (("seeker", "My dog died."), ("supporter", said[0])) and heard[2].history == ()


def test_a_reply_that_goes_on_is_not_mixed_up_with_those_that_have_ended(policy):
    prompts = [prompt(policy.layout, Conversation(post)) for post in ("My dog died.", "I lost my job.")]
    drawn = sample(policy, prompts, 2, torch.Generator().manual_seed(0), temperature=0.05)
    assert len(drawn[0]) < len(drawn[2]), "the shorter ones come first"
    assert [text_of(policy, r) for r in drawn] == ["I am sorry, what was he like?"] * 2 + ["I lost my job too."] * 2


def test_a_crisis_post_gets_the_note_and_nothing_generated(policy, monkeypatch):
    monkeypatch.setattr(Speaker, "reply", lambda *_: pytest.fail("a reply was generated"))
    said: list[str] = []
    talk(speaker(policy), crisis, iter(["I want to kill myself.", "sorry, forget it"]), said.append)
    assert len(said) == 2 and all(text.startswith(CRISIS_NOTE) for text in said)  # and so for what follows


def test_a_life_of_its_own_is_not_claimed(policy):
    reply, score = speaker(policy).reply(Conversation("I lost my job."))
    assert unfit("I lost my job too.") and not unfit(reply) and score is None
    broken = tiny.policy("gpt2", seed=5)  # never ends a reply
    assert speaker(broken).reply(Conversation("Hi."))[0] == NOTHING


def test_two_checkpoints_take_turns_and_stop_where_there_is_danger(policy):
    session = self_play((speaker(policy), speaker(tiny.policy("gpt2"))), "My dog died.", 3, crisis)
    assert [t["speaker"] for t in session["turns"]] == ["A", "B", "A"] and not session["crisis"]
    assert session["turns"][0]["text"] == "I am sorry, what was he like?"
    danger = self_play((speaker(policy), speaker(policy)), "I want to kill myself.", 3, crisis)
    assert danger == {"opening": "I want to kill myself.", "turns": [], "crisis": True}


def test_the_commands(folder, tmp_path, capsys):
    out = tmp_path / "talks" / "play.jsonl"
    common = ["--turns", "2", "--candidates", "2", "--threads", "1", "--longest", "12"]
    assert main(["chat", "--self-play", str(folder), str(folder), "--sessions", "2", "--out", str(out), *common]) == 0
    sessions = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(sessions) == 2 and all(len(s["turns"]) == 2 and s["A"] == str(folder) for s in sessions)
    assert sessions[0]["opening"] != sessions[1]["opening"]
    before = out.read_text()
    assert main(["chat", "--self-play", str(folder), str(folder), "--sessions", "2", "--out", str(out), *common]) == 0
    assert out.read_text() == before  # the seed decides
    assert main(["chat"]) == 2 and "give one checkpoint" in capsys.readouterr().err
    assert main(["chat", str(folder), "--turns", "0"]) == 2 and "1 or more" in capsys.readouterr().err


def test_the_terminal(folder):
    found = subprocess.run(
        [sys.executable, "-m", "training", "chat", str(folder), "--candidates", "2", "--threads", "1"],
        input="My dog died.\n\x1b[2Jhello\n/quit\n",
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert found.returncode == 0 and "partner: I am sorry, what was he like?" in found.stdout and "\x1b" not in found.stdout
