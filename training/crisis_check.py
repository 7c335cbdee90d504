"""How well crisis posts are recognised and bad candidates refused: the numbers behind `partner.safety` and `partner.guards`.

`python -m training crisis-check` prints two tables. Recall and false alarms are counted on the project's own posts, told
apart by their topic, and, where the data folder is at hand, on EPITOME posts that were read one by one
(`training.crisis_labels`). The guards are judged on the authored negatives, on good authored sentences (which they
should let pass) and on the same sentences moved to another post (which they should refuse where a person or fact is
missing).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from partner.corpus import opened, record_files
from partner.guards import Guard
from partner.models import assets_dir
from partner.safety import crisis, crisis_kinds
from partner.types import Conversation
from training import crisis_labels
from training.data.edits import read_edits
from training.data.epitome import epitome_posts
from training.data.records import DataError, Record

# Topics as the authors named them when they wrote the posts.
CRISIS_TOPIC = re.compile(
    r"suicid|self.?harm|passive|not existing|survived an attempt|attempt anniversary|"
    r"attempt, own thoughts|goodbye (?:letters|hints|at 70)|anonymous goodbye|would anyone notice"
    r"|wants? to die|wants to disappear|wishes to disappear|want(?:s|ing)? to (?:die|not)|"
    r"not wanting (?:to be|to wake|to live)|wish not to wake"
    r"|thoughts of not waking|would be easier|doesn't want to live|not seeing a reason to live|wants it to end|lost will"
    r"|thoughts family better off|urge to hurt|anonymous confession of plans",
    re.IGNORECASE,
)
LOSS_TOPIC = re.compile(
    r"suicide loss|'s suicide|suicide of|afraid of inheriting|family secret about suicide|suicide witness", re.IGNORECASE
)
# Neither plainly a crisis nor plainly not: dark thoughts, hopelessness, intrusive thoughts, worry about a friend.
UNCLEAR_TOPIC = re.compile(
    r"hopeless|dark thought|intrusive|wish to disappear|burden|no reason|dreams of not|widower's winter|"
    r"old man, no reason|sectioned friend"
    r"|death wish|thoughts of death|fear of hospital|moderator overwhelmed|resits|scars|friend in danger|parent finds",
    re.IGNORECASE,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m training crisis-check`."""
    parser.add_argument("--data", help="data folder with EPITOME; without one that part is left out and said so")
    parser.add_argument("--split", choices=("train", "dev", "all"), default="dev", help="part of the good authored sentences")
    parser.add_argument("--seed", type=int, default=0, help="for moving sentences to other posts")
    parser.add_argument("--json", type=Path, help="write the numbers to this file as well")


def run(args: argparse.Namespace) -> int:
    """Measure and print both tables; returns 0."""
    numbers = {"crisis": measure_crisis(args.data), "guards": measure_guards(args.split, args.seed)}
    print_tables(numbers)
    if args.json:
        args.json.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")
    return 0


def measure_crisis(data: str | None = None) -> dict[str, dict[str, float]]:
    """Per set of posts: how many there are and the share recognised as a crisis (recall, or false alarms on plain posts)."""
    topics = record_topics()
    own: dict[str, list[Conversation]] = {"own crisis": [], "own loss by suicide": [], "own plain": [], "own unclear": []}
    for record in read_edits("all"):
        topic = topics[record.id]
        if LOSS_TOPIC.search(topic):
            name = "own loss by suicide"
        elif UNCLEAR_TOPIC.search(topic) and "suicid" not in topic:
            name = "own unclear"
        else:
            name = "own crisis" if CRISIS_TOPIC.search(topic) else "own plain"
        own[name].append(record.conversation)
    sets = {name: posts for name, posts in own.items() if posts}
    sets |= _epitome_sets(data)
    return {name: _shares(posts) for name, posts in sets.items()}


