"""Whether words of a post are said of the seeker or of somebody else: "so nervous" in "she was so nervous" is not theirs.

A rule without a parser: forum posts are too loosely written for one. The nearest word before that names a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from partner.lexicon import EITHER, FEMALE, MALE

SEEKER = frozenset("i im ive id ill me my mine myself we wed weve us our you youre youve youll your yourself u".split())
"""The seeker's own words for themself; "you" mostly means anybody in such posts, the writer first."""
# Words of the lists whose other meaning is the usual one, greetings, and objects: in "i miss him and feel so alone" it is "i".
_UNSURE = frozenset(
    "one ones so significant date match lead little da pa ma pet pets member person anyone nobody everyone guys miss patient"
    " judge male female foster crush him them himself herself".split()
)
_PEOPLE = (MALE | FEMALE | EITHER) - _UNSURE
OTHERS = (
    _PEOPLE
    | {f"{word}s" for word in _PEOPLE}
    | frozenset("they their theyre theyve theyd theyll hed shed family parents people folks".split())
) - _UNSURE
"""Words for other people, without apostrophes."""
REACH = 8
"""Words that are looked back over, within a sentence."""
_OWN_ROLE = frozenset("im am as being".split())
_WORD_OR_END = re.compile(r"\w+|[.!?\n\u2026\u3002]")


def tokens(text: str) -> tuple[list[str], list[int]]:
    """Words in lower case without apostrophes, and for each the number of the first word of its sentence."""
    words: list[str] = []
    starts: list[int] = []
    start = 0
    for token in _WORD_OR_END.findall(text.lower().replace("'", "").replace("\u2019", "")):
        if token in ".!?\n\u2026\u3002":
            start = len(words)
        else:
            words.append(token)
            starts.append(start)
    return words, starts


def of_another(words: Sequence[str], start: int, end: int, sentence: int) -> bool:
    """Whether `words[start:end]` are said of somebody else.

    Args:
        words: of the whole text, as from `tokens`.
        sentence: number of the first word of the sentence that `start` is in.
    """
    if not SEEKER.isdisjoint(words[start:end]):
        return False
    for at in range(start - 1, max(sentence, start - REACH) - 1, -1):
        if words[at] in SEEKER:
            return False
        if words[at] in OTHERS and not _passed_over(words, at, start, sentence):
            return True
    return False


def _passed_over(words: Sequence[str], at: int, start: int, sentence: int) -> bool:
    """A role of the seeker's ("as a nurse"), or "her" that is not before its noun."""
    role = at - 2 >= sentence and words[at - 1] in ("a", "an") and words[at - 2] in _OWN_ROLE
    return role or (words[at] == "her" and start - at > 2)
