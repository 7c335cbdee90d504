"""Sentences that must never be suggested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from partner.guards import Guard
from partner.types import Conversation
from training.rewards.resources import Resources
from training.rewards.sentences import written
from training.rewards.types import Reward, Rewrite, Step


def make(resources: Resources) -> Reward:
    """r_g = -(number of sentences that `partner.guards.Guard` refuses for the conversation and the reply so far); 0 is clean.

    Among what it refuses: a past of the assistant's own, people and facts that the post does not have, advice, medical
    claims, promises, blame, the post or the reply said again, broken form. Source: the filters of the engine,
    here as a penalty (peer-support practice of Sharma et al., WWW 2021, section 3, and HAILEY, 2023).

    For a post about a dog "I lost my dog too." gets -1 ("self"), and so does "Your mother must miss him." ("people").
    """
    guards: dict[Conversation, Guard] = {}

    def refused(conversation: Conversation, step: Step) -> bool:
        now = replace(conversation, reply=" ".join(step.sentences))
        if now not in guards:
            guards[now] = Guard(now)
        return guards[now].refuse(step.text) is not None

    def reward(rewrites: Sequence[Rewrite]) -> list[float]:
        guards.clear()
        return [float(-sum(refused(r.conversation, step) for step in _judged(r))) for r in rewrites]

    return reward


def _judged(rewrite: Rewrite) -> list[Step]:
    """An edit writes one sentence, and is refused for two; a reply written whole is judged sentence by sentence."""
    whole = not rewrite.conversation.reply.strip() and len(rewrite.steps) == 1
    return written(rewrite) if whole else [step for step in rewrite.steps if step.place.op != "delete"]
