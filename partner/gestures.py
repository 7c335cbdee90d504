"""What a sentence of feeling does: two that do the same are one too many in a reply.

"I'm so sorry this is so hard" and "That sounds awful, and I feel for you" share hardly a word, and nobody would send both.
"""

from __future__ import annotations

import re

_WORDS = {
    "sympathy": (
        "sorry|sad(?:dened|dens)?|hate (?:that|to|how)|(?:hurts|pains) me|wish|hope|hug|if i could|sending|holding you|"
        "sit (?:down )?(?:next|with|beside)|feel(?:ing)? for|heart|ache|(?:with|thinking of|rooting for) you|on your side|"
        "alone|car(?:e|ing) (?:about|how)|(?:i|do) care|sympathi[sz]e|hard(?:er|est)?|tough|rough|awful|difficult|eas(?:y|ier)|"
        "struggl[a-z]+|pain(?:ful)?|hurt(?:s|ing)?|heavy|weigh[a-z]*|exhaust[a-z]+|tir(?:ed|ing)|draining|overwhelm[a-z]*|"
        "carry[a-z]*|cop(?:e|ing)|a lot (?:to|on|for)|so much"
    ),
    "thanks": (
        "glad|thanks?|thankful|grateful|touched|touches|honou?red|happy you|means (?:a lot|something|much)|hear (?:you|this)|"
        "tell|told|shar(?:e|ed|ing)|wr[io]te|written|writing|came|coming here|said|say(?:ing)?|out loud|post(?:ed)?|"
        "read(?:ing)?"
    ),
    "courage": "courage|brave(?:ry)?|strength|strong|honest(?:y|ly)?|openly|openness|respect|no small thing",
    "reasons": (
        "no wonder|of course|makes (?:complete |total |perfect )?sense|understand[a-z]*|see why|any(?:one|body) would|natural"
    ),
}
_GESTURES = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in _WORDS.items()}


def gestures(sentence: str) -> frozenset[str]:
    """Which of a few things a sentence does; none where it does something else.

    >>> sorted(gestures("I'm so sorry, and I'm glad you told us."))
    ['sympathy', 'thanks']
    """
    return frozenset(name for name, pattern in _GESTURES.items() if pattern.search(sentence))


def same_gesture(a: str, b: str) -> bool:
    """Whether two sentences do the same.

    >>> same_gesture("I'm so sorry it's this hard.", "That sounds tough, and I feel for you.")
    True
    >>> same_gesture("I'm so sorry.", "I'm glad you told us.")
    False
    """
    return bool(gestures(a) & gestures(b))
