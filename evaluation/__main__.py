"""`python -m evaluation`: measure the engine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from evaluation import acceptance, benchmark
from partner.models import ModelError
from training.data.records import DataError

COMMANDS = {"acceptance": acceptance, "benchmark": benchmark}

EXAMPLES = """examples:
  python -m evaluation acceptance                            all figures, EPITOME read from PARTNER_DATA or ../shared/data
  python -m evaluation acceptance --parts corpus --limit 20  a quick look on the shipped corpus alone
  python -m evaluation benchmark --threads 2 --json speed.json
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; 0 on success, 2 with one plain line on missing data or weights."""
    parser = argparse.ArgumentParser(
        prog="python -m evaluation",
        description="Measure what the rewriter suggests, and how fast.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        about = (module.__doc__ or "").strip().splitlines()[0]
        sub = commands.add_parser(name, help=about, description=about, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        module.add_arguments(sub)
    args = parser.parse_args(argv)
    try:
        COMMANDS[args.command].run(args)
    except (DataError, ModelError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
