"""Learning from a fixed log: every part of the target by hand, and a bandit whose best policy is known."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn

from partner.prompt import Place
from partner.types import Conversation
from tests import tiny
from training.algorithms.offline import (
    Offline,
    OfflineLearner,
    average,
    backup,
    batch_constraint,
    experience,
    polyak,
    prior_term,
    set_dropout,
    targets,
)
from training.data.logged import WHOLE, Logged
from training.offline_language import GRAMMAR, SUBJECTS, best_with_prior, log_probs, measure, new_policy, true_reward

log = math.log
POST = "My dog died in March and the flat is quiet."


def rows(*values: float) -> torch.Tensor:
    return torch.tensor(values)[None]


def test_the_averaged_prior_is_the_weighted_mean_of_probabilities():
    one, two = rows(log(0.8), log(0.2)), rows(log(0.2), log(0.8)) + 7.0  # a constant in the logits changes nothing
    assert average([one, two], [1.0, 1.0]).exp()[0].tolist() == pytest.approx([0.5, 0.5])
    assert average([one, two], [3.0, 1.0]).exp()[0].tolist() == pytest.approx([0.75 * 0.8 + 0.25 * 0.2, 0.35])


def test_prior_terms_by_hand():
    """pi = (0.5, 0.5), p = (0.9, 0.1), action 0: log p - log pi = log 1.8, KL = 0.5 log(0.5/0.9) + 0.5 log 5."""
    q, log_prior, action = rows(2.0, 2.0), rows(log(0.9), log(0.1)), torch.tensor([0])
    assert prior_term(q, log_prior, action, "none", False).item() == 0.0
    assert prior_term(q, log_prior, action, "sample", False).item() == pytest.approx(log(1.8), abs=1e-6)
    assert prior_term(q, log_prior, action, "sample", True).item() == pytest.approx(log(0.9), abs=1e-6)
    full = prior_term(q, log_prior, action, "full", False).item()
    assert full == pytest.approx(-(0.5 * log(0.5 / 0.9) + 0.5 * log(5.0)), abs=1e-6)
    assert prior_term(log_prior, log_prior, action, "full", False).item() == pytest.approx(0.0, abs=1e-7)


def test_backups_and_batch_constraint_by_hand():
    q = rows(log(2.0), log(3.0), log(5.0))
    every = torch.ones(1, 3, dtype=torch.bool)
    assert backup(q, every, psi=True).item() == pytest.approx(log(10.0), abs=1e-6)
    assert backup(q, every, psi=False).item() == pytest.approx(log(5.0), abs=1e-6)
    # Of p = (0.6, 0.3, 0.1) a threshold of 0.4 keeps what is at least 0.24 likely: the last token, best by Q, is left out.
    allowed = batch_constraint(rows(log(0.6), log(0.3), log(0.1)), 0.4)
    assert allowed.tolist() == [[True, True, False]]
    assert backup(q, allowed, psi=False).item() == pytest.approx(log(3.0), abs=1e-6)
    assert backup(q, allowed, psi=True).item() == pytest.approx(log(5.0), abs=1e-6)
    assert batch_constraint(rows(0.0, -50.0), 0.0).all()


def test_targets_take_the_lowest_pass_and_end_with_the_episode():
    """Two decisions of one sentence: r = (0, 1), c = 0.5, discount 0.9, and two dropout passes."""
    values = torch.tensor([[4.0, 3.0], [6.0, 1.0]])
    found = targets(
        rewards=torch.tensor([0.0, 1.0]),
        prior=torch.tensor([-0.5, -0.25]),
        values=values,
        following=torch.tensor([1, -1]),
        discount=torch.tensor([0.9, 0.9]),
        c=0.5,
    )
    assert found.tolist() == pytest.approx([0.0 - 0.5 + 0.9 * 1.0, 1.0 / 0.5 - 0.25])


def test_polyak_averaging_by_hand():
    slow, fast = nn.Linear(1, 1), nn.Linear(1, 1)
    with torch.no_grad():
        slow.weight.fill_(1.0), slow.bias.fill_(0.0), fast.weight.fill_(3.0), fast.bias.fill_(-1.0)
    polyak(slow, fast, 0.25)
    assert (slow.weight.item(), slow.bias.item(), fast.weight.item()) == pytest.approx((1.5, -0.25, 3.0))


def test_rewards_come_at_the_end_and_replies_follow_each_other():
    layout = tiny.policy("gpt2").layout
    first = Logged(Conversation(POST), (), WHOLE, "I am sorry.", 0.5)
    second = Logged(Conversation("It hurts.", "", (("seeker", POST), ("supporter", "I am sorry."))), (), WHOLE, "Yes.", -1.0)
    alone = Logged(
        Conversation(POST, "Ok. Call me."), ("Ok.", "Call me."), Place("insert", 1, "exploration"), "What was he like?", 1.0
    )
    made = experience(layout, [(first, second), (alone,)])
    n = [len(layout.what(e.text)) for e in (first, second, alone)]
    assert len(made.rewards) == sum(n) == int((made.row.labels != -100).sum())
    ends = [n[0] - 1, n[0] + n[1] - 1, sum(n) - 1]
    assert {i: float(r) for i, r in enumerate(made.rewards) if r} == dict(zip(ends, (0.5, -1.0, 1.0), strict=True))
    assert [int(made.following[i]) for i in ends] == [n[0], -1, -1]
    assert made.turn.nonzero()[:, 0].tolist() == [ends[0]]
    assert [layout.tokenizer.decode(made.row.labels[made.row.labels != -100][-n[2] : -1]).strip()] == ["What was he like?"]
    assert len(made.row.pointers) == 1, "the place of a suggestion is held, a whole reply has none"


def test_without_rewards_psi_learning_starts_at_its_fixed_point():
    policy = tiny.policy("gpt2")
    entry = Logged(Conversation(POST), (), WHOLE, "I am sorry, that must hurt.", 0.0)
    learner = OfflineLearner(copy.deepcopy(policy), policy, [], Offline())
    found = learner.update([experience(policy.layout, [(entry,)])])
    assert found["loss"] < 1e-9 and found["q"] == pytest.approx(found["target"], abs=1e-4) and found["kl"] < 1e-6


def bandit(config: Offline, steps: int = 150) -> tuple[dict[str, float], dict[str, float]]:
    """One state, four replies of one word, tried equally often; probabilities before and after learning."""
    torch.manual_seed(0)
    policy = new_policy(32, 3)
    words = {"dog": 0.0, "exam": 1.0, "job": 0.0, "flat": -1.0}
    chances = lambda p: {w: log_probs(p.eval(), [("friend", w)]).exp().item() for w in words}  # noqa: E731
    before = chances(policy)
    learner = OfflineLearner(copy.deepcopy(policy), policy, [], config)
    entries = [(Logged(Conversation("my friend"), (), WHOLE, word, reward),) for word, reward in words.items()]
    batch = [experience(policy.layout, entries)]
    for _ in range(steps):
        learner.update(batch)
    return before, chances(learner.policy)


def test_the_bandit_is_solved_to_the_known_optimum():
    """Psi-learning's policy is p exp(r / c) / Z: the ratio of two replies' probabilities grows by exp((r1 - r2) / c)."""
    before, after = bandit(Offline(c=0.5, polyak=0.2, learning_rate=2e-3))
    assert max(after, key=after.get) == "exam"
    grown = log(after["exam"] / after["dog"]) - log(before["exam"] / before["dog"])
    fallen = log(after["flat"] / after["dog"]) - log(before["flat"] / before["dog"])
    assert grown == pytest.approx(2.0, abs=0.4) and fallen == pytest.approx(-2.0, abs=0.4)


@pytest.mark.parametrize(
    "config", [{"kl": "sample", "psi": False}, {"kl": "full", "psi": False}, {"kl": "none", "psi": False, "bcq": 0.01}]
)
def test_every_other_form_prefers_the_best_reply(config):
    _, after = bandit(Offline(**config, c=0.5, polyak=0.2, learning_rate=2e-3), steps=80)
    assert max(after, key=after.get) == "exam" and min(after, key=after.get) == "flat"


def test_logits_as_q_lift_what_the_log_never_tried():
    """Far above the rewards, the logits of logged words are pulled down to them and those of unlogged words stay."""
    before, after = bandit(Offline(kl="none", psi=False, anchored=False, polyak=0.2, learning_rate=2e-3))
    anchored, held = bandit(Offline(kl="none", psi=False, polyak=0.2, learning_rate=2e-3))
    assert before == anchored and sum(after.values()) < 0.1 * sum(held.values())


def test_dropout_passes_lower_the_targets():
    policy = tiny.policy("gpt2")
    entries = [(Logged(Conversation(POST), (), WHOLE, "I am sorry, that must hurt.", 0.0),)]
    batch = [experience(policy.layout, entries)]
    found = {}
    for passes in (2, 12):
        torch.manual_seed(1)
        learner = OfflineLearner(
            copy.deepcopy(policy), copy.deepcopy(policy), [], Offline(kl="none", psi=False, monte_carlo=passes, dropout=0.3)
        )
        found[passes] = learner.update(batch)["target"]
    assert found[12] < found[2]


def test_the_discount_between_replies_is_the_turn_s_own():
    """The targets are linear in it; without rewards and prior they hold only values, which are log p, below 0."""
    policy = tiny.policy("gpt2")
    first = Logged(Conversation(POST), (), WHOLE, "I am sorry.", 0.0)
    second = Logged(Conversation("It hurts."), (), WHOLE, "Yes.", 0.0)
    batch = [experience(policy.layout, [(first, second)])]
    found = []
    for turn_gamma in (0.0, 0.5, 1.0):
        config = Offline(kl="none", psi=False, turn_gamma=turn_gamma)
        found.append(OfflineLearner(copy.deepcopy(policy), copy.deepcopy(policy), [], config).update(batch)["target"])
    assert found[2] < found[0] and found[1] == pytest.approx((found[0] + found[2]) / 2)


def test_learning_to_write_leaves_the_choice_of_places_where_it_is_held():
    policy = tiny.policy("gpt2")
    conversation = Conversation(POST, "Ok. Call me.")
    entry = Logged(conversation, ("Ok.", "Call me."), Place("insert", 1, "exploration"), "What was he like?", 1.0)
    batch = [experience(policy.layout, [(entry,)])]
    moved = {}
    for hold in (0.0, 10.0):
        learner = OfflineLearner(copy.deepcopy(policy), copy.deepcopy(policy), [], Offline(hold=hold, learning_rate=1e-3))
        for _ in range(15):
            learner.update(batch)
        now, then = (p.where(conversation, ["Ok.", "Call me."])[1].exp() for p in (learner.policy, policy))
        moved[hold] = float((now - then).abs().sum())
    assert moved[10.0] < moved[0.0] / 2


def test_the_language_of_the_study():
    assert sum(GRAMMAR.values()) == pytest.approx(1.0) and len(GRAMMAR) == 360
    assert true_reward("exam", "it seems so scary what happened ?") == 1.0
    assert true_reward("exam", "it seems so lonely") == 0.0 and true_reward("exam", "seems it so scary") == -1.0
    assert best_with_prior(100.0) == pytest.approx(0.6 / 6 + 0.4 * 0.25, abs=0.01) and best_with_prior(0.05) > 0.9
    untrained = new_policy(32, 1)
    found = measure(untrained, untrained)
    assert found["reward"] == pytest.approx(-1.0, abs=1e-3) and found["grammar"] < 1e-3 and len(SUBJECTS) == 6


def test_dropout_is_found_in_other_architectures():
    policy = tiny.policy("llama")
    set_dropout(policy, 0.2)  # attention dropout
    assert policy.backbone.model.layers[0].self_attn.attention_dropout == 0.2
