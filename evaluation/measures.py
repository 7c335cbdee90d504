"""The figures of a run, one by one: what each is, what to sum for it, and how it follows from the sums.

Every figure is computed from sums of a few numbers a pair (`Measure.columns`), so a stream of results needs one pass and
constant memory, and resampled sums give its interval. Only variety (distinct-n, self-repetition) and NIST look at many texts at
once: they are taken on the first `SAMPLE` pairs. Distinct-n falls with the amount of text, so a fixed sample is also the only
way to compare it between runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from evaluation import metrics
from partner.types import MECHANISMS

SAMPLE = 10_000
SHORT = ("ER", "IP", "EX")
LENGTHS = ((0, 25), (25, 50), (50, 100), (100, 200), (200, None))
SENTENCES = ((0, 1), (1, 2), (2, 3), (3, 5), (5, 9), (9, None))
STOP_LEVELS = (1, 2, 3, 4)
Row = dict[str, Any]
Better = Literal["high", "low", ""]


@dataclass(frozen=True)
class Measure:
    """One figure.

    Attributes:
        key: its name in `figures.json`.
        title: its name in the report.
        about: what it is, in a sentence; shown in the report.
        columns: what to sum for one pair, from the pair's row and the system's part of it; None where there is nothing to
            measure. The last number is how many cases the pair counts as.
        value: from sums `(..., columns)` to the figure `(...)`.
        better: whether a higher or a lower figure is better; empty where neither is.
        unit: `"%"`, or empty for a plain number.
        width: how many columns.
        section: part of the summary table, one of `SECTIONS`; empty for figures that only plots show.
    """

    key: str
    title: str
    about: str
    columns: Callable[[Row, Row], Sequence[float] | None]
    value: Callable[[np.ndarray], np.ndarray]
    better: Better = ""
    unit: str = ""
    width: int = 2
    section: str = ""


def ratio(sums: np.ndarray) -> np.ndarray:
    """The mean from (sum, count)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return sums[..., 0] / sums[..., 1]


def mean(
    key: str,
    title: str,
    about: str,
    of: Callable[[Row, Row], float | None],
    better: Better = "",
    unit: str = "",
) -> Measure:
    """A measure that is the mean of one number a pair."""

    def columns(row: Row, system: Row) -> Sequence[float] | None:
        value = of(row, system)
        return None if value is None else (float(value), 1.0)

    return Measure(key, title, about, columns, ratio, better, unit)


