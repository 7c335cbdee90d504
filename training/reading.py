"""What the commands share that train a linear reader of posts (`partner.reading`): `mood` and `danger`.

What was read is kept in `--out`, and a stopped run goes on. Whatever changes the policy's weights asks for a new reader.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor
from tqdm import tqdm

from partner.candidates import State
from partner.models import asset, fingerprint
from partner.policy import Readable
from partner.quick import load_reader
from partner.reading import describe
from partner.retrieval import Embedder, query_text
from partner.types import Conversation
from training import heads

TOGETHER = 100
"""Posts whose features go into one file."""
T = TypeVar("T")


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Options of these commands; `name` is that of the folder for the result."""
    heads.add_arguments(parser, name)
    parser.add_argument("--layers", type=int, nargs=2, default=[17, 23], help="layers read, from 0: of the post, and behind it")
    parser.add_argument("--limit", type=int, help="use only so many posts of each sort (for a quick try)")


def some(items: list[T], args: argparse.Namespace) -> list[T]:
    """Evenly drawn items, about as many as `--limit` says."""
    return items[:: max(1, len(items) // args.limit)] if args.limit else items


def read(conversations: Sequence[Conversation], args: argparse.Namespace) -> tuple[Tensor, tuple[int, int]]:
    """Rows of `partner.reading.describe` (conversations, features), in 16 bits, and the layers that were read."""
    torch.set_num_threads(args.threads)
    folder = Path(args.policy) if args.policy else asset("policy")
    policy = load_reader(folder)
    first, second = (min(k, policy.depth - 1) for k in args.layers)
    kept = args.out / f"read-{fingerprint(folder.glob('model-*.safetensors'))}"
    return _features(policy, Embedder(threads=args.threads), conversations, (first, second), kept), (first, second)


def _features(
    policy: Readable, embedder: Embedder, conversations: Sequence[Conversation], layers: tuple[int, int], kept: Path
) -> Tensor:
    """Rows of `partner.reading.describe` (conversations, features), in 16 bits.

    Args:
        kept: folder that keeps them, for this policy only.
    """
    found = []
    progress = tqdm(total=len(conversations), desc="reading", unit=" posts", mininterval=2)
    for start in range(0, len(conversations), TOGETHER):
        asked = [Conversation(c.post, "", c.history) for c in conversations[start : start + TOGETHER]]
        key = [[repr(c) for c in asked], list(layers)]
        found.append(heads.once(kept, key, partial(_described, policy, embedder, asked, layers)))
        progress.update(len(asked))
    return torch.cat(found)


def _described(policy: Readable, embedder: Embedder, conversations: Sequence[Conversation], layers: tuple[int, int]) -> Tensor:
    rows = []
    for conversation in conversations:
        state = State(policy, conversation, [], layers[:1])
        rows.append(describe(state, layers[1], embedder.embed([query_text(conversation)])[0]))
    return torch.stack(rows)
