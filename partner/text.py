"""Sentences of a reply and the exact whitespace between them.

Forum writing breaks the rules that sentence splitters lean on: no capitals, no stops, smileys after the stop,
lists, three dots for a pause. A small spaCy pipeline handles it: a tokenizer that is linear in the length of the
text whatever it holds (spaCy's own is quadratic on long runs of punctuation or emoji, and this text comes from
strangers), and one component, `forum_sentences`, that marks the sentence starts.

Whether a sentence ends at a place depends only on that sentence and on the two words after it, never on the rest
of the reply. `partner.edits` relies on this: sentences that stay apart as a pair stay apart in any reply.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"

# Every alternative is linear: no unbounded repeat can fail after a long run and be tried again one character on.
_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<url>(?:https?://|www\.)\S*[^\s.,;:!?…'"”’)\]}>*_])
    | (?P<abbreviation>(?:[A-Za-z]\.){2,6}|Ph\.D\.)
    | (?P<smiley>
          [:;=][-'^o]?[()\[\]]+
        | (?<!\w)(?:[<>]?[:;=]['^-]?[DPpdOo/\\|3*cC]+(?![\w/])|[xX]D+(?!\w)|</?3+(?!\w)|[Tt][_.][Tt](?!\w))
        | \^[_.-]?\^|;[_-];|\*hugs?\*
        | [\U0001F000-\U0001FAFF\u2190-\u21FF\u2300-\u23FF\u2600-\u27BF\u2B00-\u2BFF\u200D\uFE0F\u20E3]+)
    | (?P<stop>[.!?…‽。！？؟।]+)
    | (?P<closer>["'”’»)\]}*_~](?!\w))
    | (?P<word>\w+(?:(?:['’@&/+:-]|\.(?!(?:[A-Z]|(?:i|im|you|that|this|what|how)\b)))\w+)*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_TITLES = frozenset("dr mr mrs ms prof rev sgt capt lt vs approx esp incl eg ie cf fig".split())
_MAY_END = frozenset("etc st jr sr inc ltd co dept jan feb aug sept oct nov dec mon tue tues wed thu thur thurs fri".split())
_NEVER_END = frozenset({"e.g.", "i.e."})
# Words that open a sentence, in any case; after an abbreviation or a smiley they are the sign of a new one.
_STARTERS = frozenset(
    "i im ive id you your youre youve u ur it its that thats this there what whats how hows why have do does did are can"
    " could would maybe my we they please sorry thank thanks hang sending stay hope hoping hey if".split()
)
_CAPITAL_STARTERS = _STARTERS | frozenset(
    "the a an he she but and so when where who no yes not as is was take let don't".split()
)
# Capitalised in the middle of a line, these open a sentence whose forerunner lost its stop.
_LOST_STOP = frozenset("You You're You've You'll Your That's It's This Please Have Are Do Did".split())
# No sentence ends with one of these, whatever the dots or the capital after it say.
_UNFINISHED = frozenset(
    "a an the my your his her their our of to in on at for with from and but or because if while as than"
    " is are was were be been am very more i'm im it's its that's thats seems".split()
)
_REPORTING = frozenset("said say says saying asked ask asks told tell tells thought thinks replied answered wrote".split())
_QUOTES = frozenset("\"'”’»)]}")
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Segmented:
    """A reply cut into sentences without losing a character.

    Attributes:
        sentences: n strings, none empty, none with outer whitespace, none holding a line break.
        gaps: n + 1 strings of whitespace: before the first sentence, between neighbours, after the last. A gap is
            empty where the writer left no space ("sorry.That").
    """

    sentences: tuple[str, ...]
    gaps: tuple[str, ...]

    @property
    def text(self) -> str:
        """The reply, byte for byte: `gaps[0] + sentences[0] + gaps[1] + ...`."""
        return self.gaps[0] + "".join(s + g for s, g in zip(self.sentences, self.gaps[1:], strict=True))


def split(reply: str) -> Segmented:
    """Cut `reply` into sentences; safe to call from any thread, linear in its length.

    A line break always ends a sentence. Smileys, emoji, closing quotes and brackets stay with the sentence before
    them. A pause ("...") ends one only when what follows looks like a new start. Any text is accepted: control
    characters and lone surrogates are kept as they are.

    >>> split("im so sorry :( that sucks.  Want to talk?").sentences
    ('im so sorry :(', 'that sucks.', 'Want to talk?')
    """
    starts = _starts(reply)
    sentences: list[str] = []
    gaps: list[str] = []
    end = 0
    for start, stop in zip(starts, [*starts[1:], len(reply)], strict=False):  # no sentence, no pair
        sentence = reply[start:stop].strip()
        gaps.append(reply[end:start])
        sentences.append(sentence)
        end = start + len(sentence)
    return Segmented(tuple(sentences), (*gaps, reply[end:]))


def stays_apart(left: str, gap: str, right: str) -> bool:
    """Whether `left + gap + right` still has a sentence boundary between the two.

    >>> stays_apart("That sucks.", " ", "Want to talk?"), stays_apart("im so sorry", " ", "want to talk?")
    (True, False)
    """
    return len(left) + len(gap) in _starts(left + gap + right)


def _starts(text: str) -> list[int]:
    """Character offsets at which a sentence starts; whitespace never starts one."""
    # A lone surrogate (legal in JSON, "\ud83d") cannot enter spaCy's UTF-8 string store; offsets stay the same.
    text = text.encode("utf-8", "replace").decode() if _has_surrogate(text) else text
    with _LOCK:
        nlp = _pipeline()
        # The memory zone frees the strings of this text, so that a long-running server does not keep what people wrote.
        with nlp.memory_zone():
            return [span[0].idx for span in nlp(text).sents if not span[0].is_space]


def _has_surrogate(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


@cache
def _pipeline() -> Language:
    import spacy  # takes seconds (it brings torch), so only once there is a text to split
    from spacy.language import Language

    Language.component("forum_sentences", func=forum_sentences)
    nlp = spacy.blank("en")
    nlp.tokenizer = _ForumTokenizer(nlp.vocab)
    nlp.max_length = 2**31
    nlp.add_pipe("forum_sentences")
    return nlp


class _ForumTokenizer:
    """Tokens as `_TOKEN` finds them; their kinds go into `doc.user_data["kinds"]`."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        from spacy.tokens import Doc

        words: list[str] = []
        kinds: list[str] = []
        spaces: list[bool] = []
        for match in _TOKEN.finditer(text):
            word, kind = match.group(), match.lastgroup or "other"
            if kind == "space" and word[0] == " " and words:  # spaCy's convention: one space belongs to its token
                spaces[-1], word = True, word[1:]
            if word:
                words.append(word)
                kinds.append(kind)
                spaces.append(False)
        return Doc(self.vocab, words=words, spaces=spaces, user_data={"kinds": kinds})


