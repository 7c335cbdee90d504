"""Is somebody in danger, though no rule has words for it? Told from what the policy makes of a post.

"She can have the cat, I won't be needing the flat" names nothing. A linear classifier reads the same states as the reader of
moods (`partner.reading`). It comes after the rules of `partner.safety` and the classifier of `partner.crisis_model`. To
the rules it only adds; the classifier must be surer of a post that the policy has read whole. It is trained by
`python -m training danger`.
"""

from __future__ import annotations

from torch import Tensor

from partner import safety
from partner.crisis_model import speaks_of_death
from partner.policy import DANGER
from partner.reading import LinearReader
from partner.types import Conversation

LIMIT, SPEAKING = 0.71, 0.44
"""Probability from which a post is treated as a crisis, and the same where it speaks of death or harm at all."""


class DangerReader(LinearReader):
    """Linear classifier: danger of suicide or self-harm, or none."""

    file, answers = DANGER, 1

    def forward(self, features: Tensor) -> Tensor:
        """Probabilities (...) from what `partner.reading.describe` gives, (..., features)."""
        return self.linear(features).squeeze(-1).sigmoid()

    def alarms(self, probability: float, conversation: Conversation) -> bool:
        """Whether a post of this probability is treated as a crisis."""
        return probability >= (SPEAKING if any(map(speaks_of_death, safety.seeker_turns(conversation))) else LIMIT)
