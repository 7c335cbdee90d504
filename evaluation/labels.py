"""The emotion and the intent of an utterance: the two classifiers behind EMO-ACC and INTENT-ACC.

EMO-ACC and INTENT-ACC of "Automating Empathy in Dialogue Systems" (Bansal 2023) are the shares of outputs that a classifier
gives the same emotion, or intent, as the reference. Its classifiers are fine-tuned BERTs; these are linear on the
shipped sentence embedder (trained by `python -m training classifiers`; how good: `assets/classifiers/README.md`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from partner.models import ModelError, asset
from partner.retrieval import Embedder

NAMES = ("emotion", "intent")


class LabelClassifiers:
    """Names the emotion (of 32) and the intent (of 8, or neutral) of texts.

    Args:
        embedder: the shipped sentence embedder.
        folder: written by `python -m training classifiers`; the shipped one by default.

    Raises:
        ModelError: files are missing or damaged.
    """

    def __init__(self, embedder: Embedder, folder: Path | None = None) -> None:
        folder = folder or asset("classifiers")
        self.embedder = embedder
        try:
            self.names = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
            stored = load_file(folder / "model.safetensors")
            self._weights = {
                name: (stored[f"{name}.weight"].astype(np.float32), stored[f"{name}.bias"].astype(np.float32)) for name in NAMES
            }
            if any(len(self.names[name]) != len(self._weights[name][1]) for name in NAMES):
                raise ValueError("labels.json and model.safetensors have different numbers of labels")
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise ModelError(f"{folder} holds no label classifiers ({error}). Run `python -m training classifiers`.") from error

    def __call__(self, texts: Sequence[str]) -> tuple[list[str], list[str]]:
        """Emotion and intent of each text."""
        vectors = self.embedder.embed(list(texts))
        found = []
        for name in NAMES:
            weight, bias = self._weights[name]
            found.append([self.names[name][i] for i in (vectors @ weight + bias).argmax(-1)])
        return found[0], found[1]
