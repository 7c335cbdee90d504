"""Small networks on what a policy makes of texts (`partner.judge.Network`): learnt several times, and averaged into one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from tqdm import tqdm

from partner.judge import Network


def add_arguments(parser: argparse.ArgumentParser, epochs: int, dropout: float) -> None:
    """What `learn` reads of the options."""
    parser.add_argument("--members", type=int, default=3, help="networks whose logits are averaged")
    parser.add_argument("--epochs", type=int, default=epochs, help="passes over the labels")
    parser.add_argument("--learning-rate", type=float, default=1e-3, help="of AdamW")
    parser.add_argument("--weight-decay", type=float, default=0.01, help="of AdamW")
    parser.add_argument("--dropout", type=float, default=dropout, help="of features and hidden units while learning")
    parser.add_argument("--seed", type=int, default=0, help="of weights and order")


def learn(
    rows: Tensor, target: Sequence[int], width: int, verdicts: int, args: argparse.Namespace, plain: int = 0, batch: int = 256
) -> Network:
    """A network fitted to numbers of verdicts by cross-entropy; the features' scales go into its first layer.

    Args:
        rows: (n, features).
        width: of each member's hidden layer.
        verdicts: how many there are.
        plain: of so many last features the scale is kept.
    """
    labels = torch.tensor(target)
    mean, spread = rows.float().mean(0), rows.float().std(0)
    # A feature that hardly moves in the labels must not be blown up where it moves in another post.
    spread = spread.clamp_min(float(spread.median()) / 10)
    if plain:
        mean[-plain:], spread[-plain:] = 0.0, 1.0
    members = []
    for member in range(args.members):
        torch.manual_seed(args.seed + member)
        network = Network(rows.shape[1], width, verdicts)
        optimizer = torch.optim.AdamW(network.parameters(), lr=args.learning_rate, weight_decay=args.weight_decay)
        drop = nn.Dropout(args.dropout)
        for _ in tqdm(range(args.epochs), desc=f"learning, {member + 1} of {args.members}", unit=" passes"):
            for some in torch.randperm(len(rows)).split(batch):
                x = drop((rows[some].float() - mean) / spread)
                loss = nn.functional.cross_entropy(network.out(drop(nn.functional.gelu(network.inner(x)))), labels[some])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        members.append(network)
    return joined(members, mean, spread)


@torch.no_grad()
def joined(members: Sequence[Network], mean: Tensor, spread: Tensor) -> Network:
    """One network that says the mean of what its members say of standardised features, of features as they are.

    Args:
        mean, spread: (features,) what the members' features were standardised with.
    """
    one = Network(len(mean), len(members[0].inner.bias) * len(members), len(members[0].out.bias))
    one.inner.weight.copy_(torch.cat([m.inner.weight for m in members]) / spread)
    one.inner.bias.copy_(torch.cat([m.inner.bias for m in members]) - one.inner.weight @ mean)
    one.out.weight.copy_(torch.cat([m.out.weight for m in members], 1) / len(members))
    one.out.bias.copy_(torch.stack([m.out.bias for m in members]).mean(0))
    return one.eval()
