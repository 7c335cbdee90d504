"""Training of the quality classifier: what it learns from, the packed model, and a whole small run."""

from __future__ import annotations

import argparse
import json
import lzma
import random

import numpy as np
import pytest
import torch

from partner.encoder import PairTokenizer
from partner.facts import foreign_facts
from partner.models import assets_dir
from partner.quality import QualityClassifier, pack, pad_packed
from partner.types import Conversation
from training import embedder, quality
from training.data.edits import read_edits
from training.data.judged import MORE, read_judged, with_judged
from training.data.records import DataError
from training.minilm import load_minilm
from training.quality_items import Neighbours, Sampler, judged_rows
from training.quality_negatives import (
    borrow_fact,
    change_fact,
    cut_off,
    echo,
    flip_negation,
    reverse_roles,
    scramble,
    splice,
    swap_person,
)

POST = "My mother left on Tuesday and took the dog. I cried for three hours."
GOOD = "Three hours of crying after your mother left must have worn you out."


def test_spoiled_sentences_differ_in_what_they_say() -> None:
    rng = random.Random(0)
    other = "My landlord raised the rent again and the heating is broken."
    for _ in range(60):
        changed = change_fact(GOOD, POST, rng)
        assert changed != GOOD and len(set(changed.split()) - set(GOOD.split())) == 1
        assert not set(change_fact("He shouted at you on Tuesday.", POST, rng).lower().split()) & {"mother"}
        borrowed = set(borrow_fact(GOOD, POST, other, rng).lower().strip(".").split()) - set(GOOD.lower().strip(".").split())
        assert len(borrowed) == 1 and borrowed <= set(other.lower().replace(".", "").split())
        assert {"I", "my"} & set(swap_person("You lost your job.", rng).replace("My", "my").split())
        assert len(cut_off(GOOD, rng).split()) < len(GOOD.split())
        assert scramble(GOOD, rng) != GOOD
        assert echo(POST, rng).lower().strip("so ") not in ("", None)
    assert reverse_roles("He shouted at you.", rng) == "You shouted at him."
    assert reverse_roles("Losing it must hurt.", rng) is None
    assert flip_negation("It makes sense that you can't sleep.", rng) == "It makes sense that you can sleep."
    half = splice("one two three four five six", "seven eight nine ten eleven twelve", rng).split()
    assert half[0] == "one" and half[-1] == "twelve"


def test_foreign_facts() -> None:
    exam = "I failed my exam and my mother is angry."
    assert foreign_facts(GOOD, POST, exam)  # hours
    assert not foreign_facts("That must have hurt so much.", POST, exam)
    assert foreign_facts("Is she coming back?", POST, "I can't sleep.")
    assert not foreign_facts("Was your mother angry because of the exam?", exam, exam)


