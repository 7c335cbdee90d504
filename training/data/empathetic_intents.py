"""Reader of the EmpatheticIntents classification sets (Welivita and Pu, COLING 2020): 32 emotions, 8 intents, neutral.

Other people's data, for non-commercial research: read from the data folder, never part of this repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from training.data.records import data_dir, read_lines

EMOTIONS = tuple(
    """afraid angry annoyed anticipating anxious apprehensive ashamed caring confident content devastated disappointed
    disgusted embarrassed excited faithful furious grateful guilty hopeful impressed jealous joyful lonely nostalgic prepared
    proud sad sentimental surprised terrified trusting""".split()
)
INTENTS = tuple("agreeing acknowledging encouraging consoling sympathizing suggesting questioning wishing neutral".split())
LABELS = (*EMOTIONS, *INTENTS)
"""Names of the labels 0 to 40 as the data uses them. Its `labels.txt` gives neutral the number 38, which is questioning's."""


def read_intents(split: Literal["train", "valid", "test"], folder: str | Path | None = None) -> Iterator[tuple[str, str]]:
    """Yield `(text, label)` of one split in file order; emotions label situations, intents label listeners' utterances.

    Raises:
        DataError: the file is missing, or a line is not a labelled text; the message has file and line number.
    """
    path = data_dir(folder) / "empathetic_intents" / f"{split}.jsonl"
    yield from read_lines(path, "EmpatheticIntents is needed, one labelled text a line", "a labelled text", _labelled)


def _labelled(row: Any) -> tuple[str, str]:
    if row["label"] < 0:
        raise ValueError(f"label {row['label']}")
    return str(row["text"]), LABELS[row["label"]]
