"""Curves of a training run."""

from __future__ import annotations

import json
from itertools import accumulate
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt


def loss_curve(log: Path, out: Path) -> None:
    """Draw token loss and, where there is one, pointer loss, training (smoothed) and held-out, from a `log.jsonl`."""
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    titles = {"tokens": "sentence, nats a token", "where": "place, nats"}
    keys = [key for key in titles if key in rows[0]]
    figure, axes = plt.subplots(1, len(keys), figsize=(5 * len(keys), 4), squeeze=False)
    for axis, key in zip(axes[0], keys, strict=True):
        axis.plot([r["step"] for r in rows], _smooth([r[key] for r in rows], 0.95), label="training (smoothed)")
        held = [r for r in rows if "dev" in r]
        for name in held[0]["dev"] if held else ():
            axis.plot([r["step"] for r in held], [r["dev"][name][key] for r in held], "o-", label=f"held out, {name}")
        axis.set(title=titles[key], xlabel="step")
        axis.legend()
    figure.tight_layout()
    figure.savefig(out, dpi=110)
    plt.close(figure)


def reward_curves(log: Path, out: Path) -> None:
    """Draw the reward, each of its terms, KL, entropy and speed by update, from a `log.jsonl` of `rl`."""
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    series = {"reward": [r["reward"] for r in rows]}
    series |= {f"term: {name}": [r["terms"][name] for r in rows] for name in rows[0]["terms"]}
    others = ("kl", "kl_weight", "entropy", "value_loss", "gradient_norm", "edits", "tokens", "rewrites_per_second")
    series |= {name.replace("_", " "): [r[name] for r in rows] for name in others if name in rows[0]}
    columns = 4
    figure, axes = plt.subplots(
        -(-len(series) // columns), columns, figsize=(16, 2.8 * -(-len(series) // columns)), squeeze=False
    )
    updates = [r["update"] for r in rows]
    for axis, (name, values) in zip(axes.flat, series.items(), strict=False):
        axis.plot(updates, values, color="0.8")
        axis.plot(updates, _smooth(values, 0.9))
        axis.set(title=name, xlabel="update")
    for axis in axes.flat[len(series) :]:
        axis.set_visible(False)
    figure.tight_layout()
    figure.savefig(out, dpi=100)
    plt.close(figure)


def _smooth(values: list[float], keep: float) -> list[float]:
    """The exponential moving average, which keeps this part of itself at every step."""
    return list(accumulate(values, lambda mean, value: keep * mean + (1 - keep) * value))
