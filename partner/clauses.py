"""Clauses of a post, said back in the second person: "i failed my exam again" becomes "you failed your exam again".

Saying back what was told is the simple reflection of reflective listening (Miller and Rollnick, Motivational Interviewing). A
clause is taken only whole, from where a sentence or a conjunction begins it to where the next ends it, and only if every word
is a plain one: forum posts are too loosely written for a parser, and what is left out costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from partner.gerunds import PAST, PRESENT, gerund
from partner.troubles import is_trouble
from partner.unsaid import stays_unsaid

Tense = Literal["past", "present"]
MOST = 11
"""Words of the longest clause: more sound like a parrot."""
_SHORT = {
    **{w.replace("'", ""): w for w in "i'm i've don't can't won't didn't doesn't isn't wasn't weren't aren't haven't".split()},
    **{w.replace("'", ""): w for w in "hasn't hadn't couldn't he's she's they're they've we've mum's mom's dad's".split()},
    **{"bf": "boyfriend", "gf": "girlfriend", "hubby": "husband", "alot": "a lot", "cannot": "can't"},
}
_NOT = re.compile(r"\b(could|do|does|did|have|has|had|is|was|were) not\b", re.IGNORECASE)
_TURNED = {
    **{"i": "you", "i'm": "you're", "i've": "you've", "my": "your", "me": "you", "mine": "yours", "myself": "yourself"},
    **{"we": "you", "we're": "you're", "we've": "you've", "us": "you", "our": "your", "ours": "yours"},
    **{"am": "are", "ourselves": "yourselves"},
}
_PLURAL = {"was": "were", "wasn't": "weren't"}
_SEEKER = frozenset("i i'm i've we we're we've".split())
_ANOTHER = frozenset("he she they he's she's they're they've nobody everyone everybody".split())
_KIN = frozenset(
    "mum mom mother dad father husband wife boyfriend girlfriend partner ex boss manager supervisor sister brother nan grandma "
    "gran grandad grandpa landlord flatmate roommate therapist psychiatrist doctor parents daughter son".split()
)
"""People who are one's own without "my" at the start of a sentence."""
_ADVERBS = frozenset(
    "just really still always never also finally actually literally constantly only barely recently even honestly completely "
    "totally already all both currently basically suddenly absolutely almost hardly truly simply".split()
)
_OPENERS = frozenset(
    "so well anyway like and but today yesterday now honestly basically lately then also plus ok okay hi hey hello recently "
    "sometimes yeah yes no ugh currently".split()
)
_TIMES = re.compile(
    r"^(?:(?:about |almost )?(?:\w+|a few|a couple of) (?:day|week|month|year|hour)s? ago|last (?:night|week|month|year|summer|"
    r"winter|\w+day)|this (?:morning|week|month|year|evening|afternoon)|right now|these days|all day|at night|for \w+ "
    r"(?:day|week|month|year)s(?: now)?) (?=[a-z])",
    re.IGNORECASE,
)
"""When, before the subject: true without it."""
_TRAILERS = frozenset("and but so or though please like just anyway either even edit today yesterday now".split())
_WHEN = re.compile(
    r" (?:on (?:mon|tues|wednes|thurs|fri|satur|sun)day|this (?:morning|week)|last (?:night|week)|right now|"
    r"(?:about |almost |over |nearly )?(?:\w+|a few|a couple of) (?:day|week|month|year)s? ago)$",
    re.IGNORECASE,
)
"""At the end: true without it, and nobody says it back."""
# Other people's words, questions to the reader, what might be, and what is not English prose.
_NOT_TOLD = frozenset(
    "you your yours yourself u ur you're lol lmao tbh idk rn if maybe would would've could should might will i'll i'd gonna "
    "whether hope wish supposed ain't ill id please edit anyone sorry thanks thank".split()
)
_UNFINISHED = frozenset(
    "the a an to of with for from at in my your that when as is was and but about because or if than who very so really like "
    "feel are were his their on into by".split()
)
# Behind these a second clause is part of the first: "you feel like you can't breathe".
_LINKS = frozenset(
    "that when what how where like than because and while as time thing things way think thinks know knows knew say says said "
    "feel feels everyone everything someone something anyone all know why who whom before after until cause people one ones "
    "day days whenever every see do did or but more much further noticed realized realised friend worried".split()
)
_SUBJECT = (
    r"(?:i|i'm|im|i've|ive|he|she|they|it|we|my|his|her|their|our|he's|she's|they're|it's|we're|there|this|that|that's|everyone|"
    r"everything|nobody|no one|nothing|you|people|the|what|now|then)\b"
)
_PIECE = re.compile(r"([.!?;:\n\u2026]+|\s-+\s|[\u2013\u2014()\[\],])")
_JOINT = re.compile(
    r"\b(?:because|bc|cause|cuz|since|although|though|however|which|who|except|whereas|so that)\b"
    rf"|\b(?:and|but|or|so|yet|while|then)\s+(?={_SUBJECT})",
    re.IGNORECASE,
)
_DEPENDENT = frozenset(("which", "who", "since", "so that", "cause"))
_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?(?:-[a-z]+)*")
_ENDINGS = frozenset("t s m ve re d ll don isn didn doesn wasn weren won aren haven hasn hadn couldn".split())
_CAPITALS = frozenset("adhd ptsd ocd bpd pcos ivf nhs ibs".split())
"""Short names that posts on health are full of."""
_OBJECT = frozenset("my the a an another".split())
_AFTER_BARE = _OBJECT | frozenset("in at out off from by it".split())
"""What comes behind the verb of a sentence that leaves out "I"; "rejected from" leaves out "got" as well."""
_DROPPED = frozenset("literally actually honestly basically simply truly also currently".split())
"""Words that nobody says back."""


