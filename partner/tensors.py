"""Safetensors: shards with optional 8-bit storage of matrices, and small networks in one file.

A matrix (rows, columns) stored in 8 bits has one float16 scale per row and group of 64 columns:
`w = q * scale`, q in -127..127 (symmetric, round to nearest). It is widened again when loaded, so 8 bits save disk
and download, and cost the model about 0.4 % of each weight's group maximum.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from partner.models import ModelError

GROUP = 64
SCALE = ".scale"
MADE_WITH = "made_with"
"""The one entry of a head's metadata, in JSON."""
Head = TypeVar("Head", bound=nn.Module)


def save(weights: dict[str, Tensor], folder: Path, int8: bool, shard_mb: int) -> None:
    """Write `weights` as `model-XXXXX.safetensors` shards of at most `shard_mb` MB, replacing earlier shards."""
    packed: dict[str, Tensor] = {}
    for name, value in weights.items():
        value = value.detach().cpu()
        if int8 and value.ndim == 2 and value.shape[1] % GROUP == 0:
            packed[name], packed[name + SCALE] = quantize(value)
        else:
            packed[name] = value.contiguous()
    shards: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, value in packed.items():
        size += value.nbytes
        if shards[-1] and size > shard_mb * 1_000_000:
            shards.append({})
            size = value.nbytes
        shards[-1][name] = value
    for old in folder.glob("model-*.safetensors"):
        old.unlink()
    for number, shard in enumerate(shards, 1):
        save_file(shard, folder / f"model-{number:05d}-of-{len(shards):05d}.safetensors")


def load(folder: Path, dtype: torch.dtype) -> dict[str, Tensor]:
    """Read all shards of a folder, widening 8-bit matrices to `dtype`.

    Raises:
        ModelError: no shards, shards missing from the set, or a damaged file.
    """
    paths = sorted(folder.glob("model-*.safetensors"))
    if not paths:
        raise ModelError(f"{folder} has no model-*.safetensors. Train or copy the policy again.")
    total = int(paths[0].stem.rsplit("-", 1)[1])
    if len(paths) != total:
        raise ModelError(f"{folder} has {len(paths)} of {total} model-*.safetensors files. Copy the policy again.")
    packed: dict[str, Tensor] = {}
    for path in paths:
        try:
            packed.update(load_file(path))
        except (SafetensorError, OSError) as error:
            raise ModelError(f"{path} is damaged ({error}). Copy the policy again.") from error
    return {
        name: widen(value, packed[name + SCALE], dtype) if value.dtype == torch.int8 else value.to(dtype)
        for name, value in packed.items()
        if not name.endswith(SCALE)
    }


def quantize(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """8-bit values (rows, columns) and float16 scales (rows, columns / 64)."""
    groups = matrix.float().view(matrix.shape[0], -1, GROUP)
    scale = (groups.abs().amax(-1) / 127).clamp_min(1e-7).half()
    values = (groups / scale.float()[..., None]).round().clamp(-127, 127).to(torch.int8)
    return values.view(matrix.shape), scale


def widen(values: Tensor, scale: Tensor, dtype: torch.dtype) -> Tensor:
    """The matrix that `quantize` stored, in `dtype`."""
    groups = values.view(values.shape[0], -1, GROUP).float() * scale.float()[..., None]
    return groups.view(values.shape).to(dtype)


def save_head(head: nn.Module, path: Path, dtype: torch.dtype, **made_with: Any) -> None:
    """Write a small network that belongs to a policy into one file, with what it was made with.

    All of `made_with` is one entry of the file's metadata: several entries come in an order that changes from run to
    run, and the same network would not give the same file.
    """
    weights = {name: value.detach().to(dtype).contiguous() for name, value in head.state_dict().items()}
    save_file(weights, path, {MADE_WITH: json.dumps(made_with, sort_keys=True)})


def load_head(path: Path, make: Callable[[dict[str, Tensor], dict[str, Any]], Head]) -> Head | None:
    """Read what `save_head` wrote, in 32 bits; None where there is no such file.

    Args:
        make: the network without its weights, from these and from what it was made with.

    Raises:
        ModelError: the file is damaged, of an earlier version, or holds another network.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as stored:
            weights = {name: stored.get_tensor(name).float() for name in stored.keys()}  # noqa: SIM118 (no mapping)
            made_with = json.loads((stored.metadata() or {})[MADE_WITH])
        head = make(weights, made_with)
        head.load_state_dict(weights)
    except (SafetensorError, OSError, LookupError, TypeError, ValueError, RuntimeError, ZeroDivisionError) as error:
        raise ModelError(f"{path} is damaged, or of an earlier version ({error}). Copy or make it again.") from error
    return head.eval()
