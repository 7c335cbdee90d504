"""The façade: from a conversation to ranked, safe, diverse edits. `ui`, `training` and `evaluation` call this."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from partner import language, safety
from partner.candidates import Candidate, Sampling, State, mood, without_post
from partner.crisis_model import CrisisDetector
from partner.edits import apply
from partner.empathy import EmpathyScorer
from partner.facts import SYMPATHY, content
from partner.guards import Guard, cold, duplicate, practical
from partner.models import asset
from partner.policy import PartnerPolicy
from partner.prompt import Place
from partner.quality import QualityClassifier
from partner.ranking import Considered, Ranking, choose_places, clash, need, pick, places_for_others, trust, value
from partner.reasons import reason
from partner.retrieval import Retriever
from partner.stock import StockSentences
from partner.text import split
from partner.types import MECHANISMS, Conversation, Edit, Empathy, Mechanism, MechanismScore, Result, Scores, Suggestion

ALREADY = "This reply already shows feeling, understanding and interest; it may not need anything."
MOSTLY = "This reply is already empathic; these are small additions at most."
NO_WORDS = "There are no words in the post to answer, so there is nothing to suggest."
NOT_ENGLISH = "Suggestions work for English only, and this post does not look English."
NOTHING_GOOD = "Nothing found that is good enough to suggest here."
# Sentences beyond this are scored in a window around the edit; a draft of a book must not take minutes.
WINDOW = 12


class Rewriter:
    """Suggests edits for a reply, offline.

    Args:
        checkpoint: a policy folder or Hugging Face name instead of the shipped policy.
        seed: of the sampling; the same seed and input give the same suggestions.
        ranking: weights and limits.

    Raises:
        ModelError: weights are missing or damaged; the message says which file and what to do.
    """

    def __init__(self, checkpoint: str | Path | None = None, seed: int = 0, ranking: Ranking | None = None) -> None:
        self.ranking, self.seed, self.sampling = ranking or Ranking(), seed, Sampling()
        self.policy = PartnerPolicy.load(checkpoint or asset("policy")).eval()
        self.scorer = EmpathyScorer()
        self.classifier = QualityClassifier()
        self.retriever = Retriever()
        self.stock = StockSentences()
        self.crisis = CrisisDetector(self.retriever.embedder)
        # One request at a time: two would share two cores and both be slower.
        self._lock = threading.Lock()

    def score(self, conversation: Conversation) -> Empathy:
        """EPITOME scores of the reply as it stands."""
        return self.scorer.score([(conversation.post, conversation.reply)])[0]

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
    ) -> Result:
        """The best edits for a reply.

        Args:
            conversation: post, reply (may be empty) and earlier turns.
            n: most suggestions.
            alternatives: other wordings wanted for each suggestion.
            mechanisms: only suggest sentences of these.
            at: only suggest edits at this sentence of the reply (`partner.text.split`): in its place, before or after it.

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
            return self._suggest(conversation, n, alternatives, tuple(mechanisms), at)

    def _suggest(
        self, conversation: Conversation, n: int, alternatives: int, mechanisms: tuple[Mechanism, ...], at: int | None
    ) -> Result:
        sentences = split(conversation.reply).sentences
        if at is not None and not 0 <= at < len(sentences):
            raise ValueError(f"The reply has {len(sentences)} sentences; there is no sentence {at}.")
        before = self.score(conversation)
        if self.crisis(conversation):
            return Result(conversation, True, before, self._vetted(conversation, sentences, n, mechanisms), safety.CRISIS_NOTE)
        if not language.has_words(conversation.post):
            return Result(conversation, False, before, message=NO_WORDS)
        if not language.is_english(conversation.post):
            return Result(conversation, False, before, message=NOT_ENGLISH)
        state = State(self.policy, conversation, sentences)
        places, log_probs = state.where()
        stop = float(log_probs[-1].exp())
        # Who asks for one sentence or one mechanism wants it, however empathic the rest is.
        message, most, mechanisms = ("", n, mechanisms) if at is not None else self._limit(before, stop, n, mechanisms)
        if most == 0:
            return Result(conversation, False, before, message=message)
        # Replacing sound advice would change what the supporter wants to say; it gets sentences beside it.
        kept = {i for i, sentence in enumerate(sentences) if practical(sentence)}
        chosen = choose_places(places, log_probs[:-1].tolist(), before, self.ranking.places, mechanisms, kept, at)
        theirs = places_for_others(
            places, log_probs[:-1].tolist(), chosen, {i for i, sentence in enumerate(sentences) if cold(sentence)}
        )
        pool = self._pool(conversation, state, chosen, {m: place for m, (place, _) in theirs.items()})
        considered = self._considered(conversation, sentences, pool, before)
        final = self._choose(conversation.post, considered, dict([*theirs.values(), *chosen]), most, alternatives)
        suggestions = self._suggestions(conversation, sentences, before, final)
        return Result(conversation, False, before, suggestions, message if suggestions else NOTHING_GOOD)

    def _limit(
        self, before: Empathy, stop: float, n: int, mechanisms: tuple[Mechanism, ...]
    ) -> tuple[str, int, tuple[Mechanism, ...]]:
        """An empathic reply gets few suggestions or none: only for what it lacks, and none where it lacks nothing."""
        lacking = tuple(m for m in mechanisms if getattr(before, m).level == 0)
        if mechanisms != MECHANISMS or len(lacking) >= 2:
            return "", n, mechanisms
        if not lacking:
            return ALREADY, 0, ()
        if stop > 0.5:
            return MOSTLY, 1, lacking
        return MOSTLY, min(n, 2), lacking

    def _vetted(
        self, conversation: Conversation, sentences: Sequence[str], n: int, mechanisms: Sequence[Mechanism]
    ) -> tuple[Suggestion, ...]:
        """Crisis: sentences of the fixed, checked list, never generated ones."""
        ends = {"start": 0, "end": len(sentences)}
        return tuple(
            Suggestion(Edit("insert", ends[v.place], v.text, v.mechanism), None, v.reason)
            for v in safety.vetted(conversation, n)
            if v.mechanism in mechanisms
        )

    def _pool(
        self,
        conversation: Conversation,
        state: State,
        chosen: list[tuple[Place, float]],
        theirs: dict[Mechanism, Place],
    ) -> list[Candidate]:
        """Generated, retrieved and simple candidates that no guard refuses, each wording once, with their likelihood."""
        places = [place for place, _ in chosen if place.op != "delete"]
        seed = zlib.crc32(f"{self.seed}\0{conversation.post}\0{conversation.reply}".encode("utf-8", "replace"))
        drawn = state.sample(places, self.ranking.samples, self.sampling, torch.Generator().manual_seed(seed))
        drawn += [
            Candidate(theirs[found.mechanism], found.text, source="retrieved")
            for found in self.retriever.candidates(conversation, tuple(theirs), self.ranking.retrieved)
        ]
        drawn += [
            Candidate(theirs[s.mechanism], s.text, source="stock", anywhere=s.when is None)
            for s in self.stock.fitting(conversation, theirs, self.ranking.stock, mood(state))
        ]
        guard = Guard(conversation)
        pool: dict[tuple[Place, str], Candidate] = {}
        for candidate in drawn:
            key = (candidate.place, candidate.text.casefold())
            if key not in pool and guard.refuse(candidate.text) is None:
                pool[key] = candidate
        return self._with_likelihood(state, list(pool.values()))

    def _with_likelihood(self, state: State, pool: list[Candidate]) -> list[Candidate]:
        """Sampling has told the likelihood of what it wrote; the others are run once."""
        unknown = [k for k, c in enumerate(pool) if c.log_likelihood is None]
        for k, likelihood in zip(unknown, state.log_likelihoods([pool[k] for k in unknown]), strict=True):
            pool[k] = replace(pool[k], log_likelihood=likelihood)
        return pool

    def _considered(
        self, conversation: Conversation, sentences: Sequence[str], pool: list[Candidate], before: Empathy
    ) -> list[Considered]:
        """The most trusted candidates of each mechanism, and those with most hold on the post, that raise the empathy."""
        said = content(" ".join([conversation.post, *(text for _, text in conversation.history)])) - SYMPATHY
        order = sorted(pool, key=self.ranking.logit, reverse=True)
        holding = [c for c in order if content(c.text) & said]
        candidates: list[Candidate] = []
        for c in order:
            if sum(other.place.mechanism == c.place.mechanism for other in candidates) < self.ranking.shortlist:
                candidates.append(c)
        candidates += [c for c in holding if c not in candidates][: self.ranking.shortlist]
        if not candidates:
            return []
        after = self._after(conversation, sentences, [_edit(c) for c in candidates], before)
        found = [Considered(c, a, a.total - before.total, c in holding) for c, a in zip(candidates, after, strict=True)]
        return [x for x in found if x.gain > 0.05 * need(before, x.candidate.place.mechanism)]

    def _after(
        self, conversation: Conversation, sentences: Sequence[str], edits: Sequence[Edit], before: Empathy
    ) -> list[Empathy]:
        """EPITOME of the draft with each edit alone applied; of a long draft, in a window around the edit."""
        if len(sentences) <= 2 * WINDOW:
            return self.scorer.score([(conversation.post, apply(conversation.reply, [e])) for e in edits])
        windows = []
        for e in edits:
            low = max(0, e.at - WINDOW)
            near = " ".join(sentences[low : e.at + WINDOW])
            windows.append(
                (
                    conversation.post,
                    apply(near, [replace(e, at=min(e.at - low, len(split(near).sentences) - (e.op != "insert")))]),
                )
            )
        return [_at_least(before, local) for local in self.scorer.score(windows)]

    def _choose(
        self, post: str, considered: list[Considered], place_log_prob: dict[Place, float], n: int, alternatives: int
    ) -> list[tuple[Considered, list[Considered]]]:
        """The final list, each with other wordings for its place, best first."""
        if not considered:
            return []
        candidates = [x.candidate for x in considered]
        values = np.array([value(x, place_log_prob[x.candidate.place], post, self.ranking) for x in considered])
        embeddings = self.retriever.embed([c.text for c in candidates])
        kept: list[int] = []
        for i in pick(candidates, values, embeddings, n, self.ranking.trade_off):
            good = trust(considered[i], self.ranking) >= self.ranking.enough or len(kept) < self.ranking.at_least
            if good and not any(duplicate(candidates[i].text, candidates[j].text) for j in kept):
                kept.append(i)
        if not any(considered[i].holds for i in kept):
            kept = self._with_hold(considered, values, kept, n)
        chosen = []
        for i in kept:
            place = candidates[i].place
            same = [
                j
                for j in np.argsort(-values)
                if j not in kept and clash(place, candidates[j].place) and candidates[j].place.mechanism == place.mechanism
            ]
            chosen.append((considered[i], [considered[j] for j in same[:alternatives]]))
        return chosen

    def _with_hold(self, considered: list[Considered], values: np.ndarray, kept: list[int], n: int) -> list[int]:
        """Simple sentences alone could go to anyone: the last place is for a plausible one about this very post."""
        for i in np.argsort(-values):
            x = considered[i]
            rest = kept[: max(n - 1, self.ranking.at_least)]
            free = not any(clash(x.candidate.place, considered[j].candidate.place) for j in rest)
            if x.holds and free and len(rest) < n and trust(x, self.ranking) >= self.ranking.plausible:
                return [*rest, int(i)]
        return kept

    def _suggestions(
        self,
        conversation: Conversation,
        sentences: Sequence[str],
        before: Empathy,
        chosen: list[tuple[Considered, list[Considered]]],
    ) -> tuple[Suggestion, ...]:
        """What is shown, with the scores that nothing was ranked by computed for these alone."""
        shown = [x for first, others in chosen for x in (first, *others)]
        if not shown:
            return ()
        candidates = [x.candidate for x in shown]
        edits = [_edit(c) for c in candidates]
        blind = without_post(self.policy, sentences).log_likelihoods(candidates)
        coherence = self.classifier.coherence(conversation, edits, sentences)
        made = iter(
            Suggestion(
                edit,
                Scores(
                    before=before,
                    after=x.after,
                    quality=trust(x, self.ranking),
                    fluency=float(np.exp(x.candidate.log_likelihood)),
                    specificity=x.candidate.log_likelihood - alone,
                    coherence=float(belongs),
                ),
                reason(edit, conversation, sentences),
            )
            for x, edit, alone, belongs in zip(shown, edits, blind, coherence, strict=True)
        )
        return tuple(replace(next(made), alternatives=tuple(next(made) for _ in others)) for _, others in chosen)


def _edit(c: Candidate) -> Edit:
    return Edit(c.place.op, c.place.at, c.text, c.place.mechanism)


def _at_least(whole: Empathy, local: Empathy) -> Empathy:
    """Per mechanism the stronger of two scores: a sentence far from the edit keeps what it carries."""
    best: list[MechanismScore] = []
    for m in MECHANISMS:
        a, b = getattr(whole, m), getattr(local, m)
        best.append(MechanismScore(a.probabilities if a.expected >= b.expected else b.probabilities))
    return Empathy(*best)
