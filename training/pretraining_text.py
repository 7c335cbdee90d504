"""The text of pretraining as token ids, laid out in the policy's own form where it is a post and an answer.

A supporter's answer becomes `<|post|> post <|reply|> before <|here|> after <|insert|> <|mechanism|> sentence <|end|>`,
the state in which the policy will write (`partner.prompt`); other conversation becomes turns with the role tokens of the
history; other text stands plain. Every document ends with the end of text.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from tqdm import tqdm
from transformers import PreTrainedTokenizerBase

from partner.prompt import POST, ROLES, Layout, Place
from partner.safety import crisis
from partner.text import split
from partner.types import MECHANISMS, Conversation, Mechanism
from training.data.corpora import SOURCES, Document, Group, one_speaker_a_turn, read_corpus
from training.data.edits import read_edits
from training.data.empathetic_dialogues import read_dialogues
from training.data.putback import NOT_TO_LEARN, OWN_STORY, WORTH_LEARNING
from training.data.records import read_lines
from training.tokenizer import END_OF_TEXT

MOST_ANSWERS = 4
"""Answers of one conversation that are laid out; each repeats what was said before it."""
DEV_SHARE = 100
"""Every so many-th document of a corpus without a test part is held out."""


@dataclass(frozen=True)
class Written:
    """One sentence for a place in a reply: what the policy writes.

    Attributes:
        conversation: post and history.
        sentences: the reply without the sentence.
        at: the gap it goes to, 0..len(sentences).
        mechanism: None where nobody knows it; the control token is then left out.
        text: the sentence.
    """

    conversation: Conversation
    sentences: tuple[str, ...]
    at: int
    mechanism: Mechanism | None
    text: str


def mechanism_of(sentence: str) -> Mechanism | None:
    """The mechanism a sentence shows on its face (`training.data.putback.WORTH_LEARNING`), or None."""
    order: tuple[Mechanism, ...] = ("exploration", "emotional_reaction", "interpretation")
    return next((m for m in order if WORTH_LEARNING[m].search(sentence)), None)


def usable(sentence: str) -> bool:
    """Whether the policy may learn to write it: whole, and no story of the speaker's own, profanity or method."""
    whole = 3 <= len(sentence.split()) <= 30 and sentence[-1] in ".!?"
    return whole and not (OWN_STORY.search(sentence) or NOT_TO_LEARN.search(sentence))


def written(turns: Sequence[tuple[str, str]], rng: Random) -> Iterator[Written]:
    """One sentence out of each supporter answer that has a usable one, of at most MOST_ANSWERS answers.

    Posts with crisis signals get none: the policy never writes for them.
    """
    turns = one_speaker_a_turn(turns)
    numbers = [i for i in range(1, len(turns)) if turns[i][0] == "supporter" and turns[i - 1][0] == "seeker"]
    for i in sorted(rng.sample(numbers, min(MOST_ANSWERS, len(numbers)))):
        sentences = split(turns[i][1]).sentences
        chosen = [k for k, s in enumerate(sentences) if usable(s)]
        # One that shows a mechanism is what the policy will be asked for.
        chosen = [k for k in chosen if mechanism_of(sentences[k])] or chosen
        conversation = Conversation(turns[i - 1][1], "", tuple(turns[: i - 1]))
        if chosen and not crisis(conversation):
            k = rng.choice(chosen)
            rest = (*sentences[:k], *sentences[k + 1 :])
            yield Written(conversation, rest, k, mechanism_of(sentences[k]), sentences[k])


