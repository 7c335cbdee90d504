"""Training examples of the empathy scorer: real replies as they are, authored ones put together anew each epoch."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from partner.empathy import windows
from partner.encoder import PairTokenizer
from partner.types import MECHANISMS, Mechanism
from training.data.records import Record

UNKNOWN = -100
Spans = tuple[tuple[int, int], ...]

# What a bad sentence says nothing sure about. EPITOME counts shared experience as interpretation, kind wishes as weak
# emotional reaction and any question as exploration, so these kinds teach no zero there. A sentence with a wrong fact
# is empathic in form and is left out altogether.
UNSURE_BAD: dict[str, tuple[Mechanism, ...]] = {
    "self_focus": ("interpretation",),
    "echo": ("interpretation",),
    "generic": ("emotional_reaction", "interpretation"),
    "blame": ("exploration",),
    "toxic_positivity": ("emotional_reaction",),
    "promise": ("emotional_reaction",),
}
WEAK_SHARE = 0.25  # of the good sentences drawn are weak ones, for every mechanism alike
LEFT_OUT = {"wrong_fact"}

# Words with which a sentence written for one mechanism also expresses another.
ALSO: dict[Mechanism, re.Pattern[str]] = {
    "emotional_reaction": re.compile(
        r"\b(sorry|feel for you|my heart|breaks? my heart|hugs?|glad|proud|i hope|hoping|wish(ing)? you|care about|worried|"
        r"moved|touched|makes? me|hurts to|congrat\w*|well done|thank)\b",
        re.I,
    ),
    "interpretation": re.compile(
        r"\b(must|no wonder|of course|sounds?|seems?|makes sense|understand\w*|imagine|i get (it|how|why|that)|i see (how|why)|"
        r"been there|feel(s|ing)? (like|so|as)|probably|natural|anyone would)\b",
        re.I,
    ),
    "exploration": re.compile(r"\?"),
}


@dataclass(frozen=True)
class Item:
    """One training example.

    Attributes:
        post: the seeker's post.
        reply: what is judged.
        levels: level 0-2 per mechanism in the order of `MECHANISMS`, or `UNKNOWN`.
        spans: per mechanism the character spans of `reply` that carry it, or None where unknown.
        weight: weight of its loss.
    """

    post: str
    reply: str
    levels: tuple[int, ...]
    spans: tuple[Spans | None, ...]
    weight: float = 1.0


@dataclass(frozen=True)
class _Part:
    """A sentence, what it adds, and for which mechanisms its levels are unsure."""

    text: str
    levels: dict[Mechanism, int]
    unsure: tuple[Mechanism, ...] = ()


def epitome_item(record: Record) -> Item:
    """A real pair with its levels; the rationale of a level above 0 is unknown where the annotators gave none."""
    reply = record.conversation.reply
    spans: list[Spans | None] = []
    for m in MECHANISMS:
        found = tuple((reply.index(r), reply.index(r) + len(r)) for r in record.rationales[m] if r)
        spans.append(None if record.levels[m] and not found else found)
    return Item(record.conversation.post, reply, tuple(record.levels[m] for m in MECHANISMS), tuple(spans))


def window_item(item: Item, tokenizer: PairTokenizer, rng: random.Random) -> Item:
    """One window of a reply too long for the model, as `partner.empathy` will read it; other items unchanged.

    The window keeps a level only where it holds some of the rationale, else it is level 0. Half of the time it is
    the window with the most rationale, else any.
    """
    (spans,) = windows(tokenizer, [(item.post, item.reply)])
    if len(spans) < 2:
        return item

    def inside(window: tuple[int, int], of: Spans | None) -> Spans:
        clipped = ((max(a, window[0]) - window[0], min(b, window[1]) - window[0]) for a, b in of or ())
        return tuple((a, b) for a, b in clipped if a < b)

    if rng.random() < 0.5:
        chosen = max(spans, key=lambda w: sum(b - a for s in item.spans for a, b in inside(w, s)))
    else:
        chosen = rng.choice(spans)
    kept = tuple(None if s is None else inside(chosen, s) for s in item.spans)
    levels = tuple(UNKNOWN if s is None else level if s else 0 for level, s in zip(item.levels, kept, strict=True))
    return Item(item.post, item.reply[chosen[0] : chosen[1]], levels, kept, item.weight)


class AuthoredSampler:
    """Draws examples from the project's own records: a draft, alone or with sentences put in at varied places.

    A good sentence lifts its own mechanism to its level. Nothing is lifted by neutral sentences (drafts of other posts
    without empathy), bad ones, sentences copied from the post and good ones with their words shuffled: the last two
    are what a policy finds that looks for gaps in its reward. Where a sentence may say something about another
    mechanism too, or the annotation is unsure, the level is `UNKNOWN` instead of guessed.
    """

    def __init__(self, records: Sequence[Record], weight: float) -> None:
        self.records = list(records)
        self.weight = weight
        self.with_bad = [r for r in self.records if any(kind not in LEFT_OUT for _, kind in r.bad)]
        self.neutral = [s for r in self.records if not any(r.levels.values()) for s in r.sentences]
        self.with_weak = {m: [r for r in self.records if (m, 1) in {x[1:] for x in r.more}] for m in MECHANISMS}

    def draw(self, count: int, rng: random.Random) -> list[Item]:
        """`count` fresh examples."""
        kinds = {
            "draft": 12,
            "good": 34,
            "alone": 8,
            "two": 14,
            "neutral": 9,
            "good+neutral": 8,
            "bad": 9,
            "copied": 3,
            "shuffled": 3,
        }
        return [self._draw(kind, rng) for kind in rng.choices(list(kinds), list(kinds.values()), k=count)]

    def _draw(self, kind: str, rng: random.Random) -> Item:
        mechanism = rng.choice(MECHANISMS)
        weak = rng.random() < WEAK_SHARE
        among = self.with_bad if kind == "bad" else self.with_weak[mechanism] if weak else self.records
        record = rng.choice(among or self.records)
        draft = list(record.sentences)
        if kind == "draft" and draft:
            return self._join(record, draft, [], rng)
        if kind == "neutral" and self.neutral:
            return self._join(record, draft, [_Part(rng.choice(self.neutral), {})], rng)
        if kind == "bad" and self.with_bad:
            text, why = rng.choice([b for b in record.bad if b[1] not in LEFT_OUT])
            return self._join(record, draft, [_Part(text, {}, UNSURE_BAD.get(why, ()))], rng)
        if kind == "copied":
            text = rng.choice(re.split(r"(?<=[.!?])\s+", record.conversation.post))
            return self._join(record, draft, [_Part(text, {}, ("exploration",) if "?" in text else ())], rng)
        first = self._good(record, rng, mechanism, weak)
        if kind == "shuffled":
            words = first.text.split()
            rng.shuffle(words)
            unsure = () if len(words) > 4 else MECHANISMS
            return self._join(record, draft, [_Part(" ".join(words), {}, unsure)], rng)
        added = [first]
        if kind == "two":
            added.append(self._good(record, rng, rng.choice([m for m in MECHANISMS if m != mechanism]), weak))
        elif kind == "good+neutral" and self.neutral:
            added.append(_Part(rng.choice(self.neutral), {}))
        return self._join(record, [] if kind == "alone" else draft, added, rng)

    @staticmethod
    def _good(record: Record, rng: random.Random, mechanism: Mechanism, weak: bool) -> _Part:
        """A good sentence of one mechanism, weak or strong as asked where the record has one."""
        of = [(s, level) for s, m, level in record.more if m == mechanism]
        of += [(e.text, 2) for e in record.edits if e.op == "insert" and e.mechanism == mechanism]
        text, level = rng.choice([x for x in of if x[1] == (1 if weak else 2)] or of)
        unsure = tuple(m for m in MECHANISMS if m != mechanism and ALSO[m].search(text))
        return _Part(text, {mechanism: level}, unsure)

    def _join(self, record: Record, draft: list[str], added: list[_Part], rng: random.Random) -> Item:
        parts = [_Part(s, {}) for s in draft]
        for part in added:
            parts.insert(rng.randint(0, len(parts)), part)
        reply, places = "", {}
        for part in parts:
            reply += " " if reply else ""
            places[id(part)] = (len(reply), len(reply) + len(part.text))
            reply += part.text
        base = record.levels if draft else {}
        levels, spans = [], []
        for m in MECHANISMS:
            level = max([base.get(m, 0), *(p.levels.get(m, 0) for p in added)])
            if level < 2 and any(m in p.unsure for p in added):
                levels.append(UNKNOWN)
                spans.append(None)
                continue
            levels.append(level)
            # the draft's own rationale is not marked, so spans are known only where the draft has none
            unmarked = base.get(m, 0) > 0 or any(m in p.unsure for p in added)
            spans.append(None if unmarked else tuple(places[id(p)] for p in added if m in p.levels))
        return Item(record.conversation.post, reply, tuple(levels), tuple(spans), self.weight)
