"""Write the report of a run again from its results: HTML, Markdown and JSON, without the models.

Also works on a run that has not ended, for the pairs that are measured so far.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evaluation import figures, plots
from evaluation.inputs import InputError
from evaluation.measures import LENGTHS, SECTIONS, SENTENCES, SHORT, STOP_LEVELS, bin_title, titles
from evaluation.options import SHIPPED
from evaluation.results import read_results
from evaluation.tables import write_json
from partner.edits import diff, pieces
from partner.types import MECHANISMS

RANKS = ("gain", "quality", "coherence", "specificity", "similarity")
OWN_JUDGE = ("perplexity", "specificity")
FROZEN_NOTE = "this system is the frozen language model itself, which finds its own texts likely: it is never called best here."
LEVELS = ("none", "weak", "strong")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m evaluation report`."""
    parser.add_argument("out", type=Path, metavar="FOLDER", help="the output folder of `run`")
    parser.add_argument("--seed", type=int, default=0, help="of the resampling and the permutations")
    add_report_arguments(parser)


def add_report_arguments(parser: argparse._ActionsContainer) -> None:
    """Options that `run` and `report` share."""
    parser.add_argument(
        "--compare",
        nargs=2,
        action="append",
        metavar=("A", "B"),
        help="test A against B; may be repeated (default: the first system against each other one)",
    )
    parser.add_argument("--examples", type=int, default=10, metavar="N", help="best and worst pairs shown for each system")
    parser.add_argument("--by", choices=RANKS, default="gain", help="what makes a pair good or bad")
    parser.add_argument(
        "--excerpt",
        type=int,
        metavar="CHARS",
        help="for a report that is passed on: shorten texts to this, and show no post with crisis signals",
    )


def run(args: argparse.Namespace) -> None:
    """Compute the figures anew and write the three files.

    Raises:
        InputError: the folder holds no run, or `--compare` names a system that was not measured.
    """
    build(args.out, args)


