"""Sums over the processes of a run; with a single process each function gives back what it got.

Every process learns from its own trajectories, and gradients are summed before each step, so that any number of
processes makes the update that one process makes from all trajectories. (`DistributedDataParallel` averages instead, which
is not the same where processes hold different numbers of decisions, and it hooks into `forward`, which the policy has none of.)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn

T = TypeVar("T")
BUCKET = 2**24
"""Gradient entries summed in one message."""


def several() -> bool:
    """Whether this process is one of several."""
    return distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1


def rank() -> int:
    """The number of this process, from 0."""
    return distributed.get_rank() if several() else 0


def count() -> int:
    """How many processes there are."""
    return distributed.get_world_size() if several() else 1


def total(tensor: Tensor) -> Tensor:
    """Sum of a tensor over all processes."""
    if not several():
        return tensor
    tensor = tensor.detach().clone()
    distributed.all_reduce(tensor)
    return tensor


def all_items(items: list[T]) -> list[T]:
    """The lists of all processes, one after the other."""
    if not several():
        return items
    lists: list[list[T]] = [[] for _ in range(count())]
    distributed.all_gather_object(lists, items)
    return [item for part in lists for item in part]


def before(number: int) -> int:
    """Sum of `number` over the processes that come before this one."""
    return sum(all_items([number])[: rank()])


def sum_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Sum the gradients of all processes in place; a process without one takes part with zeros."""
    if not several():
        return
    trained = [p for p in parameters if p.requires_grad]
    for p in trained:
        if p.grad is None:
            p.grad = torch.zeros_like(p)
    bucket: list[Tensor] = []
    for p in trained:
        bucket.append(p.grad)
        if sum(g.numel() for g in bucket) >= BUCKET:
            _sum_bucket(bucket)
            bucket = []
    if bucket:
        _sum_bucket(bucket)


def _sum_bucket(gradients: list[Tensor]) -> None:
    flat = torch.cat([g.flatten() for g in gradients])
    distributed.all_reduce(flat)
    for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))
