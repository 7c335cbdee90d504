"""The speed benchmark runs both loops for real, at sizes that take seconds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import GPT2Config, RobertaConfig

from tests import tiny
from training.__main__ import main
from training.published_loop import ACCUMULATE, EXAMPLES, MEDIUM, PublishedLoop

SMALL = GPT2Config(vocab_size=300, n_embd=32, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0)
ENCODER = RobertaConfig(
    vocab_size=200,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=64,
    max_position_embeddings=160,
)


def test_the_published_loop_rewrites_four_replies_a_step_and_learns() -> None:
    loop = PublishedLoop(SMALL, ENCODER, written=6, bf16=False)
    calls = {"generate": 0, "encoder": 0}

    def count(name: str):
        def hook(*_):
            calls[name] += 1

        return hook

    for encoder in loop.encoders:
        encoder.register_forward_hook(count("encoder"))
    generate = loop.policy.generate

    def counted(**inputs):
        calls["generate"] += 1
        out = generate(**inputs)
        assert out.shape == (1, inputs["input_ids"].shape[1] + 6)
        return out

    loop.policy.generate = counted
    before = [p.detach().clone() for p in loop.policy.parameters()]
    assert loop.step() == EXAMPLES * ACCUMULATE == 4
    # One generation an example, and three encoders over the reply before and after.
    assert calls == {"generate": 4, "encoder": 4 * 2 * 3}
    assert len(loop.baseline) == ACCUMULATE and set(loop.watch.seconds) == {"rollout", "rewards", "update"}
    # The first reward has no baseline to be set against.
    assert any(not torch.equal(a, b) for a, b in zip(before, loop.policy.parameters(), strict=True))


def test_the_published_size_is_that_of_gpt2_medium() -> None:
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(MEDIUM)
    assert round(sum(p.numel() for p in model.parameters()) / 1e6) == 355


def test_the_command_prints_a_table_and_writes_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("training.benchmark.MEDIUM", SMALL)
    monkeypatch.setattr("training.benchmark.ENCODER", ENCODER)
    tiny.policy("gpt2").save(tmp_path / "policy")
    out = tmp_path / "made" / "speed.json"
    options = ["--policy", str(tmp_path / "policy"), "--states", "2", "--samples", "2", "--seconds", "0", "--warm-up", "0"]
    assert main(["benchmark", *options, "--threads", "1", "--no-bf16", "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert [loop["loop"] for loop in found["loops"]] == ["partner", "published, medium", "published, same"]
    for loop in found["loops"]:
        assert loop["steps"] == 1 and loop["cpu_seconds"] > 0
        assert set(loop["stages"]) == {"rollout", "rewards", "update"}
        assert loop["rewrites_a_second"] == pytest.approx(loop["rewrites"] / loop["seconds"])
    assert found["loops"][0]["times_faster"] == 1 and found["tokens_a_sentence"] >= 1
    table = capsys.readouterr().out.splitlines()
    assert table[0].split()[:4] == ["loop", "size", "rewrites", "a"] and len(table) == 5
