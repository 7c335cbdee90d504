"""`python -m training crisis-classifier`: the linear classifier of `partner.crisis_model`.

Crisis: posts of r/SuicideWatch (SDCNL; noisy, so those that the rules of `partner.safety` do not see count less), EPITOME
posts that the authors labelled, the project's own crisis records. Not: the project's other records, EmpatheticDialogues
situations, Dreaddit, GoEmotions. Thresholds are chosen for recall on EPITOME posts; `FRESH` labels take no part in training.
"""

from __future__ import annotations

import argparse
import json
import lzma
from collections.abc import Iterator
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
from training.data.epitome import read_epitome
from training.data.records import DataError, data_dir

THRESHOLDS = {"speaks_of_death": 0.3, "otherwise": 0.75}
Example = tuple[str, int, float]  # text, crisis or not, weight


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=assets_dir() / "crisis", help="folder to write")
    parser.add_argument("--data", type=Path, help="data folder (default: PARTNER_DATA or ../shared/data)")
    parser.add_argument("--embedder", type=Path, help="folder of the embedder (default: assets/embedder)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw from the large sets")


def run(args: argparse.Namespace) -> int:
    embedder = Embedder(args.embedder, threads=2)
    texts, labels, weights = zip(*examples(data_dir(args.data), Random(args.seed)), strict=True)
    model = LogisticRegression(C=3.0, max_iter=1000)
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
    for row in _lines(data / "corpora" / "sdcnl.jsonl.xz"):
        seen = safety.crisis(Conversation(row["text"]))
        if row["label"] == "suicidal":
            yield row["text"], 1, 1.0 if seen else 0.4
        else:
            yield row["text"], int(seen), 0.7 if seen else 0.5
    topics = record_topics()
    for record in read_edits("train"):
        topic = topics[record.id]
        if CRISIS_TOPIC.search(topic):
            yield record.conversation.post, 1, 2.0
        elif not (UNCLEAR_TOPIC.search(topic) or safety.crisis(record.conversation)):
            yield record.conversation.post, 0, 1.0
    for post, kind in _epitome(data, ("TUNING",)):
        yield post, int(kind == "CRISIS"), 3.0 if kind == "CRISIS" else 1.0
    plain = [
        ([row["situation"] for row in _lines(data / "empathetic_dialogues" / "train.jsonl.xz")], 1500, 1.0),
        ([row["text"] for row in _lines(data / "corpora" / "dreaddit.jsonl.xz")], 1500, 0.7),
        ([row["text"] for row in _lines(data / "corpora" / "goemotions.jsonl.xz")], 1000, 0.7),
    ]
    for texts, count, weight in plain:
        kept = [t for t in rng.sample(texts, min(len(texts), 2 * count)) if not safety.crisis(Conversation(t))]
        yield from ((t, 0, weight) for t in kept[:count])


def measure(detector: CrisisDetector, data: Path) -> dict[str, dict[str, float]]:
    """Share flagged, by the rules alone and with the classifier: recall on crisis posts, false alarms on plain ones."""
    topics = record_topics()
    sets: dict[str, list[Conversation]] = {"EPITOME crisis, not trained on": [], "EPITOME plain, not trained on": []}
    for post, kind in _epitome(data, ("FRESH",)):
        sets[f"EPITOME {kind.lower()}, not trained on"].append(Conversation(post))
    names = {"own crisis, held out": CRISIS_TOPIC, "own loss by suicide": LOSS_TOPIC}
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


def _epitome(data: Path, parts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    posts = {r.id.split("_")[0]: r.conversation.post for r in read_epitome("train", data)}
    for part in parts:
        for kind in ("CRISIS", "PLAIN"):
            yield from ((posts[i], kind) for i in getattr(crisis_labels, f"{part}_{kind}"))


def _lines(path: Path) -> Iterator[dict]:
    if not path.is_file():
        raise DataError(f"{path} is missing: the crisis classifier needs it, see --data")
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)
