"""`python -m training implicit-rewards`: rewards that a conversation gives away without being asked for.

People show in how they go on what they thought of a reply (Jaques et al., arXiv 1907.00456). Each function takes one
conversation and gives one number a turn of the supporter; the names in `IMPLICIT` are the columns that they fill. None of
them knows what a conversation is about: a sad answer may be the subject's doing and not the reply's, so use several, with
small weights, and look at what they reward.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file
from tqdm import tqdm

from partner.models import ModelError, asset
from partner.retrieval import Embedder
from training.data.conversations import Conversations, Turn, read_conversations, write_conversations
from training.data.records import DataError

POSITIVE = frozenset(
    "anticipating caring confident content excited faithful grateful hopeful impressed joyful prepared proud trusting".split()
)
"""Emotions that count +1; surprised, nostalgic and sentimental count 0, the other sixteen -1."""
NEITHER = frozenset(("surprised", "nostalgic", "sentimental"))

QUESTION_WORDS = re.compile(r"\b(?:who|what|why|where|how|when)\b", re.IGNORECASE)
LAUGHTER = re.compile(r"\b(?:a?(?:ha){2,}h?|a?(?:he){2,}|lo+l|lmf?ao|rofl)\b|😂|🤣|😆|😄", re.IGNORECASE)
MOST_WORDS, MOST_LAUGHS = 30, 4


class Sentiment:
    """Valence of texts: probability of a positive emotion minus that of a negative one, -1 to 1.

    The published work weighs the emoji that DeepMoji predicts for a text; here it is the 32 emotions of the shipped
    classifier (`assets/classifiers`).

    Args:
        embedder: the shipped sentence embedder, which the classifier reads.
        folder: the classifier's; the shipped one by default.

    Raises:
        ModelError: the classifier is missing or damaged.
    """

    def __init__(self, embedder: Embedder, folder: Path | None = None) -> None:
        folder = folder or asset("classifiers")
        try:
            names = json.loads((folder / "labels.json").read_text(encoding="utf-8"))["emotion"]
            stored = load_file(folder / "model.safetensors")
            self._weight, self._bias = stored["emotion.weight"].astype(np.float32), stored["emotion.bias"].astype(np.float32)
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise ModelError(f"{folder} has no emotion classifier ({error}). Run `python -m training classifiers`.") from error
        self._valence = np.array([0.0 if n in NEITHER else 1.0 if n in POSITIVE else -1.0 for n in names], dtype=np.float32)
        self._embedder = embedder

    def __call__(self, texts: Sequence[str]) -> list[float]:
        """The valence of each text."""
        logits = self._embedder.embed(list(texts)) @ self._weight + self._bias
        odds = np.exp(logits - logits.max(-1, keepdims=True))
        return [float(v) for v in (odds / odds.sum(-1, keepdims=True)) @ self._valence]


@dataclass
class Models:
    """What some rewards need, loaded when one first asks."""

    threads: int = 1

    @cached_property
    def embedder(self) -> Embedder:
        return Embedder(threads=self.threads)

    @cached_property
    def sentiment(self) -> Sentiment:
        return Sentiment(self.embedder)


def supporter_turns(turns: Sequence[Turn]) -> list[int]:
    """Numbers of the supporter's turns."""
    return [n for n, turn in enumerate(turns) if turn.role == "supporter"]


def answer(turns: Sequence[Turn], n: int) -> str:
    """What the seeker said to turn `n`; empty if nothing."""
    return turns[n + 1].text if n + 1 < len(turns) and turns[n + 1].role == "seeker" else ""


def asked(turns: Sequence[Turn], n: int) -> str:
    """What the seeker had said before turn `n`; empty if nothing."""
    return turns[n - 1].text if n and turns[n - 1].role == "seeker" else ""


def words_elicited(turns: Sequence[Turn], models: Models) -> list[float]:
    """Words of the seeker's next turn, at most 30 (a pasted page is no better than a long answer)."""
    return [float(min(MOST_WORDS, len(answer(turns, n).split()))) for n in supporter_turns(turns)]


def sentiment(turns: Sequence[Turn], models: Models) -> list[float]:
    """Valence of the seeker's next turn, -1 to 1; 0 where there is none."""
    return _valences([answer(turns, n) for n in supporter_turns(turns)], models)


