"""`python -m training mood`: the reader of moods of a policy (`partner.mood`).

The policy reads the posts of `assets/corpus/moods.jsonl.xz`; a linear classifier learns their moods from what it makes of them.
What it is worth is measured by cross-validation, every post by a classifier that has not seen it; the one that is written has
learnt from all. Whatever changes the policy's weights asks for a new one.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from tqdm import tqdm

from partner.candidates import State
from partner.models import asset
from partner.mood import MOODS, MoodReader, decide, describe
from partner.policy import MOOD
from partner.quick import load_reader
from partner.retrieval import Embedder, query_text
from partner.types import Conversation, Mood
from training import options
from training.data.moods import read_moods
from training.data.records import DataError

FOLDS = 8
USUAL = (0.7, 0.1, 0.1, 0.1)
"""How frequent each of `MOODS` is taken to be among posts that are answered; those that are learnt from were chosen."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("runs/mood"), help="folder for the result")
    parser.add_argument("--policy", help="policy folder (default: the shipped one)")
    options.add_readings(parser)
    parser.add_argument("--layers", type=int, nargs=2, default=[17, 23], help="layers read, from 0: of the post, and behind it")
    parser.add_argument("--strength", type=float, default=0.003, help="inverse of the penalty on the weights of scaled states")
    parser.add_argument("--limit", type=int, help="use only so many posts (for a quick try)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(args.threads)
    policy = load_reader(Path(args.policy) if args.policy else asset("policy"))
    first, second = (min(k, policy.depth - 1) for k in args.layers)
    posts = list(read_moods(args.data, args.corpus, args.authored_only))
    posts = posts[:: max(1, len(posts) // args.limit)] if args.limit else posts
    moods = [mood for _, mood in posts]
    if min(moods.count(m) for m in MOODS) < FOLDS:
        raise DataError(
            f"at least {FOLDS} posts of each mood are needed, to learn from and to measure: is the corpus complete?"
        )
    embedder, rows = Embedder(threads=args.threads), []
    for post, _ in tqdm(posts, desc="reading", unit=" posts", mininterval=2):
        conversation = Conversation(post)
        meaning = embedder.embed([query_text(conversation)])[0]
        rows.append(describe(State(policy, conversation, [], [first]), second, meaning))
    read = torch.stack(rows).numpy()
    found = {"posts": {m: moods.count(m) for m in MOODS}} | measure(read, moods, args.strength)
    args.out.mkdir(parents=True, exist_ok=True)
    learn(read, moods, (first, second), args.strength).save(args.out)
    (args.out / "mood.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))
    print(f"{args.out / MOOD}: to use it, copy it into the policy's folder")
    return 0


def learn(rows: np.ndarray, moods: Sequence[Mood], layers: tuple[int, int], strength: float) -> MoodReader:
    """A reader fitted by penalised logistic regression; the features' scales, and how frequent moods usually are, go into its
    weights.

    Args:
        rows: (posts, features) of `partner.mood.describe`.
        strength: inverse of the penalty on scaled features.
    """
    from sklearn.linear_model import LogisticRegression

    mean, spread = rows.mean(0), rows.std(0).clip(min=1e-6)
    fitted = LogisticRegression(C=strength, max_iter=2000).fit((rows - mean) / spread, moods)
    order = [list(fitted.classes_).index(mood) for mood in MOODS]
    weight = fitted.coef_[order] / spread
    seen = np.array([moods.count(m) for m in MOODS]) / len(moods)
    reader = MoodReader(layers, rows.shape[1])
    with torch.no_grad():
        reader.linear.weight.copy_(torch.from_numpy(weight))
        reader.linear.bias.copy_(torch.from_numpy(fitted.intercept_[order] - weight @ mean + np.log(USUAL / seen)))
    return reader.eval()


def measure(rows: np.ndarray, moods: Sequence[Mood], strength: float) -> dict[str, dict]:
    """By cross-validation: area under the ROC curve of each mood against the rest, percent, and what each was taken for."""
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    told, truth = np.zeros((len(moods), len(MOODS))), np.array(moods)
    for seen, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, truth):
        reader = learn(rows[seen], truth[seen].tolist(), (0, 0), strength)
        with torch.no_grad():
            told[unseen] = reader(torch.from_numpy(rows[unseen])).numpy()
    taken = Counter((mood, decide(dict(zip(MOODS, row, strict=True)))) for mood, row in zip(moods, told.tolist(), strict=True))
    return {
        "AUC": {m: round(100 * float(roc_auc_score(truth == m, told[:, k])), 1) for k, m in enumerate(MOODS)},
        "taken for": {m: {n: taken[m, n] for n in get_args(Mood)} for m in MOODS},
    }
