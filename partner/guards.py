"""Sentences that must never be shown for a conversation, and why.

`Guard` reads a conversation once and then judges any number of candidate sentences with word sets and regular
expressions; no model. It looks for what rules can see: broken form, people and facts the seeker never mentioned,
advice, promises, blame, a life of the assistant's own. Who did what to whom is beyond rules and is the quality
classifier's job (`partner.quality`).

The rules follow the peer-support practice behind PARTNER (Sharma et al., WWW 2021, section 3: no advice, no judgement)
and HAILEY's safety filter (Sharma et al., 2023). They are measured by `python -m training crisis-check`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from partner.lexicon import CALENDAR, EITHER, FACTS, FEMALE, MALE, NOT_NAMES, NUMBER_WORDS, PEOPLE
from partner.rules import RULES, UNLESS_IN_DRAFT, UNLESS_IN_POST, VOID_AFTER
from partner.types import Conversation, Mood

MAX_WORDS = 35
MIN_WORDS = 3

_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*k?\b|\d+")
_ORDINALS = {
    w: i for i, w in enumerate("third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), start=3)
}
# A small number states a fact of the seeker's only with a unit; "nearly thirty" is a sum that the reader may do.
_COUNTED = re.compile(
    r"\b([a-z]+)(?:[- ](?:whole|full|long|straight|more))? (?:years?|months?|weeks?|days?|nights?|kids|"
    r"children|sons|daughters|times)\b"
)
_VAGUE = re.compile(
    r"\b(?:nearly|almost|over|about|around|more than|less than|like|in|another|every|"
    r"for another) (?:[a-z]+[- ]?)?(?:[a-z]+)(?=\b)(?: years| days| months| weeks)?|\b\w+-odd\b|"
    r"\b[a-z]+ty-odd\b"
)
_TENS = "|".join(w for w, n in NUMBER_WORDS.items() if 20 <= n <= 90)
_UNITS = "|".join(w for w, n in NUMBER_WORDS.items() if 1 <= n <= 9)
_COMPOUND = re.compile(rf"\b({_TENS})[- ]({_UNITS})\b")
_QUOTED = re.compile(r"(?<![\w])'[^']{2,60}'(?!\w)|\"[^\"]*\"|“[^”]*”|‘[^’]*’(?!\w)")
_SHORT_DAYS = {
    "mon": "monday",
    "tue": "tuesday",
    "tues": "tuesday",
    "wed": "wednesday",
    "thu": "thursday",
    "thur": "thursday",
    "thurs": "thursday",
    "fri": "friday",
    "sat": "saturday",
    "sun": "sunday",
}
_YOU = {
    "i": "you",
    "me": "you",
    "my": "your",
    "mine": "yours",
    "myself": "yourself",
    "im": "you",
    "am": "are",
    "ive": "you",
    "was": "were",
    "i'm": "you",
    "i've": "you",
    "i'd": "you",
    "i'll": "you",
    "you're": "you",
    "you've": "you",
    "you'd": "you",
    "you'll": "you",
}
# "your mother" speaks of somebody, "like a mother" of nobody in particular.
_DEFINITE = frozenset("your his her their the own our both two three four dear poor".split())
_ENDEARING = frozenset("little sweet baby".split())
_OWN_CHILD = {"girl": "daughter", "girls": "daughters", "boy": "son", "boys": "sons"}
_STOP_WORDS = frozenset(
    (
        "a an the and or but so to of in on at for with by from as that this these those it its it's is are was were "
        "be been being am have has had do does did you your yours yourself i me my we our us they them their he him "
        "his she her hers what who how when where why which not no just really very too also then than there here if "
        "because about into out up down over all any some one still even only more most such can could would will "
        "should must may might feel feels feeling like get got"
    ).split()
)


def words(text: str) -> list[str]:
    """Lower-case words of `text`, typographic apostrophes made plain.

    >>> words("Mum’s 3 cats")
    ["mum's", '3', 'cats']
    """
    return [w.lower().replace("’", "'") for w in _WORD.findall(text)]


class Guard:
    """What the conversation holds, ready to judge candidates for it.

    Building one costs about a millisecond for a long post; `refuse` about 0.1 ms.
    """

    def __init__(self, conversation: Conversation) -> None:
        said = [conversation.post, *(text for _, text in conversation.history)]
        self._draft = conversation.reply
        text = " \n ".join([*said, conversation.reply])
        self._text = text
        said_words = _expand(words(text))
        self._words = frozenset(said_words) | {w.removesuffix("s") for w in said_words}
        self._names = frozenset(w.lower() for w in re.findall(r"\w+", text))
        self._numbers = _with_sums(_numbers(text))
        seeker = [conversation.post, *(t for role, t in conversation.history if role == "seeker")]
        self._grams = frozenset(_grams(_as_you(words(" . ".join(seeker))), 4))
        self._sentences = [
            frozenset(w for w in words(s) if w not in _STOP_WORDS) for s in re.split(r"[.!?\n]+", conversation.reply)
        ]
        self._plain_reply = " ".join(words(conversation.reply))
        self._male = not self._words.isdisjoint(MALE)
        self._female = not self._words.isdisjoint(FEMALE)
        self._either = not self._words.isdisjoint(EITHER) or bool(_names(text) - {"i"})
        self._allowed = {kind for kind, rule in UNLESS_IN_POST.items() if rule.search(text)}
        self._allowed |= {kind for kind, rule in UNLESS_IN_DRAFT.items() if rule.search(conversation.reply)}

    def refuse(self, sentence: str, reflects: bool = False) -> str | None:
        """Why `sentence` must not be suggested here, as `"kind: plain words"`, or None if no rule objects.

        Kinds: malformed, echo, people, fact, advice, medical, promise, blame, method, self, claim, positivity, contact, joy,
        profane, sexual, religious, violence.
        """
        sentence = sentence.strip()
        return _form(sentence) or self._content(sentence, reflects)

    def _content(self, sentence: str, reflects: bool) -> str | None:
        plain = _QUOTED.sub(" ", sentence)
        for kind, rules in RULES.items():
            if kind in self._allowed:
                continue
            for rule in rules:
                found = rule.search(plain)
                if found and not self._excused(kind, plain, found):
                    return f"{kind.split()[0]}: {found.group().strip()[:40]!r}"
        return self._echo(sentence, reflects) or self._people(sentence) or self._facts(sentence)

    def _excused(self, kind: str, sentence: str, found: re.Match[str]) -> bool:
        """Whether the wording is talked about rather than said: a fear or a hope of the seeker's, or a word of the post."""
        if kind.endswith(" word"):
            word = found.group().lower()
            return word in self._words or word.removesuffix("s") in self._words or f"{word}s" in self._words
        void = VOID_AFTER.get(kind)
        if void is None:
            return False
        if kind.startswith("promise") and sentence.endswith("?"):
            return True
        return void.search(sentence, 0, found.start()) is not None

    def _echo(self, sentence: str, reflects: bool) -> str | None:
        tokens = words(sentence)
        plain = " ".join(tokens)
        if self._plain_reply and plain in self._plain_reply:
            return "echo: the reply says it already"
        content = {w for w in tokens if w not in _STOP_WORDS}
        if len(content) > 2 and any(len(content & s) >= 0.8 * max(len(content), len(s)) for s in self._sentences):
            return "echo: the reply says it already"
        mapped = _as_you(tokens)
        covered: set[int] = set()
        for i, gram in enumerate(_grams(mapped, 4)):
            if gram in self._grams:
                covered.update(range(i, i + 4))
        if not reflects and len(covered) >= 0.72 * len(mapped):
            return "echo: it only repeats the post"
        return None

    def _people(self, sentence: str) -> str | None:
        tokens = words(sentence)
        mine = _expand(tokens)
        before = ""
        for word in mine:
            # "Your little girl" is a daughter, though "she" may be any girl.
            meant = _OWN_CHILD.get(word, word) if before == "your" else word
            for needed in PEOPLE.get(meant, ()):
                if before in _DEFINITE and self._words.isdisjoint(needed):
                    return f"people: nobody mentioned {word!r}"
            if word not in _ENDEARING:
                before = word
        for pronouns, known in (
            (("he", "him", "his", "himself"), self._male),
            (("she", "her", "hers", "herself"), self._female),
        ):
            if not known and not self._either and any(w in pronouns for w in mine):
                return f"people: {pronouns[0]!r} stands for nobody in the post"
        for name in _names(sentence):
            if name not in self._names:
                return f"people: the name {name!r} is not in the conversation"
        return None

    def _facts(self, sentence: str) -> str | None:
        tokens = words(sentence)
        for word in _expand(tokens):
            for needed in FACTS.get(word, ()):
                if self._words.isdisjoint(needed):
                    return f"fact: nobody mentioned {word!r}"
            if word in CALENDAR and not self._dated(word):
                return f"fact: nobody mentioned {word!r}"
        unknown = _numbers(sentence, claims=True) - self._numbers
        if unknown:
            return f"fact: the number {sorted(unknown)[0]} is not in the conversation"
        return None

    def _dated(self, word: str) -> bool:
        """Whether the conversation gives the day or month `word`; any talk of the week excuses a weekday in general."""
        single = word.removesuffix("s")
        short = {s for s, day in _SHORT_DAYS.items() if day == single}
        return bool(self._words & ({word, single} | short)) or (single in _SHORT_DAYS.values() and "weekend" in self._words)


