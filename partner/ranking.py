"""Choosing places, and choosing among candidates: over-generate, filter, score, diversify (DESIGN section 2).

Pure functions over numbers; the models that give the numbers are called in `partner.rewriter`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from partner.candidates import Candidate
from partner.prompt import Place
from partner.quality import mmr
from partner.types import MECHANISMS, Empathy


@dataclass(frozen=True)
class Ranking:
    """Weights and limits of the ranking.

    The likelihood of a sentence under the policy decides most: of 1,464 candidates for posts that no model had seen, read
    one by one, it told right from wrong better than everything else (see the policy's card).

    Attributes:
        places: (op, position, mechanism) triples that candidates are drawn for.
        samples: sentences generated for each place.
        retrieved, stock: sentences of the corpus, and simple ones, tried for each mechanism.
        shortlist: candidates of each mechanism that are scored in full.
        trusted: log-likelihood from which a sentence is trusted without more; below, only `at_least` are shown.
        at_least: suggestions to reach for.
        from_policy, from_corpus, from_stock: what a candidate of each source is worth before anything is known of it.
        interpretation: the same for an interpretation of the policy's own, which is wrong far more often than a question.
        anywhere: the same for a simple sentence that would fit any post.
        length: weight of each word beyond twelve (long sentences are wrong more often than their likelihood says).
        quality, empathy, place: weight of each term against log-likelihood (weight 1).
        trade_off: relevance against novelty in the final choice (maximal marginal relevance).
    """

    places: int = 6
    samples: int = 4
    retrieved: int = 3
    stock: int = 3
    shortlist: int = 3
    trusted: float = -1.6
    at_least: int = 2
    from_policy: float = 0.0
    from_corpus: float = 0.2
    from_stock: float = 0.9
    interpretation: float = -0.4
    anywhere: float = -0.2
    length: float = -0.02
    quality: float = 0.3
    empathy: float = 0.1
    place: float = 0.03
    trade_off: float = 0.75

    def prior(self, candidate: Candidate) -> float:
        """What a candidate is worth by its source, likelihood and length alone; picks the shortlist."""
        worth = candidate.log_likelihood + self.length * max(0, len(candidate.text.split()) - 12)
        if candidate.source == "policy":
            return worth + self.from_policy + (candidate.place.mechanism == "interpretation") * self.interpretation
        return worth + (
            self.from_corpus if candidate.source == "retrieved" else self.from_stock + candidate.anywhere * self.anywhere
        )


@dataclass(frozen=True)
class Considered:
    """A candidate of the shortlist with what it is ranked by.

    Attributes:
        candidate: the sentence and its place.
        after: EPITOME of the reply with it.
        gain: sum of the expected levels, after - before.
        quality: probability that it is right for the post, by the classifier.
    """

    candidate: Candidate
    after: Empathy
    gain: float
    quality: float


def need(before: Empathy, mechanism: str) -> float:
    """How much a draft lacks a mechanism: 1 where it has none, near 0 where it is strong."""
    return max(0.05, 1 - getattr(before, mechanism).expected / 2)


def choose_places(
    places: Sequence[Place],
    log_probs: Sequence[float],
    before: Empathy,
    most: int,
    only: Sequence[str] = MECHANISMS,
    kept: Collection[int] = (),
    near: int | None = None,
) -> list[tuple[Place, float]]:
    """The places to draw candidates for, with their log-probability, best first.

    Every mechanism the draft lacks gets its likeliest place; the rest go to the likeliest (op, position, mechanism)
    weighted by `need`. No mechanism takes more than two places.

    Args:
        places, log_probs: the policy's distribution, without STOP.
        before: scores of the draft.
        most: number of places.
        only: mechanisms wanted.
        kept: sentences that must stay as they are; edits may only stand beside them.
        near: if given, only this sentence may be replaced and only the gaps around it filled.
    """

    def open_to(p: Place) -> bool:
        beside = near is None or p.at == near or (p.op == "insert" and p.at == near + 1)
        return p.mechanism in only and beside and not (p.op != "insert" and p.at in kept)

    value = [
        lp + math.log(need(before, p.mechanism)) if open_to(p) else -math.inf for p, lp in zip(places, log_probs, strict=True)
    ]
    order = sorted((i for i in range(len(places)) if value[i] > -math.inf), key=lambda i: -value[i])
    chosen: list[int] = []
    for mechanism in only:
        if getattr(before, mechanism).level < 2:
            chosen += [i for i in order if places[i].mechanism == mechanism][:1]
    for i in order:
        if len(chosen) >= most:
            break
        if i not in chosen and sum(places[j].mechanism == places[i].mechanism for j in chosen) < 2:
            chosen.append(i)
    chosen.sort(key=lambda i: -value[i])
    return [(places[i], log_probs[i]) for i in chosen]


def value(considered: Considered, place_log_prob: float, weights: Ranking) -> float:
    """One number to rank by. Specificity is not in it: it told right from wrong no better than chance."""
    return (
        weights.prior(considered.candidate)
        + weights.quality * considered.quality
        + weights.empathy * min(max(considered.gain, -1.0), 2.0)
        + weights.place * max(place_log_prob, -6.0)
    )


def pick(candidates: Sequence[Candidate], values: np.ndarray, embeddings: np.ndarray, n: int, trade_off: float) -> list[int]:
    """A short list: good, unlike each other, jointly applicable, one suggestion per place and mechanism.

    The best of each mechanism comes before the second best of any; a sentence is replaced at most once.

    Args:
        values: (candidates,) larger is better.
        embeddings: (candidates, d) sentence embeddings of length 1.
    """
    order = mmr(values, embeddings, len(candidates), trade_off)
    taken: list[int] = []
    for per_mechanism in (1, 2, 3):
        for i in order:
            place = candidates[i].place
            if len(taken) == n:
                return sorted(taken, key=lambda i: -values[i])
            same = sum(candidates[j].place.mechanism == place.mechanism for j in taken)
            if i not in taken and same < per_mechanism and not any(clash(place, candidates[j].place) for j in taken):
                taken.append(i)
    return sorted(taken, key=lambda i: -values[i])


def clash(a: Place, b: Place) -> bool:
    """Whether two places cannot both be offered: the same gap for the same mechanism, or the same sentence replaced."""
    if a.op == b.op == "insert":
        return a.at == b.at and a.mechanism == b.mechanism
    return a.op == b.op and a.at == b.at
