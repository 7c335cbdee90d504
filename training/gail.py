"""`python -m training gail`: a dialogue policy that learns to answer as people do, from a discriminator (EmpathyGAIL).

Muthukumar et al., "Generative Adversarial Imitation Learning for Empathy-based AI" (arXiv 2105.13328): the generator is a
fine-tuned GPT-2 (`python -m training warm-start --task dialogue`), expert trajectories are people's replies in
EmpatheticDialogues, PPO follows the discriminator. `training.algorithms.gail` has the update, docs/papers/gail.md the
numbers. What a run leaves: `policy/`, `discriminator/`, the same two as they started, `log.jsonl` and `figures.json`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor
from tqdm import tqdm

from partner.crisis_model import CrisisDetector
from partner.policy import PartnerPolicy
from partner.retrieval import Embedder
from training import checkpoint, dialogue
from training.algorithms.batch import Batch, Decide
from training.algorithms.gail import GAIL, GAILArgs, demonstration_share
from training.algorithms.ppo import PPO, PPOArgs
from training.algorithms.processes import count, rank, total
from training.data.records import DataError
from training.data.trajectories import Trajectory, read_trajectories
from training.discriminator import Discriminator, DiscriminatorArgs, Pair, hit
from training.replies import fit, log_likelihoods
from training.rewards.adversarial import log_odds
from training.rl_report import interval


@dataclass(frozen=True)
class GAILRun:
    """What a run is made with; saved as `config.json` with the arguments of its parts.

    Attributes:
        steps: updates of the generator.
        batch: trajectories of an update, over all processes (TextGAIL: 128).
        pretrain: updates of the discriminator before the first of the generator (TextGAIL: 200).
        longest: most tokens of a reply.
        states: expert trajectories learned from.
        held_out: conversations of the validation split on which generator and discriminator are measured.
    """

    steps: int = 40
    batch: int = 64
    pretrain: int = 100
    longest: int = dialogue.LONGEST
    states: int = 4000
    held_out: int = 200
    seed: int = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    d, g, p = GAILRun(), GAILArgs(), PPOArgs()
    parser.add_argument("--policy", default="runs/dialogue/policy", help="fine-tuned dialogue policy, where GAIL starts")
    parser.add_argument("--reference", help="frozen prior of the KL penalty (default: the policy as it starts)")
    parser.add_argument("--out", type=Path, default=Path("runs/gail"), help="folder for weights, log and figures")
    parser.add_argument("--data", type=Path, help="data folder (default: PARTNER_DATA or ../shared/data)")
    parser.add_argument("--steps", type=int, default=d.steps, help="updates of the generator")
    parser.add_argument("--batch", type=int, default=d.batch, help="trajectories an update, over all processes")
    parser.add_argument("--pretrain", type=int, default=d.pretrain, help="updates of the discriminator before the first")
    parser.add_argument("--demonstrations", type=float, default=g.demonstrations, help="first share of people's trajectories")
    parser.add_argument("--learning-rate", type=float, default=2e-5, help="of the generator")
    parser.add_argument("--kl", type=float, default=p.kl, help="weight of the KL to the reference, a token")
    parser.add_argument("--epochs", type=int, default=1, help="passes of PPO over a batch (TextGAIL: 1)")
    parser.add_argument("--minibatches", type=int, default=4, help="gradient steps a pass")
    parser.add_argument("--layers", type=int, default=DiscriminatorArgs.layers, help="layers of MiniLM the discriminator has")
    parser.add_argument("--longest", type=int, default=d.longest, help="most tokens of a reply")
    parser.add_argument("--states", type=int, default=d.states, help="expert trajectories to learn from")
    parser.add_argument("--held-out", type=int, default=d.held_out, help="conversations that are measured")
    parser.add_argument("--seed", type=int, default=d.seed, help="of order and sampling")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    parser.add_argument("--save-minutes", type=float, default=5, help="minutes between checkpoints")


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(args.threads)
    if not 0 <= args.demonstrations < 1:
        raise DataError(f"--demonstrations is a share from 0 to below 1, got {args.demonstrations}")
    return 0 if Trainer(args).train() else 130


@dataclass(frozen=True)
class Answers:
    """Answers to some conversations.

    Attributes:
        prompts, replies: token ids.
        said: what was answered to each conversation.
        by_people: what people answered to each.
    """

    prompts: list[list[int]]
    replies: list[list[int]]
    said: list[Pair]
    by_people: list[Pair]


def answer(
    policy: PartnerPolicy, trajectories: Sequence[Trajectory], people: int, generator: torch.Generator, longest: int
) -> Answers:
    """People's answers to the first `people` of the conversations, the policy's to the others."""
    layout = policy.layout
    prompts = [dialogue.prompt(layout, one.conversation) for one in trajectories]
    # People's replies are cut as generated ones are: length alone must not give them away.
    expert = [layout.what(one.target)[:longest] for one in trajectories]
    drawn = dialogue.sample(policy, prompts[people:], 1, generator, longest) if people < len(prompts) else []
    replies = [*expert[:people], *drawn]

    def texts(answers: Sequence[Sequence[int]]) -> list[Pair]:
        return [(one.conversation, dialogue.text_of(policy, ids)) for one, ids in zip(trajectories, answers, strict=True)]

    return Answers(prompts, replies, texts(replies), texts(expert))


def collect(
    policy: PartnerPolicy,
    reference: PartnerPolicy,
    trajectories: Sequence[Trajectory],
    people: int,
    generator: torch.Generator,
    longest: int,
) -> tuple[Batch, Decide, list[Pair], list[Pair], Tensor]:
    """`answer`, and the log-probabilities that PPO learns from.

    Returns:
        a batch without rewards; its decisions; what each trajectory answered; what people answered to each; and which
        trajectories are people's, (B,) bool.
    """
    found = answer(policy, trajectories, people, generator, longest)
    replies, decide = found.replies, dialogue.decider(found.prompts, found.replies)
    with torch.no_grad():
        parts = torch.arange(len(replies)).split(32)
        log_probs, before = (torch.cat([decide(p, rows).log_probs for rows in parts]) for p in (policy, reference))
    mask = torch.arange(log_probs.shape[1])[None] < torch.tensor([len(r) for r in replies])[:, None]
    state = torch.arange(len(replies), device=log_probs.device)
    batch = Batch(log_probs, before, torch.zeros_like(log_probs), mask.to(log_probs.device), state)
    return batch, decide, found.said, found.by_people, torch.arange(len(replies)) < people


class Trainer:
    """The loop; each step draws from (seed, step), so a killed run resumes to the same trajectory."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.device = Accelerator(cpu=not torch.cuda.is_available()).device
        self.config = GAILRun(args.steps, args.batch, args.pretrain, args.longest, args.states, args.held_out, args.seed)
        self.found = checkpoint.find(args.out / "checkpoint")
        self.policy = PartnerPolicy.load(self.found or args.policy, torch.float32).to(self.device).eval()
        self.reference = PartnerPolicy.load(args.reference or args.policy, torch.float32).to(self.device).eval()
        if self.reference.tokenizer.get_vocab() != self.policy.tokenizer.get_vocab():
            raise DataError(
                f"the prior {args.reference or args.policy} has another tokenizer than the policy {args.policy}: tokens of one "
                "mean nothing to the other. Use a prior that was trained from the same backbone"
            )
        self.reference.requires_grad_(False)
        ppo = PPOArgs(
            learning_rate=args.learning_rate, kl=args.kl, epochs=args.epochs, minibatches=args.minibatches, states_a_pass=16
        )
        start = self.found / "discriminator" if self.found else None
        discriminator = Discriminator.load(start) if start else Discriminator.pretrained(DiscriminatorArgs(args.layers))
        self.gail = GAIL(PPO(self.policy, ppo, args.seed), discriminator.to(self.device), GAILArgs(args.demonstrations))
        detector = CrisisDetector(Embedder(threads=args.threads))
        self.train_set = read_trajectories("train", args.data, args.states, wanted=fit, crisis=detector)
        self.held_out = read_trajectories("valid", args.data, args.held_out, wanted=fit, crisis=detector)
        stored = asdict(self.config) | {"policy": str(args.policy), "reference": str(args.reference or args.policy)}
        stored |= {"ppo": asdict(ppo), "gail": asdict(self.gail.args), "discriminator": asdict(discriminator.args)}
        args.out.mkdir(parents=True, exist_ok=True)
        if rank() == 0:
            (args.out / "config.json").write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")

    def train(self) -> bool:
        """Run to the end, or to Ctrl-C; returns whether it got to the end. The same command goes on where it stopped."""
        args, first = self.args, 0
        if self.found:
            first = self._restore(self.found)
        else:
            self._pretrain()
        saved = time.monotonic()
        if rank() == 0:
            checkpoint.cut_log(args.out / "log.jsonl", first)
        bar = tqdm(total=args.steps, initial=first, desc="gail", unit=" steps", disable=rank() > 0)
        with checkpoint.interruptible() as stop, (args.out / "log.jsonl").open("a", encoding="utf-8") as log, bar:
            for step in range(first, args.steps):
                figures = self._step(step)
                if rank() == 0:
                    log.write(json.dumps({"step": step} | figures) + "\n")
                    log.flush()
                bar.update()
                bar.set_postfix({k: f"{figures[k]:.2f}" for k in ("log_odds", "discriminator_accuracy", "kl") if k in figures})
                last = step == args.steps - 1
                # All processes must leave the loop at the same step.
                stopping = bool(total(torch.tensor(float(stop.is_set()), device=self.device)))
                if rank() == 0 and (stopping or last or time.monotonic() - saved > 60 * args.save_minutes):
                    self._save(step + 1)
                    saved = time.monotonic()
                if stopping and not last:
                    bar.write(f"stopped after step {step + 1}; the same command goes on from there")
                    return False
        if rank() == 0:
            self.policy.save(args.out / "policy")
            self.gail.discriminator.save(args.out / "discriminator")
            # Written by this process; another would look for it too early.
            self._report(Discriminator.load(args.out / "discriminator-start").to(self.device))
        return True

    def _share(self, step: str | int, size: int) -> list[Trajectory]:
        """This process's part of a step's conversations."""
        drawn = Random(f"{self.args.seed}/{step}").sample(self.train_set, min(size, len(self.train_set)))
        return drawn[rank() :: count()][: max(1, len(drawn) // count())]

    def _generator(self, step: int) -> torch.Generator:
        return torch.Generator().manual_seed((self.args.seed * 1_000_003 + step) * 1009 + rank())

    def _step(self, step: int) -> dict[str, float]:
        args = self.args
        trajectories = self._share(step, args.batch)
        share = demonstration_share(step, args.steps, args.demonstrations)
        people = int(share * len(trajectories))
        generator = self._generator(step + 1)
        torch.manual_seed(args.seed * 1_000_003 + step)  # dropout of the discriminator
        batch, decide, said, by_people, human = collect(
            self.policy, self.reference, trajectories, people, generator, args.longest
        )
        return self.gail.update(batch, decide, said, human, by_people, Random(f"{args.seed}/{step}")) | {
            "demonstrations": share
        }

    def _pretrain(self) -> None:
        """Teach the discriminator what sets the starting generator apart; it is kept as `discriminator-start`."""
        rng, size = Random(self.args.seed), self.gail.args.minibatch
        torch.manual_seed(self.args.seed)
        said: list[Pair] = []
        people: list[Pair] = []
        for number in tqdm(range(self.args.pretrain), desc="discriminator", unit=" updates", disable=rank() > 0):
            if not said:
                drawn, generator = self._share(f"pretrain {number}", 8 * size * count()), self._generator(-1 - number)
                found = answer(self.policy, drawn, 0, generator, self.args.longest)
                # Each side in an order of its own: rarely are both replies to one conversation in one minibatch.
                said, people = (rng.sample(pairs, len(pairs)) for pairs in (found.said, found.by_people))
            self.gail.discriminator.step(people[:size], said[:size], self.gail.optimizer)
            said, people = said[size:], people[size:]
        if rank() == 0:
            self.gail.discriminator.save(self.args.out / "discriminator-start")

    @torch.no_grad()
    def _measure(self, policy: PartnerPolicy, judges: dict[str, Discriminator]) -> dict[str, np.ndarray]:
        """Per held-out conversation: nats a token of the person's reply, and by each discriminator the log-odds of a generated
        reply and whether it and the person's are told apart."""
        generator = torch.Generator().manual_seed(self.args.seed)
        answers = answer(policy, self.held_out, 0, generator, self.args.longest)
        found = {"nats a token": np.array([-total / n for total, n in log_likelihoods(policy, self.held_out)])}
        for name, judge in judges.items():
            made, human = judge.logits(answers.said), judge.logits(answers.by_people)
            found[f"log-odds, {name}"] = log_odds(made).numpy()
            found[f"accuracy, {name}"] = hit(human, made).view(2, -1).mean(0).numpy()
        return found

    def _report(self, judge: Discriminator) -> None:
        """Generator before and after on held-out conversations, by the discriminator as pretrained and as it ended."""
        judges = {"discriminator-start": judge, "discriminator": self.gail.discriminator}
        before, after = self._measure(self.reference, judges), self._measure(self.policy, judges)
        figures = {name: difference(before[name], after[name]) for name in before}
        (self.args.out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        print(f"{len(self.held_out)} held-out conversations; differences are paired, with 95 % bootstrap intervals\n")
        print("| | before | after | difference |\n|---|---|---|---|")
        for name, f in figures.items():
            change = "{:+.3f} ({:+.3f} to {:+.3f})".format(*f["difference"])
            print(f"| {name} | {f['before']:.3f} | {f['after']:.3f} | {change} |")

    def _save(self, step: int) -> None:
        learner = self.gail.learner
        whole, value = _Whole(self.policy, self.gail), learner.value.state_dict()
        checkpoint.save(self.args.out / "checkpoint", whole, learner.optimizer, {"step": step}, value)

    def _restore(self, folder: Path) -> int:
        self.gail.learner.value.load_state_dict(checkpoint.restore_more(folder))
        checkpoint.restore(folder / "discriminator", self.gail.optimizer)
        return checkpoint.restore(folder, self.gail.learner.optimizer)["step"]


@dataclass(frozen=True)
class _Whole:
    """Both networks of a run, for a checkpoint that is swapped in at once: the discriminator's is one within the policy's."""

    policy: PartnerPolicy
    gail: GAIL

    def save(self, folder: Path) -> None:
        self.policy.save(folder)
        checkpoint.save(folder / "discriminator", self.gail.discriminator, self.gail.optimizer, {})


def difference(before: np.ndarray, after: np.ndarray) -> dict[str, float | list[float]]:
    """Means before and after, and the mean paired difference with its 95 % interval."""
    gained = after - before
    entry = [float(gained.mean()), *interval(gained)]
    return {"before": float(before.mean()), "after": float(after.mean()), "difference": entry}
