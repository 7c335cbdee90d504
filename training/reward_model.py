"""`python -m training reward-model`: a scalar for a reply, learned from pairwise human ratings.

Bansal, "Automating Empathy in Dialogue Systems" (2023), `reward_model_supervisor.py`: a language model reads context and
reply, its states over the reply's tokens are averaged, and a linear layer gives one number; a pair of replies A, B to the
same context with signed strength s costs

    -sqrt(|s|) log sigmoid(delta)   where one is preferred, delta being its score minus the other's;
    delta^2                         where they tie.

Here the reader is a MiniLM cross-encoder, of which the top layers learn. Accuracy is measured by cross-validation grouped by
context; that work measured it on the pairs it had trained on. The final model learns from all contexts, and its scores
are centred on their mean.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from training import options
from training.data.ratings import Rated, read_ratings
from training.data.records import DataError
from training.reward_metrics import Scores, accuracy, interval, judge
from training.reward_network import Lower, RewardModel


@dataclass(frozen=True)
class RewardModelConfig:
    """What the reward model is trained with; each is a command-line option.

    Attributes:
        epochs: passes over the contexts.
        contexts: contexts (with all their pairs) in one update.
        learning_rate: peak, of the encoder's trained layers.
        head_learning_rate: peak, of the linear layer.
        layers: top encoder layers that learn; the rest stays as it was pretrained.
        dropout: on the averaged state (that work: 0.6).
        weight_decay: of AdamW.
        folds: of the cross-validation; 0 leaves it out.
        max_tokens: tokens of context and reply together.
        seed: of order, dropout and folds.
    """

    epochs: int = 6
    contexts: int = 4
    learning_rate: float = 5e-5
    head_learning_rate: float = 1e-3
    layers: int = 2
    dropout: float = 0.1
    weight_decay: float = 0.01
    folds: int = 5
    max_tokens: int = 128
    seed: int = 1


def pairwise_loss(scores: Tensor, pairs: Sequence[tuple[int, int, float]]) -> Tensor:
    """Mean of -sqrt(|s|) log sigmoid(delta) over preferences and delta^2 over ties.

    Args:
        scores: (n,) of the responses to one context.
        pairs: `(i, j, s)`; s < 0 prefers i, s > 0 prefers j, 0 is a tie.
    """
    i, j, s = (torch.tensor(column, device=scores.device) for column in zip(*pairs, strict=True))
    delta = (scores[i] - scores[j]) * torch.where(s < 0, 1.0, -1.0)
    return torch.where(s == 0, delta.square(), -s.abs().sqrt() * F.logsigmoid(delta)).mean()


class Frozen:
    """The states below the layers that learn: computed once for a context, and shared by all folds.

    Args:
        config: says how many layers learn.
        bf16: autocast.
        keep: contexts whose states are kept in memory.
    """

    def __init__(self, config: RewardModelConfig, bf16: bool, keep: int = 1000) -> None:
        self.accelerator = Accelerator(cpu=not torch.cuda.is_available(), mixed_precision="bf16" if bf16 else "no")
        self.above, self.keep = config.layers, keep
        self.model = RewardModel.fresh(config.max_tokens, config.dropout).to(self.accelerator.device).eval()
        self.known: dict[Rated, Lower] = {}

    def __call__(self, rated: Rated) -> Lower:
        found = self.known.get(rated)
        if found is None:
            with torch.no_grad(), self.accelerator.autocast():
                found = self.model.lower([rated.conversation] * len(rated.responses), rated.responses, self.above)
            if len(self.known) < self.keep:
                self.known[rated] = found
        return found


def train(rated: Sequence[Rated], config: RewardModelConfig, frozen: Frozen, title: str = "reward model") -> RewardModel:
    """Train on all the given contexts; scores are centred on the mean of their responses."""
    accelerator = frozen.accelerator
    torch.manual_seed(config.seed)
    model = RewardModel.fresh(config.max_tokens, config.dropout).to(accelerator.device)
    learning = list(model.encoder.encoder.layer)[len(model.encoder.encoder.layer) - config.layers :]
    model.requires_grad_(False)
    for part in (*learning, model.linear):
        part.requires_grad_(True).train()
    for layer in learning:
        layer.attention.self.dropout.p = 0.0
    model.dropout.train()
    groups = [
        {"params": [p for layer in learning for p in layer.parameters()], "lr": config.learning_rate},
        {"params": list(model.linear.parameters()), "lr": config.head_learning_rate},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=config.weight_decay)
    useful = [r for r in rated if r.pairs]
    steps = config.epochs * math.ceil(len(useful) / config.contexts)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: min(1, (k + 1) / (0.1 * steps)) * (1 - k / steps))
    with tqdm(total=steps, desc=title, unit=" updates", mininterval=2) as bar:
        for epoch in range(config.epochs):
            Random(f"{config.seed}/{epoch}").shuffle(useful)
            for start in range(0, len(useful), config.contexts):
                batch = useful[start : start + config.contexts]
                running = 0.0
                for r in batch:
                    with accelerator.autocast():
                        scores = model.upper(frozen(r), config.layers)
                    loss = pairwise_loss(scores, r.pairs) / len(batch)
                    accelerator.backward(loss)
                    running += loss.item()
                nn.utils.clip_grad_norm_([p for g in groups for p in g["params"]], 1.0)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad(set_to_none=True)
                bar.set_postfix(loss=f"{running:.3f}", refresh=False)
                bar.update()
    model.eval()
    everything = [s for scores in score_all(model, rated, frozen) for s in scores]
    model.mean += sum(everything) / len(everything)
    model.lowest += min(everything) - model.mean
    return model


@torch.no_grad()
def score_all(model: RewardModel, rated: Sequence[Rated], frozen: Frozen) -> Scores:
    """The model's scores of all responses."""
    return [model.upper(frozen(r), frozen.above).tolist() for r in rated]


