"""Running a small BERT-like ONNX model over texts or pairs of texts.

The scorer, the quality classifier and the embedder share this file. Training builds its inputs with the same
`PairTokenizer`, so that what a model sees in use is what it saw in training.

A model folder holds `model.onnx` (inputs `input_ids`, `attention_mask` and, for pairs, `token_type_ids`, each
`[batch, length]`) and `encoder.json`: `{"max_tokens": 128, "first_cap": 0.42, "quantized": true, "words": false}`. All start
from all-MiniLM-L6-v2 and keep its vocabulary, which lies once in `assets/minilm`: `tokenizer.json`, and `words.safetensors`
for the graphs that keep its word embeddings too (`"words": true`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
from safetensors import SafetensorError
from safetensors.numpy import load_file
from tokenizers import Encoding, Tokenizer

from partner.models import ModelError, asset

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Tokens:
    """One encoded text or pair.

    Attributes:
        ids: token ids with `[CLS]` and `[SEP]`.
        types: 0 for `[CLS]`, the first text and its `[SEP]`; 1 for the second text and its `[SEP]`.
        second: index of the first token of the second text; equal to `second_end` where there is none.
        second_end: index after the last token of the second text.
        offsets: `(start, end)` in characters of the second text, one per token in `second:second_end`.
    """

    ids: list[int]
    types: list[int]
    second: int
    second_end: int
    offsets: list[tuple[int, int]]

    def __len__(self) -> int:
        return len(self.ids)


class PairTokenizer:
    """Turns a text or a pair into tokens of bounded length: `[CLS] first [SEP] second [SEP]`.

    A pair that is too long first loses the middle of its first text, down to the share `first_cap` of the tokens
    (posts open with the situation and close with the need, so both ends stay), then the end of its second text.
    A single text keeps its beginning.
    """

    def __init__(self, tokenizer: Tokenizer, max_tokens: int = 128, first_cap: float = 0.42) -> None:
        """Args:
        tokenizer: a BERT tokenizer; its own padding and truncation are switched off.
        max_tokens: most tokens a pair may have, special tokens included.
        first_cap: share of `max_tokens` that the first text may use when the pair is too long.

        Raises:
            ModelError: the tokenizer lacks `[CLS]`, `[SEP]` or `[PAD]`.
        """
        tokenizer.no_padding()
        tokenizer.no_truncation()
        special = [tokenizer.token_to_id(t) for t in ("[CLS]", "[SEP]", "[PAD]")]
        if None in special:
            raise ModelError("the tokenizer has no [CLS], [SEP] or [PAD]: a BERT tokenizer is needed")
        if max_tokens < 8 or not 0 < first_cap < 1:
            raise ModelError(f"max_tokens must be at least 8 and first_cap between 0 and 1, got {max_tokens} and {first_cap}")
        self.cls, self.sep, self.pad = special
        self.tokenizer, self.max_tokens, self.first_cap = tokenizer, max_tokens, first_cap

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Tokens without special ones; lone surrogates count as U+FFFD, so character offsets stay true.

        Equal texts are read once: a post usually comes with many replies.
        """
        unique = list(dict.fromkeys(texts))
        read = self.tokenizer.encode_batch([_SURROGATE.sub("\ufffd", t) for t in unique], add_special_tokens=False)
        of = dict(zip(unique, read, strict=True))
        return [of[t] for t in texts]

    def __call__(self, pairs: Sequence[tuple[str, str | None]]) -> list[Tokens]:
        """Encode pairs; a `None` as second text encodes the first alone. Any Unicode, any length, empty included."""
        firsts = self.encode([a for a, _ in pairs])
        seconds = iter(self.encode([b for _, b in pairs if b is not None]))
        return [self._join(a, None if b is None else next(seconds)) for a, (_, b) in zip(firsts, pairs, strict=True)]

    def _join(self, first: Encoding, second: Encoding | None) -> Tokens:
        head = first.ids
        if second is None:
            ids = [self.cls, *head[: self.max_tokens - 2], self.sep]
            return Tokens(ids, [0] * len(ids), len(ids), len(ids), [])
        room = self.max_tokens - 3
        if len(head) + len(second.ids) > room:
            keep = max(int(self.first_cap * self.max_tokens), room - len(second.ids))
            if len(head) > keep:
                head = head[: keep - keep // 3] + head[len(head) - keep // 3 :]
        tail = second.ids[: room - len(head)]
        ids = [self.cls, *head, self.sep, *tail, self.sep]
        start = len(head) + 2
        types = [0] * start + [1] * (len(tail) + 1)
        return Tokens(ids, types, start, start + len(tail), second.offsets[: len(tail)])

    def pad_batch(self, batch: Sequence[Tokens]) -> dict[str, np.ndarray]:
        """`input_ids`, `attention_mask` and `token_type_ids`, int64 `[batch, longest]`."""
        ids = np.full((len(batch), max(len(t) for t in batch)), self.pad, dtype=np.int64)
        mask, types = np.zeros_like(ids), np.zeros_like(ids)
        for row, t in enumerate(batch):
            ids[row, : len(t)], types[row, : len(t)], mask[row, : len(t)] = t.ids, t.types, 1
        return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}


