"""A small labelled corpus: eight posts, for each a right and a wrong sentence of every source."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

from partner.candidates import SOURCES

LOST = ("dog", "cat", "job", "flat", "car", "bike", "boss", "bag")
POSTS = [f"My {thing} is gone and nobody called me back." for thing in LOST]
RIGHT, WRONG = "I am sorry.", "What was he like in March when the flat was so quiet?"
READINGS = "readings.jsonl.xz"


def write_corpus(folder: Path) -> Path:
    folder.mkdir()
    records = [
        {"id": f"F-{i}", "seeker": post, "response": ["Ok."], "levels": {}, "edits": [], "more": {}}
        for i, post in enumerate(POSTS)
    ]
    place = {"op": "insert", "at": 0, "mechanism": "emotional_reaction"}
    readings = [
        {"id": f"F-{i}", **place, "sentence": sentence, "source": source, "label": label}
        for i in range(len(POSTS))
        for source in SOURCES
        for sentence, label in ((RIGHT, "right"), (WRONG, "wrong_fact"))
    ]
    judged = [
        {"id": f"F-{i}", "round": 3, "read": [["ER", source, label, text] for source in SOURCES]}
        for i in range(len(POSTS))
        for text, label in ((RIGHT, "right"), (WRONG, "wrong_fact"))
    ]
    for name, rows in (("f_small", records), ("negatives", [])):
        (folder / f"{name}.jsonl").write_text(lines(rows), encoding="utf-8")
    (folder / "judged.jsonl.xz").write_bytes(lzma.compress(lines(judged).encode()))
    (folder / READINGS).write_bytes(lzma.compress(lines(readings).encode()))
    return folder


def lines(rows: list[dict]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)
