"""Unpicked examples: what the engine suggests for held-out posts of the corpus at even distances, good or bad, as Markdown.

`python -m evaluation examples --out assets/policy/EXAMPLES.md` makes those of the policy's card.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from evaluation.benchmark import spread
from evaluation.options import positive
from evaluation.tables import write_text
from partner.text import split
from partner.types import Result
from training.data.edits import read_edits

HEAD = """# Unpicked examples

The suggestions of this version for {count} held-out records of `assets/corpus`, at even distances in the order of the
files: neither policy nor index has seen them, and none was chosen or left out. In brackets the probability that a careful
reader calls the sentence right, as the engine says it (`quality`).

Made by

    python -m evaluation examples --count {count} --out assets/policy/EXAMPLES.md
"""
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m evaluation examples`."""
    parser.add_argument("--count", type=positive, default=20, help="records")
    parser.add_argument("--suggestions", type=positive, default=4, help="suggestions asked for in a call")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write here instead of to the screen")


def run(args: argparse.Namespace) -> None:
    """Ask the engine about each record and write the page.

    Raises:
        DataError: the corpus is missing or damaged.
        ModelError: the engine's weights are.
    """
    from partner.rewriter import Rewriter  # the torch import would slow down --help

    engine = Rewriter()
    conversations = spread([r.conversation for r in read_edits("dev")], args.count)
    results = [engine.suggest(c, n=args.suggestions) for c in tqdm(conversations, desc="suggesting", unit="post")]
    text = page(results)
    if args.out:
        write_text(args.out, text)
    else:
        print(text)


def page(results: Sequence[Result]) -> str:
    """The Markdown page; every post, draft and suggestion as plain text."""
    return HEAD.format(count=len(results)) + "".join(f"\n## {n}\n\n{_example(r)}" for n, r in enumerate(results, 1))


def _example(result: Result) -> str:
    told = result.conversation
    lines = [f"*{role}:* {plain(text)}" for role, text in told.history]
    lines += [f"> {plain(told.post)}", f"*Draft:* {plain(told.reply) or '(empty)'}"]
    lines += [f"*The engine:* {plain(result.message)}"] if result.message else []
    for s in result.suggestions:
        gone = "" if s.edit.op == "insert" else f" ~~{plain(split(told.reply).sentences[s.edit.at])}~~"
        if s.edit.op == "delete":
            lines.append(f"- delete{gone}")
            continue
        kind = f"{s.edit.op}{gone}, {s.edit.mechanism.replace('_', ' ')}"
        sure = f"({s.scores.quality:.2f})" if s.scores else "(from the vetted list)"
        lines.append(f"- {kind}: **{plain(s.edit.text)}** {sure}")
    return "\n".join(line if line.startswith("-") else f"{line}\n" for line in lines) + "\n"


def plain(text: str) -> str:
    """A text on one line that Markdown shows as it is.

    >>> plain("*so*  tired" + chr(10) + "<b>")
    '\\\\*so\\\\* tired \\\\<b\\\\>'
    """
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
