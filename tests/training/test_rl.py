"""Real (small) runs of `rl`: they learn, resume after a kill, and split over processes without a difference."""

from __future__ import annotations

import json
import resource
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from partner import Conversation
from partner.__main__ import main as partner
from partner.policy import PartnerPolicy
from partner.prompt import Place
from tests import tiny
from tests.training.runs import stopped, two_processes
from training import checkpoint, options
from training.__main__ import main
from training.data.records import DataError
from training.rewards import Rewrite, Step
from training.rl import Run, settings_of
from training.rl_report import Judged, figures, interval, write_report
from training.rl_run import freeze

POSTS = [
    "I failed my exam again and my parents are not talking to me.",
    "She left me in May.",
    "My dog is old and I do not know how long he has.",
    "Nobody called me back after the interview.",
    "I moved here and I know nobody.",
    "The new boss shouts at me.",
    "My sister is ill.",
    "I cannot sleep since the move.",
    "They laughed at my drawing.",
    "We had to sell the house that I grew up in.",
]


def short_spoken(seed: int = 0) -> PartnerPolicy:
    """A random GPT-2 whose end token is as likely as all others together, so that its sentences are short."""
    policy = tiny.policy("gpt2", seed)
    with torch.no_grad():
        policy.backbone.transformer.ln_f.bias.fill_(0.5)
        policy.backbone.get_input_embeddings().weight[policy.layout.id["<|end|>"]] += 0.16
    return policy


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """A policy and a corpus of a few drafts."""
    folder = tmp_path_factory.mktemp("world")
    short_spoken().save(folder / "policy")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "negatives.jsonl").write_text("")
    rows = [
        {"id": f"F-{i}", "seeker": post, "response": ["Ok.", "Try again."], "levels": {}, "edits": [], "more": {}}
        for i, post in enumerate(POSTS * 2)
    ]
    (folder / "corpus" / "f_small.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def arguments(world: Path, out: Path, **more) -> list[str]:
    given = {
        "policy": world / "policy",
        "corpus": world / "corpus",
        "sources": "edits",
        "out": out,
        "threads": 1,
        "batch": 4,
        "samples": 4,
        "shard": 2,
        "edits": 2,
        "longest": 8,
        "learning_rate": 3e-3,
        "updates": 6,
        "reward": "brevity=1.0 diversity=0.2",
    } | more
    words = ["rl", "--bf16" if given.pop("bf16", False) else "--no-bf16"]
    for name, value in given.items():
        words += [f"--{name.replace('_', '-')}", *str(value).split(" ")]
    return words


def log_of(out: Path) -> list[dict]:
    """Entries without what depends on the clock."""
    rows = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [{k: v for k, v in row.items() if k not in ("seconds", "rewrites_per_second")} for row in rows]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(next(folder.glob("model-*.safetensors")))


@pytest.fixture(scope="module")
def learned(world, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("learned")
    assert main(arguments(world, out, updates=25, batch=6, shard=6)) == 0
    return out


def test_the_reward_rises_and_a_run_leaves_what_it_should(learned):
    log = log_of(learned)
    brevity = [row["terms"]["brevity"] for row in log]
    assert np.mean(brevity[-5:]) > np.mean(brevity[:5]) + 0.1
    assert all(set(row["terms"]) == {"brevity", "diversity"} for row in log), "every term by itself at every update"
    assert log[0]["kl"] == pytest.approx(0, abs=1e-3) and log[-1]["kl"] > 0.05
    assert log[-1]["edits"] < log[0]["edits"], "brevity is best served by leaving the draft alone"
    for name in ("curves.png", "samples.md", "report.json", "run.yaml"):
        assert (learned / name).stat().st_size > 100, name
    assert list((learned / "tensorboard").iterdir())
    report = json.loads((learned / "report.json").read_text())
    assert report["brevity"]["change"]["mean"] > 0 and report["states"] == 2
    assert report["KL, nats"]["before"]["mean"] == pytest.approx(0, abs=1e-3)
    assert "**After**" in (learned / "samples.md").read_text()
    assert "| brevity |" in (learned / "report.md").read_text()


def test_the_run_is_a_policy_that_the_engine_loads(learned, capsys):
    moved = PartnerPolicy.load(learned, torch.float32).where(Conversation("I lost my job."), ["Ok."])[1]
    assert moved.isfinite().all()
    assert partner(["--checkpoint", str(learned), "--post", "I failed my exam.", "--reply", "Ok.", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["post"] == "I failed my exam."


def test_a_finished_run_can_go_on_and_other_settings_cannot(world, learned, tmp_path, capsys):
    out = tmp_path / "more"
    shutil.copytree(learned, out)
    assert main(arguments(world, out, updates=26, batch=6, shard=6)) == 0
    assert [row["update"] for row in log_of(out)] == list(range(26))
    assert main(arguments(world, out, updates=26, batch=6, shard=6, kl=0.5)) == 2
    assert "kl (0.05 there, 0.5 now)" in capsys.readouterr().err


@pytest.fixture(scope="module")
def whole(world, tmp_path_factory) -> Path:
    """A PPO run without a stop."""
    out = tmp_path_factory.mktemp("whole")
    assert main(arguments(world, out, algorithm="ppo", kl_target=0.3)) == 0
    return out


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_run_resumes_to_the_same_weights(world, whole, tmp_path, how):
    same = arguments(world, tmp_path, algorithm="ppo", kl_target=0.3)
    stopped(same, tmp_path, how, leaves="policy.json")
    assert main(same) == 0
    assert log_of(tmp_path) == log_of(whole)
    expected = weights(whole)
    for name, value in weights(tmp_path).items():
        assert torch.equal(expected[name], value), name


def test_two_processes_make_the_updates_of_one(world, tmp_path):
    both = {a: {"algorithm": a, "updates": 2, "learning_rate": 1e-3, "shard": 1} for a in ("reinforce", "ppo")}
    runs = [arguments(world, tmp_path / "two" / algorithm, **more) for algorithm, more in both.items()]
    two_processes(runs, tmp_path)
    for algorithm, more in both.items():
        one, two = tmp_path / "one" / algorithm, tmp_path / "two" / algorithm
        assert main(arguments(world, one, **more)) == 0
        for alone, shared in zip(log_of(one), log_of(two), strict=True):
            assert set(alone) == set(shared)
            for name in set(alone) - {"terms"}:
                assert shared[name] == pytest.approx(alone[name], abs=1e-4), name
            assert shared["terms"] == pytest.approx(alone["terms"], abs=1e-4)
        start, theirs = weights(world / "policy"), weights(two)
        for name, value in weights(one).items():
            step = (value - start[name]).abs().max()
            assert (theirs[name] - value).abs().max() <= max(2e-5, 0.02 * step), name
        reports = [json.loads((side / "report.json").read_text()) for side in (one, two)]
        assert reports[0]["reward"]["after"]["mean"] == pytest.approx(reports[1]["reward"]["after"]["mean"], abs=1e-3)


def test_bfloat16_and_upper_layers_only(world, tmp_path):
    assert main(arguments(world, tmp_path, bf16=True, layers=1, updates=2)) == 0
    log = log_of(tmp_path)
    assert abs(log[0]["kl"]) < 0.1 and log[0]["gradient_norm"] > 0
    before, after = weights(world / "policy"), weights(tmp_path)
    moved = {name for name in after if not torch.equal(before[name], after[name])}
    assert any(".h.1." in name for name in moved) and not any(".h.0." in name or "wte" in name for name in moved)


def test_full_replies_learn_by_the_same_command(world, tmp_path):
    """EmpRL: PPO on whole replies with the alignment reward, on a data set of one's own."""
    for part in ("train", "val"):
        (tmp_path / "data" / part).mkdir(parents=True)
        (tmp_path / "data" / part / "contexts.json").write_text(json.dumps([[post] for post in POSTS]))
        (tmp_path / "data" / part / "targets.json").write_text(json.dumps(["That must hurt. What happened?"] * len(POSTS)))
    out = tmp_path / "run"
    words = ["rl", "--no-bf16", "--task", "dialogue", "--algorithm", "ppo", "--reward", "alignment=1", "--threads", "1"]
    words += ["--policy", str(world / "policy"), "--dataset", str(tmp_path / "data"), "--out", str(out), "--longest", "8"]
    assert main([*words, "--updates", "2", "--batch", "4", "--shard", "2", "--samples", "2", "--dev", "4"]) == 0
    log = log_of(out)
    assert [set(row["terms"]) for row in log] == [{"alignment"}] * 2
    assert all(-6 <= row["terms"]["alignment"] <= 0 for row in log)
    assert "task: dialogue" in (out / "run.yaml").read_text()


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_checkpoint(world, tmp_path, capsys):
    assert main(arguments(world, tmp_path, learning_rate=1e30, save_minutes=0)) == 2
    said = capsys.readouterr().err
    assert "stopped in update 2" in said and "is nan" in said and "checkpoint" in said
    assert json.loads((tmp_path / "checkpoint" / "state.json").read_text())["update"] == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"reward": "empathy=1 kindness=2"}, "unknown reward 'kindness': use one of"),
        ({"algorithm": "dqn"}, "unknown algorithm 'dqn': use reinforce or ppo"),
        ({"task": "poetry"}, "unknown task 'poetry'"),
        ({"clip": 0.1}, "clip: no option of reinforce and rewrite"),
        ({"samples": 1}, "--samples must be 2 or more"),
        ({"updates": 0}, "updates must be 1 or more"),
        ({"layers": 7}, "the policy has 2 layers"),
        ({"words": 1}, "no draft to learn from"),
        ({"sources": "tweets"}, "unknown source of drafts"),
        ({"corpus": "nowhere"}, "nowhere is no folder of edit records"),
        ({"policy": "nowhere"}, "neither a policy folder"),
    ],
)
def test_bad_input_is_one_clear_line(world, tmp_path, capsys, more, message):
    assert main(arguments(world, tmp_path, **more)) == 2
    said = capsys.readouterr().err
    assert message in said and sum(line.startswith("error: ") for line in said.splitlines()) == 1
    assert "Traceback" not in said


