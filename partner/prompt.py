"""How a conversation is laid out as tokens for the policy.

A state is a tree that shares its prefix::

    prefix   [<|seeker|> turn | <|supporter|> turn]* <|post|> post
    ├─ where   <|reply|> <|s|> s0 <|s|> s1 ... <|s|> <|where|>          markers are keys, <|where|> is the query
    └─ place   <|reply|> s0 <|here|> s1 ...                             insert before s1
               <|reply|> s0 <|here|> s1 <|there|> ...                   replace s1
       └─ what   <|insert|> <|interpretation|> the sentence <|end|>     one branch per candidate

Because branches only see their ancestors, one forward pass of the prefix serves every place and candidate, in
training (a tree attention mask) as in inference (a shared key-value cache).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from partner.types import MECHANISMS, Conversation, Mechanism, Op

ROLES = {"seeker": "<|seeker|>", "supporter": "<|supporter|>"}
POST, REPLY, MARK, WHERE, HERE, THERE, END = "<|post|>", "<|reply|>", "<|s|>", "<|where|>", "<|here|>", "<|there|>", "<|end|>"
CONTROL_TOKENS = (
    *ROLES.values(),
    POST,
    REPLY,
    MARK,
    WHERE,
    HERE,
    THERE,
    END,
    "<|insert|>",
    "<|replace|>",
    *(f"<|{m}|>" for m in MECHANISMS),
)


@dataclass(frozen=True)
class Place:
    """Where and how: the first part of an action. `mechanism` is None for `delete`."""

    op: Op
    at: int
    mechanism: Mechanism | None


@dataclass(frozen=True)
class Budget:
    """Most tokens each part of a state may use; a longer part keeps its beginning and its end.

    Attributes:
        history: all earlier turns together (the latest are kept).
        post: the seeker's post.
        sentence: each sentence of the reply.
        context: sentences of the reply shown on either side of a chosen place.
        sentences: sentences of the reply the pointer head looks at; of a longer reply the first and last half.
    """

    history: int = 96
    post: int = 224
    sentence: int = 40
    context: int = 4
    sentences: int = 48


class Layout:
    """Token ids of states and actions for one tokenizer.

    Args:
        tokenizer: any Hugging Face tokenizer that has `CONTROL_TOKENS` (see `add_control_tokens`).
        budget: length limits.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, budget: Budget | None = None) -> None:
        self.tokenizer = tokenizer
        self.budget = budget or Budget()
        self.id = {token: tokenizer.convert_tokens_to_ids(token) for token in CONTROL_TOKENS}

    def text(self, text: str, limit: int | None = None) -> list[int]:
        """Ids of plain text; control tokens spelled out in it stay plain text. At most `limit` ids, middle cut out."""
        # A bounded slice first: tokenizing 50,000 characters to keep 224 tokens would waste half a second.
        if limit and len(text) > limit * 24:
            text = text[: limit * 12] + " " + text[-limit * 12 :]
        words = " ".join(text.replace("<|", "< |").split())
        ids = self.tokenizer(" " + words, add_special_tokens=False)["input_ids"] if words else []
        if limit and len(ids) > limit:
            head = limit // 2
            ids = ids[:head] + ids[len(ids) - (limit - head) :]
        return list(ids)

    def prefix(self, conversation: Conversation) -> list[int]:
        """History and post, ids of the shared prefix."""
        turns: list[int] = []
        for role, text in reversed(conversation.history):
            turn = [self.id[ROLES[role]], *self.text(text, self.budget.history // 2)]
            if len(turns) + len(turn) > self.budget.history:
                break
            turns = turn + turns
        return [*turns, self.id[POST], *self.text(conversation.post, self.budget.post)]

    def shown(self, sentences: Sequence[str]) -> list[int]:
        """Indices of the sentences the pointer head sees."""
        n, most = len(sentences), self.budget.sentences
        return list(range(n)) if n <= most else [*range(most // 2), *range(n - most // 2, n)]

    def where(self, sentences: Sequence[str]) -> tuple[list[int], list[int]]:
        """The pointer branch: its ids, and the offsets of the markers in it (one per shown sentence, and the end)."""
        ids, marks = [self.id[REPLY]], []
        for i in self.shown(sentences):
            marks.append(len(ids))
            ids += [self.id[MARK], *self.text(sentences[i], self.budget.sentence)]
        marks.append(len(ids))
        return [*ids, self.id[MARK], self.id[WHERE]], marks

    def place(self, sentences: Sequence[str], op: Op, at: int) -> list[int]:
        """The reply with the chosen place marked, ids of the branch every candidate for that place shares."""
        near = range(max(0, at - self.budget.context), min(len(sentences), at + self.budget.context + 1))
        ids = [self.id[REPLY]]
        for i in near:
            if i == at:
                ids.append(self.id[HERE])
            ids += self.text(sentences[i], self.budget.sentence)
            if i == at and op == "replace":
                ids.append(self.id[THERE])
        return [*ids, self.id[HERE]] if at >= len(sentences) else ids

    def control(self, place: Place) -> list[int]:
        """The control tokens that ask for a sentence."""
        return [self.id[f"<|{place.op}|>"], self.id[f"<|{place.mechanism}|>"]]

    def what(self, sentence: str) -> list[int]:
        """The sentence as the policy writes it, its end token included."""
        return [*self.text(sentence), self.id[END]]


def add_control_tokens(tokenizer: PreTrainedTokenizerBase) -> int:
    """Add the control tokens to a tokenizer; returns how many were new."""
    return tokenizer.add_special_tokens({"additional_special_tokens": list(CONTROL_TOKENS)})
