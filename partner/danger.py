"""Is somebody in danger, though no rule has words for it? Told from what the policy makes of a post.

"She can have the cat, I won't be needing the flat" names nothing. A linear classifier reads the same states as the reader of
moods (`partner.mood.describe`). It comes after the rules of `partner.safety` and the classifier of `partner.crisis_model`. To
the rules it only adds; the classifier must be surer of a post that the policy has read whole. It is trained by
`python -m training danger`, belongs to the weights of one policy and lies in that policy's folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from partner import safety, tensors
from partner.crisis_model import speaks_of_death
from partner.policy import DANGER
from partner.types import Conversation

LIMIT, SPEAKING = 0.73, 0.45
"""Probability from which a post is treated as a crisis, and the same where it speaks of death or harm at all."""


class DangerReader(nn.Module):
    """Linear classifier: danger of suicide or self-harm, or none.

    Args:
        layers: as of `partner.mood.MoodReader`.
        features: how many numbers `partner.mood.describe` gives.
    """

    def __init__(self, layers: tuple[int, int], features: int) -> None:
        super().__init__()
        self.layers = layers
        self.linear = nn.Linear(features, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Probabilities (...) from what `describe` gives, (..., features)."""
        return self.linear(features).squeeze(-1).sigmoid()

    def alarms(self, probability: float, conversation: Conversation) -> bool:
        """Whether a post of this probability is treated as a crisis."""
        return probability >= (SPEAKING if any(map(speaks_of_death, safety.seeker_turns(conversation))) else LIMIT)

    def save(self, folder: Path) -> None:
        """Write `danger.safetensors`, in 16 bits."""
        tensors.save_head(self, folder / DANGER, torch.float16, layers=self.layers)

    @classmethod
    def load(cls, folder: Path) -> DangerReader | None:
        """The reader of a policy folder; None where it has none.

        Raises:
            ModelError: the file is damaged.
        """

        def made(weights: dict[str, Tensor], made_with: dict[str, Any]) -> DangerReader:
            post, asked = made_with["layers"]
            return cls((post, asked), weights["linear.weight"].shape[1])

        return tensors.load_head(folder / DANGER, made)
