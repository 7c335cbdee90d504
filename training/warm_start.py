"""`python -m training warm-start`: supervised training of the policy, where reinforcement learning starts from.

Places and sentences come from the project's edit records; real forum replies come in by PARTNER's trick (Sharma et
al., WWW 2021, section 5.1): take the empathic sentences out of a reply, and learn where they were and what they said.
With `--task dialogue` the policy learns to write full replies instead (`training.dialogue_warm_start`).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from random import Random

import torch
from accelerate import PartialState
from torch.nn import functional as F
from tqdm import tqdm

from partner.policy import PartnerPolicy
from training import checkpoint, options
from training.algorithms.processes import count as processes
from training.algorithms.processes import rank, sum_gradients, total
from training.data.edits import read_edits
from training.data.judged import with_judged
from training.data.putback import read_putback
from training.data.records import Record, data_dir
from training.plots import loss_curve
from training.trees import IGNORE, Row, Tree, edit_tree, pack

HELD_OUT = 48
"""Held-out records of each kind that are measured every hundred steps."""


@dataclass(frozen=True)
class Supervised:
    """What supervised training is run with, of edits and of full replies.

    Attributes:
        learning_rate: peak; warms up over `warmup` of the steps and falls linearly to a twentieth.
        row: tokens a packed row.
        rows: rows an optimizer step.
        pointer: weight of the pointer loss against the token loss.
        preference: weight of the preference loss (`preference`) between right and wrong sentences.
    """

    learning_rate: float = 2e-4
    warmup: float = 0.05
    weight_decay: float = 0.01
    clip: float = 1.0
    row: int = 640
    rows: int = 4
    pointer: float = 0.5
    preference: float = 0.5
    seed: int = 1


@dataclass(frozen=True)
class WarmStart(Supervised):
    """What a warm start is run with; saved as `config.json` beside the weights.

    Attributes:
        stages: what is seen, stage after stage: letters of files of `assets/corpus`, `+epitome` for the forum replies.
        putback: weight of the token loss on forum replies (they are rougher than the authored ones).
        wrong: sentences that are wrong for the post, at most so many a record, set against the right ones.
    """

    stages: tuple[str, ...] = ("abcdefghijklm+epitome", "fghijklm", "nopq", "gjklmnopq")
    putback: float = 0.1
    wrong: int = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    d = WarmStart()
    parser.add_argument("--task", choices=["edits", "dialogue"], default="edits", help="edit replies, or write full ones")
    parser.add_argument("--backbone", default="runs/backbone", help="policy folder, or any causal LM by folder or name")
    parser.add_argument("--out", type=Path, default=Path("runs/warm-start"), help="folder for weights, log and loss curve")
    parser.add_argument("--data", type=Path, help="data folder (default: PARTNER_DATA or ../shared/data)")
    parser.add_argument(
        "--dataset",
        type=Path,
        help="dialogue: folder with train, val and test of contexts.json and targets.json, to learn from",
    )
    parser.add_argument("--epochs", type=int, default=1, help="dialogue: passes over the data")
    parser.add_argument("--corpus", type=Path, help="folder of edit records (default: assets/corpus)")
    parser.add_argument("--stages", nargs="+", default=list(d.stages), help="files of each stage, e.g. abcde+epitome fghijklm")
    parser.add_argument("--learning-rate", type=float, default=d.learning_rate, help="peak learning rate")
    parser.add_argument("--row", type=int, default=d.row, help="tokens a packed row")
    parser.add_argument("--rows", type=int, default=d.rows, help="rows an optimizer step")
    parser.add_argument("--preference", type=float, default=d.preference, help="weight of the preference loss; 0 leaves it out")
    parser.add_argument("--steps", type=int, help="end after so many steps; the learning rate falls to its end by then")
    parser.add_argument("--seed", type=int, default=d.seed, help="seed of order and augmentation")
    parser.add_argument("--limit", type=int, help="use only so many records of each source (for a quick try)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    parser.add_argument("--save-minutes", type=float, default=10, help="minutes between checkpoints")
    options.add_bf16(parser)


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(args.threads)
    if args.task == "dialogue":
        from training import dialogue_warm_start

        return dialogue_warm_start.run(args)
    config = WarmStart(
        learning_rate=args.learning_rate,
        row=args.row,
        rows=args.rows,
        preference=args.preference,
        seed=args.seed,
        stages=tuple(args.stages),
        wrong=WarmStart.wrong if args.preference else 0,
    )
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "config.json").write_text(json.dumps(asdict(config), indent=2) + "\n", encoding="utf-8")
    return 0 if Trainer(config, args).train() else 130


def tree_of(record: Record, layout, rng: Random, config: WarmStart) -> Tree:
    tree = edit_tree(record, layout, rng, config.wrong)
    if record.source == "epitome":
        tree.weight = config.putback
    return tree


def log_odds(mean_log_prob: torch.Tensor) -> torch.Tensor:
    """log(p / (1 - p)) of a sentence, p being the geometric mean of its tokens' probabilities (Hong et al., EMNLP 2024)."""
    return mean_log_prob - torch.log1p(-mean_log_prob.exp().clamp(max=1 - 1e-6))


