"""`python -m training offline-rater`: does a policy that learns from accepts and rejects get accepted more often?

A simulated supporter with known tastes decides on sentences of `assets/corpus` for its posts; the decisions are written in the
form of the page's export and learnt from by `offline`, which never generates. Then the policy before and the policy after write
for posts that were not in the log, and since the rater's probability of accepting is known, no draw adds noise to the measure.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import fmean

import torch

from partner.candidates import Candidate, Sampling, State
from partner.crisis_model import CrisisDetector
from partner.models import asset
from partner.policy import PartnerPolicy
from partner.prompt import Place
from partner.retrieval import Embedder
from partner.types import MECHANISMS, Conversation
from training import options
from training.algorithms.offline import Offline
from training.data.edits import read_edits
from training.data.records import DataError, Record
from training.offline import Run, Trainer, read_log
from training.offline_language import half_width

WORDS = re.compile(r"[a-z']+")
SHORT, LONG_WORD = 12, 5


def acceptance(conversation: Conversation, sentence: str) -> float:
    """The rater's probability of accepting a sentence, sigmoid(-1 + 2.5 asks - 2 long + 1 echoes).

    The rater likes questions, dislikes sentences of more than twelve words, and likes a word of the post to come back.
    """
    words = WORDS.findall(sentence.lower())
    echoes = {w for w in words if len(w) >= LONG_WORD} & set(WORDS.findall(conversation.post.lower()))
    score = -1.0 + 2.5 * sentence.rstrip().endswith("?") - 2.0 * (len(words) > SHORT) + 1.0 * bool(echoes)
    return 1 / (1 + math.exp(-score))


def records(split: str, files: str, count: int, crisis: CrisisDetector) -> list[Record]:
    """The first records of a split that have a place for a sentence and no crisis signals."""
    found: list[Record] = []
    for record in read_edits(split, files):
        if len(found) == count:
            break
        if any(e.op != "delete" for e in record.edits) and not crisis(record.conversation):
            found.append(record)
    return found


def place_in(record: Record, mechanism: str) -> Place:
    """The place of the record's edit of this mechanism, or of its first edit."""
    written = [e for e in record.edits if e.op != "delete"]
    chosen = next((e for e in written if e.mechanism == mechanism), written[0])
    return Place(chosen.op, chosen.at, mechanism)


def decide(seen: Sequence[Record], each: int, seed: int) -> list[dict]:
    """The rater's decisions on `each` authored sentences of every record, as the page exports them."""
    rng, rows = Random(seed), []
    for record in seen:
        sentences = [(s, m) for s, m, _ in record.more] + [(e.text, e.mechanism) for e in record.edits if e.op != "delete"]
        for sentence, mechanism in rng.sample(sentences, min(each, len(sentences))):
            place = place_in(record, mechanism)
            accepted = rng.random() < acceptance(record.conversation, sentence)
            rows.append(
                {
                    "id": f"simulated-{len(rows)}",
                    "session": "simulated",
                    "post": record.conversation.post,
                    "history": [list(turn) for turn in record.conversation.history],
                    "reply": record.conversation.reply,
                    "suggestion": {"op": place.op, "at": place.at, "text": sentence, "mechanism": mechanism},
                    "action": "accepted" if accepted else "rejected",
                }
            )
    return rows


def write(policy: PartnerPolicy, unseen: Sequence[Record], each: int, seed: int) -> list[list[Candidate]]:
    """`each` sentences of every mechanism for every record."""
    generator = torch.Generator().manual_seed(seed)
    return [
        State(policy, r.conversation, r.sentences).sample([place_in(r, m) for m in MECHANISMS], each, Sampling(), generator)
        for r in unseen
    ]


