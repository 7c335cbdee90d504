"""Finding and checking the weights that ship in `assets/`.

`assets/SHA256SUMS` lists every weight file; `asset` verifies a part's files once per process before anything
loads them, so a truncated download or a half-finished copy is named instead of failing somewhere deep inside.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file


class ModelError(RuntimeError):
    """Weights are missing, damaged or of the wrong kind; the message says which file and what to do."""


def assets_dir() -> Path:
    """The folder with the shipped weights: `PARTNER_ASSETS` if set, else `assets/` beside the package."""
    return Path(os.environ.get("PARTNER_ASSETS") or Path(__file__).resolve().parent.parent / "assets")


@cache
def _sums(root: Path) -> dict[str, str]:
    listing = root / "SHA256SUMS"
    if not listing.is_file():
        raise ModelError(f"{listing} is missing. Restore it with `git checkout -- assets`, or set PARTNER_ASSETS.")
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in listing.read_text().splitlines() if line)}


@cache
def _verified(root: Path, part: str) -> Path:
    expected = {name: digest for name, digest in _sums(root).items() if name.startswith(part + "/")}
    if not expected:
        raise ModelError(f"{root / 'SHA256SUMS'} lists no files for {part!r}. Restore it with `git checkout -- assets`.")
    for name, digest in expected.items():
        path = root / name
        if not path.is_file():
            raise ModelError(f"{path} is missing. Restore it with `git checkout -- assets/{part}`.")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise ModelError(f"{path} is damaged (its checksum differs). Restore it with `git checkout -- assets/{part}`.")
    return root / part


def asset(part: str) -> Path:
    """The folder of one shipped part, its files verified.

    Args:
        part: name of a folder of `assets/`, such as `"policy"` or `"corpus"`.

    Raises:
        ModelError: a file is missing or its checksum differs; the message names it and says how to restore it.
    """
    return _verified(assets_dir(), part)


def linear(folder: Path) -> tuple[np.ndarray, float]:
    """Weight (features,) and bias of the linear classifier in `folder`.

    Raises:
        ModelError: `model.safetensors` is missing or damaged.
    """
    try:
        stored = load_file(folder / "model.safetensors")
        return stored["weight"], float(stored["bias"][0])
    except (SafetensorError, OSError, KeyError) as error:
        raise ModelError(
            f"{folder / 'model.safetensors'} is no linear classifier ({error}). Restore it with `git checkout -- assets`."
        ) from error


def fingerprint(files: Iterable[Path]) -> str:
    """First 16 digits of the SHA-256 over weight files, in the order of their names; empty where there are none."""
    digest, ordered = hashlib.sha256(), sorted(files)
    for path in ordered:
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()[:16] if ordered else ""


def write_sums(root: Path) -> None:
    """Write `SHA256SUMS` for every file below `root` except the listing itself and Markdown; used by exports."""
    files = sorted(p for p in root.rglob("*") if p.is_file() and p.suffix != ".md" and p.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(root).as_posix()}\n" for p in files]
    (root / "SHA256SUMS").write_text("".join(lines))
