"""The batch evaluation as a user starts it: a process, a file of pairs, an output folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evaluation.__main__ import main
from evaluation.results import LANES, Lane, read_results

POSTS = ["My dog died in March.", "I failed my exam again & cried <all> night", "nobody calls me back", "work is too much"]
REPLIES = ["Get another one.", "You can retake it. It is only an exam.", "", "Same here, I hate my job too. Quit."]
FAST = ["--metrics", "empathy", "--threads", "1"]


def write_pairs(path: Path, n: int) -> Path:
    rows = [{"post": f"{POSTS[i % 4]} ({i})", "reply": REPLIES[i % 4]} for i in range(n)]
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return path


def rows(out: Path, batch: int = 4) -> list[dict]:
    """Results without the times, which differ from run to run."""
    found = list(read_results(out / "results", batch))
    for row in found:
        for system in row["systems"].values():
            del system["seconds"]
    return found


def start(*args: str, launcher: tuple[str, ...] = (), **environment: str) -> subprocess.Popen:
    env = os.environ | {"OMP_NUM_THREADS": "1"} | environment
    return subprocess.Popen(
        [sys.executable, *launcher, "-m", "evaluation", "run", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        cwd=Path(__file__).parents[2],
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An uninterrupted run of 70 pairs in batches of 4, two systems, and its input."""
    folder = tmp_path_factory.mktemp("whole")
    pairs = write_pairs(folder / "pairs.jsonl", 70)
    assert (
        main(["run", str(pairs), "--systems", "template", "unchanged", "--batch", "4", "--out", str(folder / "out"), *FAST])
        == 0
    )
    return folder / "out", pairs


def test_a_run_measures_every_pair_once_and_in_order(whole):
    found = rows(whole[0])
    assert [row["row"] for row in found] == list(range(70))
    assert found[0]["systems"]["template"]["text"] == "I'm so sorry you're going through this. Get another one."
    assert found[2]["systems"]["template"]["text"] == "I'm so sorry you're going through this."  # a draft
    assert all(row["systems"]["unchanged"]["text"] == row["reply"] for row in found)


def test_the_figures_are_those_of_the_rows(whole):
    figures = json.loads((whole[0] / "figures.json").read_text())
    found = rows(whole[0])
    gains = [sum(r["systems"]["template"]["expected"]) - sum(r["before"]["expected"]) for r in found]
    gain = figures["systems"]["template"]["gain"]
    assert gain["value"] == pytest.approx(sum(gains) / 70, abs=1e-4)
    assert gain["low"] < gain["value"] < gain["high"]
    assert gain["n"] == 70
    assert figures["systems"]["unchanged"]["gain"]["value"] == 0
    assert figures["systems"]["template"]["edit_rate"]["n"] == sum(bool(r["reply"]) for r in found)
    difference = figures["compare"][0]
    assert (difference["a"], difference["b"]) == ("template", "unchanged")
    assert difference["measures"]["gain"]["p"] < 0.01


def test_a_killed_run_goes_on_where_it_stopped(whole, tmp_path):
    args = [str(whole[1]), "--systems", "template", "unchanged", "--batch", "4", "--out", str(tmp_path / "out"), *FAST]
    process = start(*args)
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        if sum(p.read_bytes().count(b"\n") for p in tmp_path.glob("out/results/*.jsonl")) >= 8:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    # The kill may have come at a whole row; a row cut in two must be no harder.
    cut = next(tmp_path.glob("out/results/*.jsonl"))
    before = cut.read_bytes()
    cut.write_bytes(before[:-20])
    kept = {p.name: p.read_bytes() for p in tmp_path.glob("out/results/*.jsonl") if p != cut}
    assert main(["run", *args]) == 0
    assert rows(tmp_path / "out") == rows(whole[0])
    for name, content in kept.items():
        assert (tmp_path / "out" / "results" / name).read_bytes().startswith(content[: content.rfind(b"\n") + 1])


