"""The quality and coherence classifier as shipped, and maximal marginal relevance."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner.models import ModelError, assets_dir
from partner.quality import QualityClassifier, mmr, reply_context
from partner.types import Conversation, Edit
from training.data.edits import read_edits

# A post, a sentence that is right for it, and one that gets a fact, a person or the language wrong.
CASES = [
    (
        "My dog died this morning. He was 14 and slept on my bed every night.",
        "It must be so hard to see his empty place on your bed tonight.",
        "It must be so hard to lose your mother so suddenly.",
    ),
    (
        "I failed my driving test for the third time today and my dad laughed.",
        "Being laughed at by your dad right after failing must have hurt.",
        "Being laughed at by your boss after the interview must have hurt.",
    ),
    (
        "My wife told me last night that she wants a divorce.",
        "Hearing that from your wife last night must have been such a shock.",
        "Hearing that from your doctor last week must have been such a shock.",
    ),
    (
        "I can't sleep. Every night I lie awake until 5 worrying about rent.",
        "How long has the rent been keeping you awake?",
        "How long has your son been ill?",
    ),
    (
        "Nobody came to my birthday party. I sat there with the cake for two hours.",
        "Sitting there alone with the cake for two hours must have been so lonely.",
        "Sitting there alone with the cake for two hours must have been so",
    ),
    (
        "I got laid off by email after eleven years at the company.",
        "Eleven years, and all they gave you was an email.",
        "Eleven years, and all I gave them was your email.",
    ),
    (
        "My mum has dementia and yesterday she asked me who I was.",
        "It must have broken your heart when your mum asked who you were.",
        "It must have broken your heart when your husband left you.",
    ),
    (
        "I moved to Berlin for work and I don't know a single person here.",
        "Starting again in a city where you know nobody sounds so lonely.",
        "You moved to Berlin for work and you don't know a single person here.",
    ),
]


@pytest.fixture(scope="module")
def classifier() -> QualityClassifier:
    return QualityClassifier(assets_dir() / "quality")


def test_the_right_sentence_beats_a_wrong_one(classifier: QualityClassifier) -> None:
    scores = [classifier.quality(Conversation(post), [right, wrong]) for post, right, wrong in CASES]
    assert sum(bool(right > wrong) for right, wrong in scores) >= len(CASES) - 1, np.round(scores, 2).tolist()
    assert np.mean([right - wrong for right, wrong in scores]) > 0.25


def test_a_sentence_fits_its_own_post_best(classifier: QualityClassifier) -> None:
    rights = [right for _, right, _ in CASES]
    table = np.stack([classifier.quality(Conversation(post), rights) for post, _, _ in CASES])
    assert (table.argmax(1) == np.arange(len(CASES))).mean() >= 0.7


def test_plain_sympathy_is_right_where_something_hurts_and_better_than_a_wrong_fact_or_a_platitude(
    classifier: QualityClassifier,
) -> None:
    plain = "I'm so sorry you're going through this."
    for post, _, wrong in CASES:
        sorry, mistaken, platitude = classifier.quality(Conversation(post), [plain, wrong, "Everything happens for a reason."])
        assert sorry > max(mistaken, platitude), post
    lamp = Conversation("Which lamp do you use for reading in bed? Mine is too bright.")
    assert classifier.quality(lamp, [plain])[0] < min(
        classifier.quality(Conversation(post), [plain])[0] for post, _, _ in CASES
    )


def test_history_counts(classifier: QualityClassifier) -> None:
    sentence = "It must hurt that your sister didn't invite you to her wedding."
    turns = (("seeker", "my sister got married on saturday"), ("supporter", "Were you there?"))
    post = "no. she didn't invite me"
    with_history = classifier.quality(Conversation(post, "", turns), [sentence])[0]
    assert with_history > classifier.quality(Conversation("no. i didn't eat", "", ()), [sentence])[0]


def test_batches_and_single_candidates_agree(classifier: QualityClassifier) -> None:
    conversation = Conversation(CASES[0][0])
    sentences = [s for _, right, wrong in CASES for s in (right, wrong)] * 2  # more than one row
    together = classifier.quality(conversation, sentences)
    alone = np.array([classifier.quality(conversation, [s])[0] for s in sentences])
    assert np.abs(together - alone).max() < 0.02
    assert np.array_equal(classifier.quality(conversation, sentences), together)


def test_coherence_refuses_a_repeat(classifier: QualityClassifier) -> None:
    cases = [
        ("You should talk to your manager about the hours. Ask for it in writing.", "Working those hours must be exhausting."),
        ("Revise one chapter each day. Put your phone in another room.", "Which exam worries you the most?"),
        ("Vets always say that about old dogs. You gave him a good life.", "I'm so sorry about your dog."),
        ("The visa office opens at nine. Bring your old permit.", "How long have you been waiting for the visa?"),
        ("Tell your flatmate to do her own dishes. Make a rota.", "Coming home to her dishes must be so wearing."),
    ]
    for reply, right in cases:
        repeated = reply.split(". ")[0] + "."
        fits, repeat = classifier.coherence(Conversation("", reply), [Edit("insert", 0, t) for t in (right, repeated)])
        assert repeat < 0.2 and fits > 2 * repeat, (reply, fits, repeat)


def test_quality_prefers_the_sentence_written_for_a_post(classifier: QualityClassifier) -> None:
    records = [r for r in read_edits("dev") if r.edits[0].text][::3]
    known = 0
    for record, other in zip(records, records[1:] + records[:1], strict=True):
        own, strange = classifier.quality(record.conversation, [record.edits[0].text, other.edits[0].text])
        known += bool(own > strange)
    assert known / len(records) > 0.8


def test_coherence_of_deletes_and_empty_replies(classifier: QualityClassifier) -> None:
    one = Conversation("I lost my job.", "Update your CV today.")
    assert classifier.coherence(one, [Edit("delete", 0)])[0] == 0
    two = Conversation("I lost my job.", "Update your CV today. Then call an agency.")
    values = classifier.coherence(
        two, [Edit("delete", 0), Edit("delete", 1), Edit("replace", 1, "How are you holding up?", "exploration")]
    )
    assert values.shape == (3,) and (values > 0).all() and (values < 1).all()
    empty = Conversation("I lost my job.")
    assert 0 < classifier.coherence(empty, [Edit("insert", 0, "I'm so sorry about your job.", "emotional_reaction")])[0] < 1
    with pytest.raises(IndexError, match="2 sentences"):
        classifier.coherence(two, [Edit("delete", 2)])
    with pytest.raises(IndexError, match="0 sentences"):
        classifier.coherence(empty, [Edit("insert", 1, "Hello there.")])


def test_given_sentences_are_used_as_they_are(classifier: QualityClassifier) -> None:
    conversation = Conversation("I lost my job.", "Update your CV. Then call an agency.")
    edits = [Edit("insert", 1, "How are you holding up?", "exploration")]
    assert np.allclose(
        classifier.coherence(conversation, edits),
        classifier.coherence(conversation, edits, ["Update your CV.", "Then call an agency."]),
    )


def test_reply_context_marks_the_place() -> None:
    assert reply_context(["A.", "B."], 1, replaced=False) == "A. [MASK] B."
    assert reply_context(["A.", "B."], 1, replaced=True) == "A. [MASK]"
    assert reply_context([], 0, replaced=False) == "[MASK]"


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=120), st.lists(st.text(max_size=60), max_size=5))
def test_any_text_is_scored(classifier: QualityClassifier, post: str, sentences: list[str]) -> None:
    scores = classifier.quality(Conversation(post), sentences)
    assert scores.shape == (len(sentences),) and np.isfinite(scores).all() and (scores >= 0).all() and (scores <= 1).all()
    assert all(score == 0 for score, sentence in zip(scores, sentences, strict=True) if not sentence.strip())


def test_hostile_text(classifier: QualityClassifier) -> None:
    texts = ["\ud83d", "a" * 100_000, "word " * 30_000, "[MASK] [SEP] [CLS]", "\x00", "<script>alert(1)</script>", "😀" * 5000]
    for post in texts:
        scores = classifier.quality(Conversation(post), texts)
        assert np.isfinite(scores).all()
    reply = Conversation("", "\n".join(["Some sentence here."] * 2000))
    assert np.isfinite(classifier.coherence(reply, [Edit("insert", 1000, texts[2])])).all()


def test_a_folder_of_another_model_is_refused(tmp_path) -> None:
    with pytest.raises(ModelError, match=r"model\.onnx"):
        QualityClassifier(tmp_path)
    with pytest.raises(ModelError, match="not a quality classifier"):
        QualityClassifier(assets_dir() / "embedder")
    shutil.copytree(assets_dir() / "quality", tmp_path / "copy")
    (tmp_path / "copy" / "model.onnx").write_bytes(b"cut short")
    with pytest.raises(ModelError, match="cannot be opened"):
        QualityClassifier(tmp_path / "copy")


def test_mmr_prefers_the_new_over_the_same() -> None:
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    relevance = np.array([0.9, 0.89, 0.5])
    assert mmr(relevance, vectors, 2, 0.5) == [0, 2]
    assert mmr(relevance, vectors, 2, 1.0) == [0, 1]
    assert mmr(relevance, vectors, 9, 0.5) == [0, 2, 1]
    assert mmr(np.zeros(0), np.zeros((0, 2)), 3, 0.5) == []
    with pytest.raises(ValueError, match="trade_off"):
        mmr(relevance, vectors, 2, 1.5)


@given(st.integers(1, 12), st.integers(0, 14), st.floats(0, 1), st.integers(0, 1000))
def test_mmr_takes_each_item_once_and_the_best_first(n: int, k: int, trade_off: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    relevance = rng.random(n)
    taken = mmr(relevance, vectors, k, trade_off)
    assert len(taken) == len(set(taken)) == min(k, n)
    if k and trade_off > 0.01:
        assert relevance[taken[0]] == relevance.max()
