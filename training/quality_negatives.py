"""Sentences that are wrong for a post, made from sentences that are right.

Each maker takes a sentence (and what it needs besides) and a random generator, and returns the spoiled sentence or None
where it finds nothing to spoil. They imitate the faults that small language models and retrieval really have: facts
changed, people mixed up, words cut off or doubled.
"""

from __future__ import annotations

import random
import re

from partner.facts import WORD, content

# Words of one kind, one for another of which turns a true sentence into a false one.
_KINDS = [
    "mother father brother sister son daughter grandmother grandfather uncle aunt cousin husband wife partner friend neighbour",
    "mum dad nan grandad stepmum stepdad boyfriend girlfriend ex housemate roommate flatmate colleague manager teacher",
    "mom dad sister brother grandma grandpa girlfriend boyfriend",
    "dog cat rabbit horse hamster bird",
    "monday tuesday wednesday thursday friday saturday sunday",
    "january february march april june july august september october november december",
    "spring summer autumn winter christmas easter birthday wedding funeral",
    "morning afternoon evening night",
    "minutes hours days weeks months years",
    "school college work hospital church gym office prison university",
    "kitchen bedroom bathroom car garden corridor classroom bus train",
    "exam interview presentation deadline appointment test essay audition",
    "job degree house flat licence visa scholarship promotion",
    "one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty",
    "first second third fourth fifth",
    "cancer diabetes dementia stroke surgery miscarriage migraine asthma",
    "rent mortgage debt bills loan wages",
    "text call email letter message",
    "lied left shouted cheated laughed died quit moved cried apologised",
    "scared angry lonely ashamed proud relieved bored jealous happy",
    "boy girl", "baby toddler teenager", "he she", "his her", "him her", "man woman", "marriage friendship", "breakup divorce",
]  # fmt: skip
_GROUPS = [line.split() for line in _KINDS]
_GROUP_OF = {word: group for group in _GROUPS for word in group}
_PERSON = {"you": "I", "your": "my", "yours": "mine", "yourself": "myself", "you're": "I'm", "you've": "I've", "you'd": "I'd"}
_SECOND = {
    "i": "you", "my": "your", "me": "you", "i'm": "you're", "im": "you're", "i've": "you've", "ive": "you've", "i'd": "you'd",
    "i'll": "you'll", "myself": "yourself", "am": "are", "mine": "yours",
}  # fmt: skip
_REVERSED = {
    "he": "you", "she": "you", "they": "you", "him": "you", "them": "you", "his": "your", "their": "your", "you": "he",
    "your": "his", "he's": "you're", "she's": "you're", "they're": "you're", "you're": "he's", "you've": "he's",
}  # fmt: skip
_NEGATION = [
    (r"\b(is|was|are|were|did|does|do|could|would|should|has|have|had)n't\b", r"\1"), (r"\bcan't\b", "can"),
    (r"\bdon't\b", "do"), (r"\bwon't\b", "will"), (r"\bnot\s+", ""), (r"\bno wonder\b", "a wonder"), (r"\bnever\b", "always"),
    (r"\bno one\b|\bnobody\b", "everybody"), (r"\bnothing\b", "everything"), (r"\bwithout\b", "with"),
    (r"\b(is|was|are|were|did|does|could|would|has|had|can)\b", r"\1 not"), (r"\balone\b", "together"),
]  # fmt: skip
GENERIC = (
    "I'm sorry you are going through this.", "Stay strong.", "I'm sorry you are going through this. Stay strong.",
    "Sending hugs.", "Things will work out.", "You are not alone.", "I'm here for you.", "I understand how you feel.",
    "That sounds really hard.", "That must be difficult for you.", "I'm sorry to hear that.", "Hang in there.",
    "I hope things get better for you.", "That's tough.", "I feel for you.", "Life can be hard sometimes.",
    "Everyone goes through hard times.", "How are you feeling?", "Do you want to talk about it?", "What happened?",
    "How does that make you feel?", "Your feelings are valid.", "It's okay to feel that way.", "I know how you feel.",
    "It must be hard to feel this way.", "You're doing great.", "You've got this.", "I hope you feel better soon.",
    "That must have been a difficult experience.", "I can imagine how hard it is.", "Sending you love and support.",
    "Thank you for sharing.", "Is there anything else you want to share?", "I'm so sorry.", "That really sucks.",
    "You deserve better.", "It sounds like you're dealing with a lot right now.", "Can you tell me more?",
    "I'm sorry that this happened to you.", "It will get better with time.", "Keep your head up.", "Be kind to yourself.",
    "It must be so hard to deal with everything.", "I'm really sorry you feel like that.", "What would help you right now?",
)  # fmt: skip
"""Sympathy that would fit any post: not wrong, and worth little."""


