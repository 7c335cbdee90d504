"""Pairwise ratings, the loss on them, cross-validation, and a reward model that is trained, saved and used as a reward."""

from __future__ import annotations

import json
import math
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from partner import Conversation
from partner.models import ModelError
from tests import tiny
from training.__main__ import main
from training.data.logged import WHOLE
from training.data.ratings import read_ratings
from training.data.records import DataError
from training.dialogue import DialogueEnvironment
from training.environment import State
from training.reward_metrics import accuracy, interval
from training.reward_model import pairwise_loss
from training.reward_network import RewardModel
from training.rewards import Resources, RewardSum, Rewrite, Step

KIND = ["I'm so sorry, that must hurt.", "That sounds really hard for you.", "I'm here for you, what happened?"]
COLD = ["Whatever.", "Not my problem.", "Stop whining about it."]
POSTS = ["My dog died.", "I failed the exam.", "She left me.", "I lost my job.", "Nobody called.", "We moved again."]


def row(i: int) -> dict:
    """A context with a kind, a cold and another kind reply, at places that depend on the context."""
    rng = Random(i)
    replies = [(rng.choice(KIND), 1), (rng.choice(COLD), 0), (rng.choice(KIND), 1)]
    rng.shuffle(replies)
    pairs = []
    for a, b in ((0, 1), (1, 2), (2, 0)):
        difference = replies[b][1] - replies[a][1]
        pairs.append([a, b, 2.0 * difference])
    return {
        "context": ["Hi.", "Hello.", POSTS[i % 6]][-1 - 2 * (i % 2) :],
        "responses": [r for r, _ in replies],
        "pairs": pairs,
    }


