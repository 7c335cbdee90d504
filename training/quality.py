"""`python -m training quality`: trains the quality and coherence classifier that ranks candidates.

One MiniLM encoder, two linear heads (quality for the post, coherence in the reply), mean over the sentence's tokens.
All sentences of a post are judged in one pass behind the shared post (`partner.quality.pack`); the loss is binary
cross-entropy on soft labels plus a pairwise logistic ranking loss between the sentences of one row (RankNet, Burges et
al., 2005).

Writes to `--out` what `assets/quality` holds: `model.onnx` (int8), `encoder.json`, `metrics.json`
and the card; beside them `weights.safetensors` (fp32, for `--init`) and, until the run is done, `checkpoint/`, from
which the same command goes on after a stop.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel

from partner.encoder import PairTokenizer
from partner.quality import Packed, QualityClassifier, pack, pad_packed
from partner.retrieval import Embedder, query_text
from training import checkpoint, options
from training.data.edits import DISTRESS, EVERYDAY, read_edits
from training.data.epitome import read_epitome
from training.data.judged import read_all_judged
from training.export import export_onnx, quantize, write_settings
from training.minilm import load_minilm
from training.quality_items import ForumSampler, Neighbours, Row, Sampler, judged_rows
from training.quality_metrics import card, held_out_rows, measure, measure_judged
from training.ranking import read_readings


class QualityModel(nn.Module):
    """BERT over packed rows, with two logits per token.

    Inputs are int64 `(rows, length)` as from `partner.quality.pad_packed`; with a mask of plain zeros and ones it is an
    ordinary BERT. Output `(rows, length, 2)`; a sentence's logit is the mean over its tokens.
    """

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self.embeddings, self.layers = bert.embeddings, bert.encoder.layer
        self.heads_count = bert.config.num_attention_heads
        self.dropout = nn.Dropout(0.1)
        self.heads = nn.Linear(bert.config.hidden_size, 2)
        self.embeddings.word_embeddings.weight.requires_grad_(False)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        own = attention_mask[:, :, None] == attention_mask[:, None, :]
        visible = (own | (attention_mask == 1)[:, None, :]) & (attention_mask > 0)[:, None, :]
        # A token's position is the number of visible tokens before it, so every sentence starts right after the context.
        positions = torch.tril(visible.to(torch.float32), -1).sum(-1).to(torch.int64)
        hidden = self.embeddings(input_ids=input_ids, token_type_ids=token_type_ids, position_ids=positions)
        mask = (~visible)[:, None].to(hidden.dtype) * -1e4
        for layer in self.layers:
            hidden = self._layer(layer, hidden, mask)
        return self.heads(self.dropout(hidden))

    def save(self, folder: Path) -> None:
        """Write `weights.safetensors`: the model in a checkpoint, and what `--init` reads."""
        folder.mkdir(parents=True, exist_ok=True)
        save_file(self.state_dict(), folder / "weights.safetensors")

    def _layer(self, layer: nn.Module, hidden: Tensor, mask: Tensor) -> Tensor:
        """One BERT layer with the block mask, without attention dropout (it costs more than it gives here)."""
        rows, length, width = hidden.shape
        q, k, v = (
            f(hidden).view(rows, length, self.heads_count, -1).transpose(1, 2)
            for f in (layer.attention.self.query, layer.attention.self.key, layer.attention.self.value)
        )
        share = (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + mask).softmax(-1).to(v.dtype)
        hidden = layer.attention.output((share @ v).transpose(1, 2).reshape(rows, length, width), hidden)
        return layer.output(layer.intermediate(hidden), hidden)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("runs/quality"), help="folder to write")
    parser.add_argument("--data", type=Path, default=None, help="data folder with EPITOME; see training.data.records.data_dir")
    parser.add_argument("--authored-only", action="store_true", help="leave EPITOME's posts out")
    options.add_rounds(parser)
    parser.add_argument("--corpus", type=Path, default=None, help="folder with the record files; assets/corpus where left out")
    parser.add_argument("--embedder", type=Path, default=None, help="folder of the embedder; assets/embedder where left out")
    parser.add_argument("--init", type=Path, default=None, help="weights.safetensors of an earlier run to go on from")
    parser.add_argument("--epochs", type=int, default=2, help="passes over the judged sentences")
    parser.add_argument("--authored", type=float, default=0.15, help="share of the authored records drawn for each epoch")
    parser.add_argument(
        "--minutes", type=float, default=0, help="stop learning after so many minutes; the schedule fits itself"
    )
    parser.add_argument("--forum-rows", type=int, default=200, help="rows on EPITOME posts per epoch")
    parser.add_argument("--batch-rows", type=int, default=4, help="posts in one update")
    parser.add_argument("--learning-rate", type=float, default=8e-5, help="peak rate of the encoder")
    parser.add_argument("--head-rate", type=float, default=1e-3, help="peak rate of the heads")
    parser.add_argument("--rank-weight", type=float, default=0.5, help="weight of the ranking loss")
    parser.add_argument("--max-tokens", type=int, default=160, help="tokens of a context")
    parser.add_argument("--save-seconds", type=float, default=120, help="time between checkpoints")
    parser.add_argument("--limit", type=int, default=0, help="use only this many records (0: all), for quick trials")
    options.add_bf16(parser)
    parser.add_argument("--seed", type=int, default=0, help="of weights, order and draws")


def row_loss(logits: Tensor, row: Row, packed: Packed, rank_weight: float) -> tuple[Tensor, Tensor]:
    """Loss of one row, summed over its sentences, and the weight it stands for.

    Args:
        logits: `(length, 2)` of this row.
        row: the sentences and labels.
        packed: where each sentence's tokens are.
        rank_weight: weight of the ranking loss on pairs whose labels are at least 0.3 apart.
    """
    scores = torch.stack([logits[a:b, row.head].mean() for a, b in packed.spans])
    labels = torch.tensor([i.label for i in row.items], device=logits.device)
    weights = torch.tensor([i.weight for i in row.items], device=logits.device)
    loss = (functional.binary_cross_entropy_with_logits(scores, labels, reduction="none") * weights).sum()
    apart = (labels[:, None] - labels[None, :]) >= 0.3
    if rank_weight and apart.any():
        pair = functional.softplus(-(scores[:, None] - scores[None, :]))[apart].mean()
        loss = loss + rank_weight * len(row.items) * pair
    return loss, weights.sum()


def epoch_rows(
    authored: Sampler, forum: ForumSampler | None, judged: Sequence[Row], args: argparse.Namespace, seed: int
) -> list[Row]:
    """All rows of one epoch, fresh draws, in no order."""
    rng = random.Random(seed)
    every = range(len(authored.records))
    drawn = round(args.authored * len(every))
    rows: list[Row | None] = [*judged, *(authored.quality_row(n) for n in rng.sample(every, drawn))]
    rows += [authored.coherence_row(n) for n in rng.sample(every, drawn)]
    if forum:
        count = min(args.forum_rows, len(forum.records))
        rows += [forum.quality_row(n) for n in rng.sample(range(len(forum.records)), count)]
        rows += [forum.coherence_row(n) for n in rng.sample(range(len(forum.records)), count)]
    return [r for r in rows if r is not None]


def batches(rows: Sequence[Row], tokenizer: PairTokenizer, size: int, rng: random.Random) -> list[list[tuple[Row, Packed]]]:
    """Rows as tokens, in batches of like length, the batches in random order."""
    contexts = tokenizer.encode([r.context for r in rows])
    texts = iter(tokenizer.encode([i.text for r in rows for i in r.items]))
    packed = [(r, pack(tokenizer, c.ids, [next(texts).ids for _ in r.items])) for r, c in zip(rows, contexts, strict=True)]
    rng.shuffle(packed)
    packed.sort(key=lambda pair: len(pair[1].ids) // 12)
    cut = [packed[i : i + size] for i in range(0, len(packed), size)]
    rng.shuffle(cut)
    return cut


def train(
    args: argparse.Namespace, authored: Sampler, forum: ForumSampler | None, judged: Sequence[Row], folder: Path
) -> tuple[QualityModel, PairTokenizer]:
    """Learn for `--epochs` or `--minutes`, whichever ends first; goes on from the checkpoint in `folder` where there is one."""
    torch.manual_seed(args.seed)
    bert, raw = load_minilm()
    tokenizer = PairTokenizer(raw, max_tokens=args.max_tokens)
    model = QualityModel(bert)
    if args.init:
        model.load_state_dict(load_file(args.init))
    heads = [p for n, p in model.named_parameters() if n.startswith("heads.")]
    rest = [p for n, p in model.named_parameters() if not n.startswith("heads.") and p.requires_grad]
    optimiser = torch.optim.AdamW(
        [{"params": rest, "lr": args.learning_rate}, {"params": heads, "lr": args.head_rate}], weight_decay=0.01
    )
    peak = [group["lr"] for group in optimiser.param_groups]
    done, spent = 0, 0.0
    if found := checkpoint.find(folder):
        state = checkpoint.restore(found, optimiser)
        model.load_state_dict(load_file(found / "weights.safetensors"))
        done, spent = state["done"], state["spent"]
    step, last_save, per_epoch = 0, time.monotonic(), 0
    for epoch in range(args.epochs):
        rng = random.Random(args.seed * 1000 + epoch)
        authored.rng.seed(args.seed * 1000 + epoch)
        if forum:
            forum.rng.seed(args.seed * 1000 + epoch)
        cut = batches(epoch_rows(authored, forum, judged, args, args.seed * 1000 + epoch), tokenizer, args.batch_rows, rng)
        per_epoch = per_epoch or len(cut)
        for batch in cut:
            step += 1
            if step <= done:
                continue
            begun = time.monotonic()
            share = max(step / (per_epoch * args.epochs), spent / (args.minutes * 60) if args.minutes else 0.0)
            for group, top in zip(optimiser.param_groups, peak, strict=True):
                group["lr"] = top * min(1.0, share / 0.06) * max(0.0, 1 - share)
            model.train()
            torch.manual_seed(args.seed * 1_000_003 + step)  # dropout is the same after a stop as without one
            inputs = {k: torch.from_numpy(v) for k, v in pad_packed(tokenizer, [p for _, p in batch]).items()}
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16):
                logits = model(**inputs)
            parts = [row_loss(logits[i].float(), row, packed, args.rank_weight) for i, (row, packed) in enumerate(batch)]
            loss = sum(p[0] for p in parts) / sum(p[1] for p in parts)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            spent += time.monotonic() - begun
            if step % 100 == 0:
                print(
                    f"step {step}/{per_epoch * args.epochs}  {spent / 60:.1f} min  loss {loss.item():.3f}",
                    file=sys.stderr,
                    flush=True,
                )
            if time.monotonic() - last_save >= args.save_seconds:
                last_save = time.monotonic()
                checkpoint.save(folder, model, optimiser, {"done": step, "spent": spent})
            if args.minutes and spent > args.minutes * 60:
                return model.eval(), tokenizer
    return model.eval(), tokenizer


def run(args: argparse.Namespace) -> int:
    """Train, export to int8, measure on held-out records, write the card. Returns 0."""
    out = args.out
    out.mkdir(parents=True, exist_ok=True)
    records = {name: list(read_edits(name, DISTRESS + EVERYDAY, args.corpus)) for name in ("train", "dev")}
    if args.limit:
        records = {name: found[: args.limit] for name, found in records.items()}
    embedder = Embedder(args.embedder)
    posts = {name: embedder.embed([query_text(r.conversation) for r in found]) for name, found in records.items()}
    nearest = min(16, len(records["train"]) - 1)
    pool = records["train"]
    near = Neighbours.of(posts["train"], posts["train"], nearest, same=True)
    authored = Sampler(pool, near, pool, args.seed)
    held_out = Sampler(records["dev"], Neighbours.of(posts["dev"], posts["train"], nearest, same=False), pool, 7)
    forum = None
    if not args.authored_only:
        replies = list(read_epitome("train", args.data))
        forum = ForumSampler(replies[: args.limit] if args.limit else replies, pool, args.seed)
    judged = {name: read_all_judged(name, args.data, args.corpus, args.authored_only, args.rounds) for name in ("train", "dev")}
    if args.limit:
        some = {j.record.id: None for j in judged["dev"]}
        judged["dev"] = [j for j in judged["dev"] if j.record.id in list(some)[: args.limit]]
    # Posts that the ranking is fitted to are not learnt from.
    fitted = {r.record.id for r in read_readings(args.corpus)}
    learnt = judged_rows(j for j in judged["train"] if j.record.id not in fitted)[: args.limit or None]
    model, tokenizer = train(args, authored, forum, learnt, out / "checkpoint")
    model.save(out)
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch)
        export_onnx(model, full / "model.onnx", {"logits": ("batch", "length")})
        write_settings(full, tokenizer)
        quantize(full, out)
        rows, metrics = held_out_rows(held_out), {}
        for name, at in (("int8", out), ("fp32", full)):
            classifier = QualityClassifier(at, threads=1)
            metrics[name] = measure(classifier, rows) | {"judged": measure_judged(classifier, judged["dev"])}
    folders = ("init", "out", "data", "corpus", "embedder", "command")
    metrics["settings"] = {name: value for name, value in vars(args).items() if name not in folders}
    (out / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
    (out / "README.md").write_text(card(metrics, forum=forum is not None), encoding="utf-8")
    while found := checkpoint.find(out / "checkpoint"):
        shutil.rmtree(found)
    print(json.dumps(metrics["int8"], indent=1))
    return 0
