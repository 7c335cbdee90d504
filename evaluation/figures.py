"""From the rows of a run to its figures: values, intervals, differences between systems, best and worst pairs.

The rows are read twice: the first `SAMPLE` of them for what looks at many texts at once, then all of them in blocks, of
which only sums are kept.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import Any

import numpy as np

from evaluation import metrics
from evaluation.intervals import BLOCK, Difference, Totals, jackknife_from, jackknife_p, percentile_interval, permutation_p
from evaluation.measures import DISTINCT, MEASURES, SAMPLE, Measure, Row


def compute(
    rows: Callable[[], Iterator[Row]],
    systems: Sequence[str],
    seed: int = 0,
    compare: Iterable[tuple[str, str]] = (),
    examples: int = 10,
    by: str = "gain",
    crisis: bool = True,
) -> dict[str, Any]:
    """All figures of a run.

    Args:
        rows: gives the rows anew at each call; they are read twice.
        systems: names of the systems.
        seed: of resampling and permutations.
        compare: pairs of systems to test against each other.
        examples: how many best and worst pairs to keep for each system.
        by: key of the mean that makes a pair good: `gain`, `quality`, `coherence`, `specificity` or `similarity`.
        crisis: whether posts with crisis signals may be among the examples.

    Returns:
        `{"pairs", "crisis", "systems": {name: {key: {"value", "low", "high", "n"}}}, "compare": [...], "examples": {...}}`
    """
    sample = _Sample(islice(rows(), SAMPLE), systems)
    spans = np.cumsum([0, *(m.width for m in MEASURES)])
    totals = {name: Totals(int(spans[-1]), seed) for name in systems}
    pairs = [(a, b, Difference(int(spans[-1]), seed)) for a, b in compare]
    best = {name: _Extremes(examples) for name in systems}
    rank = next(m for m in MEASURES if m.key == by)
    count = in_crisis = 0
    for block in _blocks(rows()):
        for offset, row in enumerate(block):
            sample.attach(count + offset, row)
            in_crisis += row["crisis"]
        values = {name: np.array([_columns(row, row["systems"][name]) for row in block]) for name in systems}
        for name in systems:
            totals[name].add(values[name])
            for offset, row in enumerate(block):
                if crisis or not row["crisis"]:
                    best[name].offer(rank, count + offset, row, name)
        for a, b, difference in pairs:
            difference.add(*_both(values[a], values[b], spans))
        count += len(block)
    return {
        "pairs": count,
        "crisis": in_crisis,
        "systems": {name: _figures(totals[name], spans) | sample.distinct(name) for name in systems},
        "compare": [
            {"a": a, "b": b, "measures": _differences(difference, spans) | sample.distinct_difference(a, b)}
            for a, b, difference in pairs
        ],
        "examples": {name: best[name].found() for name in systems},
    }


def _blocks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while block := list(islice(rows, BLOCK)):
        yield block


def _columns(row: Row, system: Row) -> list[float]:
    found: list[float] = []
    for measure in MEASURES:
        found += measure.columns(row, system) or [0.0] * measure.width
    return found


def _both(a: np.ndarray, b: np.ndarray, spans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The columns of two systems, those of pairs that a measure has for one of them only set to zero."""
    a, b = a.copy(), b.copy()
    for start, end in pairwise(spans):
        missing = (a[:, end - 1] == 0) | (b[:, end - 1] == 0)
        a[missing, start:end] = 0
        b[missing, start:end] = 0
    return a, b


def _figures(totals: Totals, spans: np.ndarray) -> dict[str, dict[str, float]]:
    found = {}
    for measure, start, end in zip(MEASURES, spans[:-1], spans[1:], strict=True):
        sums = totals.sums[start:end]
        if sums[-1] == 0:
            continue
        interval = percentile_interval(measure.value(totals.resampled[:, start:end]))
        found[measure.key] = _figure(float(measure.value(sums)), interval, int(sums[-1]))
    return found


