"""Training of the empathy scorer: reading EPITOME, putting examples together, a small real run."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest
import torch

import training.scorer as scorer
from partner.empathy import EmpathyScorer, windows
from partner.encoder import PairTokenizer
from partner.types import MECHANISMS, Conversation
from training.__main__ import main
from training.data.edits import read_edits
from training.data.epitome import read_epitome
from training.data.records import DataError, Record
from training.minilm import load_minilm
from training.scorer_items import UNKNOWN, AuthoredSampler, epitome_item, window_item
from training.scorer_metrics import judge_authored, judge_baselines, macro_f1

REPLIES = [
    ("I'm so sorry you lost the job.", (2, 0, 0)),
    ("Did they say why they let you go?", (0, 0, 2)),
    ("You must feel like the floor has gone.", (0, 2, 0)),
    ("Update your CV and apply elsewhere.", (0, 0, 0)),
    ("Take the bus to the office tomorrow.", (0, 0, 0)),
    ("That sucks.", (1, 0, 0)),
    ("I understand.", (0, 1, 0)),
    ("What happened?", (0, 0, 1)),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with eight pairs written for this test in EPITOME's format."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "epitome").mkdir()
    rows = []
    for n, (reply, levels) in enumerate(REPLIES):
        rows.append(
            {
                "sp_id": f"s{n}",
                "rp_id": f"r{n}",
                "seeker": "They let me go on Friday after nine years.",
                "response": reply,
                "levels": dict(zip(("ER", "IP", "EX"), levels, strict=True)),
                "rationales": {k: [reply] if level else [] for k, level in zip(("ER", "IP", "EX"), levels, strict=True)},
            }
        )
    for split in ("train", "dev"):
        (folder / "epitome" / f"{split}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def tokenizer():
    return PairTokenizer(load_minilm()[1])


def test_records_keep_levels_and_rationales(data):
    records = list(read_epitome("train", data))
    assert [tuple(r.levels[m] for m in MECHANISMS) for r in records] == [levels for _, levels in REPLIES]
    assert records[0].rationales["emotional_reaction"] == (REPLIES[0][0],)
    assert records[3].rationales["exploration"] == ()


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[]",
        '{"sp_id": "a"}',
        '{"sp_id":"a","rp_id":"b","seeker":"x","response":"y","levels":{"ER":3,"IP":0,"EX":0},"rationales":{"ER":[],"IP":[],"EX":[]}}',
        '{"sp_id":"a","rp_id":"b","seeker":"x","response":"y","levels":{"ER":1,"IP":0,"EX":0},"rationales":{"ER":["z"],"IP":[],"EX":[]}}',
    ],
)
def test_a_bad_line_is_named(tmp_path, data, line):
    (tmp_path / "epitome").mkdir()
    good = (data / "epitome" / "dev.jsonl").read_text().splitlines()[0]
    (tmp_path / "epitome" / "dev.jsonl").write_text(f"{good}\n{line}\n")
    with pytest.raises(DataError, match=r"dev\.jsonl:2"):
        list(read_epitome("dev", tmp_path))


def test_missing_data_says_what_is_needed(tmp_path):
    with pytest.raises(DataError, match="EPITOME"):
        list(read_epitome("train", tmp_path))


def test_authored_items_follow_their_records():
    records = list(read_edits("train"))
    sampler = AuthoredSampler(records, 0.5)
    items = sampler.draw(600, random.Random(0))
    drafts = {r.conversation.post: r for r in records}
    wrong = {s for r in records for s, kind in r.bad if kind == "wrong_fact"}
    strong = {(r.id, s, m) for r in records for s, m, level in r.more if level == 2}
    seen = Counter()
    for item in items:
        record = drafts[item.post]
        assert not any(s in item.reply for s in wrong)
        for m, (name, level, spans) in enumerate(zip(MECHANISMS, item.levels, item.spans, strict=True)):
            if all(s in item.reply for s in record.sentences) and level != UNKNOWN:
                assert level >= record.levels.get(name, 0)
            for a, b in spans or ():
                assert item.reply[a:b].strip() == item.reply[a:b] != ""
                if (record.id, item.reply[a:b], name) in strong:
                    assert item.levels[m] == 2
                    seen[name] += 1
    assert min(seen[m] for m in MECHANISMS) > 20
    assert sampler.draw(50, random.Random(7)) == sampler.draw(50, random.Random(7))


def test_a_window_of_a_long_reply_has_a_level_only_with_its_rationale(tokenizer):
    reply = "Take the bus to work. " * 60 + "I'm so sorry."
    record = Record(
        "x",
        Conversation("They let me go.", reply),
        levels={"emotional_reaction": 2, "interpretation": 0, "exploration": 1},
        rationales={"emotional_reaction": ("I'm so sorry.",), "interpretation": (), "exploration": ()},
    )
    item = epitome_item(record)
    assert len(windows(tokenizer, [(item.post, item.reply)])[0]) > 2
    drawn = [window_item(item, tokenizer, random.Random(n)) for n in range(20)]
    assert {d.levels[0] for d in drawn} == {0, 2}
    for d in drawn:
        assert (d.levels[0] == 2) == ("sorry" in d.reply)
        assert [d.reply[a:b] for a, b in d.spans[0]] == (["I'm so sorry."] if d.levels[0] else [])
        assert d.levels[1] == 0 and d.levels[2] == UNKNOWN, "without a rationale nobody knows which window has the level"


def test_metrics_match_hand_counts(data):
    assert macro_f1([0, 0, 1, 2], [0, 0, 1, 2]) == 1
    assert macro_f1([0, 0, 0, 1], [0, 0, 0, 0]) == pytest.approx((6 / 7) / 3)
    records = list(read_epitome("train", data))
    majority = judge_baselines(records, records)["majority"]
    assert majority["exploration"]["accuracy"] == 75.0


def test_the_authored_judge_tells_a_seeing_scorer_from_a_blind_one():
    from partner.types import Empathy, MechanismScore

    records = list(read_edits("dev"))[:30]
    kind = {s: (m, level) for r in records for s, m, level in r.more}
    by_post = {r.conversation.post: r.levels for r in records}

    def level(value):
        return MechanismScore(tuple(float(i == value) for i in range(3)))

    def seeing(pairs):
        out = []
        for post, reply in pairs:
            found = dict(by_post[post])
            for sentence, (m, value) in kind.items():
                if reply.endswith(sentence):
                    found[m] = max(found[m], value)
            out.append(Empathy(*(level(found[m]) for m in MECHANISMS)))
        return out

    good = judge_authored(seeing, records)
    blind = judge_authored(lambda pairs: [Empathy(*[level(0)] * 3) for _ in pairs], records)
    for m in MECHANISMS:
        assert good[m]["strong_rises"] == good[m]["strong_is_2"] == 100
        assert blind[m]["strong_rises"] == blind[m]["strong_is_2"] == 0
        assert set(good[m]["turns_on"].values()) == {0}


def test_a_small_run_learns_and_its_output_loads(tmp_path, data, capsys):
    out = tmp_path / "run"
    options = ["--epochs", "12", "--batch-size", "4", "--limit", "8", "--authored", "4", "--threads", "1", "--no-bf16"]
    assert main(["scorer", "--out", str(out), "--data", str(data), "--encoder-lr", "2e-4", *options]) == 0
    metrics = json.loads((out / "metrics.json").read_text())
    assert json.loads(capsys.readouterr().out) == metrics
    assert metrics["config"]["epochs"] == 12
    learned = metrics["epitome_dev"]["scorer_fp32"]
    for m in MECHANISMS:  # eight pairs seen twelve times are learned by heart
        assert learned[m]["accuracy"] > metrics["epitome_dev"]["majority"][m]["accuracy"]
    pair = ("They let me go on Friday after nine years.", REPLIES[1][0])
    (empathy,), (exact,) = (EmpathyScorer(folder, threads=1).score([pair]) for folder in (out, out / "fp32"))
    assert empathy.exploration.expected > empathy.emotional_reaction.expected
    assert empathy.exploration.expected == pytest.approx(exact.exploration.expected, abs=0.05)
    assert json.loads((out / "encoder.json").read_text())["words"], "word embeddings do not learn: the shared copy serves"
    assert (out / "model.onnx").stat().st_size < 13e6


def test_a_stopped_run_goes_on_to_the_same_weights(tmp_path, data, monkeypatch):
    config = scorer.Config(epochs=2, batch_size=4, limit=4, authored=(4, 6))
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    expected, _ = scorer.train(config, whole, data)

    cut, calls = scorer.batches, []

    def stop_in_second_epoch(*args):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return cut(*args)

    monkeypatch.setattr(scorer, "batches", stop_in_second_epoch)
    with pytest.raises(KeyboardInterrupt):
        scorer.train(config, parts, data)
    monkeypatch.setattr(scorer, "batches", cut)
    resumed, _ = scorer.train(config, parts, data)
    for (name, a), b in zip(expected.state_dict().items(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    with pytest.raises(DataError, match="other settings"):
        scorer.train(scorer.Config(epochs=3), parts, data)