def change_fact(sentence: str, post: str, rng: random.Random) -> str | None:
    """Another relative, day, place, number, feeling of the same kind; one that the post does not mention."""
    spots = [m for m in WORD.finditer(sentence) if m.group().lower() in _GROUP_OF or m.group()[0].isdigit()]
    if not spots:
        return None
    spot = rng.choice(spots)
    word = spot.group()
    if word[0].isdigit():
        new = str(rng.choice([n for n in (2, 3, 4, 6, 9, 14, 17, 25, 38, 60, 120) if str(n) not in post and str(n) != word]))
    else:
        group = [w for w in _GROUP_OF[word.lower()] if w != word.lower() and w not in post.lower().split()]
        if not group:
            return None
        new = rng.choice(group)
        new = new.capitalize() if word[0].isupper() else new
    return sentence[: spot.start()] + new + sentence[spot.end() :]


def borrow_fact(sentence: str, post: str, other_post: str, rng: random.Random) -> str | None:
    """A content word that comes from the post is replaced by a content word of another post."""
    spots = [m for m in WORD.finditer(sentence) if (c := content(m.group())) and c <= content(post)]
    words = [w for w in WORD.findall(other_post) if len(w) > 3 and (c := content(w)) and not c & content(post)]
    if not spots or not words:
        return None
    spot = rng.choice(spots)
    word = spot.group().lower()
    alike = [w for w in words if w[-2:] == word[-2:]] or words  # a like ending is mostly a like part of speech
    return sentence[: spot.start()] + rng.choice(alike).lower() + sentence[spot.end() :]


def swap_person(sentence: str, rng: random.Random) -> str | None:
    """One or all of you/your turned into I/my."""
    spots = [m for m in WORD.finditer(sentence) if m.group().lower() in _PERSON]
    if not spots:
        return None
    return _replace(sentence, spots if rng.random() < 0.4 else [rng.choice(spots)], _PERSON)


def reverse_roles(sentence: str, rng: random.Random) -> str | None:
    """Who did it and to whom it was done change places ("he shouted at you" -> "you shouted at him")."""
    spots = [m for m in WORD.finditer(sentence) if m.group().lower() in _REVERSED]
    if not {m.group().lower().split("'")[0] for m in spots} & {"he", "she", "they", "him", "them", "his", "their"}:
        return None
    out = _replace(sentence, spots, _REVERSED)
    out = re.sub(r"\b(to|at|for|with|of|on|by|from|about|told|left|hurt|let|make|made|see|hear|saw|gave) he\b", r"\1 him", out)
    out = re.sub(r"\byou (is|was|has)\b", lambda m: "you " + {"is": "are", "was": "were", "has": "have"}[m.group(1)], out)
    return re.sub(r"\bhe (are|were|have)\b", lambda m: "he " + {"are": "is", "were": "was", "have": "has"}[m.group(1)], out)


def flip_negation(sentence: str, rng: random.Random) -> str | None:
    """A negation is taken out, or one is put in."""
    for pattern, new in _NEGATION:
        if re.search(pattern, sentence, re.IGNORECASE):
            return re.sub(pattern, new, sentence, count=1, flags=re.IGNORECASE)
    return None


def cut_off(sentence: str, rng: random.Random) -> str | None:
    """The end is missing; sometimes the beginning."""
    words = sentence.split()
    if len(words) < 6:
        return None
    if rng.random() < 0.2:
        return " ".join(words[rng.randint(2, len(words) // 2) :])
    kept = " ".join(words[: rng.randint(3, len(words) - 2)])
    return kept.rstrip(",") + (sentence[-1] if rng.random() < 0.5 else "")


def splice(sentence: str, other: str, rng: random.Random) -> str | None:
    """The first half of one sentence runs on into the second half of another."""
    a, b = sentence.split(), other.split()
    if min(len(a), len(b)) < 6:
        return None
    return " ".join(a[: rng.randint(3, len(a) - 2)] + b[rng.randint(2, len(b) - 3) :])


def scramble(sentence: str, rng: random.Random) -> str | None:
    """A word is doubled, dropped, or changes places with its neighbour."""
    words = sentence.split()
    if len(words) < 5:
        return None
    i = rng.randrange(len(words) - 2)
    how = rng.randrange(3)
    if how == 0:
        words.insert(i, words[i])
    elif how == 1:
        del words[i : i + 2]
    else:
        words[i], words[i + 1] = words[i + 1], words[i]
    return " ".join(words)


def echo(post: str, rng: random.Random) -> str | None:
    """A sentence of the post itself, as it stands or with I turned into you."""
    sentences = [s for s in re.split(r"(?<=[.!?])\s+|\n+", post) if 4 <= len(s.split()) <= 30]
    if not sentences:
        return None
    said = rng.choice(sentences).strip()
    if rng.random() < 0.35:
        return said
    spots = [m for m in WORD.finditer(said) if m.group().lower() in _SECOND]
    said = re.sub(r"\byou was\b", "you were", _replace(said, spots, _SECOND))
    said = said[0].upper() + said[1:]
    return rng.choice(("", "", "", "So ", "It sounds like ", "I hear that ")) + said


def _replace(text: str, spots: list[re.Match[str]], table: dict[str, str]) -> str:
    for m in reversed(spots):
        new = table[m.group().lower()]
        if m.group()[0].isupper() and (m.start() == 0 or not m.group().startswith("I")):
            new = new[0].upper() + new[1:]
        text = text[: m.start()] + new + text[m.end() :]
    return text
