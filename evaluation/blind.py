"""Let people compare two systems without knowing which is which, and read their answers as win rates.

`--sheet` writes one HTML file that works from disk: pairs in random order, the two rewrites on random sides, keys 1, 2 and =.
A rater gives a name, rates, and saves an answers file. Which side was which is not in the sheet: it follows from the key
file written beside it. `--answers` reads any number of answers files back.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Sequence
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any

from evaluation.agreement import cohen_kappa, krippendorff_alpha
from evaluation.inputs import InputError
from evaluation.intervals import bootstrap_interval
from evaluation.options import positive
from evaluation.report import page_environment
from evaluation.results import read_results
from evaluation.tables import write_json

CHOICES = ("1", "2", "=")
QUESTION = "Which answer would help this person more?"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m evaluation blind`."""
    parser.add_argument("a", metavar="A", help="a system of the run")
    parser.add_argument("b", metavar="B", help="another one")
    parser.add_argument("--run", type=Path, required=True, metavar="FOLDER", help="the output folder of `run`", dest="folder")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="write the sheet here, and its key beside it")
    parser.add_argument("--pairs", type=positive, default=50, help="pairs on the sheet, drawn among those where A and B differ")
    parser.add_argument("--question", default=QUESTION, help="what the raters are asked")
    parser.add_argument("--crisis", action="store_true", help="show posts with signs of suicide or self-harm too")
    parser.add_argument("--seed", type=int, default=0, help="of the draw, the order and the sides")
    parser.add_argument("--answers", nargs="+", type=Path, metavar="FILE", help="read these answers; needs the key (--key)")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the key file (default: the one beside --sheet)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the win rates here too")


def run(args: argparse.Namespace) -> None:
    """Write a sheet, or read answers.

    Raises:
        InputError: neither is asked for, the run lacks a system, or an answers file does not belong to the key.
    """
    if args.answers:
        key = args.key or (args.sheet and key_path(args.sheet))
        if not key:
            raise InputError("--answers needs --key FILE, the file that was written beside the sheet")
        result = win_rates(_read(key), [_read(path) for path in args.answers], args.a, args.b, seed=args.seed)
        print(_shown(result))
        if args.json:
            write_json(args.json, result)
        return
    if not args.sheet:
        raise InputError("give --sheet FILE to write a sheet, or --answers FILE ... to read answers")
    items, key = draw(args.folder, args.a, args.b, pairs=args.pairs, crisis=args.crisis, seed=args.seed)
    html = page_environment().get_template("blind.html").render(items=items, sheet=key["sheet"], question=args.question)
    args.sheet.parent.mkdir(parents=True, exist_ok=True)
    args.sheet.write_text(html, encoding="utf-8", errors="replace")
    write_json(key_path(args.sheet), key)
    print(f"{args.sheet}: {len(items)} pairs. Keep {key_path(args.sheet)} from the raters; --answers needs it.")


def key_path(sheet: Path) -> Path:
    """Where the key of a sheet is written."""
    return sheet.with_suffix(".key.json")


