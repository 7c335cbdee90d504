"""The person that a post tells of most, in its writer's words: "my best friend" becomes "your best friend".

Sentences of `partner.stock` may leave a place for them: "What would you like to say to {person}, if you could?", and choose
a form by their number: "{Does|Do} {person} know?" Nobody is sent to talk to whom they fear, to the dead, or with a secret.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

_ONE = (
    "mom mum mother mama mam mommy mummy dad father papa daddy stepmom stepmum stepmother stepdad stepfather sister "
    "brother twin stepsister stepbrother husband wife boyfriend girlfriend partner fiance fiancé fiancee fiancée "
    "spouse ex ex-boyfriend ex-girlfriend ex-husband ex-wife ex-partner crush friend bestfriend flatmate roommate "
    "housemate neighbor neighbour boss manager supervisor coworker co-worker colleague teacher professor advisor "
    "therapist psychiatrist counselor counsellor doctor landlord landlady grandma grandmother nan nana gran granny "
    "grandpa grandfather grandad granddad aunt auntie uncle cousin mother-in-law father-in-law sister-in-law "
    "brother-in-law family"
).split()
_SEVERAL = (
    "parents grandparents friends sisters brothers siblings flatmates roommates housemates neighbors neighbours "
    "coworkers co-workers colleagues classmates in-laws"
).split()
# One cannot ask what these know, or they may be small.
_OTHERS = (
    "baby kid kids child children toddler son sons daughter daughters stepson stepdaughter niece nephew dog dogs cat cats "
    "puppy kitten pet"
).split()
_SHORT = {"bf": "boyfriend", "gf": "girlfriend", "hubby": "husband", "bff": "best friend", "bestfriend": "best friend"}
_KEPT = "best older younger little big ex eldest oldest youngest step twin".split()
_LEFT_OUT = "own only close closest dear".split()
_ALL = "|".join(map(re.escape, sorted({*_ONE, *_SEVERAL, *_OTHERS, *_SHORT}, key=len, reverse=True)))
# Not "my mother in law", "my sisters husband", "my mum and dad", "my friend group".
_WITH = rf"in\s+law|group|training|appointment|house|place|member|(?:(?:and|&)\s+(?:my\s+)?)?(?:{_ALL})"
_NOT_ALONE = rf"(?![\w-]|['\u2019]s|\s+(?:{_WITH})\b)"
_MY = re.compile(rf"\bmy\s+((?:(?:{'|'.join([*_KEPT, *_LEFT_OUT])})\s+)*)({_ALL}){_NOT_ALONE}", re.IGNORECASE)
_FORM = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")
_DEATH = (
    r"die[ds]?|dying|dead|death|passed (?:away|on|last|in)|my \w+ passed|(?:my|our|his|her) late|funeral|burial|"
    r"grave|grie\w+|killed|kill(?:s|ing)?|hung|hanged|suicid\w*|"
    r"stillb\w+|miscarr\w*|(?:lost|losing|lose) (?:my|our|him|her|them|mum|mom|dad)|took (?:my|him|her)|no longer with us|"
    r"coma|dementia|alzheimer\w*|unconscious|life support|hospice|terminal"
)
_HARM = (
    r"abus\w*|violen\w*|hit|hits|hitting|beat\w*|slap\w*|punch\w*|chok\w*|strangl\w*|kick\w*|push(?:es|ed|ing)? me|shov\w*|"
    r"grab\w*|touch(?:es|ed|ing)? (?:me|us)|rap(?:e|ed|es|ist)|molest\w*|groom(?:ed|ing)|assault\w*|forc(?:e|es|ed|ing) me|"
    r"stalk\w*|follow(?:s|ed|ing)? me|restraining|threat\w*|hurt(?:s|ing)? me|knife|gun|weapon|police|control(?:s|ling)|"
    r"into my (?:room|bed)|throw\w*|threw|smash\w*|rage|unsafe|not safe|feel safe|disown\w*|"
    r"(?:scared|afraid|terrified|frightened|fear) (?:of|my|him|her|them)"
)
_NO = r"(?:doesn'?t|does not|don'?t|do not|didn'?t)"
_SECRET = (
    r"gay|lesbian|bi|bisexual|trans|transgender|transition\w*|queer|closet\w*|com(?:e|es|ing) out|came out|pregnan\w*|abortion|"
    r"finds? out|no ?(?:one|body) knows|thinks? (?:it|its|it's|i|i'm|im|we|that)|secret\w*|affair|cheat(?:ed|ing) on|i cheated|"
    rf"{_NO} (?:even )?know (?:about|yet|i|that|it)|(?!i\b)\w+ {_NO} know"
)
_NOT_ASKED = re.compile(rf"\b(?:{_DEATH}|{_HARM}|{_SECRET})\b", re.IGNORECASE)


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


def person_of(post: str, told: str = "") -> Person | None:
    """Whom a post tells of most; None if it names nobody, or no one more than all others together.

    None, too, where death, violence, fear or a secret is spoken of, since what one would say to them may then hurt or harm,
    and for small children and animals.

    Args:
        post: where the person is looked for.
        told: whatever else the seeker has written.
    """
    if _NOT_ASKED.search(f"{told}\n{post}".replace("\u2019", "'")):
        return None
    named: list[tuple[tuple[str, ...], str]] = []
    for m in _MY.finditer(post):
        *before, noun = [*m[1].lower().split(), *_SHORT.get(m[2].lower(), m[2].lower()).split()]
        named.append((tuple(w for w in before if w in _KEPT), noun))
    # "My friend" is the best friend that was named before, unless there are two; an ex is somebody else.
    forms: dict[str, set[tuple[str, ...]]] = {noun: set() for _, noun in named}
    for before, noun in named:
        forms[noun] |= {before} - {()}
    alone = {noun: next(iter(found)) for noun, found in forms.items() if len(found) == 1 and "ex" not in next(iter(found))}
    counts = Counter((before or alone.get(noun, ()), noun) for before, noun in named)
    if not counts:
        return None
    (before, noun), most = counts.most_common(1)[0]
    if 2 * most <= len(named) or noun in _OTHERS:
        return None
    return Person(" ".join([*before, noun]), noun in _SEVERAL)