def _epitome_sets(data: str | None) -> dict[str, list[Conversation]]:
    try:
        splits = {split: epitome_posts(split, data) for split in ("train", "dev")}
    except DataError:
        print("EPITOME is not at hand (--data FOLDER or PARTNER_DATA): its posts are left out")
        return {}
    sets: dict[str, list[Conversation]] = {}
    for split, posts in splits.items():
        for post_id, post in posts.items():
            sets.setdefault(f"EPITOME {split}, {crisis_labels.kind(post_id)}", []).append(Conversation(post))
    return dict(sorted(sets.items()))


def _shares(posts: list[Conversation]) -> dict[str, float]:
    start = time.process_time()
    found = sum(map(crisis, posts))
    spent = time.process_time() - start
    touched = sum(bool(crisis_kinds(post)) for post in posts)
    return {
        "posts": len(posts),
        "crisis": found / len(posts),
        "any signal": touched / len(posts),
        "ms": 1000 * spent / len(posts),
    }


def record_topics(folder: Path | None = None) -> dict[str, str]:
    """The topic of every authored record, by id; of the shipped corpus by default."""
    topics: dict[str, str] = {}
    for path in record_files(folder or assets_dir() / "corpus"):
        with opened(path) as file:
            topics |= {row["id"]: row["topic"] for row in map(json.loads, file)}
    return topics


def measure_guards(split: str = "dev", seed: int = 0) -> dict[str, dict]:
    """Share refused: of each kind of negative, of good sentences, and of good sentences at another post's place."""
    records = list(read_edits(split))
    strangers = records[:]
    random.Random(seed).shuffle(strangers)
    start = time.process_time()
    good = _refusals((record, good_sentences(record)) for record in records if not crisis(record.conversation))
    spent = time.process_time() - start
    moved = _refusals(
        (other, good_sentences(record)) for record, other in zip(records, strangers, strict=True) if record.id != other.id
    )
    kinds: dict[str, list[tuple[Record, list[str]]]] = {}
    for record in records:
        for sentence, kind in record.bad:
            kinds.setdefault(kind, []).append((record, [sentence]))
    return {
        "negatives": {kind: _refusals(cases) for kind, cases in sorted(kinds.items())},
        "good": {split: good | {"ms per sentence": 1000 * spent / good["sentences"]}},
        "moved to another post": {split: moved},
    }


def good_sentences(record: Record) -> list[str]:
    """The authored sentences that fit the record's post."""
    return [e.text for e in record.edits if e.text] + [sentence for sentence, _, _ in record.more]


def _refusals(cases: Iterable[tuple[Record, list[str]]]) -> dict:
    reasons: Counter[str] = Counter()
    total = 0
    for record, sentences in cases:
        guard = Guard(record.conversation)
        for sentence in sentences:
            total += 1
            reason = guard.refuse(sentence)
            if reason:
                reasons[reason.split(":")[0]] += 1
    return {"sentences": total, "refused": reasons.total() / total if total else 0.0, "by": dict(reasons.most_common())}


def print_tables(numbers: dict) -> None:
    """The two tables as plain text."""
    print(f"{'posts':28} {'n':>5} {'crisis':>8} {'any signal':>11} {'ms':>6}")
    for name, row in numbers["crisis"].items():
        print(f"{name:28} {row['posts']:5} {row['crisis']:8.1%} {row['any signal']:11.1%} {row['ms']:6.1f}")
    print(f"\n{'sentences':28} {'n':>5} {'refused':>8}  by")
    for group, rows in numbers["guards"].items():
        for name, row in rows.items():
            by = ", ".join(f"{kind} {count}" for kind, count in list(row["by"].items())[:5])
            print(f"{group + ': ' + name:28} {row['sentences']:5} {row['refused']:8.1%}  {by}")
    for name, row in numbers["guards"]["good"].items():
        print(f"\none post's sentences ({name}) cost {row['ms per sentence']:.2f} ms each, reading the post included")
