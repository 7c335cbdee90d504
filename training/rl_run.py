"""The loop of `python -m training rl`: rollouts, rewards, update, again; on one process or several."""

from __future__ import annotations

import copy
import json
import math
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import torch
from accelerate import PartialState
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from partner.models import ModelError, asset
from partner.policy import PartnerPolicy
from training import checkpoint
from training.algorithms.batch import Decide, Decisions
from training.algorithms.processes import all_items, before, count, rank, total
from training.data.records import DataError
from training.environment import Rollout, State, join, with_rewards
from training.plots import reward_curves
from training.rewards import Resources, RewardSum, Rewrite, parse
from training.rewards.types import WholeReward
from training.rl import ALGORITHMS, Settings, save_settings
from training.rl_report import Judged, write_report

SAVED_BYTES = 4 * 3
"""A checkpoint holds each weight and its two moments in float32; a new one is written before the old one goes."""


class Trainer:
    """Deterministic in (seed, update, shard): the draws do not depend on time, restarts or the number of processes.

    Args:
        settings: of the run.
        out: the run's folder; it exists.
        save_minutes: between checkpoints.
        threads: CPU threads of this process.

    Raises:
        DataError, ModelError: something given cannot be used; the message says what and what to do.
    """

    def __init__(self, settings: Settings, out: Path, save_minutes: float = 10, threads: int = 1) -> None:
        self.settings, self.run, self.out, self.save_minutes = settings, settings.run, out, save_minutes
        self.device = PartialState(cpu=not torch.cuda.is_available()).device
        save_settings(out, settings.flat)
        source = self.run.policy or asset("policy")
        found = checkpoint.find(out / "checkpoint")
        self.policy = PartnerPolicy.load(found or source, torch.float32).to(self.device).eval()
        dtype = torch.bfloat16 if self.run.bf16 else torch.float32
        self.reference = PartnerPolicy.load(source, dtype).to(self.device).eval().requires_grad_(False)
        _same_architecture(self.policy, self.reference, found)
        freeze(self.policy, self.run.layers)
        weights = sum(p.numel() for p in self.policy.parameters())
        checkpoint.needs_space(out, weights * (4 + (1 if found else 2) * SAVED_BYTES))

        learner, _ = ALGORITHMS[self.run.algorithm]
        self.learner = learner(self.policy, settings.learner, seed=self.run.seed)
        # Sampling is bound by reading the weights: half the bytes is nearly twice the speed.
        self.actor = copy.deepcopy(self.policy).to(dtype).requires_grad_(False) if self.run.bf16 else self.policy
        if self.run.compile:
            for policy in (self.policy, self.reference):
                policy.backbone.base_model.compile(dynamic=True)
        resources = Resources(self.reference, threads, self.run.reward_model, self.run.feedback)
        self.rewards = RewardSum(parse(self.run.reward), resources)
        self.whole = {name: Together(term) for name, term in self.rewards.terms.items() if hasattr(term, "state_dict")}
        self.rewards.terms |= self.whole
        self.start = self._restore(found) if found else 0
        self.states = self.settings.environment.states("train")
        self.dev = self.settings.environment.states("dev")[: self.run.dev]
        for name, number in (("batch", self.run.batch), ("dev", len(self.dev))):
            if -(-number // self.run.shard) < count():
                raise DataError(f"the shards of --{name} do not go round {count()} processes: raise it, or lower --shard")

    def train(self) -> bool:
        """Run to the end, or to Ctrl-C; returns whether it got to the end. The same command goes on where it stopped."""
        run, saved = self.run, time.monotonic()
        first = rank() == 0
        if first:
            checkpoint.cut_log(self.out / "log.jsonl", self.start)
        writer = SummaryWriter(self.out / "tensorboard", purge_step=self.start) if first else None
        bar = tqdm(
            total=run.updates, initial=self.start, desc=f"{run.algorithm}, {run.task}", unit=" updates", disable=not first
        )
        with checkpoint.interruptible() as stop, (self.out / "log.jsonl").open("a", encoding="utf-8") as log, bar:
            for update in range(self.start, run.updates):
                entry = self._update(update)
                if first:
                    log.write(json.dumps({"update": update} | entry) + "\n")
                    log.flush()
                    _scalars(writer, entry, update)
                bar.update()
                bar.set_postfix({name: f"{value:.3g}" for name, value in _shown(entry).items()})
                last, asked = update == run.updates - 1, self._any(stop.is_set())
                if asked or last or self._any(time.monotonic() - saved > 60 * self.save_minutes):
                    if first:
                        self._save(update + 1)
                    saved = time.monotonic()
                if asked and not last:
                    if first:
                        bar.write(f"stopped after update {update + 1}; the same command goes on from there")
                    return False
        if writer:
            writer.close()
        if first:
            self._write_weights()
            reward_curves(self.out / "log.jsonl", self.out / "curves.png")
        self._report()
        return True

    def _any(self, here: bool) -> bool:
        """Whether it is so in any process: all must leave the loop, or save, together."""
        return bool(total(torch.tensor(float(here), device=self.device)))

    def _batch(self, update: int) -> list[State]:
        """The states of an update: the data in an order of its own each time round."""
        found, orders = [], {}
        for place in range(update * self.run.batch, (update + 1) * self.run.batch):
            epoch, at = divmod(place, len(self.states))
            if epoch not in orders:
                orders[epoch] = list(range(len(self.states)))
                Random(f"{self.run.seed}/{epoch}").shuffle(orders[epoch])
            found.append(self.states[orders[epoch][at]])
        return sorted(found, key=lambda s: len(s.conversation.post) + len(s.conversation.reply))  # little padding

    def _play(self, policy: PartnerPolicy, states: Sequence[State], samples: int, name: str) -> Rollout:
        """Rollouts of this process's share of the shards of some states."""
        size = self.run.shard
        shards = [states[i : i + size] for i in range(0, len(states), size)]
        found = []
        for number in range(rank() * len(shards) // count(), (rank() + 1) * len(shards) // count()):
            generator = torch.Generator().manual_seed(Random(f"{self.run.seed}/{name}/{number}").getrandbits(63))
            found.append(self.settings.environment.rollout(policy, self.reference, shards[number], samples, generator))
        return join(found)

    def _update(self, update: int) -> dict:
        """One round; returns the log entry."""
        begun = time.perf_counter()
        rollout = self._play(self.actor, self._batch(update), self.run.samples, str(update))
        drawn, problem = time.perf_counter(), None
        try:
            totals, terms = self.rewards(rollout.rewrites)
        except FloatingPointError as error:
            problem = error
        if self._any(problem is not None):
            raise self._stopped(update, problem or "a reward is not finite in another process")
        judged = time.perf_counter()
        batch = with_rewards(rollout.batch, totals)
        try:
            figures = self.learner.update(batch, self._mixed(rollout.decide))
        except FloatingPointError as error:
            raise self._stopped(update, error) from error
        if self.actor is not self.policy:
            with torch.no_grad():
                for mine, learned in zip(self.actor.parameters(), self.policy.parameters(), strict=True):
                    mine.copy_(learned)
        sums = {"reward": math.fsum(totals)} | {name: math.fsum(values) for name, values in terms.items()}
        sums |= {name: value * len(batch) for name, value in rollout.notes.items()}
        everyone = torch.tensor([len(batch), *sums.values()], dtype=torch.float32, device=self.device)
        trajectories, *values = total(everyone).tolist()
        means = {name: value / trajectories for name, value in zip(sums, values, strict=True)}
        done = time.perf_counter()
        return {
            "reward": means["reward"],
            "terms": {name: means[name] for name in terms},
            **figures,
            **{name: means[name] for name in rollout.notes},
            "rewrites_per_second": trajectories / (done - begun),
            "seconds": {"rollouts": drawn - begun, "rewards": judged - drawn, "update": done - judged},
        }

    def _mixed(self, decide: Decide) -> Decide:
        def mixed(policy: PartnerPolicy, chosen: Tensor) -> Decisions:
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.run.bf16):
                return decide(policy, chosen)

        return mixed

    def _stopped(self, update: int, error: object) -> DataError:
        found = checkpoint.find(self.out / "checkpoint")
        kept = f"the checkpoint in {found} is kept" if found else "there is no checkpoint yet"
        return DataError(f"stopped in update {update + 1}: {error}; {kept}. A lower --learning-rate may help")

    def _save(self, update: int) -> None:
        state = {"update": update, "position": update * self.run.batch, "seed": self.run.seed}
        state["kl_weight"] = self.learner.kl_weight.value
        more = {f"value.{name}": value for name, value in self.learner.value.state_dict().items()} if self.learner.value else {}
        for term, whole in self.whole.items():
            more |= {f"reward.{term}.{name}": torch.as_tensor(value) for name, value in whole.reward.state_dict().items()}
        checkpoint.save(self.out / "checkpoint", self.policy, self.learner.optimizer, state, more)

    def _restore(self, folder: Path) -> int:
        state = checkpoint.restore(folder, self.learner.optimizer)
        self.learner.kl_weight.value = state["kl_weight"]
        more = checkpoint.restore_more(folder)

        def part(start: str) -> dict[str, Tensor]:
            return {name.removeprefix(start): value for name, value in more.items() if name.startswith(start)}

        if self.learner.value:
            self.learner.value.load_state_dict(part("value."))
        for term, whole in self.whole.items():
            whole.reward.load_state_dict({name: value.numpy() for name, value in part(f"reward.{term}.").items()})
        return state["update"]

    def _write_weights(self) -> None:
        """Put the weights into the run's folder; `policy.json`, by which it is known as a policy, comes last."""
        new = self.out / "weights.new"
        shutil.rmtree(new, ignore_errors=True)
        try:
            self.policy.save(new)
        except OSError as error:
            raise DataError(f"the weights could not be written to {new} ({error}); they are in the checkpoint") from error
        for path in sorted(new.iterdir(), key=lambda p: p.name == "policy.json"):
            os.replace(path, self.out / path.name)
        new.rmdir()

    def _report(self) -> None:
        """Before and after on held-out states, with the same random numbers."""
        sides, sources = [], {s.conversation: s.source for s in self.dev}
        for policy in (self.reference, self.actor):
            for term in self.whole.values():
                term.forget()
            found = self._play(policy, self.dev, 2, "dev")
            kl = ((found.batch.log_probs - found.batch.reference) * found.batch.mask).sum(1).tolist()
            totals, terms = self.rewards(found.rewrites)
            own = [sources[r.conversation] for r in found.rewrites[::2]]
            sides.append(all_items([Judged(own, found.rewrites, totals, terms, kl)]))
        if rank() == 0:
            print(write_report(self.out, *sides))
            print(f"weights, curves, report and samples are in {self.out}; try: python -m partner --checkpoint {self.out}")


class Together:
    """A reward that looks at the batch as a whole: it is given the rewrites of all processes.

    Then it says the same of each rewrite, and remembers the same, however many processes there are.
    """

    def __init__(self, reward: WholeReward) -> None:
        self.reward, self.fresh = reward, reward.state_dict()

    def __call__(self, rewrites: Sequence[Rewrite]) -> list[float]:
        first = before(len(rewrites))
        return self.reward(all_items(list(rewrites)))[first : first + len(rewrites)]

    def forget(self) -> None:
        """Be as at the start."""
        self.reward.load_state_dict(self.fresh)


def freeze(policy: PartnerPolicy, layers: int) -> None:
    """Let only the upper `layers` blocks learn, with the norm after them and the pointer head; 0 lets everything learn.

    Raises:
        DataError: there are not so many.
    """
    blocks = next(m for m in policy.backbone.base_model.modules() if isinstance(m, nn.ModuleList))
    if not 0 <= layers <= len(blocks):
        raise DataError(f"the policy has {len(blocks)} layers: --layers must be 0 to {len(blocks)}, got {layers}")
    if layers:
        for part in (policy.backbone.get_input_embeddings(), policy.backbone.get_output_embeddings(), *blocks[:-layers]):
            part.requires_grad_(False)


def _same_architecture(policy: PartnerPolicy, reference: PartnerPolicy, found: Path | None) -> None:
    shapes = [{name: p.shape for name, p in side.named_parameters()} for side in (policy, reference)]
    if shapes[0] != shapes[1] or policy.tokenizer.get_vocab() != reference.tokenizer.get_vocab():
        raise ModelError(f"{found} is a checkpoint of another architecture than --policy: choose another --out, or delete it.")


def _shown(entry: dict) -> dict[str, float]:
    names = ("reward", "kl", "entropy", "edits", "rewrites_per_second")
    return {n.replace("rewrites_per_second", "rewrites/s"): entry[n] for n in names if n in entry} | entry["terms"]


def _scalars(writer: SummaryWriter, entry: dict, update: int) -> None:
    for name, value in entry.items():
        if isinstance(value, dict):
            for inner, number in value.items():
                writer.add_scalar(f"{name}/{inner}", number, update)
        else:
            writer.add_scalar(name, value, update)
    writer.flush()
