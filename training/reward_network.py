"""The reward model: a MiniLM cross-encoder with one number for a reply (training: `training.reward_model`)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from partner.encoder import PairTokenizer
from partner.models import ModelError
from partner.types import Conversation
from training.minilm import load_minilm

FORMAT = 1


class Lower(NamedTuple):
    """Pairs half way through the encoder.

    Attributes:
        hidden: (n, length, width) states.
        unseen: (n, 1, 1, length), added to attention logits: 0, or very low for padding.
        reply: (n, length) 1 for the reply's tokens and the separator after them, else 0.
    """

    hidden: Tensor
    unseen: Tensor
    reply: Tensor


class RewardModel(nn.Module):
    """Scores replies to conversations; comparable between replies to the same one, zero on average over the rated ones.

    `mean` is taken off every score; `lowest` is the lowest score of a rated reply after that.

    Args:
        encoder: BERT-like, without pooling layer.
        tokenizer: turns (context, reply) into its inputs.
        dropout: on the averaged state.
    """

    def __init__(self, encoder: BertModel, tokenizer: PairTokenizer, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder, self.tokenizer = encoder, tokenizer
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(encoder.config.hidden_size, 1)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("lowest", torch.zeros(()))

    @classmethod
    def fresh(cls, max_tokens: int = 128, dropout: float = 0.1) -> RewardModel:
        """The pretrained encoder under an untrained linear layer."""
        encoder, tokenizer = load_minilm()
        return cls(encoder, PairTokenizer(tokenizer, max_tokens), dropout)

    def forward(self, conversations: Sequence[Conversation], replies: Sequence[str]) -> Tensor:
        """(n,) scores of replies, one conversation each."""
        return self.upper(self.lower(conversations, replies, 0), 0)

    def lower(self, conversations: Sequence[Conversation], replies: Sequence[str], above: int) -> Lower:
        """What the encoder makes of the pairs, up to its `above` last layers."""
        pairs = [(context_text(c), reply) for c, reply in zip(conversations, replies, strict=True)]
        device = self.linear.weight.device
        batch = {k: torch.from_numpy(v).to(device) for k, v in self.tokenizer.pad_batch(self.tokenizer(pairs)).items()}
        hidden = self.encoder.embeddings(input_ids=batch["input_ids"], token_type_ids=batch["token_type_ids"])
        unseen = (1.0 - batch["attention_mask"][:, None, None].float()) * -1e9
        for layer in self._layers()[: len(self._layers()) - above]:
            hidden = layer(hidden, unseen)
        return Lower(hidden, unseen, batch["token_type_ids"] * batch["attention_mask"])

    def upper(self, lower: Lower, above: int) -> Tensor:
        """(n,) scores from there on."""
        hidden = lower.hidden
        for layer in self._layers()[len(self._layers()) - above :]:
            hidden = layer(hidden, lower.unseen)
        weight = lower.reply.unsqueeze(-1).to(hidden.dtype)
        pooled = (hidden * weight).sum(1) / weight.sum(1)
        return self.linear(self.dropout(pooled))[:, 0].float() - self.mean

    def _layers(self) -> nn.ModuleList:
        return self.encoder.encoder.layer

    @torch.inference_mode()
    def score(self, conversations: Sequence[Conversation], replies: Sequence[str], size: int = 32) -> list[float]:
        """Scores of any number of replies, those of like length together."""
        self.eval()
        order = sorted(range(len(replies)), key=lambda i: len(conversations[i].post) + len(replies[i]))
        found = [0.0] * len(replies)
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            scores = self([conversations[i] for i in chosen], [replies[i] for i in chosen]).tolist()
            for i, score in zip(chosen, scores, strict=True):
                found[i] = score
        return found

    def save(self, folder: Path) -> None:
        """Write weights (safetensors), tokenizer and `reward_model.json`, whole or not at all."""
        new = folder.with_name(folder.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        save_file({k: v.detach().cpu().contiguous() for k, v in self.state_dict().items()}, new / "model.safetensors")
        Tokenizer.from_str(self.tokenizer.tokenizer.to_str()).save(str(new / "tokenizer.json"), pretty=False)
        stored = {"format": FORMAT, "max_tokens": self.tokenizer.max_tokens, "encoder": self.encoder.config.to_diff_dict()}
        (new / "reward_model.json").write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)

    @classmethod
    def load(cls, run: str | Path) -> RewardModel:
        """Read what `save` wrote, from its folder or from the run that holds it as `model`; in evaluation mode.

        Raises:
            ModelError: there is no reward model, or its files are damaged.
        """
        run = Path(run)
        folder = next((f for f in (run, run / "model") if (f / "reward_model.json").is_file()), None)
        if folder is None:
            raise ModelError(f"{run} holds no reward model: train one with `python -m training reward-model --out {run}`")
        try:
            stored = json.loads((folder / "reward_model.json").read_text(encoding="utf-8"))
            if stored["format"] != FORMAT:
                raise ModelError(f"{folder} has format {stored['format']}; this version reads {FORMAT}: train it again")
            encoder = BertModel(BertConfig.from_dict(stored["encoder"], attn_implementation="eager"), add_pooling_layer=False)
            tokenizer = PairTokenizer(Tokenizer.from_file(str(folder / "tokenizer.json")), stored["max_tokens"])
            model = cls(encoder, tokenizer)
            model.load_state_dict(load_file(folder / "model.safetensors"))
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(f"{folder} does not hold a readable reward model: {error}. Train or copy it again.") from error
        return model.eval()


def context_text(conversation: Conversation) -> str:
    """History and post, one turn a line."""
    return "\n".join([*(text for _, text in conversation.history), conversation.post])
