"""The fit of the ranking's numbers: what was put in by hand comes out, and figures are those of posts left out."""

from __future__ import annotations

import json
import lzma
import math
from pathlib import Path

import numpy as np
import pytest

from partner.candidates import SOURCES, Candidate, State
from partner.prompt import Place
from partner.quality import QualityClassifier
from partner.ranking import Ranking
from partner.retrieval import Embedder
from partner.types import MECHANISMS, Conversation
from tests import tiny
from tests.training.labelled import READINGS, RIGHT, WRONG, write_corpus
from training.__main__ import main
from training.data.records import DataError, Record
from training.ranking import Reading, describe, fit, held_out_auc, read_readings, told, worth


def readings_of(posts: int, labels: list[str]) -> list[Reading]:
    """Readings of posts that take turns, one for each label."""
    candidate = Candidate(Place("insert", 0, "exploration"), RIGHT)
    return [Reading(Record(f"post {i % posts}", Conversation("Hi.")), candidate, label) for i, label in enumerate(labels)]


@pytest.fixture
def corpus(tmp_path) -> Path:
    folder = write_corpus(tmp_path / "corpus")
    (folder / "judged.jsonl.xz").write_bytes(lzma.compress(b""))
    return folder


def test_the_fit_recovers_weights_made_by_hand():
    features = np.random.default_rng(0).normal(size=(5000, 3))
    made = np.array([1.5, -0.7, 0.0])
    assert fit(features, 1 / (1 + np.exp(-features @ made))) == pytest.approx(made, abs=0.02)


def test_a_usual_candidate_has_the_log_odds_of_its_mechanism():
    """Of 1,000 sentences of one mechanism 700 right: log(0.7 / 0.3) = 0.847; of 1,000 of another 200: -1.386."""
    features = np.repeat(np.eye(2), 1000, axis=0)
    target = [1.0] * 700 + [0.0] * 300 + [1.0] * 200 + [0.0] * 800
    assert fit(features, target) == pytest.approx([math.log(7 / 3), math.log(1 / 4)], abs=0.01)


def test_a_generic_sentence_is_right_by_three_tenths():
    labels = ("right", "generic", "wrong_fact", "unnatural", "harmful")
    assert [worth(label) for label in labels] == [1.0, 0.3, 0.0, 0.0, 0.0]


def test_what_is_fitted_is_what_the_engine_ranks_by():
    ranking = Ranking(judge=(0.5, 0.6, 0.7, 0.8, 0.9))
    texts = ("It sounds like you're tired.", "What was he like?", "I am so sorry that nobody called you back about it.")
    for number, source in enumerate(SOURCES):
        candidates = [
            Candidate(Place("insert", 0, mechanism), text, log_likelihood, source, quality, judged)
            for mechanism, text, log_likelihood, quality, judged in zip(
                MECHANISMS, texts, (-0.5, -1.0, -2.5), (0.2, 0.5, 0.9), (0.7, -1.2, None), strict=True
            )
        ]
        names, features = describe([Reading(Record("x", Conversation("Hi.")), c, "right") for c in candidates])
        usual = (ranking.policy, ranking.retrieved_bias, ranking.stock_bias, ranking.anywhere, ranking.reflected)[number]
        own = [ranking.likelihood, ranking.word, ranking.presumption] if source == "policy" else []
        quality = [ranking.quality[number]] if ranking.quality[number] else []
        assert names[3:] == [*["quality"] * len(quality), "judge", *(["likelihood", "word", "presumption"] if own else [])]
        found = ranking.found if source == "retrieved" else 0.0
        fitted = features @ [*usual, *quality, ranking.judge[number], *own]
        assert fitted + found == pytest.approx([ranking.logit(c) for c in candidates])


def test_the_area_is_that_of_posts_left_out():
    labels = ["right"] * 16 + ["wrong_fact"] * 16
    told = np.array([[1.0 if label == "right" else -1.0] for label in labels])
    assert held_out_auc(told, readings_of(16, labels)) == 1.0
    # A feature of its own for every post tells everything about the posts fitted to, and nothing about another.
    labels = ["right", "wrong_fact"] * 16
    assert held_out_auc(np.tile(np.eye(16), (2, 1)), readings_of(16, labels)) == 0.5


def test_likelihoods_and_qualities_are_the_engines(corpus):
    policy, classifier = tiny.policy("gpt2"), QualityClassifier(threads=1)
    readings = list(read_readings(corpus))
    found = [r.candidate for r in told(policy, classifier, None, Embedder(), readings)][: 2 * len(SOURCES)]
    state = State(policy, readings[0].record.conversation, ["Ok."])
    assert [c.log_likelihood for c in found[:2]] == pytest.approx(state.log_likelihoods(found[:2]), abs=1e-5)
    assert {c.judged for c in found} == {None}
    alone = classifier.quality(readings[0].record.conversation, [RIGHT, WRONG])
    assert [c.quality for c in found] == pytest.approx([*alone] * len(SOURCES), abs=0.02)


def test_the_command_tells_counts_weights_and_the_area_of_every_source(corpus, tmp_path, capsys):
    tiny.policy("gpt2").save(tmp_path / "policy")
    assert (
        main(["ranking", "--authored-only", "--policy", str(tmp_path / "policy"), "--corpus", str(corpus), "--threads", "1"])
        == 0
    )
    said = capsys.readouterr().out
    assert "policy    emotional_reaction   16:  50   0  50   0   0" in said
    assert "stock     exploration           0:   0   0   0   0   0" in said
    for source in SOURCES:
        assert f"{source}: emotional_reaction" in said
    # The short sentence is right for every post, and its quality tells it as well as, of the policy's own, its words.
    assert [line.rsplit(" ", 1)[1] for line in said.splitlines() if "AUC" in line] == ["1.00"] * len(SOURCES)


@pytest.mark.parametrize("change", [{"label": "nice"}, {"source": "tweets"}, {"mechanism": "warmth"}, {"id": "F-99"}, None])
def test_readings_that_are_none_are_named_by_line(corpus, change):
    path = corpus / READINGS
    first, second, *_ = lzma.decompress(path.read_bytes()).decode().splitlines()
    changed = json.loads(second) | change if change else []
    path.write_bytes(lzma.compress(f"{first}\n{json.dumps(changed)}\n".encode()))
    with pytest.raises(DataError, match=r"readings\.jsonl\.xz:2: not a reading"):
        list(read_readings(corpus))
    path.unlink()
    with pytest.raises(DataError, match=r"readings\.jsonl\.xz is missing"):
        list(read_readings(corpus))
