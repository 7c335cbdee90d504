"""What the quality classifier learns from: a context with sentences that are right and sentences that are wrong for it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from partner.facts import foreign_facts
from partner.quality import post_context, reply_context
from partner.text import split
from training.data.judged import Judged
from training.data.records import Record
from training.quality_negatives import (
    GENERIC,
    borrow_fact,
    change_fact,
    cut_off,
    echo,
    flip_negation,
    reverse_roles,
    scramble,
    splice,
    swap_person,
)

QUALITY, COHERENCE = 0, 1
# Labels of the authored bad sentences: 0 where not named.
_BAD_LABELS = {"generic": 0.2, "echo": 0.1, "advice": 0.05}
# Kinds that are bad wherever they stand, so that they can be put to other posts too.
_ANYWHERE = frozenset("toxic_positivity promise blame medical self_focus off_topic advice generic unsafe".split())
_JUDGED = {"right": 1.0, "generic": 0.3, "wrong_fact": 0.0, "unnatural": 0.0, "harmful": 0.0}
_OWN_STORY = re.compile(r"\bI (was|had|used|went|did)\b")


@dataclass(frozen=True)
class Item:
    """One sentence to judge.

    Attributes:
        text: the sentence.
        label: the probability to learn, 0 to 1.
        weight: how much it counts.
        kind: `"good"`, or why it is not; what the evaluation reports by.
    """

    text: str
    label: float
    weight: float
    kind: str


@dataclass(frozen=True)
class Row:
    """Sentences judged against one context, for one head (`QUALITY` or `COHERENCE`)."""

    context: str
    items: tuple[Item, ...]
    head: int


@dataclass(frozen=True)
class Neighbours:
    """The nearest other records of each record, by the embedding of the post.

    Attributes:
        order: `(n, k)` indices into the records, nearest first, never the record itself.
        similarity: `(n, k)` cosines.
    """

    order: np.ndarray
    similarity: np.ndarray

    @classmethod
    def of(cls, queries: np.ndarray, pool: np.ndarray, k: int, same: bool) -> Neighbours:
        """From embeddings of length 1; `same` says that queries and pool are the same records."""
        cosines = queries @ pool.T
        if same:
            np.fill_diagonal(cosines, -np.inf)
        order = np.argsort(-cosines, axis=1)[:, :k]
        return cls(order, np.take_along_axis(cosines, order, axis=1))


def good_sentences(record: Record) -> list[tuple[str, float]]:
    """The authored sentences for a post, with their label: weak ones (level 1) are a little less than right."""
    good = [(e.text, 1.0) for e in record.edits if e.text]
    return good + [(text, 1.0 if level == 2 else 0.85) for text, _, level in record.more if level >= 1]


def judged_rows(judged: Iterable[Judged]) -> list[Row]:
    """Sentences judged one by one (`training.data.judged`), one row for each post."""
    posts: dict[str, list[Item]] = {}
    for j in judged:
        kind = "good" if j.label == "right" else f"judged_{j.source}_{j.label}"
        posts.setdefault(post_context(j.record.conversation), []).append(Item(j.sentence, _JUDGED[j.label], 1.0, kind))
    return [Row(context, tuple(items), QUALITY) for context, items in posts.items()]


class Sampler:
    """Draws rows of good and bad sentences; another draw each epoch."""

    def __init__(
        self,
        records: Sequence[Record],
        near: Neighbours,
        pool: Sequence[Record],
        seed: int,
    ) -> None:
        """Args:
        records: the records to make rows for.
        near: for each of them, its neighbours among `pool`.
        pool: records whose sentences serve as those of other posts.
        seed: of the draws.
        """
        self.records, self.near, self.pool = records, near, pool
        self.rng = random.Random(seed)
        self._good = [good_sentences(r) for r in pool]
        self._anywhere = [(text, kind) for r in pool for text, kind in r.bad if kind in _ANYWHERE]

    def quality_row(self, n: int, good: int | None = 5) -> Row:
        """Good and bad sentences for record `n`; `good` limits the former, None keeps all."""
        rng, record = self.rng, self.records[n]
        context = post_context(record.conversation)
        own = good_sentences(record)
        chosen = own if good is None else rng.sample(own, min(good, len(own)))
        items = [Item(text, label, 1.0, "good") for text, label in chosen]
        items += [Item(text, _BAD_LABELS.get(kind, 0.0), 2.0, kind) for text, kind in record.bad]
        for place in rng.sample(range(min(12, self.near.order.shape[1])), 3):
            items.append(self._borrowed(context, int(self.near.order[n, place]), float(self.near.similarity[n, place])))
        items.append(self._borrowed(context, rng.randrange(len(self.pool)), 0.0))
        # Beside the sentence they were made from: the ranking loss then sees what little differs.
        for text, _ in rng.sample(chosen, min(4, len(chosen))):
            items += self._spoiled(text, n, context)
        if rng.random() < 0.4 and (text := echo(record.conversation.post, rng)):
            items.append(Item(text, 0.1, 1.0, "echo_made"))
        if rng.random() < 0.5:
            items.append(Item(rng.choice(GENERIC), 0.3, 1.0, "sympathy"))
        if rng.random() < 0.5 and self._anywhere:
            text, kind = rng.choice(self._anywhere)
            items.append(Item(text, _BAD_LABELS.get(kind, 0.0) / 2, 0.7, "other_bad"))
        removed = [record.sentences[e.at] for e in record.edits if e.op != "insert"]
        if removed and rng.random() < 0.6:
            items.append(Item(rng.choice(removed), 0.05, 1.0, "cold_draft"))
        return Row(context, tuple(items), QUALITY)

    def _borrowed(self, context: str, other: int, similarity: float) -> Item:
        """A good sentence of another post. A vague one may happen to fit: of judged retrieved sentences 15 % were right."""
        text, _ = self.rng.choice(self._good[other])
        kind = "near" if similarity else "random"
        if foreign_facts(text, post_context(self.pool[other].conversation), context):
            return Item(text, 0.0, 1.0, f"{kind}_other_facts")
        return Item(text, 0.2 if similarity else 0.1, 0.5, f"{kind}_vague")

    def _spoiled(self, text: str, n: int, context: str) -> list[Item]:
        """A spoiled version of a good sentence of record `n`, or nothing where no way of spoiling applies."""
        rng = self.rng
        other = self.pool[int(self.near.order[n, rng.randrange(self.near.order.shape[1])])]
        ways = [
            ("changed_fact", 0.0, lambda: change_fact(text, context, rng)),
            ("borrowed_fact", 0.0, lambda: borrow_fact(text, context, other.conversation.post, rng)),
            ("reversed_roles", 0.0, lambda: reverse_roles(text, rng)),
            ("swapped_person", 0.0, lambda: swap_person(text, rng)),
            ("flipped_negation", 0.1, lambda: flip_negation(text, rng)),
            ("cut_off", 0.1, lambda: cut_off(text, rng)),
            ("spliced", 0.0, lambda: splice(text, rng.choice(good_sentences(other))[0], rng)),
            ("scrambled", 0.05, lambda: scramble(text, rng)),
        ]
        rng.shuffle(ways)
        for kind, label, make in ways:
            made = make()
            if made and made.strip() and made != text:
                return [Item(made, label, 1.5, kind)]
        return []

    def coherence_row(self, n: int) -> Row | None:
        """Which sentence belongs at one place of the reply: an edit's own, or a sentence the draft has there."""
        rng, record = self.rng, self.records[n]
        draft = list(record.sentences)
        edits = [e for e in record.edits if e.op != "delete"]
        drafted = not edits or (len(draft) > 1 and rng.random() < 0.25)
        if not drafted:
            edit = rng.choice(edits)
            context, true = reply_context(draft, edit.at, edit.op == "replace"), edit.text
        elif len(draft) > 1:
            at = rng.randrange(len(draft))
            context, true = reply_context(draft, at, True), draft[at]
            draft.pop(at)
        else:
            return None
        items = [Item(true, 1.0, 2.0, "good")]
        near = [self.pool[int(i)] for i in self.near.order[n]]
        strangers = ((rng.choice(near), "near_reply"), *((rng.choice(self.pool), "other_reply") for _ in range(2)))
        for other, kind in strangers:
            # Of the same sort as the true one: else "empathic or not" would give the answer away.
            texts = other.sentences if drafted and other.sentences else [t for t, _ in good_sentences(other)]
            items.append(Item(rng.choice(texts), 0.1 if kind == "near_reply" else 0.0, 1.0, kind))
        if draft:
            items.append(Item(rng.choice(draft), 0.0, 1.0, "repeats_reply"))
        spoiled = (("cut_off", cut_off(true, rng)), ("spliced", splice(true, rng.choice(good_sentences(near[0]))[0], rng)))
        for kind, made in spoiled:
            if made and rng.random() < 0.6:
                items.append(Item(made, 0.1, 1.0, kind))
        return Row(context, tuple(items), COHERENCE)


