"""How good an empathy scorer is: on EPITOME, on held-out authored records, and against simple baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np

from partner.types import MECHANISMS, Empathy, Mechanism
from training.data.records import Record
from training.scorer_items import LEFT_OUT, UNSURE_BAD, epitome_item

Score = Callable[[Sequence[tuple[str, str]]], list[Empathy]]


def macro_f1(gold: Sequence[int], predicted: Sequence[int]) -> float:
    """Mean F1 of the levels 0, 1 and 2; a level that is neither in the labels nor predicted counts as 0."""
    from sklearn.metrics import f1_score

    return float(f1_score(gold, predicted, labels=[0, 1, 2], average="macro", zero_division=0))


def level_metrics(gold: Sequence[dict[Mechanism, int]], predicted: Sequence[dict[Mechanism, int]]) -> dict[str, dict]:
    """`{"accuracy", "macro_f1"}` per mechanism, in percent."""
    out = {}
    for m in MECHANISMS:
        g, p = [x[m] for x in gold], [x[m] for x in predicted]
        agree = sum(a == b for a, b in zip(g, p, strict=True)) / len(g)
        out[m] = {"accuracy": _percent(agree), "macro_f1": _percent(macro_f1(g, p))}
    return out


def rationale_f1(records: Sequence[Record], empathy: Sequence[Empathy]) -> dict[str, float]:
    """Mean F1 of the words marked, over replies whose gold level is above 0 and has a rationale (percent)."""
    out = {}
    for m, name in enumerate(MECHANISMS):
        scores = []
        for record, scored in zip(records, empathy, strict=True):
            spans = epitome_item(record).spans[m]
            if not record.levels[name] or not spans:
                continue
            reply = record.conversation.reply
            gold, found = _words(reply, spans), _words(reply, getattr(scored, name).rationale)
            both = len(gold & found)
            scores.append(2 * both / (len(gold) + len(found)) if both else 0.0)
        out[name] = _percent(float(np.mean(scores))) if scores else None
    return out


def judge_epitome(score: Score, records: Sequence[Record]) -> dict[str, dict]:
    """Accuracy, macro-F1 and rationale F1 per mechanism on annotated pairs."""
    empathy = score([(r.conversation.post, r.conversation.reply) for r in records])
    out = level_metrics([r.levels for r in records], [e.levels for e in empathy])
    for name, value in rationale_f1(records, empathy).items():
        out[name]["rationale_f1"] = value
    return out


def judge_authored(score: Score, records: Sequence[Record]) -> dict[str, dict]:
    """What an added sentence does to the levels of a draft, on held-out authored records.

    Returns:
        Per mechanism, of the strong sentences that were appended to a draft in which it was not strong: `strong_rises`
        (expected level up), `strong_rises_half` (up by 0.5 or more), `strong_is_2` (level 2); `weak_is_1` of the weak
        ones; `weak_below_strong` of (weak, strong) pairs for one post; `turns_on`: share of its strong sentences that
        turn on another mechanism which the draft has at level 0. And for sentences that should lift nothing,
        `advice_lifts`, `neutral_lifts` and `bad_lifts`: share that lifts a mechanism by more than 0.5 (without the kinds that
        EPITOME itself counts for the mechanism, `UNSURE_BAD`). All in percent.
    """
    pairs: list[tuple[str, str]] = []

    def ask(record: Record, *added: str) -> int:
        pairs.append((record.conversation.post, " ".join([*record.sentences, *added])))
        return len(pairs) - 1

    drafts = [ask(r) for r in records]
    good = [(n, m, level, ask(r, s)) for n, r in enumerate(records) for s, m, level in r.more]
    bad = [(n, kind, ask(r, s)) for n, r in enumerate(records) for s, kind in r.bad]
    plain = [r.sentences[-1] for r in records if r.sentences and not any(r.levels.values())]
    neutral = [(n, ask(r, plain[n % len(plain)])) for n, r in enumerate(records) if plain]
    empathy = score(pairs)

    def lift(before: int, after: int, m: Mechanism) -> float:
        return getattr(empathy[after], m).expected - getattr(empathy[before], m).expected

    out: dict[str, dict] = {}
    for m in MECHANISMS:
        strong = [(drafts[n], i) for n, name, level, i in good if name == m and level == 2 and records[n].levels[m] < 2]
        weak = [i for n, name, level, i in good if name == m and level == 1 and records[n].levels[m] < 2]
        ordered = []
        for _, group in groupby((g for g in good if g[1] == m), key=lambda g: g[0]):
            rows = list(group)
            ordered += [lift(w[3], s[3], m) > 0 for w in rows if w[2] == 1 for s in rows if s[2] == 2]
        out[m] = {
            "strong_rises": _share([lift(b, a, m) > 0 for b, a in strong]),
            "strong_rises_half": _share([lift(b, a, m) >= 0.5 for b, a in strong]),
            "strong_is_2": _share([empathy[a].levels[m] == 2 for _, a in strong]),
            "weak_is_1": _share([empathy[i].levels[m] == 1 for i in weak]),
            "weak_below_strong": _share(ordered),
            "turns_on": {
                other: _share(
                    [
                        empathy[i].levels[other] > 0
                        for n, name, level, i in good
                        if name == m and level == 2 and records[n].levels[other] == 0
                    ]
                )
                for other in MECHANISMS
                if other != m
            },
        }
        out[m]["neutral_lifts"] = _share([lift(drafts[n], i, m) > 0.5 for n, i in neutral])
        out[m]["advice_lifts"] = _share([lift(drafts[n], i, m) > 0.5 for n, kind, i in bad if kind == "advice"])
        out[m]["bad_lifts"] = _share(
            [lift(drafts[n], i, m) > 0.5 for n, kind, i in bad if m not in UNSURE_BAD.get(kind, ()) and kind not in LEFT_OUT]
        )
    out["counts"] = {"records": len(records), "good": len(good), "bad": len(bad), "neutral": len(neutral)}
    return out


def judge_baselines(train: Sequence[Record], dev: Sequence[Record], seed: int = 0) -> dict[str, dict]:
    """Majority level, and balanced logistic regression on TF-IDF of the reply's words and word pairs."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    known = vectorizer.fit_transform(r.conversation.reply for r in train)
    asked = vectorizer.transform(r.conversation.reply for r in dev)
    majority: list[dict] = [{} for _ in dev]
    linear: list[dict] = [{} for _ in dev]
    for m in MECHANISMS:
        labels = [r.levels[m] for r in train]
        common = max(set(labels), key=labels.count)
        if len(set(labels)) > 1:
            model = LogisticRegression(class_weight="balanced", max_iter=2000, random_state=seed).fit(known, labels)
            guesses = [int(x) for x in model.predict(asked)]
        else:
            guesses = [common] * len(dev)
        for row, guess in enumerate(guesses):
            majority[row][m], linear[row][m] = common, guess
    gold = [r.levels for r in dev]
    return {"majority": level_metrics(gold, majority), "tfidf_logistic_regression": level_metrics(gold, linear)}


def _words(text: str, spans: Sequence[tuple[int, int]]) -> set[int]:
    """Numbers of the blank-separated words that a span touches."""
    found, position = set(), 0
    for number, word in enumerate(text.split()):
        start = text.index(word, position)
        position = start + len(word)
        if any(start < b and a < position for a, b in spans):
            found.add(number)
    return found


def _share(hits: Sequence[bool]) -> float | None:
    return _percent(sum(hits) / len(hits)) if hits else None


def _percent(value: float) -> float:
    return round(100 * value, 1)
