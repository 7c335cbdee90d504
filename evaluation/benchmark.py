"""How fast and how large the engine is: seconds a call, load time, peak memory.

One warm `suggest` after another on conversations of all lengths from the held-out part of `assets/corpus`. Run it as
`python -m evaluation benchmark`, a process of its own: the peak memory of a process counts all it ever did.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from statistics import fmean

from tqdm import tqdm

from evaluation.intervals import bootstrap_interval, quantile
from evaluation.options import positive
from evaluation.tables import Figure, as_json, markdown, write_json
from partner.types import Conversation
from training.data.edits import read_edits

WARM_UP = 3  # calls before the clock counts: first calls fill caches and memory pools


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m evaluation benchmark`."""
    parser.add_argument("--threads", type=positive, default=2, help="processor cores the engine may use")
    parser.add_argument("--calls", type=positive, default=40, help="conversations to time")
    parser.add_argument("--suggestions", type=positive, default=4, help="suggestions asked for in a call")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")


def run(args: argparse.Namespace) -> None:
    """Time the engine and print the table.

    Raises:
        ModelError: the engine's weights are missing or damaged.
    """
    cores = limit_cores(args.threads)
    load = os.getloadavg()[0]
    timed = spread(sorted((r.conversation for r in read_edits("dev")), key=_length), args.calls)

    started = time.perf_counter()
    from partner.rewriter import Rewriter  # here, so that the cores are limited first and the import is part of load time

    engine = Rewriter()
    load_time = time.perf_counter() - started

    for record in islice(read_edits("train"), WARM_UP):
        engine.suggest(record.conversation, n=args.suggestions)
    seconds, counts = [], []
    for conversation in tqdm(timed, desc="suggesting", unit="call"):
        begun = time.perf_counter()
        result = engine.suggest(conversation, n=args.suggestions)
        seconds.append(time.perf_counter() - begun)
        counts.append(len(result.suggestions))

    found = figures(seconds, counts, load_time, peak_memory())
    machine = f"{platform.machine()}, {cores} core(s), Python {platform.python_version()}, load average {load:.1f} at the start"
    print(f"\n{machine}\n\n{markdown(found)}")
    if args.json:
        write_json(args.json, {"machine": machine, "figures": as_json(found), "seconds": [round(s, 4) for s in seconds]})


def figures(seconds: Sequence[float], counts: Sequence[int], load_time: float, memory: float) -> list[Figure]:
    """The lines of the report.

    Args:
        seconds: of each timed call.
        counts: suggestions each call returned.
        load_time: seconds from nothing loaded to a ready engine.
        memory: peak resident memory, MB.
    """

    def median(values: Sequence[float]) -> float:
        return quantile(values, 0.5)

    def p90(values: Sequence[float]) -> float:
        return quantile(values, 0.9)

    n = len(seconds)
    return [
        Figure("suggest, median", median(seconds), "s", n, bootstrap_interval(seconds, median), "<= 1.5"),
        Figure("suggest, 90th percentile", p90(seconds), "s", n, bootstrap_interval(seconds, p90)),
        Figure("suggestions a call, median", median(counts), "count", n, None, ">= 4"),
        Figure("suggestions a call, mean", fmean(counts), "", n, bootstrap_interval(counts)),
        Figure("load time", load_time, "s", 1),
        Figure("peak resident memory", memory, "MB", 1, None, "<= 2000"),
    ]


def limit_cores(threads: int) -> int:
    """Keep this process and every pool it will make to `threads` cores; returns how many it has.

    Call it before torch or ONNX Runtime is imported. Where the system has no processor affinity (macOS, Windows) the
    thread-count variables are the only limit.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
        threads = len(os.sched_getaffinity(0))
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    return threads


def spread(ordered: Sequence[Conversation], count: int) -> list[Conversation]:
    """`count` items at even distances, first and last included; all of them where there are fewer."""
    if count >= len(ordered):
        return list(ordered)
    if count == 1:
        return [ordered[len(ordered) // 2]]
    return [ordered[round(i * (len(ordered) - 1) / (count - 1))] for i in range(count)]


def peak_memory() -> float:
    """Peak resident memory of this process so far, in MB (millions of bytes).

    Raises:
        OSError: the system does not report it.
    """
    try:
        import resource
    except ImportError as error:
        raise OSError("peak memory is measured on Linux and macOS only") from error
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _length(conversation: Conversation) -> int:
    return len(conversation.post) + len(conversation.reply) + sum(len(text) for _, text in conversation.history)