def test_a_checkpoint_of_another_architecture_is_refused(world, learned, tmp_path, capsys):
    out = tmp_path / "run"
    shutil.copytree(learned, out)
    (out / "run.yaml").unlink()
    tiny.policy("llama").save(tmp_path / "llama")
    assert main(arguments(world, out, policy=tmp_path / "llama")) == 2
    assert "another architecture" in capsys.readouterr().err
    assert (out / "checkpoint" / "state.json").is_file()


def test_a_full_disk_keeps_the_checkpoint_that_was_there(tmp_path):
    policy = short_spoken()
    optimizer = torch.optim.AdamW(policy.parameters())
    checkpoint.save(tmp_path / "checkpoint", policy, optimizer, {"update": 1}, {"log": torch.ones(2)})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))  # no file may grow beyond this: as a disk that fills up
    try:
        with pytest.raises(DataError, match=r"could not be written.*is kept"):
            checkpoint.save(tmp_path / "checkpoint", policy, optimizer, {"update": 2})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert checkpoint.restore(checkpoint.find(tmp_path / "checkpoint"), optimizer) == {"update": 1}
    assert checkpoint.restore_more(tmp_path / "checkpoint")["log"].tolist() == [1, 1]
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint"]
    with pytest.raises(DataError, match=r"GB free, and the run needs"):
        checkpoint.needs_space(tmp_path, 10**18)


