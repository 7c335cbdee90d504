"""Episodes of edits: what is drawn is what is scored again, and what is edited is what the reply becomes."""

from __future__ import annotations

import json
import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from partner import Conversation
from partner.policy import PartnerPolicy, legal_places
from partner.prompt import Place
from partner.text import split
from partner.types import MECHANISMS
from tests import tiny
from training import rescoring
from training.data.records import DataError
from training.environment import State, join, with_rewards
from training.episodes import Draft, Episode, Turn
from training.rescoring import Rescoring
from training.rollouts import RewriteEnvironment, pick

STATES = [
    State(Conversation("I feel so alone since my dog died.", "Ok. Sorry.\nBye!")),
    State(Conversation("Nobody called me back, and now the flat is quiet.", "Hm.", (("seeker", "hi"), ("supporter", "hello")))),
    State(Conversation("I am sorry to ask.", "You can. I was busy? It must be."), target="What was he like?"),
]


def talkative(architecture: str, seed: int = 0) -> PartnerPolicy:
    """A random policy that ends its sentences after a few tokens: one whose end token is as likely as all others together."""
    policy = tiny.policy(architecture, seed)
    end = policy.layout.id["<|end|>"]
    head = torch.nn.Linear(64, len(policy.tokenizer), bias=True)
    with torch.no_grad():
        head.weight.copy_(policy.backbone.get_output_embeddings().weight)
        head.bias.zero_()
        head.bias[end] = 4.5
    policy.backbone.lm_head = head
    return policy


def rollout(architecture="gpt2", samples=6, states=STATES, seed=0, **settings):
    policy, reference = talkative(architecture), talkative(architecture, 1)
    environment = RewriteEnvironment(**{"edits": 3, "longest": 16, "tokens": 500} | settings)
    found = environment.rollout(policy, reference, states, samples, torch.Generator().manual_seed(seed))
    return policy, reference, found


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_what_is_drawn_is_what_is_scored_again(architecture):
    policy, reference, found = rollout(architecture)
    everyone = torch.arange(len(found.batch))
    again = found.decide(policy, everyone)
    assert len(found.rewrites) == len(found.batch) == 18
    assert found.batch.state.tolist() == sorted([0, 1, 2] * 6)
    assert torch.allclose(again.log_probs.detach(), found.batch.log_probs, atol=1e-5)
    assert torch.allclose(found.decide(reference, everyone).log_probs.detach(), found.batch.reference, atol=1e-5)
    assert not torch.allclose(found.batch.log_probs, found.batch.reference)
    assert (again.entropy[found.batch.mask] > 0).all() and (again.entropy[~found.batch.mask] == 0).all()
    some = torch.tensor([11, 2, 5])
    part = found.decide(policy, some)
    assert torch.allclose(part.log_probs, again.log_probs[some], atol=1e-5)
    assert torch.allclose(part.hidden, again.hidden[some], atol=1e-4)
    again.log_probs.sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in policy.pointer.parameters())


def test_an_episode_scores_as_the_policy_does():
    """An edit, then STOP: the sum is that of `PartnerPolicy.log_prob`, where the policy cannot write control tokens."""
    policy = talkative("gpt2")
    layout, conversation = policy.layout, STATES[2].conversation
    with torch.no_grad():
        policy.backbone.lm_head.bias[[i for token, i in layout.id.items() if token != "<|end|>"]] = -1e9
    before, place, text = split(conversation.reply).sentences, Place("replace", 1, "exploration"), "What was he like?"
    after = (before[0], text, before[2])
    places = legal_places(range(3), 3)
    edit = Turn(before, *layout.where(before), places.index(place), place)
    edit.shown, edit.control, edit.tokens = layout.place(before, "replace", 1), layout.control(place), layout.what(text)
    stop = Turn(after, *layout.where(after), len(places), None)
    episode = Episode(0, Draft(conversation.reply), [edit, stop], log_probs=[0.0] * (2 + len(edit.tokens)))
    found = Rescoring([layout.prefix(conversation)], [episode], 1.0, 500)(policy, torch.tensor([0]))
    expected = policy.log_prob(conversation, before, place, text) + policy.log_prob(conversation, after, None)
    assert found.log_probs.sum().item() == pytest.approx(expected.item(), abs=1e-4)


def test_how_many_episodes_share_a_tree_changes_nothing(monkeypatch):
    policy, _, found = rollout("llama")
    everyone = torch.arange(len(found.batch))
    monkeypatch.setattr(rescoring, "TREE", 1)
    apart = found.decide(policy, everyone)
    monkeypatch.setattr(rescoring, "TREE", 100_000)
    together = found.decide(policy, everyone)
    assert torch.allclose(apart.log_probs, together.log_probs, atol=1e-5)
    assert torch.allclose(apart.entropy, together.entropy, atol=1e-4)


def test_episodes_stop_or_end_after_their_edits():
    _, _, found = rollout(samples=16)
    assert {len(r.steps) for r in found.rewrites} >= {0, 1}
    assert max(len(r.steps) for r in found.rewrites) <= 3
    for number, rewrite in enumerate(found.rewrites):
        turns = found.decide.episodes[number].turns
        assert int(found.batch.mask[number].sum()) == sum(1 + len(t.tokens) for t in turns)
        if rewrite.steps:
            assert rewrite.steps[0].sentences == split(rewrite.conversation.reply).sentences
        for before, after in zip(rewrite.steps, rewrite.steps[1:], strict=False):
            change = {"insert": 1, "replace": 0, "delete": -1}[before.place.op]
            assert len(after.sentences) == len(before.sentences) + change
        assert "<|" not in rewrite.reply
    assert found.rewrites[-1].target == "What was he like?"
    assert found.notes["edits"] == pytest.approx(sum(len(r.steps) for r in found.rewrites) / 48)


