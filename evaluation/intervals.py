"""How sure a figure is: bootstrap and jackknife intervals, and p-values of paired differences.

Two kinds of tools. `bootstrap_interval` and `jackknife_interval` take values that fit in memory. `Totals` and `Difference`
take a stream of any length in blocks and keep only sums: whatever can be computed from sums over pairs (a mean, a
ratio of sums such as a perplexity, BLEU from its n-gram counts) gets its interval and its p-value from them.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from statistics import NormalDist, fmean
from typing import TypeVar

import numpy as np

T = TypeVar("T")
RESAMPLES = 1000
BLOCK = 512


def weights(seed: int, block: int, size: int, resamples: int = RESAMPLES) -> np.ndarray:
    """How often each pair of a block is drawn in each resample, `(resamples, size)` float32.

    Poisson(1) counts in place of the multinomial ones of a fixed sample size: then no resample has to know the length of
    the stream (Chamandy et al. 2012, "Estimating uncertainty for massive data streams"). They depend on the seed and the
    block's number alone, so that all systems are resampled together.
    """
    return np.random.default_rng([seed, 0, block]).poisson(1.0, (resamples, size)).astype(np.float32)


def signs(seed: int, block: int, size: int, resamples: int = RESAMPLES) -> np.ndarray:
    """Whether the two systems' results of a pair are swapped (-1) or not (1), `(resamples, size)` float32."""
    return np.random.default_rng([seed, 1, block]).integers(0, 2, (resamples, size)).astype(np.float32) * 2 - 1


class Totals:
    """Sums of columns over a stream of pairs, of the sample itself and of its bootstrap resamples.

    Attributes:
        sums: `(columns,)`.
        resampled: `(resamples, columns)`.
    """

    def __init__(self, columns: int, seed: int = 0, resamples: int = RESAMPLES) -> None:
        self.seed, self._block = seed, 0
        self.sums = np.zeros(columns)
        self.resampled = np.zeros((resamples, columns))

    def add(self, values: np.ndarray) -> None:
        """Take in the next block, `(pairs, columns)`; all blocks but the last must have the same size."""
        self.sums += values.sum(0)
        self.resampled += weights(self.seed, self._block, len(values), len(self.resampled)) @ values
        self._block += 1


class Difference:
    """Paired comparison of two systems from sums over pairs: a bootstrap interval and a permutation test.

    Attributes:
        a, b: `(columns,)` sums of the two systems.
        resampled_a, resampled_b: `(resamples, columns)` with the same pairs drawn for both.
        swapped_a, swapped_b: `(resamples, columns)` with the results of random pairs swapped between the two.
    """

    def __init__(self, columns: int, seed: int = 0, resamples: int = RESAMPLES) -> None:
        self.seed, self._block = seed, 0
        self.a, self.b = np.zeros(columns), np.zeros(columns)
        self.resampled_a, self.resampled_b = np.zeros((resamples, columns)), np.zeros((resamples, columns))
        self.swapped_a, self.swapped_b = np.zeros((resamples, columns)), np.zeros((resamples, columns))

    def add(self, a: np.ndarray, b: np.ndarray) -> None:
        """Take in the next block of both, each `(pairs, columns)`, row by row the same pairs."""
        drawn = weights(self.seed, self._block, len(a), len(self.resampled_a))
        swap = signs(self.seed, self._block, len(a), len(self.swapped_a)) @ ((a - b) / 2)
        middle = ((a + b) / 2).sum(0)
        self.a += a.sum(0)
        self.b += b.sum(0)
        self.resampled_a += drawn @ a
        self.resampled_b += drawn @ b
        self.swapped_a += middle + swap
        self.swapped_b += middle - swap
        self._block += 1


def percentile_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float] | None:
    """The middle `level` of the values of a figure in its bootstrap resamples; None where none is a number."""
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


def permutation_p(observed: float, swapped: np.ndarray) -> float:
    """Two-sided p-value by approximate randomisation (Noreen 1989; Riezler and Maxwell 2005).

    Args:
        observed: the difference of the two systems.
        swapped: the same difference after random swaps of their results.
    """
    swapped = swapped[np.isfinite(swapped)]
    # The tolerance keeps a swap that changes nothing from counting as smaller because it was summed in another order.
    reached = np.abs(swapped) >= abs(observed) * (1 - 1e-9) - 1e-12
    return float((reached.sum() + 1) / (len(swapped) + 1))


def jackknife_from(left_out: np.ndarray, estimate: float, level: float = 0.95) -> tuple[float, float]:
    """Normal interval around an estimate from its values with each case left out (Efron and Tibshirani 1993, chapter 11)."""
    n = len(left_out)
    error = math.sqrt((n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()))
    half = NormalDist().inv_cdf((1 + level) / 2) * error
    return estimate - half, estimate + half


def jackknife_p(left_out: np.ndarray, estimate: float) -> float:
    """Two-sided p-value of an estimate being zero, by the normal distribution with the jackknife's standard error."""
    low, high = jackknife_from(left_out, estimate)
    error = (high - low) / 2 / NormalDist().inv_cdf(0.975)
    if error == 0:
        return 1.0 if estimate == 0 else 0.0
    return 2 * NormalDist().cdf(-abs(estimate) / error)


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
    left_out = np.array([statistic([*values[:i], *values[i + 1 :]]) for i in range(len(values))])
    return jackknife_from(left_out, statistic(values), level)


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
