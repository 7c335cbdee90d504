"""The command that learns which posts tell of distress."""

from __future__ import annotations

from partner.prompt import Place
from partner.types import Conversation
from training.__main__ import main
from training.data.judged import Judged
from training.data.records import Record
from training.distress import examples


def judged(post: str, label: str, sentence: str = "I'm so sorry.", source: str = "anywhere") -> Judged:
    place = Place("insert", 0, "emotional_reaction")
    return Judged(Record(post, Conversation(post)), sentence, "emotional_reaction", label, source, 3, place)


def test_a_post_tells_of_distress_where_most_sorrow_was_in_place():
    read = [
        judged("a", "right"),
        judged("a", "generic"),
        judged("a", "wrong_fact"),
        judged("b", "unnatural"),
        judged("c", "right", "I'm so happy for you."),  # joy says nothing about sorrow
        judged("d", "right", source="stock"),  # nor does what was written for a theme
    ]
    assert examples(read) == {Conversation("a"): True, Conversation("b"): False}


def test_it_learns_from_the_corpus_and_measures_on_posts_held_out(tmp_path, capsys):
    assert main(["distress", "--authored-only", "--limit", "400", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert (tmp_path / "model.safetensors").is_file()
    auc = float(said.rsplit("AUC ", 1)[1])
    assert auc > 0.8, said
    assert "without distress" in said


def test_a_corpus_without_readings_says_so(tmp_path, capsys):
    assert main(["distress", "--authored-only", "--corpus", str(tmp_path), "--out", str(tmp_path / "out")]) != 0
    assert str(tmp_path) in capsys.readouterr().err
