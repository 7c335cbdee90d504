"""Checkpoints that survive a kill at any moment, without pickle.

A checkpoint is a folder: the policy (safetensors, float32), the optimizer's moments (safetensors) and `state.json`.
It is written beside the old one and swapped in by renames, so there is always a whole one on disk.
"""

from __future__ import annotations

import json
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from partner.policy import PartnerPolicy


def save(folder: Path, policy: PartnerPolicy, optimizer: torch.optim.Optimizer, state: dict) -> None:
    """Write a whole checkpoint to `folder`, replacing the one there."""
    new, old = folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")
    shutil.rmtree(new, ignore_errors=True)
    policy.save(new)
    moments = {
        f"{index}.{name}": value.contiguous() if value.ndim else value.reshape(1)
        for index, entry in optimizer.state_dict()["state"].items()
        for name, value in entry.items()
    }
    save_file(moments, new / "optimizer.safetensors")
    (new / "state.json").write_text(json.dumps(state), encoding="utf-8")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def find(folder: Path) -> Path | None:
    """The newest whole checkpoint at `folder`: itself, or the old one if a kill fell between the two renames."""
    for path in (folder, folder.with_name(folder.name + ".old")):
        if (path / "state.json").is_file():
            return path
    return None


def restore(folder: Path, optimizer: torch.optim.Optimizer) -> dict:
    """Load the optimizer's moments from a checkpoint; returns its `state.json`."""
    stored = optimizer.state_dict()
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in load_file(folder / "optimizer.safetensors").items():
        index, name = key.split(".", 1)
        moments.setdefault(int(index), {})[name] = value.reshape(()) if name == "step" else value
    stored["state"] = moments
    optimizer.load_state_dict(stored)
    return json.loads((folder / "state.json").read_text(encoding="utf-8"))


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """While inside, the first Ctrl-C only sets the event, so that a step ends and is saved; a second one stops at once."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # signals belong to the main thread
        yield asked
        return

    def ask(number, frame) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
