"""`python -m training crisis-classifier`: the linear classifier of `partner.crisis_model`.

Crisis: posts of EPITOME train that are labelled a danger (`training.crisis_labels`), posts of r/SuicideWatch (SDCNL; noisy, so
those that the rules of `partner.safety` do not see count less), the project's own crisis records. Not: EPITOME's plain posts,
the project's other records, EmpatheticDialogues situations, Dreaddit, GoEmotions. A borderline post counts as both, and rather
as a crisis. Thresholds are chosen on EPITOME dev; neither it nor the `UNSEEN` posts take part in training.
"""

from __future__ import annotations

import argparse
import json
import lzma
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

import numpy as np
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression

from partner import safety
from partner.crisis_model import CrisisDetector
from partner.models import assets_dir
from partner.retrieval import Embedder
from partner.types import Conversation
from training import crisis_labels
from training.crisis_check import CRISIS_TOPIC, LOSS_TOPIC, UNCLEAR_TOPIC, record_topics
from training.data.edits import read_edits
from training.data.epitome import epitome_posts
from training.data.records import DataError, data_dir

THRESHOLDS = {"speaks_of_death": 0.3, "otherwise": 0.7, "speaking_certain": 0.5, "otherwise_certain": 0.85}
"""The second two hold where a policy's reader of danger (`partner.danger`) is asked besides."""
OTHERS = 0.5
"""Weight of what is not EPITOME's, of which the labels are noisier or the texts of another kind."""
COUNTS = {"danger": ((1, 2.0),), "borderline": ((1, 1.5), (0, 0.3)), "past": ((0, 0.7),), "plain": ((0, 1.5),)}
"""How a post of EPITOME counts: as a crisis (1) or not (0), with which weight."""
PLAIN = {
    "empathetic_dialogues": ("empathetic_dialogues/train.jsonl.xz", "situation"),
    "dreaddit": ("corpora/dreaddit.jsonl.xz", "text"),
    "goemotions": ("corpora/goemotions.jsonl.xz", "text"),
}
"""Files of other people's posts, mostly without danger, and where the text stands in a line."""
Example = tuple[str, int, float]  # text, crisis or not, weight


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=assets_dir() / "crisis", help="folder to write")
    parser.add_argument("--data", type=Path, help="data folder (default: PARTNER_DATA or ../shared/data)")
    parser.add_argument("--embedder", type=Path, help="folder of the embedder (default: assets/embedder)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw from the large sets")


def run(args: argparse.Namespace) -> int:
    embedder = Embedder(args.embedder, threads=2)
    texts, labels, weights = zip(*examples(data_dir(args.data), Random(args.seed)), strict=True)
    model = LogisticRegression(C=1.0, max_iter=2000)
    model.fit(embedder.embed([t[:1500] for t in texts]), labels, sample_weight=weights)
    args.out.mkdir(parents=True, exist_ok=True)
    weight, bias = model.coef_[0].astype(np.float32), model.intercept_.astype(np.float32)
    save_file({"weight": weight, "bias": bias}, args.out / "model.safetensors")
    (args.out / "thresholds.json").write_text(json.dumps(THRESHOLDS) + "\n", encoding="utf-8")
    print(f"{args.out}: trained on {len(texts)} posts, {sum(labels)} of them crisis")
    for name, row in measure(CrisisDetector(embedder, args.out), data_dir(args.data)).items():
        print(f"{name}: {row['posts']} posts, rules {row['rules']:.3f}, rules and classifier {row['both']:.3f}")
    return 0


def examples(data: Path, rng: Random) -> Iterator[Example]:
    """Training posts with label and weight."""
    for post_id, post in epitome_posts("train", data).items():
        if post_id not in crisis_labels.UNSEEN:
            yield from ((post, label, weight) for label, weight in COUNTS[crisis_labels.kind(post_id)])
    yield from ((text, label, OTHERS * weight) for text, label, weight in _others(data, rng))


def _others(data: Path, rng: Random) -> Iterator[Example]:
    for row in _lines(data / "corpora" / "sdcnl.jsonl.xz"):
        seen = safety.crisis(Conversation(row["text"]))
        if row["label"] == "suicidal":
            yield row["text"], 1, 1.0 if seen else 0.4
        else:
            yield row["text"], int(seen), 0.7 if seen else 0.5
    topics = record_topics()
    for record in read_edits("train"):
        topic = topics[record.id]
        if LOSS_TOPIC.search(topic):
            yield record.conversation.post, 0, 1.0
        elif CRISIS_TOPIC.search(topic):
            yield record.conversation.post, 1, 2.0
        elif not (UNCLEAR_TOPIC.search(topic) or safety.crisis(record.conversation)):
            yield record.conversation.post, 0, 1.0
    for name, count in {"empathetic_dialogues": 1500, "dreaddit": 1500, "goemotions": 1000}.items():
        weight = 1.0 if name == "empathetic_dialogues" else 0.7
        yield from ((text, 0, weight) for text in plain_posts(data, rng, {name: count}))


def plain_posts(data: Path, rng: Random, counts: Mapping[str, int]) -> Iterator[str]:
    """Posts of other sets, drawn by chance, that the rules do not call a crisis; so many of each at most."""
    for name, count in counts.items():
        path, key = PLAIN[name]
        texts = [row[key] for row in _lines(data / path)]
        drawn = rng.sample(texts, min(len(texts), 2 * count))
        yield from [text for text in drawn if not safety.crisis(Conversation(text))][:count]


def measure(detector: CrisisDetector, data: Path) -> dict[str, dict[str, float]]:
    """Share flagged, by the rules alone and with the classifier: recall on crisis posts, false alarms on plain ones."""
    topics = record_topics()
    sets = epitome_sets(data)
    names = {"own loss by suicide, held out": LOSS_TOPIC, "own crisis, held out": CRISIS_TOPIC}
    for record in read_edits("dev"):
        topic = topics[record.id]
        name = next((n for n, pattern in names.items() if pattern.search(topic)), "own other, held out")
        if not UNCLEAR_TOPIC.search(topic):
            sets.setdefault(name, []).append(record.conversation)
    return {
        name: {
            "posts": len(posts),
            "rules": float(np.mean([safety.crisis(p) for p in posts])),
            "both": float(np.mean([detector(p) for p in posts])),
        }
        for name, posts in sets.items()
        if posts
    }


def epitome_sets(data: Path) -> dict[str, list[Conversation]]:
    """The posts of EPITOME that the classifier does not learn from, by part and label."""
    unseen = {i: post for i, post in epitome_posts("train", data).items() if i in crisis_labels.UNSEEN}
    sets: dict[str, list[Conversation]] = {}
    for part, posts in (("train, unseen", unseen), ("dev", epitome_posts("dev", data))):
        for post_id, post in posts.items():
            sets.setdefault(f"EPITOME {part}, {crisis_labels.kind(post_id)}", []).append(Conversation(post))
    return dict(sorted(sets.items()))


def _lines(path: Path) -> Iterator[dict]:
    if not path.is_file():
        raise DataError(f"{path} is missing, see --data")
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)