def _differences(d: Difference, spans: np.ndarray) -> dict[str, dict[str, float]]:
    found = {}
    for measure, start, end in zip(MEASURES, spans[:-1], spans[1:], strict=True):
        if not measure.section or d.a[end - 1] == 0:
            continue
        part = slice(start, end)

        def gap(a: np.ndarray, b: np.ndarray, value=measure.value, part=part) -> np.ndarray:
            return value(a[..., part]) - value(b[..., part])

        observed = float(gap(d.a, d.b))
        if not np.isfinite(observed):
            continue
        interval = percentile_interval(gap(d.resampled_a, d.resampled_b))
        p = permutation_p(observed, gap(d.swapped_a, d.swapped_b))
        found[measure.key] = _figure(observed, interval, int(d.a[end - 1])) | {"p": round(p, 5)}
    return found


def _figure(value: float, interval: tuple[float, float] | None, n: int) -> dict[str, Any]:
    low, high = interval or (None, None)
    return {"value": value, "low": low, "high": high, "n": n}


class _Sample:
    """What needs many texts at once, from the first `SAMPLE` rows."""

    def __init__(self, rows: Iterator[Row], systems: Sequence[str]) -> None:
        self.texts: dict[str, list[str]] = {name: [] for name in systems}
        references: list[str | None] = []
        for row in rows:
            references.append(row.get("reference"))
            for name in systems:
                self.texts[name].append(row["systems"][name]["text"])
        information = metrics.NistInformation(r for r in references if r)
        self._attached: dict[str, list[dict[str, Any]]] = {}
        self._distinct: dict[tuple[str, int], tuple[float, np.ndarray]] = {}
        for name, texts in self.texts.items():
            self._attached[name] = [
                {"self_repetition": share} | ({"nist": [*metrics.nist_counts(text, ref, information), 1.0]} if ref else {})
                for share, text, ref in zip(metrics.self_repetition(texts), texts, references, strict=True)
            ]
            for n, *_ in DISTINCT:
                self._distinct[name, n] = metrics.distinct_without_each(texts, n)

    def attach(self, number: int, row: Row) -> None:
        """Put the figures of pair `number` into its row."""
        for name, found in self._attached.items():
            row["systems"][name]["_sample"] = found[number] if number < len(found) else {}

    def distinct(self, name: str) -> dict[str, dict[str, float]]:
        """Distinct-1 to 4 with jackknife intervals."""
        found = {}
        for n, key, *_ in DISTINCT:
            value, without = self._distinct[name, n]
            interval = None
            if len(without) > 1:
                low, high = jackknife_from(without, value)
                interval = max(low, 0.0), min(high, 1.0)
            found[key] = _figure(value, interval, len(without))
        return found

    def distinct_difference(self, a: str, b: str) -> dict[str, dict[str, float]]:
        """Differences of distinct-n with the jackknife's interval and p-value, the same pair left out of both."""
        found = {}
        for n, key, *_ in DISTINCT:
            (x, without_x), (y, without_y) = self._distinct[a, n], self._distinct[b, n]
            if len(without_x) > 1:
                gap = without_x - without_y
                p = jackknife_p(gap, x - y)
                found[key] = _figure(x - y, jackknife_from(gap, x - y), len(gap)) | {"p": round(p, 5)}
        return found


class _Extremes:
    """The best and the worst pairs of a system; only changed replies count."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.best: list[tuple[float, int, Row]] = []
        self.worst: list[tuple[float, int, Row]] = []

    def offer(self, rank: Measure, number: int, row: Row, name: str) -> None:
        system = row["systems"][name]
        columns = rank.columns(row, system)
        if not self.most or columns is None or not system["edits"]:
            return
        value = columns[0]
        for heap, key in ((self.best, value), (self.worst, -value)):
            if len(heap) < self.most or key > heap[0][0]:
                kept = {k: row.get(k) for k in ("row", "line", "post", "reply", "history", "crisis", "before")}
                kept |= {"text": system["text"], "levels": system["levels"], "value": value}
                (heapq.heappush if len(heap) < self.most else heapq.heappushpop)(heap, (key, -number, kept))

    def found(self) -> dict[str, list[Row]]:
        """Best first, and worst first."""
        return {
            "best": [row for *_, row in sorted(self.best, key=lambda e: e[:2], reverse=True)],
            "worst": [row for *_, row in sorted(self.worst, key=lambda e: e[:2], reverse=True)],
        }