def refuse(conversation: Conversation, sentence: str) -> str | None:
    """`Guard(conversation).refuse(sentence)`, for a single candidate."""
    return Guard(conversation).refuse(sentence)


_PRESUMES = re.compile(
    r"^what did (?:he|she|they|your \w+) (?:say|tell|answer)\b|\bproud\b|^how (?:long|many|old|often)\b|^what made\b"
    r"|^you (?:were|are|had|have|wanted|\w+ed)\b|^what was your \w+ like\b|, being\b|^it makes me\b"
    r"|^i'm (?:so |really )?sorry (?:that )?you\b|^i'm (?:so |really )?happy\b|^i feel sad\b|^how (?:are|do) you\b"
    r"|^how did the\b|^what are you\b|^what was the\b|^what do you miss\b|^what did you (?!say\b)|^what did your\b"
    r"|^i (?:really )?feel for you, (?!and\b|i\b)|\bremember most\b|\bto be like\?$",
    re.IGNORECASE,
)


def presumes(sentence: str) -> bool:
    """Whether a sentence has a form that says more than a small model knows: what somebody said, how long, what it was like.

    Of the policy's judged sentences of these forms about one in five was right, of the others nearly one in two.

    >>> presumes("What did she say to you?"), presumes("What would you like to say to her?")
    (True, False)
    """
    return _PRESUMES.search(sentence) is not None


