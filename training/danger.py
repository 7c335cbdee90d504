"""`python -m training danger`: the reader of danger of a policy (`partner.danger`).

A linear classifier learns from what the policy makes of posts: those written for it (`assets/corpus/danger.jsonl.xz`), the
posts of EPITOME train that were read for danger (`training.crisis_labels`), the corpus's own crisis records and others, posts
of Dreaddit, EmpatheticDialogues and GoEmotions, and those that the reader of moods learns from and that are not simply sad;
of the last four none that the rules call a crisis. It is measured on what it does not learn from, together with what it works
beside: the rules and the classifier of `partner.crisis_model`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from torch import Tensor

from partner import safety
from partner.crisis_model import CrisisDetector
from partner.danger import DangerReader
from partner.policy import DANGER
from partner.retrieval import Embedder
from partner.types import Conversation
from training import heads, reading
from training.crisis_check import CRISIS_TOPIC, LOSS_TOPIC, UNCLEAR_TOPIC, record_topics
from training.crisis_classifier import COUNTS, epitome_sets, plain_posts
from training.crisis_labels import UNSEEN, kind
from training.data.danger import read_danger
from training.data.edits import read_edits
from training.data.epitome import epitome_posts
from training.data.moods import read_moods
from training.data.records import data_dir

RECORDS = 900
"""Records of the corpus without a crisis that are learnt from, at most."""
FOREIGN = {"empathetic_dialogues": 350, "dreaddit": 700, "goemotions": 250}
"""Posts of other sets, at most."""


@dataclass(frozen=True)
class Known:
    """A post, whether it shows danger, and how much it counts."""

    conversation: Conversation
    danger: bool
    weight: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    reading.add_arguments(parser, "danger")
    parser.add_argument("--penalty", type=float, default=500.0, help="of half the squared weights of scaled features")
    parser.add_argument("--written", type=float, default=1.5, help="weight of a post written for this")
    parser.add_argument("--foreign", type=float, default=0.7, help="weight of a post of another set, not read for danger")
    parser.add_argument("--seed", type=int, default=0, help="of the draw from the large sets")


def run(args: argparse.Namespace) -> int:
    held_out = measured(args)
    seen = {c.post for posts in held_out.values() for c in posts}
    known = [k for k in examples(args) if k.conversation.post not in seen]
    (rows, *unseen), layers = reading.read([[k.conversation for k in known], *held_out.values()], args)
    reader = learn(rows.float(), known, layers, args.penalty)
    found = {"posts": len({k.conversation for k in known}), "of danger": sum(k.danger for k in known)}
    detector = CrisisDetector(Embedder(threads=args.threads))
    heads.write(reader, DANGER, found | measure(reader, detector, held_out, unseen), args.out)
    return 0


def examples(args: argparse.Namespace) -> Iterator[Known]:
    """What is learnt from."""
    rng, topics = Random(args.seed), record_topics(args.corpus)
    yield from reading.some(
        [Known(Conversation(post), danger, args.written) for post, danger in read_danger("train", args.corpus)], args
    )
    records = list(read_edits("train", folder=args.corpus))
    rng.shuffle(records)
    of_it = [r for r in records if CRISIS_TOPIC.search(topics[r.id])]
    own = [Known(r.conversation, not LOSS_TOPIC.search(topics[r.id]), 1.0) for r in of_it]  # bereavement is none
    plain = (r for r in records if not (CRISIS_TOPIC.search(topics[r.id]) or UNCLEAR_TOPIC.search(topics[r.id])))
    own += [Known(r.conversation, False, 1.0) for r in plain if not safety.crisis(r.conversation)][:RECORDS]
    yield from reading.some(own, args)
    if not args.authored_only:
        yield from _foreign(args, rng)
    moods = read_moods(args.data, args.corpus, args.authored_only)
    calm = (Conversation(post) for post, mood in moods if mood != "sad")
    yield from reading.some([Known(c, False, 1.0) for c in calm if not safety.crisis(c)], args)


def _foreign(args: argparse.Namespace, rng: Random) -> Iterator[Known]:
    data = data_dir(args.data)
    read = [
        Known(Conversation(post), bool(label), weight)
        for post_id, post in epitome_posts("train", data).items()
        if post_id not in UNSEEN
        for label, weight in COUNTS[kind(post_id)]
    ]
    yield from reading.some(read, args)
    yield from reading.some([Known(Conversation(t), False, args.foreign) for t in plain_posts(data, rng, FOREIGN)], args)


def measured(args: argparse.Namespace) -> dict[str, list[Conversation]]:
    """Posts that nothing is learnt from, by what they are."""
    sets: dict[str, list[Conversation]] = {}
    for post, danger in read_danger("dev", args.corpus):
        sets.setdefault(f"written, {'danger' if danger else 'plain'}", []).append(Conversation(post))
    sets |= {} if args.authored_only else epitome_sets(data_dir(args.data))
    return {name: reading.some(posts, args) for name, posts in sets.items()}


def learn(rows: Tensor, known: Sequence[Known], layers: tuple[int, int], penalty: float) -> DangerReader:
    """A reader fitted by penalised logistic regression; the features' scales go into its weights.

    Args:
        rows: (posts, features) of `partner.reading.describe`.
        penalty: of half the sum of squared weights, beside the summed loss.
    """
    from sklearn.linear_model import LogisticRegression

    mean, spread = rows.mean(0), rows.std(0) + 1e-3
    model = LogisticRegression(C=1 / penalty, max_iter=400)
    model.fit(((rows - mean) / spread).numpy(), [k.danger for k in known], sample_weight=[k.weight for k in known])
    weight = torch.from_numpy(model.coef_[0]).float() / spread
    reader = DangerReader(layers, rows.shape[1])
    with torch.no_grad():
        reader.linear.weight.copy_(weight[None])
        reader.linear.bias.copy_(torch.from_numpy(model.intercept_).float() - mean @ weight)
    return reader.eval()


def measure(
    reader: DangerReader, detector: CrisisDetector, sets: dict[str, list[Conversation]], rows: Sequence[Tensor]
) -> dict[str, dict[str, float] | float]:
    """Share taken for a crisis, percent: by rules and classifier without the reader, and as the engine decides; and the area
    under the ROC curve of the reader, danger against plain.

    Args:
        rows: (posts, features) of each set.
    """
    from sklearn.metrics import roc_auc_score

    found, likelihoods = {}, {}
    for (name, posts), features in zip(sets.items(), rows, strict=True):
        with torch.inference_mode():
            likely = likelihoods[name] = reader(features.float()).tolist()
        taken = [detector(c, certain=True) or reader.alarms(p, c) for p, c in zip(likely, posts, strict=True)]
        without = float(np.mean([detector(c) for c in posts]))
        found[name] = {"posts": len(posts), "without": round(100 * without, 1), "with": round(100 * float(np.mean(taken)), 1)}
    for name in [n.removesuffix(", danger") for n in sets if n.endswith(", danger")]:
        danger, plain = likelihoods[f"{name}, danger"], likelihoods[f"{name}, plain"]
        truth = [True] * len(danger) + [False] * len(plain)
        found[f"{name}, AUC"] = round(100 * float(roc_auc_score(truth, danger + plain)), 1)
    return found
