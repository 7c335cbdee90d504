"""The HTTP API: suggestions and scores as JSON, HAILEY's own format, and the store of feedback. The page uses it too.

`/openapi.json` documents it. Character positions are code points in `/api/suggest` and `/api/score`, as in Python, and
UTF-16 code units, as in JavaScript, in what is made for the page (`/api/suggest/stream`, `/api/settle`).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import ValidationError

from partner.edits import EditError, apply
from partner.models import ModelError
from partner.text import split
from partner.types import MECHANISMS, Conversation, Edit, Empathy, Result, Suggestion
from ui import asking
from ui.hailey import operations
from ui.line import Line, LineFull, Told, Waiting
from ui.loading import BackgroundEngine, Engine
from ui.patches import patch, settle, units
from ui.schema import (
    Agreement,
    Ask,
    Decisions,
    Exchange,
    Levels,
    Mechanisms,
    Open,
    Operations,
    PageAsk,
    Rationales,
    Rewriting,
    ScoreOut,
    Settle,
    Suggestions,
)
from ui.store import NotAgreed, Store

log = logging.getLogger(__name__)

# Open suggestions scored again after a change; nobody reads through more than these before the next change.
RATED = 8

Supporter = Annotated[str, Header(alias="X-Supporter", max_length=64)]


def build(engine: Engine, line: Line, store: Store) -> APIRouter:
    """The routes below `/api`.

    Args:
        engine: suggests and scores.
        line: the line in front of the engine, which page and API share.
        store: where feedback goes.
    """
    api = APIRouter(prefix="/api")
    read = _Reader(engine)

    @api.get("/health", tags=["status"])
    async def health() -> dict[str, Any]:
        """Whether the model is loaded, and how many requests are in the line."""
        error = getattr(engine, "error", None)
        return {"ready": getattr(engine, "ready", True), "error": explain(error) if error else "", "waiting": len(line)}

    @api.post("/suggest", tags=["suggestions"], responses=_BUSY, response_model_exclude_unset=True)
    async def suggest(ask: Ask) -> Suggestions:
        """Sentence edits that make the reply more empathic, best first."""
        result = await _answer(engine, line, ask)
        return Suggestions.model_validate(result.to_json())

    @api.post("/score", tags=["suggestions"], responses=_BUSY)
    async def score(exchange: Exchange) -> ScoreOut:
        """EPITOME levels of the reply as it stands, and the words that carry them."""
        scores, crisis = await read(exchange.conversation())
        rationales = {m: list(getattr(scores, m).rationale) for m in MECHANISMS}
        return ScoreOut(
            crisis=crisis,
            scores=Levels(**scores.to_json()),
            levels=Mechanisms(**scores.levels),
            rationales=Rationales(**rationales),
        )

    body = {"content": {"application/json": {"schema": Rewriting.model_json_schema()}}, "required": True}

    @api.post("/rewriting", tags=["HAILEY"], response_model=Operations, openapi_extra={"requestBody": body}, responses=_BUSY)
    async def rewriting(request: Request) -> dict[str, Any]:
        """HAILEY's `POST /api/rewriting`: the reply as it would read with every suggestion, one entry a sentence."""
        if not request.headers.get("content-type", "").startswith("application/json"):
            # Any web site may send a browser here with plain text; only JSON makes the browser ask this server first.
            raise HTTPException(415, "send the body as application/json")
        try:
            # HAILEY's page builds its JSON by hand and lets line breaks through as they are: strict=False takes them.
            sent = Rewriting.model_validate(json.loads(await request.body(), strict=False))
        except ValidationError as error:
            raise HTTPException(422, json.loads(error.json(include_url=False, include_context=False))) from error
        except ValueError as error:
            raise HTTPException(422, f"the body is not JSON: {error}") from error
        result = await _answer(engine, line, Ask(post=sent.SP, reply=sent.RP))
        return {"op": operations(sent.RP, [s.edit for s in result.suggestions])}

    @api.post("/suggest/stream", tags=["page"], responses=_STREAM, response_class=StreamingResponse)
    async def stream(ask: PageAsk) -> StreamingResponse:
        """As `/api/suggest`, as it happens: JSON lines with `event`, one of `loading`, `read` (crisis and scores of the
        reply), `waiting` (place in the line), `suggestion` (as soon as one is certain), `end` and `error`."""
        lines = (json.dumps(event, ensure_ascii=False) + "\n" async for event in _events(engine, read, line, ask))
        return StreamingResponse(lines, media_type="application/x-ndjson", headers={"X-Accel-Buffering": "no"})

    @api.post("/settle", tags=["page"])
    async def settled(now: Settle) -> dict[str, Any]:
        """Scores of the reply as it stands now, and where the open suggestions belong in it (null: nowhere any more)."""
        conversation = now.conversation()
        scores, crisis = await read(conversation)
        edits = {item.id: _settled(conversation.reply, item) for item in now.open}
        rated = [item.id for item in now.open if item.scored and edits[item.id]][:RATED]
        after = await read.after(conversation, [edits[key] for key in rated])
        places: dict[str, Any] = {key: _place(conversation.reply, edit) for key, edit in edits.items()}
        for key, empathy in zip(rated, after, strict=True):
            places[key]["scores"] = {"before": scores.to_json(), "after": empathy.to_json()}
        return {"crisis": crisis, "scores": _detail(conversation.reply, scores), "open": places}

    @api.post("/feedback/consent", tags=["feedback"], status_code=201)
    def agree(agreement: Agreement) -> dict[str, str]:
        """Agree to feedback being stored. The answer's `supporter` stands for you in the calls below: keep it."""
        supporter = store.agree()
        return {"supporter": supporter, "agreed": store.agreed(supporter) or ""}

    @api.post("/feedback", tags=["feedback"], responses=_NOT_AGREED)
    def save(sent: Decisions, supporter: Supporter = "") -> dict[str, Any]:
        """Store decisions. The answer comes when they are on disk; what is sent twice is kept once."""
        try:
            store.save(supporter, [decision.record() for decision in sent.records])
        except NotAgreed:
            raise HTTPException(403, "Feedback is off: nothing was stored.") from None
        return {"saved": [decision.id for decision in sent.records], "count": store.count(supporter)}

    @api.get("/feedback", tags=["feedback"])
    def see(supporter: Supporter = "", newest: int = 50) -> dict[str, Any]:
        """Whether feedback is on, and what is stored."""
        agreed = store.agreed(supporter)
        records = store.records(supporter, max(1, newest)) if agreed else []
        return {"agreed": agreed, "where": store.where, "count": store.count(supporter), "records": records}

    @api.get("/feedback/export", tags=["feedback"], response_class=Response)
    def export(supporter: Supporter = "") -> Response:
        """Everything stored, as JSON Lines."""
        headers = {"Content-Disposition": 'attachment; filename="partner-feedback.jsonl"'}
        return Response("".join(store.export(supporter)), media_type="application/jsonl", headers=headers)

    @api.delete("/feedback", tags=["feedback"])
    def forget(supporter: Supporter = "") -> dict[str, int]:
        """Withdraw the agreement and delete everything stored."""
        return {"deleted": store.forget(supporter)}

    return api


