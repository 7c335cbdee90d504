"""What the policy makes of a post, and the linear classifiers that read it: its mood (`partner.mood`), and whether it shows
danger (`partner.danger`).

Each belongs to the weights of one policy and lies in that policy's folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from partner import tensors
from partner.candidates import State
from partner.types import Mechanism

if TYPE_CHECKING:
    from typing import Self  # not in Python 3.10

ASKED: tuple[Mechanism, ...] = ("emotional_reaction", "exploration")
"""What the policy is asked for, to see what it would say."""


class LinearReader(nn.Module):
    """Linear classifier of what `describe` gives.

    Args:
        layers: numbers, from 0, of the backbone's layers whose states are read: of the post, and of what it is asked for.
        features: how many numbers `describe` gives.

    Attributes:
        file: its file in a policy folder.
        answers: how many numbers it gives.
    """

    file: ClassVar[str]
    answers: ClassVar[int]

    def __init__(self, layers: tuple[int, int], features: int) -> None:
        super().__init__()
        self.layers = layers
        self.linear = nn.Linear(features, self.answers)

    def save(self, folder: Path) -> None:
        """Write `file`, in 16 bits."""
        tensors.save_head(self, folder / self.file, torch.float16, layers=self.layers)

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """The reader of a policy folder; None where it has none.

        Raises:
            ModelError: the file is damaged.
        """

        def made(weights: dict[str, Tensor], made_with: dict[str, Any]) -> Self:
            post, asked = made_with["layers"]
            return cls((post, asked), weights["linear.weight"].shape[1])

        return tensors.load_head(folder / cls.file, made)


def describe(state: State, layer: int, post: np.ndarray) -> Tensor:
    """Features of a post, (3 * hidden + 384,).

    The mean state of history and post, the states of what the policy is asked for (`ASKED`), and the embedding. The draft has
    no part in them: a cheerful one makes joy likely for any post.

    Args:
        state: must have kept the states behind a layer of the post, as its first.
        layer: number, from 0, of the layer whose states of what is asked for are read.
        post: (384,) embedding of the conversation (`partner.retrieval.query_text`).
    """
    asked = state.without_draft().asked(ASKED, [layer])
    return torch.cat([state.post_states[0].cpu(), asked.flatten().cpu(), torch.from_numpy(post).float()])
