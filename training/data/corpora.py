"""Reader of the open dialogue and prose corpora (`corpora/NAME.jsonl.xz` of the data folder), for pretraining.

Other people's text under several licences, most for non-commercial research: read from the data folder, never part of
this repository. Lines marked for classifiers only, lines with strong language and lines that another corpus holds too
never reach a language model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from training.data.records import data_dir, read_lines

Group = Literal["support", "talk", "prose"]
GROUPS: tuple[Group, ...] = get_args(Group)

SOURCES: dict[Group, tuple[str, ...]] = {
    "support": ("esconv", "counsel_chat", "dreaddit"),
    "talk": (
        "blended_skill_talk",
        "dailydialog_part",
        "switchboard",
        "meld",
        "emorynlp",
        "self_dialogue",
        "topical_chat",
        "cmu_dog",
        "taskmaster",
        "nps_chat",
        "schema_guided",
    ),
    "prose": (
        "goemotions",
        "happydb_part",
        "masc",
        "brown",
        "abc_news",
        "state_union",
        "movie_reviews",
        "sentence_polarity",
        "subjectivity",
        "product_reviews",
    ),
}
"""Corpora by nearness to peer support: people who ask for and give support, other conversation, other English."""

HELD_OUT = frozenset({"esconv", "counsel_chat", "dreaddit", "goemotions"})
"""Corpora whose official test part is kept out of pretraining, since systems are measured on it."""


@dataclass(frozen=True)
class Document:
    """One conversation or text.

    Attributes:
        source: name of the corpus.
        turns: `(role, text)`, oldest first, roles `seeker`/`supporter` or `A`/`B`; empty for running text.
        text: running text; empty for a conversation.
        labels: emotions of a GoEmotions comment.
        test: whether it belongs to a test part that stays out of pretraining.
    """

    source: str
    turns: tuple[tuple[str, str], ...] = ()
    text: str = ""
    labels: tuple[str, ...] = ()
    test: bool = False


def read_corpus(source: str, folder: str | Path | None = None) -> Iterator[Document]:
    """Yield the documents of one corpus that a language model may read, in file order.

    Args:
        source: name of the corpus, the file's name without its ending.
        folder: the data folder that holds `corpora/`; see `data_dir` for the default.

    Raises:
        DataError: the file is missing, or a line is not a document; the message has file and line number.
    """
    path = data_dir(folder) / "corpora" / f"{source}.jsonl.xz"

    def document(row: Any) -> Document | None:
        if "use" in row or row.get("profane") or "also_in" in row:
            return None
        turns = tuple((role, text) for role, text in row.get("turns", ()))
        test = source in HELD_OUT and row.get("split") == "test"
        return Document(source, turns, "" if turns else row["text"], tuple(row.get("labels", ())), test)

    yield from read_lines(path, "it is one of the corpora for pretraining", "a document", document)


def one_speaker_a_turn(turns: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join what one role says twice running."""
    joined: list[tuple[str, str]] = []
    for role, text in turns:
        if joined and joined[-1][0] == role:
            joined[-1] = (role, f"{joined[-1][1]} {text}")
        else:
            joined.append((role, text))
    return joined
