"""`python -m training teacher-text`: the teacher writes sentences for posts nobody answered, as text for the student.

Sequence-level distillation (Kim and Rush, EMNLP 2016), over-generated and filtered: for every post the teacher draws many
sentences for its likely places; those that a guard refuses, that do not raise the empathy or that a careful reader
would probably call wrong (`partner.ranking.trust`) are thrown away. Posts with crisis signals get no sentence at all.
"""

from __future__ import annotations

import argparse
import json
import time
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from random import Random

import torch
from tqdm import tqdm

from partner.candidates import Candidate, Sampling, State
from partner.crisis_model import CrisisDetector
from partner.edits import apply
from partner.empathy import EmpathyScorer
from partner.guards import Guard, duplicate
from partner.language import has_words, is_english
from partner.models import asset
from partner.policy import PartnerPolicy
from partner.quality import QualityClassifier
from partner.ranking import UNJUDGED, choose_places, trust
from partner.retrieval import Embedder
from partner.text import split
from partner.types import Conversation, Edit, Empathy
from training import checkpoint
from training.data.corpora import read_corpus
from training.data.empathetic_dialogues import read_dialogues
from training.data.epitome import read_epitome
from training.data.records import DataError, data_dir

SOURCES = ("epitome", "empathetic_dialogues", "dreaddit", "counsel_chat", "goemotions")
FEELINGS = frozenset("sadness grief fear nervousness disappointment remorse embarrassment anger".split())


@dataclass(frozen=True)
class Writing:
    """What the teacher writes with; saved as `config.json` beside the sentences.

    Attributes:
        places: (op, position, mechanism) triples a post, inserts only.
        samples: sentences drawn for each.
        kept: most sentences kept for each.
        trust: least probability of being right (`partner.ranking.trust`).
        gain: least gain in expected empathy, sum over the mechanisms.
    """

    places: int = 5
    samples: int = 12
    kept: int = 2
    trust: float = 0.3
    gain: float = 0.2
    temperature: float = 0.7
    seed: int = 1


@dataclass(frozen=True)
class Post:
    """A post to write for, with a reply to put the sentences into (may be empty)."""

    id: str
    text: str
    reply: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    d = Writing()
    parser.add_argument("--out", type=Path, default=Path("runs/teacher-text"), help="folder for the sentences")
    parser.add_argument("--teacher", help="policy folder (default: the shipped policy)")
    parser.add_argument("--data", type=Path, help="data folder (default: PARTNER_DATA or ../shared/data)")
    parser.add_argument("--sources", nargs="+", choices=SOURCES, default=list(SOURCES), help="where the posts come from")
    parser.add_argument("--samples", type=int, default=d.samples, help="sentences drawn for each place")
    parser.add_argument("--trust", type=float, default=d.trust, help="least probability of being right of a kept sentence")
    parser.add_argument("--temperature", type=float, default=d.temperature, help="of the sampling")
    parser.add_argument("--seed", type=int, default=d.seed, help="seed of order and sampling")
    parser.add_argument("--limit", type=int, help="write for only so many posts")
    parser.add_argument("--minutes", type=float, help="end after so long, whatever posts are left")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(args.threads)
    writing = Writing(samples=args.samples, trust=args.trust, temperature=args.temperature, seed=args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "config.json").write_text(json.dumps(asdict(writing), indent=2) + "\n", encoding="utf-8")
    file = args.out / "sentences.jsonl"
    done = finished(file)
    posts = list(read_posts(data_dir(args.data), args.sources))
    Random(args.seed).shuffle(posts)
    posts = list(islice(posts, args.limit))
    teacher = Teacher(writing, args.teacher, args.threads)
    kept, begun = 0, time.monotonic()
    bar = tqdm(total=len(posts), initial=sum(p.id in done for p in posts), desc="writing", unit=" posts", mininterval=2)
    with checkpoint.interruptible() as stop, file.open("a", encoding="utf-8") as out, bar:
        for post in posts:
            if post.id in done:
                continue
            sentences, found = teacher.write(post)
            row = {"id": post.id, "post": post.text, "sentences": sentences, "written": found}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            out.flush()
            kept += len(found)
            bar.update()
            bar.set_postfix(kept=kept)
            if stop.is_set():
                bar.write("stopped; the same command goes on from there")
                return 130
            if args.minutes and time.monotonic() - begun > 60 * args.minutes:
                break
    print(f"{file}: {kept} sentences added")
    return 0


