"""Reader of the EmpatheticIntents classification sets (Welivita and Pu, COLING 2020): 32 emotions, 8 intents, neutral.

Other people's data, for non-commercial research: read from the data folder, never part of this repository.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from training.data.records import DataError, data_dir

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
    if not path.is_file():
        raise DataError(f"{path} is missing: EmpatheticIntents is needed, one labelled text a line")
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                if row["label"] < 0:
                    raise ValueError(f"label {row['label']}")
                yield str(row["text"]), LABELS[row["label"]]
            except (ValueError, KeyError, TypeError, IndexError) as error:
                raise DataError(f"{path}:{number}: not a labelled text ({error!r})") from error
