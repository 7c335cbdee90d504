"""`python -m training mood`: the reader of moods of a policy (`partner.mood`).

The policy reads posts, and a linear classifier learns their moods from what it makes of them. Most is learnt from the posts of
`assets/corpus/moods.jsonl.xz`, read for this; a little from posts of which it is only known whether sorrow was in place there
(what readers said of sentences, `training.distress.examples`), and from the short situations of EmpatheticDialogues, told for
one of 32 emotions. What it is worth is measured by cross-validation on the first; the one that is written has learnt from all.
"""

from __future__ import annotations

import argparse
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from torch import Tensor

from partner.guards import out_of_tune
from partner.mood import MOODS, MoodReader, decide
from partner.policy import MOOD
from partner.types import Conversation, Mood
from training import heads, options, reading
from training.data.empathetic_dialogues import read_dialogues
from training.data.judged import read_all_judged
from training.data.moods import read_moods
from training.data.records import DataError
from training.distress import examples

FOLDS = 8
USUAL = (0.65, 0.12, 0.13, 0.10)
"""How frequent each of `MOODS` is taken to be among posts that are answered; those that are learnt from were chosen."""
EMOTIONS: dict[Mood, tuple[str, ...]] = {
    "sad": (
        *("sad", "lonely", "devastated", "disappointed", "guilty", "ashamed", "embarrassed", "angry", "furious", "annoyed"),
        *("afraid", "terrified", "anxious", "apprehensive", "jealous", "disgusted"),
    ),
    "mixed": ("nostalgic", "sentimental"),
    "glad": ("joyful", "proud", "excited", "grateful", "content", "confident", "impressed"),
}
"""Emotions of EmpatheticDialogues; the others may be either."""


@dataclass(frozen=True)
class Known:
    """A post and what is known of its mood.

    Attributes:
        conversation: its reply plays no part.
        fits: for each of `MOODS` how well it would fit what is known, 0 to 1.
        weight: how much it counts.
    """

    conversation: Conversation
    fits: tuple[float, float, float, float]
    weight: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    reading.add_arguments(parser, "mood")
    parser.add_argument("--penalty", type=float, default=0.07, help="of the squared weights of scaled features")
    parser.add_argument("--sorrow", type=float, default=0.3, help="weight of a post of which sorrow alone was judged")
    parser.add_argument("--dialogue", type=float, default=0.1, help="weight of a situation of EmpatheticDialogues")
    parser.add_argument("--dialogues", type=int, default=2900, help="how many of them")
    options.add_rounds(parser)


def run(args: argparse.Namespace) -> int:
    read = reading.some(
        [one(mood, Conversation(post), 1.0) for post, mood in read_moods(args.data, args.corpus, args.authored_only)], args
    )
    moods = [MOODS[np.argmax(k.fits)] for k in read]
    if min(moods.count(m) for m in MOODS) < FOLDS:
        raise DataError(
            f"at least {FOLDS} posts of each mood are needed, to learn from and to measure: is the corpus complete?"
        )
    posts = {k.conversation.post for k in read}
    besides = [k for k in reading.some(list(judged(args)), args) if k.conversation.post not in posts]
    if not args.authored_only:
        besides += reading.some(list(told(args)), args)
    (rows, others_rows), layers = reading.read([[k.conversation for k in known] for known in (read, besides)], args)
    gold, others = Learnt.of(rows, read), Learnt.of(others_rows, besides)
    found = {"posts": {m: moods.count(m) for m in MOODS}, "besides": len(besides)} | measure(gold, others, args.penalty)
    heads.write(learn(gold, others, layers, args.penalty), MOOD, found, args.out)
    return 0


def one(mood: Mood, conversation: Conversation, weight: float) -> Known:
    """A post of which the mood is known."""
    sad, mixed, glad, plain = (float(m == mood) for m in MOODS)
    return Known(conversation, (sad, mixed, glad, plain), weight)


def judged(args: argparse.Namespace) -> Iterator[Known]:
    """Posts under which readers judged condolences that fit any post: a mixed one may bear them or not."""
    for split in ("train", "dev"):
        read = read_all_judged(split, args.data, args.corpus, args.authored_only, args.rounds)
        for conversation, in_place in examples(read, lambda said: out_of_tune(said, "glad")).items():
            yield Known(conversation, (1.0, 0.5, 0.0, 0.0) if in_place else (0.0, 0.5, 1.0, 1.0), args.sorrow)


