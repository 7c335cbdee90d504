"""`python -m training warm-start`: supervised training of the policy, where reinforcement learning starts from.

Places and sentences come from the project's edit records; real forum replies come in by PARTNER's trick (Sharma et
al., WWW 2021, section 5.1): take the empathic sentences out of a reply, and learn where they were and what they said.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import torch
from torch.nn import functional as F
from tqdm import tqdm

from partner.policy import PartnerPolicy
from training import checkpoint
from training.data.edits import read_edits
from training.data.putback import read_putback
from training.data.records import Record, data_dir
from training.plots import loss_curve
from training.trees import IGNORE, Row, Tree, edit_tree, pack


@dataclass(frozen=True)
class WarmStart:
    """What a warm start is run with; saved as `config.json` beside the weights.

    Attributes:
        stages: what is seen, stage after stage: letters of files of `assets/corpus`, `+epitome` for the forum replies.
        learning_rate: peak; warms up over `warmup` of the steps and falls linearly to a twentieth.
        row: tokens a packed row.
        rows: rows an optimizer step.
        pointer: weight of the pointer loss against the token loss.
        putback: weight of the token loss on forum replies (they are rougher than the authored ones).
    """

    stages: tuple[str, ...] = ("abcdefghijklm+epitome", "fghijklm")
    learning_rate: float = 2e-4
    warmup: float = 0.05
    weight_decay: float = 0.01
    clip: float = 1.0
    row: int = 640
    rows: int = 4
    pointer: float = 0.5
    putback: float = 0.1
    seed: int = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    d = WarmStart()
    parser.add_argument("--backbone", default="runs/backbone", help="policy folder, or any causal LM by folder or name")
    parser.add_argument("--out", type=Path, default=Path("runs/warm-start"), help="folder for weights, log and loss curve")
    parser.add_argument("--data", type=Path, help="data folder for EPITOME (default: PARTNER_DATA or ../shared/data)")
    parser.add_argument("--corpus", type=Path, help="folder of edit records (default: assets/corpus)")
    parser.add_argument("--stages", nargs="+", default=list(d.stages), help="files of each stage, e.g. abcde+epitome fghijklm")
    parser.add_argument("--learning-rate", type=float, default=d.learning_rate, help="peak learning rate")
    parser.add_argument("--row", type=int, default=d.row, help="tokens a packed row")
    parser.add_argument("--rows", type=int, default=d.rows, help="rows an optimizer step")
    parser.add_argument("--seed", type=int, default=d.seed, help="seed of order and augmentation")
    parser.add_argument("--limit", type=int, help="use only so many records of each source (for a quick try)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    parser.add_argument("--save-minutes", type=float, default=10, help="minutes between checkpoints")
    parser.add_argument("--fp32", action="store_true", help="no bfloat16 autocast")


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(args.threads)
    config = WarmStart(tuple(args.stages), args.learning_rate, row=args.row, rows=args.rows, seed=args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "config.json").write_text(json.dumps(asdict(config), indent=2) + "\n", encoding="utf-8")
    trainer = Trainer(config, args)
    trainer.train()
    return 0


def tree_of(record: Record, layout, rng: Random, putback: float) -> Tree:
    tree = edit_tree(record, layout, rng)
    if record.source == "epitome":
        tree.weight = putback
    return tree


def losses(policy: PartnerPolicy, row: Row) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Token loss (summed, weighted), pointer loss (summed) and number of labelled tokens of one row."""
    device = policy.device
    hidden = policy.hidden(row.ids.to(device), row.mask.to(device), row.positions.to(device))[0]
    wanted = (row.labels != IGNORE).nonzero()[:, 0].to(device)
    logits = policy.vocabulary_logits(hidden[wanted]).float()
    tokens = F.cross_entropy(logits, row.labels.to(device)[wanted], reduction="none") * row.weights.to(device)[wanted]
    where = hidden.new_zeros((), dtype=torch.float32)
    for p in row.pointers:
        log_probs = policy.pointer(hidden[p.markers], hidden[p.last]).float().log_softmax(-1)
        where = where - (p.target.to(device) * log_probs).sum()
    return tokens.sum(), where, len(wanted)