def test_the_same_numbers_give_the_same_episodes_and_others_do_not():
    texts = [[r.reply for r in rollout(seed=seed)[2].rewrites] for seed in (5, 5, 6)]
    assert texts[0] == texts[1] != texts[2]


def test_a_sentence_that_does_not_end_is_no_edit():
    policy = tiny.policy("gpt2")  # its sentences hardly ever end
    found = RewriteEnvironment(edits=3, longest=4).rollout(policy, policy, STATES, 4, torch.Generator().manual_seed(0))
    long = [i for i, e in enumerate(found.decide.episodes) if e.unfinished]
    assert long and found.notes["unfinished"] == len(long) / 12
    for i in long:
        assert len(found.decide.episodes[i].turns[-1].tokens) == 4
        assert len(found.rewrites[i].steps) == len(found.decide.episodes[i].turns) - 1


def test_joined_rollouts_are_one_batch():
    policy, _, first = rollout(states=STATES[:2], samples=3)
    _, _, second = rollout(states=STATES[2:], samples=2, seed=1)
    both = join([first, second])
    assert both.batch.state.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
    chosen = torch.tensor([7, 1, 6])
    found = both.decide(policy, chosen)
    width = both.batch.mask.shape[1]
    assert found.log_probs.shape == (3, width)
    assert torch.allclose(found.log_probs.detach(), both.batch.log_probs[chosen], atol=1e-5)
    assert [r.reply for r in both.rewrites] == [r.reply for r in (*first.rewrites, *second.rewrites)]


def test_the_reward_comes_after_the_last_decision():
    _, _, found = rollout()
    batch = with_rewards(found.batch, [float(i) for i in range(18)])
    assert batch.rewards.sum(1).tolist() == list(range(18))
    for i in range(1, 18):
        assert batch.rewards[i].nonzero()[0].item() == int(batch.mask[i].sum()) - 1


def test_pick_draws_by_probability_and_never_the_impossible():
    log_probs = torch.tensor([[0.2, 0.0, 0.5, 0.3]]).log().clamp(min=-1e9).repeat(4000, 1)
    drawn = pick(log_probs, torch.rand(4000, generator=torch.Generator().manual_seed(0)))
    shares = drawn.bincount(minlength=4) / 4000
    assert shares.tolist() == pytest.approx([0.2, 0.0, 0.5, 0.3], abs=0.03)
    assert pick(log_probs[:2], torch.tensor([0.0, 0.99999994])).tolist() == [0, 3]


PLACES = st.tuples(st.sampled_from(["insert", "replace", "delete"]), st.integers(0, 5))


@given(st.lists(PLACES, max_size=6), st.sampled_from(["Ok. Sorry.\nBye!", "  One two.  Three? ", "", "No stop"]))
@settings(max_examples=60, deadline=None)
def test_a_draft_holds_what_its_edits_say(places, reply):
    draft, expected = Draft(reply), list(split(reply).sentences)
    chance = random.Random(len(places))
    for number, (op, at) in enumerate(places):
        if at > len(expected) - (op != "insert"):
            continue
        text = "" if op == "delete" else f"Sentence number {number}."
        draft.edit(Place(op, at, None if op == "delete" else chance.choice(MECHANISMS)), text)
        expected[at : at + (op != "insert")] = [text] if text else []
    assert list(draft.sentences) == expected
    assert draft.text.split() == " ".join(expected).split()


def test_untouched_characters_stay():
    draft = Draft("Hi  there.\n\nCall them!  ok?")
    draft.edit(Place("insert", 1, "exploration"), "How are you?")
    draft.edit(Place("replace", 1, "exploration"), "How do you feel?")
    draft.edit(Place("replace", 3, "exploration"), "Fine?")
    assert draft.text == "Hi  there. How do you feel?\n\nCall them!  Fine?"


def write_corpus(folder, posts):
    (folder / "negatives.jsonl").write_text("")
    rows = [
        {"id": f"F-{i}", "seeker": post, "response": ["Ok."], "levels": {}, "edits": [], "more": {}}
        for i, post in enumerate(posts)
    ]
    (folder / "f_small.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_states_leave_out_crisis_posts_and_long_ones(tmp_path):
    posts = ["I failed my exam again.", "I am going to kill myself tonight.", "my cat is ill " * 60, "She left me in May."]
    write_corpus(tmp_path, posts)
    environment = RewriteEnvironment(sources=("edits",), corpus=tmp_path)
    found = environment.states("train")
    assert {s.conversation.post for s in found} == {posts[0], posts[3]}
    assert found == environment.states("train")
    assert len(RewriteEnvironment(sources=("edits",), corpus=tmp_path, limit=1).states("train")) == 1


def test_bad_data_is_named(tmp_path):
    write_corpus(tmp_path, ["x " * 500])
    with pytest.raises(DataError, match="no draft to learn from"):
        RewriteEnvironment(sources=("edits",), corpus=tmp_path).states("train")
    with pytest.raises(DataError, match="unknown source of drafts 'tweets'"):
        RewriteEnvironment(sources=("tweets",)).states("train")
    (tmp_path / "f_small.jsonl").write_text("{}\n")
    with pytest.raises(DataError, match=r"f_small\.jsonl:1"):
        RewriteEnvironment(sources=("edits",), corpus=tmp_path).states("train")
