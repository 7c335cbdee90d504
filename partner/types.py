"""The nouns of the system: what a conversation, an edit and a suggestion are.

Everything here is immutable and knows no model. `ui`, `training` and `evaluation` speak in these types, and
their `to_json` is the one JSON form used by the command line, the HTTP API and files alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Mechanism = Literal["emotional_reaction", "interpretation", "exploration"]
Mood = Literal["sad", "mixed", "bright", "glad", "plain"]
"""Of a post, as far as it decides between sorrow and joy; `partner.mood` tells which."""
Op = Literal["insert", "replace", "delete"]
Role = Literal["seeker", "supporter"]

MECHANISMS: tuple[Mechanism, ...] = ("emotional_reaction", "interpretation", "exploration")
OPS: tuple[Op, ...] = ("insert", "replace", "delete")


@dataclass(frozen=True)
class Conversation:
    """One exchange to work on.

    Attributes:
        post: what the seeker wrote, the message being answered.
        reply: the supporter's draft; may be empty.
        history: earlier turns, oldest first, as `(role, text)` with role `"seeker"` or `"supporter"`.
    """

    post: str
    reply: str = ""
    history: tuple[tuple[Role, str], ...] = ()


@dataclass(frozen=True)
class Edit:
    """One sentence-level change of a reply (the action of PARTNER, WWW 2021, section 4.2).

    Attributes:
        op: `"insert"`, `"replace"` or `"delete"`.
        at: index into the ORIGINAL sentences of the reply: for `insert` the gap 0..n (n appends), for
            `replace` and `delete` the sentence 0..n-1.
        text: the new sentence; empty for `delete`.
        mechanism: the EPITOME mechanism the sentence is meant to express; None for `delete`.
    """

    op: Op
    at: int
    text: str = ""
    mechanism: Mechanism | None = None

    def __post_init__(self) -> None:
        if self.op not in OPS:
            raise ValueError(f"unknown op {self.op!r}: use one of {', '.join(OPS)}")
        if self.at < 0:
            raise ValueError(f"at must be 0 or more, got {self.at}")
        if self.op == "delete":
            if self.text or self.mechanism:
                raise ValueError("a delete has neither text nor mechanism")
        else:
            if not self.text.strip():
                raise ValueError(f"a {self.op} needs a sentence in text")
            if self.mechanism is not None and self.mechanism not in MECHANISMS:
                raise ValueError(f"unknown mechanism {self.mechanism!r}: use one of {', '.join(MECHANISMS)}")


@dataclass(frozen=True)
class MechanismScore:
    """The EPITOME judgement of one mechanism in one reply.

    Attributes:
        probabilities: p(level 0), p(level 1), p(level 2); they sum to 1.
        rationale: `(start, end)` character spans of the reply that carry the level; empty where level is 0.
    """

    probabilities: tuple[float, float, float]
    rationale: tuple[tuple[int, int], ...] = ()

    @property
    def level(self) -> int:
        """The most likely level: 0 none, 1 weak, 2 strong."""
        return max(range(3), key=self.probabilities.__getitem__)

    @property
    def expected(self) -> float:
        """The expected level, sum of level times probability, 0 to 2."""
        return self.probabilities[1] + 2 * self.probabilities[2]


@dataclass(frozen=True)
class Empathy:
    """EPITOME scores of one reply to one post (Sharma et al., EMNLP 2020)."""

    emotional_reaction: MechanismScore
    interpretation: MechanismScore
    exploration: MechanismScore

    @property
    def total(self) -> float:
        """Sum of the three expected levels, 0 to 6."""
        return sum(getattr(self, m).expected for m in MECHANISMS)

    @property
    def levels(self) -> dict[str, int]:
        """Level 0, 1 or 2 per mechanism."""
        return {m: getattr(self, m).level for m in MECHANISMS}

    def to_json(self) -> dict[str, float]:
        """Expected level per mechanism and their sum, rounded to three places."""
        return {m: round(getattr(self, m).expected, 3) for m in MECHANISMS} | {"total": round(self.total, 3)}


@dataclass(frozen=True)
class Scores:
    """What is known about one suggestion.

    Attributes:
        before: EPITOME of the draft.
        after: EPITOME of the draft with only this edit applied.
        quality: probability that a careful reader calls the sentence right for this post, 0 to 1.
        fluency: inverse perplexity of the sentence in its place under the language model, 0 to 1.
        specificity: log p(sentence | post) - log p(sentence), nats per token; larger is more specific.
        coherence: probability that the sentence belongs in this reply at this place, 0 to 1.
    """

    before: Empathy
    after: Empathy
    quality: float
    fluency: float
    specificity: float
    coherence: float

    @property
    def gain(self) -> float:
        """Empathy gained: `after.total - before.total` (PARTNER's r_e)."""
        return self.after.total - self.before.total

    def to_json(self) -> dict[str, Any]:
        """All scores as plain numbers."""
        return {
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            **{k: round(getattr(self, k), 3) for k in ("quality", "fluency", "specificity", "coherence")},
        }


@dataclass(frozen=True)
class Suggestion:
    """An edit offered to the supporter.

    Attributes:
        edit: the change.
        scores: its scores; None for what is not ranked: vetted crisis sentences, and removals.
        reason: one line in plain words that says why it is offered.
        alternatives: other wordings for the same place, best first; filled only on request.
    """

    edit: Edit
    scores: Scores | None
    reason: str
    alternatives: tuple[Suggestion, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """`{"op", "at", "text", "mechanism", "scores", "reason"}`, with `"alternatives"` where there are any."""
        out: dict[str, Any] = {
            "op": self.edit.op,
            "at": self.edit.at,
            "text": self.edit.text,
            "mechanism": self.edit.mechanism,
            "scores": self.scores.to_json() if self.scores else None,
            "reason": self.reason,
        }
        if self.alternatives:
            out["alternatives"] = [a.to_json() for a in self.alternatives]
        return out


@dataclass(frozen=True)
class Result:
    """What `Rewriter.suggest` returns.

    Attributes:
        conversation: what was asked about, unchanged.
        crisis: whether the post shows signals of suicide or self-harm.
        before: EPITOME of the draft as it stands.
        suggestions: best first; positions refer to the original sentences, so any subset can be applied together.
        message: one plain line for the user where there is something to say (already empathic, nothing to
            answer, crisis note, language not supported), else empty.
    """

    conversation: Conversation
    crisis: bool
    before: Empathy
    suggestions: tuple[Suggestion, ...] = field(default=())
    message: str = ""

    def to_json(self) -> dict[str, Any]:
        """`{"post", "reply", "crisis", "scores": {"before"}, "suggestions", "message"}`."""
        return {
            "post": self.conversation.post,
            "reply": self.conversation.reply,
            "crisis": self.crisis,
            "scores": {"before": self.before.to_json()},
            "suggestions": [s.to_json() for s in self.suggestions],
            "message": self.message,
        }
