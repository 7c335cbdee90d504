"""Does a post tell of distress at all? Asked before a post is taken for plain (`partner.mood`).

Two things tell: a linear classifier on the embedding of the post that retrieval uses anyway, trained on what readers said of
sorrow that fits every post in distress (`python -m training distress`), and how right the quality classifier finds such
sentences here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from partner.models import asset, linear
from partner.quality import QualityClassifier
from partner.ranking import log_odds
from partner.types import Conversation

PROBES = (
    "I'm so sorry you're going through this.",
    "I'm sorry that things are this hard for you right now.",
    "I feel for you, I really do.",
)
THRESHOLD = 0.9
"""Chosen on held-out posts: below it lay two thirds of those where sorrow was out of place, and few others (see the card)."""


class DistressDetector:
    """Linear classifier and probes together.

    Args:
        classifier: the shared quality classifier.
        folder: holds `model.safetensors`; the shipped one by default.

    Raises:
        ModelError: the file is missing or damaged.
    """

    def __init__(self, classifier: QualityClassifier, folder: Path | None = None) -> None:
        self._weight, self._bias = linear(folder or asset("distress"))
        self._classifier = classifier

    def __call__(self, conversation: Conversation, post: np.ndarray) -> bool:
        """Whether sorrow is in place.

        Args:
            conversation: the exchange; its reply is not looked at.
            post: (384,) embedding of `partner.retrieval.query_text(conversation)`.
        """
        return self.score(conversation, post) >= THRESHOLD

    def score(self, conversation: Conversation, post: np.ndarray) -> float:
        """Log-odds by the embedding, plus the mean log-odds that the probes are right for the post."""
        qualities = self._classifier.quality(conversation, PROBES)
        return float(post @ self._weight) + self._bias + sum(log_odds(float(q)) for q in qualities) / len(PROBES)
