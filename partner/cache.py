"""A key-value cache of Hugging Face's models that grows by doubling."""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer


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
