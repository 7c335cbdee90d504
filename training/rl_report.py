"""What a run of reinforcement learning leaves to read: before against after on held-out states, and samples."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.rewards import Rewrite

SAMPLES = 20
RESAMPLES = 2000


@dataclass(frozen=True)
class Judged:
    """Rewrites of some states and what they earned.

    Attributes:
        sources: where each state is from.
        rewrites: samples of the first state, then of the second, and so on; the same number of each.
        totals: weighted sum of the terms, one a rewrite.
        terms: each term unweighted, one value a rewrite.
        kl: log-ratio of the policy to the one that training started from, nats, one a rewrite.
    """

    sources: Sequence[str]
    rewrites: Sequence[Rewrite]
    totals: Sequence[float]
    terms: dict[str, list[float]]
    kl: list[float]


def figures(judged: Sequence[Judged]) -> dict[str, np.ndarray]:
    """Mean over the samples of each state, (states,), of the reward, its terms, the KL, and what was edited."""
    columns: dict[str, list[np.ndarray]] = {}
    for part in judged:
        other = {
            "edits": [len(r.steps) for r in part.rewrites],
            "words added": [len(r.reply.split()) - len(r.conversation.reply.split()) for r in part.rewrites],
            "KL, nats": part.kl,
        }
        for name, values in ({"reward": part.totals} | part.terms | other).items():
            columns.setdefault(name, []).append(np.asarray(values, dtype=float).reshape(len(part.sources), -1).mean(1))
    return {name: np.concatenate(parts) for name, parts in columns.items()}


def interval(values: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """95 % percentile bootstrap interval of a mean (Efron and Tibshirani 1993, chapter 13); states are drawn anew.

    For a difference pass the differences of each state: that is the paired bootstrap.
    """
    drawn = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(1), [2.5, 97.5])
    return float(low), float(high)


def write_report(out: Path, before: Sequence[Judged], after: Sequence[Judged]) -> str:
    """Write `report.md`, `report.json` and `samples.md`; returns the tables: of all states, and of each source.

    Args:
        before, after: the same states in the same order, one `Judged` a process.
    """
    sources = np.array([source for part in before for source in part.sources])
    old, new = figures(before), figures(after)
    chosen = {"": np.full(len(sources), True)}
    if len(set(sources)) > 1:
        chosen |= {source: sources == source for source in dict.fromkeys(sources.tolist())}
    tables, stored = [], {}
    for source, where in chosen.items():
        found = _changes({name: v[where] for name, v in old.items()}, {name: v[where] for name, v in new.items()})
        lines = ["| | before | after | change |", "|---|---|---|---|"]
        lines += [f"| {name} | " + " | ".join(map(_cell, sides.values())) + " |" for name, sides in found.items()]
        title = f"All {where.sum()} states" if not source else f"{source}, {where.sum()} states"
        tables.append(f"## {title}\n\n" + "\n".join(lines) + "\n")
        stored |= {source: {"states": int(where.sum())} | found} if source else {"states": int(where.sum())} | found
    text = "\n".join(tables)
    (out / "report.md").write_text(
        "# Before and after\n\n"
        "Held-out states, two rewrites of each by the policy that training started from and by the trained one, drawn as in\n"
        "training with the same random numbers. Means with 95 % bootstrap intervals over states; the change is paired.\n\n"
        + text,
        encoding="utf-8",
    )
    (out / "report.json").write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")
    (out / "samples.md").write_text(_samples(before, after), encoding="utf-8")
    return text


def _changes(old: dict[str, np.ndarray], new: dict[str, np.ndarray]) -> dict[str, dict[str, dict]]:
    found = {}
    for name in old:
        sides = {"before": old[name], "after": new[name], "change": new[name] - old[name]}
        found[name] = {side: {"mean": float(v.mean()), "interval": interval(v)} for side, v in sides.items()}
    return found


def _cell(found: dict) -> str:
    low, high = found["interval"]
    return f"{found['mean']:.3f} [{low:.3f}, {high:.3f}]"


def _samples(before: Sequence[Judged], after: Sequence[Judged]) -> str:
    """The first rewrite of each state, before and after, with what it earned."""
    lines = ["# Rewrites before and after training", ""]
    sides = [[_first(j, i) for j in judged for i in range(len(j.sources))] for judged in (before, after)]
    for number, ((rewrite, then), (other, now)) in enumerate(list(zip(*sides, strict=True))[:SAMPLES], start=1):
        lines += [f"## {number}", ""]
        lines += [f"{role}: {_line(text)}\n" for role, text in rewrite.conversation.history]
        lines += [f"**Post.** {_line(rewrite.conversation.post)}", "", f"**Draft.** {_line(rewrite.conversation.reply)}", ""]
        lines += [f"**Before** ({then:.2f}). {_line(rewrite.reply)}", "", f"**After** ({now:.2f}). {_line(other.reply)}", ""]
    return "\n".join(lines)


def _first(judged: Judged, state: int) -> tuple[Rewrite, float]:
    number = state * (len(judged.rewrites) // len(judged.sources))
    return judged.rewrites[number], judged.totals[number]


def _line(text: str) -> str:
    return " ".join(text.split())
