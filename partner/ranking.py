"""Choosing places, and choosing among candidates: over-generate, filter, score, diversify.

Pure functions over numbers; the models that give the numbers are called in `partner.rewriter`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from partner.candidates import SOURCES, Candidate
from partner.guards import presumes
from partner.prompt import Place
from partner.quality import mmr
from partner.types import MECHANISMS, Empathy, Mechanism, Mood


@dataclass(frozen=True)
class Ranking:
    """Numbers and limits of the choice among candidates.

    `logit` is a logistic regression on what readers said of 29,357 candidates that the engine weighed for 2,421 posts, with
    judges that had not seen the post (no command does that; `python -m training ranking` fits the same form to the held-out
    readings). Of feelings that fit any post 55 in 100 were right, of those tied to words of the post 72, of the policy's 26;
    of its questions 28. The judge and form tell which are right (AUC: retrieved 0.83, any-post 0.83, tied to words 0.69, the
    policy's own 0.78); beside the judge the classifier of quality adds nothing but a little for retrieved ones, and is not
    asked. The limits were set by replaying the choice among these candidates.

    Attributes:
        places: (op, position, mechanism) triples that candidates are drawn for.
        samples: sentences generated for each place.
        written: mechanisms that the policy writes for.
        retrieved, stock: sentences of the corpus, and simple ones, tried for each mechanism.
        read: candidates of each mechanism that the judge reads after a glance at all, and half as many with hold on the post
            besides.
        reflections: of what says the post back, read besides: at a glance it cannot be told well.
        shortlist: of these, how many are scored in full.
        wordings: how many more of each mechanism are read and scored, at most, where other wordings are wanted.
        at_least: suggestions to reach for; beyond these a candidate must be trusted by `enough`.
        enough: smallest probability of being right for the others.
        least: smallest probability of being right for any.
        sure: smallest probability at which a sentence of people is settled before the policy has written.
        hold: bonus, in logits, for a sentence that takes up a word of the post.
        hold_shown: the same in the order of what is shown, for all but questions.
        theme: bonus for a simple sentence tied to words of the post or to its person, over one that could go to anybody.
        theme_shown: bonus for any sentence but a question that could not, in the order of what is shown.
        wrong: taken off the value, in logits, for a certain wrong fact; in proportion for an uncertain one.
        wrong_shown: the same in the order of what is shown.
        safe: probability of a wrong fact up to which a sentence gets the bonuses for hold and theme.
        spread, spread_anywhere: width of a random addition, in logits, so that posts do not all open with the same few
            sentences; the second for those that fit any post.
        spread_shown: the same for those that fit any post, in the order of what is shown.
        spread_telling: the same for those that name what was told, in both: many posts tell of the same, such as depression.
        plenty: probability of being right from which one sentence that fits any post is as good as another.
        place: weight of the place's log-probability.
        alike: cosine from which two sentences ask or say the same thing, and only one is shown.
        one_thought: the same for two of understanding. Of 39 pairs of these that readers found to say the same nine in ten
            were nearer, and half of the others.
        trade_off: relevance against novelty in the final choice (maximal marginal relevance).
        policy, retrieved_bias, stock_bias, anywhere, reflected: logits of a usual candidate of each source, for emotional
            reaction, interpretation and exploration. Those of reflections, and their weight in `judge`, are set by 45 that came
            to be shown (two readers): of those put at 80 in 100 or more by a fit to 3,426 readings of all of them eight of ten
            were right, from 60 to 80 half of 24, below a quarter: the best of many is not what it seems.
        quality, judge: weights of the two log-odds, for each of `partner.candidates.SOURCES`.
        telling: added for simple ones that name the very thing that was told: beside phrases that they were tried with one by
            one they are right more often than the judge says. Of 46 for 147 new posts 82 in 100 were right, which it had put at
            73, of other feelings and thoughts tied to words 56, put at 69 (two readers; `stock_bias` of these two was lowered
            by 0.3 then). Those that are let in by this at the glance already, are not: of 32 more 56.
        telling_wrong: added to their log-odds of being wrong in a fact: 12 in 100 were, put at 18.
        found: added for retrieved ones: the best of many is worse than it looks. Of 24 that came first, read twice, 46 in 100
            were right, of simple ones 75.
        likelihood, word: weights of the mean log-likelihood, from -1, and of words beyond twelve, for the policy's own.
        presumption: for a form in which the policy is mostly wrong (`partner.guards.presumes`).
        moodless: what the judge would have to say (log-odds of being right) of a usual feeling without sorrow or joy, and of
            another such sentence, where a post is good and bad at once, may be glad, or is plain. There are few of the others:
            they come second.
        unsure: taken off what it says of the other sentences there: it has learnt from sad posts nearly alone, and of those
            tied to words that it trusted by 62 in 100, 44 were right.
        hurtful: probability from which a sentence of the draft is one that may hurt, to be replaced or removed.
    """

    places: int = 6
    samples: int = 3
    written: tuple[Mechanism, ...] = ("emotional_reaction", "exploration")
    retrieved: int = 5
    stock: int = 36
    read: int = 4
    reflections: int = 4
    shortlist: int = 3
    wordings: int = 3
    at_least: int = 2
    enough: float = 0.5
    least: float = 0.25
    sure: float = 0.65
    hold: float = 0.4
    hold_shown: float = 0.9
    theme: float = 0.8
    theme_shown: float = 0.6
    wrong: float = 2.0
    wrong_shown: float = 6.0
    safe: float = 0.1
    spread: float = 0.4
    spread_anywhere: float = 1.5
    spread_shown: float = 1.2
    spread_telling: float = 1.0
    plenty: float = 0.8
    place: float = 0.03
    trade_off: float = 0.85
    alike: float = 0.65
    one_thought: float = 0.35
    policy: tuple[float, float, float] = (-1.22, -1.75, -1.23)
    retrieved_bias: tuple[float, float, float] = (-0.14, -0.23, 0.14)
    stock_bias: tuple[float, float, float] = (0.01, -0.11, 0.23)
    anywhere: tuple[float, float, float] = (-0.33, -0.15, -0.16)
    reflected: tuple[float, float, float] = (-2.14, -2.22, -2.22)
    quality: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    judge: tuple[float, float, float, float, float] = (0.66, 0.65, 0.64, 0.88, 0.78)
    telling: float = 0.9
    telling_wrong: float = -0.6
    found: float = -0.8
    likelihood: float = 2.53
    word: float = -0.17
    presumption: float = -0.28
    moodless: tuple[float, float] = (1.5, 0.7)
    unsure: float = 1.0
    hurtful: float = 0.55

    def tuned(self, told: float, candidate: Candidate, mood: Mood) -> float:
        """Log-odds of being right, as the judge told them, made to hold for a post of this mood."""
        if names_no_mood(candidate, mood):
            return self.moodless[candidate.place.mechanism != "emotional_reaction"]
        return told - self.unsure * (mood in ("mixed", "bright"))

    def logit(self, candidate: Candidate) -> float:
        """Log-odds that a careful reader calls the candidate right for the post."""
        usual = {
            "policy": self.policy,
            "retrieved": self.retrieved_bias,
            "stock": self.stock_bias,
            "anywhere": self.anywhere,
            "reflected": self.reflected,
        }[candidate.source][MECHANISMS.index(candidate.place.mechanism)]
        number = SOURCES.index(candidate.source)
        told = usual + self.quality[number] * log_odds(candidate.quality) + self.judge[number] * (candidate.judged or 0.0)
        if candidate.source != "policy":
            return told + self.found * (candidate.source == "retrieved") + self.telling * candidate.tells
        longer = self.word * (len(candidate.text.split()) - 12)
        return told + self.likelihood * (candidate.log_likelihood + 1) + longer + presumes(candidate.text) * self.presumption


UNJUDGED = Ranking(
    policy=(-1.79, -2.49, -2.42),
    retrieved_bias=(-0.25, -0.94, -0.40),
    stock_bias=(0.82, 0.47, 0.45),
    anywhere=(0.33, -0.68, -0.53),
    quality=(0.62, 0.93, 0.38, 0.67, 0.0),
    judge=(0.0, 0.0, 0.0, 0.0, 0.0),
    likelihood=2.57,
    word=-0.25,
    presumption=-0.57,
    retrieved=5,
    stock=12,
    least=0.2,
    telling=0.0,
    theme=0.3,
    spread_anywhere=3.0,
    plenty=0.68,
)
"""Fitted without a judge, for a policy without one. Its own are trusted less by 0.7: the best of many is not what it seems."""


@dataclass(frozen=True)
class Considered:
    """A candidate of the shortlist with what it is ranked by.

    Attributes:
        candidate: the sentence and its place.
        after: EPITOME of the reply with it.
        gain: sum of the expected levels, after - before.
        holds: whether it takes up a word of the post.
    """

    candidate: Candidate
    after: Empathy
    gain: float
    holds: bool


def log_odds(probability: float) -> float:
    """log(p / (1 - p)), with p kept between 0.001 and 0.999."""
    p = min(max(probability, 1e-3), 1 - 1e-3)
    return math.log(p / (1 - p))


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


def places_for_others(
    places: Sequence[Place], log_probs: Sequence[float], chosen: Sequence[tuple[Place, float]], hurtful: Collection[int]
) -> dict[str, tuple[Place, float]]:
    """Where a sentence of people goes, for each mechanism of the chosen places: in place of one that may hurt, else its
    likeliest gap.

    A sentence that was not written for this reply takes no other's place. A question stands at the end, so it takes the last
    one's only.

    Args:
        places, log_probs: the policy's distribution, without STOP.
        chosen: the places that the policy writes for.
        hurtful: sentences of the reply that may go.
    """
    wanted = {p.mechanism for p, _ in chosen}
    found = list(zip(places, log_probs, strict=True))
    end = max(p.at for p in places if p.op == "insert")
    best: dict[str, tuple[Place, float]] = {}
    for place, log_prob in sorted(found, key=lambda x: -x[1]):
        free = place.mechanism in wanted - best.keys() and place.at not in {taken.at for taken, _ in best.values()}
        fits = place.mechanism != "exploration" or place.at == end - 1
        if place.op == "replace" and place.at in hurtful and free and fits:
            best[place.mechanism] = (place, log_prob)
    near = {p.at for p, _ in chosen} | {p.at + 1 for p, _ in chosen if p.op != "insert"}
    for mechanism in wanted - best.keys():
        gaps = [(p, lp) for p, lp in found if p.op == "insert" and p.mechanism == mechanism]
        best[mechanism] = max([g for g in gaps if g[0].at in near] or gaps, key=lambda g: g[1])
    return best


def second_places(
    places: Sequence[Place], log_probs: Sequence[float], first: Mapping[str, tuple[Place, float]], near: int | None = None
) -> dict[str, tuple[Place, float]]:
    """Another gap for each mechanism but exploration: a reply may open with a feeling and close with one, and one question is
    enough.

    Args:
        places, log_probs: the policy's distribution, without STOP.
        first: as `places_for_others` found them.
        near: as for `choose_places`.
    """
    found: dict[str, tuple[Place, float]] = {}
    for mechanism in first.keys() - {"exploration"}:
        taken = first[mechanism][0].at
        gaps = [
            (p, lp)
            for p, lp in zip(places, log_probs, strict=True)
            if p.op == "insert" and p.mechanism == mechanism and p.at != taken and (near is None or p.at in (near, near + 1))
        ]
        if gaps:
            found[mechanism] = max(gaps, key=lambda gap: gap[1])
    return found


def share_out(
    candidates: Sequence[Candidate], second: Mapping[str, Place], alike: Callable[[Candidate, Candidate], bool]
) -> list[Candidate]:
    """Every other candidate of a mechanism, best first, goes to its second place, so that two of it can be shown.

    Args:
        candidates: best first, all of a mechanism in one place.
        second: the other place, of mechanisms that have one.
        alike: whether two say the same: what says the same as the best is another wording of it, and stays.
    """
    shared: list[Candidate] = []
    for c in candidates:
        mine = [other for other in shared if other.place.mechanism == c.place.mechanism]
        there = sum(other.place != c.place for other in mine)
        place = second.get(c.place.mechanism)
        if place and mine and there < len(mine) - there and not alike(c, mine[0]):
            c = replace(c, place=place)
        shared.append(c)
    return shared


def names_no_mood(candidate: Candidate, mood: Mood) -> bool:
    """Whether it is one of the sentences without sorrow or joy that fit any post of this mood.

    The judge does not tell these apart (AUC 52 to 58 on 1,194 of them): the lot does.
    """
    return candidate.source == "anywhere" and mood in ("mixed", "bright", "plain")


def trust(candidate: Candidate, weights: Ranking) -> float:
    """Probability that a careful reader calls a candidate right for the post."""
    return 1 / (1 + math.exp(-weights.logit(candidate)))


def confidence(candidate: Candidate, weights: Ranking) -> float:
    """The same for one that was chosen to be shown: the score `quality`.

    Fitted to what was chosen when the choice among 29,357 candidates, each read, was replayed with judges that had not seen the
    post: 39 in 100 were right below a half, 61 up to 0.7, and 81 from there on. Without a judge it was not measured.
    """
    return 1 / (1 + math.exp(0.40 - 1.21 * weights.logit(candidate)))


def wrong(candidate: Candidate) -> float:
    """Probability that it is wrong in a fact; 0 where no judge has said."""
    return 0.0 if candidate.wrong is None else 1 / (1 + math.exp(-candidate.wrong))


def sound(candidate: Candidate, weights: Ranking) -> bool:
    """Whether it is hardly wrong in a fact, as far as is known: only then what is said of this very post is worth more."""
    return wrong(candidate) <= weights.safe


def lot(sentence: str, post: str) -> float:
    """A number from -0.5 to 0.5, drawn once for all by post and sentence.

    By a cryptographic hash: CRC-32 is linear, and with it some of 28 sentences came first twice as often as others.
    """
    drawn = hashlib.blake2b(f"{sentence}\0{post}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(drawn, "big") / 2**64 - 0.5


def value(considered: Considered, place_log_prob: float, post: str, weights: Ranking) -> float:
    """What candidates are ranked by: trust, of what fits any post up to `plenty`; the bonuses, if sound; what it costs if it is
    wrong in a fact; place; and a lot.

    In the replay of the choice a cost of 2 took 0.7 to 1.7 points of wrong facts off the first suggestions, and 0.3 off those
    that were right.
    """
    source = considered.candidate.source
    # Of what the policy writes, much fits every post: such as hold no word of this one are treated so.
    anywhere = source == "anywhere" or (source == "policy" and not considered.holds)
    tied = source in ("stock", "reflected")
    chance = lot(considered.candidate.text, post)
    logit = weights.logit(considered.candidate)
    return (
        (min(logit, log_odds(weights.plenty)) if anywhere else logit)
        - weights.wrong * wrong(considered.candidate)
        + (weights.hold * considered.holds + weights.theme * tied) * sound(considered.candidate, weights)
        + (weights.spread_anywhere if anywhere else _spread(considered.candidate, weights)) * chance
        + weights.place * max(place_log_prob, -6.0)
    )


def standing(considered: Considered, post: str, weights: Ranking) -> float:
    """What the chosen ones are shown by: trust, what speaks of this very post if it is sound and no question, what it costs if
    it is wrong in a fact, and a lot between equals, larger for those that fit any post. Of the first suggestions of 159 lists
    that were read, 79 in 100 were right with that larger lot and without; twice as large, 73. The bonuses and the cost of a
    wrong fact were set by replaying the order of 237 lists: more of either bonus puts more in front that speaks of the post,
    and fewer that are right.

    Where the best of each mechanism by value came first, and such a cost was missing, readers called 71 in 100 of the first
    suggestions of 161 lists right and 12 wrong in a fact, in this order 79 and 8; its numbers were chosen on these. Of ten
    questions that came first in another order five were right, of what came second there eight.
    """
    candidate = considered.candidate
    told = weights.hold_shown * considered.holds + weights.theme_shown * (candidate.source != "anywhere")
    told *= sound(candidate, weights) and candidate.place.mechanism != "exploration"
    spread = weights.spread_shown if candidate.source == "anywhere" else _spread(candidate, weights)
    chance = spread * lot(candidate.text, post)
    return weights.logit(candidate) + told - weights.wrong_shown * wrong(candidate) + chance


def _spread(candidate: Candidate, weights: Ranking) -> float:
    """Width of the lot of what does not fit any post."""
    return weights.spread_telling if candidate.tells else weights.spread


def pick(
    candidates: Sequence[Candidate],
    values: np.ndarray,
    embeddings: np.ndarray,
    n: int,
    trade_off: float,
    settled: Sequence[int],
    fits: Callable[[int, Sequence[int]], bool],
) -> list[int]:
    """A short list: good, unlike each other, jointly applicable, one suggestion per place and mechanism.

    The best of each mechanism comes before the second best of any; a sentence is replaced at most once.

    Args:
        values: (candidates,) larger is better.
        embeddings: (candidates, d) sentence embeddings of length 1.
        settled: numbers of those that are in the list already.
        fits: whether a number may join those that are in the list.
    """
    order = mmr(values, embeddings, len(candidates), trade_off)
    taken: list[int] = list(settled)
    for per_mechanism in (1, 2, 3):
        for i in order:
            place = candidates[i].place
            if len(taken) == n:
                return sorted(taken, key=lambda i: -values[i])
            same = sum(candidates[j].place.mechanism == place.mechanism for j in taken)
            free = not any(clash(place, candidates[j].place) for j in taken)
            if i not in taken and same < per_mechanism and free and fits(i, taken):
                taken.append(i)
    return sorted(taken, key=lambda i: -values[i])


def clash(a: Place, b: Place) -> bool:
    """Whether two places cannot both be offered: the same gap for the same mechanism, or the same sentence replaced."""
    if a.op == b.op == "insert":
        return a.at == b.at and a.mechanism == b.mechanism
    return a.op == b.op and a.at == b.at