class Trainer:
    """The loop: deterministic in (seed, step), so a killed run resumes to the same trajectory."""

    def __init__(self, config: WarmStart, args: argparse.Namespace) -> None:
        self.config, self.args = config, args
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        found = checkpoint.find(args.out / "checkpoint")
        self.policy = PartnerPolicy.load(found or args.backbone, torch.float32).to(self.device).train()
        decay = [p for p in self.policy.parameters() if p.ndim > 1]
        rest = [p for p in self.policy.parameters() if p.ndim <= 1]
        groups = [{"params": decay, "weight_decay": config.weight_decay}, {"params": rest, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.95), fused=True)
        self.start = checkpoint.restore(found, self.optimizer)["step"] if found else 0
        self.stages = [self._records(stage, "train") for stage in config.stages]
        self.steps = sum(1 for _ in self._batches())
        self.dev = {name: self._dev_rows(files) for name, files in (("plain", "fghijklm"), ("literary", "abcde"))}

    def _records(self, stage: str, split: str) -> list[Record]:
        files, _, forum = stage.partition("+")
        records = list(read_edits(split, files, self.args.corpus))[: self.args.limit]
        if forum:
            records += list(read_putback(split, data_dir(self.args.data)))[: self.args.limit]
        return records

    def _dev_rows(self, files: str) -> list[Row]:
        trees = (edit_tree(r, self.policy.layout, Random(0)) for r in self._records(files, "dev")[:80])
        return list(pack(trees, self.config.row))

    def _batches(self) -> Iterator[list[Row]]:
        """Steps in order; every tree is drawn from (seed, stage, record), so the order never depends on timing."""
        for number, records in enumerate(self.stages):
            order = list(range(len(records)))
            Random(f"{self.config.seed}/{number}").shuffle(order)
            trees = (
                tree_of(records[i], self.policy.layout, Random(f"{self.config.seed}/{number}/{i}"), self.config.putback)
                for i in order
            )
            batch: list[Row] = []
            for row in pack(trees, self.config.row):
                batch.append(row)
                if len(batch) == self.config.rows:
                    yield batch
                    batch = []
            if batch:
                yield batch

    def _rate(self, step: int) -> float:
        warm = max(1, round(self.config.warmup * self.steps))
        return min((step + 1) / warm, 1.0) * (0.05 + 0.95 * (1 - step / self.steps))

    def train(self) -> None:
        log = (self.args.out / "log.jsonl").open("a", encoding="utf-8")
        bar = tqdm(total=self.steps, initial=self.start, desc="warm start", unit=" steps")
        saved = time.monotonic()
        for step, batch in enumerate(self._batches()):
            if step < self.start:
                continue
            for group in self.optimizer.param_groups:
                group["lr"] = self.config.learning_rate * self._rate(step)
            torch.manual_seed(self.config.seed * 1_000_003 + step)  # dropout too is the same after a stop as without one
            entry = self._step(batch)
            if not math.isfinite(entry["tokens"] + entry["where"]):
                raise FloatingPointError(f"loss is not finite at step {step}: {entry}; the last checkpoint is kept")
            bar.update()
            bar.set_postfix(tokens=f"{entry['tokens']:.3f}", where=f"{entry['where']:.3f}")
            if step % 100 == 99 or step == self.steps - 1:
                entry["dev"] = {name: self.evaluate(rows) for name, rows in self.dev.items()}
                bar.write(f"step {step + 1}: {json.dumps(entry['dev'])}")
            log.write(json.dumps({"step": step} | entry) + "\n")
            log.flush()
            if time.monotonic() - saved > 60 * self.args.save_minutes or step == self.steps - 1:
                checkpoint.save(self.args.out / "checkpoint", self.policy, self.optimizer, {"step": step + 1})
                saved = time.monotonic()
        bar.close()
        self.policy.save(self.args.out / "policy")
        loss_curve(self.args.out / "log.jsonl", self.args.out / "loss.png")
        print(f"policy written to {self.args.out / 'policy'}; ship it with: python -m training ship {self.args.out / 'policy'}")

    def _step(self, batch: list[Row]) -> dict[str, float]:
        count = sum(int((r.labels != IGNORE).sum()) for r in batch)
        decisions = max(1, sum(len(r.pointers) for r in batch))
        sums = [0.0, 0.0]
        for row in batch:
            with torch.autocast(self.device, torch.bfloat16, enabled=not self.args.fp32):
                tokens, where, _ = losses(self.policy, row)
            (tokens / count + self.config.pointer * where / decisions).backward()
            sums[0] += tokens.item() / count
            sums[1] += where.item() / decisions
        torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self.config.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return {"tokens": sums[0], "where": sums[1]}

    @torch.inference_mode()
    def evaluate(self, rows: list[Row]) -> dict[str, float]:
        """Loss per token of held-out sentences, pointer loss, and how often its first choice is one of the authors'."""
        self.policy.eval()
        tokens = where = 0.0
        count = decisions = right = 0
        for row in rows:
            with torch.autocast(self.device, torch.bfloat16, enabled=not self.args.fp32):
                hidden = self.policy.hidden(row.ids.to(self.device), row.mask.to(self.device), row.positions.to(self.device))[0]
                wanted = (row.labels != IGNORE).nonzero()[:, 0]
                logits = self.policy.vocabulary_logits(hidden[wanted]).float()
                tokens += F.cross_entropy(logits, row.labels[wanted].to(self.device), reduction="sum").item()
                for p in row.pointers:
                    log_probs = self.policy.pointer(hidden[p.markers], hidden[p.last]).float().log_softmax(-1).cpu()
                    where -= (p.target * log_probs).sum().item()
                    right += bool(p.target[log_probs.argmax()] > 0)
            count += len(wanted)
            decisions += len(row.pointers)
        self.policy.train()
        return {"tokens": tokens / count, "where": where / decisions, "place": right / decisions}
