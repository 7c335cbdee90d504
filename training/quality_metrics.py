"""How well the quality classifier tells right from wrong on held-out records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from partner.candidates import SOURCES
from partner.quality import QualityClassifier, post_context
from training.data.judged import Judged
from training.quality_items import COHERENCE, QUALITY, Row, Sampler


def held_out_rows(sampler: Sampler, draws: int = 2) -> list[Row]:
    """All good sentences of each held-out record against several draws of bad ones, and places in its reply."""
    rows: list[Row] = []
    for n in range(len(sampler.records)):
        drawn = [sampler.quality_row(n, good=None) for _ in range(draws)]
        items = {i.text: i for row in drawn for i in row.items}
        rows.append(Row(drawn[0].context, tuple(items.values()), QUALITY))
        place = sampler.coherence_row(n)
        rows += [place] if place else []
    return rows


def measure(classifier: QualityClassifier, rows: Sequence[Row]) -> dict[str, Any]:
    """AUC and ranking accuracy, overall and by kind of badness, for both heads.

    AUC compares good sentences of all posts with bad ones of all posts; ranking accuracy compares within a post, and is the
    share of (good, bad) pairs in which the good one scores higher (a tie counts half).
    """
    out: dict[str, Any] = {}
    for head, name in ((QUALITY, "quality"), (COHERENCE, "coherence")):
        chosen = [r for r in rows if r.head == head]
        pairs = [(r.context, i.text) for r in chosen for i in r.items]
        values = iter(classifier.probabilities(pairs, head))
        good: list[float] = []
        bad: dict[str, list[float]] = defaultdict(list)
        won: dict[str, list[float]] = defaultdict(list)
        for row in chosen:
            scored = [(i.kind, float(next(values))) for i in row.items]
            here = np.array([s for k, s in scored if k == "good"])
            good += here.tolist()
            for kind, score in scored:
                if kind != "good":
                    bad[kind].append(score)
                    won[kind] += ((here > score) + 0.5 * (here == score)).astype(float).tolist()
        everything = [s for scores in bad.values() for s in scores]
        out[name] = {
            "auc": _auc(good, everything),
            "ranking": _mean([w for found in won.values() for w in found]),
            "good_mean": _mean(good),
            "bad_mean": _mean(everything),
            "good_count": len(good),
            "bad_count": len(everything),
            "by_kind": {
                kind: {
                    "auc": _auc(good, bad[kind]),
                    "ranking": _mean(won[kind]),
                    "mean": _mean(bad[kind]),
                    "count": len(bad[kind]),
                }
                for kind in sorted(bad)
            },
        }
    return out


def measure_judged(classifier: QualityClassifier, judged: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """How well quality tells what readers called right from the rest, for all sources and for each.

    Returns:
        by source, and under `all`: `auc` over all posts, `ranking` within a post (share of pairs told rightly), `first`, the
        share of posts whose highest sentence is right, `right`, the share of right ones, and `count`.
    """
    scores = classifier.probabilities([(post_context(j.record.conversation), j.sentence) for j in judged], QUALITY)
    out: dict[str, dict[str, float]] = {}
    for source in ("all", *SOURCES):
        chosen = [(j, float(s)) for j, s in zip(judged, scores, strict=True) if source in ("all", j.source)]
        posts: dict[str, list[tuple[bool, float]]] = defaultdict(list)
        for j, s in chosen:
            posts[j.record.id].append((j.label == "right", s))
        split = [([s for right, s in post if right], [s for right, s in post if not right]) for post in posts.values()]
        out[source] = {
            "auc": _auc([s for right, _ in split for s in right], [s for _, wrong in split for s in wrong]),
            "ranking": _mean([(a > b) + 0.5 * (a == b) for right, wrong in split for a in right for b in wrong]),
            "first": _mean([max(post, key=lambda pair: pair[1])[0] for post in posts.values()]),
            "right": _mean([j.label == "right" for j, _ in chosen]),
            "count": len(chosen),
        }
    return out


def card(metrics: dict[str, Any], forum: bool) -> str:
    """The model card, with the measurements of this very model."""
    sets = "the project's own records (`assets/corpus`)" + (
        " and, as further posts and replies, EPITOME's Reddit part (Sharma et al., EMNLP 2020) and Dreaddit (Turcan and"
        " McKeown, 2019)"
        if forum
        else ""
    )
    licence = (
        "non-commercial research, as EPITOME (Althoff academic licence, University of Washington) took part"
        if forum
        else "the same as the code; the encoder it starts from is Apache-2.0"
    )
    lines = [
        "# Quality and coherence classifier",
        "",
        "all-MiniLM-L6-v2 (Apache-2.0) fine-tuned with two heads: *quality*, the probability that a careful reader calls a",
        "sentence right for a post, and *coherence*, the probability that it belongs at its place in a reply. It ranks",
        f"suggestions; it is not a safety filter. int8 ONNX. Trained on {sets}. Licence: {licence}.",
        "",
        "## Suggestions that were read",
        "",
        "Candidates of the engine for posts that the classifier did not learn from, read one by one (`judged.jsonl.xz`,",
        "`judged_forum.jsonl.xz`): how well quality tells those called right from the rest. Ranking: share of (right, other)",
        "pairs of the same post in which the right one scores higher. First: share of posts whose highest candidate is right.",
        "",
        "| source | count | right | AUC | ranking | first | AUC fp32 |",
        "|---|---|---|---|---|---|---|",
    ]
    for source, row in metrics["int8"]["judged"].items():
        whole = metrics["fp32"]["judged"][source]["auc"]
        lines.append(
            f"| {source} | {row['count']} | {100 * row['right']:.0f} % | {row['auc']:.3f} | {row['ranking']:.3f} "
            f"| {100 * row['first']:.0f} % | {whole:.3f} |"
        )
    lines += [
        "",
        "Coherence knows repeats and cut-off sentences and little else; the engine shows it. It ranks by quality",
        "only where a policy has no judge of its own (`assets/policy`); the distress classifier builds on quality too.",
        "Quality hardly notices a doubled or dropped word (`scrambled`), and asks nothing of safety.",
        "",
        "The tables below are of held-out records (last tenth of each corpus file). Most bad sentences there are made by",
        "rule from good ones (`changed_fact`, `scrambled` and so on) or come from other posts (`near_*`: one of the twelve",
        "nearest); `wrong_fact`, `generic`, `blame` and their like were written one by one.",
        "",
    ]
    for head in ("quality", "coherence"):
        small, full = metrics["int8"][head], metrics["fp32"][head]
        lines += [f"## {head.capitalize()}", "", "| kind of bad sentence | count | AUC | ranking | mean score | AUC fp32 |"]
        lines.append("|---|---|---|---|---|---|")
        lines.append(
            f"| all | {small['bad_count']} | {small['auc']:.3f} | {small['ranking']:.3f} | {small['bad_mean']:.2f}"
            f" (good: {small['good_mean']:.2f}) | {full['auc']:.3f} |"
        )
        for kind, row in small["by_kind"].items():
            whole = full["by_kind"][kind]["auc"]
            lines.append(
                f"| {kind} | {row['count']} | {row['auc']:.3f} | {row['ranking']:.3f} | {row['mean']:.2f} | {whole:.3f} |"
            )
        lines.append("")
    return "\n".join(lines)


def _auc(good: Sequence[float], bad: Sequence[float]) -> float:
    if not good or not bad:
        return float("nan")
    return round(float(roc_auc_score([1] * len(good) + [0] * len(bad), [*good, *bad])), 4)


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4) if len(values) else float("nan")