def _perplexity(sums: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return metrics.perplexity(sums[..., 0], sums[..., 1])


def _expected(part: Row) -> float:
    return sum(part["expected"])


def _gain(row: Row, system: Row) -> float:
    return _expected(system) - _expected(row["before"])


def _with_reply(row: Row) -> bool:
    return row["before"]["words"] > 0


def _empathy_measures() -> Iterator[Measure]:
    yield mean(
        "gain",
        "Empathy gained",
        "Sum over the three mechanisms of the expected level (0 to 2) after, minus before: PARTNER's r_e.",
        _gain,
        "high",
    )
    yield mean(
        "gained",
        "Replies with more empathy",
        "Share of pairs whose summed expected level rose by more than 0.05.",
        lambda row, s: 100.0 * (_gain(row, s) > 0.05),
        "high",
        "%",
    )
    for i, (short, mechanism) in enumerate(zip(SHORT, MECHANISMS, strict=True)):
        name = mechanism.replace("_", " ")
        title, about = name.capitalize(), f"Mean level (0 none, 1 weak, 2 strong) of {name} in the reply as it was."
        yield mean(f"{short}_before", f"{title}: level before", about, lambda row, s, i=i: row["before"]["levels"][i])
        yield mean(f"{short}_after", f"{title}: level after", "The same, after.", lambda row, s, i=i: s["levels"][i], "high")
        yield mean(
            f"{short}_change",
            f"{title}: change",
            "Level after minus level before.",
            lambda row, s, i=i: s["levels"][i] - row["before"]["levels"][i],
            "high",
        )


def _model_measures() -> Iterator[Measure]:
    yield Measure(
        "perplexity",
        "Perplexity",
        "Of the rewritten replies under the frozen language model, all tokens together.",
        lambda row, s: (s["lm"][0], s["lm"][2], 1.0) if s.get("lm") and s["lm"][2] else None,
        _perplexity,
        "low",
        width=3,
    )
    yield mean(
        "specificity",
        "Specificity (mutual information)",
        "(log p(reply | post) - log p(reply)) / tokens under the frozen language model, nats a token.",
        lambda row, s: metrics.mutual_information(s["lm"][1], s["lm"][0], s["lm"][2]) if s.get("lm") and s["lm"][2] else None,
        "high",
    )
    for key, title, about in (
        ("similarity", "Similarity to the post", "Cosine of the sentence embeddings of post and reply."),
        (
            "coherence",
            "Coherence",
            "Probability that a new sentence belongs in the reply at its place; pairs without a new sentence are left out.",
        ),
        (
            "quality",
            "Quality",
            "Probability that a careful reader calls a new sentence right for the post; pairs without one are left out.",
        ),
    ):
        yield mean(key, title, about, lambda row, s, key=key: s.get(key), "high")


def _variety_measures() -> Iterator[Measure]:
    yield mean(
        "self_repetition",
        "Self-repetition",
        f"Share of a reply's 4-grams that another reply of the same system has too (first {SAMPLE:,} pairs).",
        lambda row, s: s["_sample"].get("self_repetition"),
        "low",
    )


def _edit_measures() -> Iterator[Measure]:
    yield mean(
        "changed",
        "Replies changed",
        "Share of pairs with at least one edit.",
        lambda row, s: 100.0 * (s["edits"] > 0),
        unit="%",
    )
    yield mean(
        "edit_rate",
        "Edit rate",
        "Word-level edit distance over the words of the original reply, as in PARTNER; empty replies are left out.",
        lambda row, s: s["distance"] / row["before"]["words"] if _with_reply(row) else None,
        "low",
    )
    yield mean(
        "words_added",
        "Words added",
        "Words after minus words before.",
        lambda row, s: s["words"] - row["before"]["words"],
        "low",
    )


def _reference_measures() -> Iterator[Measure]:
    yield Measure(
        "nist",
        "NIST",
        f"Information-weighted n-gram precision, n up to 5 (first {SAMPLE:,} pairs).",
        lambda row, s: s["_sample"].get("nist"),
        lambda sums: np.where(sums[..., -1] > 0, metrics.nist(sums[..., : metrics.NIST_COUNTS]), np.nan),
        "high",
        width=metrics.NIST_COUNTS + 1,
    )
    for n in range(1, 5):
        yield Measure(
            f"bleu_{n}",
            f"BLEU-{n}",
            "Corpus BLEU on sacreBLEU's 13a tokens in lower case, without smoothing.",
            lambda row, s: (*s["bleu"], 1.0) if "bleu" in s else None,
            lambda sums, n=n: metrics.bleu(sums[..., : metrics.BLEU_COUNTS], n),
            "high",
            width=metrics.BLEU_COUNTS + 1,
        )
    for i, (key, about) in enumerate(
        [
            ("average", "Cosine of the mean word vectors of answer and reference."),
            ("extrema", "Cosine of the vectors of each dimension's extreme value."),
            ("greedy", "Each word's nearest word of the other text, averaged."),
        ]
    ):
        yield mean(
            f"embedding_{key}",
            f"Embedding {key}",
            about + " A word's vector is its embedding by all-MiniLM-L6-v2.",
            lambda row, s, i=i: s["embedding"][i] if s.get("embedding") else None,
            "high",
        )
    for i, short in enumerate(SHORT):
        yield mean(
            f"{short}_target",
            f"{short} of the reference",
            "Mean EPITOME level of what the person answered.",
            lambda row, s, i=i: row["target"]["levels"][i] if "target" in row else None,
        )
        yield mean(
            f"diff_{short}",
            f"diff_{short}",
            "Squared difference of the EPITOME levels of answer and reference (Bansal 2023).",
            lambda row, s, i=i: (s["levels"][i] - row["target"]["levels"][i]) ** 2 if "target" in row else None,
            "low",
        )
    for key, title in (("emotion", "EMO-ACC"), ("intent", "INTENT-ACC")):
        yield mean(
            f"{key}_accuracy",
            title,
            f"Share of answers that the {key} classifier gives the same label as the reference.",
            lambda row, s, key=key: 100.0 * (s[key][0] == s[key][1]) if key in s else None,
            "high",
            "%",
        )
    for title, key, low, high in (
        ("", "", 1, None),
        (", 1 turn", "_1", 1, 1),
        (", 2 turns", "_2", 2, 2),
        (", 3 turns and more", "_3", 3, None),
    ):
        yield Measure(
            f"target_perplexity{key}",
            f"Perplexity of the reference{title}",
            "Of the person's answer under the system itself, where that is a language model, by its own tokens: systems with "
            "different tokenizers cannot be ranked by it. Turns are those of the seeker.",
            lambda row, s, low=low, high=high: (
                (*s["target_lm"], 1.0) if s.get("target_lm", (0, 0))[1] and low <= row["turns"] <= (high or 1e9) else None
            ),
            _perplexity,
            width=3,
        )


def _cost_measures() -> Iterator[Measure]:
    yield mean("seconds", "Seconds a pair", "Time to rewrite, without measuring.", lambda row, s: s["seconds"], "low")


def _plot_measures() -> Iterator[Measure]:
    for m, short in enumerate(SHORT):
        yield mean(f"gain_{short}", short, "", lambda row, s, m=m: s["expected"][m] - row["before"]["expected"][m])
        for level in range(3):
            yield mean(f"share_before_{short}_{level}", "", "", lambda row, s, m=m, v=level: row["before"]["levels"][m] == v)
            yield mean(f"share_after_{short}_{level}", "", "", lambda row, s, m=m, v=level: s["levels"][m] == v)
    for name, field, bins in (("length", "post_words", LENGTHS), ("sentences", "sentences", SENTENCES)):
        for low, high in bins:
            yield mean(
                f"gain_{name}_{low}",
                bin_title(low, high),
                "",
                lambda row, s, field=field, low=low, high=high: (
                    _gain(row, s) if low <= row["before"][field] < (high or 1e12) else None
                ),
            )
    for crisis in (False, True):
        yield mean(
            f"gain_crisis_{int(crisis)}",
            "",
            "",
            lambda row, s, crisis=crisis: _gain(row, s) if row["crisis"] == crisis else None,
        )
    for level in STOP_LEVELS:
        yield mean(
            f"stop_{level}",
            "",
            "",
            lambda row, s, level=level: _already(row, level) if _with_reply(row) and s["edits"] == 0 else None,
        )
        yield mean(f"stop_base_{level}", "", "", lambda row, s, level=level: _already(row, level) if _with_reply(row) else None)


def _already(row: Row, level: int) -> float:
    """Whether the reply was empathic before: its annotated levels, or else the scored ones, sum to `level` or more."""
    return float(sum(row.get("annotated") or row["before"]["levels"]) >= level)


def bin_title(low: int, high: int | None) -> str:
    """The name of a bin of whole numbers."""
    if high is None:
        return f"{low} +"
    return str(low) if high == low + 1 else f"{low}-{high - 1}"


DISTINCT = [
    (
        n,
        f"distinct_{n}",
        f"Distinct-{n}",
        f"Different n-grams of {n} word{'s' * (n > 1)} over all of them, in all replies together (first {SAMPLE:,} pairs).",
    )
    for n in range(1, 5)
]
_BY_SECTION = {
    "Empathy (EPITOME)": _empathy_measures,
    "Language and hold on the post": _model_measures,
    "Variety": _variety_measures,
    "How much was edited": _edit_measures,
    "Against a person's answer": _reference_measures,
    "Cost": _cost_measures,
    "": _plot_measures,
}
MEASURES: tuple[Measure, ...] = tuple(replace(m, section=section) for section, made in _BY_SECTION.items() for m in made())
SECTIONS = tuple(section for section in _BY_SECTION if section)


def titles() -> dict[str, tuple[str, str, str, Better, str]]:
    """For each figure of the summary: section, title, what it is, which way is better, unit."""
    table = {m.key: (m.section, m.title, m.about, m.better, m.unit) for m in MEASURES if m.section}
    return table | {key: ("Variety", title, about, "high", "") for _, key, title, about in DISTINCT}
