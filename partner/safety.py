"""Posts about suicide and self-harm: recognising them, and what to offer instead of generated text.

For such a post nothing is generated. The sentences come from `assets/corpus/crisis.jsonl`, written after the
common ground of suicide-prevention guidance (ask directly, take it seriously, no judgement, ask about safety, point to
immediate help, never promise secrecy). Most hold no facts, so that they fit any post of their situation; the others name
the words (`when`) that a seeker must have used for them to be true.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from partner.models import ModelError, assets_dir
from partner.signals import Signal, crisis_signals
from partner.types import MECHANISMS, Conversation, Mechanism

__all__ = [
    "CRISIS_NOTE",
    "CRISIS_RESOURCES",
    "Signal",
    "Vetted",
    "crisis",
    "crisis_kinds",
    "crisis_signals",
    "vetted",
]

CRISIS_NOTE = (
    "This post shows signs that someone may be in danger of suicide or self-harm. Only sentences of a fixed list, written and "
    "checked beforehand, are offered here. Asking directly about suicide is safe: it does not put the idea into anyone's "
    "mind. If the danger is immediate, point to the local emergency number, follow your community's safety rules and tell a "
    "moderator. You don't have to carry this alone either."
)
CRISIS_RESOURCES = """\
In immediate danger: the local emergency number (112 in Europe and many other countries, 911 in the US and Canada,
999 in the UK, 000 in Australia, 111 in New Zealand)
Any country: findahelpline.com, befrienders.org, and the list of crisis centres of the International Association for
Suicide Prevention (IASP), iasp.info
United States and Canada: call or text 988
United States: text HOME to 741741 (Crisis Text Line)
United Kingdom and Ireland: Samaritans, 116 123; text SHOUT to 85258 in the UK
Australia: Lifeline, 13 11 14
New Zealand: call or text 1737
As known to the authors; numbers change, so check before relying on one."""

# Points of different weak signals (2) and hints (1) in one turn that make a crisis; measured by `crisis-check`.
WEAK_ENOUGH = 4

# As many sentences that speak to a post's own words are variety enough.
ENOUGH = 8

Place = Literal["start", "end"]


class Vetted(NamedTuple):
    """A sentence from the checked list: text, EPITOME mechanism, place in the reply, why it is offered, and others like it."""

    text: str
    mechanism: Mechanism
    place: Place
    reason: str
    others: tuple[Vetted, ...] = ()


@dataclass(frozen=True)
class _Sentence:
    text: str
    mechanism: Mechanism
    kind: str
    situations: frozenset[str]
    place: Place
    when: re.Pattern[str] | None  # what the seeker must have said for the sentence to be true; None: true for any post


_REASONS = {
    "take_seriously": "Shows that the post is taken seriously, without judgement.",
    "ask_directly": "Asks directly about thoughts of dying: it shows that they can be talked about and does no harm.",
    "safety_now": "Asks about safety right now, the first thing to know.",
    "immediate_help": "Points to immediate help, as something the person deserves.",
    "presence": "Stays with the person and invites them to say more.",
    "self_harm_care": "Speaks of self-harm with care and without shame.",
    "other_person": "Supports someone who is afraid for another person, and asks about that person's safety.",
    "after_attempt": "Meets someone who survived an attempt with relief and care.",
    "young": "Encourages a young person to let an adult help.",
}
# The order in which kinds are offered, per situation, gravest first. A post of several situations uses the first that fits.
_PLANS: dict[str, tuple[str, ...]] = {
    "imminent": ("safety_now", "immediate_help", "ask_directly", "take_seriously", "safety_now", "presence", "immediate_help"),
    "attempt": ("after_attempt", "safety_now", "immediate_help", "after_attempt", "take_seriously", "presence"),
    "suicidal": ("take_seriously", "ask_directly", "immediate_help", "safety_now", "take_seriously", "presence"),
    "self_harm": ("self_harm_care", "self_harm_care", "ask_directly", "self_harm_care", "presence"),
    "passive": ("take_seriously", "ask_directly", "presence", "take_seriously", "immediate_help", "safety_now"),
    "other_person": ("other_person", "other_person", "other_person", "other_person"),
}
_YOUNG = re.compile(
    r"\b(?:i'?m|i am|im only|age[d]?|just turned|turned|turning)\s+(?:only\s+|just\s+|a\s+)?(?:1[0-7]|ten|"
    r"eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)\b(?!\s*(?:weeks|months|days|hours|k\b|%|"
    r"st\b|lb|kg|kilo|minutes|stone|pounds|years (?:clean|sober|in|into|free)))"
    r"|\b1[0-7]\s?(?:yo|y/o|years? old|[fm])\b(?=.{0,80})|\bas a (?:1[0-7]|teen)\b|\bim a (?:teen|minor)|"
    r"\b(?:[6-9]th|1[0-2]th|sixth|seventh|eighth|ninth|tenth) grade\b|\byear (?:[7-9]|1[0-2])\b"
    r"|\b(?:middle|high|secondary) school(?:er)?\b|\bmy (?:maths?|gcse|homework)\b|\bgcses\b",
    re.IGNORECASE,
)
_HELP = (
    r"crisis (?:line|text|team|service|centre|center)|hot ?line|help ?line|lifeline|samaritans|"
    r"emergency (?:number|services|room|department)"
    r"|ambulance|suicide prevention|\b(?:988|911|999|112|741741|116 ?123|1737|13 11 14|000)\b|"
    r"findahelpline|befrienders|a&e|\bthe er\b"
)
# What the draft already does; the sentence kinds it makes needless.
_ALREADY: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(draft, re.IGNORECASE | re.DOTALL), re.compile(sentence, re.IGNORECASE))
    for draft, sentence in (
        (
            r"(?:suicid|kill(?:ing)? yourself|end(?:ing)? (?:your life|it)|tak(?:e|ing) your (?:own )?life|"
            r"want(?:ing)? to die)[^.!]*\?",
            r"(?:suicid|killing yourself|ending your life|when or how)[^.!]*\?",
        ),
        (r"\b(?:are|do|will) you (?:feel )?(?:\w+ ){0,3}safe\b|keep(?:ing)? yourself safe[^.!]*\?", r"\bsafe\b[^.!]*\?"),
        (_HELP, _HELP),
        (
            r"\b(?:anyone|someone|somebody) (?:with you|there|come|be with)[^.!]*\?",
            r"\b(?:anyone|someone)\b[^.!]*\bwith you\b[^.!]*\?",
        ),
        (r"\bthank(?:s| you) for (?:telling|sharing|trusting|saying|writing|posting|reaching)", r"^thank you\b"),
        (r"\b(?:so|really|very)? ?sorry\b", r"\bsorry\b"),
        (r"\bglad (?:that )?you(?:'re|'ve| are| told| wrote| shared| posted| reached| said| came)", r"\bglad\b"),
        (r"\bworried (?:about|for)\b|\bconcerned (?:about|for)\b", r"\bworried\b|\bscared for you\b"),
        (
            r"\btrusted adult\b|\b(?:tell|talk to) (?:an adult|your (?:parents|mum|mom|dad|teacher|school))",
            r"\badult\b|\bgrown-up\b",
        ),
    )
)
_HELP_TRIED = re.compile(r"hot ?line|help ?line|crisis line|lifeline|samaritans|\b988\b|\bthe line\b|on hold", re.IGNORECASE)


def crisis_kinds(conversation: Conversation) -> frozenset[str]:
    """Kinds of crisis signals in the seeker's turns (see `Signal.kind`, without the weak ones); empty if there are none.

    Weak signals and hints count together: enough different ones in the same turn make `passive`. A bereavement (`loss`)
    alone is no crisis of the seeker's own.
    """
    kinds: set[str] = set()
    for text in seeker_turns(conversation):
        signals = crisis_signals(text)
        weak = {s.kind for s in signals if s.kind.startswith(("weak:", "hint:"))}
        kinds |= {s.kind for s in signals} - weak
        if sum(2 if kind.startswith("weak:") else 1 for kind in weak) >= WEAK_ENOUGH:
            # A plan, a farewell or things given away, and calm with it: the turn before an attempt.
            kinds.add("imminent" if "weak:calm" in weak and weak & {"weak:plan", "weak:gift", "weak:goodbye"} else "passive")
    return frozenset(kinds)


def crisis(conversation: Conversation) -> bool:
    """Whether the seeker, or somebody they write about, may be in danger of suicide or self-harm.

    >>> crisis(Conversation("i dont want to be here anymore")), crisis(Conversation("my boss will kill me if I'm late"))
    (True, False)
    """
    return bool(crisis_kinds(conversation) - {"loss"})


def vetted(conversation: Conversation, n: int, alternatives: int = 0) -> list[Vetted]:
    """Up to `n` checked sentences for a crisis post, most needed first; the same conversation always gets the same ones.

    They fit the situation that the signals show (means at hand, thoughts, self-harm, worry about somebody else, after an
    attempt, a young seeker), differ in what they do, and leave out what the draft already does. Without signals in the
    text (the caller knows better) the situation is `passive`.

    Args:
        alternatives: other sentences wanted for each, that do the same and none of the others' work.

    Raises:
        ModelError: the list is missing or damaged.
    """
    kinds = crisis_kinds(conversation) - {"loss"}
    situation = next((s for s in _PLANS if s in kinds), "passive")
    own_turns = " \n ".join(seeker_turns(conversation))
    true = [s for s in _true_for(conversation) if _useful(s, conversation, situation)]
    fitting = [s for s in true if situation in s.situations]
    plan = list(_PLANS[situation])
    if "self_harm" in kinds and situation == "suicidal":
        plan.insert(1, "self_harm_care")
        fitting += [s for s in true if s.kind == "self_harm_care" and s not in fitting]
    if situation != "other_person" and _YOUNG.search(own_turns):
        plan.insert(2, "young")
        fitting += [s for s in true if s.kind == "young"]
    chosen: list[_Sentence] = []
    for step, kind in enumerate(plan + sorted({s.kind for s in fitting}) * len(fitting)):
        if len(chosen) == n:
            break
        left = [s for s in fitting if s.kind == kind and not _too_alike(s, chosen)]
        if left:
            # Feeling first, then questions: prefer the mechanism used least so far.
            used = [s.mechanism for s in chosen]
            fewest = min(used.count(s.mechanism) for s in left)
            left = [s for s in left if used.count(s.mechanism) == fewest]
            chosen.append(_draw(left, f"{step} {own_turns}"))
    offered = list(chosen)
    found = []
    for s in chosen:
        company = [c for c in chosen if c is not s]
        same = [o for o in fitting if (o.kind, o.mechanism, o.place) == (s.kind, s.mechanism, s.place) and o not in offered]
        same = sorted((o for o in same if not _too_alike(o, company)), key=lambda o: _number(f"{o.text} {own_turns}"))
        offered += same[:alternatives]
        found.append(_shown(s)._replace(others=tuple(map(_shown, same[:alternatives]))))
    return found


def _shown(s: _Sentence) -> Vetted:
    return Vetted(s.text, s.mechanism, s.place, _REASONS[s.kind])


def _number(seed: str) -> int:
    """The same for the same text, on every machine."""
    return int.from_bytes(hashlib.sha256(seed.encode("utf-8", "replace")).digest()[:8], "big")


def _true_for(conversation: Conversation) -> list[_Sentence]:
    said = " \n ".join(seeker_turns(conversation)).lower().replace("\u2019", "'")
    return [s for s in _sentences() if s.when is None or s.when.search(said)]


def _draw(left: list[_Sentence], seed: str) -> _Sentence:
    """One of them by a hash, so that posts share few sentences; those that speak to what was said come first.

    Where only a few speak to it, others stay in the draw: a common word such as "suicidal" must not give every post the
    same line.
    """
    near = [s for s in left if s.when]
    pool = near if len(near) >= ENOUGH else near * 2 + [s for s in left if not s.when]
    return pool[_number(seed) % len(pool)]


def seeker_turns(conversation: Conversation) -> tuple[str, ...]:
    """What the seeker wrote, the post last."""
    return (*(text for role, text in conversation.history if role == "seeker"), conversation.post)


def _useful(sentence: _Sentence, conversation: Conversation, situation: str) -> bool:
    """Whether the draft leaves something for the sentence to add, and the post does not speak against it."""
    if any(draft.search(conversation.reply) and own.search(sentence.text) for draft, own in _ALREADY):
        return False
    if not re.search(r"crisis line|helpline", sentence.text):
        return True
    # Someone a helpline left waiting must not be sent back as if nothing had happened; who never tried one was not let down.
    tried = bool(_HELP_TRIED.search(" ".join(seeker_turns(conversation))))
    return tried == ("let you down" in sentence.text) or (situation == "imminent" and "emergency number" in sentence.text)


def _too_alike(sentence: _Sentence, chosen: list[_Sentence]) -> bool:
    def topics(s: _Sentence) -> set[str]:
        return {
            name
            for name, rule in (
                ("asks about suicide", r"(?:suicide|killing yourself|ending your life)[^.!]*\?"),
                ("sorry", r"\bsorry\b"),
                ("glad", r"\bglad\b"),
                ("safe", r"\bsafe\b[^.!]*\?"),
                ("thanks", r"^Thank"),
                ("who", r"\b(?:someone|anyone|anybody|who)\b[^.!]*\?"),
                ("line", r"crisis line|helpline|emergency"),
            )
            if re.search(rule, s.text, re.IGNORECASE)
        }

    mine = topics(sentence)
    return sentence in chosen or any(mine & topics(other) for other in chosen)


def _any_of(phrases: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b") if phrases else None


@cache
def _sentences() -> tuple[_Sentence, ...]:
    path = assets_dir() / "corpus" / "crisis.jsonl"
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
        sentences = tuple(
            _Sentence(
                row["text"], row["mechanism"], row["kind"], frozenset(row["for"]), row["place"], _any_of(row.get("when", ()))
            )
            for row in rows
        )
    except OSError as error:
        raise ModelError(f"{path} cannot be read. Restore it with `git checkout -- assets/corpus`.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} is damaged ({error!r}). Restore it with `git checkout -- assets/corpus`.") from error
    for s in sentences:
        if s.mechanism not in MECHANISMS or s.kind not in _REASONS or s.place not in ("start", "end") or not s.text:
            raise ModelError(f"{path} is damaged ({s.text[:40]!r}). Restore it with `git checkout -- assets/corpus`.")
    return sentences
