"""Retrieval: the shipped embedder, the index of training posts and the sentences it offers."""

from __future__ import annotations

import json
import lzma
import os
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner.facts import fits
from partner.models import ModelError, assets_dir
from partner.retrieval import Retriever
from partner.types import MECHANISMS, Conversation
from training.data.edits import DISTRESS, EVERYDAY, read_edits


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    return Retriever(assets_dir() / "embedder", assets_dir() / "corpus")


@pytest.mark.parametrize(
    ("post", "about"),
    [
        ("My dog died this morning and the house is so quiet.", {"dog"}),
        (
            "My boyfriend of three years broke up with me over text last night.",
            {"broke", "break", "left", "breakup", "ended", "over"},
        ),
        ("I failed my driving test for the fourth time and everyone laughed.", {"driving", "test"}),
        ("I can't sleep, I lie awake until five every night.", {"sleep", "awake", "slept"}),
    ],
)
def test_nearest_posts_share_the_subject(retriever: Retriever, post: str, about: set[str]) -> None:
    nearest = retriever.nearest(Conversation(post), k_posts=5)
    texts = [record.conversation.post.lower().replace(".", " ").replace(",", " ").split() for record, _ in nearest]
    assert sum(bool(about & set(words)) for words in texts) >= 4
    similarities = [s for _, s in nearest]
    assert similarities == sorted(similarities, reverse=True) and 0.3 < similarities[0] <= 1.001


def test_a_post_of_the_index_finds_itself(retriever: Retriever) -> None:
    for record in retriever.records[::400]:
        best, similarity = retriever.nearest(record.conversation, k_posts=1)[0]
        assert best.conversation.post == record.conversation.post and similarity > 0.95


def test_held_out_records_are_not_in_the_index(retriever: Retriever) -> None:
    held_out = {r.id for r in read_edits("dev", DISTRESS + EVERYDAY)}
    train = {r.id for r in read_edits("train", DISTRESS + EVERYDAY)}
    indexed = {r.id for r in retriever.records}
    assert not indexed & held_out
    assert indexed <= train and len(indexed) > 0.9 * len(train)


def test_candidates_have_the_mechanism_and_come_from_near_posts(retriever: Retriever) -> None:
    conversation = Conversation("I was laid off by email today after eleven years and I feel worthless.")
    near = {record.id: record for record, _ in retriever.nearest(conversation, k_posts=160)}
    found = retriever.candidates(conversation, MECHANISMS, limit=6)
    assert len({f.text.casefold() for f in found}) == len(found)
    for mechanism in MECHANISMS:
        assert 3 <= sum(f.mechanism == mechanism for f in found) <= 6
    assert all((f.text, f.mechanism) in near[f.source_post_id].sentences for f in found)
    assert [f.similarity for f in found] == sorted((f.similarity for f in found), reverse=True)
    assert {f.mechanism for f in retriever.candidates(conversation, ("exploration",), limit=3)} == {"exploration"}
    assert retriever.candidates(conversation, ("exploration",), limit=0) == []


def test_candidates_bring_no_facts_of_their_own_post(retriever: Retriever) -> None:
    post = "my boss shouted at me in front of everybody"
    for found in retriever.candidates(Conversation(post), MECHANISMS, limit=12):
        assert fits(found.text, post), found.text


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("I'm so sorry you had to hear that.", True),
        ("Being shouted at in front of everybody must hurt.", True),
        ("I'm so sorry about your dog.", False),
        ("That quiet kitchen must be so hard.", False),
        ("How long were you and Marek together?", False),
        ("What did she say?", False),
    ],
)
def test_a_sentence_fits_where_its_facts_are(sentence: str, wanted: bool) -> None:
    assert fits(sentence, "my boss shouted at me in front of everybody") is wanted


