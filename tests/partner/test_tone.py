"""What in a draft may hurt is told from the rest, by the post, and replaced or removed."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from partner import Conversation, Rewriter
from partner.candidates import State
from partner.models import ModelError, asset
from partner.retrieval import query_text
from partner.text import split
from partner.tone import ToneReader
from tests import tiny

POST = "my hamster died last night and i cant stop crying. i had him since i was nine"
HURTS = ("It's just a hamster.", "You'll get over it in a week.", "Stop being so dramatic.", "Just get a new one.")
MAY_STAY = ("I'm so sorry about your hamster.", "What was he like?", "Nine years is a long time to love somebody.")


def told(rewriter: Rewriter, post: str, reply: str) -> dict[int, float]:
    """How likely each sentence of a draft is to hurt."""
    conversation, sentences = Conversation(post, reply), split(reply).sentences
    draft = State(rewriter.policy, conversation, sentences).draft([rewriter.tone.layer])
    embed = rewriter.retriever.embed
    read = [sentences[i] for i in draft.spans]
    return rewriter.tone.read(draft, read, embed([query_text(conversation)])[0], embed(read))


@pytest.mark.parametrize("architecture", ["llama", "gpt2"])
def test_the_draft_is_read_behind_the_post_in_the_pass_that_chooses_places(architecture):
    policy = tiny.policy(architecture)
    conversation, sentences = Conversation("I lost my dog.", "Ok. Get a cat."), ["Ok.", "Get a cat."]
    state = State(policy, conversation, sentences)
    draft, (places, log_probs) = state.draft([0]), state.where()
    assert draft.places == places and torch.allclose(draft.log_probs, log_probs)
    before, (ids, _) = policy.layout.prefix(conversation), policy.layout.where(sentences)
    with torch.inference_mode():
        whole = policy.backbone.base_model(input_ids=torch.tensor([before + ids]), output_hidden_states=True).hidden_states[1][
            0
        ]
    read = whole[len(before) : len(before) + draft.states.shape[1]]
    torch.testing.assert_close(draft.states[0], read, atol=1e-5, rtol=1e-5)
    for i, (start, end) in draft.spans.items():
        assert policy.tokenizer.decode(ids[start : end - 1]).strip() == sentences[i]
        assert ids[end - 1] == policy.layout.id["<|s|>"]


def test_a_reader_comes_back_as_it_was_saved_and_a_damaged_one_is_named(tmp_path):
    reader, rows = ToneReader.new(3, 8, 6), torch.randn(5, 785)
    reader.save(tmp_path)
    again = ToneReader.load(tmp_path)
    assert again.layer == 3 and torch.allclose(again.network(rows), reader.network(rows), atol=0.02)
    assert ToneReader.load(asset("corpus")) is None
    save_file({"other": torch.zeros(1)}, tmp_path / "tone.safetensors")
    with pytest.raises(ModelError, match=r"tone\.safetensors is damaged"):
        ToneReader.load(tmp_path)


def test_what_hurts_is_told_from_what_may_stay(rewriter):
    for cruel in HURTS:
        for kind in MAY_STAY:
            likely = told(rewriter, POST, f"{kind} {cruel}")
            assert likely[1] > rewriter.ranking.hurtful > likely[0], (kind, cruel, likely)


def test_the_post_decides(rewriter):
    reply = "You'll get used to it."
    about_a_grave = told(rewriter, "We buried my wife on Monday and the house is so quiet that I leave the radio on.", reply)[0]
    assert about_a_grave > told(rewriter, "my new keyboard has the @ in another place, driving me mad lol", reply)[0]


def test_of_a_very_long_draft_the_first_and_last_sentences_are_read(rewriter):
    likely = told(rewriter, POST, " ".join(["I hear you."] * 100 + [HURTS[0]]))
    assert 0 in likely and 100 in likely and 50 not in likely


def test_what_hurts_is_replaced_or_removed_and_the_rest_kept(rewriter):
    result = rewriter.suggest(Conversation(POST, "Just get a new one. I'm around all day. You'll get over it in a week."))
    touched = {s.edit.at for s in result.suggestions if s.edit.op != "insert"}
    assert touched == {0, 2}
    assert all(("may hurt" in s.reason) == (s.edit.op != "insert") for s in result.suggestions)
    assert all((s.scores is None) == (s.edit.op == "delete") for s in result.suggestions)
    assert any(s.edit.text for s in result.suggestions) and len(result.suggestions) <= 4
    assert [s.edit.op for s in result.suggestions] == sorted((s.edit.op for s in result.suggestions), key="delete".__eq__)


def test_a_warm_reply_with_one_cruel_sentence_loses_that(rewriter):
    reply = (
        "I'm so sorry about your hamster. Losing him after all those years must leave the room so quiet. It's just a hamster. "
        "What do you miss most about him?"
    )
    edits = [s.edit for s in rewriter.suggest(Conversation(POST, reply)).suggestions]
    assert any(e.op in ("replace", "delete") and e.at == 2 for e in edits)
    assert not [e for e in edits if e.op != "insert" and e.at != 2]


def test_what_hurts_is_removed_from_an_answer_to_a_crisis_too(rewriter):
    post = "i took out the pills again. i dont want to wake up tomorrow"
    reply = "Stop being so dramatic. I'm here tonight. You're just doing it for attention."
    result = rewriter.suggest(Conversation(post, reply))
    assert result.crisis
    assert {s.edit.at for s in result.suggestions if s.edit.op != "insert"} == {0, 2}
