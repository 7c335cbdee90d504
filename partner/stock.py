"""Simple sentences tied to situations: warm, written beforehand, true for any post that uses certain words.

They are what the engine falls back on where nothing written for this very post can be trusted: a plain true sentence is
worth more than a specific wrong one. A line of `assets/corpus/simple.jsonl` is a group of them, or a list of phrases that
groups name::

    {"list": "@death", "phrases": ["died", "passed away"]}
    {"theme": "loss of a pet", "when": ["my dog died"], "unless": ["@years", "almost"],
     "ER": ["..."], "IP": ["..."], "EX": ["..."]}

They may be offered where the seeker used one of the `when` phrases and none of the `unless` phrases; an empty `when` fits
every sad post, or every post of the `"moods"` that are named (`partner.types.Mood`), with `"asks": true` only if it asks
something. With `"own": true` the phrases must be said of the seeker (`partner.subject`): "so nervous" in "she was so nervous"
is another's. With `"tells": true` the sentences name the very thing that the phrases tell of ("I'm sorry about the refused
visa"). Phrases are compared word by word, without case, apostrophes and punctuation. Sentences with a place for a person
(`partner.person`) are for posts that tell of one most.
"""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from partner.models import ModelError, asset
from partner.person import person_of
from partner.ranking import lot
from partner.safety import seeker_turns
from partner.subject import of_another, tokens
from partner.types import MECHANISMS, Conversation, Mechanism, Mood

GLAD = "@happy"
"""The list of phrases of good news, which also stands for posts whose good news is told in other words."""
GLAD_GROUP = 0
ANYWHERE = 9
"""Most sentences of a mechanism that fit any post: of more the one that is liked best would come too often."""
NAMING = 12
"""Most sentences of a mechanism that name the person of the post."""
DRAWN = 5
"""Most sentences of one group and mechanism that are offered together."""
SHORT = dict(zip(("ER", "IP", "EX"), MECHANISMS, strict=True))
"""Names of the mechanisms in the file: emotional reaction, interpretation, exploration."""
_KEYS = frozenset(("theme", "when", "unless", "own", "tells", "moods", "asks"))
_DISTRESSED: frozenset[Mood] = frozenset(get_args(Mood)) - {"plain"}
"""Moods of posts in which the words of a theme mean it."""
_ASKS = re.compile(r"\?|\b(?:anyone|anybody|any1|does any|do you (?:guys|all))\b", re.IGNORECASE)


@dataclass(frozen=True)
class Stock:
    """One sentence.

    Attributes:
        text: the sentence.
        mechanism: the EPITOME mechanism it expresses.
        theme: the situation it was written for.
        when: number of the group of phrases of which the seeker must have used one; None if it needs none.
        unless: number of the group of phrases that make it untrue; None if there are none.
        moods: of the posts that it may be offered for.
        asks: whether the post must ask something.
        names: whether it has, or had, a place for the person that the post tells of most.
        tells: whether it names the very thing that its phrases tell of.
    """

    text: str
    mechanism: Mechanism
    theme: str
    when: int | None
    unless: int | None
    moods: frozenset[Mood]
    asks: bool = False
    names: bool = False
    tells: bool = False

    @property
    def anywhere(self) -> bool:
        """Whether it fits every post of its moods."""
        return self.when is None and not self.names