def finished(file: Path) -> set[str]:
    """Ids of the posts written for; a line cut short by a kill is taken off the end of the file.

    Raises:
        DataError: a line before the last is damaged.
    """
    if not file.is_file():
        return set()
    lines = file.read_bytes().split(b"\n")
    whole, torn = lines[:-1], lines[-1]
    if torn:
        with file.open("r+b") as out:
            out.truncate(file.stat().st_size - len(torn))
    try:
        return {json.loads(line)["id"] for line in whole}
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file} holds a line that teacher-text did not write ({error!r}): move it away") from error


def read_posts(data: Path, sources: list[str]) -> Iterator[Post]:
    """English posts of people who tell of themselves, each once; EPITOME's with their reply, the others with none.

    Only training parts are read: nothing that a system is measured on.
    """
    seen: set[str] = set()
    for post in _all_posts(data, sources):
        text = " ".join(post.text.split())
        told = 8 <= len(text.split()) <= 220 and " i " in f" {text.lower()} ".replace("'", " ")
        if told and text not in seen and has_words(text) and is_english(text):
            seen.add(text)
            yield Post(post.id, text, post.reply)


def _all_posts(data: Path, sources: list[str]) -> Iterator[Post]:
    if "epitome" in sources:
        for record in read_epitome("train", data):
            yield Post(f"epitome/{record.id}", record.conversation.post, record.conversation.reply)
    if "empathetic_dialogues" in sources:
        for dialogue in read_dialogues("train", data):
            yield Post(f"empathetic_dialogues/{dialogue.id}", dialogue.situation)
    for source in ("dreaddit", "counsel_chat", "goemotions"):
        if source in sources:
            for number, document in enumerate(read_corpus(source, data)):
                if not document.test and (source != "goemotions" or FEELINGS.intersection(document.labels)):
                    yield Post(f"{source}/{number}", document.turns[0][1] if document.turns else document.text)


class Teacher:
    """A policy with everything that filters its sentences.

    Args:
        writing: numbers and limits.
        checkpoint: policy folder; the shipped policy if None.
        threads: of the scorer.
    """

    def __init__(self, writing: Writing, checkpoint: str | None = None, threads: int = 1) -> None:
        self.writing, self.ranking = writing, UNJUDGED
        self.sampling = Sampling(temperature=writing.temperature)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.policy = PartnerPolicy.load(checkpoint or asset("policy")).to(device).eval()
        self.scorer, self.classifier = EmpathyScorer(threads=threads), QualityClassifier(threads=threads)
        self.crisis = CrisisDetector(Embedder(threads=threads))

    def write(self, post: Post) -> tuple[list[str], list[tuple[int, str, str, float]]]:
        """The reply's sentences, and the sentences kept for it as (gap, mechanism, text, trust), best first."""
        conversation = Conversation(post.text, post.reply)
        sentences = list(split(post.reply).sentences)
        if self.crisis(conversation):
            return sentences, []
        before = self.scorer.score([(post.text, post.reply)])[0]
        state = State(self.policy, conversation, sentences)
        places, log_probs = state.where()
        gaps = [(p, lp) for p, lp in zip(places, log_probs[:-1].tolist(), strict=True) if p.op == "insert"]
        chosen = choose_places([p for p, _ in gaps], [lp for _, lp in gaps], before, self.writing.places)
        seed = zlib.crc32(f"{self.writing.seed}\0{post.id}".encode())
        drawn = state.sample([p for p, _ in chosen], self.writing.samples, self.sampling, torch.Generator().manual_seed(seed))
        return sentences, self._kept(conversation, drawn, before)

    def _kept(self, conversation: Conversation, drawn: list[Candidate], before: Empathy) -> list[tuple[int, str, str, float]]:
        """Guards, then trust, then the empathy gained; of sentences that say the same for a place the most trusted."""
        guard = Guard(conversation)
        trusted: list[tuple[Candidate, float]] = []
        qualities = self.classifier.quality(conversation, [c.text for c in drawn])
        judged = [replace(c, quality=float(q)) for c, q in zip(drawn, qualities, strict=True)]
        for c in sorted(judged, key=self.ranking.logit, reverse=True):
            sure = trust(c, self.ranking)
            if sure >= self.writing.trust and guard.refuse(c.text) is None:
                trusted.append((c, sure))
        edits = [Edit(c.place.op, c.place.at, c.text, c.place.mechanism) for c, _ in trusted]
        after = self.scorer.score([(conversation.post, apply(conversation.reply, [e])) for e in edits]) if edits else []
        kept: list[tuple[Candidate, float]] = []
        for (c, sure), scored in zip(trusted, after, strict=True):
            same = [k for k, _ in kept if k.place == c.place]
            told = any(duplicate(c.text, k.text) for k, _ in kept)
            if scored.total - before.total >= self.writing.gain and len(same) < self.writing.kept and not told:
                kept.append((c, sure))
        return [(c.place.at, c.place.mechanism, c.text, round(sure, 3)) for c, sure in kept]
