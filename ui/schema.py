"""The JSON bodies of the API, checked by pydantic and documented in `/openapi.json`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from partner.text import split
from partner.types import MECHANISMS, Conversation, Mechanism, Op, Role
from ui import asking
from ui.patches import sentence_at, spans
from ui.store import Action, Flag, Record

# A post of 20,000 characters is four times the longest that Reddit's supporters usually answer.
LONGEST = 20_000


def _readable(text: Any) -> Any:
    # Half a surrogate pair is no character; nothing could be encoded with it in. One sign for one unit keeps positions.
    return re.sub(r"[\ud800-\udfff]", "\ufffd", text) if isinstance(text, str) else text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("the post is empty: paste the message that is being answered")
    return text


Words = Annotated[str, Field(max_length=LONGEST), BeforeValidator(_readable)]
Post = Annotated[Words, AfterValidator(_not_blank)]


class Strict(BaseModel):
    """A body in which an unknown field is an error: a mistyped option must not be ignored in silence."""

    model_config = ConfigDict(extra="forbid")


class Turn(Strict):
    """An earlier message of the conversation."""

    role: Role
    text: Words


class Exchange(Strict):
    """A post, the reply as it stands and earlier messages, oldest first."""

    post: Post = Field(examples=["i failed my driving test again. everyone laughs at me"])
    reply: Words = Field("", examples=["Book another one."])
    history: list[Turn] = Field([], max_length=200)

    def conversation(self) -> Conversation:
        """As the engine takes it."""
        return Conversation(self.post, self.reply, tuple((turn.role, turn.text) for turn in self.history))


class Ask(Exchange):
    """What suggestions are wanted."""

    n: int = Field(4, ge=1, le=12, description="most suggestions")
    alternatives: int = Field(0, ge=0, le=12, description="other wordings wanted for each suggestion")
    mechanisms: list[Mechanism] = Field(list(MECHANISMS), min_length=1, description="only sentences of these")
    at: int | None = Field(None, ge=0, description="only edits at this sentence of the reply, counted from 0")
    avoid: list[Words] = Field([], max_length=500, description="sentences not to be offered")

    def request(self) -> asking.Request:
        """As `asking.answer` takes it."""
        mechanisms = tuple(m for m in MECHANISMS if m in self.mechanisms)
        return asking.Request(self.conversation(), self.n, self.alternatives, mechanisms, self.at, asking.avoided(self.avoid))


class PageAsk(Ask):
    """What the page asks: places come as positions in the text."""

    near: int | None = Field(None, ge=0, description="only edits at the sentence at this position")
    keep: list[tuple[int, int]] = Field([], max_length=500, description="text that must not be replaced or removed")

    def request(self) -> asking.Request:
        """As `asking.answer` takes it."""
        request = super().request()
        kept = frozenset(
            i for i, (start, end) in enumerate(spans(split(self.reply))) for a, b in self.keep if start < b and a < end
        )
        at = self.at if self.near is None else sentence_at(self.reply, self.near)
        return asking.Request(
            request.conversation, request.n, request.alternatives, request.mechanisms, at, request.avoid, kept
        )


class Levels(BaseModel):
    """Expected EPITOME levels: 0 none, 1 weak, 2 strong; `total` is their sum."""

    emotional_reaction: float
    interpretation: float
    exploration: float
    total: float


class SuggestionScores(BaseModel):
    """Scores of one suggestion; `partner.types.Scores` says what each is."""

    before: Levels
    after: Levels
    quality: float
    fluency: float
    specificity: float
    coherence: float


class SuggestionOut(BaseModel):
    """One edit: `at` counts the sentences of the reply that was sent (for `insert` the gap before that sentence)."""

    op: Op
    at: int
    text: str
    mechanism: Mechanism | None
    scores: SuggestionScores | None
    reason: str
    alternatives: list[SuggestionOut] | None = None


class Before(BaseModel):
    """Scores of the reply that was sent."""

    before: Levels


class Suggestions(BaseModel):
    """Suggestions, best first; any subset can be applied together."""

    post: str
    reply: str
    crisis: bool = Field(description="the post shows signs of suicide or self-harm; only vetted sentences are suggested")
    scores: Before
    suggestions: list[SuggestionOut]
    message: str


class Mechanisms(BaseModel):
    """One value for each of the three mechanisms."""

    emotional_reaction: int
    interpretation: int
    exploration: int


class Rationales(BaseModel):
    """Spans `[start, end]` of the reply that carry each mechanism."""

    emotional_reaction: list[tuple[int, int]]
    interpretation: list[tuple[int, int]]
    exploration: list[tuple[int, int]]


class ScoreOut(BaseModel):
    """EPITOME of a reply. The scores are estimates of a small model."""

    crisis: bool
    scores: Levels
    levels: Mechanisms
    rationales: Rationales


class Rewriting(BaseModel):
    """HAILEY's request: seeker post and response post."""

    SP: Post
    RP: Words


class Operation(BaseModel):
    """One sentence of the rewritten reply."""

    operation: Literal["<INSERT>", "<REPLACE>", "<NOOP>"]
    sentence: str
    old_sentence: str


class Operations(BaseModel):
    """HAILEY's answer."""

    op: list[Operation]


class Open(Strict):
    """A suggestion that waits for a decision, where the page believes it to be."""

    id: str
    op: Op
    text: Words
    start: int
    end: int
    scored: bool = Field(False, description="score the reply with this suggestion made as well")


class Settle(Exchange):
    """The reply as it stands now and the suggestions that are still open."""

    post: Words
    open: list[Open] = Field([], max_length=100)


class Agreement(Strict):
    """The supporter's consent. It comes as JSON so that no other web site can give it in the supporter's name."""

    agree: Literal[True]


class Decision(Strict):
    """One decision; `ui.store.Record` says what each field is."""

    id: str = Field(min_length=8, max_length=64)
    session: str = Field(max_length=64)
    post: Words
    reply: Words
    history: list[Turn] = Field([], max_length=200)
    suggestion: SuggestionOut
    action: Action
    edited: Words | None = None
    of: str | None = Field(None, max_length=64)
    flag: Flag | None = None
    note: Words | None = None

    def record(self) -> Record:
        """As the store takes it."""
        content = self.model_dump()
        return Record(**content | {"history": [(turn.role, turn.text) for turn in self.history]})


class Decisions(Strict):
    """Decisions, oldest first."""

    records: list[Decision] = Field(max_length=500)
