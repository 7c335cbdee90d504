"""`python -m training ship`: put a trained policy into `assets/` in 8 bits with what belongs to it, and write checksums."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch

from partner.models import assets_dir, write_sums
from partner.policy import HEADS, PartnerPolicy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("policy", type=Path, nargs="?", help="policy folder to ship; without it only the checksums are written")


def run(args: argparse.Namespace) -> int:
    assets = assets_dir()
    if args.policy:
        PartnerPolicy.load(args.policy, torch.float32).save(assets / "policy", int8=True)
        for head in HEADS:
            if (args.policy / head).is_file():
                shutil.copy(args.policy / head, assets / "policy" / head)
            else:
                how = f"python -m training {Path(head).stem} --policy {args.policy} --out {args.policy}"
                print(f"{args.policy} has no {head}, and is worse or less safe without: `{how}` makes one; ship it again then")
    write_sums(assets)
    total = sum(p.stat().st_size for p in assets.rglob("*") if p.is_file())
    print(f"{assets}: {total / 1e6:.0f} MB")
    return 0
