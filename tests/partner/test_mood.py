"""Sorrow for sad posts, joy for glad ones, and neither for the others, whatever the draft says."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from partner import Conversation, Rewriter
from partner.candidates import State
from partner.guards import out_of_tune
from partner.models import ModelError, asset
from partner.mood import MOODS, MoodReader, decide, describe
from partner.retrieval import query_text
from partner.types import MECHANISMS
from tests import tiny
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


def test_the_states_of_a_post_are_the_means_behind_a_layer():
    policy = tiny.policy("llama")
    conversation = Conversation("I lost my job.")
    ids = torch.tensor([policy.layout.prefix(conversation)])
    with torch.inference_mode():
        layers = policy.backbone.base_model(input_ids=ids, output_hidden_states=True).hidden_states
    found = State(policy, conversation, ["Ok."], [0, 1]).post_states
    assert torch.allclose(found, torch.stack([layers[1][0].mean(0), layers[2][0].mean(0)]), atol=1e-5)


def test_what_is_asked_for_does_not_see_the_draft():
    policy = tiny.policy("llama")
    post = Conversation("I lost my job.", "Cool.")
    state, empty = State(policy, post, ["Cool."], [0]), State(policy, post, [], [0])
    found = state.without_draft().asked(MECHANISMS, [0, 1])
    assert found.shape == (2, 3, policy.width) and torch.allclose(found, empty.asked(MECHANISMS, [0, 1]))
    assert not torch.allclose(found, state.asked(MECHANISMS, [0, 1]))
    assert not torch.allclose(found[0, 0], found[0, 1])


def test_joy_needs_certainty_and_what_is_not_clear_gets_neither_joy_nor_sorrow():
    def taken(*told: float, distress: bool = False) -> str:
        return decide(dict(zip(MOODS, told, strict=True)), lambda: distress)

    assert [taken(*row) for row in torch.eye(4).tolist()] == list(MOODS)
    assert taken(0.5, 0.4, 0.1, 0.0) == taken(0.4, 0.4, 0.2, 0.0) == "mixed" and taken(0.7, 0.2, 0.1, 0.0) == "sad"
    assert taken(0.02, 0.03, 0.9, 0.05) == "glad" and taken(0.1, 0.0, 0.9, 0.0) == "bright"
    for told, otherwise in (
        ((0.8, 0.05, 0.0, 0.15), "sad"),
        ((0.7, 0.05, 0.0, 0.25), "mixed"),
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


def test_a_reader_comes_back_as_it_was_saved_and_a_damaged_one_is_named(tmp_path):
    reader, features = MoodReader((3, 5), 9), torch.randn(5, 9)
    reader.save(tmp_path)
    again = MoodReader.load(tmp_path)
    assert again.layers == (3, 5) and torch.allclose(again(features), reader(features), atol=1e-3)
    assert MoodReader.load(asset("corpus")) is None
    save_file({"other": torch.zeros(1)}, tmp_path / "mood.safetensors")
    with pytest.raises(ModelError, match=r"mood\.safetensors is damaged"):
        MoodReader.load(tmp_path)
