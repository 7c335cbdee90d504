"""Whether a sentence is right for the post, by the quality classifier."""

from __future__ import annotations

from partner.quality import post_context
from training.rewards.resources import Resources
from training.rewards.sentences import mean_over_sentences
from training.rewards.types import Reward

USUAL = 0.31
"""Mean over judged sentences for held-out posts."""


def make(resources: Resources) -> Reward:
    """r_q = mean over sentences of p(a careful reader calls it right for the post), 0 to 1; USUAL where none was written.

    Source: `partner.quality.QualityClassifier.quality`, trained on good against bad suggestions.

    To "my dog died this morning" the sentence "I'm so sorry about your dog." gets 0.31, "I'm so sorry you're going through
    this." 0.50, "Your boss sounds awful." 0.03.
    """
    return mean_over_sentences(
        lambda pairs: resources.classifier.probabilities([(post_context(r.conversation), s.text) for r, s in pairs], head=0),
        empty=USUAL,
    )
