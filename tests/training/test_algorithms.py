"""The learners: their equations by hand, and small problems whose best action is known."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from training.algorithms.batch import Batch, Decisions, by_state, kl_per_decision
from training.algorithms.kl import KLWeight
from training.algorithms.ppo import PPO, PPOArgs, advantage_estimates, clipped_gain
from training.algorithms.reinforce import Reinforce, ReinforceArgs, leave_one_out


class Bandit(nn.Module):
    """A table of logits (states, steps, actions) in the place of a policy: what a learner needs of one and nothing more."""

    def __init__(self, states: int = 3, steps: int = 2, actions: int = 5) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(states, steps, actions))
        self.backbone = type("Backbone", (), {"config": type("Config", (), {"hidden_size": states * steps})})()
        self.device = torch.device("cpu")

    def draw(self, samples: int, generator: torch.Generator):
        """Trajectories of every state with the actions taken, and the function that scores them again."""
        states, steps, actions = self.logits.shape
        state = torch.arange(states).repeat_interleave(samples)
        chances = self.logits.detach()[state].softmax(-1).reshape(-1, actions)
        taken = torch.multinomial(chances, 1, generator=generator).reshape(-1, steps)
        shown = torch.eye(states * steps).reshape(states, steps, -1)

        def decide(policy: Bandit, chosen: torch.Tensor) -> Decisions:
            log_probs = policy.logits[state[chosen]].log_softmax(-1)
            return Decisions(
                log_probs.gather(-1, taken[chosen][..., None])[..., 0],
                -(log_probs.exp() * log_probs).sum(-1),
                shown[state[chosen]],
            )

        log_probs = decide(self, torch.arange(len(state))).log_probs.detach()
        mask = torch.ones(len(state), steps, dtype=torch.bool)
        batch = Batch(log_probs, torch.full_like(log_probs, -math.log(actions)), torch.zeros_like(log_probs), mask, state)
        return batch, taken, decide


LEARNERS = {
    "reinforce": lambda bandit, **more: Reinforce(bandit, ReinforceArgs(**({"learning_rate": 0.1, "kl": 0.0} | more))),
    "ppo": lambda bandit, **more: PPO(
        bandit, PPOArgs(**({"learning_rate": 0.1, "kl": 0.0, "value_learning_rate": 0.1} | more))
    ),
}


def play(bandit: Bandit, learner, updates: int) -> list[dict[str, float]]:
    """Reward 1 where the action of both steps is the state's own number, 0.3 for one of them."""
    generator, found = torch.Generator().manual_seed(3), []
    for _ in range(updates):
        batch, taken, decide = bandit.draw(8, generator)
        right = (taken == batch.state[:, None]).float()
        batch.rewards[:, -1] = 0.3 * right.sum(1) + 0.4 * right.prod(1)
        found.append(learner.update(batch, decide) | {"reward": float(batch.rewards.sum(1).mean())})
    return found


@pytest.mark.parametrize("name", LEARNERS)
def test_a_learner_finds_the_best_action_of_every_state(name):
    bandit = Bandit()
    found = play(bandit, LEARNERS[name](bandit), 80)
    best = bandit.logits.detach().argmax(-1)
    assert best.tolist() == [[0, 0], [1, 1], [2, 2]]
    assert found[-1]["reward"] > 0.9 > 0.4 > found[0]["reward"]
    assert found[-1]["entropy"] < 0.3 * found[0]["entropy"]
    assert found[-1]["kl"] == pytest.approx(2 * math.log(5), rel=0.2), "both steps are all but certain"


@pytest.mark.parametrize("name", LEARNERS)
def test_a_heavy_kl_weight_keeps_the_policy_where_it_was(name):
    free, held = Bandit(), Bandit()
    play(free, LEARNERS[name](free), 40)
    found = play(held, LEARNERS[name](held, kl=3.0), 40)
    assert abs(found[-1]["kl"]) < 0.1
    assert held.logits.detach().abs().max() < free.logits.detach().abs().max() / 3


