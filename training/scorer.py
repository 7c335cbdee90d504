"""Train the EPITOME empathy scorer: one MiniLM cross-encoder, three level heads, three rationale heads.

Learns from EPITOME (real replies, Reddit) and from the project's own corpus. On Reddit alone a scorer is nearly blind
to good interpretations, because there a strong interpretation is mostly a shared experience; a policy rewarded by it
learns to invent a past of its own. The authored items say what else a strong reply looks like, and what does not
count: plain advice, and sentences that must not be suggested.

Writes to `--out`: `model.onnx` (8 bits), `encoder.json`, `metrics.json`, which together are what
`assets/scorer` holds; `fp32/`, the same without quantisation; `config.json`; and the folders `checkpoint-*`,
from which the same command goes on after a stop.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm
from transformers import BertModel

from partner.empathy import EmpathyScorer
from partner.encoder import PairTokenizer, Tokens
from partner.types import MECHANISMS
from training import checkpoint, options
from training.data.edits import read_edits
from training.data.epitome import read_epitome
from training.data.records import DataError
from training.export import INPUTS, export_onnx, quantize, write_settings
from training.minilm import load_minilm
from training.scorer_items import UNKNOWN, AuthoredSampler, Item, epitome_item, window_item
from training.scorer_metrics import judge_authored, judge_baselines, judge_epitome

OUTPUTS = {"levels": ("batch",), "rationales": ("batch", "length")}


def _setting(default: Any, text: str) -> Any:
    return dataclasses.field(default=default, metadata={"help": text})


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of a run; each is a command-line option (underscores as dashes)."""

    epochs: int = _setting(4, "passes over EPITOME")
    batch_size: int = _setting(16, "pairs in one update")
    max_tokens: int = _setting(128, "tokens of a pair")
    first_cap: float = _setting(0.42, "share of the tokens the post may use when a pair is too long")
    encoder_lr: float = _setting(5e-5, "peak learning rate of the encoder")
    head_lr: float = _setting(1e-3, "peak learning rate of the heads")
    weight_decay: float = _setting(0.01, "of AdamW")
    rationale_weight: float = _setting(0.5, "weight of the rationale loss beside the level loss")
    authored: tuple[int, ...] = _setting(
        (2000, 4000), "authored items drawn per epoch; a model is trained for each number, and their weights are averaged"
    )
    authored_weight: float = _setting(0.5, "weight of an authored item beside a real one")
    limit: int = _setting(0, "use only this many records of each set (0: all), for quick trials")
    seed: int = _setting(0, "of weights, order and sampling")


