"""Does the engine help: enough suggestions, more empathy, no repetition, and a hold on the post.

Three parts, each on held-out data:

- `epitome`: EPITOME dev pairs whose reply is low in empathy (annotated levels sum to at most 1). Number of suggestions,
  empathy gain of the first one, distinct-2 of the first ones.
- `repeats`: the whole EPITOME dev set. How often the most frequent sentence is offered.
- `corpus`: held-out posts of `assets/corpus`. Whether the first suggestion picks up a content word or an event of the
  post, beside two figures to read it by: suggestions shuffled among the posts (what chance alone gives) and the edits
  that people wrote for these posts.

Posts with crisis signals get vetted sentences from a fixed list, which repeat by design. Every figure is given for all
posts, and where it matters also without those.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Protocol

from tqdm import tqdm

from evaluation.content import content_overlap
from evaluation.intervals import bootstrap_interval, jackknife_interval
from evaluation.metrics import distinct_n, repeats
from evaluation.options import positive
from evaluation.tables import Figure, as_json, markdown, write_json
from partner.types import Conversation, Empathy, Result
from training.data.edits import read_edits
from training.data.epitome import read_epitome
from training.data.records import Record

TITLES = {
    "epitome": "EPITOME dev, replies of low empathy",
    "repeats": "EPITOME dev, all pairs",
    "corpus": "held-out posts of assets/corpus",
}
PARTS = tuple(TITLES)
LOW = 1  # a reply is low in empathy when its annotated levels sum to this or less


class Engine(Protocol):
    """What is measured: `partner.Rewriter`, or a baseline with the same methods."""

    def suggest(self, conversation: Conversation, n: int = 4) -> Result:
        """Suggestions for one conversation, best first."""
        ...

    def score(self, conversation: Conversation) -> Empathy:
        """EPITOME scores of the reply as it stands."""
        ...


@dataclass(frozen=True)
class Case:
    """A record, what the engine answered, and the empathy gain of the first suggestion (None without one)."""

    record: Record
    result: Result
    gain: float | None

    @property
    def top(self) -> str:
        """The sentence of the first suggestion; empty where there is none or it is a deletion."""
        return self.result.suggestions[0].edit.text if self.result.suggestions else ""


def is_low(record: Record) -> bool:
    """Whether a record's reply was annotated as low in empathy (and not empty)."""
    return bool(record.conversation.reply.strip()) and sum(record.levels.values()) <= LOW


def share(name: str, hits: Sequence[bool], target: str = "", *, seed: int = 0) -> Figure:
    """A share of cases with its bootstrap interval."""
    if not hits:
        return Figure(name, None, "share")
    values = [float(h) for h in hits]
    return Figure(name, fmean(values), "share", len(values), bootstrap_interval(values, seed=seed), target)


def variety(name: str, texts: Sequence[str], target: str = "") -> Figure:
    """Distinct-2 of sentences with its jackknife interval."""
    texts = [t for t in texts if t]
    if len(texts) < 2:
        return Figure(name, None, "", len(texts))
    low, high = jackknife_interval(texts, distinct_n)
    return Figure(name, distinct_n(texts), "", len(texts), (max(low, 0.0), min(high, 1.0)), target)


def low_empathy_figures(cases: Sequence[Case], *, seed: int = 0) -> list[Figure]:
    """Part `epitome`: helpfulness on replies of low empathy, for all posts and without crisis posts."""
    found = []
    for label, group in _groups(cases):
        gains = [c.gain for c in group if c.gain is not None]
        found += [
            share(f"at least 2 suggestions{label}", [len(c.result.suggestions) >= 2 for c in group], ">= 0.95", seed=seed),
            share(f"first suggestion gains empathy{label}", [(c.gain or 0) > 0 for c in group], ">= 0.9", seed=seed),
            Figure(
                f"mean empathy gain of first suggestions{label}",
                fmean(gains) if gains else None,
                "",
                len(gains),
                bootstrap_interval(gains, seed=seed) if gains else None,
            ),
            variety(f"distinct-2 of first suggestions{label}", [c.top for c in group], ">= 0.5"),
        ]
    crisis = [c for c in cases if c.result.crisis]
    return [*found, Figure("crisis posts among them", len(crisis), "count", len(cases))]


def repeat_figures(cases: Sequence[Case]) -> list[Figure]:
    """Part `repeats`: how often the most frequent sentence is offered, as first suggestion and in any place."""
    found = []
    for label, group in _groups(cases):
        tops = [c.top for c in group if c.top]
        shown = [s.edit.text for c in group for s in c.result.suggestions if s.edit.text]
        found += [
            Figure(f"most frequent first suggestion occurs{label}", repeats(tops)[1], "count", len(tops), None, "<= 3"),
            Figure(f"most frequent suggestion in any place occurs{label}", repeats(shown)[1], "count", len(shown)),
        ]
    return found


def corpus_figures(cases: Sequence[Case], *, seed: int = 0) -> list[Figure]:
    """Part `corpus`: whether first suggestions pick up a content word or an event of their post, by chance, by people."""
    pairs = [(c.record.conversation.post, c.top) for c in cases]
    written = [(c.record.conversation.post, c.record.edits[0].text) for c in cases if c.record.edits]
    listed = [
        any(content_overlap(c.record.conversation.post, s.edit.text, events=True) for s in c.result.suggestions) for c in cases
    ]
    return [
        share("picks up a content word or an event of the post", _hits(pairs), ">= 0.4", seed=seed),
        share("the same for any of the suggestions shown", listed, seed=seed),
        share("picks up a content word of the post", _hits(pairs, events=False), seed=seed),
        share("the same by chance: suggestions of other posts", _hits(_shuffled(pairs, seed)), seed=seed),
        share("the same by people: first authored edit of these posts", _hits(written), seed=seed),
    ]


