"""`python -m training rl`: the policy learns from rewards, on whole episodes of edits (PARTNER, WWW 2021) or whole replies.

    python -m training rl --reward empathy=1 trust=3 quality=2 guards=2 --out runs/rl
    accelerate launch --multi_gpu --num_processes 2 -m training rl --config run.yaml --out runs/rl

A run's folder holds the weights (`python -m partner --checkpoint RUN`), `run.yaml` (its settings; `--config` reads such a
file), `log.jsonl` and `tensorboard/` (every reward term at every update), `curves.png`, `report.md` (before and after on
held-out states) and `samples.md` (rewrites to read). The same command goes on where a run was stopped or killed.
`--multi_gpu` is accelerate's word for several processes, on processors too; with `--cpu` it starts one.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import yaml

from partner.policy import default_dtype
from training import options
from training.algorithms.ppo import PPO, PPOArgs
from training.algorithms.processes import rank
from training.algorithms.reinforce import Reinforce, ReinforceArgs
from training.data.records import DataError
from training.dialogue import DialogueEnvironment
from training.rewards import DEFAULT_WEIGHTS, REWARDS
from training.rewards import parse as parse_rewards
from training.rollouts import RewriteEnvironment

ALGORITHMS = {"reinforce": (Reinforce, ReinforceArgs), "ppo": (PPO, PPOArgs)}
TASKS = {"rewrite": RewriteEnvironment, "dialogue": DialogueEnvironment}


@dataclass(frozen=True)
class Run:
    """What a run is made with, beside the arguments of its learner and its environment.

    Attributes:
        task: rewrite (edit replies) or dialogue (write them).
        algorithm: reinforce or ppo.
        policy: folder or name of the policy to start from and to stay near; the shipped one if none is given.
        reward: terms as NAME or NAME=WEIGHT.
        reward_model: run of a reward model or discriminator, for the terms that read one.
        feedback: local log of accepted and rejected suggestions, for the term that reads it.
        updates: learning steps.
        batch: states an update, of all processes together.
        samples: trajectories a state.
        shard: states a rollout: the unit of memory and of randomness, so the number of processes changes nothing.
        layers: only so many upper layers learn, which saves time and memory; 0 is all, embeddings included.
        dev: held-out states for the comparison of before and after.
        bf16: roll out on a bfloat16 copy and score again in autocast; by default where the processor is fast at it.
        compile: torch.compile the scoring passes (GPU only).
        seed: of every draw.
    """

    task: str = "rewrite"
    algorithm: str = "reinforce"
    policy: str | None = None
    reward: tuple[str, ...] = tuple(f"{name}={weight:g}" for name, weight in DEFAULT_WEIGHTS.items())
    reward_model: Path | None = None
    feedback: Path | None = None
    updates: int = 100
    batch: int = 8
    samples: int = 4
    shard: int = 4
    layers: int = 0
    dev: int = 100
    bf16: bool = default_dtype() == torch.bfloat16
    compile: bool = False
    seed: int = 1


@dataclass(frozen=True)
class Settings:
    """Everything a run is described by: its own settings, its learner's and its environment's."""

    run: Run
    learner: Any
    environment: Any
    flat: dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.HelpFormatter  # the defaults stand in the help texts
    parser.epilog = f"reward terms: {', '.join(sorted(REWARDS))}"
    parser.add_argument("--out", type=Path, default=Path("runs/rl"), help="folder of the run (default runs/rl)")
    parser.add_argument("--config", type=Path, help="YAML with options by name; the command line has the last word")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads of each process")
    parser.add_argument("--save-minutes", type=float, default=10, help="minutes between checkpoints (default 10)")
    options.add(parser.add_argument_group("the run"), {"run": Run}, set())
    own = set(options.fields_of(Run))
    options.add(parser.add_argument_group("learner"), {name: args for name, (_, args) in ALGORITHMS.items()}, own)
    options.add(parser.add_argument_group("task"), TASKS, own)


def settings_of(given: dict[str, Any]) -> Settings:
    """Settings from options given by name, the others at their defaults.

    Raises:
        DataError: an option is unknown, of another algorithm or task, or has no sensible value.
    """
    given = dict(given)
    if isinstance(given.get("reward"), dict):
        given["reward"] = [f"{name}={weight}" for name, weight in given["reward"].items()]
    run = options.make(Run, {k: v for k, v in given.items() if k in options.fields_of(Run)})
    for value, known, name in ((run.task, TASKS, "task"), (run.algorithm, ALGORITHMS, "algorithm")):
        if value not in known:
            raise DataError(f"unknown {name} {value!r}: use {' or '.join(known)}")
    learner, environment = ALGORITHMS[run.algorithm][1], TASKS[run.task]
    rest = {k: v for k, v in given.items() if k not in options.fields_of(Run)}
    known = {**options.fields_of(learner), **options.fields_of(environment)}
    if wrong := sorted(set(rest) - set(known)):
        there = ", ".join(sorted({**asdict(run), **known}))
        raise DataError(f"{', '.join(wrong)}: no option of {run.algorithm} and {run.task}; there are {there}")
    parse_rewards(run.reward)
    for name in ("updates", "batch", "samples", "shard"):
        if getattr(run, name) < 1:
            raise DataError(f"{name} must be 1 or more, got {getattr(run, name)}")
    if run.algorithm == "reinforce" and run.samples < 2:
        raise DataError("reinforce compares samples of one state: --samples must be 2 or more")
    if run.compile and not torch.cuda.is_available():
        raise DataError("--compile pays on a GPU only, and there is none here")
    parts = {part: {k: v for k, v in rest.items() if k in options.fields_of(part)} for part in (learner, environment)}
    flat = {}
    for part, chosen in ((Run, asdict(run)), (learner, parts[learner]), (environment, parts[environment])):
        flat |= {k: p.default for k, p in options.fields_of(part).items()} | chosen
    made = [options.make(part, {k: flat[k] for k in options.fields_of(part)}) for part in (learner, environment)]
    return Settings(run, *made, options.plain(flat))


def save_settings(out: Path, flat: dict[str, Any]) -> None:
    """Write `run.yaml`, or check that the run in this folder has the same settings (it may go on for more updates).

    Raises:
        DataError: it has others; the message names them.
    """
    if rank():
        return
    path = out / "run.yaml"
    if path.is_file():
        there = options.read(path)
        other = [name for name in flat if name != "updates" and there.get(name) != flat[name]]
        if other:
            changes = ", ".join(f"{name} ({there.get(name)} there, {flat[name]} now)" for name in other)
            raise DataError(f"{out} holds a run with other settings: {changes}. Choose another --out, or delete it")
    path.write_text(yaml.safe_dump(flat, sort_keys=False, allow_unicode=True), encoding="utf-8")


def run(args: argparse.Namespace) -> int:
    from training.rl_run import Trainer  # matplotlib and TensorBoard are not needed for --help

    torch.set_num_threads(args.threads)
    here = {"out", "config", "threads", "save_minutes", "command"}
    given = options.read(args.config) if args.config else {}
    settings = settings_of(given | {k: v for k, v in vars(args).items() if k not in here})
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{args.out} cannot be made: {error.strerror}. Choose another --out") from error
    return 0 if Trainer(settings, args.out, args.save_minutes, args.threads).train() else 130
