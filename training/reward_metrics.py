"""How well scores of replies agree with pairwise human ratings, on contexts the scorer never saw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.data.ratings import Rated

Scores = list[list[float]]
"""A score for every response of every context."""


def accuracy(scores: Scores, rated: Sequence[Rated]) -> np.ndarray:
    """(contexts, 2) of preferences told rightly (an equal score is half of one) and preferences; ties are left out."""
    counts = np.zeros((len(rated), 2))
    for row, (values, r) in enumerate(zip(scores, rated, strict=True)):
        for i, j, s in r.pairs:
            if s:
                delta = values[i] - values[j]
                counts[row] += (0.5 if delta == 0 else float((delta > 0) == (s < 0)), 1)
    return counts


def interval(counts: np.ndarray, against: np.ndarray | None = None, draws: int = 4000) -> dict[str, float]:
    """Accuracy with its 95 % interval by a bootstrap over contexts (pairs of one context are not independent).

    Args:
        counts: from `accuracy`.
        against: of another scorer on the same contexts; then it is the difference of both, paired.
    """
    other = np.zeros_like(counts) if against is None else against
    drawn = np.random.default_rng(0).integers(len(counts), size=(draws, len(counts)))
    sums, others, n = counts[drawn, 0].sum(1), other[drawn, 0].sum(1), np.maximum(counts[drawn, 1].sum(1), 1)
    low, high = np.quantile((sums - others) / n, (0.025, 0.975))
    mean = (counts[:, 0].sum() - other[:, 0].sum()) / max(1, counts[:, 1].sum())
    return {"value": round(float(mean), 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def judge(scores: Scores, rated: Sequence[Rated]) -> dict[str, dict[str, float]]:
    """Accuracy on preferences, of chance, of "the longer reply is better", of the scores, and of the scores on strong ones."""
    model = accuracy(scores, rated)
    longer = accuracy([[float(len(text.split())) for text in r.responses] for r in rated], rated)
    strong = [Rated(r.conversation, r.responses, tuple(p for p in r.pairs if abs(p[2]) >= 1)) for r in rated]
    chance = np.stack([model[:, 1] / 2, model[:, 1]], 1)
    return {
        "longer_reply": interval(longer),
        "reward_model": interval(model),
        "reward_model_strong": interval(accuracy(scores, strong)),
        "reward_model_minus_chance": interval(model, chance),
        "reward_model_minus_longer": interval(model, longer),
    }
