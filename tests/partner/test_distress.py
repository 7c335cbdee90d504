"""Sorrow is for posts that tell of distress, and for no others."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save_file

from partner import Conversation
from partner.distress import DistressDetector
from partner.models import ModelError
from partner.quality import QualityClassifier
from partner.retrieval import Embedder, query_text
from partner.stock import StockSentences
from tests.posts import PLAIN, SAD


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


@pytest.fixture(scope="module")
def detector() -> DistressDetector:
    return DistressDetector(QualityClassifier(threads=1))


def told(detector: DistressDetector, embedder: Embedder, post: str) -> bool:
    conversation = Conversation(post)
    return detector(conversation, embedder.embed([query_text(conversation)])[0])


def test_posts_in_distress_are_told_from_others(detector, embedder):
    assert [told(detector, embedder, post) for post in SAD] == [True] * len(SAD)
    assert [told(detector, embedder, post) for post in PLAIN] == [False] * len(PLAIN)


def test_simple_sentences_were_written_for_distress(embedder):
    conversation = Conversation("My lamp broke and I'm broke too, ha. Which one should I get?")
    post = embedder.embed([query_text(conversation)])[0]
    stock = StockSentences()
    sad, plain = (stock.fitting(conversation, ["interpretation"], 6, post, mood) for mood in ("sad", "plain"))
    assert sad and not any("plain" in s.moods for s in sad)
    assert plain and all("plain" in s.moods for s in plain)


def test_missing_weights_are_named(tmp_path, detector):
    save_file({"other": np.zeros(1, np.float32)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match=r"model\.safetensors is no linear classifier"):
        DistressDetector(QualityClassifier(threads=1), tmp_path)
