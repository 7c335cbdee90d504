"""The reply as the browser keeps it (`ui/static/model.js`), exercised in a browser with many random steps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

WALK = (Path(__file__).parent / "walk.js").read_text(encoding="utf-8").split("\n", 1)[1]


@pytest.fixture(scope="module")
def tab(chromium, address: str):
    page = chromium.new_page()
    page.goto(f"{address}/api/health")
    yield page
    page.close()


@pytest.mark.parametrize("seed", [1, 20, 300])
def test_no_step_loses_a_word_and_every_step_can_be_undone_and_redone(tab, address: str, seed: int) -> None:
    assert tab.evaluate(WALK, [address, seed]) is None


def run(tab, address: str, code: str) -> object:
    return json.loads(
        tab.evaluate(f"async () => {{ const m = await import('{address}/partner/model.js'); return JSON.stringify({code}); }}")
    )


ITEM = """((start, end, insert, id = 'x') => ({id, pick: 0, options: [{op: end > start ? 'replace' : 'insert', at: 0,
    text: insert.trim(), start, end, insert}]}))"""


@pytest.mark.parametrize(
    ("skip", "place"),
    [(1, 4), (0, 6)],
)
def test_words_typed_beside_a_suggestion_go_where_the_caret_stood(tab, address: str, skip: int, place: int) -> None:
    code = f"m.change({{...m.blank('One.'), items: [{ITEM}(4, 4, ' New.')]}}, {{start: 4, end: 4, insert: ' a', skip: {skip}}})"
    state = run(tab, address, code)
    assert state["text"] == "One. a" and state["items"][0]["options"][0]["start"] == place


def test_two_suggestions_at_one_place_keep_their_order(tab, address: str) -> None:
    items = f"{{...m.blank('One.'), items: [{ITEM}(4, 4, ' A.', 'a'), {ITEM}(4, 4, ' B.', 'b')]}}"
    assert run(tab, address, f"m.accept(m.accept({items}, 'a'), 'b').text") == "One. A. B."
    assert run(tab, address, f"m.accept(m.accept({items}, 'b'), 'a').text") == "One. A. B."


def test_a_suggestion_that_comes_late_goes_to_its_sentence(tab, address: str) -> None:
    code = (
        f"m.arrive(m.blank('Hi. One. Two.'), {ITEM}(5, 9, 'New.'), [{{start: 0, end: 0, insert: 'Hi. '}}]).items[0].options[0]"
    )
    assert [run(tab, address, code)[key] for key in ("start", "end")] == [9, 13]
    code = f"m.arrive(m.blank('One. Tw.'), {ITEM}(5, 9, 'New.'), [{{start: 7, end: 8, insert: ''}}]).items"
    assert run(tab, address, code) == [], "its sentence was being rewritten by hand"


def test_a_sentence_never_runs_into_its_neighbours(tab, address: str) -> None:
    code = f"m.accept({{...m.blank('One.more'), items: [{ITEM}(4, 4, ' New.')]}}, 'x').text"
    assert run(tab, address, code) == "One. New. more"