@dataclass
class _Sentence:
    """What has been read of the current sentence."""

    words: int = 0
    content: bool = False  # anything but stops and closers
    lower: bool = True  # no capital so far, but for an I within
    last: str = ""  # the last word or abbreviation
    ending: str = ""  # characters of a possible end: the stops, "smiley" or "abbreviation"
    quoted: bool = False  # a quote or bracket closed after the stop


def forum_sentences(doc: Doc) -> Doc:
    """spaCy component: set `is_sent_start` of every token of a `_ForumTokenizer` doc."""
    if not len(doc):
        return doc
    texts = [token.text for token in doc]
    spaced = [bool(token.whitespace_) for token in doc]
    kinds: list[str] = doc.user_data["kinds"]
    marks: list[int] = []
    sentence, new_line, space = _Sentence(), True, False
    for i, (text, kind) in enumerate(zip(texts, kinds, strict=True)):
        start = False
        if kind == "space":
            # Whitespace after a line break is a "sentence" of its own, so that no real one begins with it.
            start = not sentence.content and not sentence.ending
            new_line |= any(c in LINE_BREAKS for c in text)
            space = True
        else:
            if new_line:
                start = True
            elif kind in ("word", "url", "abbreviation", "other", "closer"):
                attached = kind == "closer" and sentence.ending and not space
                start = not attached and _ends(sentence, texts, kinds, i, space)
            if start:
                sentence = _Sentence()
            _read(sentence, text, kind, space)
            new_line, space = False, spaced[i]
        marks.append(1 if start or i == 0 else -1)
    # Not `token.is_sent_start = ...`: that walks the whole doc on every assignment.
    return doc.from_array(["SENT_START"], np.array(marks, dtype="int64").astype("uint64"))


