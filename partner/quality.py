"""Is a sentence right for this post, and does it belong at this place in the reply?

One small BERT with two heads answers both (trained by `python -m training quality`). Up to sixteen candidates share one
encoded context: every candidate's tokens see the context and their own sentence, the context sees only itself. Each
candidate therefore gets the same answer alone or in company (rounding aside), at a fraction of the cost of encoding
every pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from partner.encoder import OnnxEncoder, PairTokenizer
from partner.models import ModelError, asset
from partner.text import split
from partner.types import Conversation, Edit

GAP = "[MASK]"
"""Marks the place of the candidate in the reply; a token the encoder knows from its own pretraining."""
PER_ROW = 16
SENTENCE_TOKENS = 48
_CHARACTERS = 6000


@dataclass(frozen=True)
class Packed:
    """Several candidates behind one context, as one row of tokens.

    Attributes:
        ids: token ids: `[CLS] context [SEP]`, then `sentence [SEP]` for each candidate.
        groups: 1 for the context, 2, 3, ... for the candidates; 0 is left for padding.
        spans: `(start, end)` of each candidate's tokens, its `[SEP]` included.
    """

    ids: list[int]
    groups: list[int]
    spans: list[tuple[int, int]]


def pack(tokenizer: PairTokenizer, context: Sequence[int], sentences: Sequence[Sequence[int]]) -> Packed:
    """Lay out token ids (without special tokens) of a context and of its candidates as one row.

    The context loses its middle beyond `tokenizer.max_tokens`, a sentence its end beyond `SENTENCE_TOKENS`.
    """
    room = tokenizer.max_tokens - 2
    if len(context) > room:
        context = [*context[: room - room // 3], *context[len(context) - room // 3 :]]
    ids = [tokenizer.cls, *context, tokenizer.sep]
    groups, spans = [1] * len(ids), []
    for number, sentence in enumerate(sentences, 2):
        start = len(ids)
        ids += [*sentence[:SENTENCE_TOKENS], tokenizer.sep]
        groups += [number] * (len(ids) - start)
        spans.append((start, len(ids)))
    return Packed(ids, groups, spans)


def pad_packed(tokenizer: PairTokenizer, rows: Sequence[Packed]) -> dict[str, np.ndarray]:
    """The model's inputs, int64 `(rows, longest)`: `attention_mask` holds the groups, `token_type_ids` is 1 on candidates."""
    ids = np.full((len(rows), max(len(r.ids) for r in rows)), tokenizer.pad, dtype=np.int64)
    groups = np.zeros_like(ids)
    for n, row in enumerate(rows):
        ids[n, : len(row.ids)], groups[n, : len(row.ids)] = row.ids, row.groups
    return {"input_ids": ids, "attention_mask": groups, "token_type_ids": (groups > 1).astype(np.int64)}


def post_context(conversation: Conversation) -> str:
    """What quality is judged against: the earlier turns and the post, in the order they were written.

    Of a long history the latest turns stay, up to 300 characters, so that the post itself is never crowded out.
    """
    history = " ".join(text for _, text in conversation.history[-4:])
    return f"{history[-300:]} {_bounded(conversation.post)}".strip()


def reply_context(sentences: Sequence[str], at: int, replaced: bool) -> str:
    """The reply with the candidate's place marked by `GAP`, three sentences each side at most.

    Args:
        sentences: the reply's sentences.
        at: the gap 0..n before which sentence the candidate goes, or the sentence it replaces.
        replaced: whether sentence `at` is left out.
    """
    before, after = sentences[max(0, at - 3) : at], sentences[at + replaced : at + replaced + 3]
    return " ".join([*map(_bounded, before), GAP, *map(_bounded, after)])


def coherence_pair(sentences: Sequence[str], edit: Edit) -> tuple[str, str]:
    """What coherence is judged by: the reply around an edit's place, and the sentence there (that which closes the gap of a
    `delete`; two empty texts where nothing is left).

    Raises:
        IndexError: the edit's place is not in the reply.
    """
    reply = list(sentences)
    if edit.at > len(reply) - (edit.op != "insert"):
        raise IndexError(f"{edit.op} at {edit.at}: the reply has {len(reply)} sentences")
    if edit.op != "delete":
        return reply_context(reply, edit.at, edit.op == "replace"), edit.text
    rest = reply[: edit.at] + reply[edit.at + 1 :]
    at = min(edit.at, len(rest) - 1)
    return (reply_context(rest, at, True), rest[at]) if rest else ("", "")


