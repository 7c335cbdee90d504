"""A second pair of eyes on crisis posts: what the rules of `partner.safety` have no words for.

A linear classifier on the sentence embeddings that retrieval uses anyway (trained by `python -m training
crisis-classifier`). It asks for less certainty where the post speaks of death or harm at all. It only ever adds to the
rules: a miss costs more than a false alarm, which merely brings vetted sentences and a note.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from partner import safety
from partner.models import ModelError, asset, linear
from partner.retrieval import Embedder
from partner.text import split
from partner.types import Conversation

SPEAKS_OF_DEATH = re.compile(
    r"\b(?:die|dies|dying|dead|death|kill\w*|suicid\w*|wrists?|overdos\w*|unalive\w*|kms|slit|mutilat\w*"
    r"|self[- ]?harm\w*|hang(?:ing)? myself"
    r"|notes? (?:is |are )?written|gone by|end (?:it|this|everything|things|all|my)|ending (?:it|this|everything|all|my)"
    r"|not? (?:to )?(?:exist|be here|wake)"
    r"|exist(?:ing|ence)?|alive|to live|living|slipped|experience any more|no way out|want out|hurt(?:ing)? myself)\b",
    re.IGNORECASE,
)
# "One wont kill you": nobody's death. Of oneself ("won't kill me") it may be meant.
IDIOM = re.compile(r"\b(?:wo|would)n['’]?t kill (?:you|u|ya|him|her|them|us|any(?:one|body))\b", re.IGNORECASE)
# Said in passing or as a joke, it still has to be taken seriously.
NAMES_A_METHOD = re.compile(
    r"\bslit\w* (?:my|your|their|the) wrists?\b"
    r"|\b(?:building|bridge|roof|ledge|cliff)\b.{0,160}\b(?:jump\w*|slip\w*|who would care|let go)\b"
    r"|\b(?:jump\w*|step\w*) (?:off|in front)\b.{0,40}\b(?:building|bridge|roof|ledge|cliff|train|car|bus)\b",
    re.IGNORECASE | re.DOTALL,
)
MOST_PARTS = 14


class CrisisDetector:
    """Rules and classifier together.

    Args:
        embedder: the shared sentence embedder.
        folder: holds `model.safetensors` and `thresholds.json`; the shipped one by default.

    Raises:
        ModelError: files are missing or damaged.
    """

    def __init__(self, embedder: Embedder, folder: Path | None = None) -> None:
        folder = folder or asset("crisis")
        self._weight, self._bias = linear(folder)
        try:
            thresholds = json.loads((folder / "thresholds.json").read_text(encoding="utf-8"))
            self._limits = {
                False: (float(thresholds["speaks_of_death"]), float(thresholds["otherwise"])),
                True: (float(thresholds["speaking_certain"]), float(thresholds["otherwise_certain"])),
            }
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"{folder / 'thresholds.json'} cannot be read ({error}). Restore it with `git checkout -- assets/crisis`."
            ) from error
        self._embedder = embedder

    def __call__(self, conversation: Conversation, certain: bool = False) -> bool:
        """Whether the seeker, or somebody they write about, may be in danger of suicide or self-harm.

        Args:
            certain: whether the classifier must be nearly certain of the post, because a policy's reader reads it besides.
        """
        if safety.crisis(conversation):
            return True
        *earlier, post = safety.seeker_turns(conversation)
        found = any(self._probable(text, False) for text in earlier if text.strip())
        return found or (bool(post.strip()) and self._probable(post, certain))

    def _probable(self, text: str, certain: bool) -> bool:
        if NAMES_A_METHOD.search(text):
            return True
        speaking, silent = self._limits[certain]
        return self.probability(text) >= (speaking if speaks_of_death(text) else silent)

    def probability(self, text: str) -> float:
        """The larger of p(crisis) of the whole text and 0.9 times that of its two-sentence parts, 0 to 1."""
        scores = self.probabilities(parts(text))
        return float(max(scores[0], 0.9 * scores[1:].max(initial=0.0)))

    def probabilities(self, texts: list[str]) -> np.ndarray:
        """p(crisis) of each text by itself, `(len(texts),)`."""
        return 1 / (1 + np.exp(-(self._embedder.embed(texts) @ self._weight + self._bias)))


def speaks_of_death(text: str) -> bool:
    """Whether a text speaks of death or harm at all."""
    return bool(SPEAKS_OF_DEATH.search(IDIOM.sub(" ", text)))


def parts(text: str) -> list[str]:
    """The whole text, then its pairs of neighbouring sentences: one line in a long post must not drown in the rest.

    Of a very long post the first and the last sentences.
    """
    sentences = split(text[:20_000]).sentences
    starts = (
        range(len(sentences))
        if len(sentences) <= MOST_PARTS
        else [*range(MOST_PARTS // 2), *range(len(sentences) - MOST_PARTS // 2, len(sentences))]
    )
    return [text[:1500], *(" ".join(sentences[i : i + 2]) for i in starts if len(sentences) > 1)]
