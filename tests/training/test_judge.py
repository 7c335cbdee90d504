"""The judge learns what readers said, and reads nothing twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from partner.candidates import SOURCES
from partner.judge import Judge, Network
from partner.policy import JUDGE
from tests import tiny
from tests.training.labelled import write_corpus
from training.__main__ import main
from training.networks import joined


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> tuple[list[str], Path]:
    folder = tmp_path_factory.mktemp("judge")
    tiny.policy("gpt2").save(folder / "policy")
    corpus = write_corpus(folder / "corpus")
    out = folder / "run"
    arguments = ["judge", "--authored-only", "--policy", str(folder / "policy"), "--corpus", str(corpus), "--out", str(out)]
    arguments += [
        "--threads",
        "1",
        "--layers",
        "0",
        "1",
        "--width",
        "8",
        "--members",
        "2",
        "--epochs",
        "150",
        "--learning-rate",
        "0.01",
        "--dropout",
        "0",
    ]
    assert main(arguments) == 0
    return arguments, out


def test_right_is_told_from_wrong_beyond_the_posts_learnt_from(ran):
    """A random network's states differ more between posts than between sentences, and there are four posts to learn from."""
    found = json.loads((ran[1] / "judge.json").read_text())
    assert found["labels"] == 8 * len(SOURCES) and found["held out"]["all"]["labels"] == 24 * len(SOURCES)
    assert all(found["held out"][name][k] > 75 for name in ("all", *SOURCES) for k in ("AUC right", "AUC wrong"))
    assert all(found["held out, at a glance"][name]["AUC right"] > 75 for name in ("all", *SOURCES))
    assert Judge.load(ran[1]).layers == (0, 1)


def test_what_was_read_is_not_read_again(ran, monkeypatch):
    arguments, out = ran
    before = (out / JUDGE).read_bytes()
    monkeypatch.setattr("training.judge._described", lambda *_: pytest.fail("read again"))
    assert main(arguments) == 0
    assert (out / JUDGE).read_bytes() == before


def test_another_policy_is_read_anew(ran, tmp_path):
    arguments, out = ran
    tiny.policy("gpt2", seed=1).save(tmp_path / "policy")
    assert main([*arguments, "--policy", str(tmp_path / "policy")]) == 0
    assert len(list(out.glob("read-*"))) == 2


def test_joined_networks_say_the_mean_of_what_each_says_of_standardised_features():
    torch.manual_seed(0)
    members = [Network(20, 4) for _ in range(3)]
    features = torch.randn(5, 20) * 3 + 1
    mean, spread = features.mean(0), features.std(0)
    with torch.no_grad():
        each = torch.stack([m((features - mean) / spread) for m in members])
        torch.testing.assert_close(joined(members, mean, spread)(features), each.mean(0), atol=1e-4, rtol=1e-4)
