"""Decisions of episodes scored again under any policy, differentiably: what `Decide` is when replies are edited.

Some episodes of one state are laid out as one tree (`training.trees`): the post is encoded once for them, equal drafts once,
and every sentence is a branch. A few thousand tokens a forward pass then hold dozens of episodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from partner.policy import PartnerPolicy
from partner.prompt import END
from training.algorithms.batch import Decisions
from training.episodes import Episode
from training.trees import Tree

TREE = 384
"""Tokens of a tree that takes in no further episode: attention grows with the square of them, though most of it is masked. With
sixteen episodes a state, whole trees of 2,000 to 3,000 tokens took 1.7 times as long to learn from (14M, one core)."""
NEVER = -1e9
"""Logit of a token that is never drawn. Not -inf: probability 0 times log-probability must stay 0 in the entropy."""


def token_log_probs(policy: PartnerPolicy, hidden: Tensor, temperature: float) -> Tensor:
    """Log-probabilities (n, vocabulary) float32 of the next token after states (n, hidden); control tokens but END never."""
    banned = [i for token, i in policy.layout.id.items() if token != END]
    logits = policy.vocabulary_logits(hidden).float() / temperature
    return logits.index_fill(-1, torch.tensor(banned, device=logits.device), NEVER).log_softmax(-1)


class Rescoring:
    """The `Decide` of a rollout: the decisions of chosen episodes under any policy, in trees of a state's episodes.

    Args:
        prefixes: ids of every state's history and post.
        episodes: in the order of the batch; `row` is the number of the state.
        temperature: of the tokens, as they were drawn.
        tokens: a forward pass (padding included); a longer tree gets a pass of its own.
    """

    def __init__(self, prefixes: list[list[int]], episodes: list[Episode], temperature: float, tokens: int) -> None:
        self.prefixes, self.episodes, self.temperature, self.tokens = prefixes, episodes, temperature, tokens
        self.width = max(len(e.log_probs) for e in episodes)

    def __call__(self, policy: PartnerPolicy, chosen: Tensor) -> Decisions:
        groups: dict[int, list[tuple[int, Episode]]] = {}
        for out, number in enumerate(chosen.tolist()):
            groups.setdefault(self.episodes[number].row, []).append((out, self.episodes[number]))
        device = policy.device
        log_probs = torch.zeros(len(chosen), self.width, device=device)
        entropy = torch.zeros(len(chosen), self.width, device=device)
        hidden = torch.zeros(len(chosen), self.width, policy.backbone.config.hidden_size, device=device)
        laid = [tree for row, episodes in groups.items() for tree in _lay_out(self.prefixes[row], episodes)]
        for trees in self._chunks(laid):
            at, *values = self._score(policy, trees)
            log_probs = log_probs.index_put(at, values[0])
            entropy = entropy.index_put(at, values[1])
            hidden = hidden.index_put(at, values[2])
        return Decisions(log_probs, entropy, hidden)

    def _chunks(self, trees: list[_Laid]) -> list[list[_Laid]]:
        """Trees of like length together, as many as fit into one forward pass."""
        chunks: list[list[_Laid]] = []
        for laid in sorted(trees, key=lambda t: -len(t.tree.ids)):
            if chunks and (len(chunks[-1]) + 1) * len(chunks[-1][0].tree.ids) <= self.tokens:
                chunks[-1].append(laid)
            else:
                chunks.append([laid])
        return chunks

    def _score(self, policy: PartnerPolicy, chunk: list[_Laid]) -> tuple[tuple[Tensor, Tensor], Tensor, Tensor, Tensor]:
        """Where each decision goes (trajectory, number), its log-probability, its entropy and its state."""
        device = policy.device
        ids, positions, mask = padded([laid.tree for laid in chunk], device)
        states = policy.hidden(ids, mask, positions)
        length = ids.shape[1]
        flat = states.reshape(-1, states.shape[-1])
        asked = [(b * length + at, token, slot) for b, laid in enumerate(chunk) for at, token, slot in laid.tokens]
        parts: list[tuple[Tensor, Tensor, Tensor]] = []
        slots: list[tuple[int, int]] = []
        if asked:
            found = flat[torch.tensor([at for at, _, _ in asked], device=device)]
            log_probs = token_log_probs(policy, found, self.temperature)
            tokens = torch.tensor([token for _, token, _ in asked], device=device)
            parts.append((log_probs.gather(-1, tokens[:, None])[:, 0], -(log_probs.exp() * log_probs).sum(-1), found.float()))
            slots += [slot for _, _, slot in asked]
        for b, laid in enumerate(chunk):
            for (first, last, marks), choices in laid.pointers.items():
                query = states[b, last]
                log_probs = policy.pointer(states[b, [first + m for m in marks]], query).float().log_softmax(-1)
                entropy = -(log_probs.exp() * log_probs).sum()
                taken = log_probs[torch.tensor([choice for choice, _ in choices], device=device)]
                parts.append((taken, entropy.expand(len(choices)), query.float().expand(len(choices), -1)))
                slots += [slot for _, slot in choices]
        at = torch.tensor(slots, device=device).T
        return ((at[0], at[1]), *(torch.cat([part[i] for part in parts]) for i in range(3)))


@dataclass
class _Laid:
    """Episodes of one state as a tree; equal branches are there once.

    Attributes:
        tokens: (position that predicts, token, (trajectory, decision)).
        pointers: (first id, last id, marks) of a pointer branch: the choices made there, each with (trajectory, decision).
        made: (parent, ids) of each branch: its number, and the position of its first token.
    """

    tree: Tree = field(default_factory=Tree)
    tokens: list[tuple[int, int, tuple[int, int]]] = field(default_factory=list)
    pointers: dict[tuple[int, int, tuple[int, ...]], list[tuple[int, tuple[int, int]]]] = field(default_factory=dict)
    made: dict[tuple[int, tuple[int, ...]], tuple[int, int]] = field(default_factory=dict)

    def add(self, prefix: list[int], out: int, episode: Episode) -> None:
        """Lay out all that an episode chose and wrote."""
        root, _ = self._node(-1, prefix)
        slot = 0
        for turn in episode.turns:
            _, first = self._node(root, turn.where)
            key = (first, first + len(turn.where) - 1, tuple(turn.marks))
            self.pointers.setdefault(key, []).append((turn.choice, (out, slot)))
            slot += 1
            if turn.tokens:
                marked, _ = self._node(root, turn.shown)
                # The last control token predicts the first word; the end token is predicted and never fed.
                _, first = self._node(marked, turn.control + turn.tokens[:-1])
                first += len(turn.control) - 1
                self.tokens += [(first + i, token, (out, slot + i)) for i, token in enumerate(turn.tokens)]
                slot += len(turn.tokens)

    def _node(self, parent: int, ids: list[int]) -> tuple[int, int]:
        key = (parent, tuple(ids))
        if key not in self.made:
            first = len(self.tree.ids)
            self.made[key] = (self.tree.add(parent, ids), first)
        return self.made[key]


def _lay_out(prefix: list[int], episodes: list[tuple[int, Episode]]) -> Iterator[_Laid]:
    """Trees of all that the episodes of a state chose and wrote."""
    left = list(episodes)
    while left:
        laid = _Laid()
        while left and len(laid.tree.ids) < TREE:
            laid.add(prefix, *left.pop(0))
        yield laid


def padded(trees: Sequence[Tree], device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Ids and positions (trees, length), and the mask (trees, 1, length, length) by which a token sees its ancestors."""
    length, most = max(len(t.ids) for t in trees), max(len(t.parents) for t in trees)
    ids, positions = np.zeros((len(trees), length), dtype=np.int64), np.zeros((len(trees), length), dtype=np.int64)
    nodes = np.full((len(trees), length), most)  # padding is a node of its own
    sees = np.broadcast_to(np.eye(most + 1, dtype=bool), (len(trees), most + 1, most + 1)).copy()
    for b, tree in enumerate(trees):
        n = len(tree.ids)
        ids[b, :n], positions[b, :n], nodes[b, :n] = tree.ids, tree.positions, tree.nodes
        for node, parent in enumerate(tree.parents):  # parents come before their children
            if parent >= 0:
                sees[b, node] |= sees[b, parent]
    at = torch.from_numpy(nodes).to(device)
    batch = torch.arange(len(trees), device=device)[:, None, None]
    mask = torch.from_numpy(sees).to(device)[batch, at[:, :, None], at[:, None, :]].tril()
    return torch.from_numpy(ids).to(device), torch.from_numpy(positions).to(device), mask[:, None]
