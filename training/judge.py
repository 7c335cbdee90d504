"""`python -m training judge`: the judge of a policy (`partner.judge`), from what readers said of suggestions.

The policy reads every sentence of `assets/corpus/judged.jsonl.xz` and its companions in its place; a network of one
hidden layer learns the readers' labels from the states between the policy's layers and the embeddings of post and sentence;
several such are trained, and their logits averaged. Posts that are held out, and those of `readings.jsonl.xz`, measure it.
Reading takes nearly all the time (0.05 seconds of a core a sentence); it is kept in `--out`, and goes on where it was stopped.
Whatever changes the policy's weights asks for a new judge.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from partner.candidates import SOURCES, State
from partner.judge import KINDS, VERDICTS, Judge, Network, Pair, at_a_glance, describe, meaning, odds, said_back
from partner.models import asset, fingerprint
from partner.policy import JUDGE, Readable
from partner.quick import load_reader
from partner.retrieval import Embedder, query_text
from partner.text import split
from training import heads, networks, options
from training.data.judged import read_all_judged
from training.data.records import SHIPPED
from training.networks import learn
from training.ranking import Reading, as_reading, read_readings

NEWER = (11, 12, 13, 14, 15, 16, 17)
"""Rounds that only the judge has learnt from: questions that name a person, what the engine weighed with them, sentences that
name what was told, and reflections."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    heads.add_arguments(parser, "judge")
    options.add_rounds(parser, (*SHIPPED, *NEWER))
    parser.add_argument("--layers", type=int, nargs="+", default=[17, 23], help="layers of the policy that are read, from 0")
    parser.add_argument("--width", type=int, default=128, help="of the hidden layer of each network that reads")
    parser.add_argument("--glance", type=int, default=64, help="of the hidden layer of each that sees the embeddings alone")
    networks.add_arguments(parser, epochs=20, dropout=0.3)


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(args.threads)
    folder = Path(args.policy) if args.policy else asset("policy")
    policy = load_reader(folder)
    parts = {
        name: [as_reading(j) for j in read_all_judged(name, args.data, args.corpus, args.authored_only, args.rounds)]
        for name in ("train", "dev")
    }
    parts["dev"] += read_readings(args.corpus)
    layers = [k for k in args.layers if k < policy.depth]
    kept = args.out / f"read-{fingerprint(folder.glob('model-*.safetensors'))}"
    embedder = Embedder(threads=args.threads)
    read = {
        name: torch.cat([meanings(embedder, rows), features(policy, rows, layers, kept)], 1) for name, rows in parts.items()
    }
    labels = [verdict_number(r.label) for r in parts["train"]]
    judge = Judge(
        layers,
        policy.width,
        learn_pair(read["train"], labels, args.width, args),
        learn_pair(at_a_glance(read["train"]), labels, args.glance, args),
    )
    found = {
        "labels": len(labels),
        "held out": measure(judge.reading, read["dev"], parts["dev"]),
        "held out, at a glance": measure(judge.glancing, at_a_glance(read["dev"]), parts["dev"]),
    }
    heads.write(judge, JUDGE, found, args.out)
    return 0


def learn_pair(rows: Tensor, labels: Sequence[int], width: int, args: argparse.Namespace) -> Pair:
    """A network for reflections, half as wide as there are fewer labels of them, and one for all others.

    Args:
        rows: (n, features), the kind last.
    """
    mine = said_back(rows)

    def learnt(chosen: Tensor, width: int) -> Network:
        if not chosen.any():  # a corpus of one's own may have none of them
            chosen = torch.ones_like(chosen)
        some = [label for label, c in zip(labels, chosen.tolist(), strict=True) if c]
        # What says which kind a candidate is stays as it is.
        return learn(rows[chosen], some, width, len(VERDICTS), args, plain=KINDS)

    return Pair(learnt(~mine, width), learnt(mine, max(1, width // 2)))


@torch.inference_mode()
def features(policy: Readable, readings: Sequence[Reading], layers: Sequence[int], kept: Path) -> Tensor:
    """Rows of `partner.judge.describe` (readings, features), in 16 bits.

    Args:
        kept: folder that keeps them, a file for each post, for this policy only; what it holds of the same readings is not
            read again.
    """
    posts: dict[str, list[int]] = {}
    for number, r in enumerate(readings):
        posts.setdefault(r.record.id, []).append(number)
    found: dict[int, Tensor] = {}
    progress = tqdm(total=len(readings), desc="reading", unit=" sentences", mininterval=2)
    for numbers in posts.values():
        same = [readings[n] for n in numbers]
        read = heads.once(kept, _asked(same, layers), partial(_described, policy, same, layers))
        found |= dict(zip(numbers, read, strict=True))
        progress.update(len(numbers))
    return torch.stack([found[n] for n in range(len(readings))])


def _asked(readings: Sequence[Reading], layers: Sequence[int]) -> list:
    """What tells features from others: conversation, sentences, places and layers."""
    asked = [[repr(r.record.conversation), r.candidate.text, r.candidate.source, repr(r.candidate.place)] for r in readings]
    return [asked, list(layers)]


def _described(policy: Readable, same: Sequence[Reading], layers: Sequence[int]) -> Tensor:
    """Features of candidates for one post, some at a time: their tokens see all of the cache."""
    conversation, rows = same[0].record.conversation, []
    state = State(policy, conversation, split(conversation.reply).sentences)
    for start in range(0, len(same), 48):
        some = [r.candidate for r in same[start : start + 48]]
        rows += [describe(c, r) for c, r in zip(some, state.inner(some, layers), strict=True)]
    return torch.stack(rows)


def meanings(embedder: Embedder, readings: Sequence[Reading]) -> Tensor:
    """Rows of `partner.judge.meaning` (readings, 768), in 16 bits; every text is embedded once."""
    posts, said = [query_text(r.record.conversation) for r in readings], [r.candidate.text for r in readings]
    texts = sorted({*posts, *said}, key=len)
    vectors: dict[str, np.ndarray] = {}
    for start in tqdm(range(0, len(texts), 64), desc="embedding", unit=" batches", mininterval=2):
        some = texts[start : start + 64]
        vectors |= dict(zip(some, embedder.embed(some), strict=True))
    return meaning(np.stack([vectors[t] for t in posts]), np.stack([vectors[t] for t in said])).half()


def verdict_number(label: str) -> int:
    """Which of `VERDICTS` a reader's label is."""
    return VERDICTS.index(label if label in VERDICTS else "bad")


@torch.inference_mode()
def measure(network: Pair, rows: Tensor, readings: Sequence[Reading]) -> dict[str, dict[str, float]]:
    """Areas under the ROC curve (percent) for what is right and for wrong facts, and the number of labels, over all sources and
    for each."""
    from sklearn.metrics import roc_auc_score

    labels, sources = np.array([r.label for r in readings]), np.array([r.candidate.source for r in readings])
    told = dict(zip(("right", "wrong_fact"), odds(network(rows.float())), strict=True))

    def area(label: str, chosen: np.ndarray) -> float:
        true = labels[chosen] == label
        return round(100 * float(roc_auc_score(true, told[label][chosen])), 1) if 0 < true.sum() < len(true) else float("nan")

    chosen_by = {"all": sources != "", **{s: sources == s for s in SOURCES}}
    return {
        name: {"AUC right": area("right", chosen), "AUC wrong": area("wrong_fact", chosen), "labels": int(chosen.sum())}
        for name, chosen in chosen_by.items()
    }
