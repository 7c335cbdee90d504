"""Agreement against published worked examples."""

from __future__ import annotations

import pytest

from evaluation.agreement import cohen_kappa, krippendorff_alpha

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: four observers, twelve units, gaps.
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


def test_alpha_of_the_published_example():
    units = [[v for v in unit if v is not None] for unit in zip(*OBSERVERS, strict=True)]
    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=0.0005)


def test_alpha_of_agreement_and_of_nothing():
    assert krippendorff_alpha([["a", "a"], ["b", "b"]]) == 1
    assert krippendorff_alpha([["a", "a"], ["a", "a"]]) is None
    assert krippendorff_alpha([["a"], ["b"]]) is None


def test_kappa_by_hand():
    # 50 things: both yes 20, both no 15, disagreement 5 and 10. Observed 0.7, chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5: 0.4.
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    first, second = ({i: p[k] for i, p in enumerate(pairs)} for k in (0, 1))
    assert cohen_kappa(first, second) == pytest.approx(0.4)


def test_kappa_looks_at_common_things_only():
    assert cohen_kappa({1: "a", 2: "b", 3: "a"}, {1: "a", 2: "b"}) == 1
    assert cohen_kappa({1: "a"}, {2: "a"}) is None
