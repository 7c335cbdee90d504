"""Full replies: the policy as a dialogue model, and the environment in which learners train it.

A full reply is asked for with control tokens that edits never combine: the empty reply is marked as for an insert, and
`<|insert|>` comes without a mechanism. Weights and tokenizer stay those of `partner.policy`, so every checkpoint can
edit and reply::

    [<|seeker|> turn | <|supporter|> turn]* <|post|> post <|reply|> <|here|> <|insert|> the whole reply <|end|>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Literal

import torch
from torch import Tensor

from partner import safety
from partner.candidates import Sampling, draw
from partner.crisis_model import CrisisDetector
from partner.policy import PartnerPolicy
from partner.prompt import END, Layout
from partner.retrieval import Embedder
from partner.rules import RULES
from partner.types import Conversation
from training.algorithms.batch import Batch, Decide, Decisions
from training.data.contexts import read_contexts
from training.data.empathetic_dialogues import answers, read_dialogues
from training.data.logged import WHOLE
from training.data.records import DataError
from training.environment import Rollout, State
from training.rescoring import padded
from training.rewards.types import Rewrite, Step
from training.trees import Tree

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
    """Replies of people to conversations of EmpatheticDialogues, or of a data set of one's own, with what came before.

    The order is shuffled, and always the same, so that the first so many are a fair sample. Crisis posts (by the rules of
    `partner.safety`; `DialogueEnvironment` adds the classifier where text is generated) and unfit replies are left out.

    Args:
        split: `"dev"` is EmpatheticDialogues' `valid` and a data set's `val`.
        data: folder that holds `empathetic_dialogues/`.
        dataset: folder of the form of `training.data.contexts`; then `data` is not read.

    Raises:
        DataError: files are missing or malformed.
    """
    if dataset:
        found = list(read_contexts(dataset, {"dev": "val"}.get(split, split)))
    else:
        dialogues = read_dialogues({"dev": "valid"}.get(split, split), data)
        found = [(a.conversation, a.text) for d in dialogues for a in answers(d)]
    Random(split).shuffle(found)
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
    temperature: float = 1.0,
) -> list[list[int]]:
    """Draw full replies, all at once over one key-value cache; a prompt is encoded once for all its samples.

    Args:
        prompts: from `prompt`.
        samples: replies to each.
        longest: most tokens of a reply, the end token included.
        sampling: temperature, top-k and nucleus; None draws from the whole distribution, as learning needs.
        temperature: of the whole distribution.

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
    end = policy.layout.id[END]
    for step in range(longest):
        logits = reply_logits(policy, hidden)
        if sampling:
            tokens = draw(logits, sampling, generator)[0]
        else:
            tokens = torch.multinomial((logits / temperature).softmax(-1).cpu(), 1, generator=generator)[:, 0].tolist()
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
    banned = [i for token, i in policy.layout.id.items() if token != END]
    # Not -inf: probability 0 times log-probability must stay 0 in the entropy.
    return policy.vocabulary_logits(hidden).float().index_fill(-1, torch.tensor(banned, device=hidden.device), -1e9)


def text_of(policy: PartnerPolicy, reply: Sequence[int]) -> str:
    """The reply that ids of `sample` spell."""
    return policy.tokenizer.decode(reply, skip_special_tokens=True).strip()