def test_settings_come_from_the_file_and_the_command_line_has_the_last_word(world, tmp_path):
    (tmp_path / "run.yaml").write_text(
        "algorithm: ppo\nreward:\n  brevity: 1.0\n  diversity: 0.5\nkl-target: 0.2\nedits: 1\nupdates: 1\nbatch: 2\nshard: 1\n"
    )
    words = arguments(world, tmp_path / "out", config=tmp_path / "run.yaml")
    for name in ("reward", "batch", "shard", "updates"):  # leave these to the file, but for one
        at = words.index(f"--{name}")
        end = next((i for i in range(at + 1, len(words)) if words[i].startswith("--")), len(words))
        del words[at:end]
    words[words.index("--edits") + 1] = "2"
    assert main(words) == 0
    saved = yaml.safe_load((tmp_path / "out" / "run.yaml").read_text())
    assert (saved["algorithm"], saved["kl_target"], saved["edits"], saved["batch"]) == ("ppo", 0.2, 2, 2)
    assert saved["reward"] == ["brevity=1.0", "diversity=0.5"] and saved["gae"] == 0.95
    again = settings_of(options.read(tmp_path / "out" / "run.yaml"))
    assert again.flat == saved
    assert again.environment.edits == 2 and again.learner.kl_target == 0.2