@pytest.mark.parametrize("name", LEARNERS)
def test_an_adaptive_weight_brings_the_kl_near_its_target(name):
    bandit = Bandit()
    found = play(bandit, LEARNERS[name](bandit, kl=0.3, kl_target=0.5, learning_rate=0.05), 100)
    assert 0.25 < sum(f["kl"] for f in found[20:]) / 80 < 1.0, "a free policy comes to 3.2"
    assert len({f["kl_weight"] for f in found}) > 50


@pytest.mark.parametrize("name", LEARNERS)
def test_the_size_of_a_backward_pass_changes_nothing(name):
    one, three = Bandit(), Bandit()
    for bandit, size in ((one, 1), (three, 3)):
        play(bandit, LEARNERS[name](bandit, states_a_pass=size), 3)
    assert torch.allclose(one.logits, three.logits, atol=1e-5)


@pytest.mark.parametrize("name", LEARNERS)
def test_a_loss_that_is_not_finite_is_named_and_not_learned_from(name):
    bandit = Bandit()
    learner = LEARNERS[name](bandit)
    play(bandit, learner, 2)
    before = bandit.logits.detach().clone()
    batch, _, decide = bandit.draw(4, torch.Generator())
    batch.rewards[:, -1] = torch.tensor([0.0, float("nan")] * 6)
    with pytest.raises(FloatingPointError, match="policy_loss is nan"):
        learner.update(batch, decide)
    assert torch.equal(bandit.logits.detach(), before)
    assert bandit.logits.grad is None


def test_reinforce_step_by_hand():
    """One state, one step, two actions with logits 0; rewards 1 and 0.

    Leave-one-out: A = (1 - 0, 0 - 1). The gradient of -(A_1 log p_1 + A_2 log p_2) / 2 with respect to the first logit is
    -(1 * 0.5 + (-1) * (-0.5)) / 2 = -0.5, and 0.5 for the second.
    """
    bandit = Bandit(1, 1, 2)
    taken = torch.tensor([[0], [1]])

    def decide(policy, chosen):
        log_probs = policy.logits[torch.zeros_like(chosen)].log_softmax(-1)
        entropy = -(log_probs.exp() * log_probs).sum(-1)
        return Decisions(log_probs.gather(-1, taken[chosen][..., None])[..., 0], entropy, torch.ones(len(chosen), 1, 1))

    there = torch.full((2, 1), math.log(0.5))
    batch = Batch(
        there, there, torch.tensor([[1.0], [0.0]]), torch.ones(2, 1, dtype=torch.bool), torch.zeros(2, dtype=torch.long)
    )
    learner = Reinforce(bandit, ReinforceArgs(learning_rate=0.1, kl=0.0, normalise=False))
    found = learner.update(batch, decide)
    assert found["gradient_norm"] == pytest.approx(math.sqrt(0.5), abs=1e-6)
    assert found["policy_loss"] == pytest.approx(0.0, abs=1e-6)
    assert found["entropy"] == pytest.approx(math.log(2), abs=1e-6)
    assert found["advantage_std"] == pytest.approx(1.0)
    assert bandit.logits.detach().flatten().tolist() == pytest.approx([0.1, -0.1], abs=1e-5), "Adam's first step is the rate"


def test_leave_one_out_by_hand():
    """Returns 1, 2, 6 of one state: the others' means are 4, 3.5, 1.5. Of the other state 5 and 3: 3 and 5."""
    advantages = leave_one_out(torch.tensor([1.0, 5.0, 2.0, 6.0, 3.0]), torch.tensor([7, 9, 7, 7, 9]))
    assert advantages.tolist() == pytest.approx([-3, 2, -1.5, 4.5, -2])
    with pytest.raises(ValueError, match="two samples"):
        leave_one_out(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0, 0, 1]))


