"""`python -m training offline`: reading the page's export, a run that stops and resumes, bad input."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from partner.policy import PartnerPolicy
from partner.prompt import Place
from partner.types import Conversation
from tests import tiny
from tests.training.runs import two_processes
from training.__main__ import main
from training.algorithms.offline import Offline
from training.data.feedback import read_feedback
from training.data.records import DataError, held_out
from training.offline import Run, Trainer, read_log
from ui.store import Record, Store

POST = "My dog died in March and the flat is quiet."


def record(number: int, action: str, **more) -> Record:
    suggestion = {
        "op": "insert",
        "at": 1,
        "text": "What was he like?",
        "mechanism": "exploration",
        "scores": None,
        "reason": "",
    }
    post = more.pop("post", POST)
    return Record(f"r{number}", "s", post, "Ok. Call me.", suggestion | more.pop("suggestion", {}), action, **more)


def export(folder: Path, records: list[Record]) -> Path:
    """What the page exports after these decisions."""
    store = Store(f"sqlite:///{folder / 'feedback.sqlite3'}", "test")
    supporter = store.agree()
    store.save(supporter, records)
    path = folder / "feedback.jsonl"
    path.write_text("".join(store.export(supporter)), encoding="utf-8")
    return path


def test_feedback_is_read_as_the_page_exports_it(tmp_path):
    crisis = "I want to kill myself tonight."
    path = export(
        tmp_path,
        [
            record(1, "accepted"),
            record(2, "rejected", suggestion={"text": "Cheer up."}),
            record(3, "undone", of="r2", suggestion={"text": "Cheer up."}),
            record(4, "edited", edited="What was your dog like?"),
            record(5, "flagged", flag="harmful", suggestion={"text": "Get another dog."}),
            record(6, "accepted", suggestion={"op": "delete", "text": "", "mechanism": None}),
            record(7, "accepted", post=crisis),
        ],
    )
    found = read_feedback([path, path], lambda c: c.post == crisis)
    assert [(e.text, e.reward) for e in found] == [
        ("What was he like?", 1.0),
        ("What was he like?", pytest.approx(2 * (2 * 3 / 9) - 1)),  # what, was and like? are kept of 4 and 5 words
        ("What was your dog like?", 1.0),
        ("Get another dog.", -1.0),
    ]
    assert found[0].place == Place("insert", 1, "exploration") and found[0].sentences == ("Ok.", "Call me.")
    assert read_log([path]) == [(e,) for e in found], "the detector knows the crisis post too"


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("start")
    tiny.policy("gpt2").save(folder)
    return folder


def arguments(log: Path, start: Path, out: Path, *more: str) -> list[str]:
    sizes = ["--steps", "6", "--row", "300", "--rows", "1", "--learning-rate", "1e-3", "--threads", "1", "--no-bf16"]
    return ["offline", "--log", str(log), "--policy", str(start), "--out", str(out), *sizes, *more]


def decisions(folder: Path) -> Path:
    posts = [f"{POST} It was the {n}th." for n in range(4, 16)]
    texts = {"accepted": "What was he like?", "rejected": "Cheer up, it is only a dog."}
    pairs = [(post, action) for post in posts for action in texts]
    return export(folder, [record(n, a, post=p, suggestion={"text": texts[a]}) for n, (p, a) in enumerate(pairs)])


def test_a_run_learns_from_the_export_stops_and_resumes_to_the_same_weights(start, tmp_path):
    path = decisions(tmp_path)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert main(arguments(path, start, whole)) == 0
    assert json.loads((whole / "config.json").read_text())["psi"] is True
    lines = [json.loads(line) for line in (whole / "log.jsonl").read_text().splitlines()]
    assert len(lines) == 6 and lines[-1]["kl"] > 0

    config, setting = Offline(learning_rate=1e-3), Run(str(start), (str(path),), {}, {}, 6, 300, 1)
    stopped = Trainer(config, setting, read_log([path]), cut, autocast=False)
    batch = stopped.batch

    def interrupted(step: int):
        if step == 2:
            signal.raise_signal(signal.SIGINT)
        return batch(step)

    stopped.batch = interrupted
    assert stopped.train() is False and not (cut / "policy").exists()
    assert main(arguments(path, start, cut)) == 0
    a, b = (load_file(next((f / "policy").glob("model-*.safetensors"))) for f in (whole, cut))
    assert all(torch.allclose(a[name], b[name], atol=1e-6) for name in a)
    assert PartnerPolicy.load(cut / "policy", torch.float32).where(Conversation(POST), ["Ok."])[1].isfinite().all()


def test_two_processes_make_the_update_of_one(start, tmp_path):
    path = decisions(tmp_path)
    more = ("--steps", "1")
    two_processes([arguments(path, start, tmp_path / "two", *more)], tmp_path)
    assert main(arguments(path, start, tmp_path / "one", "--rows", "2", *more)) == 0
    logs = [json.loads((tmp_path / n / "log.jsonl").read_text()) for n in ("one", "two")]
    assert (tmp_path / "two" / "log.1.jsonl").is_file(), "there was a second process"
    assert logs[1] == pytest.approx(logs[0], rel=1e-3, abs=1e-5)
    folders = (tmp_path / "one" / "policy", tmp_path / "two" / "policy")
    one, two = (load_file(next(folder.glob("model-*.safetensors"))) for folder in folders)
    # Adam's first step is a sign: where the gradient is nothing but rounding, as for places, it may go either way.
    other = [((two[name] - value).abs() > 2e-5).float() for name, value in one.items() if name.startswith("backbone")]
    assert sum(x.sum() for x in other) / sum(x.numel() for x in other) < 0.02


def test_errors_say_what_to_do(start, tmp_path, capsys):
    path = decisions(tmp_path)
    other = tmp_path / "other"
    tiny.TEXTS.append("quite another tokenizer, with other words in it")
    try:
        tiny.policy("gpt2").save(other)
    finally:
        tiny.TEXTS.pop()
    talk = tmp_path / "talk.csv"
    talk.write_text(f"conversation,role,text\n1,seeker,{POST}\n1,supporter,I am sorry.\n1,seeker,Thank you.\n")
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    cases = [
        (arguments(path, start, tmp_path / "a", "--prior", str(other)), "another tokenizer"),
        (arguments(talk, start, tmp_path / "b"), "no reward chosen"),
        (arguments(talk, start, tmp_path / "c", "--reward", "rating=1"), "no column reward_rating"),
        (arguments(empty, start, tmp_path / "d"), "export feedback from the page"),
        (arguments(tmp_path / "none.jsonl", start, tmp_path / "e"), "cannot be read"),
        (arguments(path, start, tmp_path / "f", "--reward", "rating=1"), "brings its own reward"),
        (arguments(path, start, tmp_path / "g", "--kl", "full", "--psi"), "twice"),
        (arguments(talk, start, tmp_path / "h", "--reward", "question=x"), "is a number"),
    ]
    for command, message in cases:
        assert main(command) == 2
        assert message in capsys.readouterr().err


def test_one_post_in_ten_is_held_out():
    posts = [f"{POST} {n}" for n in range(400)]
    assert 20 < sum(map(held_out, posts)) < 60


def test_bad_lines_are_named(tmp_path):
    path = tmp_path / "bad.jsonl"
    good = json.loads(export(tmp_path, [record(1, "accepted")]).read_text())
    for wrong in (
        {"action": "liked"},
        {"suggestion": good["suggestion"] | {"mechanism": "joy"}},
        {"post": 3},
        {"action": "edited"},
    ):
        path.write_text(json.dumps(good) + "\n" + json.dumps(good | {"id": "r2"} | wrong) + "\n")
        with pytest.raises(DataError, match=r"bad\.jsonl:2"):
            read_feedback([path])
