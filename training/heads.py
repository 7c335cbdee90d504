"""What the commands share that train what belongs to a policy's weights (`partner.policy.HEADS`)."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from training import options


class Head(Protocol):
    """A reader or judge that writes itself into a folder."""

    def save(self, folder: Path) -> None: ...


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Options of all these commands; `name` is that of the folder for the result."""
    parser.add_argument("--out", type=Path, default=Path("runs") / name, help="folder for what was read, and the result")
    parser.add_argument("--policy", help="policy folder (default: the shipped one)")
    options.add_readings(parser)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")


def once(kept: Path, asked: Any, read: Callable[[], Tensor]) -> Tensor:
    """Features in 16 bits, from the folder that keeps them where they were read before; a stopped run loses only the last.

    Args:
        kept: made if needed.
        asked: what tells them from others, as JSON takes it.
        read: makes them.
    """
    path = kept / f"{hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]}.safetensors"
    if not path.is_file():
        kept.mkdir(parents=True, exist_ok=True)
        save_file({"features": read().half()}, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)
    return load_file(path)["features"]


def write(head: Head, file: str, found: Mapping[str, Any], out: Path) -> None:
    """Write a head and what it was measured to be worth, and say both.

    Args:
        file: the head's own, as of `partner.policy.HEADS`.
        found: the measurements, written beside it as JSON.
    """
    out.mkdir(parents=True, exist_ok=True)
    head.save(out)
    told = json.dumps(found, indent=2)
    (out / file).with_suffix(".json").write_text(told + "\n", encoding="utf-8")
    print(told)
    print(f"{out / file}: to use it, copy it into the policy's folder")
