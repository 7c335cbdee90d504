"""Where the pairs come from: JSONL, CSV and TSV files, standard input, EPITOME and EmpatheticDialogues by name.

Everything is read as a stream; nothing is kept. A line that cannot be used is handed to `on_broken` with its number.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from partner.checks import checked_history, checked_text
from partner.types import Conversation, Mechanism
from training.data.empathetic_dialogues import answers, read_dialogues
from training.data.epitome import read_epitome

# Spellings of the two columns that are understood without an option; the first is the default of the option.
POST = ("post", "seeker", "seeker_post")
REPLY = ("reply", "response", "response_post")
NAMED = {"epitome": ("train", "dev"), "empathetic_dialogues": ("train", "valid", "test")}
FORMATS = ("jsonl", "csv", "tsv")

csv.field_size_limit(2**31 - 1)
OnBroken = Callable[[int, str], None]


class InputError(ValueError):
    """The input cannot be read, or a line of it in strict mode; the message is one line for the user."""


@dataclass(frozen=True)
class Pair:
    """One exchange to measure.

    Attributes:
        row: number of the data row in its input, from 0; broken rows are counted, so that other files can be aligned.
        line: number of the line where the row begins, from 1.
        conversation: post, reply (empty where a reply is to be drafted) and earlier turns.
        reference: what a person answered, where the input has it.
        levels: annotated EPITOME levels of the reply, where the input has them.
        turns: seeker turns up to the reply.
    """

    row: int
    line: int
    conversation: Conversation
    reference: str | None = None
    levels: dict[Mechanism, int] = field(default_factory=dict)
    turns: int = 1

    @property
    def key(self) -> int:
        """A checksum of the texts: tells whether a run goes on with the input it began with."""
        return zlib.crc32(f"{self.conversation.post}\0{self.conversation.reply}".encode("utf-8", "replace"))


class Source(Protocol):
    """An input: `pairs` may be called once for a stream, any number of times for a file."""

    name: str

    def pairs(self, on_broken: OnBroken) -> Iterator[Pair]:
        """All usable pairs in order."""
        ...

    def count(self) -> int | None:
        """About how many rows there are, for the progress bar; None where that cannot be known in advance."""
        ...


@dataclass(frozen=True)
class Columns:
    """Names of the columns (fields in JSONL); None for the spellings in `POST` and `REPLY`."""

    post: str | None = None
    reply: str | None = None
    reference: str | None = None


def open_source(
    name: str, *, split: str | None = None, data: Path | None = None, form: str | None = None, columns: Columns | None = None
) -> Source:
    """The input called `name`: a data set's name, `-` for standard input, or a file.

    Args:
        name: `epitome`, `empathetic_dialogues`, `-` or a path.
        split: part of a data set; EPITOME's dev and EmpatheticDialogues' test by default.
        data: folder of the data sets.
        form: one of `FORMATS`; by the file's ending where None, and JSONL for standard input.
        columns: names of the columns.

    Raises:
        InputError: no such file or split, or a format that cannot be guessed.
    """
    if name in NAMED:
        split = split or NAMED[name][-1]
        if split not in NAMED[name]:
            raise InputError(f"{name} has no split {split!r}: use {' or '.join(NAMED[name])}")
        return DataSet(name, split, data)
    if split:
        raise InputError("--split is for epitome and empathetic_dialogues: a file is read whole")
    if name != "-" and not Path(name).is_file():
        raise InputError(f"{name}: no such file (or use {', '.join(NAMED)}, or - for standard input)")
    suffix = Path(name).suffix.lower().lstrip(".")
    form = form or {"": "jsonl", "ndjson": "jsonl", "json": "jsonl"}.get(suffix, suffix)
    if form not in FORMATS:
        raise InputError(f"{name}: give the format with --format {'|'.join(FORMATS)}")
    return File(name, form, columns or Columns())


@dataclass(frozen=True)
class DataSet:
    """EPITOME's annotated pairs, or every supporter turn of EmpatheticDialogues as a reply to draft."""

    dataset: str
    split: str
    folder: Path | None

    @property
    def name(self) -> str:
        return f"{self.dataset} {self.split}"

    def pairs(self, on_broken: OnBroken) -> Iterator[Pair]:
        """All pairs; these files are ours to trust, so a broken line stops the run with a DataError."""
        if self.dataset == "epitome":
            for row, record in enumerate(read_epitome(self.split, self.folder)):
                yield Pair(row, row + 1, record.conversation, levels=record.levels)
            return
        row = 0
        for line, dialogue in enumerate(read_dialogues(self.split, self.folder), 1):
            for answer in answers(dialogue):
                yield Pair(row, line, answer.conversation, reference=answer.text, turns=answer.turns)
                row += 1

    def count(self) -> int | None:
        return sum(1 for _ in self.pairs(lambda line, message: None))


