"""Is a candidate right for the post? Told at a glance, and then from what the policy makes of the two: its states in between.

A language model that has read the post and then the sentence knows more about whether they go together than its likelihood
says. The judge is a small network on these states and on the embeddings of post and sentence, trained on what readers said of
some 90,000 sentences (`python -m training judge`). It tells four verdicts apart, since what is wrong in a fact harms more than
what is merely empty. A second network sees the embeddings alone: that costs next to nothing, and says which candidates are
worth reading. The judge belongs to the weights of one policy and lies in that policy's folder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from partner import tensors
from partner.candidates import SOURCES, Candidate, State
from partner.policy import JUDGE
from partner.types import MECHANISMS

EMBEDDING = 384
"""Width of the embeddings of post and sentence (`partner.retrieval.Embedder`)."""
VERDICTS = ("right", "generic", "wrong_fact", "bad")
"""What a sentence can be: worth sending, empty, wrong in a fact, or else unnatural or harmful."""
GENERIC = 0.3
"""How right a generic sentence counts."""
_CLIP = 1e-4
"""Probabilities are kept this far from 0 and 1."""
KINDS = len(SOURCES) * len(MECHANISMS)
"""Last features of a candidate: which source and mechanism, one of so many."""
GLANCED = 1 + KINDS
"""Features behind the embeddings that are known without the policy: the number of words, and the kind."""


@dataclass(frozen=True)
class Verdict:
    """What the judge makes of a candidate.

    Attributes:
        right: log-odds of being right, a generic one counting by `GENERIC`.
        wrong: log-odds of being wrong in a fact.
    """

    right: float
    wrong: float

    def of(self, candidate: Candidate) -> Candidate:
        """The candidate with this verdict."""
        return replace(candidate, judged=self.right, wrong=self.wrong)


class Network(nn.Module):
    """One hidden layer over features, and some verdicts.

    Args:
        features: how many.
        width: of the hidden layer.
        verdicts: how many; four are `VERDICTS`.
    """

    def __init__(self, features: int, width: int, verdicts: int = len(VERDICTS)) -> None:
        super().__init__()
        self.inner = nn.Linear(features, width)
        self.out = nn.Linear(width, verdicts)

    def forward(self, features: Tensor) -> Tensor:
        """Logits (n, verdicts) from (n, features)."""
        return self.out(nn.functional.gelu(self.inner(features)))


class Pair(nn.Module):
    """A network for sentences that say the post back, and one for all others: what makes the ones right is not what makes the
    others right. Where one network learnt from both, it told right reflections from wrong ones in 72 of 100 pairs, one that
    learnt from reflections alone in 79.
    """

    def __init__(self, others: Network, reflected: Network) -> None:
        super().__init__()
        self.others, self.reflected = others, reflected

    def forward(self, features: Tensor) -> Tensor:
        """Logits (n, verdicts) from (n, features), each row by the network for its source."""
        mine = said_back(features)[:, None]
        return torch.where(mine, self.reflected(features), self.others(features))


def said_back(features: Tensor) -> Tensor:
    """(n,) whether a row of features, which end with the kind, is that of a reflection."""
    first = SOURCES.index("reflected") * len(MECHANISMS) - KINDS
    return features[:, first : first + len(MECHANISMS) or None].sum(1) > 0.5


class Judge(nn.Module):
    """Networks for what the policy makes of a candidate, and for the glance before.

    Args:
        layers: numbers of the backbone's layers that are read.
        hidden: width of the backbone.
        reading, glancing: the networks, on rows of `meaning` and `describe` together and on rows of `at_a_glance`.
    """

    def __init__(self, layers: Sequence[int], hidden: int, reading: Pair, glancing: Pair) -> None:
        super().__init__()
        self.layers, self.hidden = tuple(layers), hidden
        self.reading, self.glancing = reading, glancing

    @classmethod
    def new(cls, layers: Sequence[int], hidden: int, width: tuple[int, int], glance: tuple[int, int]) -> Judge:
        """One with random weights; `width` and `glance` are those of the hidden layers, each for the others and for
        reflections."""
        read = 2 * EMBEDDING + 2 * len(layers) * hidden + GLANCED
        reading = Pair(*(Network(read, w) for w in width))
        return cls(layers, hidden, reading, Pair(*(Network(2 * EMBEDDING + GLANCED, w) for w in glance)))

    @torch.inference_mode()
    def glance(self, candidates: Sequence[Candidate], post: np.ndarray, said: np.ndarray) -> list[float]:
        """Log-odds of being right, a generic one counting by `GENERIC`, before the policy has read anything.

        Args:
            post: (384,) embedding of the conversation (`partner.retrieval.query_text`).
            said: (candidates, 384) embeddings of the sentences.
        """
        if not candidates:
            return []
        known = torch.stack([_known(c) for c in candidates])
        right, _ = odds(self.glancing(torch.cat([meaning(np.broadcast_to(post, said.shape), said), known], dim=1)))
        return right.tolist()

    @torch.inference_mode()
    def read(self, state: State, candidates: Sequence[Candidate], post: np.ndarray, said: np.ndarray) -> list[Verdict]:
        """The verdict on each candidate in its place.

        Args:
            post: (384,) embedding of the conversation (`partner.retrieval.query_text`).
            said: (candidates, 384) embeddings of the sentences.
        """
        if not candidates:
            return []
        inner = state.inner(candidates, self.layers)
        told = torch.stack([describe(c, states) for c, states in zip(candidates, inner, strict=True)])
        right, wrong = odds(self.reading(torch.cat([meaning(np.broadcast_to(post, said.shape), said), told], dim=1)))
        return [Verdict(*both) for both in zip(right.tolist(), wrong.tolist(), strict=True)]

    def save(self, folder: Path) -> None:
        """Write `judge.safetensors`, in 16 bits."""
        tensors.save_head(self, folder / JUDGE, torch.float16, layers=self.layers, hidden=self.hidden)

    @classmethod
    def load(cls, folder: Path) -> Judge | None:
        """The judge of a policy folder; None where it has none.

        Raises:
            ModelError: the file is damaged.
        """

        def made(weights: dict[str, Tensor], made_with: dict[str, Any]) -> Judge:
            def widths(name: str) -> tuple[int, int]:
                return len(weights[f"{name}.others.inner.bias"]), len(weights[f"{name}.reflected.inner.bias"])

            return cls.new(made_with["layers"], made_with["hidden"], widths("reading"), widths("glancing"))

        return tensors.load_head(folder / JUDGE, made)


def odds(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Log-odds (n,) of being right, a generic one counting by `GENERIC`, and of being wrong in a fact, from logits (n, 4)."""
    likely = logits.softmax(-1)
    right = likely[:, 0] + GENERIC * likely[:, 1]
    return right.logit(_CLIP), likely[:, VERDICTS.index("wrong_fact")].logit(_CLIP)


