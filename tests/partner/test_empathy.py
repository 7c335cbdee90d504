"""The shipped empathy scorer: what it must get right, and what it must survive."""

from __future__ import annotations

import itertools
import json
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner.empathy import EmpathyScorer, merge_words, windows
from partner.encoder import OnnxEncoder, PairTokenizer
from partner.models import ModelError, assets_dir, write_sums
from partner.types import MECHANISMS

POST = "My dad died in March and I still set the table for him. Everyone says I should be over it by now."
ADVICE = "You should join a grief group and keep yourself busy."
FEELING = "I'm so sorry about your dad."
QUESTION = "What do you miss most about having dinner with him?"
UNDERSTANDING = "Setting his place must be a way of keeping him close when everyone else has moved on."


@pytest.fixture(scope="module")
def scorer() -> EmpathyScorer:
    return EmpathyScorer(assets_dir() / "scorer", threads=1)


@pytest.fixture(scope="module")
def tokenizer(scorer) -> PairTokenizer:
    return scorer.encoder.tokenizer


def test_each_kind_of_sentence_raises_its_own_mechanism(scorer):
    added = {"emotional_reaction": FEELING, "interpretation": UNDERSTANDING, "exploration": QUESTION}
    plain, *richer = scorer.score([(POST, ADVICE), *((POST, f"{ADVICE} {text}") for text in added.values())])
    assert plain.levels == dict.fromkeys(MECHANISMS, 0)
    for mechanism, empathy in zip(added, richer, strict=True):
        gains = {m: getattr(empathy, m).expected - getattr(plain, m).expected for m in MECHANISMS}
        assert gains[mechanism] > 0.7, (mechanism, gains)
        assert max(gains, key=gains.get) == mechanism


def test_more_plain_advice_is_not_more_empathy(scorer):
    one, two = scorer.score([(POST, ADVICE), (POST, f"{ADVICE} Call the council and ask about the forms.")])
    assert two.total - one.total < 0.5


def test_a_full_reply_beats_a_single_sentence_and_a_cold_one(scorer):
    full = f"{FEELING} {UNDERSTANDING} {QUESTION}"
    cold, single, rich = scorer.score([(POST, "Everyone dies. Move on."), (POST, FEELING), (POST, full)])
    assert cold.total < single.total < rich.total
    assert rich.total > 3.5


def test_the_rationale_points_at_the_sentence_that_carries_the_level(scorer):
    reply = f"{ADVICE} {QUESTION}"
    (empathy,) = scorer.score([(POST, reply)])
    marked = "".join(reply[a:b] for a, b in empathy.exploration.rationale)
    assert "miss most" in marked and "grief group" not in marked


@pytest.mark.parametrize("reply", ["", "   ", "\n\t", "...", "?!", "🙂", "​"])
def test_a_reply_without_words_scores_zero_without_the_model(scorer, monkeypatch, reply):
    monkeypatch.setattr(scorer.encoder.session, "run", lambda *_: pytest.fail("the model was called"), raising=False)
    (empathy,) = scorer.score([(POST, reply)])
    assert empathy.total == 0
    assert all(getattr(empathy, m).rationale == () for m in MECHANISMS)


def test_nothing_to_score_gives_nothing(scorer):
    assert scorer.score([]) == []


def test_an_empty_post_can_be_answered(scorer):
    (empathy,) = scorer.score([("", FEELING)])
    assert empathy.emotional_reaction.level > 0


def test_batches_keep_the_order_and_agree_with_single_calls(scorer):
    replies = ["Ok.", FEELING, f"{ADVICE} {QUESTION}", UNDERSTANDING, "", f"{ADVICE} " * 6 + FEELING, QUESTION]
    pairs = [(POST, reply) for reply in replies]
    together = scorer.score(pairs, batch_size=3)
    for pair, batched in zip(pairs, together, strict=True):
        (alone,) = scorer.score([pair])
        for m in MECHANISMS:
            assert getattr(batched, m).expected == pytest.approx(getattr(alone, m).expected, abs=0.15)


def test_empathy_late_in_a_long_reply_counts(scorer):
    long = f"{ADVICE} " * 40
    before, after = scorer.score([(POST, long), (POST, long + f"{FEELING} {QUESTION}")])
    assert after.exploration.expected > before.exploration.expected + 0.7
    start = min(a for a, _ in after.exploration.rationale)
    assert start >= len(long) - 1


def test_a_reply_of_50000_characters_and_a_long_post_are_read_whole(scorer):
    reply = ("x" * 150 + " ") * 250 + "word " * 2500 + FEELING
    assert len(reply) > 50_000
    (empathy,) = scorer.score([("post " * 10000, reply)])
    assert empathy.emotional_reaction.level > 0


HOSTILE = st.text(st.one_of(st.characters(), st.sampled_from("\ud800\udfff\x00\u202e\u200d\ufffd ​\n.!?é🙂")), max_size=400)