def preference(right: torch.Tensor, wrong: torch.Tensor) -> torch.Tensor:
    """Mean of -log sigmoid(log-odds of a right sentence - log-odds of a wrong one) over all pairs of one post.

    The odds ratio loss of ORPO (Hong et al., EMNLP 2024, equation 7): no reference model is needed, since the token loss
    on the right sentences holds the policy in place.

    Args:
        right, wrong: (n,), (m,) mean log-probabilities of sentences.
    """
    return F.softplus(log_odds(wrong)[None] - log_odds(right)[:, None]).mean()


@dataclass
class Losses:
    """Sums over one row: token, pointer and preference loss, places and pairs of sentences told rightly, and their counts."""

    tokens: torch.Tensor
    where: torch.Tensor
    prefer: torch.Tensor
    placed: int = 0
    ranked: float = 0.0
    labels: int = 0
    decisions: int = 0
    posts: int = 0


def losses(policy: PartnerPolicy, row: Row) -> Losses:
    """All losses of one row, weighted by `Row.weights`; `prefer` sums one mean a post that has both sorts of sentences."""
    device = policy.device
    hidden = policy.hidden(row.ids.to(device), row.mask.to(device), row.positions.to(device))[0]
    wanted = (row.labels != IGNORE).nonzero()[:, 0].to(device)
    logits = policy.vocabulary_logits(hidden[wanted]).float()
    nll = F.cross_entropy(logits, row.labels.to(device)[wanted], reduction="none")
    zero = hidden.new_zeros((), dtype=torch.float32)
    weights = row.weights.to(device)[wanted]
    found = Losses((nll * weights).sum(), zero, zero, labels=int((weights > 0).sum()), decisions=len(row.pointers))
    place = torch.full((len(row.labels),), -1, device=device)
    place[wanted] = torch.arange(len(wanted), device=device)
    for sentences in row.sentences:
        mean = {True: [], False: []}
        for a, b, right in sentences:
            mean[right].append(-nll[place[a:b]].mean())
        if mean[True] and mean[False]:
            right, wrong = torch.stack(mean[True]), torch.stack(mean[False])
            found.prefer = found.prefer + preference(right, wrong)
            found.ranked += float((right[:, None] > wrong[None]).float().mean())
            found.posts += 1
    for p in row.pointers:
        log_probs = policy.pointer(hidden[p.markers], hidden[p.last]).float().log_softmax(-1)
        found.where = found.where - (p.target.to(device) * log_probs).sum()
        found.placed += bool(p.target[log_probs.detach().argmax().cpu()] > 0)
    return found


