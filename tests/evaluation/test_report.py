"""The report: figures from rows written by hand, and a page that shows them and nothing that was smuggled in."""

from __future__ import annotations

import json
import math
import re
from argparse import Namespace

import pytest

from evaluation import report
from evaluation.__main__ import main
from evaluation.inputs import InputError
from evaluation.metrics import bleu_counts

EVIL = '<script>alert(1)</script> & {{ 7*7 }} "quoted" \'--> </style>'


def row(number: int, before: list[int], after: dict[str, list[int]], text: str = "Oh no. Take care.") -> dict:
    systems = {
        name: {
            "text": text if levels != before else "Take care.",
            "edits": int(levels != before),
            "words": 4 if levels != before else 2,
            "distance": 2 if levels != before else 0,
            "levels": levels,
            "expected": [float(x) for x in levels],
            "lm": [-8.0, -6.0, 4],
            "seconds": 0.5,
        }
        for name, levels in after.items()
    }
    return {
        "row": number,
        "line": number + 1,
        "key": 0,
        "post": EVIL,
        "reply": "Take care.",
        "history": [["seeker", EVIL]],
        "turns": 2,
        "crisis": number == 0,
        "before": {"levels": before, "expected": [float(x) for x in before], "post_words": 30, "words": 2, "sentences": 1},
        "systems": systems,
    }


@pytest.fixture
def folder(tmp_path):
    """A run of four pairs: `good` gains, `bad` does nothing."""
    rows = [row(i, [0, 0, 0], {"good": [2, 0, i % 2], "bad": [0, 0, 0]}, text=f"{EVIL} Take care.") for i in range(4)]
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "00.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    settings = {"systems": ["good", "bad"], "batch": 8, "metrics": ["empathy", "lm"], "lm": "tiny", "seed": 0, "edits": 2}
    about = {"settings": settings, "name": EVIL, "command": f"python -m evaluation run {EVIL}", "versions": {}, "machine": "m"}
    (tmp_path / "run.json").write_text(json.dumps(about))
    return tmp_path


def options(**changes) -> Namespace:
    return Namespace(**({"compare": None, "examples": 10, "by": "gain", "excerpt": None, "seed": 0} | changes))


def test_figures_by_hand(folder):
    found = report.build(folder, options())
    good, bad = found["systems"]["good"], found["systems"]["bad"]
    assert good["gain"]["value"] == 2.5
    assert good["EX_after"]["value"] == 0.5
    assert good["ER_change"]["value"] == 2
    assert good["changed"]["value"] == 100
    assert good["edit_rate"]["value"] == 1
    assert good["words_added"]["value"] == 2
    assert good["perplexity"]["value"] == pytest.approx(2.718281828**2)
    assert good["specificity"]["value"] == pytest.approx(0.5)
    assert good["share_after_ER_2"]["value"] == 1
    assert bad["stop_1"] == {"value": 0, "low": 0, "high": 0, "n": 4}  # left four replies alone, none was empathic
    assert found["crisis"] == 1
    assert good["distinct_1"]["n"] == 4


