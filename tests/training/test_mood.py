"""The command that trains a policy's reader of moods, and the posts it learns from."""

from __future__ import annotations

import json
import lzma

import numpy as np
import pytest
import torch

from partner.mood import MOODS, MoodReader
from tests import tiny
from training.__main__ import main
from training.data.judged import read_all_judged
from training.data.moods import read_moods
from training.data.records import SHIPPED, DataError
from training.mood import USUAL, Learnt, learn, measure


def test_a_reader_is_trained_on_a_policy_and_measured_on_posts_it_has_not_seen(tmp_path, capsys):
    tiny.policy("llama").save(tmp_path)
    run = ["mood", "--authored-only", "--policy", str(tmp_path), "--out", str(tmp_path), "--limit", "300", "--threads", "1"]
    assert main(run) == 0
    found = json.loads((tmp_path / "mood.json").read_text())
    assert found["posts"] == {m: sum(found["taken for"][m].values()) for m in MOODS}
    # A policy with random weights still tells a question from a loss by its words.
    assert found["AUC"]["plain"] > 60
    assert MoodReader.load(tmp_path) is not None
    assert "copy it into the policy's folder" in capsys.readouterr().out


def known(moods: list[int], rows: np.ndarray, weight: float = 1.0) -> Learnt:
    return Learnt(torch.from_numpy(rows), torch.eye(4)[moods], torch.full((len(moods),), weight))


NOTHING = known([], np.zeros((0, 5), np.float32))


def test_states_that_tell_the_mood_are_learnt():
    rng = np.random.default_rng(0)
    truth = rng.integers(4, size=400)
    states = (np.eye(5)[truth] * 4 + rng.normal(size=(400, 5))).astype(np.float32)
    gold = known(truth.tolist(), states)
    assert min(measure(gold, NOTHING, 1e-3)["AUC"].values()) > 97
    reader = learn(gold, NOTHING, (2, 3), 1e-3)
    assert reader.layers == (2, 3) and reader.linear.weight.argmax(1).tolist() == [0, 1, 2, 3]


def test_a_rare_mood_among_those_learnt_from_is_no_rarer_in_what_is_told():
    """States that tell nothing: what is told is how frequent the moods usually are."""
    rng = np.random.default_rng(0)
    moods = rng.choice(4, size=2000, p=[0.25, 0.05, 0.1, 0.6]).tolist()
    gold = known(moods, rng.normal(size=(2000, 5)).astype(np.float32))
    with torch.no_grad():
        likely = learn(gold, NOTHING, (0, 0), 1.0)(gold.rows).mean(0)
    assert torch.allclose(likely, torch.tensor(USUAL), atol=0.03)


def test_where_sorrow_was_out_of_place_a_post_is_learnt_to_be_less_sad():
    """Two of three kinds of states are known; of the third it was only read that sorrow was wrong, or right."""
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=300)
    gold = known((truth * 2).tolist(), (np.eye(5)[truth] * 4 + rng.normal(size=(300, 5))).astype(np.float32))
    third = torch.from_numpy((np.eye(5)[np.full(300, 4)] * 4 + rng.normal(size=(300, 5))).astype(np.float32))
    sad = []
    for fits in ((0.0, 0.5, 1.0, 1.0), (1.0, 0.5, 0.0, 0.0)):
        others = Learnt(third, torch.tensor([fits]).expand(300, 4), torch.full((300,), 0.3))
        with torch.no_grad():
            sad.append(float(learn(gold, others, (0, 0), 1e-2)(third)[:, 0].mean()))
    assert sad[0] < 0.3 < 0.7 < sad[1]


def test_a_corpus_without_moods_and_a_line_with_another_one_are_named(tmp_path):
    (tmp_path / "negatives.jsonl").touch()
    with pytest.raises(DataError, match=r"moods\.jsonl\.xz is missing"):
        list(read_moods(folder=tmp_path, authored_only=True))
    lines = [{"mood": "glad", "post": "Keys on Friday!"}, {"mood": "grumpy", "post": "Rain again."}]
    (tmp_path / "moods.jsonl.xz").write_bytes(lzma.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))
    with pytest.raises(DataError, match=r"moods\.jsonl\.xz:2: .*grumpy"):
        list(read_moods(folder=tmp_path, authored_only=True))


def test_what_was_read_last_is_learnt_from_only_where_asked():
    for part in ("train", "dev"):
        usual, all_ = (read_all_judged(part, authored_only=True, **rounds) for rounds in ({}, {"rounds": range(1, 10)}))
        assert {j.round for j in usual} <= set(SHIPPED) and {j.round for j in all_} - {j.round for j in usual} == {9}
