"""Rows of pretraining: one stream of documents cut anywhere, each document blind to those before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.student import CONTEXT
from training.trees import IGNORE


@dataclass
class Rows:
    """A batch of packed rows.

    Attributes:
        ids, positions, labels: (rows, length); labels are the next token, IGNORE after the end of a document.
        documents: (rows, length) number of the document within its row.
    """

    ids: Tensor
    positions: Tensor
    labels: Tensor
    documents: Tensor

    def mask(self, device: str | torch.device = "cpu") -> Tensor:
        """(rows, 1, length, length) True where a token may look: at itself and earlier in its own document."""
        documents = self.documents.to(device)
        return (documents[:, None, :, None] == documents[:, None, None, :]).tril()


def pack_rows(tokens: np.ndarray, end: int, shifts: np.ndarray | None = None) -> Rows:
    """Rows out of token ids.

    Args:
        tokens: (rows, length + 1) ids, cut from one stream anywhere.
        end: the token that ends every document.
        shifts: (rows,) added to the positions of each row.
    """
    ids = torch.from_numpy(tokens.astype(np.int64))
    ids, labels = ids[:, :-1], ids[:, 1:].clone()
    labels[ids == end] = IGNORE
    starts = torch.zeros_like(ids, dtype=torch.bool)
    starts[:, 0] = True
    starts[:, 1:] = ids[:, :-1] == end
    at = torch.arange(ids.shape[1]).expand_as(ids)
    positions = at - torch.where(starts, at, 0).cummax(1).values
    if shifts is not None:
        positions = positions + torch.from_numpy(shifts)[:, None]
    return Rows(ids, positions, labels, starts.cumsum(1))


class Stream:
    """Endless rows out of the groups' tokens, the same ones for the same seed.

    Args:
        groups: token ids of each group, (tokens,).
        weights: rows wanted of each group, any scale.
        row: tokens a row.
        end: the token that ends every document.
        seed: of the order of the groups.
    """

    def __init__(self, groups: list[np.ndarray], weights: list[float], row: int, end: int, seed: int) -> None:
        self.groups, self.row, self.end = groups, row, end
        self.share = np.array(weights, dtype=np.float64) / sum(weights)
        self.generator = np.random.default_rng(seed)
        self.next = [0] * len(groups)

    def rows(self, count: int) -> Rows:
        chosen = self.generator.choice(len(self.groups), size=count, p=self.share)
        # Positions beyond a row are learned from other text; states of the policy begin at 0 as they will in use.
        shifts = self.generator.integers(0, CONTEXT - self.row + 1, size=count) * (chosen > 0)
        cut = []
        for group in chosen:
            tokens = self.groups[group]
            cut.append(np.take(tokens, np.arange(self.next[group], self.next[group] + self.row + 1), mode="wrap"))
            self.next[group] += self.row
        return pack_rows(np.stack(cut), self.end, shifts)
