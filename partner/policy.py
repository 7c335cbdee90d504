"""The policy: a causal language model with a pointer head over places (PARTNER, Sharma et al., WWW 2021, section 4).

An action is *where and how* (op, position, mechanism), or STOP, and *what*, the sentence::

    log pi(action) = log pi(where, how | state) + sum_t log pi(token_t | state, where, how, tokens < t)

Any Hugging Face causal LM serves as the backbone: by name (`gpt2`, `microsoft/DialoGPT-small`) where a hub can be
reached, or from a folder. Folders written by `save` hold safetensors only; nothing is ever unpickled.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, DynamicCache, PreTrainedModel, PreTrainedTokenizerBase

from partner import tensors
from partner.causal_lm import load_causal_lm
from partner.models import ModelError
from partner.prompt import Budget, Layout, Place, add_control_tokens
from partner.types import MECHANISMS, OPS, Conversation

FORMAT = 1
JUDGE = "judge.safetensors"
"""File of a policy folder with its judge (`partner.judge`)."""
MOOD = "mood.safetensors"
"""File of a policy folder with its reader of moods (`partner.mood`)."""
DANGER = "danger.safetensors"
"""File of a policy folder with its reader of danger (`partner.danger`)."""
TONE = "tone.safetensors"
"""File of a policy folder with its reader of a draft's tone (`partner.tone`)."""
HEADS = (JUDGE, MOOD, DANGER, TONE)
"""What was trained on the states of a policy, and belongs to these weights only."""
# (op, mechanism) pairs in the order of the head's outputs: insert x3, replace x3, delete.
KINDS = [(op, m) for op in OPS if op != "delete" for m in MECHANISMS] + [("delete", None)]


class PointerHead(nn.Module):
    """Scores every legal (op, position, mechanism), and STOP.

    The query is the hidden state of the last token, which has seen the whole reply; the keys are the hidden states
    of the markers. In a causal model the marker before a sentence has not seen it, so a sentence's key (replace,
    delete) adds the marker after it; a gap's key (insert) is its own marker.
    """

    def __init__(self, hidden: int, width: int = 64) -> None:
        super().__init__()
        self.width = width
        self.query = nn.Linear(hidden, len(KINDS) * width)
        self.gap_key = nn.Linear(hidden, width)
        self.before_key = nn.Linear(hidden, width, bias=False)
        self.after_key = nn.Linear(hidden, width)
        self.stop = nn.Linear(hidden, 1)

    def forward(self, markers: Tensor, last: Tensor) -> Tensor:
        """Logits of one state.

        Args:
            markers: (n + 1, hidden) states of the markers of n sentences.
            last: (hidden,) state of the last token.

        Returns:
            (3 (n + 1) + 4 n + 1,) logits in the order of `legal_places(n)`, STOP last.
        """
        query = self.query(last).view(len(KINDS), self.width) * self.width**-0.5
        insert = self.gap_key(markers) @ query[:3].T
        sentence = (self.before_key(markers[:-1]) + self.after_key(markers[1:])) @ query[3:].T
        return torch.cat([insert.flatten(), sentence.flatten(), self.stop(last)])


def legal_places(shown: Sequence[int], n: int) -> list[Place]:
    """Places in the order of the head's logits (STOP not included): inserts gap by gap, then replaces and delete.

    Args:
        shown: the sentences the head sees (`Layout.shown`), all of 0..n-1 unless the reply is very long.
        n: number of sentences of the reply.
    """
    gaps = [*shown, n]
    inserts = [Place("insert", at, m) for at in gaps for m in MECHANISMS]
    return inserts + [Place(op, at, m) for at in shown for op, m in KINDS[3:]]


@dataclass(frozen=True)
class PolicyConfig:
    """What a saved policy needs besides the backbone's own configuration."""

    pointer_width: int = 64
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True)
class Grown:
    """New tokens of a tree, behind those that are cached.

    Attributes:
        ids, positions: of the tokens.
        sees: (tokens, cached + tokens) bool, whether a token sees another.
        layers: numbers, from 0, of the layers whose states are wanted.
        last: whether those behind the last norm are wanted; without, the layers above `layers` need not be run.
    """

    ids: Sequence[int]
    positions: Sequence[int]
    sees: Tensor
    layers: Sequence[int] = ()
    last: bool = True


