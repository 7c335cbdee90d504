"""REINFORCE with a leave-one-out baseline (Williams, 1992; Kool et al., 2019; RLOO: Ahmadian et al., ACL 2024).

For k samples of one state with returns R_1 ... R_k::

    R_i = sum_t r_it - beta sum_t [log pi(a_it) - log pi_ref(a_it)]        KL to the warm start, part of the return
    A_i = R_i - mean of R_j over j != i                                    an unbiased baseline without a value function
    loss = - sum_i A_i sum_t log pi(a_it) / (number of decisions)  -  c_entropy H
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from partner.policy import PartnerPolicy
from training.algorithms.batch import Batch, Decide, LearnerArgs, by_state, check_finite, kl_per_decision
from training.algorithms.kl import KLWeight
from training.algorithms.processes import sum_gradients, total


@dataclass(frozen=True)
class ReinforceArgs(LearnerArgs):
    """What an update is made with: nothing but what every learner needs."""


class Reinforce:
    """One gradient step an update.

    Args:
        policy: trained in place, without dropout (its log-probabilities are those it was drawn with).
        args: see there.
        seed: of nothing: an update draws no random number. Learners are made alike.
    """

    def __init__(self, policy: PartnerPolicy, args: ReinforceArgs | None = None, seed: int = 0) -> None:
        self.policy, self.args = policy, args or ReinforceArgs()
        self.kl_weight = KLWeight(self.args.kl, self.args.kl_target)
        self.parameters = [p for p in policy.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self.parameters, lr=self.args.learning_rate, weight_decay=0.0, fused=True)
        self.value = None  # no value function to save

    def update(self, batch: Batch, decide: Decide) -> dict[str, float]:
        """Learn from one batch; returns figures for the log.

        Args:
            batch: trajectories of the present policy, at least two a state.
            decide: gives their decisions again.

        Raises:
            FloatingPointError: a loss is not finite (the message names it); the weights are as before.
            ValueError: a state has only one trajectory.
        """
        args, batch = self.args, batch.to(self.policy.device)
        ratios = ((batch.log_probs - batch.reference) * batch.mask).sum(1)
        returns = batch.rewards.sum(1) - self.kl_weight.value * ratios
        advantages = leave_one_out(returns, batch.state)
        trajectories, decisions = total(torch.stack([torch.ones_like(batch.mask[:, 0]).sum(), batch.mask.sum()])).tolist()
        spread = (total((advantages**2).sum()) / trajectories).sqrt()
        if args.normalise:
            advantages = advantages / (spread + 1e-8)

        sums = torch.zeros(2, device=self.policy.device)
        for rows in by_state(batch.state, args.states_a_pass):
            now, mask = decide(self.policy, rows), batch.mask[rows]
            policy_loss = -(advantages[rows, None] * now.log_probs * mask).sum() / decisions
            entropy = (now.entropy * mask).sum() / decisions
            (policy_loss - args.entropy * entropy).backward()
            sums += torch.stack([policy_loss.detach(), entropy.detach()])
        sum_gradients(self.parameters)
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, args.max_norm)

        estimate = (kl_per_decision(batch.log_probs, batch.reference) * batch.mask).sum()
        kl, estimate, policy_loss, entropy = total(torch.stack([ratios.sum(), estimate, *sums])).tolist()
        kl /= trajectories
        try:
            check_finite(kl=kl, policy_loss=policy_loss, entropy=entropy, advantages=float(spread), gradient_norm=float(norm))
        except FloatingPointError:
            self.optimizer.zero_grad(set_to_none=True)
            raise
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        weight = self.kl_weight.value
        self.kl_weight.follow(kl)
        return {
            "policy_loss": policy_loss,
            "entropy": entropy,
            "kl": kl,
            "kl_per_decision": estimate / decisions,
            "kl_weight": weight,
            "advantage_std": float(spread),
            "gradient_norm": float(norm),
        }


def leave_one_out(returns: Tensor, state: Tensor) -> Tensor:
    """Each return minus the mean of the other returns of the same state, (B,).

    Raises:
        ValueError: a state has only one trajectory.
    """
    _, group, count = state.unique(return_inverse=True, return_counts=True)
    if bool((count < 2).any()):
        raise ValueError("the leave-one-out baseline needs two samples or more a state")
    sums = torch.zeros(len(count), device=returns.device, dtype=returns.dtype).index_add(0, group, returns)
    return returns - (sums[group] - returns) / (count[group] - 1)