def told(args: argparse.Namespace) -> Iterator[Known]:
    """Situations of EmpatheticDialogues, in turn described and told: as many sad as glad ones, and some mixed."""
    shares = {"sad": 0.45, "mixed": 0.1, "glad": 0.45}
    left = {mood: round(share * args.dialogues) for mood, share in shares.items()}
    # The file has one emotion after another.
    dialogues = sorted(read_dialogues("train", args.data), key=lambda d: zlib.crc32(d.id.encode()))
    for number, dialogue in enumerate(dialogues):
        for mood, emotions in EMOTIONS.items():
            if dialogue.emotion in emotions and left[mood] and dialogue.turns:
                left[mood] -= 1
                yield one(mood, Conversation(dialogue.turns[0][1] if number % 2 else dialogue.situation), args.dialogue)


@dataclass(frozen=True)
class Learnt:
    """Features of posts and what is known of them.

    Attributes:
        rows: (posts, features).
        fits: (posts, moods), as of `Known`.
        weights: (posts,).
    """

    rows: Tensor
    fits: Tensor
    weights: Tensor

    @classmethod
    def of(cls, rows: Tensor, known: Sequence[Known]) -> Learnt:
        fits = torch.tensor([k.fits for k in known]).reshape(-1, len(MOODS))
        return cls(rows.float(), fits, torch.tensor([k.weight for k in known]))

    def some(self, numbers: np.ndarray) -> Learnt:
        return Learnt(self.rows[numbers], self.fits[numbers], self.weights[numbers])


def learn(gold: Learnt, others: Learnt, layers: tuple[int, int], penalty: float, steps: int = 60) -> MoodReader:
    """A reader fitted by penalised logistic regression on the probability of what is known; the features' scales, and how
    frequent moods usually are, go into its weights.

    Args:
        gold: posts of known mood.
        others: posts of which less is known.
        penalty: of the sum of squared weights, beside the mean loss.
        steps: of L-BFGS.
    """
    rows, fits = torch.cat([gold.rows, others.rows]), torch.cat([gold.fits, others.fits])
    weights = torch.cat([gold.weights, others.weights])
    mean, spread = rows.mean(0), rows.std(0).clamp_min(1e-6)
    scaled = (rows - mean) / spread
    weight, bias = torch.zeros(rows.shape[1], len(MOODS), requires_grad=True), torch.zeros(len(MOODS), requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=steps, history_size=8, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        fitting = ((scaled @ weight + bias).softmax(-1) * fits).sum(-1).clamp_min(1e-6)
        value = -(weights * fitting.log()).sum() / weights.sum() + penalty * (weight**2).sum()
        value.backward()
        return value

    optimizer.step(loss)
    reader = MoodReader(layers, rows.shape[1])
    with torch.no_grad():
        usual = (torch.tensor(USUAL) / gold.fits.mean(0).clamp_min(1e-6)).log()
        reader.linear.weight.copy_((weight / spread[:, None]).T)
        reader.linear.bias.copy_(bias + usual - (mean / spread) @ weight)
    return reader.eval()


def measure(gold: Learnt, others: Learnt, penalty: float) -> dict[str, dict]:
    """By cross-validation: area under the ROC curve of each mood against the rest, percent, and what each was taken for."""
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    truth = gold.fits.argmax(-1).numpy()
    likely = np.zeros((len(truth), len(MOODS)))
    for seen, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(truth, truth):
        reader = learn(gold.some(seen), others, (0, 0), penalty)
        with torch.inference_mode():
            likely[unseen] = reader(gold.rows[unseen]).numpy()
    taken = Counter(zip((MOODS[k] for k in truth), map(_decided, likely.tolist()), strict=True))
    return {
        "AUC": {m: round(100 * float(roc_auc_score(truth == k, likely[:, k])), 1) for k, m in enumerate(MOODS)},
        "taken for": {m: {n: taken[m, n] for n in get_args(Mood)} for m in MOODS},
    }


def _decided(row: Sequence[float]) -> Mood:
    """What probabilities of `MOODS` lead to, if a reader of distress said what they say."""
    told = dict(zip(MOODS, row, strict=True))
    return decide(told, lambda: told["plain"] < 0.5)