def test_two_processes_give_the_same_result(whole, tmp_path):
    args = [str(whole[1]), "--systems", "template", "unchanged", "--batch", "4", "--out", str(tmp_path / "out"), *FAST]
    # --multi_gpu is how `accelerate launch` is told to start several processes, on processors too.
    launcher = ("-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1")
    launcher += ("--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0")
    process = start(*args, launcher=launcher)
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors
    assert json.loads((tmp_path / "out" / "run.json").read_text())["sessions"][0]["processes"] == 2
    assert rows(tmp_path / "out") == rows(whole[0])
    one, two = (json.loads((out / "figures.json").read_text()) for out in (whole[0], tmp_path / "out"))
    for name in ("template", "unchanged"):
        for measures in (one["systems"][name], two["systems"][name]):
            del measures["seconds"]
        assert one["systems"][name] == two["systems"][name]


def test_broken_lines_are_reported_and_counted_or_stop_the_run(tmp_path, capsys):
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text('{"post": "a", "reply": "b"}\nnonsense\n{"post": "c", "reply": "d"}\n')
    args = ["run", str(pairs), "--systems", "unchanged", "--out", str(tmp_path / "out"), *FAST]
    assert main([*args, "--strict"]) == 2
    assert f"{pairs}:2: not JSON" in capsys.readouterr().err
    assert main(args) == 0
    assert f"{pairs}:2: not JSON" in capsys.readouterr().err
    assert json.loads((tmp_path / "out" / "run.json").read_text())["broken"]["lines"] == 1
    assert [r["line"] for r in rows(tmp_path / "out", 8)] == [1, 3]


def test_rewrites_from_a_file_are_aligned_by_row(tmp_path):
    pairs, theirs = tmp_path / "pairs.jsonl", tmp_path / "theirs.jsonl"
    pairs.write_text('{"post": "a", "reply": "b"}\nnonsense\n{"post": "c", "reply": "d"}\n')
    theirs.write_text('{"rewrite": "one"}\n{"rewrite": "two"}\n{"rewrite": "three"}\n')
    args = ["run", str(pairs), "--systems", f"file={theirs}", "--out", str(tmp_path / "out"), *FAST]
    assert main(args) == 0
    assert [r["systems"][f"file={theirs}"]["text"] for r in rows(tmp_path / "out", 8)] == ["one", "three"]
    theirs.write_text('{"rewrite": "one"}\n')
    assert main([*args[: -len(FAST) - 1], str(tmp_path / "short"), *FAST]) == 2


def test_a_folder_is_not_shared_by_two_different_runs(whole, tmp_path, capsys):
    out, pairs = whole
    other = write_pairs(tmp_path / "other.jsonl", 3)
    base = ["--batch", "4", "--out", str(out), *FAST]
    assert main(["run", str(other), "--systems", "template", "unchanged", *base]) == 2
    assert main(["run", str(pairs), "--systems", "template", *base]) == 2
    assert "choose another --out" in capsys.readouterr().err


@pytest.mark.parametrize("systems", [["nonsense"], ["lm"], ["unchanged=x"], ["unchanged", "unchanged"]])
def test_unknown_systems_are_refused(systems, tmp_path, capsys):
    pairs = write_pairs(tmp_path / "pairs.jsonl", 1)
    assert main(["run", str(pairs), "--systems", *systems, "--out", str(tmp_path / "out"), *FAST]) == 2
    assert "system" in capsys.readouterr().err


def test_a_lane_cuts_what_is_not_whole(tmp_path):
    lane = Lane(tmp_path / "00.jsonl", batch=2)
    lane.write(0, [{"n": 0}, {"n": 1}])
    lane.write(2, [{"n": 2}])
    lane.path.open("ab").write(b'{"n":')
    again = Lane(lane.path, batch=2)
    assert again.rows == 3
    again.write(2, [{"n": "new"}, {"n": 3}])
    assert [json.loads(line)["n"] for line in lane.path.read_text().splitlines()] == [0, 1, "new", 3]


def test_results_are_read_up_to_the_first_gap(tmp_path):
    for number in range(LANES):
        if number != 3:
            (tmp_path / f"{number:02d}.jsonl").write_text(f'{{"n": {number}}}\n')
    assert [row["n"] for row in read_results(tmp_path, 1)] == [0, 1, 2]
