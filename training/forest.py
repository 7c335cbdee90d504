"""Many growing trees of tokens with one key-value cache: how rollouts run on a whole batch of states.

As `partner.tree.PolicyTree`, with one tree a row: a state's post is encoded once, all its trajectories are branches below
it, and one forward pass takes a step in all trajectories of all states. Rows are padded to the longest; a mask lets a
token see its own branch and its ancestors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from partner.policy import PartnerPolicy
from partner.tree import growing_cache

PAD = -1


class Node(NamedTuple):
    """A branch: its row, and its number within the row (the root is 0)."""

    row: int
    number: int


class Forest:
    """One tree a row, and the states of what is added.

    Args:
        policy: the policy; its weights are not changed.
        roots: ids of each row's root, usually `Layout.prefix(conversation)`.
    """

    def __init__(self, policy: PartnerPolicy, roots: Sequence[Sequence[int]]) -> None:
        self.policy = policy
        self.cache = growing_cache()
        self.sees = torch.zeros(len(roots), 0, 0, dtype=torch.bool)  # (rows, nodes, nodes): a node sees another
        self._sees = self.sees  # the same on the policy's device
        self.depth: list[list[int]] = [[] for _ in roots]
        # (rows, cached tokens) node of each, or PAD
        self.keys = torch.zeros(len(roots), 0, dtype=torch.long, device=policy.device)
        self.extend([(Node(row, PAD), ids) for row, ids in enumerate(roots)])
        self.root = self.keys.shape[1]

    def extend(self, branches: Sequence[tuple[Node, Sequence[int]]]) -> tuple[list[Node], list[Tensor]]:
        """Add a branch below each given parent and run them in one pass.

        Args:
            branches: (parent, token ids), at least one id each.

        Returns:
            the new nodes, and their states, one (length, hidden) tensor each.
        """
        nodes = []
        for parent, _ in branches:
            depth = self.depth[parent.row]
            nodes.append(Node(parent.row, len(depth)))
            depth.append(depth[parent.number] if parent.number != PAD else 0)
        width, old = max(len(d) for d in self.depth), self.sees.shape[1]
        grown = torch.eye(width, dtype=torch.bool).repeat(len(self.depth), 1, 1)
        grown[:, :old, :old] = self.sees
        for node, (parent, _) in zip(nodes, branches, strict=True):
            if parent.number != PAD:
                grown[node.row, node.number] |= grown[parent.row, parent.number]
        self.sees, self._sees = grown, grown.to(self.policy.device)
        return nodes, self._run([(node, ids) for node, (_, ids) in zip(nodes, branches, strict=True)])

    def cut(self) -> None:
        """Fell all branches: only the roots stay. What is added next does not look past branches that nothing grows on."""
        self.sees, self._sees = self.sees[:, :1, :1], self._sees[:, :1, :1]
        self.depth = [depth[:1] for depth in self.depth]
        self.keys = self.keys[:, : self.root]
        self.cache.crop(self.root)

    def append(self, nodes: Sequence[Node], tokens: Sequence[int]) -> Tensor:
        """Add one token to each of the nodes (a decoding step); returns their states, (nodes, hidden)."""
        return torch.cat(self._run([(node, [token]) for node, token in zip(nodes, tokens, strict=True)]))

    @torch.inference_mode()
    def _run(self, added: list[tuple[Node, Sequence[int]]]) -> list[Tensor]:
        rows, device, cached = len(self.depth), self.policy.device, self.keys.shape[1]
        ids: list[list[int]] = [[] for _ in range(rows)]
        owners: list[list[int]] = [[] for _ in range(rows)]
        positions: list[list[int]] = [[] for _ in range(rows)]
        spans = []
        for (row, number), new in added:
            spans.append((row, len(ids[row]), len(ids[row]) + len(new)))
            start = self.depth[row][number]
            ids[row] += new
            owners[row] += [number] * len(new)
            positions[row] += range(start, start + len(new))
            self.depth[row][number] = start + len(new)
        width = max(map(len, ids))
        at = torch.tensor([o + [PAD] * (width - len(o)) for o in owners], device=device)
        self.keys = torch.cat([self.keys, at], 1)
        # Node numbers of padding are -1: clamp to index, then forbid. Padding looks at itself, else it would be NaN.
        row = torch.arange(rows, device=device)[:, None, None]
        mask = self._sees[row, at.clamp(min=0)[:, :, None], self.keys.clamp(min=0)[:, None, :]]
        mask &= (self.keys != PAD)[:, None, :]
        mask[:, :, cached:] &= torch.ones(width, width, dtype=torch.bool, device=device).tril()
        mask[:, :, cached:] |= torch.eye(width, dtype=torch.bool, device=device)
        out = self.policy.backbone.base_model(
            input_ids=torch.tensor([i + [0] * (width - len(i)) for i in ids], device=device),
            position_ids=torch.tensor([p + [0] * (width - len(p)) for p in positions], device=device),
            attention_mask=mask[:, None],
            past_key_values=self.cache,
            use_cache=True,
        )
        return [out.last_hidden_state[row, a:b] for row, a, b in spans]
