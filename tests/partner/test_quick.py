"""A quick policy reads and writes as the one that it is a copy of, up to what 8 bits cost."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from partner.candidates import Candidate, Sampling, State
from partner.int8 import Int8Matrix
from partner.policy import Grown, PartnerPolicy, default_dtype
from partner.prompt import Place
from partner.quick import QuickPolicy, can_be_quick, load_reader
from partner.tree import growing_cache
from partner.types import Conversation
from tests import tiny

POST = Conversation("I feel so alone since my dog died in March.", "Ok. Get a cat.")
SENTENCES = ["Ok.", "Get a cat."]
CANDIDATES = [
    Candidate(Place("insert", 0, "emotional_reaction"), "I am sorry, that must hurt."),
    Candidate(Place("replace", 1, "exploration"), "What was he like?"),
]


@pytest.fixture
def quick() -> QuickPolicy:
    return QuickPolicy(tiny.policy("llama"))


def error(mine: torch.Tensor, other: torch.Tensor) -> float:
    """How far states are from others, as a share of these."""
    return float(((mine - other).norm(dim=-1) / other.norm(dim=-1)).mean())


def states(policy: PartnerPolicy | QuickPolicy, *parts: int) -> torch.Tensor:
    """(3, tokens, hidden) states of a text that is read in so many parts of these lengths."""
    ids, cache, found = list(range(5, 5 + sum(parts))), growing_cache(), []
    for length in parts:
        start = sum(f.shape[1] for f in found)
        sees = torch.ones(length, start + length, dtype=torch.bool).tril(start)
        positions = range(start, start + length)
        found.append(policy.run(Grown([ids[k % 300] for k in positions], list(positions), sees, [0, 1]), cache))
    return torch.cat(found, dim=1)


def test_a_product_in_8_bits_is_right_to_a_hundredth():
    torch.manual_seed(0)
    weight, x = torch.randn(48, 64), torch.randn(7, 64) * torch.tensor([[1e-3], [1], [100], [1], [1], [1], [0]])
    assert error(Int8Matrix(weight)(x)[:6], (x @ weight.T)[:6]) < 0.015
    assert torch.equal(Int8Matrix(weight)(x)[6], torch.zeros(48))


def test_states_are_those_of_the_policy(quick):
    mine, other = states(quick, 40), states(tiny.policy("llama"), 40)
    assert mine.shape == other.shape and error(mine, other) < 0.03


@pytest.mark.parametrize("parts", [(20, 20), (1, 39), (39, 1), (13, 14, 13)])
def test_what_was_cached_counts_as_read(quick, parts):
    torch.testing.assert_close(states(quick, *parts), states(quick, 40), atol=1e-3, rtol=1e-3)


def test_the_cache_grows_and_many_rows_take_the_other_attention(quick):
    longer = states(quick, 200, 500)
    assert error(longer[:, :200], states(quick, 100, 100)) < 0.003, "a last bit may round the other way"
    assert error(longer, states(tiny.policy("llama"), 200, 500)) < 0.03


def test_branches_are_read_as_if_each_were_alone(quick):
    """As many as are read in several parts."""
    state, policy = State(quick, POST, SENTENCES, [0]), State(tiny.policy("llama"), POST, SENTENCES, [0])
    many = [replace(CANDIDATES[k % 2], text=f"{CANDIDATES[k % 2].text[:-1]} {k}?") for k in range(20)]
    for candidate, told, expected in zip(many, state.inner(many, [0, 1]), policy.inner(many, [0, 1]), strict=True):
        assert error(told, state.inner([candidate], [0, 1])[0]) < 0.003 and error(told, expected) < 0.03


def test_the_layers_above_those_wanted_are_not_run(quick, monkeypatch):
    whole = states(quick, 30)
    monkeypatch.setattr(quick.layers[1], "qkv", None)
    sees = torch.ones(30, 30, dtype=torch.bool).tril()
    part = quick.run(Grown(range(5, 35), range(30), sees, [0], last=False), growing_cache())
    torch.testing.assert_close(part, whole[1:2])


def test_a_state_reads_and_writes_with_it(quick):
    policy = tiny.policy("llama")
    mine, other = State(quick, POST, SENTENCES, [0]), State(policy, POST, SENTENCES, [0])
    (places, told), (same, expected) = mine.where(), other.where()
    assert places == same and float((told - expected).abs().max()) < 0.05
    assert mine.log_likelihoods(CANDIDATES) == pytest.approx(other.log_likelihoods(CANDIDATES), abs=0.05)
    assert all(error(a, b) < 0.03 for a, b in zip(mine.inner(CANDIDATES, [0, 1]), other.inner(CANDIDATES, [0, 1]), strict=True))
    assert error(mine.post_states, other.post_states) < 0.03
    drawn = mine.sample([c.place for c in CANDIDATES], 4, Sampling(), torch.Generator().manual_seed(0))
    assert drawn == State(quick, POST, SENTENCES).sample(
        [c.place for c in CANDIDATES], 4, Sampling(), torch.Generator().manual_seed(0)
    ), "what was read in between is forgotten"


def test_only_plain_llamas_can_be_quick():
    assert can_be_quick(tiny.policy("llama")) and not can_be_quick(tiny.policy("gpt2"))
    for odd in ({"attention_bias": True}, {"mlp_bias": True}, {"hidden_act": "gelu"}):
        small = dict(vocab_size=450, hidden_size=64, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2)
        backbone = LlamaForCausalLM(LlamaConfig(**small, **odd))
        assert not can_be_quick(PartnerPolicy.from_backbone(backbone, tiny.tokenizer()))


@pytest.mark.parametrize("fast", [True, False])
def test_the_form_fits_the_machine(tmp_path, monkeypatch, fast):
    monkeypatch.setattr("partner.quick.fast_int8", lambda: fast)
    for architecture in ("llama", "gpt2"):
        tiny.policy(architecture).save(tmp_path / architecture)
        reader = load_reader(tmp_path / architecture)
        assert isinstance(reader, QuickPolicy if fast and architecture == "llama" else PartnerPolicy)
        assert (reader.depth, reader.width) == (2, 64)


@pytest.mark.parametrize(
    ("bf16", "amx", "dtype"), [(False, False, "float32"), (True, False, "bfloat16"), (False, True, "bfloat16")]
)
def test_16_bits_are_taken_only_where_the_processor_has_them(monkeypatch, bf16, amx, dtype):
    """oneDNN supports them on every processor with AVX-512, in five times the time."""
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: bf16)
    monkeypatch.setattr("torch.cpu._is_amx_tile_supported", lambda: amx)
    assert default_dtype() == getattr(torch, dtype)
