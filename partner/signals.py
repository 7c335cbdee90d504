"""Signals of suicide and self-harm in what a seeker wrote: spaCy token patterns over forum spelling.

High recall is the aim: a missed signal costs more than a false one, whose only effect is that vetted sentences are
offered instead of generated ones. Figures of speech ("this job is killing me") must stay silent all the same, or people
stop believing the note. The categories follow the wording studied for suicide-risk detection in forums (Gaur et al.,
WWW 2019: ideation, behaviour, attempt) plus what a peer supporter treats differently: means at hand, another person in
danger, bereavement by suicide.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import spacy
from spacy.language import Language
from spacy.matcher import Matcher
from spacy.tokens import Doc

from partner.signal_patterns import FIGURES, FIRST_PERSON, OTHERS, PATTERNS, SETS, WEAK

# A post is read up to here; longer texts are pasted documents, and their length must not decide how long a page hangs.
MAX_CHARACTERS = 40_000

_TOKEN = re.compile(r"(?P<word>\w+(?:['’*`´]+\w+)*)|(?P<stop>[.!?\n;…]+)")
_LONG = re.compile(r"(\w)\1{2,}")
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Signal:
    """One place in a text that points to suicide or self-harm.

    Attributes:
        kind: `suicidal` (thoughts of dying by one's own hand), `passive` (a wish not to live or wake), `imminent` (a plan,
            means, a goodbye), `attempt` (one that was survived), `self_harm`, `other_person` (somebody else is in
            danger), `loss` (somebody died by suicide), `weak:...` and `hint:...` (everyday talk that counts only together
            with others).
        start, end: character span in the text.
    """

    kind: str
    start: int
    end: int


def crisis_signals(text: str) -> list[Signal]:
    """All signals in `text`, in order of place; safe from any thread, for any text.

    >>> [s.kind for s in crisis_signals("i dont want to be here anymore")]
    ['passive']
    >>> crisis_signals("this job is killing me and my phone just died")
    []
    """
    found: list[tuple[str, int, int]] = []
    tokens = list(_tokens(text[:MAX_CHARACTERS]))
    with _LOCK:
        # The memory zone frees the strings of this text, so that a long-running server does not keep what people wrote.
        nlp = _vocabulary()
        with nlp.memory_zone():
            for first, last in _sentences(tokens):
                words = [token[0] for token in tokens[first:last]]
                found += [(kind, first + start, first + end) for kind, start, end in _match(nlp, words)]
    if any(kind == "loss" for kind, _, _ in found):
        found = [("loss" if kind == "topic" else kind, start, end) for kind, start, end in found]
    found = [("suicidal" if kind == "topic" else kind, start, end) for kind, start, end in found]
    return sorted(
        {Signal(kind, tokens[start][1], tokens[min(end, len(tokens)) - 1][2]) for kind, start, end in found},
        key=lambda s: (s.start, s.end, s.kind),
    )


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """(normalised token, start, end): lower case, no apostrophes, drawn-out letters cut; every stop becomes "."."""
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "word":
            plain = re.sub(r"['’`´]", "", match.group().lower())
            yield _LONG.sub(r"\1", plain), match.start(), match.end()
        else:
            yield ".", match.start(), match.end()


def _sentences(tokens: list[tuple[str, int, int]]) -> Iterator[tuple[int, int]]:
    """(first, last) of each run of words without its stops; a run without an end is cut after 200 words."""
    first = 0
    for i, token in enumerate([*tokens, (".", 0, 0)]):
        if token[0] == "." or i - first >= 200:
            if i > first:
                yield first, i
            first = i + (token[0] == ".")


def _match(nlp: Language, words: list[str]) -> Iterator[tuple[str, int, int]]:
    """Signals of one sentence, as (kind, start, end) in its words; the sentence's end stands as "." for the patterns."""
    present = frozenset(words) | {"."}
    rules = {rule for word in present for rule in _index().get(word, ()) if rule.possible(present)}
    if not rules:
        return
    doc = Doc(nlp.vocab, words=[*words, "."])
    spans = {(rule.kind, start, end) for rule in rules for _, start, end in rule.matcher(doc)}
    figures = [(start, end) for kind, start, end in spans if kind == "figure"]
    plain = [
        (start, end) for kind, start, end in spans if kind not in ("figure", "topic") and not kind.startswith(("weak", "hint"))
    ]
    for kind, start, end in spans:
        shadows = figures if kind != "topic" else figures + plain
        if kind != "figure" and not any(start < e and s < end for s, e in shadows):
            yield _person(kind, words, start), start, min(end, len(words))


def _person(kind: str, words: list[str], start: int) -> str:
    """Whose signal it is: a kind `a/b?` depends on the nearest subject before it in the sentence."""
    if not kind.endswith("?"):
        return kind
    own, others = kind[:-1].split("/")
    if start and words[start - 1] == "my":
        return own
    for word in reversed(words[max(0, start - 7) : start + 1]):
        if word in FIRST_PERSON:
            return own
        if word in OTHERS:
            return others
    return own


@dataclass(frozen=True, eq=False)
class _Rule:
    """One pattern line, ready to match.

    Attributes:
        needed: for each token that must be there, the words it may be; checked before the matcher runs, which would be
            too slow with every pattern on every sentence.
    """

    kind: str
    needed: tuple[frozenset[str], ...]
    matcher: Matcher

    def possible(self, present: frozenset[str]) -> bool:
        return not any(present.isdisjoint(words) for words in self.needed)


@cache
def _vocabulary() -> Language:
    return spacy.blank("en")


@cache
def _index() -> dict[str, tuple[_Rule, ...]]:
    """Word -> the rules that cannot match without it or one of its alternatives."""
    index: dict[str, tuple[_Rule, ...]] = {}
    for kind, lines in {**PATTERNS, **WEAK, "figure": FIGURES}.items():
        for line in filter(None, map(str.strip, lines.splitlines())):
            pattern = _compile(line)
            needed = tuple(frozenset(t["LOWER"]["IN"]) for t in pattern if "OP" not in t and "IN" in t["LOWER"])
            matcher = Matcher(_vocabulary().vocab)
            matcher.add(kind, [pattern])
            rule = _Rule(kind, needed, matcher)
            anchor = min((words for words in needed if words != {"."}), key=len)
            for word in anchor:
                index[word] = (*index.get(word, ()), rule)
    return index


def _compile(line: str) -> list[dict]:
    """One pattern line as spaCy token patterns.

    Blanks separate tokens; `a|b` is a choice, `{name}` a set, a final `?` makes a token optional, `_3` is a gap of up to
    three words, `!a|b` is any token but these, and `$` the end of the sentence (also as one of the choices). A line may be
    broken with a backslash after a `|` or a blank.
    """
    pattern: list[dict] = []
    for item in re.sub(r"\|\s+", "|", line).split():
        if re.fullmatch(r"_\d+", item):
            pattern += [{"LOWER": {"NOT_IN": ["."]}, "OP": "?"}] * int(item[1:])
            continue
        optional = item.endswith("?")
        plain = item.removesuffix("?").removeprefix("!")
        choices = [w for part in plain.split("|") for w in (SETS[part[1:-1]] if part[0] == "{" else [part.replace("$", ".")])]
        token: dict = {"LOWER": {"NOT_IN" if item.startswith("!") else "IN": choices}}
        if optional:
            token["OP"] = "?"
        pattern.append(token)
    return pattern