@pytest.fixture(scope="module")
def ratings(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("ratings") / "pairwise.jsonl"
    path.write_text("".join(json.dumps(row(i)) + "\n" for i in range(24)))
    return path


@pytest.fixture(scope="module")
def run(ratings, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("run")
    options = ["--ratings", str(ratings), "--out", str(out), "--folds", "2", "--epochs", "3", "--layers", "1", "--threads", "1"]
    assert main(["reward-model", *options, "--no-bf16"]) == 0
    return out


def test_the_loss_by_hand():
    """sigma(1) = 0.73106; sqrt(2) 0.31326 where the preferred leads by 1, sqrt(0.5) 1.31326 where it trails; a tie at 2: 4."""
    scores = torch.tensor([1.0, 0.0, 2.0])
    assert pairwise_loss(scores, [(0, 1, -2.0)]).item() == pytest.approx(math.sqrt(2) * -math.log(1 / (1 + math.exp(-1))))
    assert pairwise_loss(scores, [(1, 0, 2.0)]).item() == pytest.approx(math.sqrt(2) * 0.3132617)
    assert pairwise_loss(scores, [(0, 1, 0.5)]).item() == pytest.approx(math.sqrt(0.5) * 1.3132617)
    assert pairwise_loss(scores, [(2, 1, 0.0)]).item() == pytest.approx(4.0)
    both = [(0, 1, -2.0), (2, 1, 0.0)]
    assert pairwise_loss(scores, both).item() == pytest.approx((math.sqrt(2) * 0.3132617 + 4) / 2)


def test_the_gradient_raises_the_preferred_and_closes_a_tie():
    scores = torch.zeros(2, requires_grad=True)
    pairwise_loss(scores, [(0, 1, 1.0)]).backward()  # positive: the second is better; d/dx -log sigmoid(x) at 0 is -1/2
    assert scores.grad.tolist() == pytest.approx([0.5, -0.5])
    scores = torch.tensor([3.0, 1.0], requires_grad=True)
    pairwise_loss(scores, [(0, 1, 0.0)]).backward()
    assert scores.grad.tolist() == pytest.approx([4.0, -4.0])


def test_accuracy_leaves_ties_out_and_its_interval_is_drawn_by_context(ratings):
    rated = read_ratings(ratings)
    right = [[float(text in KIND) for text in r.responses] for r in rated]
    counts = accuracy(right, rated)
    assert counts.sum(0).tolist() == [48, 48]  # two preferences and a tie a context
    assert accuracy([[0.0] * 3 for _ in rated], rated).sum(0).tolist() == [24, 48]
    assert interval(counts) == {"value": 1.0, "low": 1.0, "high": 1.0}
    mixed = np.array([[2.0, 2.0], [0.0, 2.0]] * 12)
    found = interval(mixed)
    # 24 contexts all right or all wrong: half of them, give or take 1.96 sqrt(0.25 / 24) = 0.2
    assert (
        found["value"] == 0.5 and found["low"] == pytest.approx(0.3, abs=0.05) and found["high"] == pytest.approx(0.7, abs=0.05)
    )
    assert interval(mixed, mixed) == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_it_learns_what_people_prefer_on_contexts_it_has_not_seen(run, ratings):
    found = json.loads((run / "metrics.json").read_text())
    assert found["contexts"] == 24 and found["pairs"] == 72 and found["preferences"] == 48
    held_out = found["held_out_accuracy"]
    assert held_out["reward_model"]["value"] > 0.9 and held_out["reward_model_minus_chance"]["low"] > 0
    folds = json.loads((run / "folds.json").read_text())["folds"]
    assert sorted(map(len, folds.values())) == [12, 12]
    model = RewardModel.load(run)
    rated = read_ratings(ratings)
    scores = model.score([r.conversation for r in rated for _ in r.responses], [t for r in rated for t in r.responses])
    assert abs(sum(scores) / len(scores)) < 1e-3  # centred on the rated replies
    assert float(model.lowest) == pytest.approx(min(scores), abs=1e-4)


def test_finished_folds_are_kept_and_other_settings_refused(run, ratings, capsys):
    first = (run / "model" / "model.safetensors").read_bytes()
    folds = json.loads((run / "folds.json").read_text())
    del folds["folds"]["1"]
    (run / "folds.json").write_text(json.dumps(folds))
    options = ["--ratings", str(ratings), "--out", str(run), "--folds", "2", "--layers", "1", "--threads", "1"]
    options += ["--no-bf16"]
    assert main(["reward-model", *options, "--epochs", "3"]) == 0
    assert len(json.loads((run / "folds.json").read_text())["folds"]) == 2
    assert (run / "model" / "model.safetensors").read_bytes() == first  # the same run gives the same weights
    assert main(["reward-model", *options, "--epochs", "2"]) == 2
    assert "choose another --out" in capsys.readouterr().err


def test_the_preference_reward_is_the_models_score_of_the_whole_reply(run):
    rewards = RewardSum({"preference": 1.0}, Resources(threads=1, reward_model=run))
    conversation = Conversation("My dog died.")
    ended = [Rewrite(conversation, (Step((), WHOLE, text),), text) for text in (KIND[0], COLD[0])]
    total, terms = rewards(ended)
    model = RewardModel.load(run / "model")
    expected = model.score([conversation] * 2, [KIND[0], COLD[0]])
    assert total == terms["preference"] == pytest.approx(expected, abs=1e-5) and total[0] > total[1]
    # A reply that never ends earns what the worst rated one does.
    policy = tiny.policy("gpt2")
    rollout = DialogueEnvironment(longest=6).rollout(policy, policy, [State(conversation)], 3, torch.Generator().manual_seed(0))
    assert rollout.notes["unfinished"] == 1 and rewards(rollout.rewrites)[0] == [pytest.approx(float(model.lowest))] * 3
    with pytest.raises(DataError, match="--reward-model RUN"):
        RewardSum({"preference": 1.0}, Resources(threads=1))


def test_a_missing_or_damaged_reward_model_is_named(run, tmp_path):
    with pytest.raises(ModelError, match="holds no reward model"):
        RewardModel.load(tmp_path)
    (tmp_path / "reward_model.json").write_text("{}")
    with pytest.raises(ModelError, match="readable reward model"):
        RewardModel.load(tmp_path)


def test_both_forms_of_ratings_are_the_same(ratings, tmp_path):
    rows = [json.loads(line) for line in ratings.read_text().splitlines()]
    (tmp_path / "train").mkdir()
    for name, key in (("contexts", "context"), ("responses", "responses"), ("ratings", "pairs")):
        (tmp_path / "train" / f"{name}.json").write_text(json.dumps([r[key] for r in rows]))
    lines = read_ratings(ratings)
    assert read_ratings(tmp_path) == read_ratings(tmp_path / "train") == lines == read_ratings(ratings.parent)
    assert lines[1].conversation == Conversation(POSTS[1], "", (("seeker", "Hi."), ("supporter", "Hello.")))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pairs": [[0, 3, 1.0]]}, r"names response 3, and there are 3 \(0 to 2\): add the response or remove the rating"),
        ({"pairs": [[-1, 0, 1.0]]}, r"names response -1"),
        ({"responses": []}, r"responses must be a list of texts"),
        ({"pairs": [[0, 1]]}, r"is not \[i, j, strength\]"),
        ({"pairs": [[0, 1, 3.0]]}, r"strength of -2 to 2"),
        ({"pairs": [[0, 0, 1.0]]}, r"must compare two responses"),
        ({"context": "Hi."}, r"context must be a list of texts"),
    ],
)
def test_ratings_that_do_not_hold_are_named_by_line(tmp_path, change, message):
    path = tmp_path / "pairwise.jsonl"
    path.write_text(json.dumps(row(0)) + "\n" + json.dumps(row(1) | change) + "\n")
    with pytest.raises(DataError, match=r"pairwise\.jsonl:2: .*" + message):
        read_ratings(path)


def test_folders_that_lack_a_file_or_an_item_are_named(tmp_path, capsys):
    with pytest.raises(DataError, match="holds neither"):
        read_ratings(tmp_path)
    (tmp_path / "contexts.json").write_text('[["Hi."]]')
    with pytest.raises(DataError, match=r"responses\.json cannot be read"):
        read_ratings(tmp_path)
    (tmp_path / "responses.json").write_text('[["a", "b"]]')
    (tmp_path / "ratings.json").write_text("[]")
    with pytest.raises(DataError, match="same length"):
        read_ratings(tmp_path)
    (tmp_path / "ratings.json").write_text("[[[0, 1, 0]]]")
    assert main(["reward-model", "--ratings", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "no preference" in capsys.readouterr().err
