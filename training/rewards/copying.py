"""The post said again."""

from __future__ import annotations

from collections.abc import Sequence

from partner.guards import words
from training.rewards.resources import Resources
from training.rewards.sentences import mean_over_sentences, said
from training.rewards.types import Reward

RUN = 4
"""Words in a row that count as copied; a phrase of three ("lost your job") is taking up what was said."""
_TURNED = {"i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself", "am": "are", "i'm": "you're"} | {
    "i've": "you've",
    "i'd": "you'd",
    "i'll": "you'll",
}


def make(resources: Resources) -> Reward:
    """r_y = -(mean over sentences of the share of its words in runs of RUN or more that the conversation has too), -1 to 0.

    First person counts as second: "you feel so alone since" copies "i feel so alone since". Copies have the highest mutual
    information with the post and are held by none of PARTNER's own terms; this project's.

    For "i feel so alone since my dog died": "You feel so alone since your dog died." -1.0; "You feel so alone since then,
    don't you?" -0.62.
    """

    def score(pairs) -> Sequence[float]:
        return [0.0 - _share(_turned(step.text), _turned(said(r.conversation))) for r, step in pairs]

    return mean_over_sentences(score, empty=0.0)


def _turned(text: str) -> list[str]:
    return [_TURNED.get(word, word) for word in words(text)]


def _share(sentence: list[str], post: list[str]) -> float:
    runs = {tuple(post[i : i + RUN]) for i in range(len(post) - RUN + 1)}
    covered: set[int] = set()
    for i in range(len(sentence) - RUN + 1):
        if tuple(sentence[i : i + RUN]) in runs:
            covered.update(range(i, i + RUN))
    return len(covered) / max(1, len(sentence))
