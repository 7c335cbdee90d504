"""`python -m training pretrain`: a GPT-2 of the project's own, from corpora to a policy folder.

Next-token prediction (Radford et al., 2019) on rows packed without padding: an attention mask keeps documents apart, and
positions start anew with each, so the model sees its states as it will meet them. The supportive texts are laid out as
the policy's states (`training.pretraining_text`); the warm start takes the folder with `--backbone`.

A small corpus is read more than once, but not more than `passes` times: up to four passes are nearly as good as new
text, later ones add less and less (Muennighoff et al., NeurIPS 2023).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm
from transformers import PreTrainedTokenizerFast

from partner.policy import PartnerPolicy
from partner.prompt import CONTROL_TOKENS, Layout
from training import checkpoint, options
from training.data.corpora import GROUPS
from training.data.records import DataError, data_dir
from training.plots import loss_curve
from training.pretraining_rows import Rows, Stream, pack_rows
from training.pretraining_text import Encoder, encode_group, tokenizer_texts
from training.student import BUDGET, CONTEXT, SIZES, build
from training.tokenizer import END_OF_TEXT, train_tokenizer
from training.trees import IGNORE


@dataclass(frozen=True)
class Pretrain:
    """What a pretraining is run with; saved as `config.json` beside the weights.

    Attributes:
        size: name in `training.student.SIZES`.
        vocabulary: of the tokenizer; a smaller one where the texts hold too few words.
        row: tokens a row; rows: rows an optimizer step.
        learning_rate: peak; warms up over `warmup` steps, then falls along a cosine or a line to a twentieth.
        shares: of all tokens, those from supportive text, other conversation and other English.
        passes: most times a text is read; what a group then lacks goes to the next.
    """

    size: str = "14M"
    vocabulary: int = 8192
    row: int = 512
    rows: int = 8
    learning_rate: float = 2e-3
    warmup: int = 60
    decay: str = "linear"
    weight_decay: float = 0.1
    clip: float = 1.0
    shares: tuple[float, ...] = (0.75, 0.15, 0.1)
    passes: float = 6.0
    seed: int = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    d = Pretrain()
    rows = 128 if torch.cuda.is_available() else d.rows
    parser.add_argument("--out", type=Path, default=Path("runs/pretrain"), help="folder for weights, log and loss curve")
    parser.add_argument("--data", type=Path, help="data folder (default: PARTNER_DATA or ../shared/data)")
    parser.add_argument("--teacher-text", type=Path, help="sentences written by `python -m training teacher-text`")
    parser.add_argument("--size", choices=list(SIZES), default=d.size, help="shape of the model")
    parser.add_argument("--vocabulary", type=int, help="size of the tokenizer (default: that of the model's size)")
    parser.add_argument("--tokens", type=float, default=20, help="tokens to train on, in millions")
    parser.add_argument("--minutes", type=float, help="train about so long instead; the speed is measured first")
    parser.add_argument("--learning-rate", type=float, help="peak learning rate (default: that of the model's size)")
    parser.add_argument("--decay", choices=("linear", "cosine"), default=d.decay, help="how the learning rate falls")
    parser.add_argument("--row", type=int, default=d.row, help="tokens a row")
    parser.add_argument("--rows", type=int, default=rows, help="rows an optimizer step")
    parser.add_argument("--shares", type=float, nargs=3, default=list(d.shares), help="of support, talk and prose")
    parser.add_argument("--passes", type=float, default=d.passes, help="most times a text is read")
    parser.add_argument("--seed", type=int, default=d.seed, help="seed of weights and order")
    parser.add_argument("--limit", type=int, help="use only so many documents of each corpus (for a quick try)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    parser.add_argument("--save-minutes", type=float, default=10, help="minutes between checkpoints")
    options.add_bf16(parser)


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(args.threads)
    size = SIZES[args.size]
    config = Pretrain(
        size=args.size,
        vocabulary=args.vocabulary or size.vocabulary,
        row=args.row,
        rows=args.rows,
        learning_rate=args.learning_rate or size.learning_rate,
        decay=args.decay,
        shares=tuple(args.shares),
        passes=args.passes,
        seed=args.seed,
    )
    if not 1 < config.row <= CONTEXT:
        raise DataError(f"--row must lie between 2 and {CONTEXT}, got {config.row}")
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "config.json").write_text(json.dumps(asdict(config), indent=2) + "\n", encoding="utf-8")
    return 0 if Trainer(config, args).train() else 130


def rate(step: int, steps: int, warmup: int, decay: str) -> float:
    """Learning rate over its peak at a step: linear warm-up, then linear or cosine decay to a twentieth."""
    warm = max(1, min(warmup, steps // 10))
    if step < warm:
        return (step + 1) / warm
    done = (step - warm) / max(1, steps - warm)
    falling = 1 - done if decay == "linear" else 0.5 * (1 + math.cos(math.pi * done))
    return 0.05 + 0.95 * falling


class Trainer:
    """The loop: deterministic in (seed, step), so a killed run resumes to the same trajectory."""

    def __init__(self, config: Pretrain, args: argparse.Namespace) -> None:
        self.config, self.args = config, args
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        found = checkpoint.find(args.out / "checkpoint")
        tokenizer = self._tokenizer()
        policy = PartnerPolicy.load(found, torch.float32) if found else build(config.size, tokenizer, config.seed)
        self.policy = policy.to(self.device).train()
        self.end = tokenizer.convert_tokens_to_ids(END_OF_TEXT)
        weights = list(self.policy.backbone.parameters())
        groups = [
            {"params": [p for p in weights if p.ndim > 1], "weight_decay": config.weight_decay},
            {"params": [p for p in weights if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.95), fused=True)
        self.plan = self._plan()
        state = checkpoint.restore(found, self.optimizer) if found else {"step": 0, "seconds": 0.0}
        self.start, self.seconds = state["step"], state["seconds"]

    def _tokenizer(self) -> PreTrainedTokenizerFast:
        """Trained once, then read: ids must mean the same after a stop."""
        folder = self.args.out / "tokenizer"
        if not (folder / "tokenizer.json").is_file():
            texts = tokenizer_texts(data_dir(self.args.data), self.args.limit)
            train_tokenizer(texts, self.config.vocabulary).save_pretrained(folder)
        return PreTrainedTokenizerFast.from_pretrained(folder)

    def _plan(self) -> dict:
        """Steps and tokens of each group, decided once: by `--tokens`, or by `--minutes` and the speed measured here."""
        file, tokens = self.args.out / "plan.json", self.args.out / "tokens.npz"
        if not (file.is_file() and tokens.is_file()):
            step = self.config.row * self.config.rows
            total = self.args.minutes * 60 * self._speed() if self.args.minutes else self.args.tokens * 1e6
            found, used, lacking = {}, [], 0.0
            encoder = Encoder(self.policy.tokenizer, Layout(self.policy.tokenizer, BUDGET))
            for group, share in zip(GROUPS, self.config.shares, strict=True):
                wanted = int(share * total + lacking)
                args = (self.args.teacher_text if group == "support" else None, self.config.seed, self.args.limit)
                train, dev = encode_group(encoder, group, data_dir(self.args.data), wanted, *args)
                used.append(min(wanted, round(self.config.passes * len(train))))
                lacking = wanted - used[-1]
                found |= {f"{group}.train": train, f"{group}.dev": dev}
            if sum(used) < step:
                raise DataError(f"{sum(used)} tokens are less than one step of {step}: train for longer or with fewer --rows")
            np.savez(tokens, **found)
            plan = {"steps": sum(used) // step, "tokens": dict(zip(GROUPS, used, strict=True))}
            file.write_text(json.dumps(plan, indent=2) + "\n", encoding="utf-8")
        stored = np.load(tokens)
        self.train_tokens = [stored[f"{group}.train"] for group in GROUPS]
        self.dev_tokens = {group: stored[f"{group}.dev"] for group in GROUPS}
        return json.loads(file.read_text(encoding="utf-8"))

    def _speed(self) -> float:
        """Tokens a second, from a few backward passes over random tokens; no weight changes."""
        size = (self.config.rows, self.config.row + 1)
        batch = pack_rows(np.random.default_rng(0).integers(self.end + 1, len(self.policy.tokenizer), size=size), self.end)
        times = []
        for _ in range(5):
            start = time.monotonic()
            self._loss(batch).backward()
            self.policy.zero_grad(set_to_none=True)
            if self.device == "cuda":
                torch.cuda.synchronize()
            times.append(time.monotonic() - start)
        # A fortieth of the time for the optimizer, measuring and saving.
        return 0.975 * self.config.rows * self.config.row / min(times)

    def _loss(self, rows: Rows, reduction: str = "mean") -> Tensor:
        """Cross-entropy of the next token, nats; (rows, length) with reduction "none"."""
        ids, positions, labels = (t.to(self.device) for t in (rows.ids, rows.positions, rows.labels))
        with torch.autocast(self.device, torch.bfloat16, enabled=self.args.bf16):
            logits = self.policy.vocabulary_logits(self.policy.hidden(ids, rows.mask(self.device), positions))
        loss = F.cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORE, reduction=reduction)
        return loss.view_as(labels) if reduction == "none" else loss

    def train(self) -> bool:
        """Run to the end, or to Ctrl-C; returns whether it got to the end. The same command goes on where it stopped."""
        config, steps = self.config, self.plan["steps"]
        stream = Stream(self.train_tokens, list(self.plan["tokens"].values()), config.row, self.end, config.seed)
        checkpoint.cut_log(self.args.out / "log.jsonl", self.start)
        log = (self.args.out / "log.jsonl").open("a", encoding="utf-8")
        bar = tqdm(total=steps, initial=self.start, desc="pretraining", unit=" steps", mininterval=2)
        began = saved = time.monotonic()
        with checkpoint.interruptible() as stop, log, bar:
            for step in range(steps):
                rows = stream.rows(config.rows)
                if step < self.start:
                    continue
                for group in self.optimizer.param_groups:
                    group["lr"] = config.learning_rate * rate(step, steps, config.warmup, config.decay)
                loss = self._loss(rows)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self.policy.parameters(), config.clip)
                self.optimizer.step()
                self.optimizer.zero_grad(set_to_none=True)
                entry: dict = {"step": step, "tokens": loss.item()}
                if not math.isfinite(entry["tokens"]):
                    raise FloatingPointError(f"loss is not finite at step {step}; the last checkpoint is kept")
                last = step == steps - 1
                if step % 250 == 249 or last:
                    entry["dev"] = {group: self.evaluate(group) for group in GROUPS if len(self.dev_tokens[group])}
                    bar.write(f"step {step + 1}: {json.dumps(entry['dev'])}")
                bar.update()
                bar.set_postfix(loss=f"{entry['tokens']:.3f}")
                log.write(json.dumps(entry) + "\n")
                log.flush()
                if stop.is_set() or last or time.monotonic() - saved > 60 * self.args.save_minutes:
                    seconds = self.seconds + time.monotonic() - began
                    checkpoint.save(
                        self.args.out / "checkpoint", self.policy, self.optimizer, {"step": step + 1, "seconds": seconds}
                    )
                    saved = time.monotonic()
                if stop.is_set() and not last:
                    bar.write(f"stopped after step {step + 1}; the same command goes on from there")
                    return False
        self._finish(self.seconds + time.monotonic() - began)
        return True

    def _finish(self, seconds: float) -> None:
        tokens = self.plan["steps"] * self.config.row * self.config.rows
        report = {
            "parameters": sum(p.numel() for p in self.policy.backbone.parameters()),
            "tokens": tokens,
            "tokens_per_second": tokens / seconds if seconds else None,
            "device": torch.cuda.get_device_name() if self.device == "cuda" else f"cpu, {self.args.threads} threads",
            "held_out": {group: self.evaluate(group) for group in GROUPS if len(self.dev_tokens[group])},
        }
        (self.args.out / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        self.policy.save(self.args.out / "policy")
        loss_curve(self.args.out / "log.jsonl", self.args.out / "loss.png")
        print(json.dumps(report, indent=2))
        print("train it on edits with: python -m training warm-start --backbone", self.args.out / "policy")

    @torch.inference_mode()
    def evaluate(self, group: str) -> dict[str, float]:
        """On the group's held-out text: nats a token, perplexity a token, bits a byte and perplexity a byte.

        Control tokens are context only; a byte is one of the text's own, in UTF-8, so that models with other tokenizers
        can be compared.
        """
        self.policy.eval()
        control = set(self.policy.tokenizer.convert_tokens_to_ids([END_OF_TEXT, *CONTROL_TOKENS]))
        tokens, row = self.dev_tokens[group], self.config.row
        # Every row begins with the last token of the one before, so that each token is predicted once.
        count = (len(tokens) - 1) // row
        cut = [tokens[k * row : (k + 1) * row + 1] for k in range(count)] or [np.append(tokens, self.end)]
        nats, number, spelled = 0.0, 0, 0
        for k in range(0, len(cut), 8):
            rows = pack_rows(np.stack(cut[k : k + 8]), self.end)
            loss = self._loss(rows, "none").cpu()
            text = (rows.labels != IGNORE) & ~torch.isin(rows.labels, torch.tensor(sorted(control)))
            nats += float(loss[text].double().sum())
            number += int(text.sum())
            ids = rows.labels[text].tolist()
            spelled += len(self.policy.tokenizer.decode(ids, clean_up_tokenization_spaces=False).encode())
        self.policy.train()
        a_token, a_byte = nats / max(1, number), nats / max(1, spelled)
        return {
            "tokens": a_token,
            "perplexity": math.exp(a_token),
            "bits_per_byte": a_byte / math.log(2),
            "byte_perplexity": math.exp(a_byte),
        }
