"""Simple sentences tied to situations: warm, written beforehand, true for any post that uses certain words.

They are what the engine falls back on where nothing written for this very post can be trusted: a plain true sentence is
worth more than a specific wrong one. A line of `assets/corpus/simple.jsonl` is a group of them, or a list of phrases that
groups name::

    {"list": "@death", "phrases": ["died", "passed away"]}
    {"theme": "loss of a pet", "when": ["my dog died"], "unless": ["@years", "almost"],
     "sentences": [{"text": "...", "mechanism": "interpretation"}]}

They may be offered where the seeker used one of the `when` phrases and none of the `unless` phrases; an empty `when` fits
every post. Phrases are compared word by word, without case, apostrophes and punctuation.
"""

from __future__ import annotations

import itertools
import json
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from partner.models import ModelError, asset
from partner.types import MECHANISMS, Conversation, Mechanism

GLAD = "@happy"
"""The list of phrases of good news, which also stands for posts whose good news is told in other words."""
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
        when: number of the group of phrases of which the seeker must have used one; None if it fits every post.
        unless: number of the group of phrases that make it untrue; None if there are none.
    """

    text: str
    mechanism: Mechanism
    theme: str
    when: int | None
    unless: int | None


class StockSentences:
    """The list, ready to be asked for the sentences that are true for a conversation."""

    def __init__(self, corpus: Path | None = None) -> None:
        """Args:
        corpus: folder with `simple.jsonl`; the shipped one by default.

        Raises:
            ModelError: the file is missing or damaged.
        """
        path = (corpus or asset("corpus")) / "simple.jsonl"
        self._groups: dict[tuple[str, ...], int] = {}
        self._phrases: dict[str, set[int]] = {}
        self.sentences: list[Stock] = []
        named: dict[str, list[str]] = {}
        try:
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                if "list" in row:
                    named[row["list"]] = row["phrases"]
                    continue
                when, unless = (self._group(row.get(side, ()), named) for side in ("when", "unless"))
                for s in row["sentences"]:
                    if s["mechanism"] not in MECHANISMS or not s["text"]:
                        raise ValueError(f"{s['text']!r} has no mechanism")
                    self.sentences.append(Stock(s["text"], s["mechanism"], row["theme"], when, unless))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{path} cannot be read ({error!r}). Restore it with `git checkout -- assets/corpus`.") from error
        self._longest = max((p.count(" ") + 1 for p in self._phrases), default=0)

    def _group(self, said: Sequence[str], named: dict[str, list[str]]) -> int | None:
        """The number of a group of phrases, entered into the dictionary of phrases where it is new."""
        if isinstance(said, str):
            raise TypeError(f"{said!r} should be a list")
        if not said:
            return None
        key = tuple(said)
        if key not in self._groups:
            self._groups[key] = len(self._groups)
            for name in said:
                for phrase in named[name] if name.startswith("@") else [name]:
                    self._phrases.setdefault(" ".join(_tokens(phrase)), set()).add(self._groups[key])
        return self._groups[key]

    def _said(self, text: str) -> set[int]:
        """Numbers of the groups of which `text` holds a phrase; every run of words is looked up once."""
        tokens = _tokens(text)
        found: set[int] = set()
        for start in range(len(tokens)):
            for end in range(start + 1, min(start + self._longest, len(tokens)) + 1):
                found |= self._phrases.get(" ".join(tokens[start:end]), set())
        return found

    def fitting(
        self,
        conversation: Conversation,
        mechanisms: Iterable[Mechanism],
        limit: int,
        mood: Literal["sad", "mixed", "glad"] = "sad",
    ) -> list[Stock]:
        """Sentences that are true for what the seeker wrote, those tied to its words first.

        Args:
            conversation: only the seeker's own turns are looked at, 6,000 characters of them.
            mechanisms: those wanted.
            limit: most sentences of each mechanism.
            mood: of the post. Sentences that fit every sad post are left out of the others; joy needs a glad one, or its words.
        """
        turns = [*(text for role, text in conversation.history if role == "seeker"), conversation.post]
        text = " . ".join(turns)[-6000:]
        said = self._said(text)
        if mood == "glad" and (GLAD,) in self._groups:
            said.add(self._groups[GLAD,])
        true = [s for s in self.sentences if (s.when is None or s.when in said) and s.unless not in said]
        # A stable shuffle by post: posts about the same thing still get different sentences.
        true.sort(key=lambda s: zlib.crc32(f"{s.text}\0{text}".encode("utf-8", "replace")))
        chosen: list[Stock] = []
        for mechanism in mechanisms:
            mine = [s for s in true if s.mechanism == mechanism]
            anywhere = [s for s in mine if s.when is None and mood == "sad"]
            chosen += [*_in_turns([s for s in mine if s.when is not None]), *anywhere[: -(-len(anywhere) // SHARE)]][:limit]
        return chosen


def _in_turns(sentences: Sequence[Stock]) -> list[Stock]:
    """One of every theme before the second of any."""
    themes: dict[str, list[Stock]] = {}
    for s in sentences:
        themes.setdefault(s.theme, []).append(s)
    return [s for turn in itertools.zip_longest(*themes.values()) for s in turn if s]


def _tokens(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("'", "").replace("\u2019", ""))
