"""`python -m training benchmark`: rewrites a second in RL training, beside the loop that PARTNER published.

Both loops run on the same machine, one after the other: rollout, rewards and update. Ours edits drafts of the corpus with the
given policy, all default rewards and REINFORCE; the other is `training.published_loop`, at the size that was published
(355M) and at the size of our policy. A rewrite of ours counts if it made at least one edit.
"""

from __future__ import annotations

import argparse
import copy
import json
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from partner.models import asset
from partner.policy import PartnerPolicy
from training import options
from training.algorithms.reinforce import Reinforce, ReinforceArgs
from training.data.records import DataError
from training.environment import State, with_rewards
from training.published_loop import ENCODER, MEDIUM, PublishedLoop, Stopwatch
from training.rewards import DEFAULT_WEIGHTS, Resources, RewardSum
from training.rollouts import RewriteEnvironment

OURS = "partner"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--policy", type=Path, help="policy folder (default: the shipped policy)")
    parser.add_argument(
        "--size",
        nargs="+",
        choices=("medium", "same"),
        default=["medium", "same"],
        help="sizes of the published loop's language model: gpt2-medium as published, or that of the policy",
    )
    parser.add_argument("--cache", action="store_true", help="give the published loop a key-value cache, which it did not have")
    parser.add_argument("--states", type=int, default=8, help="drafts a step of ours")
    parser.add_argument("--samples", type=int, default=8, help="rewrites of each draft")
    parser.add_argument("--seconds", type=float, default=60, help="measure each loop for so long, and at least one step")
    parser.add_argument("--warm-up", type=int, default=1, help="steps of each loop before the clock starts")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    options.add_bf16(parser)
    parser.add_argument("--seed", type=int, default=0, help="seed of both loops")
    parser.add_argument("--out", type=Path, default=Path("runs/benchmark.json"), help="file for the figures")


@dataclass(frozen=True)
class Measured:
    """One loop.

    Attributes:
        loop: `"partner"` for ours, else the published loop with the size of its language model.
        parameters: of the policy, millions.
        steps, rewrites: optimizer steps made and replies rewritten.
        seconds: wall-clock time.
        cpu_seconds: processor time of all threads; tells the same on a machine that others use too.
        stages: wall-clock seconds of rollout, rewards and update.
    """

    loop: str
    parameters: float
    steps: int
    rewrites: int
    seconds: float
    cpu_seconds: float
    stages: dict[str, float]

    @property
    def pace(self) -> float:
        """Rewrites a second."""
        return self.rewrites / self.seconds

    @property
    def cpu_pace(self) -> float:
        """Rewrites a processor second."""
        return self.rewrites / self.cpu_seconds


class OurLoop:
    """Reinforcement learning as `python -m training rl` does it, step by step.

    Args:
        policy: learns, in memory only.
        states: drafts to take in turn.
        environment: makes the episodes.
        each, samples: drafts a step, and rewrites of each.
        threads: of the rewards' classifiers.
        bf16: act and judge in bfloat16, learn in bfloat16 autocast.
        seed: of the draws.
    """

    def __init__(
        self,
        policy: PartnerPolicy,
        states: list[State],
        environment: RewriteEnvironment,
        each: int,
        samples: int,
        threads: int,
        bf16: bool,
        seed: int,
    ) -> None:
        if len(states) < each:
            raise DataError(f"{each} drafts a step are asked for and only {len(states)} are at hand: lower --states")
        self.policy, self.states, self.environment = policy, states, environment
        self.each, self.samples, self.bf16 = each, samples, bf16
        dtype = torch.bfloat16 if bf16 else torch.float32
        self.reference = copy.deepcopy(policy).to(dtype).requires_grad_(False)
        self.actor = copy.deepcopy(self.reference)
        self.rewards = RewardSum(DEFAULT_WEIGHTS, Resources(self.reference, threads))
        self.learner = Reinforce(policy, ReinforceArgs(learning_rate=1e-6))
        self.generator = torch.Generator().manual_seed(seed)
        self.watch, self.made, self.tokens, self.sentences = Stopwatch(), 0, 0, 0

    @property
    def written(self) -> int:
        """Mean length of the sentences written so far, tokens."""
        return max(1, round(self.tokens / max(1, self.sentences)))

    def step(self) -> int:
        """One update; returns how many rewrites made at least one edit."""
        start = self.made * self.each
        chosen = [self.states[(start + i) % len(self.states)] for i in range(self.each)]
        self.made += 1
        with self.watch("rollout"):
            rollout = self.environment.rollout(self.actor, self.reference, chosen, self.samples, self.generator)
        with self.watch("rewards"):
            total, _ = self.rewards(rollout.rewrites)
        with self.watch("update"):
            with torch.autocast(self.policy.device.type, torch.bfloat16, enabled=self.bf16):
                self.learner.update(with_rewards(rollout.batch, total), rollout.decide)
            with torch.no_grad():
                for mine, learned in zip(self.actor.parameters(), self.policy.parameters(), strict=True):
                    mine.copy_(learned)
        texts = [step.text for rewrite in rollout.rewrites for step in rewrite.steps if step.text]
        self.sentences += len(texts)
        self.tokens += sum(len(self.policy.layout.what(text)) for text in texts)
        return sum(bool(rewrite.steps) for rewrite in rollout.rewrites)