def test_drafting_figures_by_hand(folder):
    """The figures of response generation: against a reference, by turns, for systems that are language models."""
    rows = []
    for i, (turns, target, tokens) in enumerate([(1, [0, 0, 2], 4), (2, [2, 0, 0], 2), (3, [2, 2, 0], 2), (5, [2, 0, 0], 2)]):
        r = row(i, [0, 0, 0], {"good": [2, 0, 0], "bad": [0, 0, 0]}) | {"turns": turns, "reference": "take care"}
        r["target"] = {"levels": target, "expected": target}
        for name, s in r["systems"].items():
            s["bleu"] = bleu_counts("take care" if name == "good" else "take it easy", "take care")
            s |= {"text": "take care" if name == "good" else "take it easy", "embedding": [1.0, 0.5, 0.25]}
            s |= {"emotion": ["sad", "sad" if i else "angry"], "intent": ["wishing", "wishing"]}
        r["systems"]["good"]["target_lm"] = [-float(tokens * turns), tokens]
        rows.append(r)
    (folder / "results" / "00.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    found = report.build(folder, options())["systems"]
    good, bad = found["good"], found["bad"]
    assert good["bleu_2"]["value"] == 100
    assert bad["bleu_1"]["value"] == pytest.approx(100 / 3)
    assert bad["bleu_2"]["value"] == 0
    assert math.isnan(good["bleu_4"]["value"])  # the outputs have no 4-gram
    assert "BLEU-4" not in (folder / "report.md").read_text()
    assert good["embedding_extrema"]["value"] == 0.5
    assert good["diff_ER"]["value"] == 1  # one pair in four is 2 levels off: 4 / 4
    assert good["diff_IP"]["value"] == 1
    assert good["IP_target"]["value"] == 0.5
    assert good["emotion_accuracy"]["value"] == 75
    assert good["intent_accuracy"]["value"] == 100
    assert good["target_perplexity"]["value"] == pytest.approx(math.exp((4 + 4 + 6 + 10) / 10))
    assert good["target_perplexity_1"]["value"] == pytest.approx(math.e)
    assert good["target_perplexity_2"]["value"] == pytest.approx(math.exp(2))
    assert good["target_perplexity_3"]["value"] == pytest.approx(math.exp(4))
    assert "target_perplexity" not in bad
    assert good["nist"]["value"] > bad["nist"]["value"]


def test_nothing_from_users_becomes_markup(folder):
    report.build(folder, options())
    page = (folder / "report.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{ 7*7 }}" in page


def test_the_page_needs_no_other_file(folder):
    report.build(folder, options())
    page = (folder / "report.html").read_text()
    assert not re.findall(r"<(?:link|img|iframe|script)\b|@import|url\(", page)
    addresses = set(re.findall(r"https?://[^\"' <]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_the_best_is_bold_and_equals_are_not(folder):
    table = report.markdown(report.build(folder, options()))
    lines = {line.split("|")[1].strip(): line for line in table.partition("paired:")[0].splitlines() if line.startswith("| ")}
    assert "**2.500**" in lines["Empathy gained"]
    assert "**" not in lines["Perplexity"]  # the same for both
    assert "**0.000**" in lines["Words added"]  # fewer is better


def test_a_language_model_is_not_the_best_in_its_own_eyes(folder):
    about = json.loads((folder / "run.json").read_text())
    rows = [row(i, [0, 0, 0], {"lm=tiny": [2, 0, 0], "bad": [1, 0, 0], "worse": [1, 0, 0]}) for i in range(4)]
    for r in rows:
        r["systems"]["lm=tiny"]["lm"] = [-2.0, -1.0, 4]
        r["systems"]["worse"]["lm"] = [-20.0, -19.0, 4]
    (folder / "results" / "00.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    about["settings"]["systems"] = ["lm=tiny", "bad", "worse"]
    (folder / "run.json").write_text(json.dumps(about))
    table = report.markdown(report.build(folder, options()))
    line = next(line for line in table.splitlines() if line.startswith("| Perplexity"))
    assert "1.649†" in line
    assert "**7.389**" in line
    assert "† this system is the frozen language model" in table


def test_an_excerpt_shortens_texts_and_leaves_crisis_posts_out(folder):
    report.build(folder, options(excerpt=12))
    page = (folder / "report.html").read_text()
    assert "line 1, empathy gained" not in page
    assert "line 2, empathy gained" in page
    examples = page[page.index("Best and worst pairs") : page.index("What the figures are")]
    assert "alert(1)&lt;/script&gt; &amp;" not in examples


def test_compare_names_must_be_in_the_run(folder):
    report.build(folder, options(compare=[["bad", "good"]]))
    found = json.loads((folder / "figures.json").read_text())
    assert found["compare"][0]["measures"]["gain"]["value"] == -2.5
    with pytest.raises(InputError, match="--compare"):
        report.build(folder, options(compare=[["good", "other"]]))


def test_no_run_no_report(tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    assert "holds no run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "unit", "shown"), [(0.12345, "", "0.123"), (12.345, "", "12.35"), (1234.5, "", "1234"), (5, "%", "5.0 %")]
)
def test_numbers_are_short(value, unit, shown):
    assert report.number(value, unit) == shown