def measure(unseen: Sequence[Record], written: Sequence[Sequence[Candidate]], start: PartnerPolicy) -> dict[str, list[float]]:
    """Means of each record: acceptance, questions, words, and how likely the start finds the sentences (nats a token)."""
    return {
        "acceptance": [
            fmean(acceptance(r.conversation, c.text) for c in found) for r, found in zip(unseen, written, strict=True)
        ],
        "questions": [fmean(c.text.endswith("?") for c in found) for found in written],
        "words": [fmean(len(c.text.split()) for c in found) for found in written],
        "log-likelihood under the start": [
            fmean(State(start, r.conversation, r.sentences).log_likelihoods(found))
            for r, found in zip(unseen, written, strict=True)
        ],
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--policy", default=None, help="policy folder to start from; the shipped one if none is given")
    parser.add_argument("--out", type=Path, default=Path("runs/offline-rater"), help="folder for log, run and table")
    parser.add_argument("--files", default="fgjklm", help="files of the corpus, by first letter")
    parser.add_argument("--posts", type=int, default=300, help="posts of the log")
    parser.add_argument("--each", type=int, default=4, help="sentences decided on for each post")
    parser.add_argument("--unseen", type=int, default=60, help="posts that acceptance is measured on")
    parser.add_argument("--samples", type=int, default=4, help="sentences written for each of these posts and mechanism")
    parser.add_argument("--steps", type=int, default=200, help="optimizer steps")
    parser.add_argument("--rows", type=int, default=1, help="rows of 768 tokens a step")
    parser.add_argument("--learning-rate", type=float, default=2e-4, help="of Adam")
    parser.add_argument("--c", type=float, default=0.25, help="weight of the prior against the reward")
    parser.add_argument("--polyak", type=float, default=0.1, help="share of the new weights in the target network")
    parser.add_argument("--seed", type=int, default=1, help="seed of decisions, order and sampling")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    options.add_bf16(parser)


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    crisis = CrisisDetector(Embedder(threads=args.threads))
    seen, unseen = records("train", args.files, args.posts, crisis), records("dev", args.files, args.unseen, crisis)
    if not seen or len(unseen) < 2:
        raise DataError(f"too few posts in the files {args.files!r}: name more with --files")
    log = args.out / "feedback.jsonl"
    decisions = decide(seen, args.each, args.seed)
    log.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in decisions), encoding="utf-8")
    config = replace(Offline(), c=args.c, polyak=args.polyak, learning_rate=args.learning_rate)
    source = str(args.policy or asset("policy"))
    setting = Run(source, (str(log),), {}, {}, args.steps, rows=args.rows, held_out=False, seed=args.seed)
    trainer = Trainer(config, setting, read_log([log], threads=args.threads), args.out / "run", autocast=args.bf16)
    if not trainer.train():
        return 130
    start, after = trainer.learner.start, trainer.learner.policy.eval()
    before_texts, after_texts = (write(policy, unseen, args.samples, args.seed) for policy in (start, after))
    kept = [n for n in range(len(unseen)) if before_texts[n] and after_texts[n]]
    unseen = [unseen[n] for n in kept]
    before = measure(unseen, [before_texts[n] for n in kept], start)
    later = measure(unseen, [after_texts[n] for n in kept], start)
    text = table(before, later, sum(row["action"] == "accepted" for row in decisions), len(decisions))
    (args.out / "table.md").write_text(text, encoding="utf-8")
    (args.out / "figures.json").write_text(json.dumps({"before": before, "after": later}, indent=2) + "\n", encoding="utf-8")
    print(text)
    return 0


def table(before: dict[str, list[float]], after: dict[str, list[float]], accepted: int, decided: int) -> str:
    """Means over the unseen posts, and the paired change with its 95 % interval (Student's t)."""
    lines = [
        f"Log: {accepted} of {decided} sentences accepted. Measured on {len(before['acceptance'])} posts outside the log.",
        "",
        "| | before | after | change |",
        "|---|---|---|---|",
    ]
    for name in before:
        change = [b - a for a, b in zip(before[name], after[name], strict=True)]
        lines.append(
            f"| {name} | {fmean(before[name]):.3f} | {fmean(after[name]):.3f} "
            f"| {fmean(change):+.3f} ± {half_width(change):.3f} |"
        )
    return "\n".join(lines) + "\n"
