"""The person that a post tells of most, in its writer's words: "my best friend" becomes "your best friend".

Sentences of `partner.stock` may leave a place for them: "What would you like to say to {person}, if you could?", and choose
a form by their number: "I wish {person} {was|were} here".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_ONE = (
    "mom mum mother mama mam mommy mummy dad father papa daddy stepmom stepmum stepmother stepdad stepfather sister "
    "brother twin stepsister stepbrother husband wife boyfriend girlfriend partner fiance fiancé fiancee fiancée "
    "spouse ex ex-boyfriend ex-girlfriend ex-husband ex-wife ex-partner crush friend bestfriend flatmate roommate "
    "housemate neighbor neighbour boss manager supervisor coworker co-worker colleague teacher professor advisor "
    "therapist psychiatrist counselor counsellor doctor landlord landlady grandma grandmother nan nana gran granny "
    "grandpa grandfather grandad granddad aunt auntie uncle cousin niece nephew son daughter stepson stepdaughter "
    "mother-in-law father-in-law sister-in-law brother-in-law family"
).split()
_SEVERAL = (
    "parents grandparents friends sisters brothers siblings sons daughters flatmates roommates housemates neighbors neighbours "
    "coworkers co-workers colleagues classmates in-laws"
).split()
# Said of whom one cannot ask what they know or what one would say to them.
_OTHERS = "baby kid kids child children toddler dog dogs cat cats puppy kitten pet".split()
_SHORT = {"bf": "boyfriend", "gf": "girlfriend", "hubby": "husband", "bff": "best friend", "bestfriend": "best friend"}
_KEPT = "best older younger little big ex eldest oldest youngest step twin".split()
_LEFT_OUT = "own only close closest old new current first online dear".split()
_ALL = sorted({*_ONE, *_SEVERAL, *_OTHERS, *_SHORT}, key=len, reverse=True)
_MY = re.compile(
    rf"\bmy\s+((?:(?:{'|'.join([*_KEPT, *_LEFT_OUT])})\s+)*)({'|'.join(map(re.escape, _ALL))})(?![\w-]|['\u2019]s)",
    re.IGNORECASE,
)
_FORM = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")
MOSTLY = 0.5
"""Least share of the people named in a post that the one it is about must have: of more it does not tell which."""


@dataclass(frozen=True)
class Person:
    """Somebody, as their relation to the seeker.

    Attributes:
        name: after "your", "best friend".
        several: whether it stands for more than one.
    """

    name: str
    several: bool

    def put_into(self, sentence: str) -> str:
        """A sentence with its places for a person filled."""
        return _FORM.sub(lambda m: m[1 + self.several], sentence).replace("{person}", f"your {self.name}")


def person_of(turns: Sequence[str]) -> Person | None:
    """Whom the seeker tells of most; None if they name nobody, several alike, or a small child or an animal.

    Args:
        turns: what the seeker wrote.
    """
    named = [(m[1].lower().split(), m[2].lower()) for turn in turns for m in _MY.finditer(turn)]
    counts = Counter(noun for _, noun in named)
    if not counts:
        return None
    noun, most = counts.most_common(1)[0]
    if most < MOSTLY * len(named) or noun in _OTHERS:
        return None
    before = max(([w for w in words if w in _KEPT] for words, other in named if other == noun), key=len)
    return Person(" ".join([*before, _SHORT.get(noun, noun)]), noun in _SEVERAL)
