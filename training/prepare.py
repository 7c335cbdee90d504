"""`python -m training prepare`: the inputs of `make release` in one small folder, for a machine that has no others.

Copies the files that the steps read, in the layout of the data folder, and writes down every checksum. A folder that is
there already is checked instead.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from training.data.corpora import SOURCES
from training.data.records import DataError, data_dir

MEGABYTE = 1_000_000
MANIFEST = "manifest.json"
TEACHER = "teacher/sentences.jsonl"
"""Where the teacher's sentences lie in the folder, if there are any."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, help="data folder (default: PARTNER_DATA or ../shared/data)")
    parser.add_argument("--out", type=Path, default=Path("runs/release/data"), help="folder to write")
    parser.add_argument("--teacher-text", type=Path, help="sentences of `python -m training teacher-text`, taken along")
    parser.add_argument("--most", type=float, default=64, help="largest size of the folder in MB")


def run(args: argparse.Namespace) -> int:
    if (args.out / MANIFEST).is_file():
        check(args.out)
        print(f"{args.out} is complete; delete it to pack it anew")
        return 0
    size = pack(data_dir(args.data), args.out, args.teacher_text, args.most * MEGABYTE)
    print(f"{args.out}: {size / MEGABYTE:.1f} MB")
    return 0


def wanted() -> Iterator[str]:
    """The files the steps of a release read, relative to the data folder."""
    yield from (f"corpora/{name}.jsonl.xz" for names in SOURCES.values() for name in names)
    yield from (f"empathetic_dialogues/{split}.jsonl.xz" for split in ("train", "valid"))
    yield from (f"epitome/{split}.jsonl" for split in ("train", "dev"))


def pack(data: Path, out: Path, teacher_text: Path | None = None, most: float = 64 * MEGABYTE) -> int:
    """Write the folder; the manifest comes last, so that a folder with one is whole.

    Returns:
        size in bytes.

    Raises:
        DataError: an input is missing, or the inputs together are larger than `most` bytes.
    """
    files = {name: data / name for name in wanted()} | ({TEACHER: teacher_text} if teacher_text else {})
    for path in files.values():
        if not path.is_file():
            raise DataError(f"{path} is missing: pass --data and --teacher-text with what holds it")
    size = sum(path.stat().st_size for path in files.values())
    if size > most:
        raise DataError(f"the inputs take {size / MEGABYTE:.1f} MB, over {most / MEGABYTE:.0f}: take fewer teacher sentences")
    for name, path in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, out / name)
    sums = {name: digest(out / name) for name in files}
    (out / MANIFEST).write_text(json.dumps(sums, indent=2) + "\n", encoding="utf-8")
    return size


def check(out: Path) -> None:
    """Compare a folder with its manifest.

    Raises:
        DataError: a file is missing or altered.
    """
    for name, sha in json.loads((out / MANIFEST).read_text(encoding="utf-8")).items():
        if not (out / name).is_file() or digest(out / name) != sha:
            raise DataError(f"{out / name} is missing or altered: delete {out} and run `python -m training prepare` again")


def digest(path: Path) -> str:
    """sha256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