def cross_validate(rated: Sequence[Rated], config: RewardModelConfig, frozen: Frozen, out: Path) -> Scores:
    """Scores of every context by a model that never saw it. Each finished fold is kept in `out/folds.json`.

    Raises:
        DataError: there are fewer contexts than folds, or `out` holds folds of another run.
    """
    if len(rated) < config.folds:
        raise DataError(f"{len(rated)} contexts are too few for {config.folds} folds: pass --folds {max(2, len(rated) // 2)}")
    path, key = out / "folds.json", {"config": asdict(config), "contexts": len(rated)}
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"key": key, "folds": {}}
    if kept["key"] != key:
        raise DataError(f"{path} is of a run with other settings: choose another --out, or remove it")
    order = list(range(len(rated)))
    Random(config.seed).shuffle(order)
    scores: Scores = [[] for _ in rated]
    for fold in range(config.folds):
        held = order[fold :: config.folds]
        if str(fold) not in kept["folds"]:
            rest = [r for k, r in enumerate(rated) if k not in set(held)]
            model = train(rest, config, frozen, f"fold {fold + 1}/{config.folds}")
            kept["folds"][str(fold)] = score_all(model, [rated[k] for k in held], frozen)
            path.with_suffix(".new").write_text(json.dumps(kept), encoding="utf-8")
            os.replace(path.with_suffix(".new"), path)
        for k, values in zip(held, kept["folds"][str(fold)], strict=True):
            scores[k] = values
    return scores


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m training reward-model`."""
    parser.add_argument("--ratings", type=Path, help="ratings file or folder (default: ratings/ of the data folder)")
    parser.add_argument("--out", type=Path, default=Path("runs/reward-model"), help="folder to write; a stopped run goes on")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    options.add_bf16(parser)
    options.add(parser, {"reward-model": RewardModelConfig}, set())


def run(args: argparse.Namespace) -> int:
    """Cross-validate, train on everything, save and report."""
    torch.set_num_threads(args.threads)
    config = options.make(RewardModelConfig, {k: v for k, v in vars(args).items() if k in options.fields_of(RewardModelConfig)})
    rated = read_ratings(args.ratings)
    if not any(s for r in rated for _, _, s in r.pairs):
        raise DataError("the ratings hold no preference, only ties or nothing: there is nothing to learn")
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "config.json").write_text(json.dumps(asdict(config), indent=2) + "\n", encoding="utf-8")
    frozen = Frozen(config, args.bf16)
    metrics: dict[str, object] = {"contexts": len(rated), "pairs": sum(len(r.pairs) for r in rated)}
    metrics["preferences"] = sum(s != 0 for r in rated for _, _, s in r.pairs)
    if config.folds:
        metrics["held_out_accuracy"] = judge(cross_validate(rated, config, frozen, args.out), rated)
    model = train(rated, config, frozen, "all contexts")
    model.save(args.out / "model")
    metrics["training_accuracy"] = interval(accuracy(score_all(model, rated, frozen), rated))
    (args.out / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(metrics, indent=2))
    print(f"reward model written to {args.out}; train against it with:")
    print(f"python -m training rl --task dialogue --algorithm ppo --reward preference=1 --reward-model {args.out}")
    return 0