class StockSentences:
    """The list, ready to be asked for the sentences that are true for a conversation."""

    def __init__(self, corpus: Path | None = None, folder: Path | None = None) -> None:
        """Args:
        corpus: folder with `simple.jsonl`; the shipped one by default.
        folder: an embedder's folder with `stock.safetensors`; the shipped one by default.

        Raises:
            ModelError: a file is missing or damaged, or the embeddings are of other sentences.
        """
        self.sentences, self._phrases, self._own = read((corpus or asset("corpus")) / "simple.jsonl")
        self._longest = max((p.count(" ") + 1 for p in self._phrases), default=0)
        self._means = _means((folder or asset("embedder")) / "stock.safetensors", self.sentences)

    def _said(self, text: str) -> set[int]:
        """Numbers of the groups of which `text` holds a phrase; every run of words is looked up once."""
        words, sentences = tokens(text)
        found: set[int] = set()
        for start in range(len(words)):
            for end in range(start + 1, min(start + self._longest, len(words)) + 1):
                groups = self._phrases.get(" ".join(words[start:end]), frozenset())
                if not groups <= found:
                    another = groups & self._own and of_another(words, start, end, sentences[start])
                    found |= groups - self._own if another else groups
        return found

    def fitting(
        self,
        conversation: Conversation,
        mechanisms: Iterable[Mechanism],
        limit: int,
        post: np.ndarray,
        mood: Mood = "sad",
    ) -> list[Stock]:
        """Sentences that are true for what the seeker wrote, those that name their person or are tied to its words first.

        A post often holds words of several themes; the group nearest in meaning tells what it is about.

        Args:
            conversation: only the seeker's own turns are looked at, 6,000 characters of them.
            mechanisms: those wanted.
            limit: most sentences of each mechanism.
            post: (384,) embedding of the post, of length 1.
            mood: of the post. Joy needs a glad one, sorrow that fits every post a sad one; the others get what says
                neither. The words of a plain one, without distress, only look like those of a theme.
        """
        turns = seeker_turns(conversation)
        text = " . ".join(turns)[-6000:]
        person = person_of(conversation.post[-6000:], " . ".join(turns))
        said = self._said(text)
        # Words of joy stand in sad posts too ("best day and worst day"): the whole post must be glad.
        said = said | {GLAD_GROUP} if mood == "glad" else said - {GLAD_GROUP}
        asks = bool(_ASKS.search(conversation.post))
        mine = [s for s in self.sentences if mood in s.moods and (asks or not s.asks)]
        true = [s for s in mine if (s.when is None or s.when in said) and s.unless not in said and (person or not s.names)]
        near = {number: float(self._means[number] @ post) for number in said & self._means.keys()}
        drawn = {s: lot(s.text, text) for s in true}
        chosen: list[Stock] = []
        for mechanism in mechanisms:
            # The groups nearest in meaning come first. Within a group the hash of post and sentence draws some, so that posts
            # about the same thing do not all get the one that is liked best.
            of_it = sorted((s for s in true if s.mechanism == mechanism), key=drawn.__getitem__)
            nearest = sorted(_few(s for s in of_it if s.when is not None), key=lambda s: -near[s.when])
            naming = [replace(s, text=person.put_into(s.text)) for s in of_it if s.names][:NAMING] if person else []
            anywhere = [s for s in of_it if s.anywhere][:ANYWHERE]
            # A third of the list could go to anybody: where the words misled, that is still true.
            general = min(limit, max(1, limit // 3))
            first = limit - general
            naming = naming[: first // 2]
            share = first - len(naming)
            tied = [*nearest[:share], *naming, *nearest[share:]]
            chosen += [*tied[:first], *anywhere[:general], *tied[first:], *anywhere[general:]][:limit]
        return chosen


def _few(sentences: Iterable[Stock]) -> Iterator[Stock]:
    """The first `DRAWN` of each group; joy is for every glad post, and no group of its own."""
    taken: Counter[int | None] = Counter()
    for s in sentences:
        taken[s.when] += 1
        if taken[s.when] <= DRAWN or s.when == GLAD_GROUP:
            yield s


def read(path: Path) -> tuple[list[Stock], dict[str, set[int]], set[int]]:
    """The sentences of a file, for every phrase the numbers of the groups that it belongs to, and the groups of which phrases
    must be said of the seeker.

    Raises:
        ModelError: the file is missing or damaged.
    """
    sentences: list[Stock] = []
    phrases: dict[str, set[int]] = {}
    own: set[int] = set()
    groups: dict[tuple[str, ...], int] = {}
    named: dict[str, list[str]] = {}

    def group(said: Sequence[str]) -> int | None:
        if isinstance(said, str):
            raise TypeError(f"{said!r} should be a list")
        key = tuple(said)
        if key and key not in groups:
            groups[key] = GLAD_GROUP if key == (GLAD,) else len(groups) + 1
            for name in said:
                for phrase in named[name] if name.startswith("@") else [name]:
                    phrases.setdefault(" ".join(tokens(phrase)[0]), set()).add(groups[key])
        return groups.get(key)

    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "list" in row:
                named[row["list"]] = row["phrases"]
                continue
            when, unless = group(row.get("when", ())), group(row.get("unless", ()))
            if not row.keys() & SHORT or row.keys() - SHORT.keys() - _KEYS:
                raise ValueError(f"the keys {list(row)}")
            if row.get("own"):
                if when is None:
                    raise ValueError("`own` without `when`")
                own.add(when)
            tells = bool(row.get("tells"))
            if tells and when is None:
                raise ValueError("`tells` without `when`")
            if when is not None and row.keys() & {"moods", "asks"}:
                raise ValueError("`moods` or `asks` with `when`")
            moods = frozenset(row.get("moods", ["sad"])) if when is None else _DISTRESSED
            if not moods <= set(get_args(Mood)):
                raise ValueError(f"the moods {row['moods']}")
            asks = bool(row.get("asks"))
            if when is not None and any("{" in text for short in SHORT for text in row.get(short, ())):
                raise ValueError("a place for a person with `when`")
            for short, mechanism in SHORT.items():
                sentences += [
                    Stock(text, mechanism, row["theme"], when, unless, moods, asks, "{person}" in text, tells)
                    for text in row.get(short, ())
                ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} cannot be read ({error!r}). Restore it with `git checkout -- assets/corpus`.") from error
    return sentences, phrases, own


def fingerprint(sentences: Sequence[Stock]) -> int:
    """What ties the stored embeddings to the sentences they are of."""
    return zlib.crc32("\n".join(s.text for s in sentences).encode())


def groups(sentences: Sequence[Stock]) -> dict[int, list[str]]:
    """The sentences of each group of phrases that a seeker must have used, by its number, in the order of the file."""
    found: dict[int, list[str]] = {}
    for s in sentences:
        if s.when is not None:
            found.setdefault(s.when, []).append(s.text)
    return found


def _means(path: Path, sentences: Sequence[Stock]) -> dict[int, np.ndarray]:
    """What each group is about: the mean embedding (384,) of its sentences, of length 1."""
    try:
        stored = load_file(path)
        if int(stored["fingerprint"][0]) != fingerprint(sentences):
            raise ModelError(f"{path} is of other sentences. Run `python -m training embedder --index-only`.")
        return dict(zip(groups(sentences), stored["means"].astype(np.float32) / 127, strict=True))
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}). Run `python -m training embedder --index-only`.") from error
