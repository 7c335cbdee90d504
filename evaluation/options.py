"""Command-line values that several subcommands share, and checks of them."""

from __future__ import annotations

import argparse

SHIPPED = "shipped"
"""The shipped policy's backbone as a plain language model."""

METRICS = {
    "empathy": "EPITOME levels and what was edited (always measured; name it alone to leave the others out)",
    "lm": "perplexity and specificity under the frozen language model (costly)",
    "embedding": "similarity to the post; average, extrema and greedy similarity to a reference",
    "quality": "quality and coherence of the new sentences",
    "labels": "emotion and intent of output and reference",
    "likelihood": "perplexity of the reference under systems that are language models (costly)",
}
"""Groups of figures that can be left out."""


def positive(text: str) -> int:
    """An option's value as a whole number of at least 1 (an argparse `type`)."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return value


class Help(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the default of every option that has one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default is None or action.default is False else super()._get_help_string(action)
