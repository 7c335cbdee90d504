"""Whether a careful reader would call a sentence right, by what tells it best."""

from __future__ import annotations

from partner.candidates import Candidate
from partner.quality import post_context
from partner.ranking import UNJUDGED, trust
from training.rewards.resources import Resources
from training.rewards.sentences import in_place, mean_over_sentences
from training.rewards.types import Reward

USUAL = 0.09
"""Mean over judged sentences for held-out posts."""


def make(resources: Resources) -> Reward:
    """r_t = mean over sentences of sigmoid(logit), 0 to 1; USUAL where none was written.

    The logit is that of `partner.ranking.UNJUDGED` for the policy's own sentences, b_mechanism + w_q logit q(s | post) + w_l
    (log p(s | post) / tokens + 1) + w_w (words - 12) + w_p [s presumes]: a logistic regression on sentences that readers
    judged one by one, with q the quality classifier and p the frozen reference policy. It ranks suggestions of
    checkpoints without a judge too.

    To "my dog died this morning" the sentence "I'm so sorry about your dog." gets 0.57, "I'm so sorry you're going through
    this." 0.20, "Your boss sounds awful." 0.00.
    """

    def score(pairs):
        means = resources.log_likelihoods([in_place(r, step) for r, step in pairs])
        qualities = resources.classifier.probabilities([(post_context(r.conversation), s.text) for r, s in pairs], head=0)
        return [
            trust(Candidate(step.place, step.text, mean, quality=float(quality)), UNJUDGED)
            for (_, step), mean, quality in zip(pairs, means, qualities, strict=True)
        ]

    return mean_over_sentences(score, empty=USUAL)
