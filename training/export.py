"""From a torch module to the ONNX files that `partner.encoder.OnnxEncoder` runs."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization.shape_inference import quant_pre_process
from safetensors.numpy import save
from torch import nn

from partner.encoder import PairTokenizer
from partner.models import ModelError
from training.minilm import load_minilm, minilm_words

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


def quantize(source: Path, target: Path, block: int = 32) -> None:
    """Store an encoder's weight matrices in 8 bits: about a quarter of the size, nearly the same answers.

    Weights get one scale per `block` inputs of an output (`com.microsoft.MatMulNBits`), large embedding tables one
    scale per row; activations stay fp32. Unlike with onnxruntime's `quantize_dynamic`, whose activations share one scale
    per batch, the answer for a text does not depend on the texts beside it, nor on the CPU's integer instructions.
    Measured on the empathy scorer against fp32 (expected levels of 302 pairs): mean difference 0.002 and largest 0.06;
    `quantize_dynamic` had 0.025 and 0.56 at half the run time, and its answers moved by up to 0.3 with the batch.

    Args:
        source: folder with the fp32 graph of `export_onnx` and the settings of `write_settings`.
        target: the folder to write both to; may not be `source`. Word embeddings equal to MiniLM's are not written but
            referred to: `partner.encoder.OnnxEncoder` takes them from `assets/minilm`.
        block: a power of two; a matrix whose inputs it does not divide stays fp32.
    """
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.onnx"
        # Folds constants, so that weights are initializers.
        quant_pre_process(str(source / "model.onnx"), str(ready), skip_symbolic_shape=True)
        model = onnx.load(str(ready))
    graph = model.graph
    weights = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    words, shared = eight_bit(minilm_words()), False
    packed: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for node in graph.node:
        name = next((n for n in node.input if n in weights and weights[n].ndim == 2 and weights[n].size > 10_000), "")
        matrix = weights.get(name)
        if node.op_type == "MatMul" and name == node.input[1] and matrix.shape[0] % block == 0:
            inputs, outputs = matrix.shape
            values, scale = eight_bit(matrix.T.reshape(outputs, inputs // block, block))
            packed[name] = values, scale.squeeze(-1)
            nodes.append(
                helper.make_node(
                    "MatMulNBits",
                    [node.input[0], name + ".q", name + ".scale"],
                    node.output,
                    node.name,
                    domain="com.microsoft",
                    K=inputs,
                    N=outputs,
                    bits=8,
                    block_size=block,
                )
            )
        elif node.op_type == "Gather" and name == node.input[0]:
            values, scale = eight_bit(matrix)
            out = node.output[0]
            if np.array_equal(values, words[0]) and np.array_equal(scale, words[1]):
                shared, name = True, "words"
            else:
                packed[name] = values, scale
            nodes += [
                helper.make_node("Gather", [name + ".q", node.input[1]], [out + ".q"]),
                helper.make_node("Gather", [name + ".scale", node.input[1]], [out + ".scale"]),
                helper.make_node("DequantizeLinear", [out + ".q", "one", "middle"], [out + ".float"]),
                helper.make_node("Mul", [out + ".float", out + ".scale"], [out]),
            ]
        else:
            nodes.append(node)
    kept = [i for i in graph.initializer if any(i.name in n.input for n in nodes)]
    kept += [numpy_helper.from_array(np.float32(1), "one"), numpy_helper.from_array(np.uint8(128), "middle")]
    for name, (values, scale) in packed.items():
        kept += [numpy_helper.from_array(values, name + ".q"), numpy_helper.from_array(scale, name + ".scale")]
    if shared:
        kept += [_elsewhere(words[0], "words.q"), _elsewhere(words[1], "words.scale")]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    (target / "model.onnx").write_bytes(model.SerializeToString())
    settings = json.loads((source / "encoder.json").read_text(encoding="utf-8")) | {"quantized": True, "words": shared}
    (target / "encoder.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def eight_bit(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Round along the last axis to 1..255 around 128, with the scale that undoes it (fp32, last axis of length 1)."""
    scale = np.abs(values).max(-1, keepdims=True) / 127
    scale[scale == 0] = 1
    return (np.rint(values / scale) + 128).astype(np.uint8), scale.astype(np.float32)


def _elsewhere(values: np.ndarray, name: str) -> TensorProto:
    """An initializer whose values `OnnxEncoder` brings along."""
    tensor = numpy_helper.from_array(values, name)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "words"), ("offset", "0"), ("length", str(values.nbytes))):
        tensor.external_data.add(key=key, value=value)
    return tensor


def write_vocabulary(folder: Path) -> None:
    """Write MiniLM's vocabulary as `OnnxEncoder` reads it: `tokenizer.json`, and its word embeddings in 8 bits."""
    folder.mkdir(parents=True, exist_ok=True)
    load_minilm()[1].save(str(folder / "tokenizer.json"), pretty=False)
    values, scale = eight_bit(minilm_words())
    (folder / "words.safetensors").write_bytes(save({"words.q": values, "words.scale": scale}))


def write_settings(folder: Path, tokenizer: PairTokenizer) -> None:
    """Write `encoder.json` beside an fp32 `model.onnx`, as `OnnxEncoder` reads it."""
    settings = {"max_tokens": tokenizer.max_tokens, "first_cap": tokenizer.first_cap, "quantized": False, "words": False}
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
