"""Candidate sentences for chosen places, sampled from the policy or scored under it."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from partner.policy import Readable, legal_places
from partner.prompt import Place
from partner.tree import PolicyTree
from partner.types import Conversation, Mechanism

Source = Literal["policy", "retrieved", "stock", "anywhere", "reflected"]
SOURCES: tuple[Source, ...] = get_args(Source)


@dataclass(frozen=True)
class Sampling:
    """How sentences are drawn.

    Attributes:
        temperature: 0.6-0.8 reads best with this policy; lower repeats itself, higher loses the thread.
        top_k, top_p: only the `top_k` likeliest tokens, cut where their probabilities reach `top_p`.
        most: longest sentence in tokens; a sentence that has not ended by then is thrown away.
        enough: drawing ends when this share of the sentences has; the last few are long, and long ones are mostly wrong.
    """

    temperature: float = 0.6
    top_k: int = 40
    top_p: float = 0.92
    most: int = 22
    enough: float = 0.75


@dataclass(frozen=True)
class Candidate:
    """A sentence for a place.

    Attributes:
        place: op, position and mechanism.
        text: the sentence.
        log_likelihood: mean log p(token | post, reply, place) under the policy, nats; None if not computed yet.
        source: written by the policy, retrieved from the corpus, a simple sentence tied to words of the post, one that fits
            any post, or one that says back what the post tells.
        quality: probability that it is right for the post, by `partner.quality`; a half where it was not computed.
        judged: log-odds of the same by `partner.judge`; None where it was not computed.
        wrong: log-odds of being wrong in a fact, by the same; None where it was not computed.
        tells: whether it is a simple sentence that names the very thing its phrases tell of (`partner.stock`).
        clause: what it says back (`partner.reflection`), in the second person; empty for all others.
    """

    place: Place
    text: str
    log_likelihood: float | None = None
    source: Source = "policy"
    quality: float = 0.5
    judged: float | None = None
    wrong: float | None = None
    tells: bool = False
    clause: str = ""


@dataclass(frozen=True)
class Draft:
    """What the policy makes of a draft when it is asked where to edit.

    Attributes:
        places, log_probs: as of `State.where`.
        states: (layers, tokens, hidden) of the draft's tokens.
        spans: by the number of a sentence the start of its tokens, and the end of the marker behind it; of a very long draft
            only the sentences that the policy looks at.
    """

    places: list[Place]
    log_probs: Tensor
    states: Tensor
    spans: dict[int, tuple[int, int]]


class State:
    """One (conversation, reply) as the policy sees it: encode once, then ask for places, sentences and likelihoods.

    Args:
        layers: numbers, from 0, of the backbone's layers whose states of post and history are kept (`post_states`).
    """

    def __init__(
        self, policy: Readable, conversation: Conversation, sentences: Sequence[str], layers: Sequence[int] = ()
    ) -> None:
        self.policy, self.sentences = policy, list(sentences)
        self.tree = PolicyTree(policy, policy.layout.prefix(conversation), layers)
        self._marked: dict[tuple[bool, str, int], int] = {}

    def without_draft(self) -> State:
        """The same conversation with an empty reply; what is encoded already is shared."""
        other = copy(self)
        other.sentences, other._marked = [], {}
        return other

    @property
    def post_states(self) -> Tensor:
        """(layers, hidden) mean states of history and post; they do not know the draft."""
        return self.tree.root_inner.float().mean(1)

    def where(self) -> tuple[list[Place], Tensor]:
        """Legal places and their log-probabilities (places + 1,), STOP last."""
        draft = self.draft(())
        return draft.places, draft.log_probs

    @torch.inference_mode()
    def draft(self, layers: Sequence[int]) -> Draft:
        """As `where`, with what the policy makes of the draft in the same pass.

        Args:
            layers: numbers, from 0, of the backbone's layers whose states are wanted.
        """
        layout = self.policy.layout
        ids, marks = layout.where(self.sentences)
        last, *inner = self.tree.peek([(0, ids)], layers)[0]
        shown, end = layout.shown(self.sentences), marks[-1] + 1
        return Draft(
            legal_places(shown, len(self.sentences)),
            self.policy.pointer(last[marks], last[-1]).float().log_softmax(-1).cpu(),
            torch.stack([states[:end] for states in inner]) if inner else last.new_zeros(0, end, last.shape[-1]),
            {i: (a + 1, b + 1) for i, a, b in zip(shown, marks[:-1], marks[1:], strict=True)},
        )

    def _branches(self, places: Sequence[Place], blind: bool = False) -> list[int]:
        """The node of each place's marked reply, made where it does not exist yet; `blind` ones do not see history and post."""
        layout, wanted = self.policy.layout, list(dict.fromkeys((blind, p.op, p.at) for p in places))
        missing = [key for key in wanted if key not in self._marked]
        if missing:
            parent, blank = (-1, layout.prefix(Conversation(""))) if blind else (0, [])
            marked = [(parent, [*blank, *layout.place(self.sentences, op, at)]) for _, op, at in missing]
            self._marked.update(zip(missing, self.tree.extend(marked)[0], strict=True))
        return [self._marked[blind, p.op, p.at] for p in places]

    @torch.inference_mode()
    def sample(self, places: Sequence[Place], each: int, sampling: Sampling, generator: torch.Generator) -> list[Candidate]:
        """Draw `each` sentences for every place, all at once; unfinished ones are left out."""
        marked = self._branches(places)
        with self.tree.forgetting():
            return self._sample(marked, places, each, sampling, generator)

    def _sample(
        self, marked: Sequence[int], places: Sequence[Place], each: int, sampling: Sampling, generator: torch.Generator
    ) -> list[Candidate]:
        layout, policy = self.policy.layout, self.policy
        controls, states = self.tree.extend([(node, layout.control(place)) for node, place in zip(marked, places, strict=True)])
        owner = [i for i in range(len(places)) for _ in range(each)]
        logits = policy.vocabulary_logits(torch.stack([s[-1] for s in states])).float()[owner]
        end, banned = layout.id["<|end|>"], [i for t, i in layout.id.items() if t != "<|end|>"]
        texts: list[list[int]] = [[] for _ in owner]
        sums = [0.0] * len(owner)
        rows, nodes, done = list(range(len(owner))), [], []
        for step in range(sampling.most):
            logits[:, banned] = float("-inf")
            tokens, log_probs = draw(logits, sampling, generator)
            going = []
            for k, row in enumerate(rows):
                sums[row] += log_probs[k]
                if tokens[k] == end:
                    done.append(row)
                else:
                    texts[row].append(tokens[k])
                    going.append(k)
            rows, tokens = [rows[k] for k in going], [tokens[k] for k in going]
            if len(done) >= sampling.enough * len(owner) or not rows or step == sampling.most - 1:
                break
            if step == 0:
                nodes, first = self.tree.extend([(controls[owner[r]], [t]) for r, t in zip(rows, tokens, strict=True)])
                hidden = torch.cat(first)
            else:
                nodes = [nodes[k] for k in going]
                hidden = self.tree.append(nodes, tokens)
            logits = policy.vocabulary_logits(hidden).float()
        decoded = [policy.tokenizer.decode(texts[r], skip_special_tokens=True) for r in done]
        return [
            Candidate(places[owner[r]], text.strip(), sums[r] / (len(texts[r]) + 1))
            for r, text in zip(done, decoded, strict=True)
            if text.strip()
        ]

    @torch.inference_mode()
    def asked(self, mechanisms: Sequence[Mechanism], layers: Sequence[int]) -> Tensor:
        """(layers, mechanisms, hidden) states from which the policy would write a first sentence of each mechanism.

        Args:
            layers: numbers, from 0, of the backbone's layers.
        """
        layout, places = self.policy.layout, [Place("insert", 0, m) for m in mechanisms]
        branches = [(0, [*layout.place(self.sentences, p.op, p.at), *layout.control(p)]) for p in places]
        return torch.stack([s[:, -1].float() for s in self.tree.peek(branches, layers, last=False)], dim=1)

    @torch.inference_mode()
    def inner(self, candidates: Sequence[Candidate], layers: Sequence[int]) -> list[Tensor]:
        """What the policy makes of each candidate in its place: (layers, tokens, hidden) states of the sentence's tokens, the
        end token last, behind the layers asked for.

        Args:
            layers: numbers, from 0, of the backbone's layers.
        """
        ids = self._ids(candidates)
        states = self.tree.peek([(node, branch) for node, branch, _ in ids], layers, last=False) if ids else []
        return [s[:, -len(what) :].float() for s, (_, _, what) in zip(states, ids, strict=True)]

    @torch.inference_mode()
    def log_likelihoods(self, candidates: Sequence[Candidate], blind: Sequence[Candidate] = ()) -> list[float]:
        """Mean log p(token) of each candidate in its place, nats per token (end token included).

        Args:
            blind: candidates of which the likelihoods are wanted with history and post left blank; they come last. With those
                of the same under the post they give the specificity score.
        """
        # What is scored early must not change what is computed later: the blank post's branch is forgotten, as if never read.
        marked = dict(self._marked)
        with self.tree.forgetting():
            ids = self._ids(candidates) + self._ids(blind, blind=True)
            states = self.tree.peek([(node, branch) for node, branch, _ in ids]) if ids else []
        self._marked = marked
        if not ids:
            return []
        # The states that predict: from the last control token on, the end token's left out.
        predicting = torch.cat([s[0, -len(what) - 1 : -1] for s, (_, _, what) in zip(states, ids, strict=True)])
        log_probs = self.policy.vocabulary_logits(predicting).float().log_softmax(-1)
        wanted = torch.tensor([i for _, _, what in ids for i in what], device=log_probs.device)
        chosen = log_probs.gather(-1, wanted[:, None])[:, 0]
        return [float(part.mean()) for part in chosen.split([len(what) for _, _, what in ids])]

    def _ids(self, candidates: Sequence[Candidate], blind: bool = False) -> list[tuple[int, list[int], list[int]]]:
        """For each candidate the node of its place, the ids of its branch, and those of the sentence alone."""
        layout, found = self.policy.layout, []
        for node, c in zip(self._branches([c.place for c in candidates], blind), candidates, strict=True):
            what = layout.what(c.text)
            found.append((node, [*layout.control(c.place), *what], what))
        return found


def draw(logits: Tensor, sampling: Sampling, generator: torch.Generator) -> tuple[list[int], list[float]]:
    """Sample one token a row by temperature, top-k and nucleus (Holtzman et al., ICLR 2020).

    Args:
        logits: (rows, vocabulary).

    Returns:
        tokens, and their log-probabilities under the untempered distribution.
    """
    best, ids = logits.topk(min(sampling.top_k, logits.shape[-1]), dim=-1)
    probabilities = (best / sampling.temperature).softmax(-1)
    before = probabilities.cumsum(-1) - probabilities
    probabilities = probabilities.masked_fill(before > sampling.top_p, 0.0)
    choice = torch.multinomial(probabilities.cpu(), 1, generator=generator).to(logits.device)
    tokens = ids.gather(-1, choice)
    # The same as subtracting logsumexp, in half the time.
    return tokens[:, 0].tolist(), logits.log_softmax(-1).gather(-1, tokens)[:, 0].tolist()