def test_settings_files_that_are_none(tmp_path):
    for text, message in (("a: [", "is not YAML"), ("just words", "must hold settings")):
        (tmp_path / "x.yaml").write_text(text)
        with pytest.raises(DataError, match=message):
            options.read(tmp_path / "x.yaml")
    with pytest.raises(DataError, match="cannot be read"):
        options.read(tmp_path / "none.yaml")
    with pytest.raises(DataError, match="updates: 'many' is not"):
        settings_of({"updates": "many"})


def test_every_option_says_what_it_is():
    assert all(name in options.meaning(Run) for name in options.fields_of(Run))


def test_only_the_upper_layers_learn():
    policy = short_spoken()
    freeze(policy, 1)
    learning = {name for name, p in policy.named_parameters() if p.requires_grad}
    assert {n.split(".")[3] for n in learning if ".h." in n} == {"1"}
    assert any("pointer" in n for n in learning) and not any("wte" in n for n in learning)


def judged(values: list[float]) -> Judged:
    before = Conversation("A post.", "Ok.")
    rewrite = Rewrite(before, (Step(("Ok.",), Place("insert", 1, "exploration"), "How are you?"),), "Ok. How are you?")
    return Judged(
        ["edits"] * (len(values) // 2 - 1) + ["epitome"],
        [rewrite] * len(values),
        values,
        {"brevity": values},
        [0.5] * len(values),
    )


def test_the_report_by_hand(tmp_path):
    """Means over two samples: 1, 3 before and 2, 5 after, so the change is 1 and 2; three words were added each time."""
    before, after = judged([0.0, 2.0, 3.0, 3.0]), judged([2.0, 2.0, 4.0, 6.0])
    assert figures([before])["reward"].tolist() == [1, 3]
    table = write_report(tmp_path, [before], [after])
    assert "| reward | 2.000 [1.000, 3.000] | 3.500 [2.000, 5.000] | 1.500 [1.000, 2.000] |" in table
    assert "| words added | 3.000 [3.000, 3.000] |" in table
    assert "## epitome, 1 states\n\n| | before | after | change |\n|---|---|---|---|\n| reward | 3.000" in table
    assert "**Draft.** Ok." in (tmp_path / "samples.md").read_text()


def test_the_interval_is_that_of_a_mean():
    """Of 400 values with standard deviation 1 the interval reaches 1.96 / 20 = 0.098 to either side."""
    values = np.random.default_rng(0).normal(size=400)
    low, high = interval(values)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert (low + high) / 2 == pytest.approx(values.mean(), abs=0.01)
