"""Results on disk: appended batch by batch, read as a stream, whole again after a kill.

Batch b goes to file b mod `LANES`. With several processes each file belongs to one of them, so no two write to the same;
reading a batch from each file in turn gives the order of the input, whatever the number of processes was.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

LANES = 16


class Lane:
    """One file of results. Rows are whole lines; what a kill left of a line or of a batch is cut off and done again.

    Args:
        path: the file; need not exist yet.
        batch: rows of a whole batch.
    """

    def __init__(self, path: Path, batch: int) -> None:
        self.path, self.rows = path, 0
        self._ends = deque([0], maxlen=batch + 1)  # offsets behind the last rows: a cut never goes back farther
        if path.is_file():
            with path.open("rb") as file:
                for line in file:
                    if line.endswith(b"\n"):
                        self._count(line)

    def _count(self, line: bytes) -> None:
        self._ends.append(self._ends[-1] + len(line))
        self.rows += 1

    def write(self, at: int, rows: list[dict[str, Any]]) -> None:
        """Put rows behind the first `at` rows; anything after those is dropped."""
        for _ in range(self.rows - at):
            self._ends.pop()
        self.rows = at
        with self.path.open("r+b" if self.path.exists() else "wb") as file:
            file.truncate(self._ends[-1])
            file.seek(self._ends[-1])
            for row in rows:
                line = (json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8")
                file.write(line)
                self._count(line)

    def first_key(self) -> int:
        """The checksum of the pair in the first row."""
        with self.path.open("rb") as file:
            return json.loads(file.readline())["key"]


def read_results(folder: Path, batch: int) -> Iterator[dict[str, Any]]:
    """All rows of a run in the order of the input, as a stream; of an unfinished run those before the first gap."""
    with ExitStack() as stack:
        files = [stack.enter_context(path.open(encoding="utf-8")) if path.is_file() else None for path in lane_paths(folder)]
        while True:
            for file in files:
                for _ in range(batch):
                    line = file.readline() if file else ""
                    if not line.endswith("\n"):
                        return
                    yield json.loads(line)


def lane_paths(folder: Path) -> list[Path]:
    """The files of a run's results, whether they exist or not."""
    return [folder / f"{lane:02d}.jsonl" for lane in range(LANES)]
