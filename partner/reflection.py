"""Sentences that say back what the seeker told: "I'm so sorry your dad won't talk to you."

Nothing in them is made up but the frame around a clause of the post (`partner.clauses`). Whether that clause is the trouble,
or a side remark, is for the judge to say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from partner.clauses import Clause, clauses
from partner.ranking import lot
from partner.types import Mechanism
from partner.unsaid import is_wary

MOST = 8
"""Clauses of one post that are tried."""
_FRAMES: dict[Mechanism, dict[str, tuple[str, ...]]] = {
    "emotional_reaction": {
        "clause": (
            "I'm so sorry {}.",
            "I'm sorry {}.",
            "It hurts to read that {}.",
            "It makes me sad that {}.",
            "I hate that {}.",
        ),
        "present": ("I'm sorry, {} sounds so hard.", "I feel for you, {} is so hard."),
        "past": ("I'm sorry, {} must have been so hard.",),
    },
    "interpretation": {
        "clause": ("It can't be easy that {}.", "Of course it hurts that {}."),
        "present": ("It must be so hard, {}.", "{} must be so hard."),
        "past": ("{} must have been so hard.",),
    },
}


@dataclass(frozen=True)
class Reflection:
    """A sentence that says back a clause.

    Attributes:
        text: the sentence.
        mechanism: the EPITOME mechanism it expresses.
        clause: what it says back, in the second person.
    """

    text: str
    mechanism: Mechanism
    clause: str


def reflections(post: str, mechanisms: Iterable[Mechanism], known: Collection[str]) -> list[Reflection]:
    """Sentences that say back clauses of a post, each clause as a feeling and as a thought; in which frame is drawn by lot.

    Args:
        post: what the seeker wrote.
        mechanisms: those wanted; there are no questions among them.
        known: as of `partner.clauses.clauses`.
    """
    if is_wary(post):
        return []
    wanted = [m for m in mechanisms if m in _FRAMES]
    return [Reflection(_framed(m, c, post), m, c.text) for c in clauses(post, known)[:MOST] for m in wanted]


def _framed(mechanism: Mechanism, clause: Clause, post: str) -> str:
    frames = _FRAMES[mechanism]
    said = [frame.format(clause.text) for frame in frames["clause"]]
    if clause.gerund:
        # "Feeling so alone must be so hard" is one "so" too many.
        short = [frame.replace("so hard", "hard") if " so " in clause.gerund else frame for frame in frames[clause.tense]]
        said += [frame.format(clause.gerund) for frame in short]
    sentence = max(said, key=lambda s: lot(s, post))
    return sentence[0].upper() + sentence[1:]