def measure(name: str, loop: OurLoop | PublishedLoop, parameters: int, seconds: float, warm_up: int) -> Measured:
    """Run a loop for a time, at least one step."""
    for _ in range(warm_up):
        loop.step()
    loop.watch.seconds.clear()
    start, cpu = time.perf_counter(), time.process_time()
    steps = rewrites = 0
    while not steps or time.perf_counter() - start < seconds:
        rewrites += loop.step()
        steps += 1
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    return Measured(name, parameters / 1e6, steps, rewrites, wall, cpu, dict(loop.watch.seconds))


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(args.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    policy = PartnerPolicy.load(args.policy or asset("policy"), torch.float32).to(device)
    environment = RewriteEnvironment(sources=("edits",), limit=16 * args.states)
    states = environment.states("train")
    ours = OurLoop(policy, states, environment, args.states, args.samples, args.threads, args.bf16, args.seed)
    size = sum(p.numel() for p in policy.backbone.parameters())
    rows = [measure(OURS, ours, size, args.seconds, args.warm_up)]
    show(rows[0], rows[0])
    written, config = ours.written, policy.backbone.config
    del ours, policy
    configs = {"medium": MEDIUM, "same": config}
    for name in args.size:
        loop = PublishedLoop(configs[name], ENCODER, written, device=device, bf16=args.bf16, cache=args.cache, seed=args.seed)
        rows.append(measure(f"published, {name}", loop, loop.parameters, args.seconds, args.warm_up))
        show(rows[-1], rows[0])
        del loop
    write(args, rows, written, device)
    return 0


def show(row: Measured, ours: Measured) -> None:
    """Print one line of the table, and its heading before the first."""
    if row is ours:
        print(f"{'loop':<20}{'size':>8}{'rewrites':>10}{'a second':>10}{'ratio':>8}{'CPU ratio':>11}   seconds by stage")
    stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in sorted(row.stages.items()))
    print(
        f"{row.loop:<20}{row.parameters:>7.1f}M{row.rewrites:>10}{row.pace:>10.3f}{ours.pace / row.pace:>8.1f}"
        f"{ours.cpu_pace / row.cpu_pace:>11.1f}   {stages}",
        flush=True,
    )


def write(args: argparse.Namespace, rows: list[Measured], written: int, device: str) -> None:
    """All figures as JSON."""
    machine = {
        "device": torch.cuda.get_device_name() if device == "cuda" else platform.processor() or platform.machine(),
        "threads": args.threads,
        "torch": torch.__version__,
        "bf16": args.bf16,
        "published_with_cache": args.cache,
    }
    loops = [
        asdict(row)
        | {"rewrites_a_second": row.pace, "times_faster": rows[0].pace / row.pace}
        | {"times_faster_cpu": rows[0].cpu_pace / row.cpu_pace}
        for row in rows
    ]
    found = {"machine": machine, "states": args.states, "samples": args.samples, "tokens_a_sentence": written, "loops": loops}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"written to {args.out}")
