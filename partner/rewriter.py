"""The façade: from a conversation to ranked, safe, diverse edits. `ui`, `training` and `evaluation` call this."""

from __future__ import annotations

import hashlib
import threading
import zlib
from collections import ChainMap
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from partner import language, safety
from partner.candidates import Candidate, Draft, Sampling, State
from partner.crisis_model import CrisisDetector
from partner.danger import DangerReader
from partner.distress import DistressDetector
from partner.edits import apply
from partner.empathy import EmpathyScorer
from partner.facts import SYMPATHY, content
from partner.gestures import names_hardness, same_gesture
from partner.guards import Guard, cold, duplicate, out_of_tune
from partner.judge import Judge, Verdict
from partner.models import ModelError, asset
from partner.mood import MoodReader, decide
from partner.prompt import Place
from partner.quality import QualityClassifier
from partner.quick import load_reader
from partner.ranking import (
    UNJUDGED,
    Considered,
    Ranking,
    choose_places,
    clash,
    confidence,
    names_no_mood,
    need,
    pick,
    places_for_others,
    second_places,
    share_out,
    sound,
    standing,
    trust,
    value,
)
from partner.reading import describe
from partner.reasons import reason
from partner.reflection import reflections
from partner.retrieval import Retriever, query_text
from partner.stock import StockSentences
from partner.text import split
from partner.tone import ToneReader
from partner.types import MECHANISMS, Conversation, Edit, Empathy, Mechanism, MechanismScore, Mood, Result, Scores, Suggestion

ALREADY = "This reply already shows feeling, understanding and interest; it may not need anything."
MOSTLY = "This reply is already empathic; these are small additions at most."
NO_WORDS = "There are no words in the post to answer, so there is nothing to suggest."
NOT_ENGLISH = "Suggestions work for English only, and this post does not look English."
NOTHING_GOOD = "Nothing found that is good enough to suggest here."
# Sentences beyond this are scored in a window around the edit; a draft of a book must not take minutes.
WINDOW = 12
LATELY = 8
"""Posts of which is kept, in memory and without their words, what mood and danger are read from."""


@dataclass(frozen=True)
class _Asked:
    """One call of `suggest`, as far as it has been read.

    Attributes:
        conversation: post, history and reply; sentences: of the reply; before: their EPITOME; state: as the policy sees it.
        log_prob: of the places that candidates may take.
        most: suggestions at most; alternatives: other wordings wanted for each.
        post: (384,) embedding of the conversation; vectors: those of candidates, as far as they were needed.
        mood: of the post.
    """

    conversation: Conversation
    sentences: tuple[str, ...]
    before: Empathy
    state: State
    log_prob: dict[Place, float]
    most: int
    alternatives: int
    post: np.ndarray
    vectors: ChainMap[str, np.ndarray]
    mood: Mood

    @cached_property
    def said(self) -> frozenset[str]:
        """The post's own content words; sympathy that any post might hold is none."""
        history = (text for _, text in self.conversation.history)
        return frozenset(content(" ".join([self.conversation.post, *history])) - SYMPATHY)

    def held_by(self, sentence: str) -> bool:
        """Whether a sentence takes up a word of the post."""
        return bool(content(sentence) & self.said)


@dataclass(frozen=True)
class _Chosen:
    """A candidate that is shown, with other wordings for its place, best first."""

    first: Considered
    others: tuple[Considered, ...]


