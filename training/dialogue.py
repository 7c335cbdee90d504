"""Full replies: the policy as a dialogue model, and the environment in which learners train it.

A full reply is asked for with control tokens that edits never combine: the empty reply is marked as for an insert, and
`<|insert|>` comes without a mechanism. Weights and tokenizer stay those of `partner.policy`, so every checkpoint can
edit and reply::

    [<|seeker|> turn | <|supporter|> turn]* <|post|> post <|reply|> <|here|> <|insert|> the whole reply <|end|>
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Literal

import torch
from torch import Tensor

from partner import safety
from partner.candidates import Sampling, draw
from partner.crisis_model import CrisisDetector
from partner.policy import PartnerPolicy
from partner.prompt import Layout, Place
from partner.retrieval import Embedder
from partner.rules import RULES
from partner.types import Conversation
from training.algorithms.batch import Batch, Decide, Decisions
from training.data.contexts import read_contexts
from training.data.empathetic_dialogues import answers, read_dialogues
from training.environment import Rollout, State
from training.rewards.types import Rewrite, Step

WHOLE = Place("insert", 0, None)
"""Where and how of a full reply: no edit has this place, since an edit's insert always has a mechanism."""

LONGEST = 40
"""Tokens a sampled reply may have; nine in ten replies of EmpatheticDialogues are shorter."""

UNFIT = ("self", "claim", "method", "profane", "sexual", "violence", "medical", "contact")
"""Kinds of `partner.rules` that no assistant may learn to say: first of all a past of its own."""


def prompt(layout: Layout, conversation: Conversation) -> list[int]:
    """The ids after which the policy writes a full reply."""
    return [*layout.prefix(conversation), *layout.place((), WHOLE.op, WHOLE.at), layout.id["<|insert|>"]]


def unfit(text: str) -> bool:
    """Whether a reply says what an assistant may not, such as a story of its own.

    >>> unfit("I lost my brother too."), unfit("I'm so sorry about your brother.")
    (True, False)
    """
    return any(rule.search(text) for kind in UNFIT for rule in RULES[kind])


def read_states(
    split: Literal["train", "dev", "test"], data: Path | None = None, dataset: Path | None = None
) -> Iterator[State]:
    """Turns of EmpatheticDialogues, or of a data set of one's own, without crisis posts and unfit targets.

    The rules of `partner.safety` decide here; `DialogueEnvironment` adds the classifier where text is generated.

    Args:
        split: `"dev"` is EmpatheticDialogues' `valid` and a data set's `val`.
        data: folder that holds `empathetic_dialogues/`.
        dataset: folder of the form of `training.data.contexts`; then `data` is not read.

    Raises:
        DataError: files are missing or malformed.
    """
    if dataset:
        found = read_contexts(dataset, {"dev": "val"}.get(split, split))
    else:
        found = ((a.conversation, a.text) for d in read_dialogues({"dev": "valid"}.get(split, split), data) for a in answers(d))
    for conversation, target in found:
        if conversation.post.strip() and target.strip() and not unfit(target) and not safety.crisis(conversation):
            yield State(conversation, target)


@torch.inference_mode()
def sample(
    policy: PartnerPolicy,
    prompts: Sequence[Sequence[int]],
    samples: int,
    generator: torch.Generator,
    longest: int = LONGEST,
    sampling: Sampling | None = None,
) -> list[list[int]]:
    """Draw full replies, all at once over one key-value cache; a prompt is encoded once for all its samples.

    Args:
        prompts: from `prompt`.
        samples: replies to each.
        longest: most tokens of a reply, the end token included.
        sampling: temperature, top-k and nucleus; None draws from the whole distribution, as learning needs.

    Returns:
        (prompts x samples) token ids, in the order of the prompts; the end token is last unless `longest` cut the reply.
    """
    device, width = policy.device, max(map(len, prompts))
    ids = torch.tensor([[0] * (width - len(p)) + list(p) for p in prompts], device=device)
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)
    at = (mask.cumsum(-1) - 1).clamp(min=0)
    out = policy.backbone.base_model(input_ids=ids, attention_mask=mask, position_ids=at, use_cache=True)
    cache = out.past_key_values
    cache.batch_repeat_interleave(samples)
    mask, at = (x.repeat_interleave(samples, 0) for x in (mask, at[:, -1:]))
    hidden = out.last_hidden_state[:, -1].repeat_interleave(samples, 0)
    replies: list[list[int]] = [[] for _ in range(len(hidden))]
    rows = list(range(len(replies)))  # the reply that each row of the cache writes
    end = policy.layout.id["<|end|>"]
    for step in range(longest):
        tokens = _draw(reply_logits(policy, hidden), sampling, generator)
        for row, token in zip(rows, tokens, strict=True):
            if not replies[row] or replies[row][-1] != end:
                replies[row].append(token)
        going = [k for k, row in enumerate(rows) if replies[row][-1] != end]
        if not going or step == longest - 1:
            break
        if len(going) <= 0.7 * len(rows):  # copying the cache costs about as much as a few steps of finished rows
            keep = torch.tensor(going, device=device)
            cache.batch_select_indices(keep)
            mask, at, rows, tokens = mask[keep], at[keep], [rows[k] for k in going], [tokens[k] for k in going]
        mask, at = torch.cat([mask, torch.ones_like(mask[:, :1])], 1), at + 1
        ids = torch.tensor(tokens, device=device)[:, None]
        out = policy.backbone.base_model(
            input_ids=ids, attention_mask=mask, position_ids=at, past_key_values=cache, use_cache=True
        )
        hidden = out.last_hidden_state[:, -1]
    return replies


