"""The benchmark's own arithmetic, and one short run of it on the shipped engine."""

from __future__ import annotations

import pytest

from evaluation.benchmark import figures, peak_memory, spread
from evaluation.tables import Figure, markdown


def test_figures_by_hand():
    found = {f.name: f for f in figures([3.0, 1.0, 2.0], [4, 4, 1], load_time=5.0, memory=1500.0)}
    assert found["suggest, median"].value == 2.0
    assert found["suggest, median"].met is False
    assert found["suggest, 90th percentile"].value == pytest.approx(2.8)
    assert found["suggestions a call, median"].met is True
    assert found["suggestions a call, mean"].value == 3.0
    assert found["peak resident memory"].met is True


def test_spread_takes_both_ends_and_keeps_order():
    assert spread(list(range(100)), 5) == [0, 25, 50, 74, 99]
    assert spread([1, 2, 3], 7) == [1, 2, 3]
    assert spread([1, 2, 3], 1) == [2]


def test_peak_memory_counts_what_was_once_held():
    before = peak_memory()
    block = bytearray(64_000_000)
    block[::4096] = b"x" * len(block[::4096])
    after = peak_memory()
    del block
    assert 10 < before <= after < 100_000
    assert peak_memory() >= after


def test_markdown_shows_units_targets_and_gaps():
    table = markdown(
        [
            Figure("share", 0.951, "share", 100, (0.9, 0.98), ">= 0.95"),
            Figure("nothing", None),
            Figure("memory", 2100.0, "MB", 1, None, "<= 2000"),
        ]
    )
    rows = table.splitlines()
    assert rows[2] == "| share | 95.1 % | 90.0 % to 98.0 % | 100 | >= 95.0 % | yes |"
    assert rows[3] == "| nothing | - | - | 0 | - | - |"
    assert rows[4] == "| memory | 2100 MB | - | 1 | <= 2000 MB | no |"
