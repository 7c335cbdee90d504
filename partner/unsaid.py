"""Clauses that are never said back to a seeker, and posts of which nothing is: "I'm sorry the voices want you to go."

Word lists, wide on purpose. What they keep back by mistake costs one suggestion of many; what they let through may confirm a
delusion, take the side of somebody who harms, or speak lightly of danger.
"""

from __future__ import annotations

import re


def _any_of(*terms: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(terms)})\b", re.IGNORECASE)


_THEM = "(?:him|her|them)"
_KIN = r"(?:\w+ )?(?:son|daughter|kids?|child\w*|baby|wife|husband|girlfriend|boyfriend|partner|mum|mom|dad|family|parents)"
_AFRAID = "(?:scared|afraid|frightened|terrified)"

_CONTEMPT = _any_of(
    *"idiot failure failing loser ugly stupid dumb disgusting worthless burden lazy pathetic weak useless crazy insane".split(),
    *r"mess waste wasted wasting fat monster coward selfish needy clingy denial talents? screwed unstable judge?ment".split(),
    *r"excuses? showered lying deserv\w* ruin\w*".split(),
    "(?:awful|horrible|bad|terrible) person",
    "something (?:awful|horrible|terrible)",
    "(?:strong|good) enough",
    "no right",
    "putting off",
    "makes? people",
    "forgive (?:my|your)self",
    "failed as",
    f"failed your {_KIN}",
)
"""What nobody says of another; that somebody feels so may be said."""
_VULGAR = _any_of(
    *r"suck piss\w* \w*fuck\w* \w*shit\w* bitch\w* ass damn hell crap whore slut cunt porn sex\w* naked".split(),
    "sle(?:ep|eps|pt|eping) with",
)
_DANGER = _any_of(
    *r"die kill\w* suicid\w* alive disappear\w* attempts? exist\w* wrists? guns? bullets? knife blades? sleeves".split(),
    *r"bridge overdos\w* pills tablets purg\w* bing(?:e|es|ed|ing) drunk drank drinking smoked high dealers? survived".split(),
    *["be here", "live for", "better off", "reason to", "no point", "end it", "end this", "give up", "go on", "keep going"],
    *["took all", "the guts", "going to be okay", "no future"],
)
_HARM = _any_of(
    *r"bruises? jealous restraining account password blocked police".split(),
    f"hat(?:e|es|ed|ing) (?:{_THEM}|your {_KIN})",
    rf"hurting (?:{_THEM}|some\w+|people|every\w+|your \w+)",
    f"(?:find|follow|watch|track|cheated on) {_THEM}",
    "where (?:he|she|they)",
    "going to pay for",
    "see it coming",
    "off (?:his|her|their) street",
    "without asking",
    "other (?:men|women|guys|girls)",
    "(?:fe)?male friends",
    f"{_AFRAID} of you",
)
"""Harm done to others, and what a jealous or stalking partner would tell of the one they control."""
_BELIEFS = _any_of(
    *r"chips? implant\w* government radio shadows? voices? demons? devil cult poison\w* gas punish\w* damned staged".split(),
    *["your (?:thoughts|mind)", "watching you", "follow(?:s|ed|ing)? you", "replaced by", "chosen to", "messages from"],
    *["the walls?", "(?:isn't|aren't|wasn't|not) yours?"],
)
"""What may be seen or believed by the seeker alone: neither to be confirmed nor denied."""
_BODY = _any_of(
    *r"meals? calories pounds kilos? lbs weight diet\w* wheelchair".split(), "(?:makes?|made|making) you eat", "half a person"
)
"""Food and weight: sorrow over them would agree with what hurts."""
_BORN = _any_of(
    *r"gay lesbian bi bisexual trans transgender queer straight non-?binary black white brown asian latin[ao] muslim".split(),
    *r"christian jewish jews? catholic hindu autis\w+ disabled down'?s adopted foreign\w* immigrants? racist greedy".split(),
    *["woman", "men", "only want"],
)
"""What somebody is, which is no trouble in itself: nobody is to read that it must be hard."""
_NEVER = (_VULGAR, _DANGER, _HARM, _BELIEFS, _BODY, _BORN)

_WARY = _any_of(
    *r"police restraining arrest\w* probation dealers? stash grams passwords? calories bing(?:e|ed|ing) purg\w+".split(),
    f"{_AFRAID} of me",
    *["court order", "track(?:ed|er|ing)", "(?:her|his) (?:phone|location)", "keep (?:her|him) safe", "two digits"],
    *["(?:talk|speak)(?:s|ing)? (?:to me )?through", "(?:messages|signals|signs) (?:from|for) me", "sending me messages"],
    f"(?:yards|met(?:er|re)s|feet) of {_THEM}",
    f"(?:hit|slapped|pushed|shook|grabbed|choked|hurt) (?:{_THEM}|my (?:{_KIN}|dog|cat))",
)
"""Where even a harmless clause may take the side of who harms, or of an illness: police, control, violence."""


def stays_unsaid(clause: str, own: bool, feels: bool) -> bool:
    """Whether a clause is left to the supporter's own words.

    Args:
        clause: in the second person.
        own: whether the seeker is its subject.
        feels: whether it says what the seeker feels, which may be said even where it would be contempt from another.
    """
    if any(unsaid.search(clause) for unsaid in _NEVER) or (_CONTEMPT.search(clause) and not feels):
        return True
    return not own and "found out" in clause


def is_wary(post: str) -> bool:
    """Whether nothing of a post is said back."""
    return bool(_WARY.search(post))