_CONDOLES = re.compile(
    r"\b(?:sorry|sad|sadden\w*|hate that|breaks my heart|my heart (?:aches|goes out|breaks)|awful|terrible|horrible|hurts?|"
    r"painful|(?:so|this|really) hard|unfair|lonely|alone|feel (?:for|with) you|hard for you|weighs?)\b",
    re.IGNORECASE,
)
# Joy at what somebody else did or what happened, and not at being here or having someone: "I'm so glad they have you".
_REJOICES = re.compile(
    r"\b(?:(?:happy|glad|pleased|excited|thrilled|delighted) for you|congrat\w*|made my day)\b"
    r"|\bi'?m (?:\w+ ){0,2}?(?:(?:happy|pleased|delighted|thrilled|excited) (?:that |about )?(?:this|your)|"
    r"(?:happy|pleased|delighted|thrilled|excited|glad) (?:that |about )?(?:it|they|he|she|things|everything))"
    r"(?:'\w+)?\b(?! (?:has|have|had) you\b| did\b)",
    re.IGNORECASE,
)


def out_of_tune(sentence: str, mood: Mood) -> bool:
    """Whether a sentence condoles where nothing hurts, or rejoices where there is no good news.

    Args:
        sentence: a candidate.
        mood: of the post, `partner.mood`.

    >>> out_of_tune("I'm sorry, that sounds so hard.", "glad"), out_of_tune("I'm so happy for you.", "sad")
    (True, True)
    >>> out_of_tune("I'm so glad they came back.", "sad"), out_of_tune("I'm so glad they have you.", "sad")
    (True, False)
    """
    condoles = mood in ("bright", "glad", "plain") and _CONDOLES.search(sentence)
    return bool(condoles or (mood != "glad" and _REJOICES.search(sentence.replace("’", "'"))))


