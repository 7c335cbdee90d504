"""Measures of what a rewriter suggests: variety, repetition, hold on the post, and how sure a figure is.

Plain functions over strings and numbers; no model is involved.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from statistics import NormalDist, fmean
from typing import TypeVar

T = TypeVar("T")

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


def words(text: str) -> list[str]:
    """The words of a text in lower case; digits and punctuation are dropped, `don't` stays one word.

    >>> words("I'm so sorry: 3 nights!")
    ["i'm", 'so', 'sorry', 'nights']
    """
    return _WORD.findall(text.replace("\u2019", "'").lower())


def distinct_n(texts: Sequence[str], n: int = 2) -> float:
    """Share of different word n-grams among all n-grams of the texts, 0 to 1 (Li et al., NAACL 2016, distinct-n).

    n-grams do not cross from one text into the next. Texts with fewer than `n` words have none; without any n-gram
    the result is 0.

    Raises:
        ValueError: `n` is below 1.
    """
    if n < 1:
        raise ValueError(f"n must be 1 or more, got {n}")
    grams = Counter(tuple(w[i : i + n]) for w in map(words, texts) for i in range(len(w) - n + 1))
    return len(grams) / grams.total() if grams else 0.0


def repeats(sentences: Sequence[str]) -> tuple[str, int]:
    """The most frequent sentence and how often it occurs; `("", 0)` for no sentences.

    Sentences that differ only in case, spacing, digits or punctuation are the same; the first spelling is returned.
    """
    first: dict[tuple[str, ...], str] = {}
    counts: Counter[tuple[str, ...]] = Counter()
    for sentence in sentences:
        key = tuple(words(sentence))
        first.setdefault(key, sentence)
        counts[key] += 1
    if not counts:
        return "", 0
    key, count = counts.most_common(1)[0]
    return first[key], count


# Words that carry nothing of a particular post: any supportive sentence may hold them, so finding one in the post too
# shows no reading. Chosen from the most frequent stems of the authored sentences in assets/corpus, plus forum filler.
_COMMON = """
feel feeling felt feelings emotion sad sadness hurt hurting sorry hope hopeful wish glad happy scared scary worry worried
afraid fear angry anger lonely alone lone pain painful cry tear love loved heart tired proud upset frightened frightening
overwhelmed overwhelming stress stressful struggle struggling suffer bad good great best worst better worse fine okay ok
hard tough rough difficult difficulty easy heavy strong strength brave courage safe close quiet gentle kind kindness warm
real really sure true truly honest honestly right wrong little small big huge long old new full whole different single exact
like want know think thought make tell told look ask come came hear heard happen happened go going goes gone went talk say
said get got getting need let stay mean means meant sound sounds find found help helpful try tried trying turn take took
taken keep kept see saw seen call start stop hold held sit wait wonder leave left carry carried notice live give gave given
understand understanding understandable believe care deal dealing thank thanks reach share shared sharing listen deserve
matter matters seem use used put bring brought bear cope coping wear weigh remember forget forgot imagine expect explain
thing things people person someone somebody anyone anybody nobody everyone everybody everything something nothing anything
way word words life world lot bit place end part moment time times day days today tonight tomorrow yesterday night week
weeks weekend month months year years hour hours minute minutes morning evening afternoon second while ago
maybe probably perhaps definitely away yeah yes yep please hi hello hey lol just still actually literally basically
friend friends family support supportive advice post reply question answer reason sense mind point side kinda gonna wanna
don't doesn't didn't isn't wasn't aren't weren't can't couldn't won't wouldn't shouldn't haven't hasn't hadn't ain't dont
cant wont didnt doesnt isnt im ive id ill youre thats theres
"""

# Words for one event, person or animal: a sentence that says "losing your father" has read "my dad died".
_SAME = (
    "died die dies dying dead death funeral grief grieve grieving mourn mourning bereaved buried",
    "breakup dumped ex divorce divorced separated separation",
    "fired sacked redundant redundancy unemployed layoff",
    "job work working workplace office shift boss manager colleague coworker",
    "exam exams test tests grade grades marks finals",
    "school class classroom teacher pupils student",
    "college university uni campus degree",
    "ill illness sick disease diagnosis diagnosed hospital surgery operation doctor cancer chemo tumour tumor",
    "pregnant pregnancy miscarriage miscarried",
    "baby newborn infant",
    "debt debts rent bill bills money loan afford",
    "bully bullied bullying bullies mocked teased laughed mocking teasing",
    "abuse abused abusive assault assaulted violence violent",
    "sleep sleeping slept asleep insomnia awake",
    "drink drinking drunk alcohol alcoholic sober sobriety",
    "mum mom mam mother mama",
    "dad father papa daddy",
    "gran nan nana grandma grandmother granny",
    "grandad granddad grandpa grandfather",
    "son daughter kid kids child children boy girl",
    "brother sister sibling siblings",
    "husband wife spouse marriage married",
    "boyfriend girlfriend partner fiance fiancee",
    "dog puppy pup",
    "cat kitten",
)


# nltk and spaCy load torch and a lot besides; the benchmark, which measures memory, uses this module without them.
@cache
def _stemmer() -> Callable[[str], str]:
    from nltk.stem import PorterStemmer

    return PorterStemmer().stem


@cache
def _stop_words() -> frozenset[str]:
    from spacy.lang.en.stop_words import STOP_WORDS

    return frozenset(STOP_WORDS)


def _stem(word: str) -> str:
    return _stemmer()(word.removesuffix("'s"))


@cache
def _stop() -> frozenset[str]:
    return _stop_words() | {_stem(w) for w in _COMMON.split()} | set(_COMMON.split())


@cache
def _same() -> dict[str, str]:
    return {_stem(word): group.split()[0] for group in _SAME for word in group.split()}


def content_words(text: str) -> frozenset[str]:
    """Porter stems of the words that are particular to a text.

    Left out: spaCy's English stop words, words of fewer than three letters, and the words common in any supportive
    sentence (feel, sorry, hard, hope, time, day, really, ...).

    >>> sorted(content_words("I'm so sorry your landlord raised the rent."))
    ['landlord', 'rais', 'rent']
    """
    stop = _stop()
    kept = (_stem(w) for w in words(text) if w not in stop and w.split("'")[0] not in stop)
    return frozenset(stem for stem in kept if len(stem) > 2 and stem not in stop)


def content_overlap(post: str, sentence: str, *, events: bool = True) -> frozenset[str]:
    """What a sentence picks up from the post: stems in both, and with `events` also events and people in both.

    An event or person counts when both texts name it, in whatever words: "my dad died" and "losing your father" share
    `[dad]`. Such a match is named by the first word of its group, in square brackets.
    """
    said, read = content_words(sentence), content_words(post)
    shared = said & read
    if not events:
        return shared
    same = _same()
    groups = {same[s] for s in said if s in same} & {same[s] for s in read if s in same}
    covered = {same[s] for s in shared if s in same}
    return shared | {f"[{group}]" for group in groups - covered}


def bootstrap_interval(
    values: Sequence[T],
    statistic: Callable[[Sequence[T]], float] = fmean,  # type: ignore[assignment]
    *,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile bootstrap interval of a statistic (Efron and Tibshirani 1993, chapter 13).

    Args:
        values: one item per independent case; drawn with replacement.
        statistic: from a sequence of items to a number; the mean by default.
        resamples: how many samples of the same size are drawn.
        level: coverage, between 0 and 1.
        seed: of the draws; the same seed gives the same interval.

    Raises:
        ValueError: there are no values, `resamples` is below 1, or `level` is not between 0 and 1.
    """
    _check(values, level)
    if resamples < 1:
        raise ValueError(f"resamples must be 1 or more, got {resamples}")
    rng = random.Random(seed)
    drawn = sorted(statistic(rng.choices(values, k=len(values))) for _ in range(resamples))
    tail = (1 - level) / 2
    return _quantile(drawn, tail), _quantile(drawn, 1 - tail)