def test_rows_never_lend_from_held_out_records() -> None:
    train, dev = list(read_edits("train"))[:80], list(read_edits("dev"))[:10]
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(90, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    sampler = Sampler(train, Neighbours.of(vectors[:80], vectors[:80], 12, same=True), train, seed=1)
    held_out = (
        {e.text for r in dev for e in r.edits} | {t for r in dev for t, _, _ in r.more} | {t for r in dev for t, _ in r.bad}
    )
    for n in range(80):
        row = sampler.quality_row(n)
        own = {e.text for e in train[n].edits} | {t for t, _, _ in train[n].more}
        assert {i.text for i in row.items if i.kind == "good"} <= own
        assert not {i.text for i in row.items} & held_out
        assert {t for t, _ in train[n].bad} <= {i.text for i in row.items}
        assert all(0 <= i.label <= 1 and i.text.strip() for i in row.items)
        assert any(i.label == 0 for i in row.items) and any(i.label > 0.8 for i in row.items)
        place = sampler.coherence_row(n)
        if place:
            assert place.context.count("[MASK]") == 1 and place.items[0].text not in place.context
    assert not (sampler.near.order == np.arange(80)[:, None]).any()


def test_packed_sentences_do_not_see_each_other() -> None:
    torch.manual_seed(0)
    bert, raw = load_minilm()
    model = quality.QualityModel(bert).eval()
    tokenizer = PairTokenizer(raw, max_tokens=48)
    context, *sentences = (e.ids for e in tokenizer.encode([POST, GOOD, "How are you now?", "It will pass."]))

    def logits(rows):
        with torch.no_grad():
            out = model(**{k: torch.from_numpy(v) for k, v in pad_packed(tokenizer, rows).items()})
        return [[out[n, a:b] for a, b in row.spans] for n, row in enumerate(rows)]

    together, alone = logits([pack(tokenizer, context, sentences), pack(tokenizer, context, sentences[1:2])])
    assert torch.allclose(together[1], alone[0], atol=1e-5)
    assert not torch.allclose(together[1], logits([pack(tokenizer, sentences[2], sentences[1:2])])[0][0], atol=1e-3)


def test_plain_masks_make_it_an_ordinary_bert() -> None:
    bert, raw = load_minilm()
    model = quality.QualityModel(bert).eval()
    tokenizer = PairTokenizer(raw)
    batch = {k: torch.from_numpy(v) for k, v in tokenizer.pad_batch(tokenizer([(POST, GOOD), ("Hi.", "Hello.")])).items()}
    with torch.no_grad():
        expected = model.heads(bert(**batch).last_hidden_state)
        got = model(**batch)
    seen = batch["attention_mask"].bool()
    assert torch.allclose(got[seen], expected[seen], atol=1e-4)


def test_judged_sentences_are_read_and_split_by_post(tmp_path) -> None:
    train, dev = judged_rows(read_judged("train")), judged_rows(read_judged("dev"))
    assert not {r.context for r in train} & {r.context for r in dev}
    assert 0.02 < len(dev) / (len(train) + len(dev)) < 0.15
    items = [i for r in [*train, *dev] for i in r.items]
    assert len(items) > 10_000 and {i.label for i in items if i.kind == "good"} == {1.0}
    record = {"id": "G-1", "seeker": POST, "response": ["Ok."], "levels": {}, "edits": [], "more": {}}
    (tmp_path / "g_one.jsonl").write_text(json.dumps(record))
    (tmp_path / "negatives.jsonl").write_text("")
    for broken in (
        {"id": "X-1", "round": 1, "read": []},
        {"id": "G-1", "round": 1, "read": [["IP", "policy", "fine", "s"]]},
        {"id": "G-1", "round": 1, "read": [["XX", "policy", "right", "s"]]},
        {"id": "G-1", "read": [["IP", "policy", "right", "s"]]},
    ):
        (tmp_path / "judged.jsonl.xz").write_bytes(lzma.compress(json.dumps(broken).encode()))
        with pytest.raises(DataError, match=r"judged\.jsonl\.xz:1"):
            list(read_judged("train", tmp_path))
    row = {"id": "G-1", "round": 1, "read": [["IP", "policy", "right", GOOD]]}
    (tmp_path / "judged.jsonl.xz").write_bytes(lzma.compress(json.dumps(row).encode()))
    later = {**row, "round": 8, "read": [["EX", "stock", "generic", "How are you?", "insert", 1]]}
    (tmp_path / MORE).write_bytes(lzma.compress(json.dumps(later).encode()))
    both = [j for part in ("train", "dev") for j in read_judged(part, tmp_path)]
    assert [(j.sentence, j.round, j.place and j.place.at) for j in both] == [(GOOD, 1, None), ("How are you?", 8, 1)]
    (tmp_path / "judged.jsonl.xz").unlink()
    with pytest.raises(DataError, match="is missing"):
        list(read_judged("train", tmp_path))


def _options(module, words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return parser.parse_args(words)


def test_a_small_run_learns_and_can_be_loaded(tmp_path, capsys) -> None:
    words = [
        "--out",
        str(tmp_path),
        "--embedder",
        str(assets_dir() / "embedder"),
        "--authored-only",
        "--limit",
        "8",
        "--epochs",
        "1",
        "--no-bf16",
    ]
    assert quality.run(_options(quality, words)) == 0
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["int8"]["quality"]["good_count"] > 30 and 0 <= metrics["int8"]["quality"]["auc"] <= 1
    assert abs(metrics["int8"]["quality"]["auc"] - metrics["fp32"]["quality"]["auc"]) < 0.1
    assert json.loads(capsys.readouterr().out) == metrics["int8"]
    read = metrics["int8"]["judged"]
    assert read["all"]["count"] == sum(read[source]["count"] for source in read if source != "all") > 30
    assert "same as the code" in (tmp_path / "README.md").read_text()
    assert not (tmp_path / "checkpoint").exists()
    scores = QualityClassifier(tmp_path).quality(Conversation(POST), [GOOD, "How are you?"])
    assert scores.shape == (2,) and scores.min() > 0 and scores.max() < 1


def test_a_stopped_run_goes_on_where_it_was(tmp_path, monkeypatch) -> None:
    records = list(read_edits("train"))[:16]
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(16, 8))
    near = Neighbours.of(vectors, vectors, 12, same=True)
    args = _options(quality, ["--epochs", "1", "--authored", "1", "--save-seconds", "0", "--no-bf16"])

    def learn(checkpoint):
        return quality.train(args, Sampler(records, near, records, 0), None, [], checkpoint)[0].state_dict()

    whole = learn(tmp_path / "whole")
    honest, calls = quality.row_loss, iter(range(9))

    def stops(*inputs):
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return honest(*inputs)

    monkeypatch.setattr(quality, "row_loss", stops)
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path / "cut")
    monkeypatch.setattr(quality, "row_loss", honest)
    assert json.loads((tmp_path / "cut" / "state.json").read_text())["done"] == 2
    resumed = learn(tmp_path / "cut")
    start = quality.QualityModel(load_minilm()[0]).state_dict()
    for name, value in whole.items():
        assert torch.allclose(value, resumed[name], atol=1e-5), name
    assert not torch.allclose(whole["layers.5.output.dense.weight"], start["layers.5.output.dense.weight"], atol=1e-5)


