"""A GPT-2 of one's own: tokenizer, layout of the texts, packed rows, and a real (small) training that resumes."""

from __future__ import annotations

import json
import lzma
import math
import signal
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from partner import Conversation
from partner.policy import PartnerPolicy
from partner.prompt import CONTROL_TOKENS, Budget, Layout
from tests.training.runs import stopped
from training.__main__ import main
from training.data.corpora import SOURCES, Document, read_corpus
from training.data.records import DataError
from training.pretrain import rate
from training.pretraining_rows import Stream, pack_rows
from training.pretraining_text import Encoder, documents, mechanism_of, written
from training.student import BUDGET, CONTEXT, SIZES
from training.tokenizer import END_OF_TEXT, train_tokenizer
from training.trees import IGNORE

ANSWERED = [
    ["seeker", "My cat ran away and I can't sleep."],
    ["supporter", "Oh no. That must be so worrying. I lost mine too. Where did you see her last?"],
]
TALK = [["A", "Did you see the match?"], ["B", "Only the end of it."], ["B", "What a goal!"]]


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A data folder of our own writing, every corpus with six documents."""
    folder = tmp_path_factory.mktemp("data")
    support = [{"turns": ANSWERED} for _ in range(6)]
    lines = {
        name: [{"text": f"Number {i} is a plain sentence about the weather."} for i in range(6)] for name in SOURCES["prose"]
    }
    lines |= {name: [{"turns": TALK, "n": i} for i in range(6)] for name in SOURCES["talk"]}
    lines |= {"esconv": support, "counsel_chat": support, "dreaddit": [{"text": "I feel lost since I moved."}] * 6}
    for name, rows in lines.items():
        write(folder / "corpora" / f"{name}.jsonl.xz", rows)
    turns = [[role, text, "neutral"] for role, text in ANSWERED]
    for split in ("train", "valid"):
        rows = [{"id": f"{split}{i}", "emotion": "sad", "situation": "The cat.", "turns": turns} for i in range(6)]
        write(folder / "empathetic_dialogues" / f"{split}.jsonl.xz", rows)
    return folder


def write(path: Path, rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with lzma.open(path, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps({"source": path.stem} | row) + "\n" for row in rows)


@pytest.fixture(scope="module")
def tokenizer():
    texts = [text for _, text in ANSWERED] + ["They lived in a small house by the sea."]
    return train_tokenizer(texts * 3, 420, progress=False)


def test_the_tokenizer_gives_any_text_back_and_knows_the_control_tokens(tokenizer):
    for text in (" That must be so worrying.", " naïve 🙂 ¿qué?"):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert tokenizer.decode(ids, clean_up_tokenization_spaces=False) == text
    assert len(tokenizer) <= 420
    for token in (END_OF_TEXT, *CONTROL_TOKENS):
        assert tokenizer.encode(token, add_special_tokens=False) == [tokenizer.convert_tokens_to_ids(token)]


def test_frequent_words_become_one_token(tokenizer):
    assert len(tokenizer(" worrying", add_special_tokens=False)["input_ids"]) < len(" worrying") / 2


def test_an_answer_is_laid_out_as_the_state_in_which_the_policy_writes_it(tokenizer):
    encoder = Encoder(tokenizer, Layout(tokenizer))
    document = Document("esconv", tuple((r, t) for r, t in ANSWERED))
    seen = set()
    for seed in range(8):
        (ids,) = encoder.document(document, Random(seed))
        seen.add(tokenizer.decode(ids, clean_up_tokenization_spaces=False))
    # Never the supporter's own story.
    state = "<|post|> My cat ran away and I can't sleep.<|reply|> Oh no."
    assert seen == {
        f"{state}<|here|> I lost mine too. Where did you see her last?"
        "<|insert|><|interpretation|> That must be so worrying.<|end|><|endoftext|>",
        f"{state} That must be so worrying. I lost mine too.<|here|>"
        "<|insert|><|exploration|> Where did you see her last?<|end|><|endoftext|>",
    }


def test_other_conversation_keeps_its_turns(tokenizer):
    encoder = Encoder(tokenizer, Layout(tokenizer))
    (ids,) = encoder.document(Document("meld", tuple((r, t) for r, t in TALK)), Random(0))
    text = tokenizer.decode(ids, clean_up_tokenization_spaces=False)
    assert text == ("<|seeker|> Did you see the match?<|supporter|> Only the end of it.<|supporter|> What a goal!<|endoftext|>")


def test_nothing_is_written_for_posts_with_crisis_signals():
    turns = [("seeker", "I'm going to kill myself tonight."), ("supporter", "That must be so hard.")]
    assert not list(written(turns, Random(0)))


@pytest.mark.parametrize(
    "sentence, mechanism",
    [
        ("I'm so sorry to hear that.", "emotional_reaction"),
        ("It sounds like a lot.", "interpretation"),
        ("How long has it been?", "exploration"),
        ("Drink some water.", None),
    ],
)
def test_mechanisms_that_show_on_the_face_of_a_sentence(sentence, mechanism):
    assert mechanism_of(sentence) == mechanism


def test_lines_for_classifiers_and_strong_language_are_left_out(tmp_path):
    rows = [{"text": "Good."}, {"text": "Bad.", "profane": True}, {"text": "No.", "use": "classifier only"}]
    write(tmp_path / "corpora" / "dreaddit.jsonl.xz", [*rows, {"text": "Test.", "split": "test"}])
    assert [(d.text, d.test) for d in read_corpus("dreaddit", tmp_path)] == [("Good.", False), ("Test.", True)]
    with pytest.raises(DataError, match=r"esconv\.jsonl\.xz is missing"):
        list(read_corpus("esconv", tmp_path))


def test_held_out_dialogues_are_the_validation_part(data):
    held = [d for d, out in documents("support", data) if out]
    assert len(held) == 6 and {d.source for d in held} == {"empathetic_dialogues"}


def test_documents_in_a_row_do_not_see_each_other():
    end = 0
    rows = pack_rows(np.array([[5, 6, end, 7, 8, end, 9]]), end)
    assert rows.ids.tolist() == [[5, 6, 0, 7, 8, 0]]
    assert rows.positions.tolist() == [[0, 1, 2, 0, 1, 2]]
    # The end is predicted; what follows it is another document and is not.
    assert rows.labels.tolist() == [[6, 0, IGNORE, 8, 0, IGNORE]]
    assert rows.mask()[0, 0].int().tolist() == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [0, 0, 0, 1, 0, 0],
        [0, 0, 0, 1, 1, 0],
        [0, 0, 0, 1, 1, 1],
    ]


def test_a_stream_reads_every_group_in_order_and_begins_again():
    groups = [np.arange(10, dtype=np.uint16), np.arange(100, 120, dtype=np.uint16)]
    stream = Stream(groups, [1.0, 1.0], row=4, end=999, seed=0)
    seen = stream.rows(12).ids
    first = seen[seen[:, 0] < 100]
    assert first.flatten()[:12].tolist() == [*range(10), 0, 1]
    again = Stream(groups, [1.0, 1.0], row=4, end=999, seed=0)
    assert torch.equal(again.rows(12).ids, seen)


def test_the_learning_rate_warms_up_and_falls():
    assert [rate(s, 100, 10, "linear") for s in (0, 9)] == pytest.approx([0.1, 1.0])
    assert rate(55, 100, 10, "linear") == pytest.approx(0.05 + 0.95 * 0.5)
    assert rate(55, 100, 10, "cosine") == pytest.approx(0.05 + 0.95 * 0.5)
    assert rate(100, 100, 10, "cosine") == pytest.approx(0.05)


def test_the_longest_state_fits_the_models_positions():
    b: Budget = BUDGET
    markers = b.history + 1 + b.post + 1 + b.sentences * (b.sentence + 1) + 2
    sentence = b.history + 1 + b.post + 1 + (2 * b.context + 1) * b.sentence + 2 + 2 + 64
    assert max(markers, sentence) <= CONTEXT


@pytest.mark.parametrize("name, low, high", [("14M", 13e6, 15e6), ("34M", 32e6, 36e6), ("124M", 95e6, 126e6)])
def test_sizes_are_what_they_are_called(name, low, high):
    s = SIZES[name]
    assert low < s.layers * 12 * s.width**2 + (s.vocabulary + CONTEXT) * s.width < high


def arguments(data: Path, out: Path, *more: str) -> list[str]:
    common = ["--data", str(data), "--out", str(out), "--vocabulary", "400", "--row", "64", "--rows", "2", "--threads", "1"]
    return ["pretrain", *common, "--tokens", "0.0015", "--passes", "100", "--no-bf16", *more]


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    assert main(arguments(data, out)) == 0
    return out


def test_it_learns_and_leaves_a_policy_that_writes(finished):
    log = [json.loads(line) for line in (finished / "log.jsonl").read_text().splitlines()]
    assert len(log) == 11
    assert log[0]["tokens"] == pytest.approx(math.log(448), abs=0.4)  # untrained: no idea among the vocabulary
    assert log[-1]["tokens"] < log[0]["tokens"] - 1
    assert (finished / "loss.png").stat().st_size > 1000
    report = json.loads((finished / "report.json").read_text())
    told = report["held_out"]["support"]
    assert told["perplexity"] == pytest.approx(math.exp(told["tokens"]))
    assert told["byte_perplexity"] == pytest.approx(2 ** told["bits_per_byte"])
    assert told["byte_perplexity"] < told["perplexity"]
    policy = PartnerPolicy.load(finished / "policy", torch.float32)
    places, log_probs = policy.where(Conversation("I lost my job."), ["Ok."])
    assert log_probs.exp().sum() == pytest.approx(1, abs=1e-4)
    assert policy.log_prob(Conversation("I lost my job."), ["Ok."], places[0], "That must hurt.").isfinite()


def test_a_killed_run_resumes_to_the_same_weights(data, finished, tmp_path):
    stopped(arguments(data, tmp_path), tmp_path, signal.SIGKILL, leaves="policy")
    assert main(arguments(data, tmp_path)) == 0
    resumed, whole = (load_file(f / "policy" / "model-00001-of-00001.safetensors") for f in (tmp_path, finished))
    assert all(torch.equal(resumed[name], whole[name]) for name in whole if name.startswith("backbone"))
    steps = [[json.loads(line)["step"] for line in (f / "log.jsonl").read_text().splitlines()] for f in (tmp_path, finished)]
    assert steps[0] == steps[1], "a step made again stands in the log once"


def test_too_little_text_says_what_to_do(data, tmp_path, capsys):
    assert main(arguments(data, tmp_path, "--tokens", "0.00001")) == 2
    assert "train for longer" in capsys.readouterr().err
