"""`python -m training release` (`make release`): from data to weights with one command.

Every step is a command of `python -m training` that can be run by hand; this one chooses its options, gives each step its
share of the time, and leaves out what is finished: the inputs in one folder (`prepare`), the teacher's sentences
(`teacher-text`), a GPT-2 of one's own (`pretrain`), places and sentences (`warm-start`), rewards (`rl`), and the weights in
8 bits in parts small enough to carry.

How much a step does is settled by speeds measured on the way: `pretrain` measures itself, the warm start follows from
it, and reinforcement learning is tried for a few updates first. On one large GPU ask for 25 minutes, on a CPU for a night.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from partner.policy import PartnerPolicy
from training.data.records import DataError
from training.prepare import MANIFEST, TEACHER
from training.rewards import DEFAULT_WEIGHTS
from training.student import SIZES
from training.warm_start import WarmStart

PART_MB = 15
TRIED = 3
"""Updates of reinforcement learning that tell how long one takes; the first, which loads the rewards, does not count."""
WARM_START_SPEED = 0.9
"""Tokens a second of the warm start, in parts of pretraining's (on one CPU core; its data end first on a GPU)."""


@dataclass(frozen=True)
class Release:
    """What a release is made with; saved as `config.json`.

    Attributes:
        size: of the student, a name in `training.student.SIZES`.
        minutes: for all steps together.
        teacher, pretrain, warm_start, rl: shares of the minutes.
        reward: terms of the reinforcement learning.
        threads: CPU threads.
        seed: of every step.
    """

    size: str = "14M"
    minutes: float = 480.0
    teacher: float = 0.25
    pretrain: float = 0.4
    warm_start: float = 0.15
    rl: float = 0.2
    reward: tuple[str, ...] = tuple(f"{name}={weight:g}" for name, weight in DEFAULT_WEIGHTS.items())
    threads: int = 1
    seed: int = 1


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        name: of the step, for the record of what is finished.
        command: words after `python -m training`, made when the step begins, since they may rest on earlier results.
        leaves: a file without which the step is not finished.
    """

    name: str
    command: Callable[[], list[str]]
    leaves: Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    d = Release()
    minutes = 25.0 if torch.cuda.is_available() else d.minutes
    parser.add_argument("--out", type=Path, default=Path("runs/release"), help="folder for the steps and the weights")
    parser.add_argument("--data", type=Path, help="data folder (default: PARTNER_DATA or ../shared/data)")
    parser.add_argument("--teacher-text", type=Path, help="sentences written before; the teacher then writes none")
    parser.add_argument("--size", choices=list(SIZES), default=d.size, help="of the student")
    parser.add_argument("--minutes", type=float, default=minutes, help="for all steps together")
    parser.add_argument("--reward", nargs="+", default=list(d.reward), help="terms of the reinforcement learning")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    parser.add_argument("--seed", type=int, default=d.seed, help="of every step")
    parser.add_argument("--limit", type=int, help="use only so many records of each source (for a quick try)")


def run(args: argparse.Namespace) -> int:
    config = Release(args.size, args.minutes, reward=tuple(args.reward), threads=args.threads, seed=args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    file, now = args.out / "config.json", json.loads(json.dumps(asdict(config) | {"limit": args.limit}))
    if file.is_file() and json.loads(file.read_text(encoding="utf-8")) != now:
        raise DataError(f"{args.out} holds a release with other options: choose another --out, or delete it")
    file.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")
    for step in steps(config, args):
        run_step(step, args.out)
    policy = PartnerPolicy.load(args.out / "rl", torch.float32)
    policy.save(args.out / "policy", int8=True, shard_mb=PART_MB)
    size = sum(p.stat().st_size for p in (args.out / "policy").iterdir())
    print(f"{args.out / 'policy'}: {size / 1e6:.1f} MB, in parts under {PART_MB + 1} MB; ship it with:")
    print(f"  python -m training ship {args.out / 'rl'}")
    return 0


def steps(config: Release, args: argparse.Namespace) -> list[Step]:
    """The steps in order."""
    out = args.out
    data = out / "data"
    common = ["--threads", str(config.threads), "--seed", str(config.seed)]
    few = ["--limit", str(args.limit)] if args.limit else []

    def prepare() -> list[str]:
        where = ["--data", str(args.data)] if args.data else []
        taught = ["--teacher-text", str(args.teacher_text)] if args.teacher_text else []
        return ["prepare", "--out", str(data), *where, *taught]

    def teacher() -> list[str]:
        minutes = f"{config.minutes * config.teacher:.2f}"
        return ["teacher-text", "--data", str(data), "--out", str(out / "teacher"), "--minutes", minutes, *few, *common]

    def pretrain() -> list[str]:
        share = config.pretrain + (config.teacher if args.teacher_text else 0)
        taught = data / TEACHER if args.teacher_text else out / "teacher" / "sentences.jsonl"
        how = ["--size", config.size, "--minutes", f"{config.minutes * share:.2f}", "--teacher-text", str(taught)]
        return ["pretrain", "--data", str(data), "--out", str(out / "pretrain"), *how, *few, *common]

    def warm_start() -> list[str]:
        report = json.loads((out / "pretrain" / "report.json").read_text(encoding="utf-8"))
        count = warm_start_steps(config.minutes * config.warm_start, report["tokens_per_second"])
        how = ["--backbone", str(out / "pretrain" / "policy"), "--steps", str(count)]
        return ["warm-start", "--data", str(data), "--out", str(out / "warm-start"), *how, *few, *common]

    def rl(updates: int) -> list[str]:
        how = ["--policy", str(out / "warm-start" / "policy"), "--reward", *config.reward, "--updates", str(updates)]
        return ["rl", "--task", "rewrite", "--data", str(data), "--out", str(out / "rl"), *how, *few, *common]

    def rl_in_full() -> list[str]:
        log = (out / "rl" / "log.jsonl").read_text(encoding="utf-8").splitlines()
        return rl(rl_updates(config.minutes * config.rl, [json.loads(line)["seconds"] for line in log]))

    written = [] if args.teacher_text else [Step("teacher-text", teacher, out / "teacher" / "sentences.jsonl")]
    return [
        Step("prepare", prepare, data / MANIFEST),
        *written,
        Step("pretrain", pretrain, out / "pretrain" / "policy" / "policy.json"),
        Step("warm-start", warm_start, out / "warm-start" / "policy" / "policy.json"),
        Step("rl-trial", lambda: rl(TRIED), out / "rl" / "policy.json"),
        Step("rl", rl_in_full, out / "rl" / "policy.json"),
    ]


def warm_start_steps(minutes: float, pretraining_speed: float) -> int:
    """Steps of the warm start that fit into so many minutes, where pretraining ran at `pretraining_speed` tokens a second."""
    d = WarmStart()
    return max(1, round(minutes * 60 * pretraining_speed * WARM_START_SPEED / (d.row * d.rows)))


def rl_updates(minutes: float, seconds: Sequence[dict[str, float]]) -> int:
    """Updates that fit into so many minutes, judged by the seconds of each part of those made so far, the first left out."""
    each = [sum(parts.values()) for parts in seconds[1:TRIED]]
    return max(TRIED, round(minutes * 60 * len(each) / sum(each)))


def run_step(step: Step, out: Path) -> None:
    """Run a step, or pass over it where `out/finished.json` names it and what it leaves is there.

    Raises:
        DataError: the step failed; what it printed says why.
        KeyboardInterrupt: it was stopped; its checkpoint stays.
    """
    record = out / "finished.json"
    finished = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    if step.name in finished and step.leaves.exists():
        print(f"{step.name}: finished before")
        return
    command = step.command()
    print(f"{step.name}: python -m training {' '.join(command)}", flush=True)
    begun = time.monotonic()
    status = subprocess.run([sys.executable, "-m", "training", *command], check=False).returncode
    if status == 130:
        raise KeyboardInterrupt
    if status or not step.leaves.exists():
        raise DataError(f"the step {step.name} failed; mend what it says above and run the same command again")
    finished[step.name] = {"command": command, "seconds": round(time.monotonic() - begun, 1)}
    new = record.with_suffix(".new")
    new.write_text(json.dumps(finished, indent=2) + "\n", encoding="utf-8")
    new.replace(record)
