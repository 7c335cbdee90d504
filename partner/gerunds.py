"""What somebody lives through, as a thing that can be spoken of: "you can't sleep" becomes "not being able to sleep"."""

from __future__ import annotations

from collections.abc import Collection

PAST = frozenset(
    "was were had did went got left lost broke told said found took came felt kept made fell died gave saw heard thought knew "
    "ran threw hit cut quit spent sent built bought caught taught fought brought sold stole chose froze spoke woke wrote drove "
    "grew blew flew began drank sang sank swore tore wore met led read let put set shut hurt beat bit hid stood understood "
    "forgot forgave became cost dealt slept wept meant paid laid stuck struck sat spat bled fled didn't wasn't weren't hadn't "
    "couldn't".split()
)
PRESENT = frozenset(
    "is are isn't aren't has have hasn't haven't can't won't don't doesn't can feels feel keeps keep hates hate wants says "
    "thinks makes treats ignores lives works drinks yells screams cries refuses leaves gets goes tells looks acts stays calls "
    "blames needs hurts comes seems takes gives asks lies smokes hits talks sleeps sits".split()
)
_BASES = dict(
    pair.split(":")
    for pair in (
        "lost:lose left:leave got:get broke:break told:tell found:find had:have came:come made:make fell:fall saw:see "
        "heard:hear ran:run quit:quit spent:spend sent:send bought:buy caught:catch fought:fight brought:bring sold:sell "
        "chose:choose froze:freeze woke:wake wrote:write went:go slept:sleep wept:weep paid:pay met:meet stood:stand "
        "gave:give felt:feel kept:keep became:become put:put let:let took:take forgot:forget was:be were:be"
    ).split()
)
_KEEPS_ON = frozenset("keep start begin stop stopp".split())
"""Verbs that are not put in "-ing" before another in "-ing"."""


def gerund(clause: str, past: bool, known: Collection[str]) -> str:
    """A clause with "you" as its subject, as its gerund; empty if the verb's form is not known.

    Args:
        clause: in the second person.
        past: whether its verb is in the past.
        known: words in lower case, among them forms in "-ing" that are in use.

    >>> gerund("you lost your job", True, {"lose", "losing"})
    'losing your job'
    """
    words = clause.split()
    first, *rest = [w for i, w in enumerate(words) if i > 2 or w not in ("just", "really", "finally")]
    if first == "you're":
        return " ".join(rest if rest and rest[0].endswith("ing") else ["being", *rest])
    if first == "you've":
        return " ".join(rest[1:]) if rest[:1] == ["been"] and rest[1:] and rest[1].endswith("ing") else ""
    before = rest[:1] if rest and rest[0] in ("always", "never", "still", "constantly", "barely", "hardly", "even") else []
    verb, *after = rest[len(before) :] or [""]
    if verb in ("can't", "couldn't"):
        return " ".join([*before, "not being able to", *after]) if after and after[0] in known else ""
    if verb in ("don't", "didn't") and after:
        before, verb, after, past = [*before, "not"], after[0], after[1:], False
    if verb in ("are", "were") and not before:
        return " ".join(after if after and after[0].endswith("ing") else ["being", *after])
    bases = ([_BASES[verb]] if verb in _BASES else _uninflected(verb)) if past else [verb]
    forms = [form for base in bases if base not in _KEEPS_ON for form in _ing(base, known)]
    return " ".join([*before, forms[0], *after]) if forms else ""


def _uninflected(verb: str) -> list[str]:
    """What a regular past may come from, likeliest first: "planned" from "plan", "hoped" from "hope"."""
    if not verb.endswith("ed") or len(verb) < 4:
        return []
    if verb[-3] == verb[-4]:
        return [verb[:-2], verb[:-3], verb[:-1]]
    return [verb[:-2], verb[:-1]] if verb[-3] in "aeiou" else [verb[:-1], verb[:-2]]


def _ing(base: str, known: Collection[str]) -> list[str]:
    """The forms in "-ing" that a base may have and that are in use, likeliest first."""
    if base.endswith("ie"):
        forms = [f"{base[:-2]}ying"]
    elif base.endswith("e") and base not in ("be", "see"):
        forms = [f"{base[:-1]}ing"]
    else:
        forms = [f"{base}ing", f"{base}{base[-1:]}ing"]
    return [form for form in forms if form in known and base in known]