def cold(sentence: str) -> bool:
    """Whether a sentence of a draft blames or cheers falsely, so that another may stand in its place.

    >>> cold("You should have called his doctor."), cold("At least you have a job."), cold("Call his doctor.")
    (True, True, False)
    """
    return any(rule.search(sentence) for kind in ("blame", "positivity") for rule in RULES[kind])


def duplicate(a: str, b: str) -> bool:
    """Whether two suggestions say the same thing: same words, or nearly the same content words.

    >>> duplicate("I'm so sorry you lost your dog.", "I am really sorry that you lost your dog.")
    True
    >>> duplicate("What was she like?", "How are you sleeping?")
    False
    """
    one, two = _content_words(a), _content_words(b)
    if not one or not two:
        return words(a) == words(b)
    shared = len(one & two)
    return shared >= 0.66 * len(one | two) or (shared >= 3 and shared >= 0.85 * min(len(one), len(two)))


@lru_cache(maxsize=4096)
def _content_words(sentence: str) -> frozenset[str]:
    return frozenset(_stem(w) for w in words(sentence) if w.split("'")[0] not in _STOP_WORDS and w not in ("so", "really"))


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _expand(tokens: list[str]) -> list[str]:
    """Tokens and their parts: "mum's" gives "mum", "he's" gives "he", "mother-in-law" stays whole as well."""
    out = []
    for token in tokens:
        out.append(token)
        if "'" in token:
            out.append(token.split("'")[0])
        if "-" in token:
            out += token.split("-")
    return out


def _as_you(tokens: list[str]) -> list[str]:
    return [_YOU.get(w, w) for w in tokens if w not in ("and", "so", "that")]


