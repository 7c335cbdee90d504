"""Checkpoints that survive a kill at any moment, without pickle.

A checkpoint is a folder: the model (safetensors, float32), the optimizer's moments (safetensors), other tensors of the
learner where it has any, and `state.json`. It is written beside the old one and swapped in by renames, so there is always
a whole one on disk.
"""

from __future__ import annotations

import json
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from partner.models import ModelError
from training.data.records import DataError


class Saveable(Protocol):
    """A model that writes itself into a folder: a policy, or a classifier."""

    def save(self, folder: Path) -> None:
        """Write all files; makes the folder."""
        ...


def save(
    folder: Path,
    model: Saveable,
    optimizer: torch.optim.Optimizer,
    state: dict,
    more: dict[str, torch.Tensor] | None = None,
) -> None:
    """Write a whole checkpoint to `folder`, replacing the one there.

    Args:
        model: what is trained, usually a policy.
        state: what else a run needs to go on, as JSON.
        more: further tensors, e.g. of a value head; `restore_more` gives them back.

    Raises:
        DataError: it could not be written (disk full, no permission); the checkpoint that was there is kept.
    """
    new, old = folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")
    shutil.rmtree(new, ignore_errors=True)
    try:
        model.save(new)
        moments = {
            f"{index}.{name}": value.contiguous() if value.ndim else value.reshape(1)
            for index, entry in optimizer.state_dict()["state"].items()
            for name, value in entry.items()
        }
        save_file(moments, new / "optimizer.safetensors")
        if more:
            save_file({name: value.detach().contiguous() for name, value in more.items()}, new / "more.safetensors")
        (new / "state.json").write_text(json.dumps(state), encoding="utf-8")
    except (OSError, SafetensorError) as error:
        shutil.rmtree(new, ignore_errors=True)
        kept = f" The checkpoint at {folder} is kept: the same command goes on from it." if find(folder) else ""
        raise DataError(f"the checkpoint could not be written to {new} ({error}). Make room there.{kept}") from error
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def needs_space(folder: Path, needed: int) -> None:
    """Refuse to start what could not be saved.

    Args:
        folder: where it will be written; it exists.
        needed: bytes.

    Raises:
        DataError: less is free there.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DataError(
            f"{folder} has {free / 1e9:.1f} GB free, and the run needs {needed / 1e9:.1f} GB for its checkpoints and weights: "
            "make room, or choose another --out"
        )


def find(folder: Path) -> Path | None:
    """The newest whole checkpoint at `folder`: itself, or the old one if a kill fell between the two renames."""
    for path in (folder, folder.with_name(folder.name + ".old")):
        if (path / "state.json").is_file():
            return path
    return None


def restore(folder: Path, optimizer: torch.optim.Optimizer) -> dict:
    """Load the optimizer's moments from a checkpoint; returns its `state.json`.

    Raises:
        ModelError: files are damaged, or the checkpoint is of another architecture.
    """
    stored = optimizer.state_dict()
    moments: dict[int, dict[str, torch.Tensor]] = {}
    try:
        for key, value in load_file(folder / "optimizer.safetensors").items():
            index, name = key.split(".", 1)
            moments.setdefault(int(index), {})[name] = value.reshape(()) if name == "step" else value
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    except (OSError, SafetensorError, ValueError) as error:
        raise ModelError(f"{folder} does not hold a readable checkpoint: {error}. Delete it to start again.") from error
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for index, entry in moments.items():
        if index >= len(parameters) or any(v.shape != parameters[index].shape for n, v in entry.items() if n != "step"):
            raise ModelError(
                f"{folder} is the checkpoint of another architecture than the policy that is trained: choose another --out."
            )
    stored["state"] = moments
    optimizer.load_state_dict(stored)
    return state


def restore_more(folder: Path) -> dict[str, torch.Tensor]:
    """The further tensors of a checkpoint."""
    path = folder / "more.safetensors"
    return load_file(path) if path.is_file() else {}


def cut_log(log: Path, steps: int) -> None:
    """Keep the lines of the first `steps` steps of a log with one line a step: a run goes on from its checkpoint, and makes
    those after it again."""
    if log.is_file():
        lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
        if len(lines) > steps:
            log.write_text("".join(lines[:steps]), encoding="utf-8")


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
