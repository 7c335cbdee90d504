"""The figures of the acceptance report on results written by hand, and on the shipped engine."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice

import pytest

from evaluation import acceptance
from evaluation.__main__ import main
from evaluation.acceptance import Case, corpus_figures, dump, is_low, low_empathy_figures, repeat_figures
from evaluation.tables import markdown
from partner.edits import apply
from partner.types import Conversation, Edit, Empathy, MechanismScore, Result, Suggestion
from training.data.edits import read_edits
from training.data.records import Record

NONE = MechanismScore((1.0, 0.0, 0.0))
BEFORE = Empathy(NONE, NONE, NONE)


def case(post: str, sentences: list[str], gain: float | None = None, crisis: bool = False, number: int = 0) -> Case:
    conversation = Conversation(post, "Call them back.")
    suggestions = tuple(Suggestion(Edit("insert", 0, s, "emotional_reaction"), None, "written for a test") for s in sentences)
    record = Record(f"r{number}", conversation, source="hand")
    return Case(record, Result(conversation, crisis, BEFORE, suggestions), gain)


def by_name(figures):
    return {f.name: f for f in figures}


CASES = [
    case("my boss shouted", ["Being shouted at hurts.", "What did he say?"], 0.5),
    case("my cat died", ["Losing your kitten is so sad.", "How old was she?"], 1.0),
    case("i failed maths", ["Being shouted at hurts."], -0.5),
    case("i want to die", ["Are you safe right now?", "I'm glad you told me."], 0.1, crisis=True),
]


def test_low_empathy_figures_by_hand():
    found = by_name(low_empathy_figures(CASES))
    assert found["at least 2 suggestions"].value == 0.75
    assert found["first suggestion gains empathy"].value == 0.75
    assert found["mean empathy gain of first suggestions"].value == pytest.approx((0.5 + 1.0 - 0.5 + 0.1) / 4)
    # bigrams: 3 + 5 + 3 + 4 = 15, of which the 3 of the repeated sentence are the same
    assert found["distinct-2 of first suggestions"].value == pytest.approx(12 / 15)
    assert found["crisis posts among them"].value == 1


def test_crisis_posts_are_counted_apart_as_well():
    found = by_name(low_empathy_figures(CASES))
    calm = found["at least 2 suggestions, without crisis posts"]
    assert calm.value == pytest.approx(2 / 3)
    assert calm.n == 3
    assert not any("without" in name for name in by_name(low_empathy_figures(CASES[:3])))


def test_a_case_without_suggestions_is_a_miss_not_a_gap():
    found = by_name(low_empathy_figures([*CASES[:3], case("?", [])]))
    assert found["at least 2 suggestions"].value == 0.5
    assert found["first suggestion gains empathy"].value == 0.5
    assert found["first suggestion gains empathy"].n == 4


def test_repeats_with_and_without_vetted_sentences():
    vetted = [case("i want to die", ["Are you safe right now?"], crisis=True, number=i) for i in range(5)]
    found = by_name(repeat_figures([*CASES[:3], *vetted]))
    assert found["most frequent first suggestion occurs"].value == 5
    assert found["most frequent first suggestion occurs"].met is False
    assert found["most frequent first suggestion occurs, without crisis posts"].value == 2
    assert found["most frequent first suggestion occurs, without crisis posts"].met is True


def test_corpus_figures_by_hand():
    found = by_name(corpus_figures(CASES[:3]))
    assert found["picks up a content word of the post"].value == pytest.approx(1 / 3)  # shouted
    assert found["picks up a content word or an event of the post"].value == pytest.approx(2 / 3)  # and cat: kitten
    chance = found["the same by chance: suggestions of other posts"]
    assert chance.n == 3
    assert chance.value <= 1 / 3  # the post about shouting may get the other sentence about shouting, no other match exists


def test_low_means_annotated_low_and_something_to_edit():
    def record(levels: tuple[int, int, int], reply: str = "Ok.") -> Record:
        return Record("x", Conversation("p", reply), levels=dict(zip(("a", "b", "c"), levels, strict=True)))

    assert is_low(record((0, 1, 0)))
    assert not is_low(record((1, 1, 0)))
    assert not is_low(record((0, 0, 0), "  "))


def test_dump_holds_other_peoples_words_only_on_request(tmp_path):
    dump(tmp_path / "plain.jsonl", {"epitome": CASES})
    dump(tmp_path / "texts.jsonl", {"epitome": CASES}, texts=True)
    plain = (tmp_path / "plain.jsonl").read_text(encoding="utf-8")
    assert "my boss shouted" not in plain
    assert "Call them back" not in plain
    rows = [json.loads(line) for line in plain.splitlines()]
    assert [r["top"] for r in rows] == [c.top for c in CASES]
    assert json.loads((tmp_path / "texts.jsonl").read_text(encoding="utf-8").splitlines()[0])["post"] == "my boss shouted"


def test_dump_of_corpus_says_what_was_picked_up(tmp_path):
    dump(tmp_path / "c.jsonl", {"corpus": CASES[:2]})
    rows = [json.loads(line) for line in (tmp_path / "c.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [r["picked_up"] for r in rows] == [["shout"], ["[cat]"]]


def test_missing_data_is_one_plain_line(tmp_path, capsys):
    assert main(["acceptance", "--parts", "epitome", "--data", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "EPITOME is needed" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("argv", [["acceptance", "--limit", "0"], ["benchmark", "--calls", "x"]])
def test_impossible_numbers_are_refused(argv, capsys):
    with pytest.raises(SystemExit):
        main(argv)
    assert "1 or more" in capsys.readouterr().err


def test_acceptance_on_the_shipped_engine(rewriter):
    records = list(islice(read_edits("dev", files="g"), 2))
    cases = acceptance.answers(rewriter, {"corpus": records})["corpus"]
    assert [c.record.id for c in cases] == [r.id for r in records]
    for c in cases:
        assert c.result.suggestions, "the engine has nothing to say on a plain everyday post"
        assert c.gain == pytest.approx(c.result.suggestions[0].scores.gain)
        assert c.top == c.result.suggestions[0].edit.text
    table = markdown(acceptance.figures("corpus", cases))
    assert "picks up a content word or an event of the post" in table


def test_gain_of_a_vetted_sentence_is_scored_like_any_other(rewriter):
    conversation = Conversation("I can't do this anymore, I want to kill myself tonight.", "Get some sleep.")
    c = acceptance.measure(rewriter, Record("c", conversation))
    assert c.result.crisis
    assert c.result.suggestions[0].scores is None
    edited = replace(conversation, reply=apply(conversation.reply, [c.result.suggestions[0].edit]))
    assert c.gain == pytest.approx(rewriter.score(edited).total - rewriter.score(conversation).total)


def test_posts_are_never_paired_with_their_own_suggestion():
    pairs = [(f"post {i}", f"suggestion {i}") for i in range(7)]
    for seed in range(20):
        shuffled = acceptance._shuffled(pairs, seed)
        assert sorted(post for post, _ in shuffled) == sorted(post for post, _ in pairs)
        assert sorted(s for _, s in shuffled) == sorted(s for _, s in pairs)
        assert not set(shuffled) & set(pairs)