def jackknife_interval(
    values: Sequence[T], statistic: Callable[[Sequence[T]], float], *, level: float = 0.95
) -> tuple[float, float]:
    """Normal interval from the jackknife standard error (Efron and Tibshirani 1993, chapter 11).

    For counts of different things, such as distinct-n: a bootstrap sample holds texts twice, which lowers such a count by
    construction, so its interval can miss the figure itself. Leaving one text out at a time does not.

    Raises:
        ValueError: there are fewer than two values, or `level` is not between 0 and 1.
    """
    _check(values, level)
    if len(values) < 2:
        raise ValueError("the jackknife needs two values or more")
    left_out = [statistic([*values[:i], *values[i + 1 :]]) for i in range(len(values))]
    mean = fmean(left_out)
    error = math.sqrt((len(values) - 1) / len(values) * math.fsum((x - mean) ** 2 for x in left_out))
    half = NormalDist().inv_cdf((1 + level) / 2) * error
    estimate = statistic(values)
    return estimate - half, estimate + half


def quantile(values: Sequence[float], q: float) -> float:
    """The `q` quantile (0 to 1) of numbers in any order, interpolated linearly.

    Raises:
        ValueError: there are no values or `q` is outside 0 to 1.
    """
    if not values or not 0 <= q <= 1:
        raise ValueError("quantile needs values, and q between 0 and 1")
    return _quantile(sorted(values), q)


def _quantile(ordered: Sequence[float], q: float) -> float:
    place = q * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _check(values: Sequence[object], level: float) -> None:
    if not values:
        raise ValueError("an interval needs at least one value")
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, got {level}")
