"""`python -m training embedder`: exports the sentence embedder and indexes the corpus for retrieval.

The embedder is all-MiniLM-L6-v2 as published (mean pooling over tokens, then length 1; Reimers and Gurevych, 2019), as
ONNX with int8 weights. The index holds one embedding for each training post of `assets/corpus`; the held-out last tenth
of each file never enters it, so that evaluations on held-out posts cannot retrieve their own answers.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import save
from torch import Tensor, nn
from transformers import BertModel

from partner.encoder import PairTokenizer
from partner.models import assets_dir
from partner.retrieval import Embedder, query_text
from partner.stock import fingerprint, groups, read
from training.data.edits import DISTRESS, EVERYDAY, read_edits
from training.data.records import Record
from training.export import export_onnx, quantize, write_settings, write_vocabulary
from training.minilm import load_minilm

CARD = """# Embedder

Sentence embeddings (384 numbers, length 1) for retrieval and for measuring likeness: all-MiniLM-L6-v2, not fine-tuned,
exported to ONNX with its weights in int8. Licence: Apache-2.0, as the original
(sentence-transformers/all-MiniLM-L6-v2).

`index.safetensors` holds the embeddings of {posts} training posts of `assets/corpus` (int8, in steps of 1/127) and their ids,
newline-separated UTF-8, in the same order. The held-out last tenth of each corpus file is not in it. `stock.safetensors` holds
the mean embedding of each group of simple sentences (int8). `--index-only` writes both anew.

Made by `python -m training embedder`. Mean cosine between int8 and fp32 embeddings over the held-out posts:
{cosine:.4f}; the nearest indexed post is the same for {same:.1%} of them.
"""


class MeanPooled(nn.Module):
    """BERT with mean pooling over tokens and L2 normalisation: `(batch, length)` inputs to `(batch, 384)`."""

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self.bert = bert

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask[..., None].to(hidden.dtype)
        return nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=None, help="folder to write; assets/embedder where left out")
    parser.add_argument("--max-tokens", type=int, default=128, help="tokens kept of each text")
    parser.add_argument("--index-only", action="store_true", help="keep the model in --out and index the corpus anew with it")
    parser.add_argument("--corpus", type=Path, default=None, help="folder with the record files; assets/corpus where left out")


def run(args: argparse.Namespace) -> int:
    """Export the model, index the training posts, and write the card with the int8 loss measured. Returns 0."""
    out = args.out or assets_dir() / "embedder"
    if args.index_only:
        train = list(read_edits("train", DISTRESS + EVERYDAY, args.corpus))
        write_index(out, train, Embedder(out).embed([query_text(r.conversation) for r in train]))
        write_stock(out, Embedder(out), args.corpus)
        print(f"{out}: {len(train)} posts indexed")
        return 0
    out.mkdir(parents=True, exist_ok=True)
    if not args.out:
        write_vocabulary(assets_dir() / "minilm")
    bert, tokenizer = load_minilm()
    pairs = PairTokenizer(tokenizer, max_tokens=args.max_tokens)
    train = list(read_edits("train", DISTRESS + EVERYDAY, args.corpus))
    posts = [query_text(r.conversation) for r in train]
    held_out = [query_text(r.conversation) for r in read_edits("dev", folder=args.corpus)]
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / "full"
        full.mkdir()
        export_onnx(MeanPooled(bert), full / "model.onnx", {"embedding": ("batch",)}, inputs=("input_ids", "attention_mask"))
        write_settings(full, pairs)
        quantize(full, out)
        small, exact = Embedder(out), Embedder(full)
        index = small.embed(posts)
        a, b = small.embed(held_out), exact.embed(held_out)
        same = float(np.mean((a @ index.T).argmax(1) == (b @ exact.embed(posts).T).argmax(1)))
    write_index(out, train, index)
    write_stock(out, small, args.corpus)
    cosine = float((a * b).sum(1).mean())
    (out / "README.md").write_text(CARD.format(posts=len(posts), cosine=cosine, same=same), encoding="utf-8")
    print(f"{out}: {len(posts)} posts indexed; int8 against fp32: cosine {cosine:.4f}, same nearest post {same:.1%}")
    return 0


def write_index(out: Path, records: Sequence[Record], embeddings: np.ndarray) -> None:
    """Write `index.safetensors`: the records' ids, and their embeddings `(n, 384)` as int8 in steps of 1/127."""
    ids = np.frombuffer("\n".join(r.id for r in records).encode(), dtype=np.uint8)
    (out / "index.safetensors").write_bytes(save({"embeddings": np.rint(embeddings * 127).astype(np.int8), "ids": ids}))


def write_stock(out: Path, embedder: Embedder, corpus: Path | None = None) -> None:
    """Write `stock.safetensors`: the mean embedding of each group of simple sentences, of length 1, as int8 in steps of
    1/127, and their fingerprint."""
    sentences, _, _ = read((corpus or assets_dir() / "corpus") / "simple.jsonl")
    means = np.zeros((0, 384))
    if together := groups(sentences):
        means = np.stack([embedder.embed(texts).mean(0) for texts in together.values()])
        means /= np.linalg.norm(means, axis=1, keepdims=True)
    stored = {
        "means": np.rint(means * 127).astype(np.int8),
        "fingerprint": np.array([fingerprint(sentences)], np.int64),
    }
    (out / "stock.safetensors").write_bytes(save(stored))
