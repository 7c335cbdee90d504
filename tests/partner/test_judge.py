"""The judge reads the policy's own states, and comes and goes with the policy's folder."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from partner.candidates import SOURCES, Candidate, State
from partner.judge import EMBEDDING, GLANCED, KINDS, Judge, at_a_glance, describe, meaning, odds
from partner.models import ModelError
from partner.policy import JUDGE
from partner.prompt import Place
from partner.types import Conversation
from tests import tiny

POST = Conversation("I feel so alone since my dog died in March.", "Ok. Get a cat.")
SENTENCES = ["Ok.", "Get a cat."]
CANDIDATES = [
    Candidate(Place("insert", 0, "emotional_reaction"), "I am sorry, that must hurt.", source="stock"),
    Candidate(Place("replace", 1, "exploration"), "What was he like?", source="policy"),
]


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_a_candidate_is_read_as_in_one_plain_pass_over_post_place_and_sentence(architecture):
    policy = tiny.policy(architecture)
    state = State(policy, POST, SENTENCES)
    inner, likelihoods = state.inner(CANDIDATES, (0,)), state.log_likelihoods(CANDIDATES)
    for c, states, likelihood in zip(CANDIDATES, inner, likelihoods, strict=True):
        layout, what = policy.layout, policy.layout.what(c.text)
        before = layout.prefix(POST) + layout.place(SENTENCES, c.place.op, c.place.at) + layout.control(c.place)
        out = policy.backbone(torch.tensor([before + what]), output_hidden_states=True)
        torch.testing.assert_close(states[0], out.hidden_states[1][0, len(before) :], atol=1e-4, rtol=1e-4)
        logits = out.logits[0, len(before) - 1 : -1].log_softmax(-1)
        assert likelihood == pytest.approx(float(logits[range(len(what)), what].mean()), abs=1e-4)


def test_a_judge_that_was_saved_says_the_same_and_a_folder_without_one_has_none(tmp_path):
    policy = tiny.policy("llama")
    assert Judge.load(tmp_path) is None
    torch.manual_seed(0)
    judge = Judge.new((0, 1), 64, (8, 6), (4, 2))
    judge.save(tmp_path)
    written = (tmp_path / JUDGE).read_bytes()
    for _ in range(8):
        judge.save(tmp_path)
        assert (tmp_path / JUDGE).read_bytes() == written
    again = Judge.load(tmp_path)
    assert again.layers == (0, 1)
    post, *said = np.random.default_rng(0).normal(size=(3, EMBEDDING)).astype(np.float32) / EMBEDDING**0.5
    said = np.stack(said)
    alone = [judge.read(State(policy, POST, SENTENCES), [c], post, said[[i]])[0] for i, c in enumerate(CANDIDATES)]
    together = again.read(State(policy, POST, SENTENCES), CANDIDATES, post, said)
    assert [(v.right, v.wrong) for v in together] == [pytest.approx((v.right, v.wrong), abs=0.02) for v in alone]
    judged = together[1].of(CANDIDATES[1])
    assert (judged.text, judged.judged, judged.wrong) == (CANDIDATES[1].text, together[1].right, together[1].wrong)
    assert judge.read(State(policy, POST, SENTENCES), [], post, said[:0]) == []
    glances = judge.glance(CANDIDATES, post, said)
    assert again.glance(CANDIDATES, post, said) == pytest.approx(glances, abs=0.02)
    assert judge.glance([], post, said[:0]) == []
    assert again.read(State(policy, POST, SENTENCES), CANDIDATES, said[0], said) != together


def test_what_is_right_counts_whole_and_what_is_generic_in_part():
    likely = torch.tensor([[0.5, 0.2, 0.2, 0.1], [0.0, 0.0, 1.0, 0.0]])
    right, wrong = (x.sigmoid().tolist() for x in odds(likely.log()))
    assert right == pytest.approx([0.56, 0.0], abs=1e-3)
    assert wrong == pytest.approx([0.2, 1.0], abs=1e-3)


def test_features_tell_source_mechanism_and_words():
    policy = tiny.policy("gpt2")
    rows = [describe(c, s) for c, s in zip(CANDIDATES, State(policy, POST, SENTENCES).inner(CANDIDATES, (1,)), strict=True)]
    assert [len(row) for row in rows] == [2 * 64 + 1 + 15] * 2
    assert [row[-15:].argmax() for row in rows] == [6, 2]  # stock is the third source, the policy the first
    assert [row[-16] for row in rows] == [6, 4]


def test_a_glance_sees_what_the_reading_sees_but_for_the_policy():
    policy = tiny.policy("gpt2")
    judge = Judge.new((1,), 64, (8, 8), (4, 4))
    post, *said = np.random.default_rng(1).normal(size=(3, EMBEDDING)).astype(np.float32) / EMBEDDING**0.5
    told = torch.stack(
        [describe(c, s) for c, s in zip(CANDIDATES, State(policy, POST, SENTENCES).inner(CANDIDATES, (1,)), strict=True)]
    )
    rows = torch.cat([meaning(np.stack([post, post]), np.stack(said)), told], dim=1)
    with torch.no_grad():
        right, _ = odds(judge.glancing(at_a_glance(rows)))
    assert judge.glance(CANDIDATES, post, np.stack(said)) == pytest.approx(right.tolist(), abs=1e-4)


def test_reflections_are_judged_by_their_own_network():
    judge = Judge.new((1,), 64, (8, 8), (4, 4))
    rows = torch.randn(4, 2 * EMBEDDING + GLANCED)
    rows[:, -KINDS:] = 0
    for row, (source, mechanism) in enumerate((("policy", 0), ("anywhere", 2), ("reflected", 0), ("reflected", 2))):
        rows[row, SOURCES.index(source) * 3 + mechanism - KINDS] = 1
    with torch.no_grad():
        told, others, reflected = judge.glancing(rows), judge.glancing.others(rows), judge.glancing.reflected(rows)
    torch.testing.assert_close(told, torch.cat([others[:2], reflected[2:]]))


@pytest.mark.parametrize("damage", [b"", b"{}", None])
def test_a_damaged_judge_is_named(tmp_path, damage):
    Judge.new((0,), 64, (4, 4), (4, 4)).save(tmp_path)
    path = tmp_path / JUDGE
    path.write_bytes(path.read_bytes()[:-40] if damage is None else damage)
    with pytest.raises(ModelError, match=r"judge\.safetensors is damaged"):
        Judge.load(tmp_path)
