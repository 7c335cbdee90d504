"""Checks of command-line values that several subcommands share."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """An option's value as a whole number of at least 1 (an argparse `type`)."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return value
