"""From a torch module to the ONNX files that `partner.encoder.OnnxEncoder` runs."""

from __future__ import annotations

import json
import logging
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quant_pre_process, quantize_dynamic
from tokenizers import Tokenizer
from torch import nn

from partner.encoder import PairTokenizer
from partner.models import ModelError

INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def export_onnx(
    module: nn.Module,
    path: Path,
    outputs: dict[str, Sequence[str]],
    inputs: Sequence[str] = INPUTS,
    tolerance: float = 1e-3,
) -> None:
    """Write a module as fp32 ONNX with dynamic batch and length, and check it against torch.

    Args:
        module: called with int64 tensors `[batch, length]` named and ordered as `inputs`; returns one tensor or a tuple.
        path: the file to write.
        outputs: name of each output, in the order returned, with the names of its leading axes: `("batch",)` or
            `("batch", "length")`; `OnnxEncoder` cuts outputs that have a `length` axis to the pair's own tokens.
        inputs: names of the inputs, from `INPUTS`.
        tolerance: largest absolute difference from torch on a batch of another shape than the traced one.

    Raises:
        ModelError: the exported graph disagrees with torch.
    """
    module = module.eval()
    axes = {name: {0: "batch", 1: "length"} for name in inputs} | {
        name: dict(enumerate(names)) for name, names in outputs.items()
    }
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = _example(2, 24, inputs)
        torch.onnx.export(
            module,
            tuple(example.values()),
            str(path),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    example = _example(5, 40, inputs)
    with torch.no_grad():
        expected = module(*example.values())
    expected = expected if isinstance(expected, tuple) else (expected,)
    results = session.run(None, {k: v.numpy() for k, v in example.items()})
    for name, want, got in zip(outputs, expected, results, strict=True):
        worst = float(np.abs(want.float().numpy() - got).max())
        if not worst <= tolerance:
            raise ModelError(f"{path}: output {name!r} differs from torch by {worst:.2g}, more than {tolerance:.2g}")


def quantize(source: Path, target: Path, per_channel: bool = True, exclude: Sequence[str] = ()) -> None:
    """Dynamic int8: weights stored as int8, activations quantised per batch at run time.

    Args:
        source: fp32 graph from `export_onnx`.
        target: the file to write; may not be `source`.
        per_channel: one scale per output channel of a weight matrix instead of one per matrix.
        exclude: nodes whose name contains one of these stay fp32.
    """
    import onnx

    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.onnx"
        quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)
        nodes = [n.name for n in onnx.load(str(ready)).graph.node]
        level = logging.root.level
        logging.root.setLevel(logging.ERROR)  # the quantizer logs every node it leaves alone
        try:
            quantize_dynamic(
                str(ready),
                str(target),
                per_channel=per_channel,
                reduce_range=False,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=[n for n in nodes if any(part in n for part in exclude)],
            )
        finally:
            logging.root.setLevel(level)


def write_encoder_files(folder: Path, tokenizer: PairTokenizer, quantized: bool) -> None:
    """Write `tokenizer.json` and `encoder.json` beside `model.onnx`, as `OnnxEncoder` reads them."""
    Tokenizer.from_str(tokenizer.tokenizer.to_str()).save(str(folder / "tokenizer.json"), pretty=False)
    settings = {"max_tokens": tokenizer.max_tokens, "first_cap": tokenizer.first_cap, "quantized": quantized}
    (folder / "encoder.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def _example(batch: int, length: int, inputs: Sequence[str]) -> dict[str, torch.Tensor]:
    """Random tokens; the last row is padded, so that masking is traced and checked too."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(1000, 20000, (batch, length), generator=generator)
    mask = torch.ones_like(ids)
    mask[-1, length * 2 // 3 :] = 0
    types = torch.zeros_like(ids)
    types[:, length // 3 :] = 1
    tensors = {"input_ids": ids * mask, "attention_mask": mask, "token_type_ids": types * mask}
    return {name: tensors[name] for name in inputs}
