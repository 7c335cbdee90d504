"""The HTML of the diff, the cards and the meters; no browser."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from partner.edits import apply
from partner.text import split
from partner.types import Conversation, Edit, Empathy, MechanismScore, Result, Suggestion
from ui.diff import cards_html, diff_html, place
from ui.session import begin, decide
from ui.view import crisis_html, message_html, meters_html, results_html

OURS = {"div", "ol", "li", "h3", "h4", "p", "ins", "del", "span", "button", "section", "strong"}
HOSTILE = "<script>alert(1)</script> \"'><img src=x onerror=alert(1)> ${alert(1)} {{value}} &lt;b&gt;"


class Reader(HTMLParser):
    """Collects the tags, the attribute names and the text that a reader sees, by the element it stands in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.attributes, self.open = set(), set(), []
        self.text: dict[str, str] = {"ins": "", "del": "", "plain": ""}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open.append((tag, dict(attrs).get("class", "")))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if any(cls in ("sr-only", "sign") for _, cls in self.open):
            return
        kind = next((tag for tag, _ in self.open if tag in ("ins", "del")), "plain")
        self.text[kind] += data


def edits_for(reply: str, text: str) -> list[Suggestion]:
    n = len(split(reply).sentences)
    edits = [Edit("insert", 0, text, "emotional_reaction")]
    if n:
        edits.append(Edit("replace", 0, text, "interpretation"))
    if n > 1:
        edits.append(Edit("delete", 1))
    edits.append(Edit("insert", n, text, "exploration"))
    return [Suggestion(edit, None, text) for edit in edits]


def test_nothing_from_users_or_models_becomes_markup() -> None:
    scores = Empathy(*(MechanismScore((1.0, 0.0, 0.0)) for _ in range(3)))
    reply = f"{HOSTILE}. {HOSTILE}."
    result = Result(Conversation(HOSTILE, reply), True, scores, tuple(edits_for(reply, HOSTILE)))
    html = results_html(begin(result, None, "")) + message_html(HOSTILE) + message_html(HOSTILE, error=True)
    reader = Reader(html)
    assert reader.tags <= OURS
    assert not [name for name in reader.attributes if name.startswith("on") or name in ("src", "href")]
    assert "<script>alert(1)</script>" in "".join(reader.text.values())


@given(st.text(max_size=60), st.text(min_size=1, max_size=30).filter(str.strip))
def test_the_diff_shows_every_word_of_the_draft_and_of_the_result(reply: str, text: str) -> None:
    suggestions = edits_for(reply, text)
    reader = Reader(diff_html(reply, suggestions, ["accepted"] * len(suggestions)))
    assert reader.tags <= OURS

    def letters(s: str) -> str:  # HTML has no NUL and one kind of line end
        return "".join(s.replace("\0", "").replace("\ufffd", "").split())

    assert sorted(letters(reader.text["plain"] + reader.text["del"])) == sorted(letters(reply))
    shown = letters(reader.text["plain"] + reader.text["ins"])
    assert sorted(shown) == sorted(letters(apply(reply, [s.edit for s in suggestions])))


def test_marks_are_signs_and_words_not_colour_alone() -> None:
    suggestions = edits_for("One. Two.", "New.")
    html = diff_html("One. Two.", suggestions, ["accepted", "pending", "pending", "rejected"])
    assert html.count('aria-hidden="true">+<') == 2 and html.count('aria-hidden="true">−<') == 2
    assert "accepted addition" in html and "suggested removal" in html
    assert html.count("New.") == 2, "a rejected suggestion is not in the diff"


def test_a_card_says_what_where_and_why() -> None:
    reply = "You should really join a club this year. Bye."
    suggestion = Suggestion(Edit("insert", 1, "What do you enjoy?", "exploration"), None, "Asks about what was not said.")
    html = cards_html(reply, [suggestion], ["pending"], 1)
    for words in ("Add", "after “You should really join a club…”", suggestion.edit.text, "Exploration", suggestion.reason):
        assert words in html
    assert html.count('aria-pressed="false"') == 2
    assert 'aria-pressed="true"' in cards_html(reply, [suggestion], ["accepted"], 1)


def test_place_in_plain_words() -> None:
    places = [place(Edit("insert", at, "x"), ["One.", "Two."]) for at in range(3)]
    assert places == ["at the start", "after “One.”", "at the end"]
    assert place(Edit("delete", 0), ["One."]) == "" == place(Edit("insert", 0, "x"), [])


def test_meters_tell_level_and_number_before_and_after() -> None:
    none, strong = MechanismScore((0.9, 0.1, 0.0)), MechanismScore((0.05, 0.15, 0.8))
    html = meters_html(Empathy(none, none, strong), Empathy(strong, none, strong))
    assert 'aria-valuetext="Emotional reaction: none 0.1 before, strong 1.8 now"' in html
    assert 'aria-valuetext="Exploration: strong 1.8 before, strong 1.8 now"' in html
    assert "not known now" in meters_html(Empathy(none, none, strong), None)


def test_buttons_without_effect_say_so() -> None:
    none = Empathy(*(MechanismScore((1.0, 0.0, 0.0)) for _ in range(3)))
    start = begin(Result(Conversation("p", "One."), False, none, tuple(edits_for("One.", "New."))), None, "")
    button = 'data-action="undo" data-index="-1" data-number="1" aria-disabled="{}"'
    assert button.format("true") in results_html(start)
    assert button.format("false") in results_html(decide(start, 0, "accepted", "One."))


def test_crisis_note_only_for_a_crisis() -> None:
    from partner.safety import CRISIS_NOTE

    assert crisis_html(False) == ""
    assert Reader(crisis_html(True)).text["plain"].count(CRISIS_NOTE) == 1
