"""The HTTP API over the rule-based engine; no browser."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from partner.text import split
from partner.types import Edit
from ui.hailey import operations
from ui.line import Line
from ui.server import Server, application
from ui.store import Store

from .conftest import RuleEngine, free_port

POST = "My cat died."
REPLY = "Get a new one. Cats are cheap.\n\nBye."


@pytest.fixture
def http(address: str):
    with httpx.Client(base_url=address, timeout=60) as client:
        yield client


def events(http: httpx.Client, **body: object) -> list[dict]:
    answer = http.post("/api/suggest/stream", json={"post": POST, "reply": REPLY} | body)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def test_suggestions_as_json(http: httpx.Client) -> None:
    answer = http.post("/api/suggest", json={"post": POST, "reply": REPLY, "n": 2, "alternatives": 1}).json()
    assert set(answer) == {"post", "reply", "crisis", "scores", "suggestions", "message"}
    assert [s["op"] for s in answer["suggestions"]] == ["insert", "insert"]
    assert set(answer["suggestions"][0]) == {"op", "at", "text", "mechanism", "scores", "reason", "alternatives"}
    assert answer["suggestions"][0]["scores"]["after"]["exploration"] > 1.5


def test_only_one_mechanism_one_place_and_nothing_refused(http: httpx.Client) -> None:
    def texts(**wanted: object) -> list[str]:
        answer = http.post("/api/suggest", json={"post": POST, "reply": REPLY} | wanted).json()
        return [s["text"] for s in answer["suggestions"]]

    assert texts(mechanisms=["emotional_reaction"]) == ["I'm so sorry you are going through this."]
    assert texts(at=1) == [f"That must hurt: “{POST}”."]
    assert texts(at=0) == ["I'm so sorry you are going through this."]
    assert texts(at=1, avoid=[f" that must hurt: “{POST}”. ".upper()]) == ["You must be worn out."]


def test_scores_name_the_words(http: httpx.Client) -> None:
    answer = http.post("/api/score", json={"post": POST, "reply": "🙂 I'm sorry."}).json()
    assert answer["levels"] == {"emotional_reaction": 2, "interpretation": 0, "exploration": 0}
    (start, end), *rest = answer["rationales"]["emotional_reaction"]
    assert "🙂 I'm sorry."[start:end] == "sorry" and not rest
    assert answer["scores"]["total"] > 1.5


def test_hailey_gets_its_own_format_in_order(http: httpx.Client) -> None:
    answer = http.post("/api/rewriting", json={"SP": POST, "RP": REPLY})
    assert answer.json() == {
        "op": [
            {"operation": "<INSERT>", "sentence": "I'm so sorry you are going through this.", "old_sentence": ""},
            {"operation": "<NOOP>", "sentence": "Get a new one.", "old_sentence": "Get a new one."},
            {"operation": "<REPLACE>", "sentence": f"That must hurt: “{POST}”.", "old_sentence": "Cats are cheap."},
            {"operation": "<NOOP>", "sentence": "Bye.", "old_sentence": "Bye."},
            {"operation": "<INSERT>", "sentence": "What has today been like?", "old_sentence": ""},
        ]
    }


def test_hailey_s_page_builds_its_json_by_hand(http: httpx.Client) -> None:
    body = '{"SP":"' + POST + '", "RP": "One.\nTwo."}'
    answer = http.post("/api/rewriting", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200 and answer.json()["op"][1]["sentence"] == "One."
    for broken in ('{"SP":"a"', '{"SP": "a"}', '{"SP": " ", "RP": ""}', "[]"):
        assert http.post("/api/rewriting", content=broken, headers={"Content-Type": "application/json"}).status_code == 422


def test_every_sentence_of_the_reply_is_in_hailey_s_answer() -> None:
    ops = operations(REPLY, [Edit("delete", 2), Edit("replace", 0, "Oh no."), Edit("insert", 1, "New.")])
    assert [op["old_sentence"] for op in ops if op["old_sentence"]] == list(split(REPLY).sentences)
    assert [op["operation"] for op in ops] == ["<REPLACE>", "<INSERT>", "<NOOP>", "<NOOP>"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/suggest", {"post": "  "}),
        ("/api/suggest", {"reply": "no post"}),
        ("/api/suggest", {"post": "a", "n": 0}),
        ("/api/suggest", {"post": "a", "mechanism": "exploration"}),  # a mistyped option
        ("/api/suggest", {"post": "a", "mechanisms": ["kindness"]}),
        ("/api/suggest", {"post": "a", "reply": "One.", "at": 1}),
        ("/api/suggest", {"post": "a" * 20_001}),
        ("/api/score", {"post": "a", "reply": 3}),
        ("/api/score", []),
    ],
)
def test_what_is_wrong_is_said_and_asked_of_nobody(http: httpx.Client, engine: RuleEngine, path: str, body: object) -> None:
    calls = len(engine.asked)
    answer = http.post(path, json=body)
    assert answer.status_code == 422 and answer.json()["detail"]
    assert len(engine.asked) == calls


def test_half_a_surrogate_pair_breaks_nothing(http: httpx.Client) -> None:
    body = json.dumps({"post": "sad \ud83d", "reply": "\udc00 Hi."})  # escaped, as a browser sends it
    answer = http.post("/api/suggest", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200 and answer.json()["post"] == "sad \ufffd"


def test_a_stream_tells_crisis_and_scores_first_and_every_suggestion_by_itself(http: httpx.Client) -> None:
    got = events(http, post="I want to end my life.", alternatives=1)
    assert [e["event"] for e in got[:2]] == ["read", "waiting"] and got[0]["crisis"] is True
    assert [e["event"] for e in got[2:]] == ["suggestion"] * 4 + ["end"]
    assert all(len(e["options"]) == 2 for e in got[2:5]) and len(got[5]["options"]) == 1


def test_text_the_supporter_has_decided_about_is_not_replaced(http: httpx.Client) -> None:
    start = REPLY.index("Cats")
    got = events(http, keep=[[start, start + 4]])
    assert [e["options"][0]["op"] for e in got if e["event"] == "suggestion"] == ["insert", "insert", "delete"]


def test_the_api_is_documented(http: httpx.Client) -> None:
    described = http.get("/openapi.json").json()
    paths = described["paths"]
    for path in ("/api/suggest", "/api/score", "/api/rewriting"):
        post = paths[path]["post"]
        assert post["summary"] and post["requestBody"]["required"] and "200" in post["responses"]
    schema = paths["/api/rewriting"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]) == {"SP", "RP"}
    assert "422" in paths["/api/suggest"]["post"]["responses"] and "503" in paths["/api/suggest"]["post"]["responses"]


def test_other_sites_are_answered_only_where_configured(http: httpx.Client) -> None:
    def allowed(path: str, origin: str) -> str | None:
        asks = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        return http.request("OPTIONS", path, headers=asks).headers.get("access-control-allow-origin")

    assert allowed("/api/rewriting", "http://hailey.example") == "http://hailey.example"
    assert allowed("/api/rewriting", "http://evil.example") is None
    assert allowed("/api/feedback", "http://hailey.example") is None
    assert allowed("/api/suggest/stream", "http://hailey.example") is None
    sent = http.post("/api/rewriting", json={"SP": POST, "RP": REPLY}, headers={"Origin": "http://hailey.example"})
    assert sent.headers["access-control-allow-origin"] == "http://hailey.example"


def test_a_web_site_cannot_make_the_browser_ask_or_agree_without_a_preflight(http: httpx.Client, engine: RuleEngine) -> None:
    calls, plain = len(engine.asked), {"Content-Type": "text/plain"}
    assert http.post("/api/rewriting", content=json.dumps({"SP": POST, "RP": REPLY}), headers=plain).status_code == 415
    assert http.post("/api/suggest", content=json.dumps({"post": POST}), headers=plain).status_code == 422
    assert http.post("/api/feedback/consent", content='{"agree": true}', headers=plain).status_code == 422
    assert http.post("/api/feedback/consent").status_code == 422
    assert len(engine.asked) == calls


def test_open_suggestions_are_placed_and_scored_against_the_text_as_it_is_now(http: httpx.Client) -> None:
    now = "🙂 I'm sorry. Get a new one. Bye."
    places = {"gap": ("insert", "What now?", len(now) + 1), "gone": ("replace", "Oh no.", 0)}
    open_ = [
        {"id": key, "op": op, "text": text, "start": start, "end": start + 5 * (op == "replace"), "scored": True}
        for key, (op, text, start) in places.items()
    ]
    answer = http.post("/api/settle", json={"post": POST, "reply": now, "open": open_}).json()
    assert answer["scores"]["emotional_reaction"]["level"] == 2 and answer["open"]["gone"] is None
    gap = answer["open"]["gap"]
    assert (gap["at"], gap["start"], gap["end"], gap["insert"]) == (
        len(split(now).sentences),
        len(now) + 1,
        len(now) + 1,
        " What now?",
    )
    assert gap["scores"]["before"]["exploration"] < 0.5 < 1.5 < gap["scores"]["after"]["exploration"]


def test_a_foreign_name_for_this_computer_is_not_answered(http: httpx.Client) -> None:
    assert http.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert http.post("/api/suggest", json={"post": POST}, headers={"Host": "evil.example"}).status_code == 400


def test_feedback_needs_agreement_and_obeys_its_owner(http: httpx.Client) -> None:
    suggestion = {"op": "insert", "at": 0, "text": "Hi.", "mechanism": None, "scores": None, "reason": "because"}
    record = {"id": "number-one", "session": "s", "post": POST, "reply": REPLY, "suggestion": suggestion, "action": "accepted"}
    assert http.post("/api/feedback", json={"records": [record]}).status_code == 403
    agreed = http.post("/api/feedback/consent", json={"agree": True}).json()
    me = {"X-Supporter": agreed["supporter"]}
    saved = http.post(
        "/api/feedback", json={"records": [record, record | {"id": "number-two", "action": "rejected"}]}, headers=me
    )
    assert saved.json() == {"saved": ["number-one", "number-two"], "count": 2}
    assert http.post("/api/feedback", json={"records": [record | {"action": "liked"}]}, headers=me).status_code == 422
    seen = http.get("/api/feedback", headers=me).json()
    assert seen["count"] == 2 and seen["records"][0]["post"] == POST
    export = http.get("/api/feedback/export", headers=me)
    assert [json.loads(line)["action"] for line in export.text.splitlines()] == ["accepted", "rejected"]
    assert http.get("/api/feedback/export").text == "", "nothing without the number"
    assert http.delete("/api/feedback", headers=me).json() == {"deleted": 2}
    assert http.get("/api/feedback", headers=me).json()["agreed"] is None
    assert http.post("/api/feedback", json={"records": [record]}, headers=me).status_code == 403


def test_twenty_at_once_get_their_own_suggestions_and_an_honest_place_in_the_line() -> None:
    engine = RuleEngine()
    engine.gate.clear()
    server = Server(application(engine, Store("sqlite://"), line=Line(20)), free_port()).start()
    arrived = threading.Semaphore(0)

    def one(i: int) -> list[dict]:
        got = []
        with httpx.stream(
            "POST", f"{server.address}/api/suggest/stream", json={"post": f"Post {i}.", "reply": "One. Two."}, timeout=120
        ) as answer:
            for line in answer.iter_lines():
                got.append(json.loads(line))
                if got[-1]["event"] == "waiting":
                    arrived.release()
        return got

    try:
        with ThreadPoolExecutor(20) as pool:
            sessions = [pool.submit(one, i) for i in range(20)]
            for _ in range(20):
                assert arrived.acquire(timeout=60)
            full = httpx.post(f"{server.address}/api/suggest", json={"post": "One more."}, timeout=60)
            assert full.status_code == 503 and full.headers["retry-after"] == "30"
            assert "20 requests are waiting" in full.json()["detail"]
            engine.gate.set()
            answers = [session.result(120) for session in sessions]
    finally:
        engine.gate.set()
        server.stop()
    places = []
    for i, got in enumerate(answers):
        waits = [e["ahead"] for e in got if e["event"] == "waiting"]
        assert waits == sorted(waits, reverse=True) and waits[-1] == 0, "the line only ever moves forward"
        places.append(waits[0])
        texts = [e["options"][0]["text"] for e in got if e["event"] == "suggestion"]
        assert f"That must hurt: “Post {i}.”." in texts
        assert got[-1]["event"] == "end"
    assert sorted(places) == list(range(20)), "everybody was told a different place"
