"""From a request to the engine's answer: one place, one mechanism, and nothing again that the supporter has refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from partner.text import split
from partner.types import MECHANISMS, Conversation, Mechanism, Result, Suggestion
from ui.loading import Engine

# Asked of the engine where some of its suggestions will not do: there are rarely more than this many good ones.
WIDE = 12


@dataclass(frozen=True)
class Request:
    """What is asked of the engine.

    Attributes:
        conversation: post, reply and earlier turns.
        n: most suggestions.
        alternatives: other wordings wanted for each.
        mechanisms: only sentences of these.
        at: only edits at this sentence: replace or delete it, or insert before or after it; None for anywhere.
        avoid: sentences not to be offered, compared without case and outer white space.
        keep: indices of sentences not to be replaced or deleted, because the supporter has decided about them.
    """

    conversation: Conversation
    n: int = 4
    alternatives: int = 0
    mechanisms: tuple[Mechanism, ...] = MECHANISMS
    at: int | None = None
    avoid: frozenset[str] = frozenset()
    keep: frozenset[int] = frozenset()


def answer(engine: Engine, request: Request, tell: Callable[[Suggestion], None] = lambda _: None) -> Result:
    """The engine's suggestions for a request, best first.

    Args:
        tell: called with each of them as soon as the engine is certain.
    """
    conversation = request.conversation
    if not split(conversation.reply).sentences:
        conversation = replace(conversation, reply="")  # blanks alone are no draft
    picky = request.avoid or request.keep
    allowed: list[tuple[Suggestion, Suggestion]] = []  # as the engine found it, as the request allows it

    def found(suggestion: Suggestion) -> None:
        fitting = _fit(suggestion, request) if len(allowed) < request.n else None
        if fitting:
            allowed.append((suggestion, fitting))
            tell(fitting)

    result = engine.suggest(
        conversation,
        n=max(WIDE, request.n) if picky else request.n,
        alternatives=max(4, request.alternatives) if picky else request.alternatives,
        mechanisms=request.mechanisms,
        at=request.at,
        tell=found,
    )
    best_first = sorted(allowed, key=lambda pair: result.suggestions.index(pair[0]))
    return replace(result, suggestions=tuple(fitting for _, fitting in best_first))


def _fit(suggestion: Suggestion, request: Request) -> Suggestion | None:
    """The suggestion with those of its wordings that the request allows; None where none is left."""
    wordings = [
        replace(s, alternatives=())
        for s in (suggestion, *suggestion.alternatives)
        if not (s.edit.op != "insert" and s.edit.at in request.keep) and not _said(s.edit.text, request.avoid)
    ]
    if not wordings:
        return None
    return replace(wordings[0], alternatives=tuple(wordings[1 : 1 + request.alternatives]))


def _said(text: str, avoid: Collection[str]) -> bool:
    return bool(text) and text.strip().casefold() in avoid


def avoided(texts: Sequence[str]) -> frozenset[str]:
    """Sentences as `Request.avoid` compares them."""
    return frozenset(text.strip().casefold() for text in texts)
