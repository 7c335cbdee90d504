"""One line in plain words that says why an edit is offered."""

from __future__ import annotations

import re
from collections.abc import Sequence

from spacy.lang.en.stop_words import STOP_WORDS

from partner.types import Conversation, Edit

WHY = {
    "emotional_reaction": "Shows warmth",
    "interpretation": "Shows you understand what this may be like",
    "exploration": "Asks about what has not been said yet",
}
DOUBTFUL = 0.5
"""Confidence below which a suggestion says that it is doubtful. Readers called 45 in 100 of such right, of others 72."""
DOUBT = "Less sure of this one: check it against the post."
_COMMON = frozenset(
    "feel feels feeling felt really hard sorry hope like know want need think thing things time day days today people person"
    " going gone come lot make makes made get gets got would could still even much way life good bad right just".split()
)
_WORD = re.compile(r"[A-Za-z][A-Za-z']+|\d+")


def reason(edit: Edit, conversation: Conversation, sentences: Sequence[str], confidence: float = 1.0) -> str:
    """Why `edit` is offered: what it does, what of the post it picks up, what it replaces, and whether it is doubtful.

    Args:
        confidence: probability that it is right for the post.
    """
    if edit.op == "delete":
        return f"This may hurt: “{_short(sentences[edit.at])}”"
    line = WHY[edit.mechanism] if edit.mechanism else "Fits here"
    shared = picked_up(edit.text, conversation.post)
    if shared:
        line += ", and picks up " + " and ".join(f"“{w}”" for w in shared[:2])
    if edit.op == "replace":
        line += f" (instead of “{_short(sentences[edit.at])}”, which may hurt)"
    return f"{line}. {DOUBT}" if confidence < DOUBTFUL else f"{line}."


def picked_up(sentence: str, post: str) -> list[str]:
    """Content words of the sentence that the post uses too, in the sentence's order, longest first word forms kept.

    >>> picked_up("Losing Rex after twelve years must hurt.", "my dog rex died. had him twelve years")
    ['Rex', 'twelve', 'years']
    """
    said = {_stem(w) for w in _WORD.findall(post)}
    found: dict[str, str] = {}
    for word in _WORD.findall(sentence):
        plain = word.lower().replace("'s", "")
        if plain not in STOP_WORDS and plain not in _COMMON and "'" not in plain and _stem(word) in said:
            found.setdefault(_stem(word), word)
    return list(found.values())


def _stem(word: str) -> str:
    plain = word.lower().replace("'s", "")
    for ending in ("ing", "ed", "es", "s"):
        if plain.endswith(ending) and len(plain) - len(ending) >= 3:
            return plain[: -len(ending)].rstrip("e")
    return plain.rstrip("e") if len(plain) > 3 else plain


def _short(sentence: str, words: int = 7) -> str:
    parts = sentence.split()
    return " ".join(parts[:words]) + (" …" if len(parts) > words else "")
