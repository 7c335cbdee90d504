"""The sentences that a rewrite wrote, in the state each was written in, and terms that are means over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from partner.likelihood import Written
from partner.prompt import Place
from partner.text import split
from partner.types import Conversation
from training.rewards.types import Reward, Rewrite, Step


def written(rewrite: Rewrite) -> list[Step]:
    """The steps that wrote something, one a sentence: a text of several becomes as many edits, each seeing those before.

    >>> step = Step(("Bye.",), Place("insert", 0, "exploration"), "Oh no. How are you?")
    >>> [(s.sentences, s.place.at, s.text) for s in written(Rewrite(Conversation("Hi"), (step,), "Oh no. How are you? Bye."))]
    [(('Bye.',), 0, 'Oh no.'), (('Oh no.', 'Bye.'), 1, 'How are you?')]
    """
    steps: list[Step] = []
    for step in rewrite.steps:
        sentences, place = step.sentences, step.place
        for text in split(step.text).sentences if place.op != "delete" else ():
            steps.append(Step(sentences, place, text))
            after = place.at + (place.op == "replace")
            sentences = (*sentences[: place.at], text, *sentences[after:])
            place = Place("insert", place.at + 1, place.mechanism)
    return steps


def in_place(rewrite: Rewrite, step: Step) -> Written:
    """A step as the language model sees it."""
    return Written(replace(rewrite.conversation, reply=""), step.sentences, step.place, step.text)


Scorer = Callable[[Sequence[tuple[Rewrite, Step]]], Sequence[float]]


def mean_over_sentences(score: Scorer, empty: float, steps_of: Callable[[Rewrite], list[Step]] = written) -> Reward:
    """The reward that is the mean of a score over the sentences written, all scored in one batch.

    Args:
        score: of (rewrite, step) pairs, one value each.
        empty: what a rewrite gets that wrote none (it deleted, or stopped at once): what a usual sentence gets, so that
            stopping neither pays nor costs.
        steps_of: what is scored of a rewrite, where it is not the sentences written.
    """

    def reward(rewrites: Sequence[Rewrite]) -> list[float]:
        steps = [steps_of(rewrite) for rewrite in rewrites]
        pairs = [(rewrite, step) for rewrite, mine in zip(rewrites, steps, strict=True) for step in mine]
        values = iter([float(value) for value in score(pairs)] if pairs else [])
        return [sum(next(values) for _ in mine) / len(mine) if mine else empty for mine in steps]

    return reward


def said(conversation: Conversation) -> str:
    """All that was said to the supporter and by them before this reply."""
    return " ".join([conversation.post, *(text for _, text in conversation.history)])
