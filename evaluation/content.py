"""Whether a sentence has read the post: content words, events and people that both name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from evaluation.metrics import words

# Words that carry nothing of a particular post: any supportive sentence may hold them, so finding one in the post too
# shows no reading. Chosen from the most frequent stems of the authored sentences in assets/corpus, plus forum filler.
_COMMON = """
feel feeling felt feelings emotion sad sadness hurt hurting sorry hope hopeful wish glad happy scared scary worry worried
afraid fear angry anger lonely alone lone pain painful cry tear love loved heart tired proud upset frightened frightening
overwhelmed overwhelming stress stressful struggle struggling suffer bad good great best worst better worse fine okay ok
hard tough rough difficult difficulty easy heavy strong strength brave courage safe close quiet gentle kind kindness warm
real really sure true truly honest honestly right wrong little small big huge long old new full whole different single exact
like want know think thought make tell told look ask come came hear heard happen happened go going goes gone went talk say
said get got getting need let stay mean means meant sound sounds find found help helpful try tried trying turn take took
taken keep kept see saw seen call start stop hold held sit wait wonder leave left carry carried notice live give gave given
understand understanding understandable believe care deal dealing thank thanks reach share shared sharing listen deserve
matter matters seem use used put bring brought bear cope coping wear weigh remember forget forgot imagine expect explain
thing things people person someone somebody anyone anybody nobody everyone everybody everything something nothing anything
way word words life world lot bit place end part moment time times day days today tonight tomorrow yesterday night week
weeks weekend month months year years hour hours minute minutes morning evening afternoon second while ago
maybe probably perhaps definitely away yeah yes yep please hi hello hey lol just still actually literally basically
friend friends family support supportive advice post reply question answer reason sense mind point side kinda gonna wanna
don't doesn't didn't isn't wasn't aren't weren't can't couldn't won't wouldn't shouldn't haven't hasn't hadn't ain't dont
cant wont didnt doesnt isnt im ive id ill youre thats theres
"""

# Words for one event, person or animal: a sentence that says "losing your father" has read "my dad died".
_SAME = (
    "died die dies dying dead death funeral grief grieve grieving mourn mourning bereaved buried",
    "breakup dumped ex divorce divorced separated separation",
    "fired sacked redundant redundancy unemployed layoff",
    "job work working workplace office shift boss manager colleague coworker",
    "exam exams test tests grade grades marks finals",
    "school class classroom teacher pupils student",
    "college university uni campus degree",
    "ill illness sick disease diagnosis diagnosed hospital surgery operation doctor cancer chemo tumour tumor",
    "pregnant pregnancy miscarriage miscarried",
    "baby newborn infant",
    "debt debts rent bill bills money loan afford",
    "bully bullied bullying bullies mocked teased laughed mocking teasing",
    "abuse abused abusive assault assaulted violence violent",
    "sleep sleeping slept asleep insomnia awake",
    "drink drinking drunk alcohol alcoholic sober sobriety",
    "mum mom mam mother mama",
    "dad father papa daddy",
    "gran nan nana grandma grandmother granny",
    "grandad granddad grandpa grandfather",
    "son daughter kid kids child children boy girl",
    "brother sister sibling siblings",
    "husband wife spouse marriage married",
    "boyfriend girlfriend partner fiance fiancee",
    "dog puppy pup",
    "cat kitten",
)


# nltk and spaCy load torch and a lot besides, which `--help` does without.
@cache
def _stemmer() -> Callable[[str], str]:
    from nltk.stem import PorterStemmer

    return PorterStemmer().stem


@cache
def _stop_words() -> frozenset[str]:
    from spacy.lang.en.stop_words import STOP_WORDS

    return frozenset(STOP_WORDS)


def _stem(word: str) -> str:
    return _stemmer()(word.removesuffix("'s"))


@cache
def _stop() -> frozenset[str]:
    return _stop_words() | {_stem(w) for w in _COMMON.split()} | set(_COMMON.split())


@cache
def _same() -> dict[str, str]:
    return {_stem(word): group.split()[0] for group in _SAME for word in group.split()}


def content_words(text: str) -> frozenset[str]:
    """Porter stems of the words that are particular to a text.

    Left out: spaCy's English stop words, words of fewer than three letters, and the words common in any supportive
    sentence (feel, sorry, hard, hope, time, day, really, ...).

    >>> sorted(content_words("I'm so sorry your landlord raised the rent."))
    ['landlord', 'rais', 'rent']
    """
    stop = _stop()
    kept = (_stem(w) for w in words(text) if w not in stop and w.split("'")[0] not in stop)
    return frozenset(stem for stem in kept if len(stem) > 2 and stem not in stop)


def content_overlap(post: str, sentence: str, *, events: bool = True) -> frozenset[str]:
    """What a sentence picks up from the post: stems in both, and with `events` also events and people in both.

    An event or person counts when both texts name it, in whatever words: "my dad died" and "losing your father" share
    `[dad]`. Such a match is named by the first word of its group, in square brackets.
    """
    said, read = content_words(sentence), content_words(post)
    shared = said & read
    if not events:
        return shared
    same = _same()
    groups = {same[s] for s in said if s in same} & {same[s] for s in read if s in same}
    covered = {same[s] for s in shared if s in same}
    return shared | {f"[{group}]" for group in groups - covered}
