"""Simple sentences tied to situations: warm, written by people, true for any post that uses certain words.

They are what the engine falls back on where nothing written for this very post can be trusted: a plain true sentence is
worth more than a specific wrong one. Each line of `assets/corpus/simple.jsonl` is a theme::

    {"theme": "loss of a pet", "when": ["my (dog|cat) (died|passed away)"], "unless": ["years ago"],
     "sentences": [{"text": "...", "mechanism": "interpretation"}, {..., "when": [...], "unless": [...]}]}

A sentence may be offered where the seeker used one of the theme's `when` phrases and none of its `unless` phrases; where
it has a `when` or an `unless` of its own, that must hold too. An empty `when` fits every post. `(a|b)` stands for either.
"""

from __future__ import annotations

import itertools
import json
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from partner.models import ModelError, asset
from partner.types import MECHANISMS, Conversation, Mechanism

SHARE = 4
"""Of the sentences that fit every post, a post is offered one in so many, so that posts do not share all of them."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Stock:
    """One sentence.

    Attributes:
        text: the sentence.
        mechanism: the EPITOME mechanism it expresses.
        theme: the situation it was written for.
        when: numbers of lists of phrases; the seeker must have used one of each. Empty if it fits every post.
        unless: numbers of lists of phrases that make it untrue.
    """

    text: str
    mechanism: Mechanism
    theme: str
    when: frozenset[int]
    unless: frozenset[int]


class StockSentences:
    """The list, ready to be asked for the sentences that are true for a conversation."""

    def __init__(self, corpus: Path | None = None) -> None:
        """Args:
        corpus: folder with `simple.jsonl`; the shipped one by default.

        Raises:
            ModelError: the file is missing or damaged.
        """
        path = (corpus or asset("corpus")) / "simple.jsonl"
        self._lists: dict[tuple[str, ...], int] = {}
        self._phrases: dict[str, set[int]] = {}
        self.sentences: list[Stock] = []
        try:
            for line in path.read_text(encoding="utf-8").splitlines():
                theme = json.loads(line)
                for row in theme["sentences"]:
                    if row["mechanism"] not in MECHANISMS or not row["text"]:
                        raise ValueError(f"{row['text']!r} has no mechanism")
                    when, unless = (
                        frozenset(self._list(of.get(name, ())) for of in (theme, row) if of.get(name))
                        for name in ("when", "unless")
                    )
                    self.sentences.append(Stock(row["text"], row["mechanism"], theme["theme"], when, unless))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{path} cannot be read ({error!r}). Restore it with `git checkout -- assets/corpus`.") from error
        self._longest = max((p.count(" ") + 1 for p in self._phrases), default=0)

    def _list(self, patterns: Sequence[str]) -> int:
        """The number of a list of phrases, its phrases entered into the dictionary where the list is new."""
        if isinstance(patterns, str):
            raise TypeError(f"{patterns!r} should be a list")
        key = tuple(patterns)
        if key not in self._lists:
            self._lists[key] = len(self._lists)
            for pattern in patterns:
                for phrase in expand(pattern):
                    self._phrases.setdefault(" ".join(_tokens(phrase)), set()).add(self._lists[key])
        return self._lists[key]

    def _said(self, text: str) -> set[int]:
        """Numbers of the lists of which `text` holds a phrase; every run of words is looked up once."""
        tokens = _tokens(text)
        found: set[int] = set()
        for start in range(len(tokens)):
            for end in range(start + 1, min(start + self._longest, len(tokens)) + 1):
                found |= self._phrases.get(" ".join(tokens[start:end]), set())
        return found

    def fitting(self, conversation: Conversation, mechanisms: Iterable[Mechanism], limit: int) -> list[Stock]:
        """Sentences that are true for what the seeker wrote, those tied to its words first.

        Args:
            conversation: only the seeker's own turns are looked at, 6,000 characters of them.
            mechanisms: those wanted.
            limit: most sentences of each mechanism.
        """
        turns = [*(text for role, text in conversation.history if role == "seeker"), conversation.post]
        text = " . ".join(turns)[-6000:]
        said = self._said(text)
        true = [s for s in self.sentences if s.when <= said and not s.unless & said]
        # A stable shuffle by post: posts about the same thing still get different sentences.
        true.sort(key=lambda s: zlib.crc32(f"{s.text}\0{text}".encode("utf-8", "replace")))
        chosen: list[Stock] = []
        for mechanism in mechanisms:
            mine = [s for s in true if s.mechanism == mechanism]
            anywhere = [s for s in mine if not s.when]
            chosen += [*_in_turns([s for s in mine if s.when]), *anywhere[: -(-len(anywhere) // SHARE)]][:limit]
        return chosen


def _in_turns(sentences: Sequence[Stock]) -> list[Stock]:
    """One of every theme before the second of any."""
    themes: dict[str, list[Stock]] = {}
    for s in sentences:
        themes.setdefault(s.theme, []).append(s)
    return [s for turn in itertools.zip_longest(*themes.values()) for s in turn if s]


def _tokens(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("'", "").replace("\u2019", ""))


def expand(pattern: str) -> list[str]:
    """All phrases that a pattern stands for.

    >>> expand("my (dog|cat) died")
    ['my dog died', 'my cat died']
    """
    parts = re.split(r"\(([^()]*)\)", pattern)
    return ["".join(choice) for choice in itertools.product(*(p.split("|") if i % 2 else [p] for i, p in enumerate(parts)))]
