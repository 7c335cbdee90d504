"""`python -m training ranking`: fit the numbers of `partner.ranking.Ranking` to what careful readers said.

`assets/corpus/readings.jsonl.xz` and the held-out part of `judged.jsonl.xz` hold candidates for posts that neither policy nor
quality classifier nor judge was trained on, each with a reader's label. The log-odds that a candidate is right are fitted by
logistic regression (Bishop, 2006, section 4.3), one for each source; a generic sentence counts as right by three tenths. The
numbers are printed. Those in the code were fitted in the same way to more, round 8 of the judged sentences, with judges that
had each learnt from the other half of its posts, and written there by hand (`Ranking`).
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from partner.candidates import SOURCES, Candidate, State
from partner.guards import presumes
from partner.judge import GENERIC, Judge
from partner.models import asset, assets_dir
from partner.policy import Readable
from partner.prompt import Place
from partner.quality import QualityClassifier
from partner.quick import load_reader
from partner.ranking import Ranking, log_odds
from partner.retrieval import Embedder, query_text
from partner.text import split
from partner.types import MECHANISMS
from training import options
from training.data.edits import read_edits
from training.data.judged import LABELS, Judged, read_all_judged
from training.data.records import Record, read_lines


@dataclass(frozen=True)
class Reading:
    """One candidate and what a reader called it.

    Attributes:
        record: the post and draft it was a candidate for.
        candidate: place, sentence and source.
        label: one of `training.data.judged.LABELS`.
    """

    record: Record
    candidate: Candidate
    label: str


def read_readings(folder: Path | None = None) -> Iterator[Reading]:
    """Yield the readings in file order.

    Raises:
        DataError: the file is missing, or a line is not a reading; the message has file and line number.
    """
    path = (folder or assets_dir() / "corpus") / "readings.jsonl.xz"
    records = {record.id: record for record in read_edits("all", folder=folder)}

    def reading(row: Any) -> Reading:
        if row["label"] not in LABELS or row["source"] not in SOURCES or row["mechanism"] not in MECHANISMS:
            raise ValueError("unknown label, source or mechanism")
        candidate = Candidate(Place(row["op"], row["at"], row["mechanism"]), row["sentence"], source=row["source"])
        return Reading(records[row["id"]], candidate, row["label"])

    yield from read_lines(path, "restore it with `git checkout -- assets/corpus`", "a reading", reading)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--policy", help="policy folder that told the likelihoods (default: the shipped one)")
    parser.add_argument("--judge", type=Path, help="folder with the policy's judge (default: the policy's own)")
    parser.add_argument("--quality", type=Path, help="folder of the quality classifier (default: the shipped one)")
    options.add_readings(parser)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(args.threads)
    folder = Path(args.policy or asset("policy"))
    policy = load_reader(folder)
    held_out = read_all_judged("dev", args.data, args.corpus, args.authored_only)
    read = [*read_readings(args.corpus), *(as_reading(j) for j in held_out if j.place)]
    models = QualityClassifier(args.quality, args.threads), Judge.load(args.judge or folder), Embedder(threads=args.threads)
    readings = told(policy, *models, read)
    print("source, mechanism: sentences, and of 100 right, generic, wrong in a fact, unnatural, harmful")
    for source in SOURCES:
        for mechanism in MECHANISMS:
            labels = [r.label for r in readings if r.candidate.source == source and r.candidate.place.mechanism == mechanism]
            counts = Counter(labels)
            shares = " ".join(f"{100 * counts[label] / max(1, len(labels)):3.0f}" for label in LABELS)
            print(f"  {source:9} {mechanism:18} {len(labels):4}: {shares}")
    for source in SOURCES:
        chosen = [r for r in readings if r.candidate.source == source]
        names, features = describe(chosen)
        weights = fit(features, [worth(r.label) for r in chosen])
        auc = held_out_auc(features, chosen)
        numbers = ", ".join(f"{n} {w:.2f}" for n, w in zip(names, weights, strict=True))
        print(f"{source}: {numbers}; AUC for posts left out {auc:.2f}")
    return 0


def as_reading(judged: Judged) -> Reading:
    """A judged sentence as a candidate; where its place was not noted, at the end of the reply."""
    sentences = split(judged.record.conversation.reply).sentences
    place = judged.place or Place("insert", len(sentences), judged.mechanism)
    candidate = Candidate(place, judged.sentence, source=judged.source)
    return Reading(replace(judged.record, sentences=sentences), candidate, judged.label)


def told(
    policy: Readable,
    classifier: QualityClassifier,
    judge: Judge | None,
    embedder: Embedder,
    readings: Sequence[Reading],
) -> list[Reading]:
    """The readings with their quality, what the judge says, if there is one, and the mean log-likelihood in their places."""
    found: list[Reading] = []
    progress = tqdm(total=len(readings), desc="readings", unit=" sentences", mininterval=2)
    for _, group in groupby(readings, key=lambda r: r.record.id):
        same = list(group)
        record, candidates = same[0].record, [r.candidate for r in same]
        qualities = classifier.quality(record.conversation, [c.text for c in candidates])
        state = State(policy, record.conversation, record.sentences)
        known = [replace(c, quality=float(q)) for c, q in zip(candidates, qualities, strict=True)]
        if judge:
            post, *said = embedder.embed([query_text(record.conversation), *(c.text for c in candidates)])
            verdicts = judge.read(state, candidates, post, np.stack(said))
            known = [verdict.of(c) for c, verdict in zip(known, verdicts, strict=True)]
        known = [replace(c, log_likelihood=x) for c, x in zip(known, state.log_likelihoods(candidates), strict=True)]
        found += [replace(r, candidate=c) for r, c in zip(same, known, strict=True)]
        progress.update(len(same))
    return found


def describe(readings: Sequence[Reading]) -> tuple[list[str], np.ndarray]:
    """Names and values, (readings of one source, features), of what the log-odds are a sum of.

    Quality is left out where the engine ranks without it: with a judge, for sources to which it adds nothing.
    """
    candidates = [r.candidate for r in readings]
    names = list(MECHANISMS)
    columns = [[c.place.mechanism == m for c in candidates] for m in MECHANISMS]
    judged = any(c.judged is not None for c in candidates)
    if candidates and (not judged or Ranking().quality[SOURCES.index(candidates[0].source)]):
        names.append("quality")
        columns.append([log_odds(c.quality) for c in candidates])
    if judged:
        names.append("judge")
        columns.append([c.judged or 0.0 for c in candidates])
    if candidates and candidates[0].source == "policy":
        names += ["likelihood", "word", "presumption"]
        columns += [
            [c.log_likelihood + 1 for c in candidates],
            [len(c.text.split()) - 12 for c in candidates],
            [presumes(c.text) for c in candidates],
        ]
    return names, np.array(columns, float).T


def worth(label: str) -> float:
    """How right a label is, 0 to 1."""
    return {"right": 1.0, "generic": GENERIC}.get(label, 0.0)


def fit(features: np.ndarray, target: Sequence[float]) -> np.ndarray:
    """Weights (features,) of a logistic regression on targets between 0 and 1, with a weak prior (C = 3)."""
    from sklearn.linear_model import LogisticRegression

    target = np.asarray(target)
    model = LogisticRegression(C=3.0, max_iter=2000, fit_intercept=False)
    both, labels = np.vstack([features, features]), np.repeat([1, 0], len(target))
    model.fit(both, labels, sample_weight=np.concatenate([target, 1 - target]) + 1e-9)
    return model.coef_[0]


def held_out_auc(features: np.ndarray, readings: Sequence[Reading], folds: int = 8) -> float:
    """Area under the ROC curve for `right`, each post judged by a model that was fitted to the other posts."""
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold

    target = np.array([worth(r.label) for r in readings])
    scores = np.zeros(len(readings))
    for train, test in GroupKFold(folds).split(features, groups=[r.record.id for r in readings]):
        scores[test] = features[test] @ fit(features[train], target[train])
    return float(roc_auc_score([r.label == "right" for r in readings], scores))
