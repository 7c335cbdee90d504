"""How much a sentence has to do with the post: PARTNER's r_m."""

from __future__ import annotations

from partner.likelihood import without_post
from training.rewards.resources import Resources
from training.rewards.sentences import in_place, mean_over_sentences
from training.rewards.types import Reward

MOST = 1.5
"""Nats a token; an honest sentence of the corpus rarely has more, the post said again has."""


def make(resources: Resources) -> Reward:
    """r_m = mean over sentences s of min(MOST, (log p(s | post) - log p(s)) / tokens of s); 0 where none was written.

    Source: mutual information, Sharma et al., WWW 2021, section 4.4 (from Li et al., NAACL 2016), under the frozen reference
    policy, p(s) being the sentence in the same reply with the post left blank (`partner.likelihood.without_post`).

    To "my dog died this morning" the sentence "I'm so sorry about your dog." has 0.72 nats a token, "I'm so sorry you're going
    through this." -0.09, "Your boss sounds awful." -0.45.
    """

    def score(pairs):
        told = [in_place(r, step) for r, step in pairs]
        both = resources.log_likelihoods([*told, *map(without_post, told)])
        return [min(MOST, a - b) for a, b in zip(both[: len(told)], both[len(told) :], strict=True)]

    return mean_over_sentences(score, empty=0.0)