def _read(sentence: _Sentence, text: str, kind: str, space: bool) -> None:
    """Take one token into the current sentence."""
    if kind == "stop":
        if sentence.content:
            sentence.ending = text if sentence.ending in ("", "smiley", "abbreviation") else sentence.ending + text
        return
    if kind == "smiley":
        sentence.ending = sentence.ending or ("smiley" if sentence.words else "")
    elif kind == "closer" and sentence.ending and not space:
        sentence.quoted |= text in _QUOTES
        return
    else:
        sentence.ending, sentence.quoted = "", False
        if kind == "abbreviation":
            sentence.ending = "abbreviation"
        if kind in ("word", "abbreviation", "url"):
            sentence.words += 1
            sentence.last = text
            sentence.lower &= text == text.lower() or (sentence.words > 1 and re.split("['’]", text)[0] == "I")
    sentence.content = True


def _ends(left: _Sentence, texts: list[str], kinds: list[str], i: int, space: bool) -> bool:
    """Whether `left` ends before token `i`, which is neither a stop nor a smiley."""
    following = _words_from(texts, kinds, i)
    word = following[0] if following else ""
    plain = re.sub("['’].*", "", word).lower()
    starter = plain in _STARTERS
    new = not word[:1].islower()
    if not left.ending:
        lost = kinds[i - 1] == "word" and left.last.islower() and left.last not in _UNFINISHED
        return lost and space and left.words > 2 and texts[i].replace("’", "'") in _LOST_STOP
    if left.ending == "smiley":
        return left.words > 1 and (new or starter)
    if left.quoted and (not _REPORTING.isdisjoint(w.lower() for w in following) or not (new or starter)):
        return False
    opener = starter if left.lower else new and plain in _CAPITAL_STARTERS
    if left.ending == "abbreviation":
        return space and opener and left.last.lower() not in _NEVER_END
    if not left.words:
        return space
    dots = left.ending.replace("…", "...")
    if dots.strip("."):  # holds ? or ! or a full-width stop
        return space or kinds[i] in ("word", "abbreviation") or "。" in dots
    if len(dots) > 1:  # a pause
        return left.words > 2 and (new or (left.lower and left.last not in _UNFINISHED))
    if left.words == 1 and (left.last.isdigit() or len(left.last) == 1):  # "1. item", "b. item"
        return False
    if left.last.lower() in _TITLES:
        return False
    if not space:
        return len(left.last) > 1 and kinds[i] in ("word", "abbreviation") and not word[0].isdigit() and (new or starter)
    initial = len(left.last) == 1 and left.last.isupper() and left.last != "I"
    return opener if initial or left.last.lower() in _MAY_END else True


def _words_from(texts: list[str], kinds: list[str], i: int) -> list[str]:
    """Up to two words at or shortly after token `i`, on its line and before any stop."""
    words: list[str] = []
    for text, kind in zip(texts[i : i + 6], kinds[i : i + 6], strict=True):
        if kind == "stop" or (kind == "space" and any(c in LINE_BREAKS for c in text)):
            break
        if kind in ("word", "url", "abbreviation"):
            words.append(text)
        if len(words) == 2:
            break
    return words