def _grams(tokens: list[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def _names(text: str) -> set[str]:
    """Lower-case words that are capitalised inside a sentence and are no ordinary capitals."""
    found = set()
    for match in re.finditer(r"(?<=[\w,;:] )[A-Z][\w'’-]*", text):
        word = match.group().replace("’", "'").lower()
        plain = word.split("'")[0]
        if plain not in NOT_NAMES and plain not in CALENDAR:
            found.update(p for p in plain.split("-") if p)
    return found


def _with_sums(numbers: set[int]) -> set[int]:
    """The numbers, their sums and differences: a reader may say thirty-five years of someone who is 47 and was 12."""
    few = sorted(numbers)[:12]
    return numbers | {a + b for a in few for b in few} | {abs(a - b) for a in few for b in few}


def _numbers(text: str, claims: bool = False) -> set[int]:
    """Whole numbers in digits and words. With `claims`, only those that state a fact: not "one", not "the two of you"."""
    low = text.lower()
    found: set[int] = set()
    for match in _NUMBER.finditer(low):
        raw = match.group()
        parts = re.findall(r"\d+", raw)
        if not claims or not re.fullmatch(r"\d{1,3}(,\d{3})+k?", raw):
            found.update(int(p) for p in parts if len(p) < 12)
        whole = raw.replace(",", "").rstrip("k")
        if whole.isdigit() and len(whole) < 12:
            found.add(int(whole))
            if raw.endswith("k"):
                found.add(int(whole) * 1000)
    if claims:
        low = _VAGUE.sub(" ", low)
        low = re.sub(
            r"\b(you|the|us|of|these|those|them) two\b|\btwo (of|people|things|sides|different|directions|"
            r"opposite)\b|\ba (hundred|thousand|dozen)\b",
            " ",
            low,
        )
    for tens, unit in _COMPOUND.findall(low):
        found.add(NUMBER_WORDS[tens] + NUMBER_WORDS[unit])
    if claims:
        low = _COMPOUND.sub(" ", low)
    counted = {match.group(1) for match in _COUNTED.finditer(low)}
    for word in re.findall(r"[a-z]+", low):
        if word in NUMBER_WORDS and (not claims or word in counted or 10 < NUMBER_WORDS[word] < 100):
            found.add(NUMBER_WORDS[word])
        elif word in _ORDINALS and not claims:
            found.add(_ORDINALS[word])
    if not claims:
        for a, b in re.findall(r"\b(\w+) (hundred|thousand)\b", low):
            n = int(a) if a.isdigit() and len(a) < 6 else NUMBER_WORDS.get(a, 1)
            found.add(n * NUMBER_WORDS[b])
        if {"twice", "couple", "both", "twins", "pair"} & set(re.findall(r"[a-z]+", low)):
            found.add(2)
    return found - {0, 1} if claims else found


_TAIL = frozenset("a an the and or but because your my their our whose very you're i'm".split())
_REPEAT = re.compile(r"\b(\w+(?:'\w+)?) \1\b(?!['’])", re.IGNORECASE)
_REPEAT_OK = frozenset("very so really no had that long bye knock far many ha never now there hey go same".split())
_PHRASE = re.compile(
    r"\b(?!every|more|day|again|over|and)(\w+(?:'\w+)? \w+(?:'\w+)?(?: \w+(?:'\w+)?){0,3})(?: and| or)? \1\b", re.IGNORECASE
)
_AGREEMENT = re.compile(
    r"(?:^|, |\b(?:and|but|because|that|so|when|since|while|though) )(?:you (?:has|was|is|does)|"
    r"they (?:has|was|is|does)|we (?:has|was|is)|i (?:is|are|has))\b"
    r"|"
    r"(?<!does )(?<!did )(?<!would )(?<!could )(?<!can )(?<!will )(?<!should )(?<!might )(?<!may )(?<!must )(?<!let )"
    r"(?<!make )(?<!what )\b(?:he|she) (?:have|are|do)\b"
    r"|\b(?:a (?:an|the|is|are)|an the|doesn't not|nobody don't|all what|since (?:two|three|four|five|"
    r"six) (?:week|month|year|day)|(?:two|three|four|five|six|ten) (?:week|month|year)(?= |\.)(?! old)|"
    r"the (?:the|a|is|are|he|she|they)|to (?:to|of|are)|of (?:of|are)|can't not|are are|is is|so is so|"
    r"more than than"
    r"|your (?:the|a|is|are|you))\b|\b(?:him|her|them) and you was\b",
    re.IGNORECASE,
)
_ODD = re.compile(
    r"[<>{}\[\]|\\^~#*_=@\x00-\x1f\x7f\ufffd]|\bhttps?:|www\.|&\w+;|(?:^|\s)/|\.\.\.\s*$|…\s*$|[!?]{2,}|\.{2}|,,|\s[.,!?]"
)
_END = re.compile(r"""[.!?]["'”’)]*$""")
_INNER_END = re.compile(r"""[.!?]["'”’)]*\s+["'“‘(]?[A-Z0-9]""")
_OPENER = re.compile(r"^\w+(?: \w+)?! ")  # "Yes! ..." is one breath
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|vs|etc|a\.m|p\.m|U\.S|e\.g|i\.e)\.")


def _form(sentence: str) -> str | None:
    """Broken form of the sentence itself."""
    count = len(sentence.split())
    if count < MIN_WORDS:
        return "malformed: too short"
    if count > MAX_WORDS or len(sentence) > 260:
        return "malformed: too long"
    if _ODD.search(sentence):
        return "malformed: odd characters"
    if not _END.search(sentence):
        return "malformed: no end"
    first = sentence.lstrip("\"'“‘(")[:1]
    if not (first.isupper() or first.isdigit()):
        return "malformed: does not start like a sentence"
    if _INNER_END.search(_OPENER.sub("", _ABBREVIATION.sub("Mr", sentence))):
        return "malformed: more than one sentence"
    if sentence.count('"') % 2 or sentence.count("“") != sentence.count("”") or sentence.count("(") != sentence.count(")"):
        return "malformed: open quote or bracket"
    if any(ord(c) > 0x24F and not ("\u2010" <= c <= "\u2026") for c in sentence):
        return "malformed: odd characters"
    if words(sentence)[-1:] and words(sentence)[-1] in _TAIL:
        return "malformed: cut off"
    for match in _REPEAT.finditer(sentence):
        if match.group(1).lower() not in _REPEAT_OK:
            return f"malformed: {match.group()!r}"
    if _PHRASE.search(sentence):
        return "malformed: repeats itself"
    found = _AGREEMENT.search(sentence)
    return f"malformed: {found.group()!r}" if found else None
