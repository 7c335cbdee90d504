"""Why an edit is offered, in one plain line."""

from __future__ import annotations

from partner.reasons import DOUBT, DOUBTFUL, reason
from partner.types import Conversation, Edit

POST = Conversation("my dog rex died. had him twelve years", "Cheer up.")
EDIT = Edit("insert", 0, "Losing Rex after twelve years must hurt.", "emotional_reaction")


def test_the_line_says_what_the_sentence_does_and_what_it_picks_up():
    assert reason(EDIT, POST, ["Cheer up."]) == "Shows warmth, and picks up “Rex” and “years”."
    swap = Edit("replace", 0, "I'm so sorry.", "emotional_reaction")
    assert reason(swap, POST, ["Cheer up."]) == "Shows warmth (instead of “Cheer up.”, which may hurt)."
    assert reason(Edit("delete", 0), POST, ["Cheer up."]) == "This may hurt: “Cheer up.”"


def test_doubt_is_said_and_only_where_there_is_some():
    assert reason(EDIT, POST, ["Cheer up."], DOUBTFUL - 0.01).endswith(f"“years”. {DOUBT}")
    assert DOUBT not in reason(EDIT, POST, ["Cheer up."], DOUBTFUL)
