"""How much of a reply an edit changes."""

from __future__ import annotations

from collections.abc import Sequence


def edit_distance(before: Sequence[str], after: Sequence[str]) -> int:
    """Fewest insertions, deletions and replacements of items that turn `before` into `after` (Levenshtein).

    >>> edit_distance("that sucks".split(), "that really hurts".split())
    2
    """
    # What both begin and end with costs nothing: edits leave most of a reply alone.
    start, end = 0, 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    row = list(range(len(new) + 1))
    for i, x in enumerate(old, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(new, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]


def edit_rate(before: str, after: str) -> float | None:
    """Word-level edit distance over the number of words of the original (PARTNER, WWW 2021; the TER of Snover et al. 2006).

    Words are what blanks separate. None where the original has no words.

    >>> edit_rate("That sucks.", "That sucks. I'm sorry.")
    1.0
    """
    old = before.split()
    return edit_distance(old, after.split()) / len(old) if old else None