@dataclass(frozen=True)
class Clause:
    """A clause in the second person.

    Attributes:
        text: "you failed your exam again", without a capital or an end.
        tense: of its verb.
        own: whether the seeker is its subject.
        gerund: the same as something that one lives through, "failing your exam again"; empty where another is the subject or
            the verb's form is not known.
    """

    text: str
    tense: Tense
    own: bool
    gerund: str = ""


def clauses(post: str, known: Collection[str]) -> list[Clause]:
    """The clauses of a post that can be said back, each once, in its order.

    Args:
        post: what the seeker wrote.
        known: words in lower case; a clause with any other is left out, and so are nearly all typing errors.

    >>> [c.text for c in clauses("I failed my exam, and my dad won't talk to me.", {*"failed exam dad won talk to".split()})]
    ['you failed your exam', "your dad won't talk to you"]
    """
    found: dict[str, Clause] = {}
    for words, begins in _pieces(post):
        clause = _said_back(words, begins, known)
        if clause:
            found.setdefault(clause.text, clause)
    return list(found.values())


def _pieces(post: str) -> Iterator[tuple[list[str], bool]]:
    """Words between two boundaries, and whether a sentence begins with them."""
    begins = True
    for piece in _PIECE.split(post.replace("\u2019", "'").replace("\u2018", "'")):
        if _PIECE.fullmatch(piece):
            begins = piece[0] in ".!?\n\u2026"
            continue
        text = _NOT.sub(r"\1n't", " ".join(_SHORT.get(w.lower(), w) for w in piece.split()))
        start, joint = 0, ""
        for m in [*_JOINT.finditer(text), None]:
            if joint not in _DEPENDENT:
                yield text[start : m.start() if m else len(text)].split(), begins and not start
            if m:
                start, joint = m.end(), m[0].strip().lower()


def _said_back(words: list[str], begins: bool, known: Collection[str]) -> Clause | None:
    while words and words[0].lower() in _OPENERS:
        words = words[1:]
    words = _TIMES.sub("", " ".join(words)).split()
    words = _WHEN.sub("", " ".join(words)).split()
    while words and words[-1].lower() in _TRAILERS:
        words = words[:-1]
    # Shouted words are plain ones; ADHD is none of them.
    words = [w for w in words if w.lower() not in _DROPPED]
    words = [w.upper() if w.lower() in _CAPITALS else w.lower() if w.isupper() and len(w) > 4 else w for w in words]
    low = [w.lower() for w in words]
    if begins and low and low[0].removesuffix("'s") in _KIN:
        words, low = ["my", low[0], *words[1:]], ["my", *low]
    elif begins and low[1:2] and low[1] in (_AFTER_BARE if low[0] in PAST else _OBJECT if low[0].endswith("ed") else ()):
        words, low = ["i", low[0], *words[1:]], ["i", *low]
    least = 2 if low[:1] == ["i'm"] else 3
    if not least <= len(low) <= MOST or not _NOT_TOLD.isdisjoint(low) or not all(_plain(w, known) for w in words):
        return None
    verb = _verb(low)
    if verb is None or low[-1] in _UNFINISHED or not _one_clause(low):
        return None
    own = low[0] in _SEEKER
    text = _turned(words, low)
    if stays_unsaid(text, own, low[verb] in ("feel", "felt")) or (own and not is_trouble(low[verb:])):
        return None
    tense = _tense(low, verb)
    return Clause(text, tense, own, gerund(text, tense == "past", known) if own else "")


def _plain(word: str, known: Collection[str]) -> bool:
    parts = re.split(r"['-]", word.lower())
    return bool(_WORD.fullmatch(word)) and all(p in known or p in _ENDINGS or p in _CAPITALS for p in parts)


def _verb(low: list[str]) -> int | None:
    """Place of the finite verb, 0 where it hangs on the subject; None where the words do not begin with a clause."""
    if "'" in low[0] and low[0] in _SEEKER | _ANOTHER:
        return 0
    if low[0] in _SEEKER | _ANOTHER or low[:2] == ["no", "one"]:
        return _after_adverbs(low, 2 if low[0] == "no" else 1)
    if low[0] in ("my", "our"):
        for at in range(2, min(5, len(low))):
            verb = _after_adverbs(low, at)
            if verb and (low[verb] in PAST | PRESENT or low[verb].endswith("ed")):
                return verb if {"and", "of", "to", "with", "that", "from", "about", "who"}.isdisjoint(low[1:at]) else None
    return None


def _after_adverbs(low: list[str], at: int) -> int | None:
    while at < len(low) and low[at] in _ADVERBS:
        at += 1
    return at if at < len(low) else None


def _tense(low: list[str], verb: int) -> Tense:
    return "past" if verb and (low[verb] in PAST or low[verb].endswith("ed")) else "present"


def _one_clause(low: list[str]) -> bool:
    """Whether no second clause is run on: "i feel normal i just feel weird", "she is nineteen and stopped speaking to me"."""
    joined = low[low.index("and") + 1] if "and" in low[:-1] else ""
    if joined in PAST | PRESENT or joined.endswith("ed"):
        return False
    return all(low[i - 1] in _LINKS for i in range(2, len(low)) if low[i] in _SEEKER | {"he", "she", "they", "he's", "she's"})


def _turned(words: list[str], low: list[str]) -> str:
    turned: list[str] = []
    for i, (word, w) in enumerate(zip(words, low, strict=True)):
        subject = next((low[j] for j in range(i - 1, -1, -1) if low[j] not in _ADVERBS), "")
        if w in _TURNED:
            turned.append(_TURNED[w])
        elif w in _PLURAL and subject in ("i", "we"):
            turned.append(_PLURAL[w])
        else:
            turned.append(word if i else w)
    return " ".join(turned)
