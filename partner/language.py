"""Whether a text is something the models, which know English only, can work with."""

from __future__ import annotations

import re
import unicodedata

from spacy.lang.en.stop_words import STOP_WORDS

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
# Words of the list that are just as common in other languages say nothing.
_ENGLISH = frozenset(STOP_WORDS) | frozenset("im dont cant u ur idk ive id its didnt wont isnt hi hey hello thanks".split())
_SHARED = frozenset("a i me no so do as in an was on am her die is".split())
_ENDING = re.compile(r"[a-z]{2,}(?:ing|ed|ly|n't)")


def has_words(text: str) -> bool:
    """Whether there is at least one word (not only emojis, digits or punctuation)."""
    return _WORD.search(text) is not None


def is_english(text: str) -> bool:
    """Whether a post of a few words or more looks English; short texts in Latin letters get the benefit of the doubt."""
    words = _WORD.findall(text[:4000].lower().replace("’", "'"))
    if not words:
        return True
    letters = [c for w in words for c in w if c.isalpha()]
    latin = sum("LATIN" in unicodedata.name(c, "") for c in letters)
    if latin < 0.7 * len(letters):
        return False
    if len(words) < 6:
        return True
    telling = [w for w in words if w not in _SHARED]
    known = sum(w in _ENGLISH or w.split("'")[0] in _ENGLISH or _ENDING.fullmatch(w) is not None for w in telling)
    return known >= 0.2 * len(telling)
