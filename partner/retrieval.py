"""Candidate sentences from the corpus: what was said to people in a similar situation.

Posts are compared by the cosine of their sentence embeddings (Reimers and Gurevych, 2019). The index of posts is made by
`python -m training embedder`; the sentences are read from the corpus itself. Sentences written for a post about
suicide or self-harm are never offered for another post: those posts get vetted sentences only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from partner.corpus import opened, record_files
from partner.encoder import OnnxEncoder
from partner.facts import fits
from partner.models import ModelError, asset
from partner.types import Conversation, Mechanism

_MECHANISM: dict[str, Mechanism] = {"ER": "emotional_reaction", "IP": "interpretation", "EX": "exploration"}
# Wider than a crisis detector on purpose: losing a harmless record costs nothing.
_SELF_HARM = re.compile(
    r"suicid|self[- ]?harm|cut(ting)? (myself|again|my)|kill(ing)? (my|him|her|them)sel|end(ing)? (it all|my life|things)"
    r"|overdos|hurt(ing)? myself|want(ed|ing)? to die|(not|n't|never) wak(e|ing) up|better off without me|not be here"
    r"|(not|n't) (want to )?(be alive|live anymore|exist)|no reason to live|a plan to|razor|wish i was dead"
    r"|took (all )?(the|my) pills|took (his|her|their) (own )?life|disappear for ever|passive thoughts",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CorpusRecord:
    """One record of the corpus, as far as retrieval needs it.

    Attributes:
        id: the record's id, such as `"G-0001"`.
        conversation: its post, draft and history.
        sentences: authored sentences of empathic level 1 or 2 for this post, with their mechanism.
    """

    id: str
    conversation: Conversation
    sentences: tuple[tuple[str, Mechanism], ...]


@dataclass(frozen=True)
class Retrieved:
    """A sentence that was written for a similar post.

    Attributes:
        text: the sentence.
        mechanism: the EPITOME mechanism it was written to express.
        similarity: cosine between the two posts, -1 to 1.
        source_post_id: id of the record it was written for.
    """

    text: str
    mechanism: Mechanism
    similarity: float
    source_post_id: str


def query_text(conversation: Conversation) -> str:
    """What a conversation is found by: the post, then the last turn before it (a short post leans on that turn)."""
    last = conversation.history[-1][1] if conversation.history else ""
    return f"{conversation.post} {last}".strip()


class Embedder:
    """Sentence embeddings of length 1."""

    def __init__(self, folder: Path | None = None, threads: int = 1) -> None:
        """Args:
        folder: an embedder's folder; the shipped one by default.
        threads: CPU threads inside one operator.

        Raises:
            ModelError: files are missing or damaged.
        """
        self._encoder = OnnxEncoder(folder or asset("embedder"), threads)

    @cached_property
    def words(self) -> frozenset[str]:
        """The words, in lower case, that the encoder's vocabulary holds whole: common English, no typing errors."""
        return frozenset(filter(str.isalpha, self._encoder.tokenizer.tokenizer.get_vocab()))

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Embeddings `(len(texts), 384)`, float32, each of length 1; any Unicode, empty texts included."""
        if not texts:
            return np.zeros((0, 384), dtype=np.float32)
        # The encoder cuts by tokens; cutting characters first keeps a pasted book from being tokenised whole.
        encoded = self._encoder.run([(text[:4000], None) for text in texts])
        return np.stack([e.outputs["embedding"] for e in encoded]).astype(np.float32)


class Retriever:
    """Finds the corpus posts nearest to a conversation, and the sentences written for them."""

    def __init__(self, folder: Path | None = None, corpus: Path | None = None, threads: int = 1) -> None:
        """Args:
        folder: an embedder's folder with `index.safetensors`; the shipped one by default.
        corpus: folder of record files (`partner.corpus`); the shipped one by default.
        threads: CPU threads inside one operator.

        Raises:
            ModelError: files are missing or damaged, or the index names a record that the corpus lacks.
        """
        folder = folder or asset("embedder")
        self.embedder = Embedder(folder, threads)
        try:
            index = load_file(folder / "index.safetensors")
            ids = index["ids"].tobytes().decode().split("\n")
            embeddings = index["embeddings"].astype(np.float32) / 127
        except (SafetensorError, OSError, KeyError, UnicodeDecodeError) as error:
            raise ModelError(
                f"{folder / 'index.safetensors'} cannot be read ({error}). Run `python -m training embedder`."
            ) from error
        records = _read_corpus(corpus or asset("corpus"))
        missing = [i for i in ids if i not in records]
        if missing or len(ids) != len(embeddings):
            raise ModelError(
                f"the retrieval index does not fit the corpus (record {missing[:1]}). Run `python -m training embedder`."
            )
        # Records about self-harm are not offered at all.
        keep = [n for n, i in enumerate(ids) if records[i] is not None]
        self.records: list[CorpusRecord] = [records[ids[n]] for n in keep]
        self._embeddings = embeddings[keep]

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """As `Embedder.embed`: `(len(texts), 384)`, each of length 1."""
        return self.embedder.embed(texts)

    def nearest(
        self, conversation: Conversation, k_posts: int = 24, query: np.ndarray | None = None
    ) -> list[tuple[CorpusRecord, float]]:
        """The `k_posts` records whose posts are most like this one, nearest first, with their cosine.

        Args:
            query: (384,) embedding of `query_text(conversation)`, where it is known.
        """
        if not conversation.post.strip():
            return []
        similarity = self._embeddings @ (self.embed([query_text(conversation)])[0] if query is None else query)
        order = np.argsort(-similarity, kind="stable")[: max(0, k_posts)]
        return [(self.records[i], float(similarity[i])) for i in order]

    def candidates(
        self,
        conversation: Conversation,
        mechanisms: Sequence[Mechanism],
        limit: int,
        query: np.ndarray | None = None,
        k_posts: int = 160,
    ) -> list[Retrieved]:
        """Sentences written for the nearest posts, nearest post first, no wording twice.

        A sentence with a fact that this conversation lacks is left out (`partner.facts.fits`).

        Args:
            conversation: what to find sentences for.
            mechanisms: the EPITOME mechanisms wanted.
            limit: most sentences of each mechanism.
            query: (384,) embedding of `query_text(conversation)`, where it is known.
            k_posts: how many posts to look at.
        """
        said = " ".join([conversation.post, *(text for _, text in conversation.history)])
        found: dict[str, Retrieved] = {}
        counts = dict.fromkeys(mechanisms, 0)
        for record, similarity in self.nearest(conversation, k_posts, query):
            for text, kind in record.sentences:
                if counts.get(kind, limit) >= limit or text.casefold() in found or not fits(text, said):
                    continue
                found[text.casefold()] = Retrieved(text, kind, similarity, record.id)
                counts[kind] += 1
            if min(counts.values(), default=limit) >= limit:
                break
        return list(found.values())


def _read_corpus(folder: Path) -> dict[str, CorpusRecord | None]:
    """Records by id; None for those about self-harm. `crisis.jsonl` and the other side files are not records."""
    records: dict[str, CorpusRecord | None] = {}
    for path in record_files(folder):
        with opened(path) as file:
            for number, line in enumerate(file, 1):
                try:
                    row = json.loads(line)
                    records[row["id"]] = None if _about_self_harm(row) else _record(row)
                except (ValueError, KeyError, TypeError, IndexError) as error:
                    raise ModelError(
                        f"{path}:{number}: not a corpus record ({error!r}). Restore it with `git checkout`."
                    ) from error
    if not records:
        raise ModelError(f"{folder} holds no records. Restore it with `git checkout -- assets/corpus`.")
    return records


def _record(row: dict) -> CorpusRecord:
    sentences = [(e["text"], _MECHANISM[e["mech"]]) for e in row["edits"] if e.get("text") and e.get("mech")]
    sentences += [(text, _MECHANISM[m]) for m, items in row["more"].items() for text, level in items if level >= 1]
    history = tuple((role, text) for role, text in row.get("history", ()))
    return CorpusRecord(row["id"], Conversation(row["seeker"], " ".join(row["response"]), history), tuple(sentences))


def _about_self_harm(row: dict) -> bool:
    texts = [row.get("topic", ""), row["seeker"], *(text for _, text in row.get("history", ()))]
    texts += [e.get("text") or "" for e in row["edits"]] + [text for items in row["more"].values() for text, _ in items]
    return any(_SELF_HARM.search(text) for text in texts)