@dataclass(frozen=True)
class File:
    """A file of pairs, or standard input."""

    path: str
    form: str
    columns: Columns

    @property
    def name(self) -> str:
        return "standard input" if self.path == "-" else self.path

    def pairs(self, on_broken: OnBroken) -> Iterator[Pair]:
        row = -1
        for line, record in self._records(on_broken):
            row += 1
            if record is None:
                continue
            try:
                yield self._pair(row, line, record)
            except ValueError as error:
                on_broken(line, str(error))

    def records(self) -> Iterator[dict[str, Any] | None]:
        """Every row as a mapping from column to value, None for a broken one; for files beside the input."""
        return (record for _, record in self._records(lambda line, message: None))

    def count(self) -> int | None:
        if self.path == "-":
            return None
        with open(self.path, "rb") as file:
            if self.form == "jsonl":
                return sum(1 for line in file if line.strip())
            rows = sum(1 for _ in self._rows(file))
        return rows if self._headless() else rows - 1

    def _open(self) -> BinaryIO:
        return sys.stdin.buffer if self.path == "-" else open(self.path, "rb")

    def _records(self, on_broken: OnBroken) -> Iterator[tuple[int, dict[str, Any] | None]]:
        """Line number and fields of each row; None for one that cannot be read, after reporting it."""
        file = self._open()
        try:
            yield from self._jsonl(file, on_broken) if self.form == "jsonl" else self._table(file, on_broken)
        finally:
            if self.path != "-":
                file.close()

    def _jsonl(self, file: BinaryIO, on_broken: OnBroken) -> Iterator[tuple[int, dict[str, Any] | None]]:
        for line, raw in enumerate(file, 1):
            if not raw.strip():
                continue
            record = None
            try:
                value = json.loads(raw.decode("utf-8-sig" if line == 1 else "utf-8"))
                if isinstance(value, dict):
                    record = value
                else:
                    on_broken(line, "not a JSON object")
            except UnicodeDecodeError:
                on_broken(line, "not UTF-8")
            except (ValueError, RecursionError) as error:
                on_broken(line, f"not JSON ({error})")
            yield line, record

    def _rows(self, file: BinaryIO) -> csv.reader:  # type: ignore[valid-type]
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        if self.form == "tsv":  # PARTNER's files quote nothing: a quotation mark is a character like any other
            return csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
        return csv.reader(text, strict=True)

    def _headless(self) -> bool:
        with open(self.path, "rb") as file:
            first = next(self._rows(file), [])
        return self._header(first) is None

    def _header(self, first: list[str]) -> list[str] | None:
        """The first row as column names; None where it is data of a file with two columns."""
        names = [cell.strip() for cell in first]
        wanted = [n for n in (self.columns.post, self.columns.reply, self.columns.reference) if n]
        if any(n not in names for n in wanted):
            raise InputError(f"{self.name}: no column {next(n for n in wanted if n not in names)!r} among {names}")
        if wanted or any(n in names for n in POST):
            return names
        if len(first) == 2:
            return None
        raise InputError(f"{self.name}: its first line names no post column: give --post-column and --reply-column")

    def _table(self, file: BinaryIO, on_broken: OnBroken) -> Iterator[tuple[int, dict[str, Any] | None]]:
        rows = self._rows(file)
        header: list[str] | None = None
        first = True
        while True:
            line = rows.line_num + 1
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                on_broken(line, f"not {self.form.upper()} ({error})")
                yield line, None
                continue
            if not cells:
                continue
            if first:
                first, header = False, self._header(cells)
                if header is not None:
                    continue
                header = [POST[0], REPLY[0]]
            if len(cells) != len(header):
                on_broken(line, f"{len(cells)} column{'s' * (len(cells) != 1)} where {len(header)} are expected")
                yield line, None
                continue
            yield line, dict(zip(header, cells, strict=True))

    def _pair(self, row: int, line: int, record: dict[str, Any]) -> Pair:
        post = _text(record, self.columns.post, POST)
        reply = _text(
            record, self.columns.reply, REPLY, missing="" if "reference" in record or self.columns.reference else None
        )
        if not post.strip():
            raise ValueError("the post is empty")
        reference = record.get(self.columns.reference or "reference")
        if reference is not None:
            reference = checked_text("reference", reference)
        history = checked_history(_turns(record.get("history")))
        seekers = sum(role == "seeker" for role, _ in history)
        return Pair(row, line, Conversation(post, reply, history), reference or None, turns=seekers + 1)


def batches(pairs: Iterator[Pair], size: int) -> Iterator[list[Pair]]:
    """The pairs in lists of `size`, the last one shorter."""
    while batch := list(islice(pairs, size)):
        yield batch


def _text(record: dict[str, Any], name: str | None, known: tuple[str, ...], missing: str | None = None) -> str:
    names = (name,) if name else known
    for candidate in names:
        if candidate in record:
            return checked_text(candidate, record[candidate])
    if missing is not None:
        return missing
    raise ValueError(f"no {' or '.join(repr(n) for n in names)}")


def _turns(value: Any) -> Any:
    """A row's history, still unchecked; none where the field is empty, and read from JSON where it is a cell of a table."""
    if value is None or value == "":
        return []
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            raise ValueError("history is not JSON") from None
    return value
