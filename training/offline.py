"""`python -m training offline`: learn from a fixed log, without generating a word while learning.

Two kinds of log: the feedback that the page exports (JSONL: accepted, rejected and changed suggestions), and conversations
(CSV, one turn a row) with `reward_*` columns, of which the implicit ones are computed where they are asked for and missing. ::

    python -m training offline --log feedback.jsonl --policy runs/student --out runs/offline
    python -m training offline --log chats.csv --reward words_elicited=0.5 sentiment=0.5 --policy runs/dialogue
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from random import Random

import torch
from accelerate import Accelerator
from tqdm import tqdm

from partner.crisis_model import CrisisDetector
from partner.models import asset
from partner.policy import PartnerPolicy
from training import checkpoint, options
from training.algorithms.offline import Experience, Offline, OfflineLearner, experience
from training.data.conversations import PREFIX, episodes, read_conversations
from training.data.feedback import read_feedback
from training.data.logged import Episode
from training.data.records import DataError, held_out
from training.implicit_rewards import IMPLICIT, Models, add_rewards

MEASURED = 64
"""Held-out episodes that are measured every hundred steps."""


@dataclass(frozen=True)
class Run:
    """What a run is done with, beside the learner's arguments; saved as `config.json`.

    Attributes:
        policy: folder the Q-network starts from.
        priors: folders of the prior and their weights; the policy's if empty.
        logs: files learnt from; rewards: columns of the CSV ones and their weights.
        row: tokens a packed row; rows: rows an optimizer step.
        longest: tokens a reply is cut after.
        held_out: leave out every tenth post for measuring.
    """

    policy: str
    logs: tuple[str, ...]
    priors: dict[str, float]
    rewards: dict[str, float]
    steps: int = 400
    row: int = 768
    rows: int = 2
    longest: int = 64
    held_out: bool = True
    seed: int = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    d = Offline()
    parser.add_argument("--log", type=Path, nargs="+", required=True, help="feedback exports (.jsonl), conversations (.csv)")
    parser.add_argument("--policy", default=None, help="policy folder to start from (default: the shipped one)")
    parser.add_argument("--prior", nargs="+", default=[], metavar="FOLDER[=WEIGHT]", help="prior (default: the policy itself)")
    parser.add_argument("--reward", nargs="+", default=[], metavar="COLUMN=WEIGHT", help="reward columns of a CSV log")
    parser.add_argument("--raw-rewards", action="store_true", help="do not standardise the reward columns")
    parser.add_argument("--out", type=Path, default=Path("runs/offline"), help="folder for weights, log and configuration")
    parser.add_argument("--kl", choices=["none", "sample", "full"], default=d.kl, help="KL-control towards the prior")
    parser.add_argument("--psi", action=argparse.BooleanOptionalAction, default=None, help="Psi-learning; on unless KL is full")
    parser.add_argument("--c", type=float, default=d.c, help="weight of the prior against the reward")
    parser.add_argument("--gamma", type=float, default=d.gamma, help="discount from token to token")
    parser.add_argument("--turn-gamma", type=float, default=d.turn_gamma, help="discount from reply to reply")
    parser.add_argument("--monte-carlo", type=int, default=d.monte_carlo, help="dropout passes of the target; 1 is none")
    parser.add_argument("--dropout", type=float, default=d.dropout, help="dropout probability with --monte-carlo")
    parser.add_argument("--bcq", type=float, default=d.bcq, help="batch constraint on targets, 0 to 1; 0 is none")
    parser.add_argument(
        "--anchored",
        action=argparse.BooleanOptionalAction,
        default=d.anchored,
        help="untrained Q is log p, not the bare logits",
    )
    parser.add_argument("--polyak", type=float, default=d.polyak, help="share of the new weights in the target network")
    parser.add_argument("--learning-rate", type=float, default=d.learning_rate, help="of Adam")
    parser.add_argument("--steps", type=int, default=Run.steps, help="optimizer steps")
    parser.add_argument("--row", type=int, default=Run.row, help="tokens a packed row")
    parser.add_argument("--rows", type=int, default=Run.rows, help="rows an optimizer step")
    parser.add_argument("--longest", type=int, default=Run.longest, help="tokens a reply is cut after")
    parser.add_argument("--all", action="store_true", help="learn from every post, holding none out for measuring")
    parser.add_argument("--seed", type=int, default=Run.seed, help="seed of order and dropout")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    parser.add_argument("--save-minutes", type=float, default=10, help="minutes between checkpoints")
    options.add_bf16(parser)


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(args.threads)
    given = {f.name: getattr(args, f.name) for f in fields(Offline) if hasattr(args, f.name)}
    config = Offline(**given | {"psi": args.kl != "full" if args.psi is None else args.psi})
    setting = Run(
        policy=str(args.policy or asset("policy")),
        logs=tuple(map(str, args.log)),
        priors=dict(_weighted(term, "prior") for term in args.prior),
        rewards=dict(_weighted(term, "reward") for term in args.reward),
        held_out=not args.all,
        **{name: getattr(args, name) for name in ("steps", "row", "rows", "longest", "seed")},
    )
    log = read_log(args.log, setting.rewards, not args.raw_rewards, args.threads)
    trainer = Trainer(config, setting, log, args.out, args.save_minutes, args.bf16)
    return 0 if trainer.train() else 130


def _weighted(term: str, what: str) -> tuple[str, float]:
    name, given, weight = term.rpartition("=")
    if not given:
        return term, 1.0
    try:
        value = float(weight)
        if not math.isfinite(value) or (what == "prior" and value <= 0):
            raise ValueError
    except ValueError:
        raise DataError(f"{term!r}: the weight of a {what} is a number, as in {name}=0.5") from None
    return name, value


def read_log(
    paths: Sequence[Path], rewards: Mapping[str, float] | None = None, normalise: bool = True, threads: int = 1
) -> list[Episode]:
    """Episodes of all logs; conversations with crisis signals are left out.

    Args:
        paths: `.csv` conversations, anything else a feedback export.
        rewards: columns of the CSV logs and their weights, with or without `reward_` in front.
        normalise: standardise the columns.

    Raises:
        DataError: a file is missing or malformed, or has no rewards.
    """
    rewards, models = rewards or {}, Models(threads)
    crisis = CrisisDetector(models.embedder)
    tables = [path for path in paths if path.suffix.lower() == ".csv"]
    exports = [path for path in paths if path not in tables]
    if rewards and not tables:
        raise DataError("--reward chooses columns of a CSV log; a feedback export brings its own reward")
    log: list[Episode] = [(entry,) for entry in (read_feedback(exports, crisis) if exports else ())]
    for path in tables:
        conversations = read_conversations(path)
        names = [name if name.startswith(PREFIX) else PREFIX + name for name in rewards]
        present = {name for turns in conversations.values() for turn in turns for name in turn.rewards}
        missing = [name for name in names if name not in present and name in IMPLICIT]
        if missing:
            conversations = add_rewards(conversations, missing, models)
        log += episodes(conversations, rewards, normalise, crisis)
    return log


class Trainer:
    """The loop: deterministic in (seed, step), so a killed run resumes to the same trajectory.

    Args:
        config: the learner's arguments.
        setting: what is learnt from, and for how long.
        log: episodes from `read_log`.
        out: folder for `config.json`, `log.jsonl`, `checkpoint/` and, at the end, `policy/`.
        save_minutes: minutes between checkpoints.
        autocast: run the networks in bfloat16.

    Raises:
        DataError: a prior has another tokenizer, or the folder holds a run with another configuration.
        ModelError: a policy cannot be loaded.
    """

    def __init__(
        self, config: Offline, setting: Run, log: Sequence[Episode], out: Path, save_minutes: float = 10, autocast: bool = True
    ) -> None:
        self.config, self.setting, self.out = config, setting, out
        self.save_minutes, self.autocast = save_minutes, autocast
        # The learner sums gradients over processes itself, so that one update stays readable from top to bottom.
        self.accelerator = Accelerator(cpu=not torch.cuda.is_available())
        device, several = self.accelerator.device, self.accelerator.num_processes > 1
        if self.accelerator.is_main_process:
            self._write_config()
        self.accelerator.wait_for_everyone()
        found = checkpoint.find(out / "checkpoint")

        def load(source: str | Path) -> PartnerPolicy:
            return PartnerPolicy.load(source, torch.float32).to(device)

        priors = [(load(folder), weight) for folder, weight in setting.priors.items()]
        reduce = (lambda x: self.accelerator.reduce(x, "sum")) if several else (lambda x: x)
        self.learner = OfflineLearner(load(found or setting.policy), load(setting.policy), priors, config, reduce)
        self.start = 0
        if found:
            self.start = checkpoint.restore(found, self.learner.optimizer)["step"]
            self.learner.load_target(checkpoint.restore_more(found))
        layout = self.learner.policy.layout
        kept = [setting.held_out and held_out(e[0].conversation.post) for e in log]
        self.episodes = [e for e, held in zip(log, kept, strict=True) if not held]
        if not self.episodes:
            raise DataError("every post of the log would be held out for measuring: pass --all, or a longer log")
        self.sizes = [len(experience(layout, [e], setting.longest).row.labels) for e in self.episodes]
        dev = [e for e, held in zip(log, kept, strict=True) if held][:MEASURED]
        self.dev = [experience(layout, [e], setting.longest, places=False) for e in dev]

    def _write_config(self) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        path = self.out / "config.json"
        text = json.dumps(asdict(self.setting) | asdict(self.config), indent=2) + "\n"
        if checkpoint.find(self.out / "checkpoint") and path.is_file() and path.read_text(encoding="utf-8") != text:
            raise DataError(f"{self.out} holds a run with other arguments ({path}): give the same ones, or another --out")
        path.write_text(text, encoding="utf-8")

    def batch(self, step: int) -> list[Experience]:
        """This process's rows of a step, drawn with replacement between steps and without within one."""
        setting, everyone = self.setting, self.accelerator.num_processes
        rng = Random(setting.seed * 1_000_003 + step)
        order = iter(rng.sample(range(len(self.episodes)), len(self.episodes)))
        rows: list[list[Episode]] = []
        waiting = next(order, None)
        while waiting is not None and len(rows) < setting.rows * everyone:
            chosen, size = [], 0
            while waiting is not None and (not chosen or size + self.sizes[waiting] <= setting.row):
                chosen.append(self.episodes[waiting])
                size += self.sizes[waiting]
                waiting = next(order, None)
            rows.append(chosen)
        mine = rows[self.accelerator.process_index :: everyone]
        return [experience(self.learner.policy.layout, row, setting.longest, bool(self.config.hold)) for row in mine]

    def train(self) -> bool:
        """Run to the end (True) or until Ctrl-C (False)."""
        main, saved = self.accelerator.is_main_process, time.monotonic()
        bar = tqdm(total=self.setting.steps, initial=self.start, unit="step", disable=None if main else True)
        path = self.out / ("log.jsonl" if main else f"log.{self.accelerator.process_index}.jsonl")
        checkpoint.cut_log(path, self.start)
        log = path.open("a", encoding="utf-8")
        with checkpoint.interruptible() as stop, log, bar:
            for step in range(self.start, self.setting.steps):
                torch.manual_seed(self.setting.seed * 1_000_003 + step + 7919 * self.accelerator.process_index)
                entry = self.learner.update(self.batch(step), self.autocast)
                if not math.isfinite(sum(entry.values())):
                    raise FloatingPointError(f"not finite at step {step}: {entry}; the last checkpoint is kept")
                bar.update()
                bar.set_postfix({name: f"{value:.3f}" for name, value in entry.items()})
                last = step == self.setting.steps - 1
                if self.dev and (step % 100 == 99 or last):
                    entry["margin"] = self.margin()
                    bar.write(f"step {step + 1}: margin {entry['margin']:.3f}")
                log.write(json.dumps({"step": step} | entry) + "\n")
                log.flush()
                # All processes must leave the loop at the same step.
                stopping = self.learner.reduce(torch.tensor(float(stop.is_set()), device=self.accelerator.device)) > 0
                if main and (stopping or last or time.monotonic() - saved > 60 * self.save_minutes):
                    self._save(step + 1)
                    saved = time.monotonic()
                if stopping and not last:
                    bar.write(f"stopped after step {step + 1}; the same command goes on from there")
                    return False
        if main:
            self.learner.policy.save(self.out / "policy")
            print(f"policy written to {self.out / 'policy'}; try it with: python -m partner --checkpoint {self.out / 'policy'}")
        return True

    def _save(self, step: int) -> None:
        learner = self.learner
        target = learner.target_weights()
        checkpoint.save(self.out / "checkpoint", learner.policy, learner.optimizer, {"step": step}, more=target)

    @torch.no_grad()
    def margin(self) -> float:
        """Rise of log pi(text) over the start's, nats, of held-out texts of above-average reward minus that of the others."""
        learner = self.learner
        learner.policy.eval()
        rises = [
            (sum(e.earned) / len(e.earned), float((learner.log_probs(e) - learner.log_probs(e, learner.start)).sum()))
            for e in self.dev
        ]
        learner.policy.train(self.config.monte_carlo > 1)
        middle = sum(r for r, _ in rises) / len(rises)
        good, bad = [x for r, x in rises if r > middle], [x for r, x in rises if r <= middle]
        return sum(good) / max(1, len(good)) - sum(bad) / max(1, len(bad))
