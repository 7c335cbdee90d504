"""Sympathy that fits every post."""

from __future__ import annotations

from partner.facts import SYMPATHY, content
from training.rewards.resources import Resources
from training.rewards.sentences import mean_over_sentences, said
from training.rewards.types import Reward


def make(resources: Resources) -> Reward:
    """r_n = -(share of the sentences written that take up no word of the conversation), -1 to 0; 0 where none was written.

    A word counts if it is neither a function word nor one of the words that feeling and understanding are spoken of in
    (`partner.facts.SYMPATHY`): "I'm so sorry you're going through this." could go to anyone (-1), "I'm so sorry about your
    dog." could not (0). The engine prefers sentences with such a hold on the post too (`partner.ranking.Ranking.hold`).
    """

    def holds(post: str, sentence: str) -> bool:
        return bool((content(sentence) & content(post)) - SYMPATHY)

    return mean_over_sentences(
        lambda pairs: [0.0 if holds(said(r.conversation), step.text) else -1.0 for r, step in pairs], empty=0.0
    )
