"""The emotion and intent classifiers: trained on a few sentences written here, with the shipped embedder."""

from __future__ import annotations

import json
import lzma

import numpy as np
import pytest

from evaluation.labels import LabelClassifiers
from partner.models import ModelError
from partner.retrieval import Embedder
from training.__main__ import main
from training.classifiers import fit, held_out, measure, training_texts
from training.data.empathetic_dialogues import Dialogue, answers, read_dialogues
from training.data.empathetic_intents import EMOTIONS, INTENTS, LABELS, read_intents
from training.data.records import DataError

SAID = {
    "questioning": ["What happened next?", "Did you tell your sister?", "How old is your dog?", "Why did they leave?"],
    "wishing": [
        "Good luck with the exam!",
        "Congratulations to you both!",
        "Best of luck tomorrow.",
        "I wish you all the best!",
    ],
    "lonely": ["Nobody came to my birthday.", "I eat alone every night.", "All my friends moved away.", "No one calls me."],
    "furious": [
        "He keyed my car again!",
        "My boss screamed at me and I lost it.",
        "They stole my bike, I am raging.",
        "She lied in court.",
    ],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data folder with both sets in every split, made of the sentences above."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "empathetic_intents").mkdir()
    (folder / "empathetic_dialogues").mkdir()
    rows = [json.dumps({"label": LABELS.index(label), "text": text}) for label, texts in SAID.items() for text in texts]
    dialogues = [
        {
            "id": f"{emotion}{i}",
            "emotion": emotion,
            "situation": f"Last week: {text}",
            "turns": [["seeker", text, emotion], ["supporter", SAID[intent][i], intent]],
        }
        for i in range(4)
        for emotion, intent in (("lonely", "questioning"), ("furious", "wishing"))
        for text in [SAID[emotion][i]]
    ]
    for split in ("train", "valid", "test"):
        (folder / "empathetic_intents" / f"{split}.jsonl").write_text("\n".join(rows))
        with lzma.open(folder / "empathetic_dialogues" / f"{split}.jsonl.xz", "wt") as out:
            out.write("\n".join(json.dumps(d) for d in dialogues))
    return folder


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("classifiers")
    assert main(["classifiers", "--data", str(data), "--out", str(out)]) == 0
    return out


def test_labels_are_told_apart_in_words_that_were_not_in_training(trained):
    classify = LabelClassifiers(Embedder(), trained)
    assert classify(["Where did he go?", "Good luck on Monday!"])[1] == ["questioning", "wishing"]
    assert classify(["I spend every weekend by myself.", "I am so mad they broke my window!"])[0] == ["lonely", "furious"]


def test_the_shipped_classifiers_know_plain_utterances():
    classify = LabelClassifiers(Embedder())
    emotions, _ = classify(["I am so lonely since everybody moved away.", "I was so jealous of my neighbour's new car."])
    assert emotions == ["lonely", "jealous"]
    _, intents = classify(["What happened then?", "Good luck with your interview!", "I'm so sorry to hear that."])
    assert intents == ["questioning", "wishing", "sympathizing"]


def test_the_measures_of_both_held_out_parts_are_written(trained):
    measured = json.loads((trained / "metrics.json").read_text())
    assert set(measured) == {"emotion", "intent"}
    assert all(len(parts) == 2 for parts in measured.values())
    assert all(0 <= m["macro_f1"] <= m["top_5"] <= 100 for parts in measured.values() for m in parts.values())


def test_weights_are_small(trained):
    assert sum(p.stat().st_size for p in trained.iterdir()) < 100_000


def test_damaged_weights_are_named(trained, tmp_path):
    (tmp_path / "labels.json").write_text((trained / "labels.json").read_text())
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="python -m training classifiers"):
        LabelClassifiers(Embedder(), tmp_path)


def test_test_texts_take_no_part_in_training(data):
    (data / "empathetic_intents" / "test.jsonl").write_text(json.dumps({"label": 23, "text": "only in test"}))
    assert ("only in test", "lonely") in held_out("emotion", data)["EmpatheticIntents test, situations"]
    assert "only in test" not in dict(training_texts("emotion", data))


def test_fit_separates_what_is_separable():
    x = np.repeat(np.eye(3, dtype=np.float32), 5, axis=0)
    y = np.repeat(np.arange(3), 5)
    weight, bias = fit(x, y, 3, 1e-5)
    assert (x @ weight + bias).argmax(1).tolist() == y.tolist()


def test_measure_by_hand():
    logits = np.array([[3.0, 1, 0], [0, 1, 3], [2, 1, 0], [0, 5, 0]])
    found = measure(logits, np.array([0, 1, 0, 1]))
    assert found["accuracy"] == 75
    assert found["top_5"] == 100
    assert found["majority"] == 50
    # F1 of the three labels met: 1, 2/3 and 0
    assert found["macro_f1"] == pytest.approx(100 * (1 + 2 / 3 + 0) / 3, abs=0.05)


def test_answers_come_with_what_was_said_before():
    turns = (("seeker", "a", "sad"), ("supporter", "b", "questioning"), ("seeker", "c", "sad"), ("supporter", "d", "wishing"))
    first, second = answers(Dialogue("x", "sad", "s", turns))
    assert (first.conversation.post, first.conversation.history, first.text, first.turns) == ("a", (), "b", 1)
    assert (second.conversation.post, second.text, second.turns) == ("c", "d", 2)
    assert second.conversation.history == (("seeker", "a"), ("supporter", "b"))
    assert second.conversation.reply == ""


def test_there_are_32_emotions_and_8_intents_and_neutral():
    assert (len(EMOTIONS), len(INTENTS)) == (32, 9)
    assert LABELS[38:] == ("questioning", "wishing", "neutral")


def test_broken_data_is_named_with_its_line(tmp_path):
    (tmp_path / "empathetic_intents").mkdir()
    (tmp_path / "empathetic_intents" / "train.jsonl").write_text('{"label": 1, "text": "a"}\n{"label": 41, "text": "b"}\n')
    with pytest.raises(DataError, match=r"train\.jsonl:2"):
        list(read_intents("train", tmp_path))
    with pytest.raises(DataError, match="missing"):
        list(read_dialogues("test", tmp_path))