@dataclass(frozen=True)
class Encoded:
    """What the model says of one pair.

    Attributes:
        outputs: one array per ONNX output, without the batch axis; outputs with a `length` axis are cut to the
            pair's own tokens.
        tokens: the tokens that went in, with the character offsets of the second text.
    """

    outputs: dict[str, np.ndarray]
    tokens: Tokens


class OnnxEncoder:
    """An ONNX model with its tokenizer, fed with pairs."""

    def __init__(self, folder: Path, threads: int = 2) -> None:
        """Args:
        folder: holds `model.onnx` and `encoder.json`.
        threads: CPU threads inside one operator.

        Raises:
            ModelError: a file is missing or unreadable, or the graph has other inputs than the three named above.
        """
        for name in ("model.onnx", "encoder.json"):
            if not (folder / name).is_file():
                raise ModelError(f"{folder / name} is missing: the folder needs model.onnx and encoder.json")
        self.folder = folder
        try:
            self.config = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
            settings = {"max_tokens": int(self.config["max_tokens"]), "first_cap": float(self.config["first_cap"])}
            quantized, shared = bool(self.config["quantized"]), bool(self.config["words"])
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{folder / 'encoder.json'} needs max_tokens, first_cap, quantized and words ({error!r}): export it again"
            ) from error
        vocabulary = asset("minilm")
        try:
            tokenizer = Tokenizer.from_file(str(vocabulary / "tokenizer.json"))
        except Exception as error:  # tokenizers raises bare Exception
            message = f"{vocabulary / 'tokenizer.json'} is not a tokenizer ({error})"
            raise ModelError(f"{message}. Restore it with `git checkout -- assets/minilm`.") from error
        self.tokenizer = PairTokenizer(tokenizer, **settings)
        self.session = _session(folder / "model.onnx", threads, not quantized, _words(vocabulary) if shared else {})
        self._inputs = [i.name for i in self.session.get_inputs()]
        if not {"input_ids", "attention_mask"} <= set(self._inputs) <= {"input_ids", "attention_mask", "token_type_ids"}:
            raise ModelError(f"{folder / 'model.onnx'} takes {self._inputs}, not input_ids, attention_mask, token_type_ids")
        self._outputs = [o.name for o in self.session.get_outputs()]
        self._per_token = {o.name for o in self.session.get_outputs() if len(o.shape) > 1 and o.shape[1] == "length"}

    def run(self, pairs: Sequence[tuple[str, str | None]], batch_size: int = 32) -> list[Encoded]:
        """Run the model over pairs, in batches of similar length, and return the results in the order given.

        Args:
            pairs: `(first, second)`; a second of `None` for a text alone.
            batch_size: most pairs in one batch.
        """
        tokens = self.tokenizer(pairs)
        order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        results: list[Encoded | None] = [None] * len(tokens)
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            arrays = self.tokenizer.pad_batch([tokens[i] for i in chosen])
            outputs = self.session.run(self._outputs, {name: arrays[name] for name in self._inputs})
            for row, i in enumerate(chosen):
                cut = {
                    name: array[row, : len(tokens[i])] if name in self._per_token else array[row]
                    for name, array in zip(self._outputs, outputs, strict=True)
                }
                results[i] = Encoded(cut, tokens[i])
        return results


@cache
def _words(vocabulary: Path) -> dict[str, onnxruntime.OrtValue]:
    """The initializers `words.*` of graphs that keep MiniLM's word embeddings; sessions share their memory."""
    try:
        stored = load_file(vocabulary / "words.safetensors")
    except (SafetensorError, OSError) as error:
        raise ModelError(
            f"{vocabulary / 'words.safetensors'} cannot be read ({error}). Restore it with `git checkout -- assets/minilm`."
        ) from error
    return {name: onnxruntime.OrtValue.ortvalue_from_numpy(array) for name, array in stored.items()}


def _session(path: Path, threads: int, gpu: bool, words: dict[str, onnxruntime.OrtValue]) -> onnxruntime.InferenceSession:
    """Open a graph: with 8-bit weights on the CPU, which it is made for; in fp32 on a CUDA GPU where there is one."""
    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    providers = ["CPUExecutionProvider"]
    if gpu and "CUDAExecutionProvider" in onnxruntime.get_available_providers() and Path("/dev/nvidiactl").exists():
        providers.insert(0, "CUDAExecutionProvider")
    try:
        if words:
            options.add_external_initializers(list(words), list(words.values()))
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # onnxruntime's own exception classes derive from Exception
        raise ModelError(f"{path} cannot be opened as an ONNX model ({error})") from error
