"""What the commands share that train a linear reader of posts (`partner.reading`): `mood` and `danger`.

What was read is kept in `--out`, and a stopped run goes on. Whatever changes the policy's weights asks for a new reader.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
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


def read(sets: Sequence[Sequence[Conversation]], args: argparse.Namespace) -> tuple[list[Tensor], tuple[int, int]]:
    """Rows of `partner.reading.describe` (conversations, features) of each set, in 16 bits, and the layers that were read.

    What is added at the end of a set leaves what was read before as it is.
    """
    torch.set_num_threads(args.threads)
    folder = Path(args.policy) if args.policy else asset("policy")
    policy, embedder = load_reader(folder), Embedder(threads=args.threads)
    first, second = (min(k, policy.depth - 1) for k in args.layers)
    kept = args.out / f"read-{fingerprint(folder.glob('model-*.safetensors'))}"
    with tqdm(total=sum(map(len, sets)), desc="reading", unit=" posts", mininterval=2) as progress:

        def rows(conversations: Sequence[Conversation]) -> Iterator[Tensor]:
            for start in range(0, len(conversations), TOGETHER):
                asked = [Conversation(c.post, "", c.history) for c in conversations[start : start + TOGETHER]]
                key = [[repr(c) for c in asked], [first, second]]
                yield heads.once(kept, key, partial(_described, policy, embedder, asked, (first, second)))
                progress.update(len(asked))

        return [torch.cat(list(rows(conversations))) for conversations in sets], (first, second)


def _described(policy: Readable, embedder: Embedder, conversations: Sequence[Conversation], layers: tuple[int, int]) -> Tensor:
    rows = []
    for conversation in conversations:
        state = State(policy, conversation, [], layers[:1])
        rows.append(describe(state, layers[1], embedder.embed([query_text(conversation)])[0]))
    return torch.stack(rows)