class Scorer(nn.Module):
    """Cross-encoder with attention pooling over the reply's tokens, one pool and one linear layer per mechanism."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        self.encoder = encoder
        width, heads = encoder.config.hidden_size, len(MECHANISMS)
        encoder.embeddings.word_embeddings.weight.requires_grad_(False)
        for layer in encoder.encoder.layer:
            layer.attention.self.dropout.p = 0.0
        self.dropout = nn.Dropout(0.1)
        self.pool = nn.Linear(width, heads)
        self.level = nn.Parameter(torch.empty(heads, 3, width).normal_(std=0.02))
        self.bias = nn.Parameter(torch.zeros(heads, 3))
        self.rationale = nn.Linear(width, heads)

    def logits(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Level logits `[batch, mechanism, level]` and rationale logits `[batch, length, mechanism]`."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)[0]
        hidden = self.dropout(hidden)
        outside = (token_type_ids == 0).unsqueeze(-1)
        share = self.pool(hidden).masked_fill(outside, -1e4).softmax(dim=1).to(hidden.dtype)
        pooled = share.transpose(1, 2) @ hidden
        return (pooled.unsqueeze(2) * self.level).sum(-1) + self.bias, self.rationale(hidden)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        """The same as probabilities: what is exported."""
        levels, rationales = self.logits(input_ids, attention_mask, token_type_ids)
        return levels.softmax(-1), rationales.sigmoid()

    def save(self, folder: Path) -> None:
        """Write `weights.safetensors`, the part of a checkpoint that is the model."""
        folder.mkdir(parents=True, exist_ok=True)
        save_file(self.state_dict(), folder / "weights.safetensors")


def loss(model: Scorer, tokens: Sequence[Tokens], items: Sequence[Item], tokenizer: PairTokenizer, config: Config) -> Tensor:
    """Cross-entropy of the levels plus `rationale_weight` times that of the reply's tokens, each item by its weight.

    What is unknown (`UNKNOWN` levels, rationales None) adds nothing.
    """
    device = next(model.parameters()).device
    batch = {name: torch.from_numpy(array).to(device) for name, array in tokenizer.pad_batch(tokens).items()}
    levels, rationales = model.logits(*(batch[name] for name in INPUTS))
    targets = torch.tensor([item.levels for item in items], device=device)
    weights = torch.tensor([item.weight for item in items], device=device)
    of_levels = functional.cross_entropy(
        levels.float().flatten(0, 1), targets.flatten(), ignore_index=UNKNOWN, reduction="none"
    )
    of_levels = of_levels.view_as(targets).sum(1)

    marked = torch.zeros(rationales.shape)
    known = torch.zeros(rationales.shape)
    for row, (t, item) in enumerate(zip(tokens, items, strict=True)):
        for m, spans in enumerate(item.spans):
            if spans is None:
                continue
            known[row, t.second : t.second_end, m] = 1.0 / max(1, t.second_end - t.second)
            for i, (a, b) in enumerate(t.offsets):
                if any(start < b and a < end for start, end in spans):
                    marked[row, t.second + i, m] = 1.0
    of_tokens = functional.binary_cross_entropy_with_logits(rationales.float(), marked.to(device), reduction="none")
    of_tokens = (of_tokens * known.to(device)).sum((1, 2))
    return (weights * (of_levels + config.rationale_weight * of_tokens)).sum() / len(items)


def batches(items: Sequence[Item], tokens: Sequence[Tokens], size: int, rng: random.Random) -> list[list[int]]:
    """Indices in random batches of similar length: shuffled, sorted within stretches of 20 batches, shuffled again."""
    order = list(range(len(items)))
    rng.shuffle(order)
    out = []
    for start in range(0, len(order), 20 * size):
        stretch = sorted(order[start : start + 20 * size], key=lambda i: len(tokens[i]))
        out += [stretch[i : i + size] for i in range(0, len(stretch), size)]
    rng.shuffle(out)
    return out


def save_settings(out: Path, config: Config) -> None:
    """Write `out/config.json`, unless there is a checkpoint of a run with other settings.

    Raises:
        DataError: there is one.
    """
    text = json.dumps(dataclasses.asdict(config), indent=2) + "\n"
    for member in range(len(config.authored)):
        found = checkpoint.find(out / f"checkpoint-{member}")
        if found and json.loads((found / "state.json").read_text(encoding="utf-8"))["config"] != json.loads(text):
            raise DataError(f"{found} is of a run with other settings: choose another --out, or remove it")
    out.mkdir(parents=True, exist_ok=True)
    (out / "config.json").write_text(text, encoding="utf-8")


def train(config: Config, out: Path, data: str | None = None, bf16: bool = False) -> tuple[Scorer, PairTokenizer]:
    """Train every member and average their weights.

    Members start from the same weights and differ in how much authored text they see: with more of it a scorer reads
    authored sentences better and Reddit worse. The mean of such weights keeps most of both at the price of one model
    (Wortsman et al., "Model soups", ICML 2022).

    Raises:
        DataError: the data is missing, or `out` holds a run with other settings.
    """
    save_settings(out, config)
    torch.manual_seed(config.seed)
    encoder, raw = load_minilm()
    model, tokenizer = Scorer(encoder), PairTokenizer(raw, config.max_tokens, config.first_cap)
    start = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    stop = config.limit or None
    real = [epitome_item(r) for r in list(read_epitome("train", data))[:stop]]
    authored = AuthoredSampler(list(read_edits("train"))[:stop], config.authored_weight)
    mean = {name: torch.zeros_like(tensor) for name, tensor in start.items()}
    for member in range(len(config.authored)):
        model.load_state_dict(start)
        train_member(model, member, config, real, authored, tokenizer, out, bf16)
        for name, tensor in model.state_dict().items():
            mean[name] += tensor.cpu() / len(config.authored)
    model.load_state_dict(mean)
    return model.cpu().eval(), tokenizer


def train_member(
    model: Scorer,
    member: int,
    config: Config,
    real: Sequence[Item],
    authored: AuthoredSampler,
    tokenizer: PairTokenizer,
    out: Path,
    bf16: bool,
) -> None:
    """Train `model` in place, going on from `out/checkpoint-MEMBER/`, which is written after every epoch."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device)
    heads = [p for name, p in model.named_parameters() if not name.startswith("encoder.")]
    body = [p for p in model.encoder.parameters() if p.requires_grad]
    groups = [{"params": body, "lr": config.encoder_lr}, {"params": heads, "lr": config.head_lr}]
    optimizer = torch.optim.AdamW(groups, weight_decay=config.weight_decay)
    count = config.authored[member]
    per_epoch = -(-(len(real) + count) // config.batch_size)
    total = config.epochs * per_epoch
    warm = max(1, total // 10)
    folder = out / f"checkpoint-{member}"
    done = 0
    if found := checkpoint.find(folder):
        saved = checkpoint.restore(found, optimizer)
        model.load_state_dict(load_file(found / "weights.safetensors"))
        done = saved["epoch"]

    for epoch in range(done, config.epochs):
        seed = 10_000 * config.seed + 100 * member + epoch
        torch.manual_seed(seed)
        rng = random.Random(seed)
        items = [window_item(item, tokenizer, rng) for item in real] + authored.draw(count, rng)
        tokens = tokenizer([(item.post, item.reply) for item in items])
        model.train()
        title = f"member {member + 1}/{len(config.authored)}, epoch {epoch + 1}/{config.epochs}"
        bar = tqdm(batches(items, tokens, config.batch_size, rng), desc=title, mininterval=5)
        running = 0.0
        for step, chosen in enumerate(bar, epoch * per_epoch):
            for group, peak in zip(optimizer.param_groups, (config.encoder_lr, config.head_lr), strict=True):
                group["lr"] = peak * min((step + 1) / warm, (total - step) / (total - warm + 1))
            with torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
                value = loss(model, [tokens[i] for i in chosen], [items[i] for i in chosen], tokenizer, config)
            value.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            running = value.item() if not running else 0.98 * running + 0.02 * value.item()
            bar.set_postfix(loss=f"{running:.3f}", refresh=False)
        checkpoint.save(folder, model, optimizer, {"config": dataclasses.asdict(config), "epoch": epoch + 1})


def export(model: Scorer, tokenizer: PairTokenizer, out: Path) -> None:
    """Write `out/fp32/` and, with 8-bit weights, `out/`: both folders that `EmpathyScorer` loads."""
    (out / "fp32").mkdir(parents=True, exist_ok=True)
    export_onnx(model, out / "fp32" / "model.onnx", OUTPUTS)
    write_settings(out / "fp32", tokenizer)
    quantize(out / "fp32", out)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m training scorer`."""
    parser.add_argument("--out", type=Path, required=True, help="folder to write; a stopped run there goes on")
    parser.add_argument("--data", help="folder that holds epitome/ (default: PARTNER_DATA, else ../shared/data)")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    options.add_bf16(parser)
    for setting in dataclasses.fields(Config):
        name, default = "--" + setting.name.replace("_", "-"), setting.default
        many = {"nargs": "+", "type": int} if isinstance(default, tuple) else {"type": type(default)}
        parser.add_argument(name, default=default, help=setting.metadata["help"], **many)


def run(args: argparse.Namespace) -> int:
    """Train, export and judge one scorer; prints the table it writes to `metrics.json`."""
    torch.set_num_threads(args.threads)
    given = {setting.name: getattr(args, setting.name) for setting in dataclasses.fields(Config)}
    config = Config(**given | {"authored": tuple(given["authored"])})
    model, tokenizer = train(config, args.out, args.data, args.bf16)
    export(model, tokenizer, args.out)
    stop = config.limit or None
    dev, held_out = list(read_epitome("dev", args.data))[:stop], list(read_edits("dev"))[:stop]
    metrics = {"config": dataclasses.asdict(config), "epitome_dev": {}, "authored_dev": {}}
    metrics["epitome_dev"] |= judge_baselines(list(read_epitome("train", args.data))[:stop], dev, config.seed)
    for name, folder in (("scorer_fp32", args.out / "fp32"), ("scorer_int8", args.out)):
        scorer = EmpathyScorer(folder, threads=args.threads)
        metrics["epitome_dev"][name] = judge_epitome(scorer.score, dev)
        metrics["authored_dev"][name] = judge_authored(scorer.score, held_out)
    text = json.dumps(metrics, indent=2) + "\n"
    (args.out / "metrics.json").write_text(text, encoding="utf-8")
    print(text, end="")
    return 0
