"""Do people agree: Krippendorff's alpha and Cohen's kappa for choices that have no order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence


def krippendorff_alpha(units: Sequence[Sequence[Hashable]]) -> float | None:
    """Krippendorff's alpha for nominal data (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability").

    Any number of raters, who need not have rated everything: 1 is perfect agreement, 0 what chance alone gives.

    Args:
        units: for each thing that was rated, the values it got, in any order; things rated once say nothing and are left out.

    Returns:
        None where nothing was rated twice or all ratings are the same value, where alpha is not defined.
    """
    paired = [Counter(values) for values in units if len(values) > 1]
    totals: Counter[Hashable] = Counter()
    for counts in paired:
        totals.update(counts)
    n = totals.total()
    expected = n * n - sum(c * c for c in totals.values())
    if not expected:
        return None
    disagreement = sum((c.total() ** 2 - sum(k * k for k in c.values())) / (c.total() - 1) for c in paired)
    return 1 - (n - 1) * disagreement / expected


def cohen_kappa(first: Mapping[Hashable, Hashable], second: Mapping[Hashable, Hashable]) -> float | None:
    """Cohen's kappa of two raters (Cohen 1960): agreement beyond chance, from their own shares of each value.

    Args:
        first, second: value by thing; things that only one of them rated are left out.

    Returns:
        None where they rated nothing in common, or both gave the same single value throughout.
    """
    common = [key for key in first if key in second]
    if not common:
        return None
    n = len(common)
    agreed = sum(first[k] == second[k] for k in common) / n
    a, b = Counter(first[k] for k in common), Counter(second[k] for k in common)
    chance = sum(a[v] * b[v] for v in a) / n**2
    return None if chance == 1 else (agreed - chance) / (1 - chance)
