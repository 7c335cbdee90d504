"""A growing tree of tokens with one key-value cache: how the policy runs at inference.

The layout of `partner.prompt` makes every place and every candidate a branch below one encoded post. Instead of
copying the post's cache once a candidate (a batch), all branches live in ONE sequence, and the attention mask lets a
token see its own branch and its ancestors. A decoding step of 32 candidates is then one forward pass of 32 tokens,
the post is stored and read once, and a finished candidate costs nothing more. Training uses the same trick
(`training.trees`), so both compute the same function.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from partner.policy import Grown, Readable


class _Buffer(DynamicLayer):
    """A cache layer that grows by doubling; concatenation would copy the whole cache at every decoding step."""

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        super().lazy_initialization(key_states, value_states)
        self.length = 0
        self.key_buffer = key_states.new_empty(*key_states.shape[:2], 512, key_states.shape[-1])
        self.value_buffer = value_states.new_empty(*value_states.shape[:2], 512, value_states.shape[-1])

    def update(self, key_states: Tensor, value_states: Tensor, *args, **kwargs) -> tuple[Tensor, Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        end = self.length + key_states.shape[2]
        while end > self.key_buffer.shape[2]:
            self.key_buffer = torch.cat([self.key_buffer, torch.empty_like(self.key_buffer)], dim=2)
            self.value_buffer = torch.cat([self.value_buffer, torch.empty_like(self.value_buffer)], dim=2)
        self.key_buffer[:, :, self.length : end] = key_states
        self.value_buffer[:, :, self.length : end] = value_states
        self.length = end
        self.keys, self.values = self.key_buffer[:, :, :end], self.value_buffer[:, :, :end]
        return self.keys, self.values

    def crop(self, max_length: int) -> None:
        self.length = min(self.length, max_length)
        self.keys, self.values = self.key_buffer[:, :, : self.length], self.value_buffer[:, :, : self.length]


def growing_cache() -> DynamicCache:
    """An empty key-value cache of doubling layers."""
    cache = DynamicCache()
    cache.layer_class_to_replicate = _Buffer
    return cache


class PolicyTree:
    """Branches of one state and their hidden states.

    Args:
        policy: the policy; its weights are not changed.
        root: ids of the root, usually `Layout.prefix(conversation)`.
        layers: numbers, from 0, of the backbone's layers whose states of the root are kept.

    Attributes:
        root_inner: (layers, length, hidden) states of the root behind these layers.
    """

    def __init__(self, policy: Readable, root: Sequence[int], layers: Sequence[int] = ()) -> None:
        self.policy = policy
        self.cache = growing_cache()
        self.sees = torch.zeros(0, 0, dtype=torch.bool)  # (nodes, nodes): row sees column
        self.depth: list[int] = []
        self.key_nodes = torch.zeros(0, dtype=torch.long)  # node of every cached token
        self.root_inner = self._grow([(-1, root)], layers)[1][0][1:]

    def extend(self, branches: Sequence[tuple[int, Sequence[int]]]) -> tuple[list[int], list[Tensor]]:
        """Add a branch below each given parent (the root's number is 0) and run them in one pass.

        Args:
            branches: (parent node, token ids), at least one id each.

        Returns:
            the new nodes, and their states, one (length, hidden) tensor each.
        """
        nodes, states = self._grow(branches, ())
        return nodes, [s[0] for s in states]

    def peek(
        self, branches: Sequence[tuple[int, Sequence[int]]], layers: Sequence[int] = (), last: bool = True
    ) -> list[Tensor]:
        """States of branches that are not kept, (wanted, length, hidden) each.

        Args:
            layers: numbers, from 0, of the layers whose states are wanted.
            last: whether the last states are wanted; they come first then. Without them only the layers below are run.
        """
        with self.forgetting():
            return self._grow(branches, layers, last)[1]

    @contextmanager
    def forgetting(self) -> Iterator[None]:
        """What grows inside is gone behind; only branches that are new there may grow."""
        sees, nodes, key_nodes = self.sees, len(self.depth), self.key_nodes
        try:
            yield
        finally:
            self.cache.crop(len(key_nodes))
            self.sees, self.key_nodes = sees, key_nodes
            del self.depth[nodes:]

    def _grow(
        self, branches: Sequence[tuple[int, Sequence[int]]], layers: Sequence[int], last: bool = True
    ) -> tuple[list[int], list[Tensor]]:
        first = len(self.depth)
        nodes = list(range(first, first + len(branches)))
        grown = torch.eye(first + len(branches), dtype=torch.bool)
        grown[:first, :first] = self.sees
        for node, (parent, _) in zip(nodes, branches, strict=True):
            if parent >= 0:
                grown[node] |= grown[parent]
        self.sees = grown
        starts = [self.depth[parent] if parent >= 0 else 0 for parent, _ in branches]
        self.depth += starts
        flat = [i for _, ids in branches for i in ids]
        lengths = [len(ids) for _, ids in branches]
        states = self._run(flat, [n for n, k in zip(nodes, lengths, strict=True) for _ in range(k)], layers, last)
        return nodes, list(states.split(lengths, dim=1))

    def append(self, nodes: Sequence[int], tokens: Sequence[int]) -> Tensor:
        """Add one token to each of the nodes (a decoding step); returns their states, (nodes, hidden)."""
        return self._run(list(tokens), list(nodes), ())[0]

    def _run(self, ids: list[int], nodes: list[int], layers: Sequence[int], last: bool = True) -> Tensor:
        old, positions = len(self.key_nodes), []
        for node in nodes:
            positions.append(self.depth[node])
            self.depth[node] += 1
        at = torch.tensor(nodes)
        self.key_nodes = torch.cat([self.key_nodes, at])
        mask = self.sees[at][:, self.key_nodes]
        mask[:, old:] &= torch.ones(len(ids), len(ids), dtype=torch.bool).tril()
        return self.policy.run(Grown(ids, positions, mask, layers, last), self.cache)
