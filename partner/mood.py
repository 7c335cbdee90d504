"""Is a post sad, glad, both or neither? It decides between sorrow, joy and silence, whatever the draft says.

To a question about lamps nobody says how sorry they are, and to "the cat came back" least of all. What the policy makes of the
post tells: a linear classifier reads the mean of its states behind one of its layers, and how much likelier it finds words of
joy than of sorrow in an empty reply. It is trained on posts that were read one by one (`python -m training mood`), belongs to
the weights of one policy and lies in that policy's folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from partner import tensors
from partner.candidates import Candidate, State
from partner.policy import MOOD
from partner.prompt import Place
from partner.types import Mood

MOODS: tuple[Mood, ...] = ("sad", "mixed", "glad", "plain")
"""What a reader is trained on; `decide` calls a post bright that is probably glad."""
JOY = ("I'm so happy for you.", "I'm so glad it went so well for you.", "Congratulations, that's wonderful news.")
SORROW = ("I'm so sorry you're going through this.", "I'm so sorry, that must hurt.", "I feel for you, I really do.")


class MoodReader(nn.Module):
    """Linear classifier over `MOODS`.

    Args:
        layer: number, from 0, of the backbone's layer whose states are read.
        hidden: width of the backbone.
    """

    def __init__(self, layer: int, hidden: int) -> None:
        super().__init__()
        self.layer = layer
        self.linear = nn.Linear(hidden + 1, len(MOODS))

    def forward(self, features: Tensor) -> Tensor:
        """Probabilities (..., moods) from what `describe` gives, (..., hidden + 1)."""
        return self.linear(features).softmax(-1)

    @torch.inference_mode()
    def read(self, state: State) -> Mood:
        """The mood of a post; the state must have kept the states behind `layer`, as its first."""
        features = describe(state)
        return decide(dict(zip(MOODS, self(features).tolist(), strict=True)), float(features[-1]))

    def save(self, folder: Path) -> None:
        """Write `mood.safetensors`."""
        tensors.save_head(self, folder / MOOD, torch.float32, layer=self.layer)

    @classmethod
    def load(cls, folder: Path) -> MoodReader | None:
        """The reader of a policy folder; None where it has none.

        Raises:
            ModelError: the file is damaged.
        """

        def made(weights: dict[str, Tensor], made_with: dict[str, int]) -> MoodReader:
            return cls(made_with["layer"], weights["linear.weight"].shape[1] - 1)

        return tensors.load_head(folder / MOOD, made)


def describe(state: State) -> Tensor:
    """Features of a post, (hidden + 1,).

    Its mean state, and by how many nats a token the policy finds joy likelier than sorrow, both means over three sentences. The
    draft has no part in them: a cheerful one makes joy likely for any post.
    """
    place = Place("insert", 0, "emotional_reaction")
    told = state.without_draft().log_likelihoods([Candidate(place, text) for text in (*JOY, *SORROW)])
    margin = sum(told[: len(JOY)]) / len(JOY) - sum(told[len(JOY) :]) / len(SORROW)
    return torch.cat([state.post_states[0].cpu(), torch.tensor([margin])])


def decide(told: Mapping[Mood, float], margin: float) -> Mood:
    """The mood that is acted on.

    Joy for somebody in pain hurts most, so classifier and likelihood must agree on it; where they do not, the post is bright:
    neither joy nor sorrow. What is not clear counts as mixed, which only loses sentences that fit every post.

    Args:
        told: probability of each mood.
        margin: nats a token by which joy is likelier than sorrow; mostly negative.

    >>> decide({"sad": 0.1, "mixed": 0.1, "glad": 0.5, "plain": 0.3}, -0.2)
    'mixed'
    """
    if told["glad"] > 0.7 and margin > -0.3:
        return "glad"
    if told["plain"] > 0.5:
        return "plain"
    if told["glad"] > 0.6 or (told["glad"] > 0.3 and told["sad"] < 0.1):
        return "bright"
    return "sad" if told["sad"] > 0.3 else "mixed"
