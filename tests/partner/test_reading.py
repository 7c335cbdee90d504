"""What the policy makes of a post, and the readers of it as files."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from partner import Conversation
from partner.candidates import State
from partner.danger import DangerReader
from partner.models import ModelError, asset
from partner.mood import MoodReader
from partner.types import MECHANISMS
from tests import tiny


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


@pytest.mark.parametrize("kind", [MoodReader, DangerReader])
def test_a_reader_comes_back_as_it_was_saved_and_a_damaged_one_is_named(kind, tmp_path):
    reader, features = kind((3, 5), 9), torch.randn(5, 9)
    reader.save(tmp_path)
    again = kind.load(tmp_path)
    assert again.layers == (3, 5) and torch.allclose(again(features), reader(features), atol=1e-3)
    assert kind.load(asset("corpus")) is None
    save_file({"other": torch.zeros(1)}, tmp_path / kind.file)
    with pytest.raises(ModelError, match=f"{kind.file} is damaged"):
        kind.load(tmp_path)
