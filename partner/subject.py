"""Whether words of a post are said of the seeker or of somebody else: "so nervous" in "she was so nervous" is not theirs.

A rule without a parser: forum posts are too loosely written for one. The nearest word before that names a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from partner.lexicon import EITHER, FEMALE, MALE

SEEKER = frozenset("i im ive id me my mine myself we weve us our you youre your yourself".split())
"""The seeker's own words for themself; "you" mostly means anybody in such posts, the writer first."""
# The second meaning of these is the usual one.
_UNSURE = frozenset("one so significant date match lead little ones da pa ma dear pet pets member person anyone nobody".split())
OTHERS = (MALE | FEMALE | EITHER | frozenset("they them their theyre theyve theyd hed".split())) - _UNSURE - SEEKER
"""Words for other people, without apostrophes."""
REACH = 8
"""Words that are looked back over, within a sentence."""
_WORD_OR_END = re.compile(r"\w+|[.!?\n]")


def tokens(text: str) -> tuple[list[str], list[int]]:
    """Words in lower case without apostrophes, and for each the number of the first word of its sentence."""
    words: list[str] = []
    starts: list[int] = []
    start = 0
    for token in _WORD_OR_END.findall(text.lower().replace("'", "").replace("\u2019", "")):
        if token in ".!?\n":
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
    for word in reversed(words[max(sentence, start - REACH) : start]):
        if word in SEEKER:
            return False
        if word in OTHERS:
            return True
    return False
