"""Is a post sad, glad, both or neither? It decides between sorrow, joy and silence, whatever the draft says.

To a question about lamps nobody says how sorry they are, and to "the cat came back" least of all. What the policy makes of the
post tells, and what it is about to say: a linear classifier reads the mean of its states, those from which it would write a
sentence of feeling and a question, and the embedding of the post (`partner.reading`). It is trained on posts that were read one
by one (`python -m training mood`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from partner.policy import MOOD
from partner.reading import LinearReader
from partner.types import Mood

MOODS: tuple[Mood, ...] = ("sad", "mixed", "glad", "plain")
"""What a reader is trained on; `decide` calls a post bright that is glad rather than mixed, but not certainly."""


class MoodReader(LinearReader):
    """Linear classifier over `MOODS`."""

    file, answers = MOOD, len(MOODS)

    def forward(self, features: Tensor) -> Tensor:
        """Probabilities (..., moods) from what `describe` gives, (..., features)."""
        return self.linear(features).softmax(-1)

    @torch.inference_mode()
    def read(self, described: Tensor) -> dict[Mood, float]:
        """Probability of each of `MOODS`, from what `describe` gives of a post with these `layers`."""
        return dict(zip(MOODS, self(described).tolist(), strict=True))


def decide(told: Mapping[Mood, float], distressed: Callable[[], bool]) -> Mood:
    """The mood that is acted on.

    Joy for somebody in pain hurts most, so it needs near certainty, and sorrow for somebody glad embarrasses, so it must be
    likelier than not by some way. All else is bright or mixed: what is said then is warm and names neither, as it does where a
    question may be asked in distress or not.

    Args:
        told: probability of each mood.
        distressed: whether another reader finds distress in the post (`partner.distress`), asked only where it may be plain.

    >>> sure, likely = {"sad": 0, "mixed": 0.1, "glad": 0.9, "plain": 0}, {"sad": 0.1, "mixed": 0, "glad": 0.9, "plain": 0}
    >>> decide(sure, lambda: True), decide(likely, lambda: True)
    ('glad', 'bright')
    """
    if told["glad"] > 0.8 and told["sad"] < 0.05:
        return "glad"
    sad_or_plain = told["plain"] > 0.1 and (told["sad"] > 0.6 or told["sad"] + told["plain"] > 0.9)
    if told["plain"] > 0.5 or sad_or_plain:
        if not distressed():
            return "plain"
        return "mixed" if told["plain"] > 0.2 else "sad"
    if told["sad"] > 0.6:
        return "sad"
    return "bright" if told["glad"] > told["mixed"] else "mixed"
