"""`python -m training mood`: the reader of moods of a policy (`partner.mood`).

The policy reads the posts of `assets/corpus/moods.jsonl.xz`; a linear classifier learns their moods from what it makes of them.
What it is worth is measured by cross-validation, every post by a classifier that has not seen it; the one that is written has
learnt from all. Whatever changes the policy's weights asks for a new one.
"""

from __future__ import annotations

import argparse
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
from partner.types import Conversation, Mood
from training import heads, options
from training.data.moods import read_moods
from training.data.records import DataError

FOLDS = 8
MARGIN = 20.0
"""How many times the margin stands out among the scaled states: it is one number, and tells as much as many of them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    heads.add_arguments(parser, "mood")
    options.add_rounds(parser)
    parser.add_argument("--layer", type=int, default=17, help="layer of the policy that is read, from 0")
    parser.add_argument("--strength", type=float, default=0.0075, help="inverse of the penalty on the weights of scaled states")
    parser.add_argument("--written", type=float, default=0.5, help="weight of a post that was written to be of its mood")
    parser.add_argument("--limit", type=int, help="use only so many posts (for a quick try)")


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(args.threads)
    policy = load_reader(Path(args.policy) if args.policy else asset("policy"))
    layer = min(args.layer, policy.depth - 1)
    posts = list(read_moods(args.data, args.corpus, args.authored_only, args.rounds))[: args.limit]
    moods = [mood for _, mood, _ in posts]
    if min(moods.count(m) for m in MOODS) < FOLDS:
        raise DataError(
            f"at least {FOLDS} posts of each mood are needed, to learn from and to measure: is the corpus complete?"
        )
    bar = tqdm(posts, desc="reading", unit=" posts", mininterval=2)
    rows = torch.stack([describe(State(policy, Conversation(post), [], [layer])) for post, _, _ in bar]).numpy()
    weights = np.array([1.0 if real else args.written for _, _, real in posts])
    found = {"posts": {m: moods.count(m) for m in MOODS}} | measure(rows, moods, weights, args.strength)
    heads.write(learn(rows, moods, weights, layer, args.strength), MOOD, found, args.out)
    return 0


def learn(rows: np.ndarray, moods: Sequence[Mood], weights: np.ndarray, layer: int, strength: float) -> MoodReader:
    """A reader fitted by penalised logistic regression; the scales of the features go into its weights.

    Args:
        rows: (posts, hidden + 1) of `partner.mood.describe`.
        weights: (posts,) of each post.
        strength: inverse of the penalty on scaled features.
    """
    from sklearn.linear_model import LogisticRegression

    mean, spread = rows.mean(0), rows.std(0).clip(min=1e-6)
    spread[-1] /= MARGIN
    fitted = LogisticRegression(C=strength, max_iter=2000).fit((rows - mean) / spread, moods, weights)
    order = [list(fitted.classes_).index(mood) for mood in MOODS]
    weight = fitted.coef_[order] / spread
    reader = MoodReader(layer, rows.shape[1] - 1)
    with torch.no_grad():
        reader.linear.weight.copy_(torch.from_numpy(weight))
        reader.linear.bias.copy_(torch.from_numpy(fitted.intercept_[order] - weight @ mean))
    return reader.eval()


def measure(rows: np.ndarray, moods: Sequence[Mood], weights: np.ndarray, strength: float) -> dict[str, dict]:
    """By cross-validation: area under the ROC curve of each mood against the rest, percent, and what each was taken for."""
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    told, truth = np.zeros((len(moods), len(MOODS))), np.array(moods)
    for seen, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, truth):
        reader = learn(rows[seen], truth[seen].tolist(), weights[seen], 0, strength)
        with torch.no_grad():
            told[unseen] = reader(torch.from_numpy(rows[unseen])).numpy()
    taken = Counter(
        (mood, decide(dict(zip(MOODS, row, strict=True)), margin))
        for mood, row, margin in zip(moods, told.tolist(), rows[:, -1].tolist(), strict=True)
    )
    return {
        "AUC": {m: round(100 * float(roc_auc_score(truth == m, told[:, k])), 1) for k, m in enumerate(MOODS)},
        "taken for": {m: {n: taken[m, n] for n in get_args(Mood)} for m in MOODS},
    }
