"""PARTNER's warm-start trick on EPITOME (Sharma et al., WWW 2021, section 5.1), filtered.

The sentences that carry a mechanism are taken out of an empathic reply; the record's edits put them back. Dropped are
sentences that no assistant may learn to write: stories of the speaker's own, profanity, methods of self-harm, and
anything too short or too long to be one supportive sentence. Replies that are not empathic at all carry no edits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from partner.text import split
from partner.types import MECHANISMS, Conversation, Edit, Mechanism
from training.data.epitome import read_epitome
from training.data.records import Record

# What a sentence of each mechanism has to look like. EPITOME's own labels are not enough: its interpretations are mostly
# the speaker's own story ("I was there too"), and an assistant has no life of its own to share.
WORTH_LEARNING: dict[Mechanism, re.Pattern[str]] = {
    "emotional_reaction": re.compile(
        r"\b(sorry|i hope|hoping|i wish|proud of you|so glad|my heart|care about)\b", re.IGNORECASE
    ),
    "interpretation": re.compile(
        r"\b(sounds?|must|seems?|can be|it's (so |really |very )?(hard|tough|awful|rough|painful|difficult|exhausting)"
        r"|understandable"
        r"|makes sense|no wonder"
        r"|you('re| are) (feeling|going|dealing|not alone)|you feel)\b",
        re.IGNORECASE,
    ),
    "exploration": re.compile(r"\?$"),
}
OWN_STORY = re.compile(
    r"\b(my|mine|myself|me too|same|our|we|us|i've|i'd|i (was|were|had|have|did|went|used|got|lost|tried|know|also|too"
    r"|felt|started|am in|think|don't|can't|feel the|feel this|feel like|remember))\b"
    r"|have you (tried|considered|thought)|why don't",
    re.IGNORECASE,
)
NOT_TO_LEARN = re.compile(
    r"\b(fuck\w*|shit\w*|bitch\w*|ass|asshole|damn|crap|dick|hell|kill\w*|suicid\w*|die|dying|dead|death|cut(ting)?"
    r"|overdos\w*|pills?"
    r"|hang\w*|gun|knife|rope|jump|subreddit|reddit|r/|op|pm|dm|discord|https?|url|name)\b|[<>{}\[\]*^#]",
    re.IGNORECASE,
)


def read_putback(split_name: str = "train", folder: Path | None = None) -> Iterator[Record]:
    """Yield one record for each empathic reply with at least one usable sentence taken out and something left."""
    for record in read_epitome(split_name, folder):
        made = put_back(record)
        if made:
            yield made


def put_back(record: Record) -> Record | None:
    """The record with its empathic sentences turned into inserts, or None where none is usable."""
    reply = record.conversation.reply
    sentences = split(reply).sentences
    taken = {i: m for i, s in enumerate(sentences) if (m := _carries(s, record)) and _usable(s, m)}
    if not taken or len(taken) > 4 or len(sentences) > 12:
        return None
    kept: list[str] = []
    edits: list[Edit] = []
    for i, sentence in enumerate(sentences):
        if i in taken:
            edits.append(Edit("insert", len(kept), sentence, taken[i]))
        else:
            kept.append(sentence)
    return Record(
        id=record.id,
        conversation=Conversation(record.conversation.post, " ".join(kept), record.conversation.history),
        sentences=tuple(kept),
        edits=tuple(edits),
        source="epitome",
    )


def _carries(sentence: str, record: Record) -> Mechanism | None:
    """The mechanism whose rationale covers at least half of the sentence."""
    for mechanism in MECHANISMS:
        for rationale in record.rationales.get(mechanism, ()):
            if (rationale in sentence and len(rationale) >= len(sentence) / 2) or sentence in rationale:
                return mechanism
    return None


def _usable(sentence: str, mechanism: Mechanism) -> bool:
    fits = 4 <= len(sentence.split()) <= 26 and sentence[-1] in ".!?" and WORTH_LEARNING[mechanism].search(sentence)
    return bool(fits) and not (OWN_STORY.search(sentence) or NOT_TO_LEARN.search(sentence))