def figures(part: str, cases: Sequence[Case], seed: int = 0) -> list[Figure]:
    """The figures of one part; `seed` is of the intervals and the shuffling."""
    if part == "epitome":
        return low_empathy_figures(cases, seed=seed)
    return repeat_figures(cases) if part == "repeats" else corpus_figures(cases, seed=seed)


def _hits(pairs: Iterable[tuple[str, str]], *, events: bool = True) -> list[bool]:
    return [bool(content_overlap(post, sentence, events=events)) for post, sentence in pairs]


def _shuffled(pairs: Sequence[tuple[str, str]], seed: int) -> list[tuple[str, str]]:
    """Every post with the suggestion of another post (a rotation of a shuffled order, so none keeps its own)."""
    order = list(pairs)
    random.Random(seed).shuffle(order)
    return [(post, order[i - 1][1]) for i, (post, _) in enumerate(order)] if len(order) > 1 else []


def _groups(cases: Sequence[Case]) -> list[tuple[str, list[Case]]]:
    """All cases and, where there are crisis posts among them, the others by themselves."""
    calm = [c for c in cases if not c.result.crisis]
    return [("", list(cases)), *([(", without crisis posts", calm)] if len(calm) < len(cases) else [])]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m evaluation acceptance`."""
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="which parts to measure")
    parser.add_argument("--limit", type=positive, default=100, help="cases of the parts epitome and corpus, by file order")
    parser.add_argument("--data", type=Path, help="folder with epitome/ (default: PARTNER_DATA, else ../shared/data)")
    parser.add_argument("--seed", type=int, default=0, help="of the engine, the bootstrap and the shuffling")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument(
        "--dump", type=Path, metavar="FILE", help="write id and first suggestion of every case, one JSON a line"
    )
    parser.add_argument("--texts", action="store_true", help="put post and reply into the dump as well (other people's words)")


def run(args: argparse.Namespace) -> None:
    """Load the engine, measure the chosen parts, print the table, write the files asked for.

    Raises:
        DataError: a data set is missing; the message says how to name its folder.
        ModelError: the engine's weights are missing or damaged.
    """
    asked = _records(args)
    from partner.rewriter import Rewriter  # loads the models; only once the data is known to be there

    by_part = answers(Rewriter(seed=args.seed), asked)
    tables = {part: figures(part, cases, args.seed) for part, cases in by_part.items()}
    for part, lines in tables.items():
        print(f"\n**{TITLES[part]}**\n\n{markdown(lines)}")
    if args.json:
        write_json(args.json, {"seed": args.seed, "parts": {part: as_json(lines) for part, lines in tables.items()}})
    if args.dump:
        dump(args.dump, by_part, texts=args.texts)


def answers(engine: Engine, asked: dict[str, list[Record]]) -> dict[str, list[Case]]:
    """What the engine answers in each part; a record that is in several parts is asked once."""
    unique = {_key(record): record for records in asked.values() for record in records}
    measured = {key: measure(engine, record) for key, record in tqdm(unique.items(), desc="suggesting", unit="post")}
    return {part: [measured[_key(record)] for record in records] for part, records in asked.items()}


def measure(engine: Engine, record: Record) -> Case:
    """Ask the engine for suggestions on one record, and what the first one gains.

    Vetted crisis sentences come without scores; the draft with the first one applied is scored here, so that every gain
    is the same quantity.
    """
    result = engine.suggest(record.conversation)
    if not result.suggestions:
        return Case(record, result, None)
    top = result.suggestions[0]
    if top.scores:
        return Case(record, result, top.scores.gain)
    from partner.edits import apply  # loads spaCy, which `--help` and the benchmark do without

    after = replace(record.conversation, reply=apply(record.conversation.reply, [top.edit]))
    return Case(record, result, engine.score(after).total - result.before.total)


def dump(path: Path, by_part: dict[str, list[Case]], *, texts: bool = False) -> None:
    """Write one JSON line per case: part, id, crisis, number of suggestions, first suggestion, its gain.

    Post and reply are other people's words and are left out unless `texts` is set.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as out:
        for part, cases in by_part.items():
            for case in cases:
                row = {
                    "part": part,
                    "id": case.record.id,
                    "crisis": case.result.crisis,
                    "suggestions": len(case.result.suggestions),
                    "top": case.top,
                    "gain": None if case.gain is None else round(case.gain, 3),
                }
                if part == "corpus":
                    row["picked_up"] = sorted(content_overlap(case.record.conversation.post, case.top))
                if texts:
                    row |= {"post": case.record.conversation.post, "reply": case.record.conversation.reply}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")


def _records(args: argparse.Namespace) -> dict[str, list[Record]]:
    asked: dict[str, list[Record]] = {}
    for part in PARTS:
        if part not in args.parts:
            continue
        records = list(read_edits("dev") if part == "corpus" else read_epitome("dev", args.data))
        if part == "epitome":
            records = [r for r in records if is_low(r)]
        asked[part] = records if part == "repeats" else records[: args.limit]
    return asked


def _key(record: Record) -> str:
    return f"{record.source}/{record.id}"