class Rewriter:
    """Suggests edits for a reply, offline.

    Args:
        checkpoint: a policy folder or Hugging Face name instead of the shipped policy.
        seed: of the sampling; the same seed and input give the same suggestions.
        ranking: weights and limits; by default those fitted with the policy's judge, or without one if it has none.

    Raises:
        ModelError: weights are missing or damaged; the message says which file and what to do.
    """

    def __init__(self, checkpoint: str | Path | None = None, seed: int = 0, ranking: Ranking | None = None) -> None:
        self.seed, self.sampling = seed, Sampling()
        self.policy = load_reader(checkpoint or asset("policy"))
        self.judge = Judge.load(Path(checkpoint or asset("policy")))
        self.mood = MoodReader.load(Path(checkpoint or asset("policy")))
        self.danger = DangerReader.load(Path(checkpoint or asset("policy")))
        if self.mood and self.danger and self.mood.layers != self.danger.layers:
            folder = checkpoint or asset("policy")
            raise ModelError(f"{folder}: its readers of moods and of danger read different layers; train one again.")
        self.tone = ToneReader.load(Path(checkpoint or asset("policy")))
        self.ranking = ranking or (Ranking() if self.judge else UNJUDGED)
        self.scorer = EmpathyScorer()
        self.classifier = QualityClassifier()
        self.retriever = Retriever(threads=2)
        self.stock = StockSentences()
        self._simple: dict[str, np.ndarray] = {}
        self._lately: dict[bytes, Tensor] = {}
        self._keeping = threading.Lock()
        self._detector = CrisisDetector(self.retriever.embedder)
        self.distress = DistressDetector(self.classifier)
        # One request for suggestions at a time: two would share two cores and both be slower.
        self._lock = threading.Lock()

    def score(self, conversation: Conversation) -> Empathy:
        """EPITOME scores of the reply as it stands."""
        return self.scorer.score([(conversation.post, conversation.reply)])[0]

    def crisis(self, conversation: Conversation) -> bool:
        """Whether the seeker, or somebody they write about, may be in danger of suicide or self-harm, as `suggest` decides."""
        if self._told(conversation):
            return True
        if not self.danger or not _readable(conversation):
            return False
        with torch.inference_mode():
            return self._in_danger(conversation)

    def draft(self, conversation: Conversation, n: int = 4) -> Result:
        """Suggestions for an empty reply: sentences to start from, to be applied in the order given."""
        return self.suggest(replace(conversation, reply=""), n)

    def suggest(
        self,
        conversation: Conversation,
        n: int = 4,
        alternatives: int = 0,
        mechanisms: Sequence[Mechanism] = MECHANISMS,
        at: int | None = None,
        tell: Callable[[Suggestion], None] | None = None,
    ) -> Result:
        """The best edits for a reply.

        Args:
            conversation: post, reply (may be empty) and earlier turns.
            n: most suggestions.
            alternatives: other wordings wanted for each suggestion.
            mechanisms: only suggest sentences of these.
            at: only suggest edits at this sentence of the reply (`partner.text.split`): in its place, before or after it.
            tell: called with each suggestion as soon as it is certain, in another order than the result's. The scores may
                differ in the last decimals from those without it.

        Returns:
            suggestions best first, jointly applicable; none (with a message) where nothing good was found.

        Raises:
            ValueError: the post is empty, n is not positive, or the reply has no sentence `at`.
        """
        if not conversation.post.strip():
            raise ValueError("The post is empty: paste the message that is being answered.")
        if n < 1:
            raise ValueError(f"n must be 1 or more, got {n}")
        with self._lock, torch.inference_mode():
            told: list[Suggestion] = []
            result = self._suggest(conversation, n, alternatives, tuple(mechanisms), at, tell and _teller(tell, told))
            for suggestion in result.suggestions if tell else ():
                if suggestion not in told:
                    tell(suggestion)
            return result

    def _suggest(
        self,
        conversation: Conversation,
        n: int,
        alternatives: int,
        mechanisms: tuple[Mechanism, ...],
        at: int | None,
        tell: Callable[[Suggestion], None] | None,
    ) -> Result:
        sentences = split(conversation.reply).sentences
        if at is not None and not 0 <= at < len(sentences):
            raise ValueError(f"The reply has {len(sentences)} sentences; there is no sentence {at}.")
        before = self.score(conversation)
        crisis = self._told(conversation)
        if not crisis and not language.has_words(conversation.post):
            return Result(conversation, False, before, message=NO_WORDS)
        if not crisis and not language.is_english(conversation.post):
            return Result(conversation, False, before, message=NOT_ENGLISH)
        state, post = self._state(conversation, sentences), self._meaning(conversation)
        described = None if crisis else self._described(conversation, (state, post))
        crisis = crisis or self._in_danger(conversation)
        draft = state.draft([self.tone.layer] if self.tone else ())
        hurtful = self._hurtful(draft, sentences, post, crisis, at)
        # Who asks for sentences of one kind wants nothing removed.
        removable = hurtful if mechanisms == MECHANISMS else []
        if crisis:
            vetted = self._vetted(conversation, hurtful, len(sentences), n, mechanisms, alternatives)
            return Result(conversation, True, before, _with_removals(vetted, sentences, removable, n), safety.CRISIS_NOTE)
        stop = float(draft.log_probs[-1].exp())
        # Who asks for one sentence or one mechanism wants it, however empathic the rest is.
        asks = at is not None or mechanisms != MECHANISMS
        message, most, mechanisms = ("", n, mechanisms) if asks else self._limit(before, stop, n)
        found: tuple[Suggestion, ...] = ()
        if most > 0:
            # What may hurt is replaced; the rest is what the supporter wants to say: edits go beside it.
            kept = set(range(len(sentences))) - set(hurtful)
            log_probs = draft.log_probs[:-1].tolist()
            chosen = choose_places(draft.places, log_probs, before, self.ranking.places, mechanisms, kept, at)
            theirs = places_for_others(draft.places, log_probs, chosen, hurtful)
            second = second_places(draft.places, log_probs, theirs, at)
            # Half of what is shown at most is kept free for removals.
            left = set(removable) - {p.at for p, _ in theirs.values() if p.op == "replace"}
            most = min(most, n - min(len(left), n // 2))
            log_prob = dict([*theirs.values(), *second.values(), *chosen])
            vectors, mood = ChainMap({}, self._simple), self._mood(conversation, described, post)
            asked = _Asked(conversation, tuple(sentences), before, state, log_prob, most, alternatives, post, vectors, mood)
            theirs, second = ({m: place for m, (place, _) in some.items()} for some in (theirs, second))
            found = self._found(asked, [p for p, _ in chosen], theirs, second, tell)
        suggestions = _with_removals(found, sentences, removable, n)
        return Result(conversation, False, before, suggestions, message if found or most == 0 else NOTHING_GOOD)

    def _hurtful(self, draft: Draft, sentences: Sequence[str], post: np.ndarray, crisis: bool, at: int | None) -> list[int]:
        """Numbers of the sentences of the draft that are likely to hurt, likeliest first."""
        ruled = {i: float(cold(sentence)) for i, sentence in enumerate(sentences)}
        told, read = ruled, [sentences[i] for i in draft.spans]
        if self.tone and read:
            told = self.tone.read(draft, read, post, self.retriever.embed(read))
        # In a crisis a phrase that is mostly cold needs less to be taken for it: what stands in its place is vetted.
        limits = {i: self.ranking.hurtful * (0.5 if crisis and ruled[i] else 1.0) for i in told}
        return sorted((i for i, p in told.items() if p >= limits[i] and at in (None, i)), key=lambda i: -told[i])

    def _found(
        self,
        asked: _Asked,
        places: Sequence[Place],
        theirs: dict[Mechanism, Place],
        second: dict[Mechanism, Place],
        tell: Callable[[Suggestion], None] | None,
    ) -> tuple[Suggestion, ...]:
        """People's sentences need no generation: where enough of them are trusted the policy does not write at all, and else
        the best of them, if trusted enough, is settled before it does.
        """
        people = self._read(asked, self._allowed(asked, self._of_people(asked, theirs)))
        considered = self._considered(asked, people, (), second)
        sure = self._sure(asked, considered)
        chosen = self._choose(asked, considered, sure)
        if len(chosen) == asked.most and all(self._trusted(x.first.candidate) for x in chosen):
            return self._suggestions(asked, chosen)
        first: tuple[Suggestion, ...] = ()
        if tell and sure:  # where nobody waits for it, its scores are computed with the others'
            first = self._suggestions(asked, sure)
            tell(first[0])
        written = self._read(asked, self._allowed(asked, self._written(asked, places)))
        considered = self._considered(asked, [*(x.candidate for x in considered), *written], considered)
        final = self._choose(asked, considered, sure)
        told = sure[: len(first)]
        rest = iter(self._suggestions(asked, [x for x in final if x not in told]))
        return tuple(first[told.index(x)] if x in told else next(rest) for x in final)

    def _state(self, conversation: Conversation, sentences: Sequence[str]) -> State:
        reader = self.mood or self.danger
        return State(self.policy, conversation, sentences, reader.layers[:1] if reader else ())

    def _meaning(self, conversation: Conversation) -> np.ndarray:
        """(384,) embedding of post and history."""
        return self.retriever.embed([query_text(conversation)])[0]

    def _described(self, conversation: Conversation, read: tuple[State, np.ndarray] | None = None) -> Tensor | None:
        """What mood and danger are read from; None without their readers. The page asks for danger again and again: it is kept.

        Args:
            read: state and embedding of the conversation, where they are known.
        """
        reader = self.mood or self.danger
        if reader is None:
            return None
        turns = repr((conversation.post, conversation.history)).encode("utf-8", "replace")
        key = hashlib.blake2b(turns, digest_size=16).digest()
        found = self._lately.get(key)
        if found is None:
            state, post = read or (self._state(conversation, ()), self._meaning(conversation))
            found = describe(state, reader.layers[1], post)
        with self._keeping:  # the latest come last
            self._lately.pop(key, None)
            self._lately[key] = found
            if len(self._lately) > LATELY:
                del self._lately[next(iter(self._lately))]
        return found

    def _told(self, conversation: Conversation) -> bool:
        """Whether rules and classifier tell of a crisis; less is enough for what the reader of danger will not see whole."""
        layout, post = self.policy.layout, conversation.post
        whole = len(post) < 8 * layout.budget.post and len(layout.text(post)) <= layout.budget.post
        return self._detector(conversation, certain=whole and self.danger is not None and _readable(conversation))

    def _in_danger(self, conversation: Conversation) -> bool:
        """Whether the reader of danger alarms. Turns of supporters are left out: asking about suicide is no sign of it."""
        if self.danger is None:
            return False
        theirs = tuple(turn for turn in conversation.history if turn[0] == "seeker")
        described = self._described(replace(conversation, history=theirs))
        return self.danger.alarms(float(self.danger(described)), conversation)

    def _mood(self, conversation: Conversation, described: Tensor | None, post: np.ndarray) -> Mood:
        """Of the post; without a reader of moods nothing is called glad."""

        def distressed() -> bool:
            return self.distress(conversation, post)

        if self.mood and described is not None:
            return decide(self.mood.read(described), distressed)
        return "sad" if distressed() else "plain"

    def _limit(self, before: Empathy, stop: float, n: int) -> tuple[str, int, tuple[Mechanism, ...]]:
        """An empathic reply gets few suggestions or none: only for what it lacks, and none where it lacks nothing."""
        lacking = tuple(m for m in MECHANISMS if getattr(before, m).level == 0)
        if len(lacking) >= 2:
            return "", n, MECHANISMS
        if not lacking:
            return ALREADY, 0, ()
        if stop > 0.5:
            return MOSTLY, 1, lacking
        return MOSTLY, min(n, 2), lacking

    def _vetted(
        self,
        conversation: Conversation,
        hurtful: Collection[int],
        end: int,
        n: int,
        mechanisms: Sequence[Mechanism],
        alternatives: int,
    ) -> tuple[Suggestion, ...]:
        """Crisis: sentences of the fixed, checked list, never generated ones; the first stand in place of what hurts."""
        ends = {"start": 0, "end": end}
        instead_of = iter(sorted(hurtful))

        def shown(v: safety.Vetted, instead: int | None) -> Suggestion:
            op, where = ("insert", ends[v.place]) if instead is None else ("replace", instead)
            edit = Edit(op, where, v.text, v.mechanism)
            return Suggestion(edit, None, v.reason, tuple(shown(other, instead) for other in v.others))

        wanted = [v for v in safety.vetted(conversation, n, alternatives) if v.mechanism in mechanisms]
        return tuple(shown(v, next(instead_of, None)) for v in wanted)

    def _of_people(self, asked: _Asked, theirs: dict[Mechanism, Place]) -> list[Candidate]:
        """Sentences of the corpus that take up a word of this post, and simple ones, each for the place of its mechanism."""
        # Without such a word a sentence written for a like post is wrong for this one in 58 of 100, or could go to anybody.
        # Nearly all were written for sad posts; where there is good news in the post too, their sorrow may be misplaced.
        found = [
            Candidate(theirs[f.mechanism], f.text, source="retrieved")
            for f in self.retriever.candidates(asked.conversation, tuple(theirs), self.ranking.retrieved, asked.post)
            if asked.held_by(f.text) and (asked.mood == "sad" or not out_of_tune(f.text, "glad"))
        ]
        simple = [
            Candidate(theirs[s.mechanism], s.text, source="anywhere" if s.anywhere else "stock", tells=s.tells)
            for s in self.stock.fitting(asked.conversation, theirs, self.ranking.stock, asked.post, asked.mood)
        ]
        return [*found, *simple, *self._reflected(asked, theirs)]

    def _reflected(self, asked: _Asked, theirs: Mapping[Mechanism, Place]) -> list[Candidate]:
        """What the post tells, said back in words of sorrow; only a judge knows what of it is the trouble."""
        if not self.judge or asked.mood not in ("sad", "mixed"):
            return []
        return [
            Candidate(theirs[r.mechanism], r.text, source="reflected", clause=r.clause)
            for r in reflections(asked.conversation.post, theirs, self.retriever.embedder.words)
        ]

    def _written(self, asked: _Asked, places: Sequence[Place]) -> list[Candidate]:
        """Sentences of the policy's own, for places of the mechanisms that it writes well enough."""
        post, reply = asked.conversation.post, asked.conversation.reply
        seed = zlib.crc32(f"{self.seed}\0{post}\0{reply}".encode("utf-8", "replace"))
        mine = [p for p in places if p.op != "delete" and p.mechanism in self.ranking.written]
        return (
            asked.state.sample(mine, self.ranking.samples, self.sampling, torch.Generator().manual_seed(seed)) if mine else []
        )

    def _allowed(self, asked: _Asked, drawn: Sequence[Candidate]) -> list[Candidate]:
        """Candidates that no guard refuses, each wording once a place; where there is no judge, with their quality."""
        guard = Guard(asked.conversation)
        pool: dict[tuple[Place, str], Candidate] = {}
        for candidate in drawn:
            key = (candidate.place, candidate.text.casefold())
            if key in pool or out_of_tune(candidate.text, asked.mood):
                continue
            if guard.refuse(candidate.text, reflects=bool(candidate.clause)) is None:
                pool[key] = candidate
        allowed = list(pool.values())
        if self.judge:
            return allowed
        qualities = self.classifier.quality(asked.conversation, [c.text for c in allowed])
        return [replace(c, quality=float(q)) for c, q in zip(allowed, qualities, strict=True)]

    def _read(self, asked: _Asked, pool: Sequence[Candidate]) -> list[Candidate]:
        """The candidates that look best at a glance, with what the policy's judge says of them; all of them if it has none."""
        if not self.judge:
            return list(pool)
        glances = self.judge.glance(pool, asked.post, self._embedded(asked, pool))
        # How likely a sentence is, is known of the policy's own before they are read.
        first = {
            c: self.ranking.tuned(glance, c, asked.mood) + self.ranking.likelihood * (c.log_likelihood or 0.0)
            for c, glance in zip(pool, glances, strict=True)
        }
        some = self._likeliest(asked, pool, self.ranking.read + self._more(asked), first.__getitem__)
        reflected = sorted((c for c in pool if c.clause and c not in some), key=first.__getitem__, reverse=True)
        some += reflected[: self.ranking.reflections]
        told = self.judge.read(asked.state, some, asked.post, self._embedded(asked, some))
        return [self._judged(asked, c, verdict) for c, verdict in zip(some, told, strict=True)]

    def _judged(self, asked: _Asked, candidate: Candidate, verdict: Verdict) -> Candidate:
        """The candidate with the judge's verdict, as far as it holds for a post of this mood."""
        judged = self.ranking.tuned(verdict.right, candidate, asked.mood)
        wrong = None if names_no_mood(candidate, asked.mood) else verdict.wrong + self.ranking.telling_wrong * candidate.tells
        return replace(candidate, judged=judged, wrong=wrong)

    def _embedded(self, asked: _Asked, candidates: Sequence[Candidate]) -> np.ndarray:
        """(candidates, 384) embeddings of their sentences, each computed once a call, of simple ones once for all calls."""
        new = {c.text: c.source in ("stock", "anywhere") for c in candidates if c.text not in asked.vectors}
        # In 8 bits a vector depends a little on its batch, and what is kept must not depend on the call that asked first.
        self._simple.update((text, self.retriever.embed([text])[0]) for text, simple in new.items() if simple)
        others = [text for text, simple in new.items() if not simple]
        asked.vectors.update(zip(others, self.retriever.embed(others), strict=True))
        return np.stack([asked.vectors[c.text] for c in candidates]) if candidates else np.zeros((0, asked.post.size))

    def _likeliest(
        self, asked: _Asked, pool: Sequence[Candidate], most: int, likely: Callable[[Candidate], float]
    ) -> list[Candidate]:
        """The likeliest candidates of each mechanism, one of which says something else than the first if any does, and half as
        many that take up a word of the post besides.
        """
        order = sorted(pool, key=likely, reverse=True)
        chosen: list[Candidate] = []
        for mechanism in dict.fromkeys(c.place.mechanism for c in order):
            first, *rest = (c for c in order if c.place.mechanism == mechanism)
            others, other = rest[: most - 1], next((c for c in rest if not self._alike(asked, c, first)), None)
            if most > 1 and other and other not in others:
                others[-1] = other
            chosen += [first, *others]
        return chosen + [c for c in order if c not in chosen and asked.held_by(c.text)][: most // 2]

    def _more(self, asked: _Asked) -> int:
        """How many more candidates of each mechanism are looked at for the sake of other wordings."""
        return min(asked.alternatives, self.ranking.wordings)

    def _considered(
        self,
        asked: _Asked,
        pool: Sequence[Candidate],
        known: Sequence[Considered],
        second: Mapping[Mechanism, Place] = MappingProxyType({}),
    ) -> list[Considered]:
        """The likeliest candidates that raise the empathy.

        Args:
            known: those that were considered already; they stay.
            second: another place of a mechanism, for half of its candidates.
        """
        done = [x.candidate for x in known]
        likeliest = self._likeliest(asked, pool, self.ranking.shortlist + self._more(asked), self.ranking.logit)
        new = share_out([c for c in likeliest if c not in done], second, partial(self._alike, asked))
        after = self._after(asked, [_edit(c) for c in new]) if new else []
        found = [Considered(c, a, a.total - asked.before.total, asked.held_by(c.text)) for c, a in zip(new, after, strict=True)]
        return [*known, *(x for x in found if x.gain > 0.05 * need(asked.before, x.candidate.place.mechanism))]

    def _after(self, asked: _Asked, edits: Sequence[Edit]) -> list[Empathy]:
        """EPITOME of the draft with each edit alone applied; of a long draft, in a window around the edit."""
        post, reply, sentences = asked.conversation.post, asked.conversation.reply, asked.sentences
        if len(sentences) <= 2 * WINDOW:
            return self.scorer.score([(post, apply(reply, [e])) for e in edits])
        windows = []
        for e in edits:
            low = max(0, e.at - WINDOW)
            near = " ".join(sentences[low : e.at + WINDOW])
            moved = replace(e, at=min(e.at - low, len(split(near).sentences) - (e.op != "insert")))
            windows.append((post, apply(near, [moved])))
        return [_at_least(asked.before, local) for local in self.scorer.score(windows)]

    def _sure(self, asked: _Asked, considered: Sequence[Considered]) -> list[_Chosen]:
        """The best of people's sentences with its other wordings, if it is trusted enough to be settled; else nothing."""
        if not considered:
            return []
        values = self._values(asked, considered)
        best = int(values.argmax())
        if trust(considered[best].candidate, self.ranking) < self.ranking.sure:
            return []
        return [_Chosen(considered[best], self._others(asked, considered, values, best, [best]))]

    def _values(self, asked: _Asked, considered: Sequence[Considered]) -> np.ndarray:
        log_probs = [asked.log_prob[x.candidate.place] for x in considered]
        post = asked.conversation.post
        return np.array([value(x, lp, post, self.ranking) for x, lp in zip(considered, log_probs, strict=True)])

    def _others(
        self, asked: _Asked, considered: Sequence[Considered], values: np.ndarray, i: int, taken: Sequence[int]
    ) -> tuple[Considered, ...]:
        """Other wordings for the place and mechanism of number `i`, none of them taken."""
        place = considered[i].candidate.place
        same = [
            considered[j]
            for j in np.argsort(-values)
            if j not in taken
            and considered[j].candidate.place.mechanism == place.mechanism
            and clash(place, considered[j].candidate.place)
        ]
        return tuple(same[: asked.alternatives])

    def _choose(self, asked: _Asked, considered: Sequence[Considered], sure: Sequence[_Chosen]) -> list[_Chosen]:
        """The final list, best first; what was settled before is part of it, as it was told."""
        if not considered:
            return []
        candidates = [x.candidate for x in considered]
        values = self._values(asked, considered)
        settled = [considered.index(x.first) for x in sure]
        embeddings = self._embedded(asked, candidates)

        def alike(i: int, j: int) -> bool:
            return self._alike(asked, candidates[i], candidates[j])

        def picked(most: int, before: list[int], least: float) -> list[int]:
            def fits(i: int, taken: Sequence[int]) -> bool:
                return trust(candidates[i], self.ranking) >= least and not any(alike(i, j) for j in taken)

            return pick(candidates, values, embeddings, most, self.ranking.trade_off, before, fits)

        kept = picked(asked.most, settled, self.ranking.enough)
        kept = picked(min(asked.most, max(len(kept), self.ranking.at_least)), kept, self.ranking.least)
        if not any(considered[i].holds for i in kept):
            kept = self._with_hold(considered, values, kept, asked.most, alike)
        kept.sort(key=lambda i: -standing(considered[i], asked.conversation.post, self.ranking))
        best = {candidates[i].place.mechanism: i for i in reversed(kept)}
        kept.sort(key=lambda i: i not in best.values())  # the best of each mechanism first
        taken = [*kept, *(considered.index(x) for chosen in sure for x in chosen.others)]
        chosen = dict(zip(settled, sure, strict=True))
        return [
            chosen[i] if i in chosen else _Chosen(considered[i], self._others(asked, considered, values, i, taken))
            for i in kept
        ]

    def _alike(self, asked: _Asked, one: Candidate, other: Candidate) -> bool:
        """Whether two sentences say or ask the same."""
        kind = one.place.mechanism if one.place.mechanism == other.place.mechanism else None
        asks = "exploration" in (one.place.mechanism, other.place.mechanism)
        # Whoever is told twice what they have said talks to a parrot.
        if one.clause and other.clause and (one.clause == other.clause or not asks):
            return True
        if kind == "emotional_reaction" and same_gesture(one.text, other.text):
            return True
        if one.source == other.source == "anywhere" and not asks:
            hard = [names_hardness(one.text), names_hardness(other.text)]
            if all(hard) or (kind == "interpretation" and not any(hard)):
                return True
        a, b = self._embedded(asked, [one, other])
        limit = self.ranking.one_thought if kind == "interpretation" else self.ranking.alike
        return bool(a @ b > limit) or duplicate(one.text, other.text)

    def _trusted(self, candidate: Candidate) -> bool:
        return trust(candidate, self.ranking) >= self.ranking.enough

    def _with_hold(
        self,
        considered: Sequence[Considered],
        values: np.ndarray,
        kept: list[int],
        n: int,
        alike: Callable[[int, int], bool],
    ) -> list[int]:
        """Simple sentences alone could go to anyone: the last place is for a plausible one about this very post."""
        for i in np.argsort(-values):
            x = considered[i]
            rest = kept[: max(n - 1, self.ranking.at_least)]
            free = not any(clash(x.candidate.place, considered[j].candidate.place) or alike(int(i), j) for j in rest)
            trusted = sound(x.candidate, self.ranking) and self._trusted(x.candidate)
            if x.holds and trusted and free and len(rest) < n:
                return [*rest, int(i)]
        return kept

    def _suggestions(self, asked: _Asked, chosen: Sequence[_Chosen]) -> tuple[Suggestion, ...]:
        """What is shown, with the scores that nothing was ranked by computed for these alone."""
        shown = [x for c in chosen for x in (c.first, *c.others)]
        if not shown:
            return ()
        candidates = [x.candidate for x in shown]
        edits = [_edit(c) for c in candidates]
        told, blind = self._likelihoods(asked.state, candidates)
        coherence = self.classifier.coherence(asked.conversation, edits, asked.sentences)
        sure = [confidence(c, self.ranking) for c in candidates]
        made = iter(
            Suggestion(
                edit,
                Scores(
                    before=asked.before,
                    after=x.after,
                    quality=quality,
                    fluency=float(np.exp(likelihood)),
                    specificity=likelihood - alone,
                    coherence=float(belongs),
                ),
                reason(edit, asked.conversation, asked.sentences, quality),
            )
            for x, edit, quality, likelihood, alone, belongs in zip(shown, edits, sure, told, blind, coherence, strict=True)
        )
        return tuple(replace(next(made), alternatives=tuple(next(made) for _ in c.others)) for c in chosen)

    def _likelihoods(self, state: State, candidates: Sequence[Candidate]) -> tuple[list[float], list[float]]:
        """Mean log-likelihoods, nats per token, under the post and without it; sampling has told some of the first."""
        unknown = [c for c in candidates if c.log_likelihood is None]
        found = state.log_likelihoods(unknown, candidates)
        others = iter(found)
        told = [next(others) if c.log_likelihood is None else c.log_likelihood for c in candidates]
        return told, found[len(unknown) :]


def _readable(conversation: Conversation) -> bool:
    """Whether there are English words to read in the post."""
    return language.has_words(conversation.post) and language.is_english(conversation.post)


def _teller(tell: Callable[[Suggestion], None], told: list[Suggestion]) -> Callable[[Suggestion], None]:
    """Tells, and keeps count of what was told."""

    def both(suggestion: Suggestion) -> None:
        told.append(suggestion)
        tell(suggestion)

    return both


def _with_removals(
    found: tuple[Suggestion, ...], sentences: Sequence[str], hurtful: Sequence[int], n: int
) -> tuple[Suggestion, ...]:
    """The suggestions, and behind them, up to `n` in all, to remove what hurts and none of them replaces."""
    left = [i for i in hurtful if not any(s.edit.op == "replace" and s.edit.at == i for s in found)]
    edits = [Edit("delete", i) for i in left[: n - len(found)]]
    return (*found, *(Suggestion(e, None, reason(e, Conversation(""), sentences)) for e in edits))


def _edit(c: Candidate) -> Edit:
    return Edit(c.place.op, c.place.at, c.text, c.place.mechanism)


def _at_least(whole: Empathy, local: Empathy) -> Empathy:
    """Per mechanism the stronger of two scores: a sentence far from the edit keeps what it carries."""
    best: list[MechanismScore] = []
    for m in MECHANISMS:
        a, b = getattr(whole, m), getattr(local, m)
        best.append(MechanismScore(a.probabilities if a.expected >= b.expected else b.probabilities))
    return Empathy(*best)
