"""Likelihoods of sentences and replies under a policy's language model, for many conversations in few passes.

`partner.candidates.State` serves one conversation and keeps a cache; here nothing is kept, and the trees of different
conversations (`partner.prompt`) share rows, each token seeing its own branch and its ancestors only. Both give the same
numbers: fluency, specificity and trust as rewards are those that suggestions are ranked and shown with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch

from partner.policy import PartnerPolicy
from partner.prompt import REPLY, Place
from partner.types import Conversation

ROW = 1024
"""Tokens of a row: attention grows with the square of it, and longer rows win nothing on a CPU."""
ROWS = {"cpu": 1}
"""Rows of one pass on each kind of device; elsewhere `MANY`."""
MANY = 16


@dataclass(frozen=True)
class Written:
    """A sentence written for a place of a reply; of `conversation` only post and history count."""

    conversation: Conversation
    sentences: tuple[str, ...]
    place: Place
    text: str


def log_likelihoods(policy: PartnerPolicy, written: Sequence[Written]) -> list[float]:
    """Mean log p(token | post, reply, place) of each sentence, nats per token, its end token included.

    The same as `State.log_likelihoods`. Each distinct sentence of a place is run once.
    """
    layout = policy.layout
    prefixes = {w.conversation: tuple(layout.prefix(w.conversation)) for w in written}
    marked = {(w.sentences, w.place.op, w.place.at): tuple(layout.place(w.sentences, w.place.op, w.place.at)) for w in written}
    return _means(
        policy,
        [
            _Leaf(
                prefixes[w.conversation],
                marked[w.sentences, w.place.op, w.place.at],
                tuple(layout.control(w.place)),
                tuple(layout.what(w.text)),
            )
            for w in written
        ],
    )


def without_post(written: Written) -> Written:
    """The same sentence with the post and history left blank.

    The difference of the two likelihoods is the specificity, (log p(sentence | post) - log p(sentence)) / tokens: PARTNER's
    mutual information r_m (Sharma et al., WWW 2021, section 4.4; Li et al., NAACL 2016), nats per token.
    """
    return replace(written, conversation=Conversation(""))


def reply_log_likelihoods(policy: PartnerPolicy, replies: Sequence[str]) -> list[float]:
    """Mean log p(token) of whole replies without their posts, nats per token; 0 for a reply without words."""
    layout = policy.layout
    ids = {reply: tuple(layout.text(reply, 480)) for reply in replies}
    return _means(policy, [_Leaf((), (), (layout.id[REPLY],), ids[reply]) for reply in replies])


@dataclass(frozen=True)
class _Leaf:
    """Token ids from the root to the end of what is scored; `what` follows `control` and is predicted token by token."""

    prefix: tuple[int, ...]
    place: tuple[int, ...]
    control: tuple[int, ...]
    what: tuple[int, ...]


@dataclass
class _Row:
    """Several trees in one sequence: one entry a token, and the parent of each node."""

    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    found: dict[tuple, int] = field(default_factory=dict)
    leaves: list[tuple[_Leaf, int]] = field(default_factory=list)  # and the offset of its first predicting token

    def missing(self, leaf: _Leaf) -> int:
        """Tokens that adding the leaf would cost."""
        shared = [(leaf.prefix,), (leaf.prefix, leaf.place)]
        fresh = sum(len(key[-1]) for key in shared if key not in self.found)
        return fresh + len(leaf.control) + len(leaf.what) - 1

    def add(self, leaf: _Leaf) -> None:
        parent, depth = -1, 0
        for key in ((leaf.prefix,), (leaf.prefix, leaf.place)):
            if key not in self.found:
                self.found[key] = self._node(parent, depth, key[-1])
            parent, depth = self.found[key], depth + len(key[-1])
        self._node(parent, depth, leaf.control + leaf.what[:-1])
        self.leaves.append((leaf, len(self.ids) - len(leaf.what)))

    def _node(self, parent: int, depth: int, ids: Sequence[int]) -> int:
        self.parents.append(parent)
        self.ids += ids
        self.positions += range(depth, depth + len(ids))
        self.nodes += [len(self.parents) - 1] * len(ids)
        return len(self.parents) - 1

    def sees(self) -> torch.Tensor:
        """(tokens, tokens) bool: earlier tokens of the same node and of its ancestors."""
        sees = torch.eye(len(self.parents), dtype=torch.bool)
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                sees[node] |= sees[parent]
        at = torch.tensor(self.nodes)
        return sees[at][:, at].tril()


def _means(policy: PartnerPolicy, leaves: Sequence[_Leaf]) -> list[float]:
    rows: list[_Row] = []
    # Neighbours in this order share their prefix and place.
    for leaf in sorted(dict.fromkeys(leaf for leaf in leaves if leaf.what), key=lambda leaf: (leaf.prefix, leaf.place)):
        if not rows or (rows[-1].ids and len(rows[-1].ids) + rows[-1].missing(leaf) > ROW):
            rows.append(_Row())
        rows[-1].add(leaf)
    rows.sort(key=lambda row: len(row.ids))
    many = ROWS.get(policy.device.type, MANY)
    means: dict[_Leaf, float] = {}
    for start in range(0, len(rows), many):
        _run(policy, rows[start : start + many], means)
    return [means.get(leaf, 0.0) for leaf in leaves]


@torch.inference_mode()
def _run(policy: PartnerPolicy, rows: Sequence[_Row], means: dict[_Leaf, float]) -> None:
    longest = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    positions = torch.zeros_like(ids)
    mask = torch.eye(longest, dtype=torch.bool).expand(len(rows), 1, longest, longest).clone()  # padding sees itself
    for k, row in enumerate(rows):
        n = len(row.ids)
        ids[k, :n], positions[k, :n] = torch.tensor(row.ids), torch.tensor(row.positions)
        mask[k, 0, :n, :n] = row.sees()
    device = policy.device
    hidden = policy.hidden(ids.to(device), mask.to(device), positions.to(device))
    wanted = [(k, start, leaf) for k, row in enumerate(rows) for leaf, start in row.leaves]
    predicting = torch.cat([hidden[k, start : start + len(leaf.what)] for k, start, leaf in wanted])
    targets = torch.tensor([i for _, _, leaf in wanted for i in leaf.what], device=device)
    log_probs = torch.cat(
        [
            policy.vocabulary_logits(part).float().log_softmax(-1).gather(-1, at[:, None])[:, 0]
            for part, at in zip(predicting.split(2048), targets.split(2048), strict=True)
        ]
    ).cpu()
    for (_, _, leaf), part in zip(wanted, log_probs.split([len(leaf.what) for _, _, leaf in wanted]), strict=True):
        means[leaf] = float(part.mean())