def decider(prompts: Sequence[Sequence[int]], replies: Sequence[Sequence[int]], temperature: float = 1.0) -> Decide:
    """The decisions of sampled replies, one a token, as a function of the policy.

    Replies to equal prompts are branches of one tree (`training.trees`), so that a prompt is encoded once.

    Args:
        prompts, replies: token ids, one of each a trajectory.
        temperature: of the tokens, as they were drawn.
    """
    most = max(map(len, replies))

    def decide(policy: PartnerPolicy, chosen: Tensor) -> Decisions:
        trees: dict[tuple[int, ...], Tree] = {}
        asked: list[tuple[int, int, int, int, int]] = []  # tree, position that predicts, token, trajectory, decision
        for out, (before, reply) in enumerate((tuple(prompts[i]), replies[i]) for i in chosen.tolist()):
            if before not in trees:
                trees[before] = Tree()
                trees[before].add(-1, before)
            number, tree = list(trees).index(before), trees[before]
            first = len(tree.ids) - 1
            tree.add(0, list(reply[:-1]))
            asked += [(number, first + t if t else len(before) - 1, token, out, t) for t, token in enumerate(reply)]
        ids, positions, mask = padded(list(trees.values()), policy.device)
        hidden = policy.hidden(ids, mask, positions)
        number, at, taken, out, decision = torch.tensor(asked, device=policy.device).T
        states = hidden[number, at]
        log_probs = (reply_logits(policy, states) / temperature).log_softmax(-1)
        values = (log_probs.gather(-1, taken[:, None])[:, 0], -(log_probs.exp() * log_probs).sum(-1), states.float())
        zeros = log_probs.new_zeros(len(chosen), most)
        empty = (zeros, zeros, zeros[..., None].expand(-1, -1, states.shape[-1]))
        return Decisions(*(e.index_put((out, decision), v) for e, v in zip(empty, values, strict=True)))

    return decide


@dataclass(frozen=True)
class DialogueEnvironment:
    """Episodes of one full reply each: the state is a conversation, the decisions are the reply's tokens.

    Attributes:
        longest: of a reply, in tokens; one that has not ended by then is cut, and its rewrite has no step.
        temperature: of the tokens, in drawing and in scoring again alike: the policy that learns is the one that is drawn from.
        limit: most states of each split; fewer for `dev`, a fifth.
        data: folder that holds `empathetic_dialogues/` (default: PARTNER_DATA or ../shared/data).
        dataset: folder of a data set of one's own instead (train, val, test with contexts.json and targets.json).
    """

    longest: int = LONGEST
    temperature: float = 1.0
    limit: int = 500
    data: Path | None = None
    dataset: Path | None = None

    def states(self, split: Literal["train", "dev"]) -> list[State]:
        """Conversations to answer, none with crisis signals.

        Raises:
            DataError: the data is missing, or holds nothing usable.
        """
        detector = CrisisDetector(Embedder(threads=torch.get_num_threads()))
        most = self.limit if split == "train" else max(1, self.limit // 5)
        states = (s for s in read_states(split, self.data, self.dataset) if not detector(s.conversation))
        found = list(islice(states, most))
        if not found:
            raise DataError(f"{self.dataset or 'EmpatheticDialogues'} holds no reply to learn from in {split}")
        return found

    def rollout(
        self, policy: PartnerPolicy, reference: PartnerPolicy, states: Sequence[State], samples: int, generator: torch.Generator
    ) -> Rollout:
        """Answer every state `samples` times; see `training.environment.Environment.rollout`.

        The log-probabilities come from the same function that gives them during learning.
        """
        prompts = [prompt(policy.layout, s.conversation) for s in states]
        drawn = sample(policy, prompts, samples, generator, self.longest, temperature=self.temperature)
        decide = decider([p for p in prompts for _ in range(samples)], drawn, self.temperature)
        everyone = torch.arange(len(drawn))
        with torch.no_grad():
            log_probs, before = (decide(p, everyone).log_probs.float().cpu() for p in (policy, reference))
        lengths = torch.tensor([len(reply) for reply in drawn])
        mask = torch.arange(log_probs.shape[1])[None] < lengths[:, None]
        end = policy.layout.id[END]
        owners = torch.arange(len(states)).repeat_interleave(samples)
        batch = Batch(log_probs, before, torch.zeros_like(log_probs), mask, owners)
        rewrites = []
        for number, reply in zip(owners.tolist(), drawn, strict=True):
            text = text_of(policy, reply)
            made = (Step((), WHOLE, text),) if reply[-1] == end else ()
            rewrites.append(Rewrite(states[number].conversation, made, text, states[number].target))
        notes = {"unfinished": sum(r[-1] != end for r in drawn) / len(drawn), "tokens": float(lengths.float().mean())}
        return Rollout(batch, rewrites, decide, notes)
