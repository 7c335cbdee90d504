"""Figures with their intervals and targets, as a Markdown table and as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One line of a report.

    Attributes:
        name: what was measured, in plain words.
        value: the figure; None where there was nothing to measure.
        unit: `"share"` (printed as per cent), `"count"`, `"s"`, `"MB"` or `""` for a plain number.
        n: how many cases it rests on.
        interval: 95 % interval, where one makes sense.
        target: what it is held against, e.g. `">= 0.9"`; empty where there is none.
    """

    name: str
    value: float | None
    unit: str = ""
    n: int = 0
    interval: tuple[float, float] | None = None
    target: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the value reaches the target; None without one."""
        if not self.target or self.value is None:
            return None
        relation, number = self.target.split()
        return self.value >= float(number) if relation == ">=" else self.value <= float(number)


def _show(value: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit in ("count", "MB"):
        return f"{value:.0f}" + (" MB" if unit == "MB" else "")
    return f"{value:.3f}" + (f" {unit}" if unit else "")


def markdown(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown table: what, value, 95 % interval, cases, target, whether it is met."""
    lines = ["| measure | value | 95 % interval | n | target | met |", "|---|---|---|---|---|---|"]
    for f in figures:
        value = "-" if f.value is None else _show(f.value, f.unit)
        interval = "-" if f.interval is None else f"{_show(f.interval[0], f.unit)} to {_show(f.interval[1], f.unit)}"
        target = "-"
        if f.target:
            relation, number = f.target.split()
            target = f"{relation} {_show(float(number), f.unit)}"
        met = {None: "-", True: "yes", False: "no"}[f.met]
        lines.append(f"| {f.name} | {value} | {interval} | {f.n} | {target} | {met} |")
    return "\n".join(lines)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a report; a reader of the file never sees half of it."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file, and its folder where there is none; a reader of the file never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def as_json(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    """The figures as plain objects, `met` included."""
    return [asdict(f) | {"met": f.met} for f in figures]