@given(st.lists(st.integers(0, 3), min_size=2, max_size=12).map(lambda x: x + x), st.floats(-50, 50))
@settings(max_examples=40, deadline=None)
def test_leave_one_out_advantages_sum_to_zero_and_ignore_a_constant(state, constant):
    state = torch.tensor(state)
    returns = torch.randn(len(state), generator=torch.Generator().manual_seed(len(state)))
    advantages = leave_one_out(returns, state)
    assert float(advantages.sum()) == pytest.approx(0, abs=1e-4)
    assert torch.allclose(leave_one_out(returns + constant, state), advantages, atol=1e-3)


def test_generalised_advantages_by_hand():
    """gamma 0.9, lambda 0.5, rewards 0, 0, 1, values 0.5, 0.4, 0.2.

    delta_3 = 1 - 0.2 = 0.8; delta_2 = 0.9 * 0.2 - 0.4 = -0.22; delta_1 = 0.9 * 0.4 - 0.5 = -0.14
    A_3 = 0.8; A_2 = -0.22 + 0.45 * 0.8 = 0.14; A_1 = -0.14 + 0.45 * 0.14 = -0.077
    The second trajectory is one decision long: A = 2 - 0.5 = 1.5.
    """
    rewards = torch.tensor([[0.0, 0.0, 1.0], [2.0, 0.0, 0.0]])
    values = torch.tensor([[0.5, 0.4, 0.2], [0.5, 0.0, 0.0]])
    mask = torch.tensor([[True, True, True], [True, False, False]])
    found = advantage_estimates(rewards, values, mask, 0.9, 0.5)
    assert found[0].tolist() == pytest.approx([-0.077, 0.14, 0.8], abs=1e-6)
    assert found[1].tolist() == pytest.approx([1.5, 0, 0])


@given(st.integers(1, 6), st.floats(0.5, 1.0))
@settings(max_examples=25, deadline=None)
def test_lambda_one_is_the_discounted_return_minus_the_value(steps, discount):
    generator = torch.Generator().manual_seed(steps)
    rewards, values = torch.randn(1, steps, generator=generator), torch.randn(1, steps, generator=generator)
    found = advantage_estimates(rewards, values, torch.ones(1, steps, dtype=torch.bool), discount, 1.0)
    for t in range(steps):
        returns = sum(discount**k * float(rewards[0, t + k]) for k in range(steps - t))
        assert float(found[0, t]) == pytest.approx(returns - float(values[0, t]), abs=1e-4)


def test_clipped_gain_by_hand():
    """eps 0.2: a gain is capped at ratio 1.2 and a loss is not; below 0.8 it is the other way round."""
    ratio, advantages = torch.tensor([1.5, 1.5, 0.5, 0.5, 1.1]), torch.tensor([2.0, -2.0, 2.0, -2.0, 2.0])
    gain, outside = clipped_gain(ratio, advantages, 0.2)
    assert gain.tolist() == pytest.approx([2.4, -3.0, 1.0, -1.6, 2.2])
    assert outside.tolist() == [True, False, False, True, False]


def test_kl_by_hand():
    """r = 0.25 / 0.5 = 0.5: r - 1 - log r = -0.5 + 0.693; 0 where both agree; never negative."""
    found = kl_per_decision(torch.tensor([0.5, 0.3]).log(), torch.tensor([0.25, 0.3]).log())
    assert found.tolist() == pytest.approx([math.log(2) - 0.5, 0.0], abs=1e-6)


def test_kl_weight_follows_the_controller_of_ziegler_et_al():
    """Target 2: at KL 2.2 the error is 0.1, at 4 it is clipped to 0.2, at 0 to -0.2; without a target nothing moves."""
    weight = KLWeight(1.0, target=2.0)
    weight.follow(2.2)
    assert weight.value == pytest.approx(1.01)
    weight.follow(4.0)
    assert weight.value == pytest.approx(1.01 * 1.02)
    weight.follow(0.0)
    assert weight.value == pytest.approx(1.01 * 1.02 * 0.98)
    fixed = KLWeight(0.3)
    fixed.follow(100.0)
    assert fixed.value == 0.3


def test_passes_hold_whole_states():
    state = torch.tensor([4, 4, 1, 1, 1, 2])
    assert [part.tolist() for part in by_state(state, 2)] == [[0, 1, 2, 3, 4], [5]]
