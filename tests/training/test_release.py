"""From data to weights: inputs packed, steps sized, passed over when finished, and stopped when one fails."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from partner.guards import refuse
from partner.types import Conversation
from training.__main__ import main
from training.data.records import DataError
from training.prepare import MANIFEST, pack, wanted
from training.pretraining_text import teacher_sentences
from training.release import Release, Step, rl_updates, run_step, steps, warm_start_steps
from training.teacher_text import Post, Teacher, Writing, finished, read_posts


@pytest.fixture
def data(tmp_path) -> Path:
    folder = tmp_path / "data"
    for name in wanted():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def test_inputs_are_packed_whole_and_checked(data, tmp_path, capsys):
    out = tmp_path / "packed"
    command = ["prepare", "--data", str(data), "--out", str(out)]
    assert main(command) == 0
    assert set(json.loads((out / MANIFEST).read_text())) == set(wanted())
    assert (out / "epitome/train.jsonl").read_bytes() == b"epitome/train.jsonl"
    assert main(command) == 0 and "is complete" in capsys.readouterr().out
    (out / "epitome/train.jsonl").write_bytes(b"altered")
    assert main(command) == 2 and "altered" in capsys.readouterr().err


def test_text_for_classifiers_only_is_not_an_input():
    assert not [name for name in wanted() if "sdcnl" in name or "test.jsonl" in name]


def test_inputs_that_are_too_large_or_missing_are_refused(data, tmp_path):
    with pytest.raises(DataError, match="take fewer"):
        pack(data, tmp_path / "packed", most=100)
    (data / "epitome/dev.jsonl").unlink()
    with pytest.raises(DataError, match=r"epitome/dev\.jsonl is missing"):
        pack(data, tmp_path / "packed")
    assert not (tmp_path / "packed" / MANIFEST).exists()


def test_steps_follow_from_the_speed_that_was_measured():
    # Ten minutes at nine tenths of 25,600 tokens a second, 2,560 a step.
    assert warm_start_steps(10, 25_600) == 10 * 60 * 9
    log = [{"rollouts": 90.0, "update": 1.0}, {"rollouts": 4.0, "update": 1.0}, {"rollouts": 6.0, "update": 1.0}]
    assert rl_updates(2, log) == 20  # six seconds each; the first, which loads everything, does not count
    assert rl_updates(0.01, log) == 3


def test_every_step_begins_from_what_the_one_before_left(tmp_path):
    args = SimpleNamespace(out=tmp_path, data=None, teacher_text=None, limit=None)
    made = {step.name: step for step in steps(Release(minutes=100), args)}
    assert list(made) == ["prepare", "teacher-text", "pretrain", "warm-start", "rl-trial", "rl"]
    assert str(made["teacher-text"].leaves) in made["pretrain"].command()
    (tmp_path / "pretrain").mkdir()
    (tmp_path / "pretrain" / "report.json").write_text('{"tokens_per_second": 1000}')
    assert str(made["pretrain"].leaves.parent) in made["warm-start"].command()
    assert str(made["warm-start"].leaves.parent) in made["rl-trial"].command()


def test_sentences_written_before_take_the_place_of_the_teachers_step(tmp_path):
    args = SimpleNamespace(out=tmp_path, data=None, teacher_text=Path("written.jsonl"), limit=None)
    made = {step.name: step for step in steps(Release(minutes=100), args)}
    assert "teacher-text" not in made and "written.jsonl" in made["prepare"].command()
    command = made["pretrain"].command()
    assert float(command[command.index("--minutes") + 1]) == pytest.approx(65)


def test_a_finished_step_is_passed_over_and_a_failed_one_stops_the_release(data, tmp_path, capfd):
    out = tmp_path / "release"
    out.mkdir()
    calls = []

    def command() -> list[str]:
        calls.append(1)
        return ["prepare", "--data", str(data), "--out", str(out / "data")]

    step = Step("prepare", command, out / "data" / MANIFEST)
    run_step(step, out)
    run_step(step, out)
    assert len(calls) == 1
    assert json.loads((out / "finished.json").read_text())["prepare"]["command"][0] == "prepare"
    (out / "data" / MANIFEST).unlink()
    (data / "epitome/dev.jsonl").unlink()
    with pytest.raises(DataError, match="the step prepare failed"):
        run_step(step, out)
    assert "is missing" in capfd.readouterr().err


def test_a_release_does_not_go_on_with_other_options(tmp_path, capsys):
    (tmp_path / "config.json").write_text("{}")
    assert main(["release", "--out", str(tmp_path)]) == 2
    assert "other options" in capsys.readouterr().err


def test_the_teacher_writes_only_what_passes_and_nothing_in_a_crisis(tmp_path):
    teacher = Teacher(Writing(places=3, samples=6, trust=0.2, gain=0.1))
    text = "I failed my driving test for the third time today and my brother laughed at me in front of everyone."
    sentences, found = teacher.write(Post("a", text))
    assert not sentences and found
    assert all(at == 0 and trust >= 0.2 and refuse(Conversation(text), said) is None for at, _, said, trust in found)
    assert teacher.write(Post("b", "I want to die and I have the pills here."))[1] == []
    rows = [{"id": "a", "post": text, "sentences": sentences, "written": found}]
    file = tmp_path / "sentences.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [w.text for w in teacher_sentences(file)] == [said for _, _, said, _ in found]


def test_a_line_cut_short_by_a_kill_is_written_again(tmp_path):
    file = tmp_path / "sentences.jsonl"
    file.write_text('{"id": "a", "written": []}\n{"id": "b", "wri')
    assert finished(file) == {"a"}
    assert file.read_text() == '{"id": "a", "written": []}\n'
    file.write_text("not json\n")
    with pytest.raises(DataError, match="move it away"):
        finished(file)


def test_posts_are_told_by_people_about_themselves(tmp_path):
    (tmp_path / "epitome").mkdir()
    posts = ["I have not slept since my dog ran away on Monday.", "Dogs run away all the time, it is in the news."]
    none = {"ER": 0, "IP": 0, "EX": 0}
    rows = [
        {
            "sp_id": str(i),
            "rp_id": "0",
            "seeker": post,
            "response": "Ok.",
            "levels": none,
            "rationales": {key: [] for key in none},
        }
        for i, post in enumerate([*posts, posts[0]])
    ]
    (tmp_path / "epitome" / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert list(read_posts(tmp_path, ["epitome"])) == [Post("epitome/0_0", posts[0], "Ok.")]
