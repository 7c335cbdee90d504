"""Curves of a training run."""

from __future__ import annotations

import json
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
        smooth, value = [], rows[0][key]
        for row in rows:
            value = 0.95 * value + 0.05 * row[key]
            smooth.append(value)
        axis.plot([r["step"] for r in rows], smooth, label="training (smoothed)")
        held = [r for r in rows if "dev" in r]
        for name in held[0]["dev"] if held else ():
            axis.plot([r["step"] for r in held], [r["dev"][name][key] for r in held], "o-", label=f"held out, {name}")
        axis.set(title=titles[key], xlabel="step")
        axis.legend()
    figure.tight_layout()
    figure.savefig(out, dpi=110)
    plt.close(figure)
