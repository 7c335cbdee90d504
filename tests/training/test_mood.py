"""The command that trains a policy's reader of moods, and the posts it learns from."""

from __future__ import annotations

import json
import lzma

import numpy as np
import pytest

from partner.mood import MOODS, MoodReader
from tests import tiny
from training.__main__ import main
from training.data.judged import read_all_judged
from training.data.moods import read_moods
from training.data.records import DataError
from training.mood import learn, measure


def test_a_reader_is_trained_on_a_policy_and_measured_on_posts_it_has_not_seen(tmp_path, capsys):
    tiny.policy("llama").save(tmp_path)
    run = ["mood", "--authored-only", "--policy", str(tmp_path), "--out", str(tmp_path), "--limit", "900", "--threads", "1"]
    assert main(run) == 0
    found = json.loads((tmp_path / "mood.json").read_text())
    assert found["posts"] == {m: sum(found["taken for"][m].values()) for m in MOODS}
    # A policy with random weights still tells a question from a loss by its words.
    assert found["AUC"]["plain"] > 60
    assert MoodReader.load(tmp_path) is not None
    assert "copy it into the policy's folder" in capsys.readouterr().out


def test_states_that_tell_the_mood_are_learnt():
    rng = np.random.default_rng(0)
    truth = rng.integers(4, size=400)
    states = (np.eye(5)[truth] * 4 + rng.normal(size=(400, 5))).astype(np.float32)
    moods, same = [MOODS[k] for k in truth], np.ones(400)
    assert min(measure(states, moods, same, 1.0)["AUC"].values()) > 97
    reader = learn(states, moods, same, 2, 1.0)
    assert reader.layer == 2 and reader.linear.weight.argmax(1).tolist() == [0, 1, 2, 3]


def test_a_corpus_without_moods_and_a_line_with_another_one_are_named(tmp_path):
    (tmp_path / "negatives.jsonl").touch()
    with pytest.raises(DataError, match=r"moods\.jsonl\.xz is missing"):
        list(read_moods(folder=tmp_path, authored_only=True))
    lines = [{"mood": "glad", "post": "Keys on Friday!"}, {"mood": "grumpy", "post": "Rain again."}]
    (tmp_path / "moods.jsonl.xz").write_bytes(lzma.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))
    with pytest.raises(DataError, match=r"moods\.jsonl\.xz:2: .*grumpy"):
        list(read_moods(folder=tmp_path, authored_only=True))


def test_what_was_read_last_is_learnt_from_only_where_asked():
    usual, all_ = (list(read_moods(authored_only=True, **rounds)) for rounds in ({}, {"rounds": 9}))
    assert len(all_) - len(usual) == 620 and all_[: len(usual)] == usual
    for part in ("train", "dev"):
        usual, all_ = (read_all_judged(part, authored_only=True, **rounds) for rounds in ({}, {"rounds": 9}))
        assert {j.round for j in usual} <= set(range(9)) and {j.round for j in all_} - {j.round for j in usual} == {9}