def build(out: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Write `figures.json`, `report.md` and `report.html` of the run in `out`, print the table, return the figures.

    Args:
        out: the output folder of a run.
        args: the options of `add_report_arguments`, and `seed`.
    """
    if not (out / "run.json").is_file():
        raise InputError(f"{out} holds no run: it has no run.json")
    about = json.loads((out / "run.json").read_text(encoding="utf-8"))
    systems = about["settings"]["systems"]
    compare = [tuple(pair) for pair in args.compare or [(systems[0], other) for other in systems[1:]]]
    for name in (n for pair in compare for n in pair):
        if name not in systems:
            raise InputError(f"--compare {name}: the run has {', '.join(systems)}")
    found = figures.compute(
        lambda: read_results(out / "results", about["settings"]["batch"]),
        systems,
        seed=args.seed,
        compare=compare,
        examples=max(0, args.examples),
        by=args.by,
        crisis=not args.excerpt,
    )
    if not found["pairs"]:
        raise InputError(f"{out} holds no results yet: was there a usable pair in the input?")
    found["run"] = about
    found["settings"] = {"seed": args.seed, "by": args.by, "excerpt": args.excerpt}
    examples = found.pop("examples")
    write_json(out / "figures.json", _plain(found))
    table = markdown(found)
    _write(out / "report.md", table + "\n")
    _write(out / "report.html", page(found, examples, args.excerpt))
    print(f"\n{table}\n\n{out / 'report.html'}")
    return found


def markdown(found: dict[str, Any]) -> str:
    """The summary as a Markdown table: a row a figure, a column a system, 95 % intervals, the best in bold."""
    systems = list(found["systems"])
    lines = [
        f"{found['pairs']:,} pairs of {found['run']['name']}; 95 % intervals",
        "",
        "| figure | " + " | ".join(_cell_text(s) for s in systems) + " |",
        "|---" * (len(systems) + 1) + "|",
    ]
    for section in summary(found):
        lines.append(f"| *{section['title']}* |" + " |" * len(systems))
        for row in section["rows"]:
            cells = []
            for cell in row["cells"]:
                text = f"**{cell['value']}**" if cell["best"] else cell["value"] + "†" * cell["own"]
                cells.append(text + (f" ({cell['interval']})" if cell["interval"] else ""))
            lines.append(f"| {row['title']} | " + " | ".join(cells) + " |")
    if any(_is_frozen_lm(name, found) for name in systems):
        lines += ["", f"† {FROZEN_NOTE}"]
    for comparison in found["compare"]:
        lines += ["", f"{_cell_text(comparison['a'])} minus {_cell_text(comparison['b'])}, paired:", ""]
        lines += ["| figure | difference | 95 % interval | p |", "|---|---|---|---|"]
        for row in differences(comparison):
            lines.append(f"| {row['title']} | {row['value']} | {row['interval']} | {row['p']} |")
    return "\n".join(lines)


def _cell_text(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def summary(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The summary table by sections; rows that no system has are left out."""
    systems, known = found["systems"], titles()
    sections = []
    for section in SECTIONS:
        rows = []
        for key, (belongs, title, about, better, unit) in known.items():
            have = {name: f[key] for name, f in systems.items() if key in f and f[key]["value"] == f[key]["value"]}
            if belongs != section or not have:
                continue
            judged = {name for name in have if key in OWN_JUDGE and _is_frozen_lm(name, found)}
            values = {name: f["value"] for name, f in have.items() if name not in judged}
            top = (max if better == "high" else min)(values.values()) if better and len(values) > 1 else None
            cells = [
                {
                    "value": number(have[name]["value"], unit) if name in have else "-",
                    "interval": _interval(have[name], unit) if name in have else "",
                    "best": top is not None and name in values and number(values[name], unit) == number(top, unit),
                    "own": name in judged,
                    "n": have[name]["n"] if name in have else 0,
                }
                for name in systems
            ]
            if all(cell["best"] for cell in cells):  # the same for all: none is best
                cells = [cell | {"best": False} for cell in cells]
            arrow = {"high": "↑", "low": "↓", "": ""}[better]
            rows.append({"key": key, "title": title, "about": about, "arrow": arrow, "cells": cells})
        if rows:
            sections.append({"title": section, "rows": rows})
    return sections


def _is_frozen_lm(system: str, found: dict[str, Any]) -> bool:
    """Whether the frozen language model is the one that wrote the system's texts."""
    lm = found["run"]["settings"]["lm"]
    return system == f"lm={lm}" or (lm == SHIPPED and system == "policy") or system == f"policy={lm}"


def differences(comparison: dict[str, Any]) -> list[dict[str, str]]:
    """The lines of one comparison."""
    known = titles()
    rows = []
    for key, (_, title, _, _, unit) in known.items():
        f = comparison["measures"].get(key)
        if f is None or key.endswith(("_before", "_target")):  # the same for every system
            continue
        p = "≤ 0.001" if f["p"] <= 0.001 else f"{f['p']:.3f}"
        sure = f["p"] < 0.05
        rows.append(
            {"title": title, "value": number(f["value"], unit, sign=True), "interval": _interval(f, unit), "p": p, "sure": sure}
        )
    return rows


def number(value: float, unit: str = "", sign: bool = False) -> str:
    """A figure as it is printed: three significant digits or so."""
    plus = "+" if sign else ""
    if unit == "%":
        return f"{value:{plus}.1f} %"
    size = abs(value)
    return f"{value:{plus}.{0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 10 else 3}f}"


def _interval(figure: dict[str, Any], unit: str) -> str:
    if figure["low"] is None or figure["low"] == figure["high"]:
        return ""
    return f"{number(figure['low'], unit).removesuffix(' %')} to {number(figure['high'], unit)}"


def page(found: dict[str, Any], examples: dict[str, Any], excerpt: int | None) -> str:
    """The report as one HTML file that needs no other."""
    shown = {name: _examples(parts, excerpt) for name, parts in examples.items()}
    about = found["run"]
    settings = about["settings"]
    labels = "labels" in settings["metrics"] and any("emotion_accuracy" in f for f in found["systems"].values())
    return (
        page_environment()
        .get_template("report.html")
        .render(
            found=found,
            about=about,
            settings=settings,
            sections=summary(found),
            comparisons=[c | {"rows": differences(c)} for c in found["compare"]],
            plots=_plots(found),
            series=list(found["systems"]),
            levels=LEVELS,
            examples=shown,
            by=titles()[found["settings"]["by"]][1].lower(),
            excerpt=excerpt,
            labels=labels,
            note=FROZEN_NOTE if any(_is_frozen_lm(name, found) for name in found["systems"]) else "",
        )
    )


@cache
def page_environment() -> Environment:
    """Where the pages come from: everything put into them is escaped."""
    folder = Path(__file__).parent / "templates"
    return Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def _plots(found: dict[str, Any]) -> list[dict[str, Any]]:
    systems = found["systems"]
    changed = {n: f for n, f in systems.items() if f["changed"]["value"] > 0}

    def points(keys: Sequence[str], names: dict[str, Any]) -> dict[str, list[plots.Point | None]]:
        return {n: [(f[k]["value"], f[k]["low"], f[k]["high"]) if k in f else None for k in keys] for n, f in names.items()}

    made = []
    for short, name in zip(SHORT, MECHANISMS, strict=True):
        first = next(iter(systems.values()))
        rows = {"before": [first[f"share_before_{short}_{v}"]["value"] for v in range(3)]}
        rows |= {n: [f[f"share_after_{short}_{v}"]["value"] for v in range(3)] for n, f in changed.items()}
        title = f"{name.replace('_', ' ').capitalize()}: levels before and after"
        made.append({"title": title, "svg": Markup(plots.stacked_rows(title, rows, LEVELS)), "legend": "levels"})
    series = {n: i for i, n in enumerate(changed)}
    if changed:
        title = "Empathy gained by mechanism (expected level)"
        svg = plots.grouped_bars(
            title, [m.replace("_", " ") for m in MECHANISMS], points([f"gain_{s}" for s in SHORT], changed)
        )
        made.append({"title": title, "svg": Markup(svg), "legend": series})
        for field, bins, title in (
            ("length", LENGTHS, "Empathy gained by words in the post"),
            ("sentences", SENTENCES, "Empathy gained by sentences in the reply"),
        ):
            used = [b for b in bins if any(f"gain_{field}_{b[0]}" in f for f in changed.values())]
            svg = plots.grouped_bars(
                title, [bin_title(*b) for b in used], points([f"gain_{field}_{low}" for low, _ in used], changed)
            )
            made.append({"title": title, "svg": Markup(svg), "legend": series})
        if found["crisis"] and found["crisis"] < found["pairs"]:
            title = "Empathy gained by crisis signals in the post"
            svg = plots.grouped_bars(title, ["without", "with"], points(["gain_crisis_0", "gain_crisis_1"], changed))
            made.append({"title": title, "svg": Markup(svg), "legend": series})
    stops = {n: f for n, f in changed.items() if "stop_1" in f}
    if stops:
        title = "Precision of STOP"
        base = next(iter(stops.values()))
        names = [f"{n} ({f['stop_1']['n']} left as they are)" for n, f in stops.items()]
        series_points = dict(zip(names, points([f"stop_{v}" for v in STOP_LEVELS], stops).values(), strict=True))
        series_points["all replies"] = [
            (base[k]["value"], base[k]["low"], base[k]["high"]) for k in (f"stop_base_{v}" for v in STOP_LEVELS)
        ]
        svg = plots.grouped_bars(title, [f"≥ {v}" for v in STOP_LEVELS], series_points, percent=True)
        note = (
            "Of the replies that a system left as they are, the share that was empathic already: EPITOME levels of the reply "
            "(annotated where the data has them, else scored) that sum to at least the number below the bars."
        )
        made.append({"title": title, "svg": Markup(svg), "legend": {n: i for i, n in enumerate(series_points)}, "note": note})
    return made


def _examples(parts: dict[str, list[dict[str, Any]]], excerpt: int | None) -> dict[str, list[dict[str, Any]]]:
    return {
        kind: [
            {
                "line": row["line"],
                "value": f"{row['value']:+.2f}",
                "post": _clip(row["post"], excerpt),
                "history": [(role, _clip(text, excerpt)) for role, text in row["history"] or ()],
                "pieces": _diff(row["reply"], row["text"], excerpt),
                "levels": [
                    {"name": short, "before": before, "after": after}
                    for short, before, after in zip(SHORT, row["before"]["levels"], row["levels"], strict=True)
                ],
            }
            for row in rows
        ]
        for kind, rows in parts.items()
    }


def _diff(reply: str, text: str, excerpt: int | None) -> list[dict[str, str]]:
    """The pieces of a rewrite; shortened, of what was there before only the first `excerpt` characters in all."""
    shown, left = [], excerpt
    for piece in pieces(reply, diff(reply, text)):
        if left is None or piece.kind == "insert":
            shown.append({"kind": piece.kind, "text": _clip(piece.text, excerpt)})
        elif left > 0:
            shown.append({"kind": piece.kind, "text": _clip(piece.text, left)})
            left -= len(piece.text)
    return shown


def _clip(text: str, most: int | None) -> str:
    if not most or len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0] + " …"


def _plain(value: Any) -> Any:
    """Numbers that JSON has no word for become null; others are rounded to what they can mean."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return round(value, 6) if abs(value) < float("inf") else None
    return value


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="replace")