def draw(
    folder: Path, a: str, b: str, *, pairs: int, crisis: bool = False, seed: int = 0
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Draw pairs of a run for a sheet.

    Returns:
        what the sheet shows, in its order: `{"id", "post", "history", "left", "right"}`; and the key:
        `{"sheet", "a", "b", "left": {id: system on the left}}`.

    Raises:
        InputError: the folder holds no run with both systems, or they differ nowhere.
    """
    if not (folder / "run.json").is_file():
        raise InputError(f"{folder} holds no run: it has no run.json")
    settings = json.loads((folder / "run.json").read_text(encoding="utf-8"))["settings"]
    for name in (a, b):
        if name not in settings["systems"]:
            raise InputError(f"{folder} has no system {name!r}: it has {', '.join(settings['systems'])}")
    rng = random.Random(f"{seed} {a} {b}")
    kept: list[dict[str, Any]] = []
    seen = 0
    for row in read_results(folder / "results", settings["batch"]):
        texts = row["systems"][a]["text"], row["systems"][b]["text"]
        if texts[0].split() == texts[1].split() or (row["crisis"] and not crisis):
            continue
        seen += 1  # reservoir sampling: every pair has the same chance, and only `pairs` are kept
        slot = len(kept) if len(kept) < pairs else rng.randrange(seen)
        if slot < pairs:
            kept[slot : slot + 1] = [row]
    if not kept:
        raise InputError(f"{a} and {b} differ on no pair that can be shown")
    rng.shuffle(kept)
    items, left = [], {}
    for row in kept:
        sides = [a, b]
        rng.shuffle(sides)
        identity = f"p{row['row']}"
        left[identity] = sides[0]
        texts = [row["systems"][name]["text"] for name in sides]
        history = row.get("history") or []
        items.append({"id": identity, "post": row["post"], "history": history, "left": texts[0], "right": texts[1]})
    sheet = hashlib.sha256(json.dumps([items, left]).encode()).hexdigest()[:16]
    return items, {"sheet": sheet, "a": a, "b": b, "left": left}


def win_rates(key: dict[str, Any], answers: Sequence[dict[str, Any]], a: str, b: str, *, seed: int = 0) -> dict[str, Any]:
    """How often A won, B won, and neither, with 95 % intervals over pairs, and how far the raters agree.

    Args:
        key: as `draw` makes it.
        answers: `{"sheet", "rater", "answers": {id: "1" | "2" | "="}}` of each rater.
        a, b: the two systems, in the order the figures are wanted.
        seed: of the bootstrap, which draws pairs, not single ratings: ratings of one pair are not independent.

    Raises:
        InputError: an answers file is of another sheet or malformed, two have one rater, or the key is of other systems.
    """
    if {key.get("a"), key.get("b")} != {a, b}:
        raise InputError(f"the key is of {key.get('a')} and {key.get('b')}, not of {a} and {b}")
    choices: dict[str, dict[str, str]] = {}
    for file in answers:
        rater, rated = str(file.get("rater", "")), file.get("answers")
        if file.get("sheet") != key["sheet"] or not isinstance(rated, dict):
            raise InputError(f"the answers of {rater or 'a rater'} are not of this sheet")
        if rater in choices:
            raise InputError(f"two answers files are of the rater {rater!r}")
        if any(item not in key["left"] or choice not in CHOICES for item, choice in rated.items()):
            raise InputError(f"the answers of {rater} hold an unknown pair or choice")
        choices[rater] = {item: _winner(key, item, choice) for item, choice in rated.items()}
    by_item = {i: [c[i] for c in choices.values() if i in c] for i in key["left"]}
    units = [votes for votes in by_item.values() if votes]
    if not units:
        raise InputError("the answers files hold no answer")
    rates = {}
    for outcome in (a, b, "tie"):
        shares = [votes.count(outcome) / len(votes) for votes in units]
        rates[outcome] = {"share": sum(shares) / len(shares), "interval": bootstrap_interval(shares, seed=seed)}
    pairs = [{"raters": [x, y], "kappa": cohen_kappa(choices[x], choices[y])} for x, y in combinations(choices, 2)]
    return {
        "sheet": key["sheet"],
        "pairs": len(units),
        "ratings": sum(map(len, units)),
        "raters": {rater: len(rated) for rater, rated in choices.items()},
        "rates": rates,
        "sign_test_p": sign_test(*(sum(votes.count(x) > votes.count(y) for votes in units) for x, y in ((a, b), (b, a)))),
        "krippendorff_alpha": krippendorff_alpha(units),
        "cohen_kappa": pairs,
    }


def sign_test(wins: int, losses: int) -> float:
    """Two-sided exact sign test: the probability of a split at least this uneven if both were as likely."""
    n, most = wins + losses, max(wins, losses)
    if n == 0:
        return 1.0
    return min(1.0, 2 * sum(comb(n, k) for k in range(most, n + 1)) / 2**n)


def _winner(key: dict[str, Any], item: str, choice: str) -> str:
    if choice == "=":
        return "tie"
    left = key["left"][item]
    right = key["b"] if left == key["a"] else key["a"]
    return left if choice == "1" else right


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} is not a JSON object")
    return value


def _shown(result: dict[str, Any]) -> str:
    lines = [f"{result['pairs']} pairs, {result['ratings']} ratings by {len(result['raters'])} rater(s)", ""]
    lines += ["| outcome | share | 95 % interval |", "|---|---|---|"]
    for outcome, rate in result["rates"].items():
        low, high = rate["interval"]
        lines.append(f"| {outcome} | {100 * rate['share']:.1f} % | {100 * low:.1f} to {100 * high:.1f} % |")
    lines += ["", f"sign test over pairs by majority: p = {result['sign_test_p']:.3f}"]
    if len(result["raters"]) > 1:
        alpha = result["krippendorff_alpha"]
        lines.append("Krippendorff's alpha: " + ("not defined" if alpha is None else f"{alpha:.3f}"))
        for pair in result["cohen_kappa"]:
            kappa = "not defined" if pair["kappa"] is None else f"{pair['kappa']:.3f}"
            lines.append(f"Cohen's kappa of {pair['raters'][0]} and {pair['raters'][1]}: {kappa}")
    return "\n".join(lines)