class ForumSampler:
    """Rows for real forum posts: what people answered with strong empathy against what was said to others.

    Only replies with a level 2 emotional reaction or exploration lend good sentences, and of these only sentences that
    carry the rationale and tell nothing of the writer's own life.
    """

    def __init__(self, records: Sequence[Record], pool: Sequence[Record], seed: int) -> None:
        self.records, self.pool, self.rng = records, pool, random.Random(seed)
        self._good = [self._best(r) for r in records]
        self._replies = [split(r.conversation.reply).sentences for r in records]

    @staticmethod
    def _best(record: Record) -> list[str]:
        spans = [s for m in ("emotional_reaction", "exploration") if record.levels[m] == 2 for s in record.rationales[m]]
        sentences = [s for s in split(record.conversation.reply).sentences if 5 <= len(s.split()) <= 30]
        told = re.compile(r"\bI (was|had|went|did|got|used)\b|\b(my|me too|myself|same here)\b", re.IGNORECASE)
        return [s for s in sentences if not told.search(s) and any(s in span or span in s for span in spans)]

    def quality_row(self, n: int) -> Row:
        rng, record = self.rng, self.records[n]
        context = post_context(record.conversation)
        items = [Item(s, 0.9, 1.0, "good") for s in self._good[n][:2]]
        for s in self._good[n][:1]:
            if made := swap_person(s, rng) or cut_off(s, rng):
                items.append(Item(made, 0.05, 1.0, "forum_spoiled"))
        other = rng.randrange(len(self.records))
        if self._replies[other] and self.records[other].conversation.post != record.conversation.post:
            items.append(Item(rng.choice(self._replies[other]), 0.05, 0.5, "forum_other"))
        for _ in range(6):
            lender = rng.choice(self.pool)
            text, _ = rng.choice(good_sentences(lender))
            if foreign_facts(text, post_context(lender.conversation), context):
                items.append(Item(text, 0.0, 1.0, "forum_other_facts"))
        own = [s for s in self._replies[n] if _OWN_STORY.search(s)]
        if own:
            items.append(Item(rng.choice(own), 0.05, 1.0, "forum_own_story"))
        if rng.random() < 0.4 and (text := echo(record.conversation.post, rng)):
            items.append(Item(text, 0.1, 1.0, "echo_made"))
        if rng.random() < 0.4:
            items.append(Item(rng.choice(GENERIC), 0.35, 1.0, "sympathy"))
        return Row(context, tuple(items), QUALITY)

    def coherence_row(self, n: int) -> Row | None:
        """A sentence of a real reply at its place, against one of another reply and one that repeats a neighbour."""
        rng, reply = self.rng, self._replies[n]
        other = self._replies[rng.randrange(len(self.records))]
        if not 2 <= len(reply) <= 12 or not other or set(other) & set(reply):
            return None
        at = rng.randrange(len(reply))
        rest = reply[:at] + reply[at + 1 :]
        lender = rng.choice(self.pool)
        items = [
            Item(reply[at], 1.0, 1.0, "good"),
            Item(rng.choice(other), 0.0, 1.0, "other_reply"),
            Item(rng.choice(rest[max(0, at - 3) : at + 3]), 0.0, 1.0, "repeats_reply"),
            Item(rng.choice(good_sentences(lender))[0], 0.05, 1.0, "other_reply"),
        ]
        return Row(reply_context(reply, at, True), tuple(items), COHERENCE)
