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
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from random import Random

import torch
from accelerate import Accelerator
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm
from transformers import BertConfig, BertModel

from partner.encoder import PairTokenizer
from partner.models import ModelError
from partner.types import Conversation
from training.data.ratings import Rated, read_ratings
from training.data.records import DataError
from training.minilm import load_minilm
from training.reward_metrics import Scores, accuracy, interval, judge

FORMAT = 1


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


class RewardModel(nn.Module):
    """Scores replies to conversations; comparable between replies to the same one, zero on average over the rated ones.

    Args:
        encoder: BERT-like, without pooling layer.
        tokenizer: turns (context, reply) into its inputs.
        dropout: on the averaged state.
    """

    def __init__(self, encoder: BertModel, tokenizer: PairTokenizer, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder, self.tokenizer = encoder, tokenizer
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(encoder.config.hidden_size, 1)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, conversations: Sequence[Conversation], replies: Sequence[str]) -> Tensor:
        """(n,) scores of replies, one conversation each."""
        pairs = [(context_text(c), reply) for c, reply in zip(conversations, replies, strict=True)]
        device = self.linear.weight.device
        batch = {k: torch.from_numpy(v).to(device) for k, v in self.tokenizer.pad_batch(self.tokenizer(pairs)).items()}
        hidden = self.encoder(**batch)[0]
        reply_tokens = (batch["token_type_ids"] * batch["attention_mask"]).unsqueeze(-1).to(hidden.dtype)
        pooled = (hidden * reply_tokens).sum(1) / reply_tokens.sum(1)
        return self.linear(self.dropout(pooled))[:, 0].float() - self.mean

    @torch.inference_mode()
    def score(self, conversations: Sequence[Conversation], replies: Sequence[str], size: int = 32) -> list[float]:
        """Scores of any number of replies, those of like length together."""
        self.eval()
        order = sorted(range(len(replies)), key=lambda i: len(conversations[i].post) + len(replies[i]))
        found = [0.0] * len(replies)
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            scores = self([conversations[i] for i in chosen], [replies[i] for i in chosen]).tolist()
            for i, score in zip(chosen, scores, strict=True):
                found[i] = score
        return found

    def save(self, folder: Path) -> None:
        """Write weights (safetensors), tokenizer and `reward_model.json`, whole or not at all."""
        new = folder.with_name(folder.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        save_file({k: v.detach().cpu().contiguous() for k, v in self.state_dict().items()}, new / "model.safetensors")
        Tokenizer.from_str(self.tokenizer.tokenizer.to_str()).save(str(new / "tokenizer.json"), pretty=False)
        stored = {"format": FORMAT, "max_tokens": self.tokenizer.max_tokens, "encoder": self.encoder.config.to_diff_dict()}
        (new / "reward_model.json").write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)

    @classmethod
    def load(cls, run: str | Path) -> RewardModel:
        """Read what `save` wrote, from its folder or from the run that holds it as `model`; in evaluation mode.

        Raises:
            ModelError: there is no reward model, or its files are damaged.
        """
        run = Path(run)
        folder = next((f for f in (run, run / "model") if (f / "reward_model.json").is_file()), None)
        if folder is None:
            raise ModelError(f"{run} holds no reward model: train one with `python -m training reward-model --out {run}`")
        try:
            stored = json.loads((folder / "reward_model.json").read_text(encoding="utf-8"))
            if stored["format"] != FORMAT:
                raise ModelError(f"{folder} has format {stored['format']}; this version reads {FORMAT}: train it again")
            encoder = BertModel(BertConfig.from_dict(stored["encoder"], attn_implementation="eager"), add_pooling_layer=False)
            tokenizer = PairTokenizer(Tokenizer.from_file(str(folder / "tokenizer.json")), stored["max_tokens"])
            model = cls(encoder, tokenizer)
            model.load_state_dict(load_file(folder / "model.safetensors"))
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(f"{folder} does not hold a readable reward model: {error}. Train or copy it again.") from error
        return model.eval()


def context_text(conversation: Conversation) -> str:
    """History and post, one turn a line."""
    return "\n".join([*(text for _, text in conversation.history), conversation.post])


def pairwise_loss(scores: Tensor, pairs: Sequence[tuple[int, int, float]]) -> Tensor:
    """Mean of -sqrt(|s|) log sigmoid(delta) over preferences and delta^2 over ties.

    Args:
        scores: (n,) of the responses to one context.
        pairs: `(i, j, s)`; s < 0 prefers i, s > 0 prefers j, 0 is a tie.
    """
    i, j, s = (torch.tensor(column, device=scores.device) for column in zip(*pairs, strict=True))
    delta = (scores[i] - scores[j]) * torch.where(s < 0, 1.0, -1.0)
    return torch.where(s == 0, delta.square(), -s.abs().sqrt() * F.logsigmoid(delta)).mean()


