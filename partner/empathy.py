"""EPITOME empathy of a reply to a post: levels 0-2 of three mechanisms and the words that carry them.

The mechanisms and levels are those of Sharma et al., "A Computational Approach to Understanding Empathy Expressed
in Text-Based Mental Health Support" (EMNLP 2020). The model is one cross-encoder with three level heads and three
rationale heads; `training/scorer.py` trains it and `assets/scorer/README.md` says how good it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Encoding

from partner.encoder import Encoded, OnnxEncoder, PairTokenizer
from partner.models import ModelError, asset
from partner.types import MECHANISMS, Empathy, MechanismScore

RATIONALE_THRESHOLD = 0.5
_SENTENCE_END = frozenset(".!?")
_NONE = MechanismScore((1.0, 0.0, 0.0))


class EmpathyScorer:
    """Scores replies in batches.

    A reply too long for the model beside its post is read in windows that end at sentence ends. Each mechanism takes
    the probabilities of the window where its expected level is highest, because an empathic passage does not become
    less so by what surrounds it; the rationale is that of all windows that reach the mechanism.
    """

    def __init__(self, folder: Path | None = None, threads: int = 2) -> None:
        """Args:
        folder: a folder as `training.scorer` writes it; the shipped `assets/scorer` by default.
        threads: CPU threads.

        Raises:
            ModelError: a file is missing, damaged, or not a scorer.
        """
        folder = asset("scorer") if folder is None else Path(folder)
        self.encoder = OnnxEncoder(folder, threads=threads)
        shapes = {output.name: output.shape for output in self.encoder.session.get_outputs()}
        if shapes != {"levels": ["batch", 3, 3], "rationales": ["batch", "length", 3]}:
            raise ModelError(f"{folder / 'model.onnx'} is not an empathy scorer: its outputs are {shapes}")

    def score(self, pairs: Sequence[tuple[str, str]], batch_size: int = 32) -> list[Empathy]:
        """EPITOME of each `(post, reply)`, in the order given.

        Args:
            pairs: post and reply; either may be empty. A reply without a word scores zero on everything and is not
                shown to the model.
            batch_size: most windows in one batch; memory grows with it, results do not depend on it beyond the
                rounding of 8-bit arithmetic.
        """
        pieces: list[tuple[str, str]] = []
        origins: list[tuple[int, int]] = []
        for number, ((post, reply), spans) in enumerate(zip(pairs, windows(self.encoder.tokenizer, pairs), strict=True)):
            for start, end in spans:
                if any(c.isalnum() for c in reply[start:end]):
                    pieces.append((post, reply[start:end]))
                    origins.append((number, start))
        read: list[list[tuple[int, Encoded]]] = [[] for _ in pairs]
        for (number, start), encoded in zip(origins, self.encoder.run(pieces, batch_size), strict=True):
            read[number].append((start, encoded))
        return [
            Empathy(*(_mechanism(reply, parts, m) for m in range(len(MECHANISMS))))
            for (_, reply), parts in zip(pairs, read, strict=True)
        ]


def windows(tokenizer: PairTokenizer, pairs: Sequence[tuple[str, str]]) -> list[list[tuple[int, int]]]:
    """Character spans of each reply that fit the model beside the post: one for most replies.

    Windows do not overlap, are of similar length and end at a sentence end where there is one near. They leave the
    post as much room as `PairTokenizer` would.
    """
    firsts = tokenizer.encode([post for post, _ in pairs])
    seconds = tokenizer.encode([reply for _, reply in pairs])
    return [_windows(tokenizer, len(a), b, reply) for a, b, (_, reply) in zip(firsts, seconds, pairs, strict=True)]


def _windows(tokenizer: PairTokenizer, first: int, second: Encoding, reply: str) -> list[tuple[int, int]]:
    total = len(second)
    room = tokenizer.max_tokens - 3
    if first + total <= room:
        return [(0, len(reply))]
    room -= min(first, int(tokenizer.first_cap * tokenizer.max_tokens))
    tokens, offsets = second.tokens, second.offsets
    spans, start = [], 0
    while start < total:
        count = -(-(total - start) // room)
        aim = start + -(-(total - start) // count)
        ends = [i + 1 for i in range((start + aim) // 2, min(start + room, total)) if tokens[i] in _SENTENCE_END]
        end = total if count == 1 else min(ends, key=lambda i: abs(i - aim), default=aim)
        while not _starts_word(tokens, end) and end > start + 1:
            end -= 1
        end = end if _starts_word(tokens, end) else aim  # a word longer than a window is cut
        spans.append((offsets[start][0], offsets[end - 1][1]))
        start = end
    return spans


def _starts_word(tokens: list[str], i: int) -> bool:
    return i == len(tokens) or not tokens[i].startswith("##")


def _mechanism(reply: str, parts: list[tuple[int, Encoded]], mechanism: int) -> MechanismScore:
    """Join the windows of one reply for one mechanism."""
    if not parts:
        return _NONE
    scores = [
        MechanismScore(
            _distribution(encoded.outputs["levels"][mechanism]),
            tuple((start + a, start + b) for a, b in _rationale(encoded, mechanism)),
        )
        for start, encoded in parts
    ]
    best = max(scores, key=lambda s: s.expected)
    if best.level == 0:
        return MechanismScore(best.probabilities)
    spans = [span for s in scores if s.level > 0 for span in s.rationale]
    return MechanismScore(best.probabilities, merge_words(reply, spans))


def _distribution(values: np.ndarray) -> tuple[float, float, float]:
    total = float(values.sum())
    return tuple(float(v) / total for v in values)


def _rationale(encoded: Encoded, mechanism: int) -> list[tuple[int, int]]:
    """Spans of the tokens marked as rationale; at least the strongest token, since a level above 0 has a reason."""
    tokens = encoded.tokens
    marked = encoded.outputs["rationales"][tokens.second : tokens.second_end, mechanism]
    if not len(marked):
        return []
    return [tokens.offsets[i] for i in np.flatnonzero(marked >= min(RATIONALE_THRESHOLD, marked.max()))]


def merge_words(text: str, spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Widen spans to whole words (runs without blanks) and join those with nothing but blanks between them."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        while start > 0 and not text[start - 1].isspace():
            start -= 1
        while end < len(text) and not text[end].isspace():
            end += 1
        if merged and not text[merged[-1][1] : start].strip():
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