class Readable(Protocol):
    """What reads states, as a tree whose branches grow (`partner.tree`): a policy, or a quick copy of one (`partner.quick`)."""

    layout: Layout
    tokenizer: PreTrainedTokenizerBase
    pointer: PointerHead
    depth: int
    """Number of layers."""
    width: int
    """Of a state."""

    def run(self, new: Grown, cache: DynamicCache) -> Tensor:
        """States (wanted, tokens, hidden) of new tokens, which are cached; those behind the last norm come first."""

    def vocabulary_logits(self, hidden: Tensor) -> Tensor:
        """Project states (rows, hidden) to token logits (rows, vocabulary)."""


class PartnerPolicy(nn.Module):
    """Backbone, tokenizer and pointer head in one.

    Args:
        backbone: any `*ForCausalLM` of transformers whose embeddings cover the control tokens.
        tokenizer: its tokenizer with the control tokens added.
        config: head width and length limits.
    """

    def __init__(
        self, backbone: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, config: PolicyConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config or PolicyConfig()
        self.backbone = backbone
        self.tokenizer = tokenizer
        self.layout = Layout(tokenizer, self.config.budget)
        self.pointer = PointerHead(backbone.config.hidden_size, self.config.pointer_width)

    @property
    def depth(self) -> int:
        """Number of layers."""
        return self.backbone.config.num_hidden_layers

    @property
    def width(self) -> int:
        """Of a state."""
        return self.backbone.config.hidden_size

    @property
    def dtype(self) -> torch.dtype:
        return next(self.backbone.parameters()).dtype

    @property
    def device(self) -> torch.device:
        return next(self.backbone.parameters()).device

    @classmethod
    def from_backbone(
        cls, backbone: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, config: PolicyConfig | None = None
    ) -> PartnerPolicy:
        """A fresh policy on a plain language model: adds the control tokens, their embeddings the mean of all."""
        if add_control_tokens(tokenizer):
            backbone.resize_token_embeddings(len(tokenizer))
        return cls(backbone, tokenizer, config)

    @classmethod
    def load(cls, source: str | Path, dtype: torch.dtype | None = None) -> PartnerPolicy:
        """Load a folder written by `save`, or any causal LM by folder or Hugging Face name (with a fresh head).

        Args:
            source: folder or name.
            dtype: of the weights in memory; `default_dtype()` if None.

        Raises:
            ModelError: the source is neither, or its files are missing, damaged or of another architecture.
        """
        dtype = dtype or default_dtype()
        folder = Path(source)
        if not (folder / "policy.json").is_file():
            return cls._from_hub(str(source), dtype)
        try:
            stored = json.loads((folder / "policy.json").read_text(encoding="utf-8"))
            if stored["format"] != FORMAT:
                raise ModelError(f"{folder / 'policy.json'} has format {stored['format']}; this version reads {FORMAT}.")
            config = PolicyConfig(stored["pointer_width"], Budget(**stored["budget"]))
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            with torch.device("meta"):
                backbone = AutoModelForCausalLM.from_config(
                    AutoConfig.from_pretrained(folder, local_files_only=True), dtype=dtype
                )
                policy = cls(backbone, tokenizer, config)
            weights = tensors.load(folder, dtype)
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(f"{folder} does not hold a readable policy: {error}. Train or copy it again.") from error
        return policy._assign(weights, folder)

    @classmethod
    def _from_hub(cls, name: str, dtype: torch.dtype) -> PartnerPolicy:
        try:
            backbone, tokenizer = load_causal_lm(name, dtype)
        except ModelError as error:
            raise ModelError(
                f"{name!r} is neither a policy folder (no policy.json) nor a causal language model that can be loaded: "
                f"{error.__cause__ or error}"
            ) from error
        return cls.from_backbone(backbone, tokenizer).to(dtype)

    def _assign(self, weights: dict[str, Tensor], folder: Path) -> PartnerPolicy:
        _, unexpected = self.load_state_dict(weights, strict=False, assign=True)
        self.backbone.tie_weights()
        left = [name for name, p in self.named_parameters() if p.is_meta]
        if left or unexpected:
            raise ModelError(
                f"{folder} holds weights of another architecture (missing {left[:3]}, unexpected {list(unexpected)[:3]})."
            )
        # Rotary tables and the like are buffers computed at construction, which meta construction left empty.
        _rebuild_buffers(self.backbone)
        return self.eval()

    def save(self, folder: str | Path, int8: bool = False, shard_mb: int = 80) -> None:
        """Write the policy as safetensors shards with tokenizer and configuration.

        Judge and readers of mood, danger and tone (`HEADS`) that lie in the folder belong to other weights and are removed.

        Args:
            folder: created if needed.
            int8: store matrices in 8 bits with a scale per 64 weights (a quarter of the size).
            shard_mb: largest file in MB.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.tokenizer.save_pretrained(folder)
        # The library writes the merges one a line, indented, which doubles the file.
        spec = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        (folder / "tokenizer.json").write_text(json.dumps(spec, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        self.backbone.config.save_pretrained(folder)
        tied = {k for k in self.backbone.state_dict() if k in getattr(self.backbone, "all_tied_weights_keys", {})}
        weights = {k: v for k, v in self.state_dict().items() if k.removeprefix("backbone.") not in tied}
        tensors.save(weights, folder, int8=int8, shard_mb=shard_mb)
        for head in HEADS:
            (folder / head).unlink(missing_ok=True)
        stored = {"format": FORMAT, "pointer_width": self.config.pointer_width, "budget": asdict(self.config.budget)}
        (folder / "policy.json").write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")

    def hidden(self, input_ids: Tensor, attention_mask: Tensor | None = None, position_ids: Tensor | None = None) -> Tensor:
        """Last-layer states, (batch, length, hidden), without the vocabulary projection (most positions need none)."""
        out = self.backbone.base_model(
            input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids, use_cache=False
        )
        return out.last_hidden_state

    def vocabulary_logits(self, hidden: Tensor) -> Tensor:
        """Project states (..., hidden) to token logits (..., vocabulary)."""
        return self.backbone.get_output_embeddings()(hidden)

    @torch.inference_mode()
    def run(self, new: Grown, cache: DynamicCache) -> Tensor:
        """As `Readable.run`; all layers are run, whatever is wanted."""
        out = self.backbone.base_model(
            input_ids=torch.tensor([new.ids], device=self.device),
            position_ids=torch.tensor([new.positions], device=self.device),
            attention_mask=new.sees[None, None].to(self.device),
            past_key_values=cache,
            use_cache=True,
            output_hidden_states=bool(new.layers),
        )
        # The first of `hidden_states` are the embeddings.
        return torch.cat([*([out.last_hidden_state] if new.last else ()), *(out.hidden_states[k + 1] for k in new.layers)])

    @torch.inference_mode()
    def where(self, conversation: Conversation, sentences: Sequence[str]) -> tuple[list[Place], Tensor]:
        """The distribution over places for one state.

        Returns:
            the legal places, and log-probabilities (places + 1,), STOP last.
        """
        branch, marks = self.layout.where(sentences)
        prefix = self.layout.prefix(conversation)
        states = self.hidden(torch.tensor([prefix + branch], device=self.device))[0, len(prefix) :]
        places = legal_places(self.layout.shown(sentences), len(sentences))
        return places, self.pointer(states[marks], states[-1]).float().log_softmax(-1)

    def log_prob(self, conversation: Conversation, sentences: Sequence[str], place: Place | None, sentence: str = "") -> Tensor:
        """log pi(action | state), a differentiable scalar.

        Args:
            place: where and how; None is STOP.
            sentence: what; empty for `delete` and STOP.
        """
        prefix = self.layout.prefix(conversation)
        branch, marks = self.layout.where(sentences)
        states = self.hidden(torch.tensor([prefix + branch], device=self.device))[0, len(prefix) :]
        where = self.pointer(states[marks], states[-1]).float().log_softmax(-1)
        if place is None:
            return where[-1]
        total = where[legal_places(self.layout.shown(sentences), len(sentences)).index(place)]
        if place.op == "delete":
            return total
        context = prefix + self.layout.place(sentences, place.op, place.at) + self.layout.control(place)
        what = self.layout.what(sentence)
        states = self.hidden(torch.tensor([context + what[:-1]], device=self.device))[0, len(context) - 1 :]
        tokens = self.vocabulary_logits(states).float().log_softmax(-1)
        return total + tokens.gather(-1, torch.tensor(what, device=self.device)[:, None]).sum()


def default_dtype() -> torch.dtype:
    """bfloat16 where the processor multiplies it natively (half the memory traffic), else float32.

    oneDNN says it supports it on every processor with AVX-512; where that has no instructions for it, it takes five times as
    long as 32 bits.
    """
    if platform.machine().lower() in ("x86_64", "amd64"):
        native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    else:
        native = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if native or torch.cuda.is_available() else torch.float32


def _rebuild_buffers(model: nn.Module) -> None:
    for module in model.modules():
        if any(b.is_meta for b in module.buffers(recurse=False)):
            fresh = type(module)(module.config)
            for name, buffer in fresh.named_buffers(recurse=False):
                module.register_buffer(name, buffer, persistent=False)
            for name, value in vars(fresh).items():
                if isinstance(value, Tensor):
                    setattr(module, name, value)
