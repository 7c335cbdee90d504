"""Which of a seeker's own doings are trouble: "i lost my job" is, "i bought a car" is not.

A clause is said back with sorrow, so it has to tell of something that befell the seeker or that they feel. What they chose, did
to others or think of themselves is not among these words, and neither is what only looks harmless: "i ate a sandwich" is no
sorrow, "i went back to my old way of coping" may be one that must not be spoken of lightly.
"""

from __future__ import annotations

from collections.abc import Sequence

_BEING = frozenset("i'm we're am are was were wasn't weren't".split())
_PERFECT = frozenset("i've we've haven't hadn't".split())
_HAVING = frozenset("have had".split())
_FAILING = frozenset("can't couldn't don't didn't".split())
_VERBS = frozenset(
    "feel felt hate got lost lose cried cry found broke miss missed hear heard fail failed struggle struggled wake woke slept "
    "spent spend dread worry fear avoid suffer suffered lack ache hurt fell quit dropped keep live".split()
)
_UNABLE = frozenset(
    "know have stop get feel think see look sleep find lift stand take make trust breathe afford remember keep talk move read "
    "open play enjoy explain swallow recognize recognise escape speak shake concentrate cope go sit study focus work eat cry "
    "face write drive relax rest settle bear walk fit belong pay control function reach hold stay answer ask "
    "forget swim hug".split()
)
"""What it is hard not to be able to do, or not to do."""
_LIVED = frozenset("had felt lost slept cried struggled spent heard missed seen suffered been lived".split())
_STATES = frozenset(
    "tired scared afraid sick sad terrified lonely alone ashamed stuck anxious unsure unable upset hurt numb empty broke "
    "homeless nervous ill unwell unhappy miserable desperate behind torn heartbroken burnt lost able okay ok sure happy bored "
    "laid left told made forgotten hidden beaten shaken worn "
    "crying losing struggling breaking shaking hurting drowning grieving suffering panicking worrying fighting spiralling "
    "spiraling sinking freaking burning having feeling missing living sleeping waking dreading facing falling dealing waiting "
    "passed hiding allowed doing over comfortable".split()
)
_GLAD = frozenset("able okay ok sure happy allowed sleeping doing over comfortable".split())
"""Trouble only where it is not so."""
_UNSAID = frozenset(
    "engaged divorced convinced tempted excited interested based supposed bed red need used obsessed relieved".split()
)
_LACKED = frozenset(
    "no to nobody nowhere nothing trouble panic nightmares flashbacks anxiety depression migraines problems barely "
    "hardly".split()
)
_ILLS = frozenset("miscarriage panic breakdown migraine headache stroke seizure hard rough fight argument".split())
_PASSED_OVER = frozenset(
    "not so too very really just still also always never being been pretty extremely completely constantly incredibly even "
    "only kinda absolutely totally deeply seriously painfully super such in recently both to seem get getting barely hardly "
    "all quite the".split()
)
_NOT = frozenset("not no never wasn't weren't haven't hadn't".split())


def is_trouble(words: Sequence[str]) -> bool:
    """Whether the seeker tells of what befell them or how they feel.

    Args:
        words: of the clause, in lower case, from its finite verb or from a subject that it hangs on ("i'm").

    >>> [is_trouble(clause.split()) for clause in ("lost my job", "i'm so tired", "i'm sure", "hit my brother")]
    [True, True, False, False]
    """
    verb, rest = words[0], list(words[1:])
    passed: list[str] = [verb]
    while len(rest) > 1 and rest[0] in _PASSED_OVER and not (verb in _HAVING and rest[0] == "to"):
        passed.append(rest.pop(0))
    after = rest[0] if rest else ""
    if verb in _BEING or (verb in _PERFECT and "been" in passed):
        return _is_state(after, not _NOT.isdisjoint(passed))
    if verb in _PERFECT and after != "had":
        return after in _LIVED
    if verb in _PERFECT or verb in _HAVING:
        rest = rest[1:] if after == "had" else rest
        after = rest[0] if rest else ""
        return not _NOT.isdisjoint(passed) or after in _LACKED or (after in ("a", "another") and not _ILLS.isdisjoint(rest))
    if verb in _FAILING:
        return after in _UNABLE
    return verb in _VERBS


def _is_state(word: str, denied: bool) -> bool:
    if word in _GLAD:
        return denied
    return word in _STATES or (word.endswith("ed") and word not in _UNSAID)