@settings(max_examples=40, deadline=None)
@given(post=HOSTILE, reply=HOSTILE)
def test_any_text_gives_distributions_and_spans_inside_the_reply(scorer, post, reply):
    (empathy,) = scorer.score([(post, reply)])
    for m in MECHANISMS:
        score = getattr(empathy, m)
        assert sum(score.probabilities) == pytest.approx(1) and min(score.probabilities) >= 0
        ends = [0, *(x for span in score.rationale for x in span), len(reply)]
        assert ends == sorted(ends)
        assert bool(score.rationale) == (score.level > 0)
        for a, b in score.rationale:
            assert reply[a:b].strip()
            assert a == 0 or reply[a - 1].isspace()
            assert b == len(reply) or reply[b].isspace()


@settings(max_examples=60, deadline=None)
@given(
    post=st.text(max_size=300),
    words=st.lists(st.sampled_from(["I", "feel", "lonely.", "Why?", "é", "\n", "antidisestablishment"]), max_size=400),
)
def test_windows_cover_the_reply_in_order_and_fit(tokenizer, post, words):
    reply = " ".join(words)
    (spans,) = windows(tokenizer, [(post, reply)])
    assert spans[0][0] <= len(reply) - len(reply.lstrip()) and spans[-1][1] >= len(reply.rstrip())
    for (_, end), (start, _) in itertools.pairwise(spans):
        assert not reply[end:start].strip()
    for a, b in spans:
        tokens = tokenizer([(post, reply[a:b])])[0]
        assert len(tokens) <= tokenizer.max_tokens
        assert len(tokens.offsets) == len(tokenizer.encode([reply[a:b]])[0].ids)


def test_a_long_post_keeps_both_its_ends(tokenizer):
    post = "First " + "middle " * 500 + "last"
    (tokens,) = tokenizer([(post, FEELING)])
    words = [tokenizer.tokenizer.id_to_token(i) for i in tokens.ids]
    assert {"first", "last", "sorry"} <= set(words) and len(tokens) <= tokenizer.max_tokens
    assert [FEELING[a:b] for a, b in tokens.offsets][:3] == ["I", "'", "m"]


def test_spans_grow_to_whole_words_and_join():
    text = "I'm so sorry, that hurts."
    assert merge_words(text, [(5, 6), (8, 10), (0, 1)]) == ((0, 13),)
    assert merge_words(text, [(1, 2), (20, 21)]) == ((0, 3), (19, 25))
    assert merge_words(text, []) == ()


def _copy(tmp_path):
    folder = tmp_path / "scorer"
    shutil.copytree(assets_dir() / "scorer", folder)
    return folder


@pytest.mark.parametrize("name", ["model.onnx", "encoder.json"])
def test_missing_and_damaged_files_are_named(tmp_path, name):
    folder = _copy(tmp_path)
    path = folder / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ModelError, match=name):
        EmpathyScorer(folder)
    path.unlink()
    with pytest.raises(ModelError, match=f"{name}.* is missing"):
        EmpathyScorer(folder)


def test_shipped_weights_are_checked_against_their_sums(tmp_path, monkeypatch):
    folder = _copy(tmp_path)
    shutil.copytree(assets_dir() / "minilm", tmp_path / "minilm")
    write_sums(tmp_path)
    monkeypatch.setenv("PARTNER_ASSETS", str(tmp_path))
    with (folder / "model.onnx").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"\x55" * 64)
    with pytest.raises(ModelError, match="damaged"):
        EmpathyScorer()


@pytest.mark.parametrize("name", ["words.safetensors", "tokenizer.json"])
def test_the_shared_vocabulary_is_checked_and_named(tmp_path, monkeypatch, name):
    folder, scorer = tmp_path / "minilm", assets_dir() / "scorer"
    shutil.copytree(assets_dir() / "minilm", folder)
    path = folder / name
    path.write_bytes(path.read_bytes()[:1000])
    write_sums(tmp_path)
    monkeypatch.setenv("PARTNER_ASSETS", str(tmp_path))
    with pytest.raises(ModelError, match=f"{name}.*git checkout"):
        EmpathyScorer(scorer)


def test_a_model_for_something_else_is_refused(tmp_path):
    import onnx

    folder = _copy(tmp_path)
    graph = onnx.load(str(folder / "model.onnx"), load_external_data=False)
    del graph.graph.output[1]
    (folder / "model.onnx").write_bytes(graph.SerializeToString())
    with pytest.raises(ModelError, match="not an empathy scorer"):
        EmpathyScorer(folder)


def test_settings_that_make_no_sense_are_refused(tmp_path):
    folder = _copy(tmp_path)
    for wrong in ({"max_tokens": 4}, {"first_cap": 0}, {"max_tokens": "many"}):
        config = json.loads((assets_dir() / "scorer" / "encoder.json").read_text()) | wrong
        (folder / "encoder.json").write_text(json.dumps(config))
        with pytest.raises(ModelError):
            OnnxEncoder(folder)
