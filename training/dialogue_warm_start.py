"""`python -m training warm-start --task dialogue`: fine-tuning for full replies, where dialogue learners start from.

Supporter turns of EmpatheticDialogues, or of a data set of one's own (`training.data.contexts`), with all that was said
before them; the loss is that of the reply's tokens alone (Bansal, "Automating Empathy in Dialogue Systems",
`dialogue_model_supervisor.py`). Turns that no assistant may learn to say and crisis posts are left out.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from random import Random

import torch

from partner.prompt import Layout
from training.data.records import DataError
from training.dialogue import prompt, read_states
from training.environment import State
from training.trees import IGNORE, Row, Tree, pack
from training.warm_start import Supervised, Trainer, losses

HELD_OUT = 200
"""Held-out turns that are measured every hundred steps."""


@dataclass(frozen=True)
class DialogueWarmStart(Supervised):
    """What the fine-tuning is run with; saved as `config.json` beside the weights.

    Attributes:
        epochs: passes over the data.
        longest: replies of more tokens, the end included, are left out.
    """

    pointer: float = 0.0  # a full reply has no place to choose, and none is preferred to another here
    preference: float = 0.0
    epochs: int = 1
    longest: int = 64


def run(args: argparse.Namespace) -> int:
    """Train with the options of `warm-start`.

    Raises:
        DataError: the data is missing, malformed, or empty once what may not be learned is left out.
    """
    config = DialogueWarmStart(args.learning_rate, row=args.row, rows=args.rows, epochs=args.epochs, seed=args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    stored = {"task": "dialogue", "dataset": str(args.dataset or ""), **asdict(config)}
    (args.out / "config.json").write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")
    return 0 if DialogueTrainer(config, args).train() else 130


def reply_tree(layout: Layout, state: State) -> Tree:
    """One turn as a tree of one branch; only the reply and its end are predicted."""
    before, what = prompt(layout, state.conversation), layout.what(state.target)
    tree = Tree()
    tree.add(-1, [*before, *what[:-1]], [IGNORE] * (len(before) - 1) + what)
    return tree


class DialogueTrainer(Trainer):
    """The loop of `training.warm_start` over replies: deterministic in (seed, step), resumable."""

    NEXT = "talk to it with: python -m training chat"

    config: DialogueWarmStart

    def _read(self) -> None:
        self.policy.pointer.requires_grad_(False)  # nothing is learned about places here, and nothing shall be forgotten
        self.turns = self._trees("train", self.args.limit)
        self.dev = {"replies": list(pack(self._trees("dev", HELD_OUT), self.config.row))}

    def _trees(self, split: str, limit: int | None) -> list[Tree]:
        trees: list[Tree] = []
        for state in read_states(split, self.args.data, self.args.dataset):
            if len(trees) == limit:
                break
            if len(self.policy.layout.what(state.target)) <= self.config.longest:
                trees.append(reply_tree(self.policy.layout, state))
        if not trees:
            raise DataError(f"no reply to learn from in {split}: all were empty, too long, or not for an assistant to say")
        return trees

    def _batches(self) -> Iterator[list[Row]]:
        for epoch in range(self.config.epochs):
            order = list(range(len(self.turns)))
            Random(f"{self.config.seed}/{epoch}").shuffle(order)
            yield from self._steps_of(self.turns[i] for i in order)

    def _step(self, batch: list[Row]) -> dict[str, float]:
        return {"tokens": super()._step(batch)["tokens"]}

    @torch.inference_mode()
    def evaluate(self, rows: list[Row]) -> dict[str, float]:
        """On held-out turns: loss per token of the replies, and its exponential, the perplexity."""
        self.policy.eval()
        total, count = 0.0, 0
        for row in rows:
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.args.bf16):
                found = losses(self.policy, row)
            total, count = total + float(found.tokens), count + found.labels
        self.policy.train()
        return {"tokens": total / count, "perplexity": math.exp(total / count)}
