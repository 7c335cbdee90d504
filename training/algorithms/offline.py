"""Q-learning from a fixed log, never generating while it learns (Jaques et al., "Way Off-Policy Batch Deep Reinforcement
Learning of Implicit Human Preferences in Dialog", arXiv 1907.00456).

A state is a context and the tokens of a reply so far, an action the next token. The language-model head gives the Q-values
and softmax(Q) is the policy, so a trained network loads and samples like any other. Each part is an argument::

    target(s, a) = r / c + prior term + gamma * min over M dropout passes of backup(Q_T(s', .))            (1)
    backup       = max over a'                                                      Q-learning
                 | log sum exp over a'                                              Psi-learning                (2)
    prior term   = log p(a|s) - log pi(a|s)                                         KL-control, per sample      (3)
                 | - KL(pi(.|s) || p(.|s))                                          KL-control, full            (4)
                 | log p(a|s)                                                       with Psi-learning           (5)
    p            = sum_i w_i p(a|s; M_i)                                            model averaging             (6)
    a' allowed   where p(a'|s') >= tau max p(.|s')                                  batch-constrained           (7)
    theta_T      <- kappa theta + (1 - kappa) theta_T                               Polyak averaging            (8)

docs/papers/offline.md says where each comes from and what differs.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from partner.models import ModelError
from partner.policy import PartnerPolicy
from partner.prompt import Layout, Place
from training.data.logged import Episode
from training.data.records import DataError
from training.trees import IGNORE, Row, Tree, decision, row


@dataclass(frozen=True)
class Offline:
    """Arguments of the learner; the defaults are KL-control with Psi-learning.

    Attributes:
        kl: the prior's part in the target: `"none"`, `"sample"` (3; 5 with `psi`) or `"full"` (4).
        psi: log-sum-exp in place of the maximum (2).
        c: weight of the prior against the reward; rewards are divided by it.
        gamma: discount from one token of a reply to the next.
        turn_gamma: discount from a reply's end to the first token of the next reply of the conversation.
        monte_carlo: dropout passes of the target network, of which the lowest value counts (1); 1 is none, without dropout.
        dropout: probability while learning and in those passes; used only where `monte_carlo` is above 1.
        bcq: threshold tau of the batch constraint (7), relative to the prior's likeliest token; 0 allows every token.
        polyak: kappa (8).
        learning_rate: of Adam.
        anchored: read Q from where the start's distribution is normalised, so that the untrained Q is log p; else logits are
            Q as they are, at whatever height they stand, as in the authors' code.
        clip: largest norm of the gradient.
        hold: weight of the divergence of the choice of places from the start's. The log says nothing about it, but it shares
            the network.
    """

    kl: Literal["none", "sample", "full"] = "sample"
    psi: bool = True
    c: float = 0.5
    gamma: float = 1.0
    turn_gamma: float = 0.5
    monte_carlo: int = 1
    dropout: float = 0.1
    bcq: float = 0.0
    polyak: float = 0.005
    learning_rate: float = 1e-4
    anchored: bool = True
    clip: float = 1.0
    hold: float = 1.0

    def __post_init__(self) -> None:
        if self.kl == "full" and self.psi:
            raise DataError("full KL and Psi-learning count the policy's entropy twice: use --kl sample, or --no-psi")
        if self.c <= 0 or not 0 <= self.bcq <= 1 or not 0 < self.polyak <= 1 or self.monte_carlo < 1:
            raise DataError("c must be above 0, bcq between 0 and 1, polyak above 0 and at most 1, monte-carlo 1 or more")
        if not (0 <= self.gamma <= 1 and 0 <= self.turn_gamma <= 1 and 0 <= self.dropout < 1):
            raise DataError("discounts must be between 0 and 1, dropout at least 0 and below 1")


def average(logits: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """log sum_i w_i softmax(logits_i), weights scaled to sum to 1: the model-averaged prior (6). All (n, vocabulary)."""
    share = torch.tensor(weights, dtype=torch.float32, device=logits[0].device)
    share = (share / share.sum()).log()
    return torch.stack([x.log_softmax(-1) + w for x, w in zip(logits, share, strict=True)]).logsumexp(0)


def prior_term(q: Tensor, log_prior: Tensor, actions: Tensor, kl: str, psi: bool) -> Tensor:
    """What the prior adds to the target of each action: (3), (4) or (5); zero without KL-control.

    Args:
        q: (n, vocabulary) Q-values, whose softmax is the policy.
        log_prior: (n, vocabulary) log p(a|s).
        actions: (n,) tokens taken.
    """
    if kl == "none":
        return torch.zeros_like(q[:, 0])
    log_policy = q.log_softmax(-1)
    if kl == "full":
        return -(log_policy.exp() * (log_policy - log_prior)).sum(-1)
    taken = actions[:, None]
    log_p = log_prior.gather(-1, taken)[:, 0]
    return log_p if psi else log_p - log_policy.gather(-1, taken)[:, 0]


def batch_constraint(log_prior: Tensor, threshold: float) -> Tensor:
    """Tokens that batch-constrained Q-learning may choose (7): p(a|s) at least `threshold` times the likeliest one's.

    The rule of discrete BCQ (Fujimoto et al., "Benchmarking Batch Deep RL Algorithms", 2019), bool (n, vocabulary).
    """
    if threshold == 0:
        return torch.ones_like(log_prior, dtype=torch.bool)
    return log_prior - log_prior.max(-1, keepdim=True).values >= torch.tensor(threshold).log()


def backup(q: Tensor, allowed: Tensor, psi: bool) -> Tensor:
    """Value of states (n,) from Q-values (n, vocabulary): log-sum-exp (2) or maximum over the allowed tokens."""
    q = q.masked_fill(~allowed, float("-inf"))
    return q.logsumexp(-1) if psi else q.max(-1).values


def targets(rewards: Tensor, prior: Tensor, values: Tensor, following: Tensor, discount: Tensor, c: float) -> Tensor:
    """The targets (1) of n decisions.

    Args:
        rewards: (n,) received after each decision.
        prior: (n,) of `prior_term`.
        values: (passes, n) of `backup` in the state of each decision, one row a dropout pass.
        following: (n,) number of the decision that comes next, -1 where the episode ends.
        discount: (n,) to that decision.
    """
    lowest = values.min(0).values
    after = torch.where(following >= 0, lowest[following.clamp(min=0)], torch.zeros_like(lowest))
    return rewards / c + prior + discount * after


@torch.no_grad()
def polyak(target: nn.Module, online: nn.Module, kappa: float) -> None:
    """theta_T <- kappa theta + (1 - kappa) theta_T, in place (8)."""
    for slow, fast in zip(target.parameters(), online.parameters(), strict=True):
        slow.lerp_(fast, kappa)


@dataclass(frozen=True)
class Experience:
    """Some episodes of the log in one row of tokens, n decisions in all.

    Attributes:
        row: the tokens; its labels are the actions, and its pointers the states in which a place was chosen.
        rewards: (n,) received after each decision: zero but for the last token of a sentence or reply.
        following: (n,) number of the next decision, -1 where the episode ends.
        turn: (n,) bool, whether the next decision belongs to the next reply.
        earned: reward of each logged entry.
    """

    row: Row
    rewards: Tensor
    following: Tensor
    turn: Tensor
    earned: tuple[float, ...]


def experience(layout: Layout, episodes: Sequence[Episode], longest: int = 64, places: bool = True) -> Experience:
    """Lay episodes out as tokens.

    Args:
        layout: the policy's.
        longest: a reply is cut after so many tokens; its reward is then received at the last one kept.
        places: add the states in which places are chosen, so that the choice can be held.
    """
    trees, rewards, following, turn = [], [], [], []
    for episode in episodes:
        for number, entry in enumerate(episode):
            tree = Tree()
            root = tree.add(-1, layout.prefix(entry.conversation))
            if places and entry.place.mechanism:
                decision(layout, tree, root, entry.sentences, ())
            marked = tree.add(root, layout.place(entry.sentences, entry.place.op, entry.place.at))
            control, what = _control(layout, entry.place), layout.what(entry.text)[:longest]
            tree.add(marked, control + what[:-1], [IGNORE] * (len(control) - 1) + what)
            trees.append(tree)
            more = number + 1 < len(episode)
            rewards += [0.0] * (len(what) - 1) + [entry.reward]
            start = len(following)
            following += [*range(start + 1, start + len(what)), start + len(what) if more else -1]
            turn += [False] * (len(what) - 1) + [more]
    return Experience(
        row(trees),
        torch.tensor(rewards),
        torch.tensor(following),
        torch.tensor(turn),
        tuple(entry.reward for episode in episodes for entry in episode),
    )


def _control(layout: Layout, place: Place) -> list[int]:
    return layout.control(place) if place.mechanism else [layout.id[f"<|{place.op}|>"]]


class OfflineLearner:
    """Q-network, target network and prior.

    Args:
        policy: the Q-network that is trained.
        start: the policy that training started from; frozen here.
        priors: (policy, weight) of the prior; `start` alone if empty. Frozen here.
        config: arguments.
        reduce: sums a tensor over processes, where there are several.

    Raises:
        DataError: a prior has another tokenizer than the policy.
        ModelError: dropout passes are asked for and the network has no dropout.
    """

    def __init__(
        self,
        policy: PartnerPolicy,
        start: PartnerPolicy,
        priors: Sequence[tuple[PartnerPolicy, float]],
        config: Offline,
        reduce: Callable[[Tensor], Tensor] = lambda x: x,
    ) -> None:
        self.policy, self.config, self.reduce = policy, config, reduce
        self.start = start.eval().requires_grad_(False)
        self.priors = [(p.eval().requires_grad_(False), w) for p, w in priors] or [(self.start, 1.0)]
        for prior, _ in self.priors:
            if prior.tokenizer.get_vocab() != policy.tokenizer.get_vocab():
                raise DataError(
                    "a prior has another tokenizer than the policy: its probabilities are of other tokens. Take priors "
                    "that were trained from the same backbone as --policy"
                )
        self.target = copy.deepcopy(policy).eval().requires_grad_(False)
        if config.monte_carlo > 1:
            set_dropout(policy, config.dropout)
            set_dropout(self.target, config.dropout)
        self.policy.train(config.monte_carlo > 1)
        self.target.train(config.monte_carlo > 1)
        self.optimizer = torch.optim.Adam(policy.parameters(), lr=config.learning_rate)
        layout = policy.layout
        self.banned = torch.tensor([i for token, i in layout.id.items() if token != "<|end|>"], device=policy.device)

    def target_weights(self) -> dict[str, Tensor]:
        """The target network's parameters by name, for a checkpoint."""
        return {name: p.detach() for name, p in self.target.named_parameters()}

    @torch.no_grad()
    def load_target(self, weights: dict[str, Tensor]) -> None:
        """Take up `target_weights` from a checkpoint."""
        for name, p in self.target.named_parameters():
            p.copy_(weights[name])

    def update(self, batch: Sequence[Experience], autocast: bool = False) -> dict[str, float]:
        """One step on some rows; returns means over their decisions, for the log."""
        n = self._sum(sum(len(e.rewards) for e in batch))
        pointers = max(1.0, self._sum(sum(len(e.row.pointers) for e in batch)))
        sums = dict.fromkeys(("loss", "q", "target", "kl", "held"), 0.0)
        for rows in batch:
            with torch.autocast(self.policy.device.type, torch.bfloat16, enabled=autocast):
                loss, held, notes = self._losses(rows)
            (loss / n + self.config.hold * held / pointers).backward()
            for name, value in notes.items():
                sums[name] += value / n
            sums["held"] += held.item() / pointers
        for p in self.policy.parameters():  # all of them: processes must sum the same ones
            p.grad = self.reduce(torch.zeros_like(p) if p.grad is None else p.grad)
        norm = torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self.config.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        polyak(self.target, self.policy, self.config.polyak)
        return {name: self._sum(value) for name, value in sums.items()} | {"gradient": float(norm)}

    @torch.no_grad()
    def log_probs(self, rows: Experience, policy: PartnerPolicy | None = None) -> Tensor:
        """log pi(a|s) (n,) of the logged decisions, of the policy that is trained or of another."""
        policy = policy or self.policy
        wanted = (rows.row.labels != IGNORE).nonzero()[:, 0].to(policy.device)
        logits = self._logits(policy, self._hidden(policy, rows)[wanted]).log_softmax(-1)
        return logits.gather(-1, rows.row.labels.to(policy.device)[wanted][:, None])[:, 0]

    def _sum(self, value: float) -> float:
        return float(self.reduce(torch.tensor(float(value), device=self.policy.device)))

    def _losses(self, rows: Experience) -> tuple[Tensor, Tensor, dict[str, float]]:
        """Sums over the decisions of one row: temporal-difference loss, divergence of the choice of places, notes."""
        config, device = self.config, self.policy.device
        wanted = (rows.row.labels != IGNORE).nonzero()[:, 0].to(device)
        actions = rows.row.labels.to(device)[wanted]
        with torch.no_grad():
            begun = self._hidden(self.start, rows)
            logits = self._logits(self.start, begun[wanted])
            # A softmax leaves the height of its logits open. Read from where the start's distribution is normalised, the
            # untrained Q is log p, the fixed point of Psi-learning without rewards.
            height = logits.logsumexp(-1, keepdim=True) if config.anchored else logits.new_zeros(())
            given = [
                logits if prior is self.start else self._logits(prior, self._hidden(prior, rows)[wanted])
                for prior, _ in self.priors
            ]
            log_prior = average(given, [w for _, w in self.priors])
            allowed = batch_constraint(log_prior, config.bcq)
            passes = [
                backup(self._logits(self.target, self._hidden(self.target, rows)[wanted]) - height, allowed, config.psi)
                for _ in range(config.monte_carlo)
            ]
        hidden = self._hidden(self.policy, rows)
        q = self._logits(self.policy, hidden[wanted]) - height
        with torch.no_grad():
            prior = prior_term(q, log_prior, actions, config.kl, config.psi)
            discount = torch.where(rows.turn, config.turn_gamma, config.gamma).to(device)
            goal = targets(rows.rewards.to(device), prior, torch.stack(passes), rows.following.to(device), discount, config.c)
            drift = -prior_term(q, log_prior, actions, "full", False)
        taken = q.gather(-1, actions[:, None])[:, 0]
        loss = F.smooth_l1_loss(taken, goal, reduction="sum")
        held = loss.new_zeros(())
        for p in rows.row.pointers if config.hold else ():
            now, then = (
                self.policy.pointer(hidden[p.markers], hidden[p.last]),
                self.start.pointer(begun[p.markers], begun[p.last]),
            )
            held = held + F.kl_div(now.float().log_softmax(-1), then.float().log_softmax(-1), log_target=True, reduction="sum")
        notes = {"loss": loss.item(), "q": taken.sum().item(), "target": goal.sum().item(), "kl": drift.sum().item()}
        return loss, held, notes

    def _hidden(self, policy: PartnerPolicy, rows: Experience) -> Tensor:
        device = policy.device
        return policy.hidden(rows.row.ids.to(device), rows.row.mask.to(device), rows.row.positions.to(device))[0]

    def _logits(self, policy: PartnerPolicy, hidden: Tensor) -> Tensor:
        """Token logits in float32; control tokens other than the end are no actions."""
        with torch.autocast(policy.device.type, enabled=False):
            return policy.vocabulary_logits(hidden.float()).index_fill(-1, self.banned, -1e9)


def set_dropout(policy: PartnerPolicy, probability: float) -> None:
    """Set the probability of every dropout in the backbone.

    Raises:
        ModelError: it has none.
    """
    found = 0
    for module in policy.backbone.modules():
        if isinstance(module, nn.Dropout):
            module.p, found = probability, found + 1
        elif isinstance(getattr(module, "attention_dropout", None), float):
            module.attention_dropout, found = probability, found + 1
    if not found:
        raise ModelError("this backbone has no dropout to draw passes with: leave out --monte-carlo, or take a GPT-2")