def meaning(post: np.ndarray, said: np.ndarray) -> Tensor:
    """(n, 768) embeddings of posts and sentences side by side, scaled so that a number of theirs is about as large as one of
    the policy's states.

    Args:
        post, said: (n, 384) each, of length 1.
    """
    return torch.from_numpy(np.concatenate([post, said], axis=1) * math.sqrt(EMBEDDING)).float()


def describe(candidate: Candidate, inner: Tensor) -> Tensor:
    """What the policy makes of a candidate, (features,).

    For each layer the mean state of the sentence's tokens and that of its end token; the number of words; which source and
    mechanism, one of fifteen.

    Args:
        inner: (layers, tokens, hidden) states of the sentence's tokens, the end token last (`State.inner`).
    """
    states = torch.cat([inner[:, :-1].mean(1), inner[:, -1]], dim=1)
    return torch.cat([states.flatten().cpu(), _known(candidate)])


def at_a_glance(rows: Tensor) -> Tensor:
    """Of rows of `meaning` and `describe` together (n, features) what is known without the policy, (n, 768 + `GLANCED`)."""
    return torch.cat([rows[:, : 2 * EMBEDDING], rows[:, -GLANCED:]], dim=1)


def _known(candidate: Candidate) -> Tensor:
    """(`GLANCED`,) the number of words, and which kind."""
    known = torch.zeros(GLANCED)
    known[0] = len(candidate.text.split())
    known[1 + SOURCES.index(candidate.source) * len(MECHANISMS) + MECHANISMS.index(candidate.place.mechanism)] = 1
    return known
