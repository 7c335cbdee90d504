"""`python -m training classifiers`: emotion and intent of an utterance, for EMO-ACC and INTENT-ACC of the evaluation.

Two multinomial logistic regressions on the shipped sentence embedder. The emotion classifier learns from EmpatheticIntents'
situations and EmpatheticDialogues' situations and seeker turns under the 32 emotions that the speakers were given; the
intent classifier from EmpatheticIntents' listener utterances, chosen by key phrases, and from supporter turns of
EmpatheticDialogues, labelled by a BERT. Only training parts are used.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from sklearn.metrics import f1_score
from torch.nn import functional

from partner.models import assets_dir
from partner.retrieval import Embedder
from training.data.empathetic_dialogues import answers, read_dialogues
from training.data.empathetic_intents import EMOTIONS, INTENTS, read_intents

Labelled = list[tuple[str, str]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=assets_dir() / "classifiers", help="folder to write")
    parser.add_argument("--data", type=Path, help="data folder (default: PARTNER_DATA or ../shared/data)")
    parser.add_argument("--embedder", type=Path, help="folder of the embedder (default: assets/embedder)")
    parser.add_argument("--decay", type=float, default=1e-5, help="L2 penalty on the weights")
    parser.add_argument("--limit", type=int, help="only the first texts of each training set, to try things out")


def run(args: argparse.Namespace) -> int:
    embedder = Embedder(args.embedder, threads=torch.get_num_threads())
    args.out.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, np.ndarray] = {}
    measured: dict[str, dict[str, dict[str, float]]] = {}
    for name, labels in (("emotion", EMOTIONS), ("intent", INTENTS)):
        train = training_texts(name, args.data)[: args.limit]
        x, y = embed(embedder, train, labels)
        weight, bias = fit(x, y, len(labels), args.decay)
        tensors |= {f"{name}.weight": weight.astype(np.float16), f"{name}.bias": bias.astype(np.float16)}
        measured[name] = {}
        for title, texts in held_out(name, args.data).items():
            scores = embed(embedder, texts, labels)
            measured[name][title] = measure(scores[0] @ weight + bias, scores[1])
            print(f"{name}, trained on {len(train)}; {title}: {measured[name][title]}", flush=True)
    save_file(tensors, args.out / "model.safetensors")
    (args.out / "labels.json").write_text(json.dumps({"emotion": EMOTIONS, "intent": INTENTS}) + "\n", encoding="utf-8")
    (args.out / "metrics.json").write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
    return 0


def training_texts(name: str, data: Path | None) -> Labelled:
    """Texts with an emotion, or with an intent, for training."""
    return _intents(name, "train", data) + (_situations("train", data) if name == "emotion" else _turns("train", data))


def held_out(name: str, data: Path | None) -> dict[str, Labelled]:
    """The test parts, by what they are."""
    if name == "emotion":
        return {
            "EmpatheticIntents test, situations": _intents(name, "test", data),
            "EmpatheticDialogues test, first seeker turns": [
                (d.turns[0][1], d.emotion) for d in read_dialogues("test", data) if d.turns[0][0] == "seeker"
            ],
        }
    return {
        "EmpatheticIntents test, listener utterances": _intents(name, "test", data),
        "EmpatheticDialogues test, supporter turns (labels of a BERT)": _turns("test", data),
    }


def embed(embedder: Embedder, texts: Labelled, labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings `(n, 384)` and label numbers `(n,)`."""
    number = {label: i for i, label in enumerate(labels)}
    parts = [embedder.embed([t for t, _ in texts[i : i + 512]]) for i in range(0, len(texts), 512)]
    return np.concatenate(parts), np.array([number[label] for _, label in texts])


def fit(x: np.ndarray, y: np.ndarray, labels: int, decay: float) -> tuple[np.ndarray, np.ndarray]:
    """Multinomial logistic regression by L-BFGS, rare labels weighted up by the root of their rarity.

    Returns:
        weight `(384, labels)` and bias `(labels,)`.
    """
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
    counts = torch.bincount(targets, minlength=labels).clamp_min(1).float()
    rarity = (counts.sum() / counts).sqrt()
    weight = torch.zeros(x.shape[1], labels, requires_grad=True)
    bias = torch.zeros(labels, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = functional.cross_entropy(inputs @ weight + bias, targets, rarity) + decay * weight.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    return weight.detach().numpy(), bias.detach().numpy()


def measure(logits: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Accuracy, macro-F1, accuracy among the five likeliest labels, and the share of the most frequent label, in per cent."""
    order = np.argsort(-logits, axis=1)
    return {
        "n": len(y),
        "accuracy": round(100 * float((order[:, 0] == y).mean()), 1),
        "macro_f1": round(100 * float(f1_score(y, order[:, 0], average="macro", zero_division=0)), 1),
        "top_5": round(100 * float((order[:, :5] == y[:, None]).any(1).mean()), 1),
        "majority": round(100 * float(np.bincount(y).max() / len(y)), 1),
    }


def _intents(name: str, split: str, data: Path | None) -> Labelled:
    wanted = EMOTIONS if name == "emotion" else INTENTS
    return [(text, label) for text, label in read_intents(split, data) if label in wanted]


def _situations(split: str, data: Path | None) -> Labelled:
    found = []
    for dialogue in read_dialogues(split, data):
        found += [(dialogue.situation, dialogue.emotion)]
        found += [(text, dialogue.emotion) for role, text, _ in dialogue.turns[:1] if role == "seeker"]
    return list(dict.fromkeys(found))


def _turns(split: str, data: Path | None) -> Labelled:
    return [(a.text, a.label) for d in read_dialogues(split, data) for a in answers(d) if a.label in INTENTS]