class Trainer:
    """The loop: deterministic in (seed, step), so a killed run resumes to the same trajectory.

    Under `accelerate launch` each process takes its share of the rows of a step, and gradients are summed.
    """

    NEXT = "ship it with: python -m training ship"

    config: WarmStart

    def __init__(self, config: Supervised, args: argparse.Namespace) -> None:
        self.config, self.args = config, args
        self.device = PartialState(cpu=not torch.cuda.is_available()).device
        found = checkpoint.find(args.out / "checkpoint")
        self.policy = PartnerPolicy.load(found or args.backbone, torch.float32).to(self.device).train()
        decay = [p for p in self.policy.parameters() if p.ndim > 1]
        rest = [p for p in self.policy.parameters() if p.ndim <= 1]
        groups = [{"params": decay, "weight_decay": config.weight_decay}, {"params": rest, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.95), fused=True)
        self.start = checkpoint.restore(found, self.optimizer)["step"] if found else 0
        self._read()
        self.steps = sum(1 for _ in self._batches())
        self.steps = min(self.steps, args.steps or self.steps)

    def _read(self) -> None:
        self.stages = [self._records(stage, "train") for stage in self.config.stages]
        self.dev = {
            name: self._dev_rows(files) for name, files in (("plain", "fghijklm"), ("forum", "nopq"), ("literary", "abcde"))
        }

    def _records(self, stage: str, split: str) -> list[Record]:
        files, _, forum = stage.partition("+")
        records = list(read_edits(split, files, self.args.corpus))[: self.args.limit]
        if split == "train" and self.config.wrong:
            records = with_judged(records, self.args.corpus)
        if forum:
            records += list(read_putback(split, data_dir(self.args.data)))[: self.args.limit]
        return records

    def _dev_rows(self, files: str) -> list[Row]:
        trees = (edit_tree(r, self.policy.layout, Random(0), 6) for r in self._records(files, "dev")[:HELD_OUT])
        return list(pack(trees, self.config.row))

    def _batches(self) -> Iterator[list[Row]]:
        """Steps in order; every tree is drawn from (seed, stage, record), so the order never depends on timing."""
        for number, records in enumerate(self.stages):
            order = list(range(len(records)))
            Random(f"{self.config.seed}/{number}").shuffle(order)
            trees = (
                tree_of(records[i], self.policy.layout, Random(f"{self.config.seed}/{number}/{i}"), self.config) for i in order
            )
            yield from self._steps_of(trees)

    def _steps_of(self, trees: Iterable[Tree]) -> Iterator[list[Row]]:
        """Packed rows, as many together as a step takes; the last step may have fewer."""
        rows = pack(trees, self.config.row)
        while batch := list(islice(rows, self.config.rows)):
            yield batch

    def _rate(self, step: int) -> float:
        warm = max(1, round(self.config.warmup * self.steps))
        return min((step + 1) / warm, 1.0) * (0.05 + 0.95 * (1 - step / self.steps))

    def train(self) -> bool:
        """Run to the end, or to Ctrl-C; returns whether it got to the end. The same command goes on where it stopped."""
        first = rank() == 0
        if first:
            checkpoint.cut_log(self.args.out / "log.jsonl", self.start)
        log = (self.args.out / "log.jsonl").open("a", encoding="utf-8")
        bar = tqdm(total=self.steps, initial=self.start, desc="warm start", unit=" steps", disable=not first)
        saved = time.monotonic()
        with checkpoint.interruptible() as stop, log, bar:
            for step, batch in enumerate(islice(self._batches(), self.steps)):
                if step < self.start:
                    continue
                for group in self.optimizer.param_groups:
                    group["lr"] = self.config.learning_rate * self._rate(step)
                torch.manual_seed(self.config.seed * 1_000_003 + step)  # dropout too is the same after a stop as without one
                entry = self._step(batch)
                if not math.isfinite(sum(entry.values())):
                    raise FloatingPointError(f"loss is not finite at step {step}: {entry}; the last checkpoint is kept")
                bar.update()
                bar.set_postfix({name: f"{value:.3f}" for name, value in entry.items()})
                last = step == self.steps - 1
                if step % 100 == 99 or last:
                    entry["dev"] = {name: self.evaluate(rows) for name, rows in self.dev.items()}
                    bar.write(f"step {step + 1}: {json.dumps(entry['dev'])}")
                if first:
                    log.write(json.dumps({"step": step} | entry) + "\n")
                    log.flush()
                asked = bool(total(torch.tensor(float(stop.is_set()), device=self.device)))  # all leave the loop together
                if first and (asked or last or time.monotonic() - saved > 60 * self.args.save_minutes):
                    checkpoint.save(self.args.out / "checkpoint", self.policy, self.optimizer, {"step": step + 1})
                    saved = time.monotonic()
                if asked and not last:
                    bar.write(f"stopped after step {step + 1}; the same command goes on from there")
                    return False
        if not first:
            return True
        self.policy.save(self.args.out / "policy")
        loss_curve(self.args.out / "log.jsonl", self.args.out / "loss.png")
        print(f"policy written to {self.args.out / 'policy'}; {self.NEXT} {self.args.out / 'policy'}")
        return True

    def _step(self, batch: list[Row]) -> dict[str, float]:
        count = max(1, sum(int(((r.labels != IGNORE) & (r.weights > 0)).sum()) for r in batch))
        decisions = max(1, sum(len(r.pointers) for r in batch))
        posts = max(1, sum(_contrasts(r) for r in batch))
        sums = {"tokens": 0.0, "where": 0.0, "prefer": 0.0, "ranked": 0.0}
        for row in batch[rank() :: processes()]:
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.args.bf16):
                found = losses(self.policy, row)
            parts = {"tokens": found.tokens / count, "where": found.where / decisions, "prefer": found.prefer / posts}
            (parts["tokens"] + self.config.pointer * parts["where"] + self.config.preference * parts["prefer"]).backward()
            for name, part in parts.items():
                sums[name] += part.item()
            sums["ranked"] += found.ranked / posts
        sum_gradients(self.policy.parameters())
        torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self.config.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        everyone = total(torch.tensor(list(sums.values()), device=self.device))
        return dict(zip(sums, everyone.tolist(), strict=True))

    @torch.inference_mode()
    def evaluate(self, rows: list[Row]) -> dict[str, float]:
        """On held-out records: loss per token of sentences, pointer loss, how often its first choice is one of the authors',
        and how often a right sentence of a post is likelier than a wrong one."""
        self.policy.eval()
        sums = Losses(torch.zeros(()), torch.zeros(()), torch.zeros(()))
        for row in rows:
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.args.bf16):
                found = losses(self.policy, row)
            for name in vars(sums):
                setattr(sums, name, getattr(sums, name) + getattr(found, name))
        self.policy.train()
        return {
            "tokens": float(sums.tokens) / sums.labels,
            "where": float(sums.where) / sums.decisions,
            "place": sums.placed / sums.decisions,
            "ranked": sums.ranked / max(1, sums.posts),
        }


def _contrasts(row: Row) -> int:
    """Trees of a row that hold both right and wrong sentences."""
    return sum(len({right for _, _, right in sentences}) == 2 for sentences in row.sentences)
