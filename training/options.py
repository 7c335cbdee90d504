"""Command-line options and settings files made from the dataclasses that say what a run is made with.

A field, its default and its line of the docstring are the option, so that what is documented, what is asked for and what
is saved cannot differ.
"""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import yaml

from partner.policy import default_dtype
from training.data.records import SHIPPED, DataError


def add_readings(parser: argparse.ArgumentParser) -> None:
    """Options of the commands that learn from what readers said: where corpus and other people's posts are."""
    parser.add_argument("--corpus", type=Path, help="folder with the readings (default: assets/corpus)")
    parser.add_argument("--data", type=Path, help="data folder with EPITOME and Dreaddit (default: PARTNER_DATA)")
    parser.add_argument("--authored-only", action="store_true", help="leave EPITOME's and Dreaddit's posts out")


def add_rounds(parser: argparse.ArgumentParser, rounds: Sequence[int] = SHIPPED) -> None:
    """The option of those whose readings were made in rounds; `rounds` are those that what ships has learnt from."""
    parser.add_argument(
        "--rounds",
        type=int,
        nargs="+",
        default=list(rounds),
        help="numbers of those learnt from (default: %(default)s, as what ships)",
    )


def add_bf16(parser: argparse.ArgumentParser) -> None:
    """The option of the commands that can learn with half the digits, which only some processors are faster with."""
    parser.add_argument(
        "--bf16",
        action=argparse.BooleanOptionalAction,
        default=default_dtype() == torch.bfloat16,
        help="bfloat16 autocast (default: where the processor has instructions for it)",
    )


def fields_of(cls: type) -> dict[str, inspect.Parameter]:
    """Names of what a class is made with, and the default of each."""
    return dict(inspect.signature(cls).parameters)


def meaning(cls: type) -> dict[str, str]:
    """The line of each field in the `Attributes:` or `Args:` part of the docstrings of the class and those it extends."""
    docs = [inspect.cleandoc(part.__doc__ or "") for part in reversed(cls.__mro__)]
    texts = [re.split(r"^\s*(?:Attributes|Args):\n", doc, flags=re.MULTILINE)[-1] for doc in docs]
    found = re.findall(r"^    ([\w, ]+): (.+(?:\n        .+)*)", "\n\n".join(texts), flags=re.MULTILINE)
    return {name: re.sub(r"\s+", " ", line) for names, line in found for name in names.split(", ")}


def add(parser: argparse.ArgumentParser, classes: Mapping[str, type], leave_out: set[str]) -> None:
    """Add an option for every field of the classes; options that several share are added once.

    What is not given on the command line is absent from the namespace, so that a settings file can come in between.

    Args:
        classes: by the name that the help text shows.
        leave_out: fields that have an option already.
    """
    shared: dict[str, list[tuple[str, type]]] = {}
    for name, cls in classes.items():
        for field in fields_of(cls):
            if field not in leave_out:
                shared.setdefault(field, []).append((name, cls))
    for field, owners in shared.items():
        texts = {name: _described(cls, field) for name, cls in owners}
        same = len(set(texts.values())) == 1
        text = texts[owners[0][0]] if same else "; ".join(f"{name}: {line}" for name, line in texts.items())
        owner = fields_of(owners[0][1])[field]
        parser.add_argument(
            f"--{field.replace('_', '-')}", default=argparse.SUPPRESS, help=text.replace("%", "%%"), **_kind(owner)
        )


def _described(cls: type, field: str) -> str:
    default = fields_of(cls)[field].default
    return meaning(cls).get(field, "").rstrip(".") + ("" if default is None else f" (default {_shown(default)})")


def _shown(default: Any) -> str:
    return " ".join(map(str, default)) if isinstance(default, tuple) else str(default)


def _kind(parameter: inspect.Parameter) -> dict[str, Any]:
    default, annotation = parameter.default, str(parameter.annotation)
    if isinstance(default, bool):
        return {"action": argparse.BooleanOptionalAction}
    if isinstance(default, tuple):
        return {"nargs": "+", "metavar": "NAME"}
    if default is None:
        return {"type": Path if "Path" in annotation else int if "int" in annotation else str}
    return {"type": type(default)}


def make(cls: type, given: Mapping[str, Any]) -> Any:
    """An instance of a class from what was given.

    Raises:
        DataError: a value is of the wrong kind.
    """
    values = {}
    for field, value in given.items():
        default = fields_of(cls)[field].default
        try:
            if isinstance(default, bool) or value is None:
                values[field] = value
            elif isinstance(default, tuple):
                values[field] = tuple(value.split() if isinstance(value, str) else value)
            elif default is None:
                values[field] = Path(value) if "Path" in str(fields_of(cls)[field].annotation) else value
            else:
                values[field] = type(default)(value)
        except (TypeError, ValueError) as error:
            raise DataError(f"{field}: {value!r} is not what is expected there ({_shown(default)}, for instance)") from error
    return cls(**values)


def read(path: Path) -> dict[str, Any]:
    """A settings file: YAML with the names of the options, words joined by `_` or `-`.

    Raises:
        DataError: it is missing, no YAML, or not a table.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not YAML: {error}") from error
    if not isinstance(found, dict):
        raise DataError(f"{path} must hold settings, one `name: value` a line")
    return {str(name).replace("-", "_"): value for name, value in found.items()}


def plain(value: Any) -> Any:
    """A value as YAML and JSON hold it."""
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    return {k: plain(v) for k, v in value.items()} if isinstance(value, dict) else value
