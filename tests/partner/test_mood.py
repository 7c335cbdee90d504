"""Sorrow for sad posts, joy for glad ones, and neither for the others, whatever the draft says."""

from __future__ import annotations

import pytest
import torch

from partner import Conversation, Rewriter
from partner.candidates import State
from partner.guards import out_of_tune
from partner.mood import MOODS, decide
from partner.reading import describe
from partner.retrieval import query_text
from tests.posts import GLAD, PLAIN, SAD

DRY = (
    "slept right through for the first time since march. woke up and the sun was already in the kitchen",
    "my neighbour who never says a word put a jar of honey on my mat. no note. its the good kind",
    "got my driving licence at 52. fifth try. the examiner said that's it then and i sat there like a lemon",
)


def told(rewriter: Rewriter, post: str, reply: str = "") -> str:
    state = State(rewriter.policy, Conversation(post, reply), [reply] if reply else [], rewriter.mood.layers[:1])
    meaning = rewriter.retriever.embed([query_text(Conversation(post))])[0]
    described = describe(state, rewriter.mood.layers[1], meaning)
    return decide(rewriter.mood.read(described), lambda: rewriter.distress(Conversation(post, reply), meaning))


@pytest.mark.parametrize(("posts", "moods"), [(PLAIN, {"plain"}), (SAD, {"sad"}), (GLAD, {"glad", "bright"})])
def test_moods_are_told_apart(rewriter, posts, moods):
    assert {told(rewriter, post) for post in posts} <= moods


def test_a_cheerful_draft_changes_nothing(rewriter):
    post = "My sister got engaged on the day my divorce papers came."
    assert told(rewriter, post) == told(rewriter, post, "Congrats to her!") != "glad"


def test_joy_needs_certainty_and_what_is_not_clear_gets_neither_joy_nor_sorrow():
    def taken(*told: float, distress: bool = False) -> str:
        return decide(dict(zip(MOODS, told, strict=True)), lambda: distress)

    assert [taken(*row) for row in torch.eye(4).tolist()] == list(MOODS)
    assert taken(0.5, 0.4, 0.1, 0.0) == taken(0.4, 0.4, 0.2, 0.0) == "mixed" and taken(0.7, 0.2, 0.1, 0.0) == "sad"
    assert taken(0.02, 0.03, 0.9, 0.05) == "glad" and taken(0.1, 0.0, 0.9, 0.0) == "bright"
    for told, otherwise in (
        ((0.8, 0.05, 0.0, 0.15), "sad"),
        ((0.7, 0.05, 0.0, 0.25), "mixed"),
        ((0.58, 0.01, 0.05, 0.36), "mixed"),
        ((0.2, 0.0, 0.0, 0.8), "mixed"),
    ):
        assert (taken(*told), taken(*told, distress=True)) == ("plain", otherwise), "where two readers differ it is not plain"
    assert out_of_tune("I'm sorry, that sounds so hard.", "bright") and out_of_tune("I'm so happy for you.", "bright")


def test_nobody_is_sorry_for_a_question_about_calendars(rewriter):
    for post in PLAIN:
        result = rewriter.suggest(Conversation(post, "Hello."), n=4)
        said = " ".join(s.edit.text.lower() for s in result.suggestions)
        assert not [word for word in ("sorry", "sad", "hard", "hurt", "heavy", "alone") if word in said.split()], said


def test_there_is_no_sorrow_for_joy(rewriter):
    for post in GLAD:
        for reply in ("Ok.", "Cool."):
            result = rewriter.suggest(Conversation(post, reply), n=4)
            assert not [s.edit.text for s in result.suggestions if out_of_tune(s.edit.text, "glad")]


def test_a_small_win_told_dryly_gets_warmth_without_sorrow(rewriter):
    for post in DRY:
        result = rewriter.suggest(Conversation(post, "Ok."), n=4)
        assert result.suggestions and not [s.edit.text for s in result.suggestions if out_of_tune(s.edit.text, "glad")]
