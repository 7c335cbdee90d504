"""Editing as an environment: episodes of up to k edits ending in STOP (PARTNER, Sharma et al., WWW 2021, section 4).

A trajectory's decisions are, edit by edit, the place (or STOP) and the tokens of the sentence. All trajectories of all
states take each step in one forward pass on a shared cache (`training.forest`); afterwards they are scored again as
packed trees (`training.trees`), which share the post and the drafts in the same way.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

import torch
from torch import Tensor

from partner.crisis_model import CrisisDetector
from partner.language import has_words, is_english
from partner.policy import PartnerPolicy, legal_places
from partner.prompt import END
from partner.retrieval import Embedder
from partner.text import split as sentences_of
from partner.types import Conversation
from training.algorithms.batch import Batch
from training.data.edits import read_edits
from training.data.epitome import read_epitome
from training.data.records import DataError, data_dir
from training.environment import Rollout, State
from training.episodes import Draft, Episode, Turn
from training.forest import Forest, Node
from training.rescoring import Rescoring, token_log_probs
from training.rewards.types import Rewrite, Step

LOW = 2
"""Replies whose three EPITOME levels (of 2 each) sum to at most this are of low empathy."""


@dataclass(frozen=True)
class RewriteEnvironment:
    """Replies of low empathy to edit, and how episodes are drawn.

    Attributes:
        edits: most edits an episode.
        longest: of a sentence, in tokens; an edit whose sentence has not ended by then is not made and ends the episode.
        temperature: of the tokens, in drawing and in scoring again alike: the policy that learns is the one that is drawn from.
        sources: where drafts come from: `edits` is the project's own records, `epitome` forum replies of low empathy.
        limit: most states of each source and split; fewer for `dev`, a fifth.
        words: longest post; longer ones cost much and teach little that is new.
        sentences: longest draft.
        tokens: tokens (padding included) a forward pass when decisions are scored again.
        data: folder that holds `epitome/` (default: PARTNER_DATA or ../shared/data).
        corpus: folder of edit records (default: assets/corpus).
    """

    edits: int = 3
    longest: int = 28
    temperature: float = 0.8
    sources: tuple[str, ...] = ("edits", "epitome")
    limit: int = 500
    words: int = 150
    sentences: int = 6
    tokens: int = 2048
    data: Path | None = None
    corpus: Path | None = None

    def states(self, split: Literal["train", "dev"]) -> list[State]:
        """Drafts to edit, the sources taking turns; none with crisis signals in the post.

        Raises:
            DataError: a source is unknown, missing, malformed, or holds nothing usable.
        """
        detector = CrisisDetector(Embedder(threads=torch.get_num_threads()))
        most = self.limit if split == "train" else max(1, self.limit // 5)
        found = [self._usable(source, split, detector, most) for source in self.sources]
        longest = max(map(len, found))
        return [states[i] for i in range(longest) for states in found if i < len(states)]

    def _usable(self, source: str, split: Literal["train", "dev"], detector: CrisisDetector, most: int) -> list[State]:
        drafts = list(self._drafts(source, split))
        Random(f"{source}/{split}").shuffle(drafts)
        found: list[State] = []
        for draft in drafts:
            if len(found) < most and self._fits(draft) and not detector(draft):
                found.append(State(draft, source=source))
        if not found:
            raise DataError(f"{source!r} holds no draft to learn from ({len(drafts)} read): raise --words or --sentences")
        return found

    def _drafts(self, source: str, split: Literal["train", "dev"]) -> Iterator[Conversation]:
        if source == "edits":
            if self.corpus and not (self.corpus / "negatives.jsonl").is_file():
                raise DataError(f"{self.corpus} is no folder of edit records: it has no negatives.jsonl beside them")
            return (record.conversation for record in read_edits(split, folder=self.corpus))
        if source == "epitome":
            records = read_epitome(split, data_dir(self.data))
            return (r.conversation for r in records if sum(r.levels.values()) <= LOW)
        raise DataError(f"unknown source of drafts {source!r}: use edits, epitome, or both")

    def _fits(self, draft: Conversation) -> bool:
        if not draft.reply.strip() or len(draft.post.split()) > self.words:
            return False
        return has_words(draft.post) and is_english(draft.post) and len(sentences_of(draft.reply).sentences) <= self.sentences

    def rollout(
        self, policy: PartnerPolicy, reference: PartnerPolicy, states: Sequence[State], samples: int, generator: torch.Generator
    ) -> Rollout:
        """Draw episodes; see `training.environment.Environment.rollout`."""
        forest = Forest(policy, [policy.layout.prefix(s.conversation) for s in states])
        episodes = [Episode(row, Draft(s.conversation.reply)) for row, s in enumerate(states) for _ in range(samples)]
        going = episodes
        with torch.inference_mode():
            for _ in range(self.edits):
                going = self._write(forest, self._choose(forest, going, generator), generator)
                if not going:
                    break
        decide = Rescoring([policy.layout.prefix(s.conversation) for s in states], episodes, self.temperature, self.tokens)
        width = max(len(e.log_probs) for e in episodes)
        log_probs, mask = torch.zeros(len(episodes), width), torch.zeros(len(episodes), width, dtype=torch.bool)
        for i, episode in enumerate(episodes):
            log_probs[i, : len(episode.log_probs)] = torch.tensor(episode.log_probs)
            mask[i, : len(episode.log_probs)] = True
        with torch.no_grad():
            under_reference = decide(reference, torch.arange(len(episodes))).log_probs.cpu()
        state = torch.tensor([e.row for e in episodes])
        rewrites = [Rewrite(states[e.row].conversation, tuple(e.steps), e.draft.text, states[e.row].target) for e in episodes]
        written = [len(t.tokens) for e in episodes for t in e.turns if t.tokens]
        notes = {
            "edits": sum(len(e.steps) for e in episodes) / len(episodes),
            "unfinished": sum(e.unfinished for e in episodes) / len(episodes),
            "tokens": sum(written) / max(1, len(written)),
        }
        return Rollout(Batch(log_probs, under_reference, torch.zeros_like(log_probs), mask, state), rewrites, decide, notes)

    def _choose(self, forest: Forest, episodes: list[Episode], generator: torch.Generator) -> list[Episode]:
        """Take one decision of the pointer in every episode; returns those that did not stop."""
        policy, layout = forest.policy, forest.policy.layout
        forest.cut()
        keys = [(e.row, e.draft.sentences) for e in episodes]
        nodes: dict[Hashable, tuple[list[int], list[int]]] = {key: layout.where(key[1]) for key in keys}
        _, states = forest.extend([(Node(row, 0), nodes[row, sentences][0]) for row, sentences in nodes])
        found = {
            key: policy.pointer(hidden[marks], hidden[-1]).float().log_softmax(-1).cpu()
            for (key, (_, marks)), hidden in zip(nodes.items(), states, strict=True)
        }
        numbers = torch.rand(len(episodes), generator=generator)
        going = []
        for episode, key, number in zip(episodes, keys, numbers, strict=True):
            choice = int(pick(found[key][None], number[None])[0])
            places = legal_places(layout.shown(key[1]), len(key[1]))
            place = places[choice] if choice < len(places) else None
            episode.turns.append(Turn(key[1], *nodes[key], choice, place))
            episode.log_probs.append(float(found[key][choice]))
            if place is not None:
                going.append(episode)
        return going

    def _write(self, forest: Forest, episodes: list[Episode], generator: torch.Generator) -> list[Episode]:
        """Draw the sentences of the chosen places and make the edits; returns the episodes that go on."""
        layout = forest.policy.layout
        writing = []
        for episode in episodes:
            turn = episode.turns[-1]
            if turn.place.op == "delete":
                self._make(episode, "")
            else:
                turn.shown = layout.place(turn.sentences, turn.place.op, turn.place.at)
                turn.control = layout.control(turn.place)
                writing.append(episode)
        if writing:
            self._decode(forest, writing, generator)
        for episode in writing:
            tokens = episode.turns[-1].tokens
            text = " ".join(forest.policy.tokenizer.decode(tokens, skip_special_tokens=True).split())
            if tokens[-1] == layout.id[END] and text:
                self._make(episode, text)
            else:
                episode.unfinished = True
        return [e for e in episodes if not e.unfinished]

    def _make(self, episode: Episode, text: str) -> None:
        turn = episode.turns[-1]
        episode.draft.edit(turn.place, text)
        episode.steps.append(Step(turn.sentences, turn.place, text))

    def _decode(self, forest: Forest, episodes: list[Episode], generator: torch.Generator) -> None:
        """Draw a sentence for the last turn of every episode, one token of all of them a step."""
        policy, end = forest.policy, forest.policy.layout.id[END]
        forest.cut()
        marked, _ = _unique(forest, [(Node(e.row, 0), e.turns[-1].shown) for e in episodes])
        controls, states = _unique(forest, [(node, e.turns[-1].control) for node, e in zip(marked, episodes, strict=True)])
        hidden = torch.stack([s[-1] for s in states])
        nodes: list[Node] = []
        for step in range(self.longest):
            log_probs = token_log_probs(policy, hidden, self.temperature)
            numbers = torch.rand(len(episodes), generator=generator).to(hidden.device)
            choice = pick(log_probs, numbers)
            taken = log_probs.gather(-1, choice[:, None])[:, 0].tolist()
            going = []
            for k, (episode, token, log_prob) in enumerate(zip(episodes, choice.tolist(), taken, strict=True)):
                episode.turns[-1].tokens.append(token)
                episode.log_probs.append(log_prob)
                if token != end:
                    going.append(k)
            if not going or step == self.longest - 1:
                return
            tokens = choice[going].tolist()
            episodes = [episodes[k] for k in going]
            if step == 0:
                nodes, first = forest.extend([(controls[k], [token]) for k, token in zip(going, tokens, strict=True)])
                hidden = torch.cat(first)
            else:
                nodes = [nodes[k] for k in going]
                hidden = forest.append(nodes, tokens)


def pick(log_probs: Tensor, numbers: Tensor) -> Tensor:
    """Draw an index a row by inverting the distribution function.

    Args:
        log_probs: (n, k).
        numbers: (n,) uniform in [0, 1).
    """
    total = log_probs.double().exp().cumsum(-1)
    drawn = torch.searchsorted(total, (numbers.double() * total[:, -1])[:, None], right=True)[:, 0]
    return drawn.clamp(max=log_probs.shape[-1] - 1)


def _unique(forest: Forest, branches: Sequence[tuple[Node, list[int]]]) -> tuple[list[Node], list[Tensor]]:
    """Extend the forest by each different branch once; returns node and states for every branch asked for."""
    keys = [(node, tuple(ids)) for node, ids in branches]
    different = list(dict.fromkeys(keys))
    nodes, states = forest.extend([(node, list(ids)) for node, ids in different])
    number = {key: i for i, key in enumerate(different)}
    return [nodes[number[key]] for key in keys], [states[number[key]] for key in keys]