def reply_logits(policy: PartnerPolicy, hidden: Tensor) -> Tensor:
    """Token logits (..., vocabulary) in float32; a reply holds no control token but its end."""
    logits = policy.vocabulary_logits(hidden).float()
    banned = [i for token, i in policy.layout.id.items() if token != "<|end|>"]
    return logits.index_fill(-1, torch.tensor(banned, device=logits.device), -1e9)


def _draw(logits: Tensor, sampling: Sampling | None, generator: torch.Generator) -> list[int]:
    if sampling:
        return draw(logits, sampling, generator)[0]
    return torch.multinomial(logits.softmax(-1).cpu(), 1, generator=generator)[:, 0].tolist()


def text_of(policy: PartnerPolicy, reply: Sequence[int]) -> str:
    """The reply that ids of `sample` spell."""
    return policy.tokenizer.decode(reply, skip_special_tokens=True).strip()


def decider(prompts: Sequence[Sequence[int]], replies: Sequence[Sequence[int]]) -> Decide:
    """The decisions of sampled replies, one a token, as a function of the policy.

    Args:
        prompts, replies: token ids, one of each a trajectory.
    """
    most = max(map(len, replies))

    def decide(policy: PartnerPolicy, chosen: Tensor) -> Decisions:
        rows = [([*prompts[i], *replies[i][:-1]], len(prompts[i]) - 1, replies[i]) for i in chosen.tolist()]
        width, device = max(len(ids) for ids, _, _ in rows), policy.device
        ids = torch.tensor([ids + [0] * (width - len(ids)) for ids, _, _ in rows], device=device)
        seen = torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids, _, _ in rows], device=device)
        hidden = policy.hidden(ids, seen)
        lengths = torch.tensor([len(reply) for _, _, reply in rows], device=device)
        there = torch.arange(most, device=device)[None] < lengths[:, None]
        at = torch.tensor([first for _, first, _ in rows], device=device)[:, None] + torch.arange(most, device=device)
        states = hidden.gather(1, at.clamp(max=width - 1)[..., None].expand(-1, -1, hidden.shape[-1]))
        log_probs = reply_logits(policy, states[there]).log_softmax(-1)
        taken = torch.tensor([token for _, _, reply in rows for token in reply], device=device)
        zeros = torch.zeros(there.shape, device=device)
        return Decisions(
            zeros.masked_scatter(there, log_probs.gather(-1, taken[:, None])[:, 0]),
            zeros.masked_scatter(there, -(log_probs.exp() * log_probs).sum(-1)),
            states.float() * there[..., None],
        )

    return decide


class DialogueEnvironment:
    """Episodes of one full reply each: the state is a conversation, the decisions are the reply's tokens.

    Args:
        data: folder that holds `empathetic_dialogues/` (default: PARTNER_DATA or ../shared/data).
        dataset: folder of a data set of one's own instead (`training.data.contexts`).
        longest: most tokens of a reply.
        limit: so many training states, drawn once; a twentieth of them for `"dev"`.
    """

    def __init__(
        self, data: Path | None = None, dataset: Path | None = None, longest: int = LONGEST, limit: int | None = 4000
    ) -> None:
        self.data, self.dataset, self.longest, self.limit = data, dataset, longest, limit
        self._detector: Callable[[Conversation], bool] | None = None

    def states(self, split: Literal["train", "dev"]) -> list[State]:
        """Conversations to answer, in an order of their own that is always the same; none with crisis signals.

        Raises:
            DataError: the data is missing.
        """
        turns = list(read_states(split, self.data, self.dataset))
        Random(split).shuffle(turns)
        self._detector = self._detector or CrisisDetector(Embedder(threads=torch.get_num_threads()))
        most = self.limit if split == "train" or not self.limit else max(64, self.limit // 20)
        found: list[State] = []
        for turn in turns:
            if len(found) == most:
                break
            if not self._detector(turn.conversation):
                found.append(turn)
        return found

    def rollout(
        self,
        policy: PartnerPolicy,
        reference: PartnerPolicy,
        states: Sequence[State],
        samples: int,
        generator: torch.Generator,
    ) -> Rollout:
        """Answer every state `samples` times.

        The log-probabilities come from the same function that gives them during learning, with dropout off in both, so
        the first probability ratio of an update is 1.

        Returns:
            trajectories in the order of the states; rewards are zero.
        """
        was = policy.training
        policy.eval()
        short = [prompt(policy.layout, s.conversation) for s in states]
        replies = sample(policy, short, samples, generator, self.longest)
        decide = decider([p for p in short for _ in range(samples)], replies)
        with torch.no_grad():
            log_probs = _all(decide, policy, len(replies))
            before = _all(decide, reference, len(replies))
        policy.train(was)
        lengths = torch.tensor([len(r) for r in replies])
        mask = (torch.arange(log_probs.shape[1])[None] < lengths[:, None]).to(log_probs.device)
        state = torch.arange(len(states), device=mask.device).repeat_interleave(samples)
        texts = [text_of(policy, r) for r in replies]
        rewrites = [
            Rewrite(s.conversation, (Step((), WHOLE, text),), text, s.target)
            for s, text in zip((s for s in states for _ in range(samples)), texts, strict=True)
        ]
        return Rollout(Batch(log_probs, before, torch.zeros_like(log_probs), mask, state), rewrites, decide)


def _all(decide: Decide, policy: PartnerPolicy, number: int, size: int = 32) -> Tensor:
    """Log-probabilities of all trajectories, (number, T), a few at a time."""
    return torch.cat([decide(policy, rows).log_probs for rows in torch.arange(number).split(size)])