class QualityClassifier:
    """Probabilities that a candidate is right for a post, and that it belongs at its place in a reply."""

    def __init__(self, folder: Path | None = None, threads: int = 2) -> None:
        """Args:
        folder: holds `model.onnx` and `encoder.json`; the shipped classifier by default.
        threads: CPU threads inside one operator.

        Raises:
            ModelError: files are missing, damaged or of another model.
        """
        self._encoder = OnnxEncoder(folder or asset("quality"), threads)
        outputs = [o.name for o in self._encoder.session.get_outputs()]
        if outputs != ["logits"]:
            raise ModelError(f"{self._encoder.folder / 'model.onnx'} gives {outputs}, not logits: not a quality classifier")

    def quality(self, conversation: Conversation, sentences: Sequence[str]) -> np.ndarray:
        """Probability that a careful reader calls each sentence right for the post (and its history).

        Args:
            conversation: the exchange; its reply is not looked at.
            sentences: candidates; any text, blank ones get 0.

        Returns:
            `(len(sentences),)` float32 in 0..1, in the order given.
        """
        context = post_context(conversation)
        return self.probabilities([(context, sentence) for sentence in sentences], head=0)

    def coherence(
        self, conversation: Conversation, edits: Sequence[Edit], sentences: Sequence[str] | None = None
    ) -> np.ndarray:
        """Probability that each edit's sentence belongs in the reply at its place (PARTNER's r_c, WWW 2021).

        For a `delete` it is that of the sentence that closes the gap: the following one, or the last one left. Where
        nothing is left it is 0.

        Args:
            conversation: its reply is what the edits apply to; the post is not looked at.
            edits: edits with positions in the reply's original sentences.
            sentences: the reply's sentences where the caller has split it already.

        Returns:
            `(len(edits),)` float32 in 0..1, in the order given.

        Raises:
            IndexError: an edit's place is not in the reply.
        """
        reply = split(conversation.reply).sentences if sentences is None else sentences
        return self.probabilities([coherence_pair(reply, edit) for edit in edits], head=1)

    def probabilities(self, pairs: Sequence[tuple[str, str]], head: Literal[0, 1]) -> np.ndarray:
        """Sigmoid of one head's logit, averaged over each sentence's tokens, for pairs of any conversations at once.

        Args:
            pairs: `(post_context(...), sentence)` for quality, `coherence_pair(...)` for coherence.
            head: 0 for quality, 1 for coherence.
        """
        result = np.zeros(len(pairs), dtype=np.float32)
        tokenizer = self._encoder.tokenizer
        todo = [i for i, (_, sentence) in enumerate(pairs) if sentence.strip()]
        if not todo:
            return result
        contexts = list(dict.fromkeys(pairs[i][0] for i in todo))
        context_ids = {text: e.ids for text, e in zip(contexts, tokenizer.encode(contexts), strict=True)}
        ids = {i: e.ids for i, e in zip(todo, tokenizer.encode([_bounded(pairs[i][1]) for i in todo]), strict=True)}
        rows: list[tuple[Packed, list[int]]] = []
        for context in contexts:
            # Sentences of like length share a row, so that little is spent on padding.
            members = sorted((i for i in todo if pairs[i][0] == context), key=lambda i: len(ids[i]))
            for start in range(0, len(members), PER_ROW):
                chosen = members[start : start + PER_ROW]
                rows.append((pack(tokenizer, context_ids[context], [ids[i] for i in chosen]), chosen))
        rows.sort(key=lambda row: len(row[0].ids))
        for start in range(0, len(rows), 8):
            batch = rows[start : start + 8]
            logits = self._encoder.session.run(["logits"], pad_packed(tokenizer, [row for row, _ in batch]))[0]
            for n, (row, chosen) in enumerate(batch):
                for (a, b), i in zip(row.spans, chosen, strict=True):
                    result[i] = 1 / (1 + np.exp(-np.clip(logits[n, a:b, head].mean(), -30, 30)))
        return result


def mmr(relevance: np.ndarray, embeddings: np.ndarray, k: int, trade_off: float) -> list[int]:
    """Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): a short list that is good and not repetitive.

    Each step takes the item with the largest `trade_off * relevance - (1 - trade_off) * s`, s being its largest
    cosine to an item already taken.

    Args:
        relevance: `(n,)` larger is better, on the scale of a cosine.
        embeddings: `(n, d)`, rows of length 1.
        k: most items to take.
        trade_off: 1 looks at relevance only, 0 at novelty only.

    Returns:
        Indices in the order taken, `min(k, n)` of them; ties go to the lower index.
    """
    if not 0 <= trade_off <= 1:
        raise ValueError(f"trade_off must be between 0 and 1, got {trade_off}")
    relevance = np.asarray(relevance, dtype=np.float64)
    nearest = np.zeros(len(relevance))
    taken: list[int] = []
    free = np.ones(len(relevance), dtype=bool)
    while len(taken) < k and free.any():
        value = np.where(free, trade_off * relevance - (1 - trade_off) * nearest, -np.inf)
        best = int(value.argmax())
        likeness = embeddings @ embeddings[best]
        nearest = np.maximum(nearest, likeness) if taken else likeness
        taken.append(best)
        free[best] = False
    return taken


def _bounded(text: str) -> str:
    """Both ends of a very long text: the tokenizer would cut the middle out anyway, after reading all of it."""
    return text if len(text) <= _CHARACTERS else f"{text[: _CHARACTERS // 2]} {text[-_CHARACTERS // 2 :]}"