def test_embedder_run_indexes_the_training_posts_only(tmp_path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    lines = (assets_dir() / "corpus" / "g_plain_common.jsonl").read_text().splitlines()[:30]
    (corpus / "g_plain_common.jsonl").write_text("\n".join(lines))
    (corpus / "negatives.jsonl").write_text("")
    simple = (assets_dir() / "corpus" / "simple.jsonl").read_text().splitlines()[:20]
    (corpus / "simple.jsonl").write_text("\n".join(simple))
    out = tmp_path / "embedder"
    assert embedder.run(_options(embedder, ["--out", str(out), "--corpus", str(corpus)])) == 0
    from partner.retrieval import Retriever

    retriever = Retriever(out, corpus)
    held_out = {json.loads(line)["id"] for line in lines[27:]}
    assert 20 <= len(retriever.records) <= 27 and not {r.id for r in retriever.records} & held_out


def test_the_policy_learns_from_the_readings_that_made_it_better_only(tmp_path) -> None:
    record = {"id": "G-1", "seeker": POST, "response": ["Ok."], "levels": {}, "edits": [], "more": {}}
    (tmp_path / "g_one.jsonl").write_text(json.dumps(record))
    (tmp_path / "negatives.jsonl").write_text("")
    rows = [
        {"id": "G-1", "round": 1, "read": [["ER", "policy", "right", GOOD], ["EX", "policy", "wrong_fact", "Where is she?"]]},
        {"id": "G-1", "round": 3, "read": [["ER", "policy", "right", "I feel for you.", "insert", 0]]},
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "judged.jsonl.xz").write_bytes(lzma.compress(lines.encode()))
    (found,) = with_judged(list(read_edits("all", folder=tmp_path)), tmp_path)
    assert found.more == ((GOOD, "emotional_reaction", 2),) and found.bad == (("Where is she?", "wrong_fact"),)