def sentiment_change(turns: Sequence[Turn], models: Models) -> list[float]:
    """Valence of the seeker's next turn minus that of the turn before, -2 to 2; 0 where one is missing.

    This takes the subject out, as far as both turns speak of it.
    """
    pairs = [(asked(turns, n), answer(turns, n)) for n in supporter_turns(turns)]
    before, after = _valences([a for a, _ in pairs], models), _valences([b for _, b in pairs], models)
    return [y - x if a and b else 0.0 for (a, b), x, y in zip(pairs, before, after, strict=True)]


def question(turns: Sequence[Turn], models: Models) -> list[float]:
    """Whether the supporter asks: half for a question mark, half for a question word."""
    texts = [turns[n].text for n in supporter_turns(turns)]
    return [0.5 * ("?" in text) + 0.5 * bool(QUESTION_WORDS.search(text)) for text in texts]


def laughter(turns: Sequence[Turn], models: Models) -> list[float]:
    """Laughs in the seeker's next turn ("haha", "lol", a laughing face), at most 4."""
    return [float(min(MOST_LAUGHS, len(LAUGHTER.findall(answer(turns, n))))) for n in supporter_turns(turns)]


def similarity(turns: Sequence[Turn], models: Models) -> list[float]:
    """Cosine of the embeddings of the supporter's turn and the seeker's turn before, -1 to 1; 0 where there is none."""
    pairs = [(asked(turns, n), turns[n].text) for n in supporter_turns(turns)]
    full = [k for k, (before, _) in enumerate(pairs) if before]
    values = [0.0] * len(pairs)
    if full:
        vectors = models.embedder.embed([pairs[k][0] for k in full] + [pairs[k][1] for k in full])
        for k, value in zip(full, (vectors[: len(full)] * vectors[len(full) :]).sum(-1), strict=True):
            values[k] = float(value)
    return values


def conversation_length(turns: Sequence[Turn], models: Models, discount: float = 0.95) -> list[float]:
    """Length of the conversation in the supporter's turns, received at the last turn but one and discounted backwards.

    The last turn earns nothing: after it the seeker left.
    """
    count = len(supporter_turns(turns))
    return [count * discount ** (count - 2 - k) if k < count - 1 else 0.0 for k in range(count)]


def _valences(texts: Sequence[str], models: Models) -> list[float]:
    full = [k for k, text in enumerate(texts) if text]
    values = [0.0] * len(texts)
    for k, value in zip(full, models.sentiment([texts[k] for k in full]) if full else (), strict=True):
        values[k] = value
    return values


IMPLICIT: dict[str, Callable[[Sequence[Turn], Models], list[float]]] = {
    f"reward_{function.__name__}": function
    for function in (words_elicited, sentiment, sentiment_change, question, laughter, similarity, conversation_length)
}


def add_rewards(conversations: Conversations, names: Iterable[str], models: Models) -> Conversations:
    """The conversations with the named columns of `IMPLICIT` filled in for every turn of the supporter.

    Raises:
        DataError: a name is unknown.
    """
    names = list(names)
    unknown = [name for name in names if name not in IMPLICIT]
    if unknown:
        raise DataError(f"no implicit reward is called {', '.join(unknown)}: there are {', '.join(IMPLICIT)}")
    found: Conversations = {}
    for number, turns in tqdm(conversations.items(), desc="rewards", unit=" conversations", disable=None):
        columns = {name: IMPLICIT[name](turns, models) for name in names}
        new = list(turns)
        for k, n in enumerate(supporter_turns(turns)):
            new[n] = replace(turns[n], rewards={**turns[n].rewards, **{name: values[k] for name, values in columns.items()}})
        found[number] = new
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("conversations", type=Path, help="CSV with the columns conversation, role and text, one turn a row")
    parser.add_argument("--out", type=Path, required=True, help="CSV to write, with the columns added")
    parser.add_argument("--reward", nargs="+", default=list(IMPLICIT), help="columns to compute")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the embedder")


def run(args: argparse.Namespace) -> int:
    conversations = add_rewards(read_conversations(args.conversations), args.reward, Models(args.threads))
    write_conversations(args.out, conversations)
    values = {
        name: [turn.rewards[name] for turns in conversations.values() for turn in turns if turn.role == "supporter"]
        for name in args.reward
    }
    for name, numbers in values.items():
        if numbers:
            print(f"{name}: mean {np.mean(numbers):.3f}, standard deviation {np.std(numbers):.3f}, {len(numbers)} turns")
    return 0
