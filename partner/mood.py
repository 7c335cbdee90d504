"""Is a post sad, glad, both or neither? It decides between sorrow, joy and silence, whatever the draft says.

To a question about lamps nobody says how sorry they are, and to "the cat came back" least of all. What the policy makes of the
post tells, and what it is about to say: a linear classifier reads the mean of its states, those from which it would write a
sentence of feeling and a question, and the embedding of the post. It is trained on posts that were read one by one
(`python -m training mood`), belongs to the weights of one policy and lies in that policy's folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from partner import tensors
from partner.candidates import State
from partner.policy import MOOD
from partner.types import Mechanism, Mood

MOODS: tuple[Mood, ...] = ("sad", "mixed", "glad", "plain")
"""What a reader is trained on; `decide` calls a post bright that is glad rather than mixed, but not certainly."""
ASKED: tuple[Mechanism, ...] = ("emotional_reaction", "exploration")
"""What the policy is asked for, to see what it would say."""


class MoodReader(nn.Module):
    """Linear classifier over `MOODS`.

    Args:
        layers: numbers, from 0, of the backbone's layers whose states are read: of the post, and of what it is asked for.
        features: how many numbers `describe` gives.
    """

    def __init__(self, layers: tuple[int, int], features: int) -> None:
        super().__init__()
        self.layers = layers
        self.linear = nn.Linear(features, len(MOODS))

    def forward(self, features: Tensor) -> Tensor:
        """Probabilities (..., moods) from what `describe` gives, (..., features)."""
        return self.linear(features).softmax(-1)

    @torch.inference_mode()
    def read(self, described: Tensor) -> dict[Mood, float]:
        """Probability of each of `MOODS`, from what `describe` gives of a post with these `layers`."""
        return dict(zip(MOODS, self(described).tolist(), strict=True))

    def save(self, folder: Path) -> None:
        """Write `mood.safetensors`, in 16 bits."""
        tensors.save_head(self, folder / MOOD, torch.float16, layers=self.layers)

    @classmethod
    def load(cls, folder: Path) -> MoodReader | None:
        """The reader of a policy folder; None where it has none.

        Raises:
            ModelError: the file is damaged.
        """

        def made(weights: dict[str, Tensor], made_with: dict[str, Any]) -> MoodReader:
            post, asked = made_with["layers"]
            return cls((post, asked), weights["linear.weight"].shape[1])

        return tensors.load_head(folder / MOOD, made)


def describe(state: State, layer: int, post: np.ndarray) -> Tensor:
    """Features of a post, (3 * hidden + 384,).

    The mean state of history and post, the states of what the policy is asked for (`ASKED`), and the embedding. The draft has
    no part in them: a cheerful one makes joy likely for any post.

    Args:
        state: must have kept the states behind a layer of the post, as its first.
        layer: number, from 0, of the layer whose states of what is asked for are read.
        post: (384,) embedding of the conversation.
    """
    asked = state.without_draft().asked(ASKED, [layer])
    return torch.cat([state.post_states[0].cpu(), asked.flatten().cpu(), torch.from_numpy(post).float()])


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
    if told["plain"] > 0.5 or (told["sad"] > 0.6 and told["plain"] > 0.1):
        if not distressed():
            return "plain"
        return "mixed" if told["plain"] > 0.2 else "sad"
    if told["sad"] > 0.6:
        return "sad"
    return "bright" if told["glad"] > told["mixed"] else "mixed"
