"""Proximal policy optimisation (Schulman et al., arXiv 1707.06347) as used for language (Ziegler et al., arXiv 1909.08593).

The reward of a decision is ``r_t - beta [log pi(a_t) - log pi_ref(a_t)]``; advantages are generalised (GAE: Schulman et
al., arXiv 1506.02438, equation 16); several epochs of clipped steps are made on each batch (PPO, equation 7)::

    delta_t = r_t + gamma V(s_t+1) - V(s_t)          A_t = delta_t + gamma lambda A_t+1
    loss = - mean min(rho A, clip(rho, 1 - eps, 1 + eps) A)  -  c_entropy H        rho = pi(a) / pi_old(a)
    value loss = mean (V(s_t) - A_t - V_old(s_t))^2 / 2

The value head reads the policy's last-layer states and sends no gradient into them, so that it can learn fast while the
language model learns slowly.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from partner.policy import PartnerPolicy
from training.algorithms.batch import Batch, Decide, LearnerArgs, by_state, check_finite, kl_per_decision
from training.algorithms.kl import KLWeight
from training.algorithms.processes import before, sum_gradients, total


@dataclass(frozen=True)
class PPOArgs(LearnerArgs):
    """What an update is made with, beside what every learner needs.

    Attributes:
        clip: how far the probability ratio may be from 1 and still gain.
        epochs: passes over each batch.
        minibatches: gradient steps an epoch; each takes its share of the states.
        discount: gamma, of rewards later in the trajectory.
        gae: lambda; 1 is the return minus the value, 0 the one-step difference.
        value_learning_rate: of the value head.
    """

    clip: float = 0.2
    epochs: int = 2
    minibatches: int = 2
    discount: float = 1.0
    gae: float = 0.95
    value_learning_rate: float = 1e-3


class PPO:
    """Several clipped gradient steps an update.

    Args:
        policy: trained in place, without dropout (its log-probabilities are those it was drawn with).
        args: see there.
        seed: of the order of minibatches.
    """

    def __init__(self, policy: PartnerPolicy, args: PPOArgs | None = None, seed: int = 0) -> None:
        self.policy, self.args, self.seed = policy, args or PPOArgs(), seed
        self.kl_weight = KLWeight(self.args.kl, self.args.kl_target)
        self.value = nn.Linear(policy.backbone.config.hidden_size, 1, device=policy.device)
        nn.init.zeros_(self.value.weight)
        nn.init.zeros_(self.value.bias)
        self.trained = [p for p in policy.parameters() if p.requires_grad]
        groups = [{"params": self.trained}, {"params": self.value.parameters(), "lr": self.args.value_learning_rate}]
        self.optimizer = torch.optim.AdamW(groups, lr=self.args.learning_rate, weight_decay=0.0, fused=True)
        self.parameters = [*self.trained, *self.value.parameters()]

    def update(self, batch: Batch, decide: Decide) -> dict[str, float]:
        """Learn from one batch; returns figures for the log, means over all steps.

        Args:
            batch: trajectories of the present policy.
            decide: gives their decisions again.

        Raises:
            FloatingPointError: a loss is not finite (the message names it); that step is not made.
        """
        args, batch = self.args, batch.to(self.policy.device)
        mask = batch.mask
        trajectories, decisions = total(torch.stack([torch.ones_like(mask[:, 0]).sum(), mask.sum()])).tolist()
        ratios = (batch.log_probs - batch.reference) * mask
        values = self._values(batch, decide)
        advantages = advantage_estimates(batch.rewards - self.kl_weight.value * ratios, values, mask, args.discount, args.gae)
        targets = advantages + values
        if args.normalise:
            mean = total((advantages * mask).sum()) / decisions
            spread = (total((((advantages - mean) * mask) ** 2).sum()) / decisions).sqrt()
            advantages = (advantages - mean) / (spread + 1e-8)

        found: list[dict[str, float]] = []
        for _ in range(args.epochs):
            for rows in self._minibatches(batch.state):
                found.append(self._step(batch, rows, advantages, targets, decide))
        estimate = (kl_per_decision(batch.log_probs, batch.reference) * mask).sum()
        kl, estimate = total(torch.stack([ratios.sum(), estimate])).tolist()
        kl, weight = kl / trajectories, self.kl_weight.value
        self.kl_weight.follow(kl)
        means = {name: sum(f[name] for f in found) / len(found) for name in found[0]}
        return means | {"kl": kl, "kl_per_decision": estimate / decisions, "kl_weight": weight}

    @torch.no_grad()
    def _values(self, batch: Batch, decide: Decide) -> Tensor:
        """V of the state of every decision before the update, (B, T)."""
        values = torch.zeros_like(batch.rewards)
        for rows in by_state(batch.state, self.args.states_a_pass):
            values[rows] = self.value(decide(self.policy, rows).hidden)[..., 0]
        return values * batch.mask

    def _minibatches(self, state: Tensor) -> list[Tensor]:
        """This process's trajectories of every minibatch: whole states, drawn from those of all processes together."""
        own = list(dict.fromkeys(state.tolist()))
        first, states = before(len(own)), int(total(torch.tensor(len(own), device=state.device)))
        # The optimizer counts the steps, also over a restart: each epoch has an order of its own, and it can be repeated.
        steps = len(self.optimizer.state) and int(next(iter(self.optimizer.state.values()))["step"])
        order = torch.randperm(states, generator=torch.Generator().manual_seed(self.seed * 1_000_003 + steps))
        parts = order.tensor_split(min(self.args.minibatches, states))
        chosen = [[own[i - first] for i in part.tolist() if first <= i < first + len(own)] for part in parts]
        return [torch.isin(state, torch.tensor(part, dtype=state.dtype).to(state)).nonzero()[:, 0] for part in chosen]

    def _step(self, batch: Batch, chosen: Tensor, advantages: Tensor, targets: Tensor, decide: Decide) -> dict[str, float]:
        args = self.args
        decisions = total(batch.mask[chosen].sum()).item()
        sums = torch.zeros(4, device=self.policy.device)
        for part in by_state(batch.state[chosen], args.states_a_pass):
            rows = chosen[part]
            now, mask = decide(self.policy, rows), batch.mask[rows]
            ratio = ((now.log_probs - batch.log_probs[rows]) * mask).exp()
            gain, outside = clipped_gain(ratio, advantages[rows], args.clip)
            policy_loss = -(gain * mask).sum() / decisions
            entropy = (now.entropy * mask).sum() / decisions
            value = self.value(now.hidden.detach())[..., 0]
            value_loss = ((value - targets[rows]) ** 2 / 2 * mask).sum() / decisions
            (policy_loss - args.entropy * entropy + value_loss).backward()
            sums += torch.stack([x.detach() for x in (policy_loss, value_loss, entropy, (outside * mask).sum() / decisions)])
        sum_gradients(self.parameters)
        norm = torch.nn.utils.clip_grad_norm_(self.trained, args.max_norm)
        torch.nn.utils.clip_grad_norm_(self.value.parameters(), args.max_norm)
        policy_loss, value_loss, entropy, outside = total(sums).tolist()
        figures = {"policy_loss": policy_loss, "value_loss": value_loss, "entropy": entropy, "gradient_norm": float(norm)}
        try:
            check_finite(**figures)
            self.optimizer.step()
        finally:
            self.optimizer.zero_grad(set_to_none=True)
        return figures | {"clipped": outside}


def clipped_gain(ratio: Tensor, advantages: Tensor, clip: float) -> tuple[Tensor, Tensor]:
    """min(rho A, clip(rho, 1 - eps, 1 + eps) A) of every decision (PPO, equation 7), and whether the clip took effect."""
    plain, held = ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages
    return torch.minimum(plain, held), held < plain


def advantage_estimates(rewards: Tensor, values: Tensor, mask: Tensor, discount: float, gae: float) -> Tensor:
    """Generalised advantage estimates (arXiv 1506.02438, equation 16), (B, T), 0 where there is no decision.

    Args:
        rewards, values, mask: (B, T); a trajectory ends with its last decision, after which nothing is worth anything.
        discount: gamma.
        gae: lambda.
    """
    out = torch.zeros_like(rewards)
    ahead, next_value = torch.zeros_like(rewards[:, 0]), torch.zeros_like(rewards[:, 0])
    for t in reversed(range(rewards.shape[1])):
        delta = rewards[:, t] + discount * next_value - values[:, t]
        ahead = torch.where(mask[:, t], delta + discount * gae * ahead, 0.0)
        next_value = torch.where(mask[:, t], values[:, t], 0.0)
        out[:, t] = ahead
    return out
