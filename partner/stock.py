"""Simple sentences tied to situations: warm, true for any post that uses certain words, written by people.

They are what the engine falls back on where nothing written for this very post can be trusted: a plain true sentence is
worth more than a specific wrong one. `assets/corpus/simple.jsonl` names for each the words that a post must hold
(`when`) and must not hold (`unless`).
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from partner.models import ModelError, asset
from partner.types import MECHANISMS, Conversation, Mechanism

SHARE = 4
"""Of the sentences that fit every post, a post is offered one in so many, so that posts do not share all of them."""


@dataclass(frozen=True)
class Stock:
    """One sentence.

    Attributes:
        text: the sentence.
        mechanism: the EPITOME mechanism it expresses.
        when: matches words that the seeker must have used; None if it fits every post.
        unless: matches words that make it untrue; None if there are none.
    """

    text: str
    mechanism: Mechanism
    when: re.Pattern[str] | None
    unless: re.Pattern[str] | None


class StockSentences:
    """The list, ready to be asked for the sentences that are true for a conversation."""

    def __init__(self, corpus: Path | None = None) -> None:
        """Args:
        corpus: folder with `simple.jsonl`; the shipped one by default.

        Raises:
            ModelError: the file is missing or damaged.
        """
        path = (corpus or asset("corpus")) / "simple.jsonl"
        self.sentences: list[Stock] = []
        try:
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                if row["mechanism"] not in MECHANISMS or not row["text"]:
                    raise ValueError(f"no mechanism {row['mechanism']!r}")
                self.sentences.append(
                    Stock(row["text"], row["mechanism"], phrases(row["when"]), phrases(row.get("unless", ())))
                )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{path} cannot be read ({error!r}). Restore it with `git checkout -- assets/corpus`.") from error

    def fitting(self, conversation: Conversation, mechanism: Mechanism, limit: int) -> list[str]:
        """Sentences of one mechanism that are true for what the seeker wrote, those tied to its words first.

        Args:
            conversation: only the seeker's own turns are looked at.
            mechanism: the one wanted.
            limit: most sentences returned.
        """
        said = " \n ".join([*(text for role, text in conversation.history if role == "seeker"), conversation.post])
        plain = said.lower().replace("\u2019", "'")
        mine = [
            s
            for s in self.sentences
            if s.mechanism == mechanism
            and (s.when is None or s.when.search(plain))
            and not (s.unless and s.unless.search(plain))
        ]
        # A stable shuffle by post: posts about the same thing still get different sentences.
        order = sorted(mine, key=lambda s: zlib.crc32(f"{s.text}\0{said}".encode("utf-8", "replace")))
        anywhere = [s for s in order if s.when is None]
        return [s.text for s in [*(s for s in order if s.when), *anywhere[: -(-len(anywhere) // SHARE)]]][:limit]


def phrases(said: Sequence[str]) -> re.Pattern[str] | None:
    """A pattern for any of some lower-case phrases at word boundaries; None for none."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, said))})(?!\w)") if said else None
