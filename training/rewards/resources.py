"""What reward terms share: models loaded once, and scores that several terms need computed once a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from partner.empathy import EmpathyScorer
from partner.likelihood import Written, log_likelihoods
from partner.models import asset
from partner.policy import PartnerPolicy
from partner.quality import QualityClassifier
from partner.retrieval import Embedder
from partner.types import Empathy

K, V = TypeVar("K"), TypeVar("V")
REMEMBERED = 20_000
"""Scores of so many texts are remembered; drafts come back every epoch, and several terms ask for the same rewrite."""


class Resources:
    """Models of the reward terms; each is loaded when a term first asks for it.

    Args:
        reference: the frozen policy that training starts from, or its folder; its language model judges fluency,
            specificity and trust. The shipped policy by default. Never pass the policy that is trained.
        threads: CPU threads of the classifiers.
        reward_model: run or folder of a trained reward model or discriminator, for the terms that have one.
        feedback: local log of accepted and rejected suggestions, for the term that reads it.
    """

    def __init__(
        self,
        reference: PartnerPolicy | str | Path | None = None,
        threads: int = 2,
        reward_model: Path | None = None,
        feedback: Path | None = None,
    ) -> None:
        self._reference, self.threads = reference, threads
        self.reward_model, self.feedback = reward_model, feedback
        self._empathy: dict[tuple[str, str], Empathy] = {}
        self._likelihood: dict[Written, float] = {}

    @cached_property
    def reference(self) -> PartnerPolicy:
        """The frozen policy, in evaluation mode and without gradients."""
        given = self._reference
        policy = given if isinstance(given, PartnerPolicy) else PartnerPolicy.load(given or asset("policy"))
        return policy.eval().requires_grad_(False)

    @cached_property
    def scorer(self) -> EmpathyScorer:
        """The EPITOME scorer that also knows authored sentences (`assets/scorer`)."""
        return EmpathyScorer(threads=self.threads)

    @cached_property
    def classifier(self) -> QualityClassifier:
        """Quality and coherence."""
        return QualityClassifier(threads=self.threads)

    @cached_property
    def embedder(self) -> Embedder:
        """Sentence embeddings."""
        return Embedder(threads=self.threads)

    def empathy(self, pairs: Sequence[tuple[str, str]]) -> list[Empathy]:
        """EPITOME of each (post, reply); every pair is scored once, in batches, and remembered."""
        # Like lengths share a batch, so that little is spent on padding.
        _remember(self._empathy, sorted(pairs, key=lambda pair: len(pair[0]) + len(pair[1])), self.scorer.score)
        return [self._empathy[pair] for pair in pairs]

    def log_likelihoods(self, written: Sequence[Written]) -> list[float]:
        """Mean log p(token | post, reply, place) of each sentence under the reference, nats; remembered like `empathy`."""
        _remember(self._likelihood, written, lambda missing: log_likelihoods(self.reference, missing))
        return [self._likelihood[w] for w in written]


def _remember(memory: dict[K, V], keys: Sequence[K], compute: Callable[[list[K]], Sequence[V]]) -> None:
    """Put the values of all keys into the memory; those that are not there are computed in one call. A full one is emptied."""
    missing = [key for key in dict.fromkeys(keys) if key not in memory]
    if len(memory) + len(missing) > REMEMBERED:
        memory.clear()
        missing = list(dict.fromkeys(keys))
    memory.update(zip(missing, compute(missing), strict=True))
