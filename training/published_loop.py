"""The training loop that PARTNER published, with random weights: what the speed benchmark compares with.

Rebuilt from the code that goes with Sharma et al., WWW 2021 (github.com/behavioral-data/PARTNER: `train_model.py`,
`modeling_gpt2.py`, `rewards.py`, `automated_metrics.py`), step for step in what is computed:

- a training forward pass of DialoGPT-medium (GPT-2 with 355M parameters) and a position head over two examples of 128 tokens;
- one call of `generate` for each example, greedy, a single sequence, and without a key-value cache
  (`prepare_inputs_for_generation` passes none on: every token runs the whole text again);
- the perplexity of each rewritten reply, padded to 64 tokens, batch size one, on a language model of the same size;
- the empathy of each reply before AND after, one reply at a time: three RoBERTa-base encoders, one a mechanism, over post and
  reply of 64 tokens each (published as two passes of 64, here one of 128, which costs the same);
- the policy gradient with a moving average of 20 rewards as baseline; an Adam step every two such batches (`train.sh`: four
  examples a step).

Where the original is slower still, the stand-in is not: `generate` ends after the length of the sentences that it is compared
with (the original goes on to 1,000 tokens if no end comes), and texts are ids already.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from transformers import (
    AutoModelForCausalLM,
    GenerationConfig,
    GPT2Config,
    PretrainedConfig,
    PreTrainedModel,
    RobertaConfig,
    RobertaModel,
)

MEDIUM = GPT2Config(n_embd=1024, n_layer=24, n_head=16)
"""gpt2-medium and DialoGPT-medium."""
ENCODER = RobertaConfig(vocab_size=50265, max_position_embeddings=514)
"""roberta-base."""
EXAMPLES, ACCUMULATE, LENGTH, REPLY = 2, 2, 128, 64


class Stopwatch:
    """Seconds spent in each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.seconds[stage] += time.perf_counter() - start


class PublishedLoop:
    """One optimizer step at a time.

    Args:
        config: of the policy; `MEDIUM` is what was published.
        encoder: of the three empathy classifiers.
        written: tokens of a generated sentence.
        device: where it runs.
        cache: let `generate` keep a key-value cache, which the original does not.
        bf16: bfloat16 autocast, as for the loop it is compared with (the original has fp16).
        seed: of the weights and the texts.
    """

    def __init__(
        self,
        config: PretrainedConfig = MEDIUM,
        encoder: RobertaConfig = ENCODER,
        written: int = 16,
        device: str | torch.device = "cpu",
        bf16: bool = True,
        cache: bool = False,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.device, self.written, self.bf16, self.cache = torch.device(device), written, bf16, cache
        self.policy = self._language_model(config)
        # The perplexity model is of the same size; sharing the weights saves memory and no time.
        self.judge = self.policy
        hidden = self.policy.get_input_embeddings().weight.shape[1]
        self.position = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2)).to(self.device)
        self.encoders = [RobertaModel(encoder, add_pooling_layer=False).eval().to(self.device) for _ in range(3)]
        self.heads = [nn.Linear(encoder.hidden_size, 3).to(self.device) for _ in range(3)]
        parameters = [*self.policy.parameters(), *self.position.parameters()]
        self.optimizer = torch.optim.Adam(parameters, lr=1e-5)
        self.baseline: deque[float] = deque(maxlen=20)
        self.generator = torch.Generator().manual_seed(seed)
        self.watch = Stopwatch()

    def _language_model(self, config: PretrainedConfig) -> PreTrainedModel:
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).to(self.device)
        model.generation_config = GenerationConfig(
            max_new_tokens=self.written, min_new_tokens=self.written, do_sample=False, pad_token_id=0, eos_token_id=0
        )
        return model

    @property
    def parameters(self) -> int:
        return sum(p.numel() for p in self.policy.parameters())

    def step(self) -> int:
        """One optimizer step; returns how many replies were rewritten."""
        for _ in range(ACCUMULATE):
            self._examples()
        with self.watch("update"):
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
        return EXAMPLES * ACCUMULATE

    def _examples(self) -> None:
        ids = self._ids(EXAMPLES, LENGTH)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            with self.watch("update"):
                hidden = self.policy.base_model(input_ids=ids).last_hidden_state
                logits = self.policy.get_output_embeddings()(hidden)
                positions = self.position(hidden[:, -1]).log_softmax(-1)
            replies = [self._ids(1, REPLY) for _ in range(EXAMPLES)]
            with self.watch("rollout"), torch.no_grad():
                written = [self._generate(ids[i : i + 1, : LENGTH - REPLY]) for i in range(EXAMPLES)]
            with self.watch("rewards"), torch.no_grad():
                rewards = [self._reward(ids[i : i + 1, :REPLY], replies[i], written[i]) for i in range(EXAMPLES)]
            with self.watch("update"):
                chosen = positions.max(-1).values
                tokens = torch.stack(
                    [
                        logits[i, : self.written].float().log_softmax(-1).gather(-1, written[i][0, :, None]).mean()
                        for i in range(EXAMPLES)
                    ]
                )
                reward = sum(rewards) / EXAMPLES
                advantage = reward - (sum(self.baseline) / len(self.baseline) if self.baseline else 0.0)
                loss = -advantage * (tokens.mean() + chosen.mean()) / ACCUMULATE
        with self.watch("update"):
            loss.backward()
        self.baseline.append(reward)

    def _generate(self, post: Tensor) -> Tensor:
        """(1, written) ids."""
        out = self.policy.generate(input_ids=post, attention_mask=torch.ones_like(post), use_cache=self.cache)
        return out[:, post.shape[1] :]

    def _reward(self, post: Tensor, before: Tensor, written: Tensor) -> float:
        after = torch.cat([written, before], 1)[:, :REPLY]
        loss = self.judge(input_ids=after, labels=after).loss
        return 0.001 * min(float(loss.exp()), 1e6) + self._empathy(post, after) - self._empathy(post, before)

    def _empathy(self, post: Tensor, reply: Tensor) -> float:
        pair = torch.cat([post, reply], 1) % self.encoders[0].config.vocab_size
        levels = [
            head(encoder(pair).last_hidden_state[:, 0]).argmax(-1)
            for encoder, head in zip(self.encoders, self.heads, strict=True)
        ]
        return 0.5 * float(torch.stack(levels).sum())

    def _ids(self, rows: int, length: int) -> Tensor:
        vocabulary = self.policy.get_input_embeddings().weight.shape[0]
        return torch.randint(1, vocabulary, (rows, length), generator=self.generator).to(self.device)