def train(rated: Sequence[Rated], config: RewardModelConfig, bf16: bool = False, title: str = "reward model") -> RewardModel:
    """Train on all the given contexts; scores are centred on the mean of their responses."""
    accelerator = Accelerator(mixed_precision="bf16" if bf16 else "no")
    torch.manual_seed(config.seed)
    encoder, raw = load_minilm()
    model = RewardModel(encoder, PairTokenizer(raw, config.max_tokens), config.dropout).to(accelerator.device)
    encoder.requires_grad_(False)
    for layer in list(encoder.encoder.layer)[len(encoder.encoder.layer) - config.layers :]:
        layer.requires_grad_(True)
        layer.attention.self.dropout.p = 0.0
    groups = [
        {"params": [p for p in encoder.parameters() if p.requires_grad], "lr": config.learning_rate},
        {"params": list(model.linear.parameters()), "lr": config.head_learning_rate},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=config.weight_decay)
    useful = [r for r in rated if r.pairs]
    steps = config.epochs * math.ceil(len(useful) / config.contexts)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: min(1, (k + 1) / (0.1 * steps)) * (1 - k / steps))
    model.train()
    encoder.embeddings.eval()
    for layer in list(encoder.encoder.layer)[: len(encoder.encoder.layer) - config.layers]:
        layer.eval()  # what does not learn need not be noisy
    with tqdm(total=steps, desc=title, unit=" updates", mininterval=2) as bar:
        for epoch in range(config.epochs):
            Random(f"{config.seed}/{epoch}").shuffle(useful)
            for start in range(0, len(useful), config.contexts):
                batch = useful[start : start + config.contexts]
                with accelerator.autocast():
                    flat = [(r.conversation, text) for r in batch for text in r.responses]
                    scores = model([c for c, _ in flat], [t for _, t in flat]).split([len(r.responses) for r in batch])
                loss = torch.stack([pairwise_loss(s, r.pairs) for s, r in zip(scores, batch, strict=True)]).mean()
                accelerator.backward(loss)
                nn.utils.clip_grad_norm_([p for g in groups for p in g["params"]], 1.0)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad(set_to_none=True)
                bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
                bar.update()
    everything = [s for scores in score_all(model, rated) for s in scores]
    model.mean += sum(everything) / len(everything)
    return model.eval()


def score_all(model: RewardModel, rated: Sequence[Rated]) -> Scores:
    """The model's scores of all responses."""
    flat = [(r.conversation, text) for r in rated for text in r.responses]
    scores = iter(model.score([c for c, _ in flat], [t for _, t in flat]))
    return [[next(scores) for _ in r.responses] for r in rated]


def cross_validate(rated: Sequence[Rated], config: RewardModelConfig, out: Path, bf16: bool = False) -> Scores:
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
            model = train(rest, config, bf16, f"fold {fold + 1}/{config.folds}")
            kept["folds"][str(fold)] = score_all(model, [rated[k] for k in held])
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
    parser.add_argument("--bf16", action="store_true", help="bfloat16 autocast")
    texts = {k.strip(): v.strip() for k, _, v in (line.partition(":") for line in RewardModelConfig.__doc__.splitlines())}
    for field in fields(RewardModelConfig):
        name = "--" + field.name.replace("_", "-")
        parser.add_argument(name, type=type(field.default), default=field.default, help=texts[field.name].replace("%", "%%"))


def run(args: argparse.Namespace) -> int:
    """Cross-validate, train on everything, save and report."""
    torch.set_num_threads(args.threads)
    config = RewardModelConfig(**{f.name: getattr(args, f.name) for f in fields(RewardModelConfig)})
    rated = read_ratings(args.ratings)
    if not any(s for r in rated for _, _, s in r.pairs):
        raise DataError("the ratings hold no preference, only ties or nothing: there is nothing to learn")
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "config.json").write_text(json.dumps(asdict(config), indent=2) + "\n", encoding="utf-8")
    metrics: dict[str, object] = {"contexts": len(rated), "pairs": sum(len(r.pairs) for r in rated)}
    metrics["preferences"] = sum(s != 0 for r in rated for _, _, s in r.pairs)
    if config.folds:
        metrics["held_out_accuracy"] = judge(cross_validate(rated, config, args.out, args.bf16), rated)
    model = train(rated, config, args.bf16, "all contexts")
    model.save(args.out / "model")
    metrics["training_accuracy"] = interval(accuracy(score_all(model, rated), rated))
    (args.out / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(metrics, indent=2))
    print(
        f"reward model written to {args.out}; use it with: python -m training rl --reward preference --reward-model {args.out}"
    )
    return 0
