"""`python -m training ship`: put a trained policy into `assets/` in 8 bits, with its judge, and write the checksums."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch

from partner.models import assets_dir, write_sums
from partner.policy import JUDGE, PartnerPolicy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("policy", type=Path, nargs="?", help="policy folder to ship; without it only the checksums are written")


def run(args: argparse.Namespace) -> int:
    assets = assets_dir()
    if args.policy:
        PartnerPolicy.load(args.policy, torch.float32).save(assets / "policy", int8=True)
        if (args.policy / JUDGE).is_file():
            shutil.copy(args.policy / JUDGE, assets / "policy" / JUDGE)
        else:
            how = f"`python -m training judge --policy {args.policy} --out {args.policy}` trains one"
            print(f"{args.policy} has no judge, and the engine ranks worse without: {how}; ship it again then")
    write_sums(assets)
    total = sum(p.stat().st_size for p in assets.rglob("*") if p.is_file())
    print(f"{assets}: {total / 1e6:.0f} MB")
    return 0
