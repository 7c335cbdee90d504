"""A real (small) warm start: it learns, and a killed run resumes to the same trajectory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from partner import Conversation
from partner.edits import apply
from partner.policy import PartnerPolicy
from tests import tiny
from training.__main__ import main
from training.data.edits import read_edits
from training.data.putback import put_back
from training.data.records import DataError, Record
from training.trees import apply_some

RECORDS = 12


@pytest.fixture(scope="module")
def backbone(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("backbone")
    tiny.policy("gpt2").save(folder)
    return folder


def arguments(backbone: Path, out: Path, *more: str) -> list[str]:
    stages = ["--stages", *["fg"] * 4]
    common = [
        "--backbone",
        str(backbone),
        "--out",
        str(out),
        "--limit",
        str(RECORDS),
        "--row",
        "512",
        "--rows",
        "2",
        "--threads",
        "1",
    ]
    return ["warm-start", *common, "--learning-rate", "3e-3", "--fp32", *stages, *more]


@pytest.fixture(scope="module")
def finished(backbone, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    assert main(arguments(backbone, out)) == 0
    return out


def test_it_learns_and_leaves_everything_a_run_should(finished):
    log = [json.loads(line) for line in (finished / "log.jsonl").read_text().splitlines()]
    assert log[-1]["tokens"] < 0.8 * log[0]["tokens"]
    assert (finished / "loss.png").stat().st_size > 1000
    assert json.loads((finished / "config.json").read_text())["stages"] == ["fg"] * 4
    policy = PartnerPolicy.load(finished / "policy", torch.float32)
    assert policy.where(Conversation("I lost my job."), ["Ok."])[1].isfinite().all()


def test_a_killed_run_resumes_to_the_same_weights(backbone, finished, tmp_path):
    command = [sys.executable, "-m", "training", *arguments(backbone, tmp_path, "--save-minutes", "0")]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    deadline = time.monotonic() + 240
    while not (tmp_path / "checkpoint" / "state.json").is_file() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    steps = sum(1 for _ in (tmp_path / "log.jsonl").open())
    assert not (tmp_path / "policy").exists(), "the run was over before it could be killed"
    assert main(arguments(backbone, tmp_path)) == 0
    assert steps < len((finished / "log.jsonl").read_text().splitlines())
    expected = load_file(next((finished / "policy").glob("model-*.safetensors")))
    found = load_file(next((tmp_path / "policy").glob("model-*.safetensors")))
    for name, value in expected.items():
        assert torch.allclose(found[name], value, atol=1e-6), name


def test_edit_states_lead_from_draft_to_rewrite():
    for record in list(read_edits("dev"))[::40]:
        after, moved = apply_some(record.sentences, record.edits, set(range(len(record.edits))))
        assert moved == []
        assert " ".join(after).split() == apply(" ".join(record.sentences), record.edits).split() or len(
            record.sentences
        ) != len(after)


def test_put_back_takes_out_empathy_and_leaves_own_stories_alone():
    reply = "I was there too and it sucked. I'm so sorry this happened to you. Call the office tomorrow."
    record = Record(
        "x",
        Conversation("They fired me.", reply),
        rationales={
            "emotional_reaction": ("I'm so sorry this happened to you.",),
            "interpretation": ("I was there too and it sucked.",),
        },
    )
    made = put_back(record)
    assert [(e.op, e.at, e.text) for e in made.edits] == [("insert", 1, "I'm so sorry this happened to you.")]
    assert apply(made.conversation.reply, made.edits) == reply
    assert put_back(Record("y", Conversation("They fired me.", "Call the office."))) is None


def test_bad_records_are_named_by_line(tmp_path):
    (tmp_path / "negatives.jsonl").write_text("")
    (tmp_path / "f_bad.jsonl").write_text('{"id": "F-1"}\n')
    with pytest.raises(DataError, match=r"f_bad\.jsonl:1"):
        list(read_edits("all", folder=tmp_path))