def test_records_about_self_harm_offer_nothing(retriever: Retriever) -> None:
    for post in (
        "I want to kill myself tonight.",
        "I keep cutting my arms, it is the only thing that helps.",
        "I took an overdose last week.",
    ):
        for record, _ in retriever.nearest(Conversation(post), k_posts=24):
            said = (record.conversation.post + " ".join(t for t, _ in record.sentences)).lower()
            assert "suicid" not in said and "kill myself" not in said and "self-harm" not in said and "want to die" not in said


def test_history_sways_a_short_post(retriever: Retriever) -> None:
    short = "yes. last night"
    alone = retriever.nearest(Conversation(short), 1)[0][0].id
    turn = (("supporter", "I'm so sorry. Did your cat die at the vet's?"),)
    found = retriever.nearest(Conversation(short, "", turn), 5)
    assert found[0][0].id != alone
    assert any("cat" in r.conversation.post.lower() or "vet" in r.conversation.post.lower() for r, _ in found)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_embedded(retriever: Retriever, text: str) -> None:
    vector = retriever.embed([text])
    assert vector.shape == (1, 384) and np.isfinite(vector).all() and abs(np.linalg.norm(vector) - 1) < 1e-3
    assert isinstance(retriever.nearest(Conversation(text), 2), list)


def test_hostile_texts(retriever: Retriever) -> None:
    texts = ["", " ", "\ud83d lone", "a" * 200_000, "\x00\x07", "<script>alert(1)</script>", "😀" * 3000]
    vectors = retriever.embed(texts)
    assert vectors.shape == (len(texts), 384) and np.isfinite(vectors).all()
    assert retriever.embed([]).shape == (0, 384)
    assert retriever.nearest(Conversation("  "), 5) == []


def test_batches_and_single_texts_agree(retriever: Retriever) -> None:
    texts = [
        "My mum has cancer.",
        "I passed my exam!",
        "My manager keeps shouting at me in front of the whole team, what do I do?",
    ]
    together = retriever.embed(texts)
    alone = np.concatenate([retriever.embed([t]) for t in texts])
    # Dynamic int8 rounds by the largest value of a batch.
    assert (together * alone).sum(1).min() > 0.97


def test_a_query_is_fast(retriever: Retriever) -> None:
    conversation = Conversation("I was laid off by email today after eleven years and I feel worthless.")
    retriever.nearest(conversation)
    times = []
    for _ in range(10):
        begun = time.thread_time()  # what the calling thread computes, whatever else the machine does
        retriever.nearest(conversation)
        times.append(time.thread_time() - begun)
    assert min(times) < 0.03


def test_an_index_that_does_not_fit_the_corpus_is_named(tmp_path) -> None:
    row = {"id": "Z-1", "topic": "t", "seeker": "s", "response": [], "edits": [], "more": {}, "levels": {}}
    (tmp_path / "z_one.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(ModelError, match="does not fit the corpus"):
        Retriever(assets_dir() / "embedder", tmp_path)
    (tmp_path / "z_one.jsonl").unlink()
    (tmp_path / "z_one.jsonl.xz").write_bytes(lzma.compress((json.dumps(row) + "\n").encode()))
    with pytest.raises(ModelError, match="does not fit the corpus"):
        Retriever(assets_dir() / "embedder", tmp_path)
    (tmp_path / "z_one.jsonl.xz").write_bytes(lzma.compress(b"{broken\n"))
    with pytest.raises(ModelError, match=r"z_one\.jsonl\.xz:1"):
        Retriever(assets_dir() / "embedder", tmp_path)
    broken = tmp_path / "embedder"
    broken.mkdir()
    for name in os.listdir(assets_dir() / "embedder"):
        if name != "index.safetensors":
            (broken / name).symlink_to(assets_dir() / "embedder" / name)
    (broken / "index.safetensors").write_bytes(b"not safetensors")
    with pytest.raises(ModelError, match=r"index\.safetensors"):
        Retriever(broken, assets_dir() / "corpus")