def explain(error: Exception) -> str:
    """An error as one line for the user, without the inner workings."""
    if isinstance(error, ModelError):
        return str(error)
    if isinstance(error, LineFull):
        one = error.waiting == 1
        waiting = f"{error.waiting} request{'' if one else 's'} {'is' if one else 'are'} waiting already"
        return f"{waiting}. Your text is safe; please try again in a minute."
    log.error("a request failed", exc_info=error)
    return "Something went wrong while working on this text. Your text is unchanged; the terminal shows the details."


def failure(error: Exception) -> JSONResponse:
    """The answer to a request that could not be served."""
    busy = isinstance(error, LineFull)
    known = busy or isinstance(error, ModelError)
    return JSONResponse({"detail": explain(error)}, 503 if known else 500, {"Retry-After": "30"} if busy else None)


_BUSY: dict[int | str, dict[str, Any]] = {503: {"description": "the line is full (Retry-After), or weights are missing"}}
_STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {"application/x-ndjson": {}}}}
_NOT_AGREED: dict[int | str, dict[str, Any]] = {403: {"description": "this supporter has not agreed"}}


async def _answer(engine: Engine, line: Line, ask: Ask) -> Result:
    _check(ask)
    return await line.result(lambda: asking.answer(engine, ask.request()))


