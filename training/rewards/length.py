"""No long sentences, no long replies."""

from __future__ import annotations

from collections.abc import Sequence

from training.rewards.resources import Resources
from training.rewards.sentences import written
from training.rewards.types import Reward, Rewrite

SENTENCE = 20
"""Words of a sentence that cost nothing; nine in ten authored sentences have fewer."""
ADDED = 40
"""Words that a rewrite may be longer by at no cost: three sentences, one of each mechanism."""


def make(resources: Resources) -> Reward:
    """r_l = -(sum over sentences of max(0, words - SENTENCE) + max(0, words after - words before - ADDED)) / SENTENCE.

    Classifiers of empathy like long replies, and readers do not; this project's term.

    One sentence of 30 words added: -0.5. Five sentences of 16: (80 - 40) / 20 = -2.
    """

    def reward(rewrites: Sequence[Rewrite]) -> list[float]:
        return [-(_excess(r) + max(0, _words(r.reply) - _words(r.conversation.reply) - ADDED)) / SENTENCE for r in rewrites]

    return reward


def _excess(rewrite: Rewrite) -> int:
    return sum(max(0, _words(step.text) - SENTENCE) for step in written(rewrite))


def _words(text: str) -> int:
    return len(text.split())