class Encoder:
    """Documents to token ids with one tokenizer."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, layout: Layout) -> None:
        self.layout = layout
        self.end = tokenizer.convert_tokens_to_ids(END_OF_TEXT)

    def sentence(self, w: Written) -> list[int]:
        """The path from the root of the policy's tree to the sentence's end."""
        layout = self.layout
        control = layout.control(Place("insert", w.at, w.mechanism)) if w.mechanism else [layout.id["<|insert|>"]]
        path = [*layout.prefix(w.conversation), *layout.place(w.sentences, "insert", w.at), *control]
        return [*path, *layout.what(w.text), self.end]

    def turns(self, turns: Sequence[tuple[str, str]]) -> list[int]:
        """A conversation as the history is laid out; of two equals the first to speak counts as the seeker."""
        first = turns[0][0]
        ids: list[int] = []
        for role, text in turns:
            known = role if role in ROLES else "seeker" if role == first else "supporter"
            ids += [self.layout.id[ROLES[known]], *self.layout.text(text)]
        return [*ids, self.end]

    def text(self, text: str, post: bool = False) -> list[int]:
        """Running text, or a post without an answer."""
        return [*([self.layout.id[POST]] if post else []), *self.layout.text(text), self.end]

    def document(self, document: Document, rng: Random) -> list[list[int]]:
        """All token sequences of one document; a conversation without a usable answer stays a conversation."""
        if not document.turns:
            return [self.text(document.text, post=document.source == "dreaddit")]
        roles = {role for role, _ in document.turns}
        found = [self.sentence(w) for w in written(document.turns, rng)] if roles == {"seeker", "supporter"} else []
        return found or [self.turns(document.turns)]


def documents(group: Group, data: Path, limit: int | None = None) -> Iterator[tuple[Document, bool]]:
    """The documents of a group and whether each is held out.

    The supportive group holds EmpatheticDialogues too, with its validation part held out.
    """
    for source in SOURCES[group]:
        for number, document in enumerate(read_corpus(source, data)):
            if limit is not None and number >= limit:
                break
            yield document, document.test or number % DEV_SHARE == DEV_SHARE - 1
    if group == "support":
        for name in ("train", "valid"):
            for number, dialogue in enumerate(read_dialogues(name, data)):
                if limit is not None and number >= limit:
                    break
                turns = tuple((role, text) for role, text, _ in dialogue.turns)
                yield Document("empathetic_dialogues", turns), name == "valid"


def teacher_sentences(path: Path) -> Iterator[Written]:
    """The sentences of a file that `python -m training teacher-text` wrote.

    Raises:
        DataError: the file is missing, or a line is not one of its rows.
    """

    def sentences(row: Any) -> list[Written]:
        if unknown := [mechanism for _, mechanism, _, _ in row["written"] if mechanism not in MECHANISMS]:
            raise ValueError(f"unknown mechanism {unknown[0]!r}")
        conversation, rest = Conversation(row["post"]), tuple(row["sentences"])
        return [Written(conversation, rest, at, mechanism, text) for at, mechanism, text, _ in row["written"]]

    needed = f"write it with `python -m training teacher-text --out {path.parent}`"
    for found in read_lines(path, needed, "a row of teacher-text", sentences):
        yield from found


def tokenizer_texts(data: Path, limit: int | None = None) -> Iterator[str]:
    """What the tokenizer is trained on: all supportive text, every fourth other document, the authored sentences."""
    for group in SOURCES:
        for number, (document, held) in enumerate(documents(group, data, limit)):
            if not held and (group == "support" or number % 4 == 0):
                yield document.text or " ".join(text for _, text in document.turns)
    for record in read_edits("train"):
        yield record.conversation.post
        yield from (s for s, _, _ in record.more)


def encode_group(
    encoder: Encoder,
    group: Group,
    data: Path,
    wanted: int,
    teacher: Path | None = None,
    seed: int = 1,
    limit: int | None = None,
    held_out: int = 64,
) -> tuple[np.ndarray, np.ndarray]:
    """Documents of a group in random order as token ids: for training until `wanted` are reached, and held-out ones.

    Args:
        encoder: of the tokenizer.
        group: which corpora.
        data: the data folder.
        wanted: tokens after which no further document is read.
        teacher: a file of `python -m training teacher-text` for the supportive group.
        seed: of the order, and of the sentence taken out of each answer.
        limit: most documents of each corpus.
        held_out: most held-out tokens, in thousands.

    Returns:
        (tokens,) uint16 for training, (tokens,) uint16 held out.
    """
    found = list(documents(group, data, limit))
    taught = list(teacher_sentences(teacher)) if group == "support" and teacher else []
    order = list(range(len(found) + len(taught)))
    Random(f"{seed}/{group}").shuffle(order)
    train, held = array("H"), array("H")
    with tqdm(total=wanted, desc=f"encoding {group}", unit=" tokens", unit_scale=True, mininterval=2) as bar:
        for i in order:
            if i >= len(found):
                bar.update(_append(train, [encoder.sentence(taught[i - len(found)])], wanted))
                continue
            document, out = found[i]
            into, most = (held, held_out * 1000) if out else (train, wanted)
            if len(into) < most:
                added = _append(into, encoder.document(document, Random(f"{seed}/{group}/{i}")), most)
                bar.update(0 if out else added)
    return np.array(train, dtype=np.uint16), np.array(held, dtype=np.uint16)


def _append(into: array, sequences: Sequence[list[int]], most: int) -> int:
    """Append sequences until `most` is reached; returns how many tokens were added."""
    before = len(into)
    for ids in sequences:
        if len(into) < most:
            into.extend(ids)
    return len(into) - before
