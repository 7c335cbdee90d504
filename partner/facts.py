"""Facts that a sentence carries over from the post it was written for.

A sentence written for one post may be offered for another only if it brings nothing of the first along.
"""

from __future__ import annotations

import re
from functools import cache

from nltk.stem.snowball import SnowballStemmer

WORD = re.compile(r"[A-Za-z']+|\d+(?:[.,:]\d+)*")
_STOP = frozenset(
    (
        "a about after again ago all almost alone already also always am an and another any anyone anything are around as "
        "ask at away back be because been before being best better between both but by came can can't come could couldn't "
        "day days deserve did didn't do does doesn't doing don't done each else enough even ever every everyone "
        "everything far feel feeling feels felt few find first for from gave get getting give go going gone good got had "
        "hard has have having he he's hear hearing heart help her here hers herself him himself his hold hope how i i'd "
        "i'll i'm i've if in into is isn't it it's its just keep kind know knowing last least leave left less let like "
        "little long look lot made make makes making many may maybe me might mind moment more most much must my need "
        "never new no nobody not nothing now of off often oh on once one only or other our out over own part people "
        "person please put rather really right said same say saying see seems she she's should since so some someone "
        "something sometimes soon sorry sound sounds still such sure take takes talk tell than thank that that's the "
        "their them then there these they they're thing things think this those though thought through time to today "
        "together told too took tough trying under until up us very want was wasn't way we week weeks well went were "
        "weren't what what's whatever when where whether which while who whole why will wish with without won't wonder "
        "word words would wouldn't year years yes yet you you'd you'll you're you've your yours yourself"
    ).split()
)


# Stems of words in which feeling and understanding are spoken of; they say nothing of what happened.
SYMPATHY = frozenset(
    (
        "ach afraid alon anger angri anybodi apart asham aw awful bad bear behalf believ bet big bit blame brave break "
        "broke broken calm care carri choos close comfort confus courag cri cruel dark deserv doubt dread easi easier "
        "empti even everybodi exact exhaust exist fear felt frighten furious gentl glad gone grief griev guess guilt "
        "guilti gut happen happi hard harder hardest hate hear heard heavi help hold honest honestli hope horribl hug "
        "huge hurt imagin insid inside kind know less life lift like listen lone loneli longer lose loss lost love low "
        "lump matter mean mind miss moment need next nobodi ouch overwhelm pain peac poor probabl proper proud react "
        "read real relief reliev respect rest rough round sad sadden safe sank scare scari send sens serious shame "
        "share shock shook sick small soft some somebodi somehow somewher sore sort sound stay still sting strang "
        "strength strong stuck support sweet sympathi tear tender terribl terrifi thank think thought time tire tonight "
        "touch tough toward true trust ugh understand unfair upset want warm warmth weigh weight welcom winc wish "
        "wonder world worn worri wors worst worth worthi wrong "
    ).split()
)


@cache
def _stem(word: str) -> str:
    return _stemmer().stem(word)


@cache
def _stemmer() -> SnowballStemmer:
    return SnowballStemmer("english")


@cache
def content(text: str) -> frozenset[str]:
    """Stems of the words that carry facts: no function words, none of the common words of sympathy."""
    words = (m.lower().removesuffix("'s") for m in WORD.findall(text))
    return frozenset(_stem(w) for w in words if w not in _STOP and len(w) > 1)


@cache
def _pronouns(text: str) -> frozenset[str]:
    words = {w.lower().split("'")[0] for w in WORD.findall(text)}
    return frozenset(words & {"he", "him", "his", "she", "her", "they", "them", "their"})


def foreign_facts(sentence: str, origin: str, post: str) -> bool:
    """Whether a sentence written for the post `origin` brings facts of it that `post` does not have.

    A fact is a content word or number that the sentence shares with its origin and not with `post`, or a third person where
    `post` has nobody in third person.
    """
    if (content(sentence) & content(origin)) - content(post):
        return True
    return bool(_pronouns(sentence)) and not _pronouns(post)


def fits(sentence: str, post: str) -> bool:
    """Whether a sentence written elsewhere holds nothing that `post` does not: every fact is of the post or is a feeling.

    >>> fits("I'm so sorry about your dog.", "my dog died"), fits("I'm so sorry about that quiet bed.", "my dog died")
    (True, False)
    """
    if content(sentence) - content(post) - SYMPATHY:
        return False
    return not _pronouns(sentence) or bool(_pronouns(post))
