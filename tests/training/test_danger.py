"""The command that trains a policy's reader of danger, and the posts it learns from."""

from __future__ import annotations

import json
import lzma

import pytest
import torch

from partner.danger import DangerReader
from partner.types import Conversation
from tests import tiny
from training.__main__ import main
from training.crisis_labels import BORDERLINE, DANGER, PAST, UNSEEN, kind
from training.danger import Known, learn
from training.data.danger import read_danger
from training.data.records import DataError


def test_a_reader_is_trained_on_a_policy_and_measured_on_posts_it_has_not_seen(tmp_path, capsys):
    tiny.policy("llama").save(tmp_path)
    run = ["danger", "--authored-only", "--policy", str(tmp_path), "--out", str(tmp_path), "--limit", "200", "--threads", "1"]
    assert main(run) == 0
    found = json.loads((tmp_path / "danger.json").read_text())
    assert found["written, danger"]["posts"] >= 100 and found["written, plain"]["posts"] >= 100
    # A policy with random weights tells nothing, but the embedding of the post does.
    assert found["written, danger"]["with"] > found["written, plain"]["with"] + 20
    assert DangerReader.load(tmp_path) is not None
    assert "copy it into the policy's folder" in capsys.readouterr().out


def test_states_that_tell_danger_are_learnt_and_weights_count():
    torch.manual_seed(0)
    truth = torch.arange(400) % 2 == 0
    rows = torch.randn(400, 5)
    rows[:, 2] += 4 * truth
    posts = [Conversation(f"post {i}") for i in range(400)]
    reader = learn(rows, [Known(c, bool(t), 1.0) for c, t in zip(posts, truth, strict=True)], (2, 3), 10.0)
    assert reader.layers == (2, 3) and ((reader(rows) > 0.5) == truth).float().mean() > 0.95
    heavy = learn(rows, [Known(c, bool(t), 5.0 if t else 0.2) for c, t in zip(posts, truth, strict=True)], (2, 3), 10.0)
    assert heavy(rows).mean() > reader(rows).mean() + 0.02


def test_posts_to_measure_with_are_none_that_are_learnt_from():
    learnt, unseen = ({post.casefold() for post, _ in read_danger(split)} for split in ("train", "dev"))
    assert len(learnt) > 1900 and len(unseen) == 380 and not learnt & unseen
    assert sum(danger for _, danger in read_danger("dev")) == 140


def test_labels_do_not_contradict_each_other():
    assert not DANGER & BORDERLINE and not (DANGER | BORDERLINE) & PAST
    assert kind(min(DANGER)) == "danger" and kind("no such post") == "plain"
    assert len(UNSEEN) == 271


def test_a_corpus_without_the_file_and_a_line_of_another_kind_are_named(tmp_path):
    with pytest.raises(DataError, match=r"danger\.jsonl\.xz is missing"):
        list(read_danger("train", tmp_path))
    lines = [{"kind": "plain", "post": "Keys on Friday!"}, {"kind": "grumpy", "post": "Rain again."}]
    (tmp_path / "danger.jsonl.xz").write_bytes(lzma.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))
    with pytest.raises(DataError, match=r"danger\.jsonl\.xz:2: .*grumpy"):
        list(read_danger("train", tmp_path))
