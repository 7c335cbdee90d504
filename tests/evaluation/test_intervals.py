"""Intervals and p-values against textbook figures, and streams against the same numbers in memory."""

from __future__ import annotations

import math
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.intervals import (
    Difference,
    Totals,
    bootstrap_interval,
    jackknife_from,
    jackknife_interval,
    jackknife_p,
    percentile_interval,
    permutation_p,
    quantile,
)
from evaluation.metrics import distinct_n


def test_bootstrap_of_a_share_matches_the_normal_interval():
    values = [1.0] * 80 + [0.0] * 20
    low, high = bootstrap_interval(values, resamples=4000, seed=1)
    half = 1.96 * math.sqrt(0.8 * 0.2 / 100)  # 0.0784
    assert low == pytest.approx(0.8 - half, abs=0.015)
    assert high == pytest.approx(0.8 + half, abs=0.015)


def test_bootstrap_is_repeatable_and_narrows_with_more_cases():
    values = [0.0, 1.0] * 10
    low, high = bootstrap_interval(values, seed=3)
    assert (low, high) == bootstrap_interval(values, seed=3)
    many_low, many_high = bootstrap_interval(values * 20, seed=3)
    assert many_high - many_low < (high - low) / 2


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_bootstrap_stays_inside_the_values(values):
    low, high = bootstrap_interval(values, resamples=50)
    slack = 1e-6
    assert min(values) - slack <= low <= high <= max(values) + slack


def test_jackknife_of_a_mean_is_its_standard_error():
    # 1, 2, 3: variance 1, standard error sqrt(1/3); the normal quantile is 1.960
    low, high = jackknife_interval([1.0, 2.0, 3.0], fmean)
    assert high - 2 == pytest.approx(1.959964 * math.sqrt(1 / 3), rel=1e-5)
    assert (low + high) / 2 == pytest.approx(2)


def test_jackknife_interval_of_distinct_2_holds_the_figure_where_a_bootstrap_does_not():
    texts = [f"w{chr(97 + i)} x{chr(97 + i)} y{chr(97 + i)}" for i in range(20)]  # nothing repeats: distinct-2 is 1
    low, high = jackknife_interval(texts, distinct_n)
    assert low <= 1 <= high
    assert bootstrap_interval(texts, distinct_n)[1] < 1


@pytest.mark.parametrize(
    "call",
    [
        lambda: bootstrap_interval([]),
        lambda: bootstrap_interval([1.0], level=1.5),
        lambda: bootstrap_interval([1.0], resamples=0),
        lambda: jackknife_interval([1.0], fmean),
        lambda: quantile([], 0.5),
        lambda: quantile([1.0], 2),
    ],
)
def test_impossible_requests_are_refused(call):
    with pytest.raises(ValueError):
        call()


def test_quantile_interpolates():
    assert quantile([4, 1, 2, 3], 0.5) == 2.5
    assert quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 0.9) == 10


# Streams: only sums are kept


def means(columns: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):  # a resample may draw no pair at all
        return columns[..., 0] / columns[..., 1]


def test_the_interval_of_a_streamed_mean_is_the_normal_one():
    values = np.random.default_rng(0).normal(5, 2, 1500)
    totals = Totals(2, seed=1)
    for start in range(0, len(values), 512):
        part = values[start : start + 512]
        totals.add(np.stack([part, np.ones_like(part)], axis=1))
    low, high = percentile_interval(means(totals.resampled))
    half = 1.96 * values.std(ddof=1) / math.sqrt(len(values))
    assert means(totals.sums) == pytest.approx(values.mean())
    assert low == pytest.approx(values.mean() - half, abs=0.03)
    assert high == pytest.approx(values.mean() + half, abs=0.03)


def difference(a: list[float], b: list[float]) -> Difference:
    found = Difference(2, seed=0)
    found.add(*(np.stack([np.array(x, dtype=float), np.ones(len(x))], axis=1) for x in (a, b)))
    return found


def test_permutation_p_agrees_with_the_exact_sign_test():
    # All 8 differences are +1: of the 2^8 ways to swap, two are as extreme, so p = 2/256.
    d = difference([1] * 8, [0] * 8)
    p = permutation_p(1.0, means(d.swapped_a) - means(d.swapped_b))
    assert p == pytest.approx(2 / 256, abs=0.006)


def test_equal_systems_do_not_differ():
    d = difference([1, 2, 3, 4], [1, 2, 3, 4])
    assert permutation_p(0.0, means(d.swapped_a) - means(d.swapped_b)) == 1
    assert percentile_interval(means(d.resampled_a) - means(d.resampled_b)) == (0, 0)


def test_pairing_sees_a_small_gain_that_the_spread_of_pairs_would_hide():
    spread = np.random.default_rng(1).normal(0, 10, 200)
    d = difference(list(spread + 0.2), list(spread))
    low, high = percentile_interval(means(d.resampled_a) - means(d.resampled_b))
    assert low == pytest.approx(0.2) == high


def test_jackknife_p_of_a_mean_is_the_z_test():
    values = np.array([1.0, 2.0, 3.0, 2.0])
    left_out = np.array([np.delete(values, i).mean() for i in range(4)])
    z = 2 / math.sqrt(values.var(ddof=1) / 4)
    assert jackknife_p(left_out, 2.0) == pytest.approx(math.erfc(z / math.sqrt(2)), abs=1e-9)
    assert jackknife_from(left_out, 2.0)[0] == pytest.approx(2 - 1.959964 * 2 / z, rel=1e-5)
