"""Whether edits belong where they were made: PARTNER's r_c."""

from __future__ import annotations

from partner.quality import coherence_pair
from partner.types import Edit
from training.rewards.resources import Resources
from training.rewards.sentences import mean_over_sentences, written
from training.rewards.types import Reward, Rewrite, Step

USUAL = 0.4
"""Mean over judged sentences for held-out posts."""


def make(resources: Resources) -> Reward:
    """r_c = mean over edits of p(the sentence belongs in the reply at its place), 0 to 1; USUAL where nothing was edited.

    Source: Sharma et al., WWW 2021, section 4.4, "sentence coherence"; the classifier is that of
    `partner.quality.QualityClassifier.coherence`. A delete is judged by the sentence that closes its gap.

    Before "That sucks." the sentence "I'm so sorry about your dog." gets 0.42, "Your boss sounds awful." 0.27.
    """

    def score(pairs):
        return resources.classifier.probabilities([coherence_pair(step.sentences, _edit(step)) for _, step in pairs], head=1)

    return mean_over_sentences(score, empty=USUAL, steps_of=_judged)


def _judged(rewrite: Rewrite) -> list[Step]:
    return [*written(rewrite), *(step for step in rewrite.steps if step.place.op == "delete")]


def _edit(step: Step) -> Edit:
    return Edit(step.place.op, step.place.at, step.text, step.place.mechanism)
