"""Sorrow for sad posts, joy for glad ones, and neither for the others, whatever the draft says."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from partner import Conversation, Rewriter
from partner.candidates import State
from partner.guards import out_of_tune
from partner.models import ModelError, asset
from partner.mood import MOODS, MoodReader, decide
from tests import tiny
from tests.posts import GLAD, PLAIN, SAD


def told(rewriter: Rewriter, post: str, reply: str = "") -> str:
    state = State(rewriter.policy, Conversation(post, reply), [reply] if reply else [], [rewriter.mood.layer])
    return rewriter.mood.read(state)


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


def test_what_is_not_clear_is_mixed():
    told = dict(zip(MOODS, (0.2, 0.2, 0.5, 0.1), strict=True))
    assert decide(told, 0.0) == "mixed"
    sure = dict(zip(MOODS, (0.1, 0.05, 0.8, 0.05), strict=True))
    assert decide(sure, 0.0) == "glad" and decide(sure, -1.0) == "bright", "joy must be likely in the policy's words too"
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


def test_a_reader_comes_back_as_it_was_saved_and_a_damaged_one_is_named(tmp_path):
    reader, states = MoodReader(3, 8), torch.randn(5, 9)
    reader.save(tmp_path)
    again = MoodReader.load(tmp_path)
    assert again.layer == 3 and torch.equal(again(states), reader(states))
    assert MoodReader.load(asset("corpus")) is None
    save_file({"other": torch.zeros(1)}, tmp_path / "mood.safetensors")
    with pytest.raises(ModelError, match=r"mood\.safetensors is damaged"):
        MoodReader.load(tmp_path)
