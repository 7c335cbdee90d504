"""From pairs and rewrites to numbers: every model that measures is called here, once for each pair and system.

The result of a pair is one JSON object (see `Meter.rows`). Figures, intervals and the report are computed from those
objects alone, so they can be made again, in other ways, without the models.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from evaluation import metrics
from evaluation.inputs import Pair
from evaluation.labels import LabelClassifiers
from evaluation.language_model import LanguageModel
from evaluation.systems import Likelihood, System
from partner.edit_rate import edit_distance
from partner.edits import diff
from partner.text import split
from partner.types import MECHANISMS, Empathy


class Meter:
    """Measures rewrites.

    Args:
        groups: names from `evaluation.options.METRICS`.
        lm: name of the frozen language model; loaded only if `lm` is among the groups.
        device: of the language model.
        threads: CPU threads of each small model.
    """

    def __init__(self, groups: Sequence[str], lm: str, device: str = "cpu", threads: int = 2) -> None:
        from partner.crisis_model import CrisisDetector
        from partner.empathy import EmpathyScorer
        from partner.quality import QualityClassifier
        from partner.retrieval import Embedder

        self.groups = frozenset(groups)
        self.scorer = EmpathyScorer(threads=threads)
        self.embedder = Embedder(threads=threads)
        self.crisis = CrisisDetector(self.embedder)
        self.classifier = QualityClassifier(threads=threads) if "quality" in self.groups else None
        self.lm = LanguageModel(lm, device) if "lm" in self.groups else None
        self._vector = lru_cache(maxsize=50_000)(lambda word: self.embedder.embed([word])[0])

    def rows(self, pairs: Sequence[Pair], systems: Sequence[System]) -> list[dict[str, Any]]:
        """Rewrite and measure one batch; one object a pair, in order.

        `{"row", "line", "key", "post", "reply", "history", "reference", "turns", "crisis", "annotated", "before": {...},
        "target": {...}, "systems": {name: {"text", "levels", "expected", ...}}}`
        """
        outputs: dict[str, list[str]] = {}
        seconds: dict[str, float] = {}
        for system in systems:
            begun = time.perf_counter()
            outputs[system.name] = system.rewrite(pairs)
            seconds[system.name] = (time.perf_counter() - begun) / len(pairs)
        empathy = self._empathy(pairs, outputs)
        rows = []
        for i, pair in enumerate(pairs):
            texts = {name: out[i] for name, out in outputs.items()}
            measured = {
                name: self._text(pair, text)
                | _levels(empathy[pair.conversation.post, text])
                | {"seconds": round(seconds[name], 4)}
                for name, text in texts.items()
            }
            self._context(pair, texts, measured)
            for system in systems:
                if pair.reference and "likelihood" in self.groups and isinstance(system, Likelihood):
                    total, tokens = system.likelihood(pair)
                    measured[system.name]["target_lm"] = [_short(total), tokens]
            rows.append(self._row(pair, empathy, measured))
        return rows

    def _row(self, pair: Pair, empathy: dict[tuple[str, str], Empathy], measured: dict[str, Any]) -> dict[str, Any]:
        conversation = pair.conversation
        row: dict[str, Any] = {
            "row": pair.row,
            "line": pair.line,
            "key": pair.key,
            "post": conversation.post,
            "reply": conversation.reply,
        }
        if conversation.history:
            row["history"] = conversation.history
        row |= {
            "turns": pair.turns,
            "crisis": bool(self.crisis(conversation)),
            "before": _levels(empathy[conversation.post, conversation.reply])
            | {
                "post_words": len(conversation.post.split()),
                "words": len(conversation.reply.split()),
                "sentences": len(split(conversation.reply).sentences),
            },
        }
        if pair.levels:
            row["annotated"] = [pair.levels[m] for m in MECHANISMS]
        if pair.reference:
            row |= {"reference": pair.reference, "target": _levels(empathy[conversation.post, pair.reference])}
        return row | {"systems": measured}

    def _empathy(self, pairs: Sequence[Pair], outputs: dict[str, list[str]]) -> dict[tuple[str, str], Empathy]:
        """EPITOME of every reply, rewrite and reference of the batch, equal ones once."""
        wanted: dict[tuple[str, str], None] = {}
        for i, pair in enumerate(pairs):
            for text in (pair.conversation.reply, pair.reference or "", *(out[i] for out in outputs.values())):
                wanted[pair.conversation.post, text] = None
        return dict(zip(wanted, self.scorer.score(list(wanted)), strict=True))

    def _text(self, pair: Pair, text: str) -> dict[str, Any]:
        """What needs the two texts and the small classifiers only."""
        reply = pair.conversation.reply
        edits = diff(reply, text)
        found: dict[str, Any] = {
            "text": text,
            "edits": len(edits),
            "words": len(text.split()),
            "distance": edit_distance(reply.split(), text.split()),
        }
        new = [e for e in edits if e.op != "delete"]
        if self.classifier and new:
            quality = self.classifier.quality(pair.conversation, [e.text for e in new])
            coherence = self.classifier.coherence(pair.conversation, new)
            found |= {"quality": _short(quality.mean()), "coherence": _short(coherence.mean())}
        if pair.reference:
            found["bleu"] = metrics.bleu_counts(text, pair.reference)
            if "embedding" in self.groups:
                likeness = metrics.embedding_similarities(self._vectors(text), self._vectors(pair.reference))
                found["embedding"] = likeness and [_short(x) for x in likeness]
            if "labels" in self.groups:
                emotions, intents = self._labels([text, pair.reference])
                found |= {"emotion": emotions, "intent": intents}
        return found

    def _context(self, pair: Pair, texts: dict[str, str], measured: dict[str, dict[str, Any]]) -> None:
        """What is shared by all systems: the post is embedded and read by the language model once."""
        post = pair.conversation.post
        if "embedding" in self.groups:
            vectors = self.embedder.embed([post, *texts.values()])
            for name, vector in zip(texts, vectors[1:], strict=True):
                if texts[name].strip():
                    measured[name]["similarity"] = _short(vector @ vectors[0])
        if self.lm:
            alone = self.lm.log_likelihoods(list(texts.values()))
            told = self.lm.log_likelihoods(list(texts.values()), context=post)
            for name, (a, tokens), (b, _) in zip(texts, alone, told, strict=True):
                measured[name]["lm"] = [_short(a), _short(b), tokens]

    @cached_property
    def _labels(self) -> LabelClassifiers:
        return LabelClassifiers(self.embedder)

    def _vectors(self, text: str) -> np.ndarray:
        return np.array([self._vector(word) for word in metrics.words(text[:4000])])


def _levels(empathy: Empathy) -> dict[str, Any]:
    return {
        "levels": [getattr(empathy, m).level for m in MECHANISMS],
        "expected": [round(getattr(empathy, m).expected, 4) for m in MECHANISMS],
    }


def _short(value: float) -> float:
    return round(float(value), 4)
