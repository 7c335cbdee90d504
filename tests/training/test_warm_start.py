"""A real (small) warm start: it learns, and a killed run resumes to the same trajectory."""

from __future__ import annotations

import json
import math
import signal
from pathlib import Path
from random import Random

import pytest
import torch
from safetensors.torch import load_file

from partner import Conversation
from partner.edits import apply
from partner.policy import PartnerPolicy
from tests import tiny
from tests.training.runs import stopped
from training.__main__ import main
from training.data.edits import read_edits
from training.data.putback import put_back
from training.data.records import DataError, Record
from training.trees import apply_some, edit_tree, row
from training.warm_start import losses, preference

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
    return ["warm-start", *common, "--learning-rate", "3e-3", "--no-bf16", *stages, *more]


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


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_run_resumes_to_the_same_weights(backbone, finished, tmp_path, how):
    stopped(arguments(backbone, tmp_path), tmp_path, how, leaves="policy")
    assert main(arguments(backbone, tmp_path)) == 0
    expected = load_file(next((finished / "policy").glob("model-*.safetensors")))
    found = load_file(next((tmp_path / "policy").glob("model-*.safetensors")))
    for name, value in expected.items():
        assert torch.allclose(found[name], value, atol=1e-6), name
    steps = [[json.loads(line)["step"] for line in (f / "log.jsonl").read_text().splitlines()] for f in (tmp_path, finished)]
    assert steps[0] == steps[1], "a step made again stands in the log once"


def test_preference_is_the_odds_ratio_loss():
    """ORPO, equation 7, by hand: odds 0.5 / 0.5 = 1 against 0.2 / 0.8 = 0.25; the ratio 4 has sigmoid(log 4) = 0.8."""
    right, wrong = torch.tensor([0.5]).log(), torch.tensor([0.2]).log()
    assert preference(right, wrong).item() == pytest.approx(-math.log(0.8), abs=1e-6)
    assert preference(wrong, right).item() == pytest.approx(-math.log(0.2), abs=1e-6)
    both = preference(torch.tensor([0.5, 0.2]).log(), wrong)
    assert both.item() == pytest.approx((-math.log(0.8) - math.log(0.5)) / 2, abs=1e-6)


def test_wrong_sentences_are_scored_and_never_imitated():
    policy = tiny.policy("gpt2")
    record = next(r for r in read_edits("train", "n") if r.bad)
    tree = next(t for t in (edit_tree(record, policy.layout, Random(i), wrong=4) for i in range(50)) if len(t.sentences) > 6)
    packed = row([tree])
    wrong = [(a, b) for a, b, right in packed.sentences[0] if not right]
    assert len(wrong) == 4
    assert all(packed.weights[a:b].sum() == 0 and (packed.labels[a:b] != -100).all() for a, b in wrong)
    decoded = {policy.tokenizer.decode(packed.labels[a : b - 1]).strip() for a, b in wrong}
    assert decoded <= {" ".join(text.split()) for text, _ in record.bad}
    found = losses(policy, packed)
    found.prefer.backward()
    assert found.posts == 1 and 0 <= found.ranked <= 1 and policy.pointer.stop.weight.grad is None


def test_edit_states_lead_from_draft_to_rewrite():
    for record in list(read_edits("dev"))[::40]:
        after, moved = apply_some(record.sentences, record.edits, set(range(len(record.edits))))
        assert moved == []
        assert " ".join(after).split() == apply(" ".join(record.sentences), record.edits).split()


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
