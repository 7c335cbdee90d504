"""`python -m training distress`: the linear classifier of `partner.distress`.

Every post for which readers judged a feeling that fits any post in distress is an example: sorrow was in place where most of
them called it right or generic. Posts of `assets/corpus/r_everyday.jsonl` are examples of no distress.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from partner.distress import THRESHOLD, DistressDetector
from partner.guards import out_of_tune
from partner.models import assets_dir
from partner.quality import QualityClassifier
from partner.retrieval import Embedder, query_text
from partner.types import Conversation
from training import options
from training.data.edits import EVERYDAY, read_edits
from training.data.judged import Judged, read_all_judged
from training.data.records import DataError

Examples = dict[Conversation, bool]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=assets_dir() / "distress", help="folder to write")
    options.add_readings(parser)
    options.add_rounds(parser)
    parser.add_argument("--limit", type=int, help="learn from only so many posts with a reading (for a quick try)")


def run(args: argparse.Namespace) -> int:
    found: dict[str, Examples] = {}
    for split in ("train", "dev"):
        judged = read_all_judged(split, args.data, args.corpus, args.authored_only, args.rounds)
        read = dict(list(examples(judged).items())[: args.limit])
        found[split] = read | {r.conversation: False for r in read_edits(split, EVERYDAY, args.corpus)}
    if len(set(found["train"].values())) < 2 or len(set(found["dev"].values())) < 2:
        raise DataError("posts with and without distress are needed, to learn from and to measure: is the corpus complete?")
    embedder = Embedder(threads=2)
    model = LogisticRegression(C=1.0, max_iter=2000)
    model.fit(embedder.embed([query_text(c) for c in found["train"]]), list(found["train"].values()))
    args.out.mkdir(parents=True, exist_ok=True)
    weight, bias = model.coef_[0].astype(np.float32), model.intercept_.astype(np.float32)
    save_file({"weight": weight, "bias": bias}, args.out / "model.safetensors")
    detector = DistressDetector(QualityClassifier(threads=2), args.out)
    held_out = found["dev"]
    scores = np.array([detector.score(c, embedder.embed([query_text(c)])[0]) for c in held_out])
    truth = np.array(list(held_out.values()))
    print(f"{args.out}: trained on {len(found['train'])} posts, {sum(not v for v in found['train'].values())} without distress")
    print(
        f"held out: {truth.sum()} posts with distress, {(scores[truth] < THRESHOLD).mean():.1%} of them taken for plain; "
        f"{(~truth).sum()} without, {(scores[~truth] < THRESHOLD).mean():.1%} recognised; "
        f"AUC {roc_auc_score(truth, scores):.3f}"
    )
    return 0


def examples(judged: Iterable[Judged], sorrow: Callable[[str], bool] = lambda said: not out_of_tune(said, "sad")) -> Examples:
    """Posts, and whether sorrow was in place, by most of the readings of sorrow that fits every post.

    Args:
        sorrow: whether a feeling that fits every post is such.
    """
    votes: dict[Conversation, list[bool]] = {}
    for j in judged:
        if j.source == "anywhere" and j.mechanism == "emotional_reaction" and sorrow(j.sentence):
            votes.setdefault(j.record.conversation, []).append(j.label in ("right", "generic"))
    return {conversation: 2 * sum(v) >= len(v) for conversation, v in votes.items()}