def _check(ask: Ask) -> None:
    if ask.at is not None and ask.at >= (count := len(split(ask.reply).sentences)):
        raise HTTPException(422, f"at is {ask.at}, but the reply has {count} sentence{'s' * (count != 1)}")


class _Reader:
    """Scores and crisis of a conversation, which are quick (a few tenths of a second) and need not stand in line.

    Two at a time: the scorer reads beside the model, and more would only make each slower.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._places = asyncio.Semaphore(2)

    async def __call__(self, conversation: Conversation) -> tuple[Empathy, bool]:
        async with self._places:
            return await asyncio.to_thread(self._read, conversation)

    async def after(self, conversation: Conversation, edits: Sequence[Edit]) -> list[Empathy]:
        """EPITOME of the reply with each edit alone made."""
        async with self._places:
            changed = [replace(conversation, reply=apply(conversation.reply, [edit])) for edit in edits]
            return await asyncio.to_thread(lambda: [self._engine.score(c) for c in changed])

    def _read(self, conversation: Conversation) -> tuple[Empathy, bool]:
        return self._engine.score(conversation), bool(conversation.post.strip()) and bool(self._engine.crisis(conversation))


async def _events(engine: Engine, read: _Reader, line: Line, ask: PageAsk) -> AsyncIterator[dict[str, Any]]:
    try:
        if isinstance(engine, BackgroundEngine) and not engine.ready:
            yield {"event": "loading"}
        scores, crisis = await read(ask.conversation())
        yield {"event": "read", "crisis": crisis, "scores": _detail(ask.reply, scores)}
        async with aclosing(line.run(lambda tell: asking.answer(engine, ask.request(), tell))) as steps:
            async for step in steps:
                if isinstance(step, Waiting):
                    yield {"event": "waiting", "ahead": step.ahead, "seconds": step.seconds}
                elif isinstance(step, Told):
                    yield {"event": "suggestion", **_wire(ask.reply, step.value)}
                else:
                    yield {"event": "end", "crisis": step.value.crisis, "message": step.value.message}
    except Exception as error:
        yield {"event": "error", "message": explain(error)}


def _detail(reply: str, scores: Empathy) -> dict[str, Any]:
    """Scores as the meters take them."""
    return {
        m: {
            "level": score.level,
            "expected": round(score.expected, 3),
            "rationale": [[units(reply, a), units(reply, b)] for a, b in score.rationale],
        }
        for m in MECHANISMS
        for score in [getattr(scores, m)]
    }


def _wire(reply: str, suggestion: Suggestion) -> dict[str, Any]:
    """A suggestion with its patches."""
    options = []
    for option in (suggestion, *suggestion.alternatives):
        try:
            change = patch(reply, option.edit)
        except EditError:  # blanks alone were sent: the engine saw an empty reply
            change = patch("", option.edit)
        content = option.to_json()
        content.pop("alternatives", None)
        options.append(content | {"start": change.start, "end": change.end, "insert": change.insert})
    return {"options": options}


def _settled(reply: str, item: Open) -> Edit | None:
    return settle(reply, item.op, item.text, item.start, item.end) if reply.strip() or item.op == "insert" else None


def _place(reply: str, edit: Edit | None) -> dict[str, Any] | None:
    if edit is None:
        return None
    change = patch(reply, edit)
    return {"at": edit.at, "start": change.start, "end": change.end, "insert": change.insert}
