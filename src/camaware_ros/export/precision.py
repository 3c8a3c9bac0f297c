"""Smaller numbers for an exported model: fp16 graphs for TensorRT, int8 weights for small CPUs.

Both are made from the fp32 graphs of a finished model folder.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel

from camaware_ros.export.shared_weights import save_sharing_weights
from camaware_ros.runtime.contract import PREFIX_NAMES, Arrays
from camaware_ros.runtime.golden import GOLDEN_FILE, largest_difference, load_golden
from camaware_ros.runtime.manifest import (
    GRAPH_WEIGHTS_FILE,
    LANGUAGE_FILE,
    MANIFEST_FILE,
    VISION_FILE,
    Manifest,
    checked_file,
    graph_record,
    half_file,
    read_manifest,
    sha256,
)
from camaware_ros.runtime.onnx_backend import OnnxGraph, open_onnx
from camaware_ros.runtime.prompt import phrases_prompt
from camaware_ros.runtime.split import SplitNetwork

GRAPHS = (VISION_FILE, LANGUAGE_FILE)
# squares and their sums stay fp32, as TensorRT advises for normalisations
KEPT_FP32 = [*DEFAULT_OP_BLOCK_LIST, "Pow", "ReduceMean", "ReduceL2"]
LARGEST_HALF = 65504.0
MARGIN = 4.0
QUANTISED = ["MatMul", "Gemm"]


def add_half(folder: Path) -> float:
    """Add fp16 graphs, which take and give fp32, to a model folder.

    Returns:
        The largest difference from the golden outputs, computed by ONNX Runtime.

    Raises:
        ValueError: the folder is not as its manifest promises.
        RuntimeError: a number in the network comes near the end of fp16's range.
    """
    manifest = read_manifest(folder)
    check_range(folder, manifest)
    for name in GRAPHS:
        onnx.save(half(onnx.load(folder / name)), folder / half_file(name))
    made = {half_file(name): sha256(folder / half_file(name)) for name in GRAPHS}
    manifest = replace(manifest, files={**manifest.files, **made})
    (folder / MANIFEST_FILE).write_text(manifest.to_json())
    halves = [OnnxGraph(folder, manifest, half_file(name), threads=1) for name in GRAPHS]
    return golden_difference(folder, manifest, SplitNetwork("fp16", *halves))


def half(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph in fp16 but for ``KEPT_FP32``; it takes and gives fp32.

    The converter casts whatever leaves a kept step, so that a square beyond fp16's range would be
    infinite before its mean is taken: what goes from one kept step to the next is not cast.
    """
    made = convert_float_to_float16(model, keep_io_types=True, op_block_list=KEPT_FP32)
    direct = OnnxModel(without_repeats(made))
    direct.remove_cascaded_cast_nodes()
    return direct.model


def without_repeats(model: onnx.ModelProto) -> onnx.ModelProto:
    """Every array made once: the converter casts a constant anew for each of its users."""
    first: dict[tuple[str, ...], onnx.NodeProto] = {}
    for node in model.graph.node:
        first.setdefault(tuple(node.output), node)
    nodes = list(first.values())
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def make_int8(folder: Path, out: Path) -> float:
    """Copy a model folder with the weights of its matrix products as int8, for ONNX Runtime.

    Returns:
        The largest difference from the golden outputs.

    Raises:
        ValueError: the folder is not as its manifest promises, or ``out`` exists.
    """
    if out.exists():
        raise ValueError(f"int8: expected a new folder, {out} exists")
    manifest = read_manifest(folder)
    for name in manifest.files:
        checked_file(folder, manifest, name)
    shutil.copytree(folder, out, ignore=shutil.ignore_patterns("*.fp16.onnx"))
    models = {name: _quantised(folder / name) for name in GRAPHS}
    for model in models.values():
        onnx.helper.set_model_props(model, graph_record(manifest))
    save_sharing_weights(models, out, GRAPH_WEIGHTS_FILE)
    kept = [name for name in manifest.files if (out / name).is_file()]
    manifest = replace(
        manifest, name=f"{manifest.name}-int8", files={n: sha256(out / n) for n in kept}
    )
    (out / MANIFEST_FILE).write_text(manifest.to_json())
    return golden_difference(out, manifest, open_onnx(out, manifest, threads=1))


def _quantised(path: Path) -> onnx.ModelProto:
    model = onnx.load(path)
    del model.graph.value_info[:]  # inferred anew; the exporter's hold for its own node order
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / path.name
        quantize_dynamic(
            model, str(made), op_types_to_quantize=QUANTISED,
            weight_type=QuantType.QInt8, per_channel=True,
        )  # fmt: skip
        return onnx.load(made)


def golden_difference(folder: Path, manifest: Manifest, network: SplitNetwork) -> float:
    """The largest difference of a network from the golden outputs of its folder."""
    golden = load_golden(checked_file(folder, manifest, GOLDEN_FILE))
    return max(largest_difference(network.infer(i), o)[0] for i, o in golden)


def check_range(folder: Path, manifest: Manifest) -> float:
    """The largest number on the golden inputs anywhere in the graphs that will become fp16.

    Raises:
        RuntimeError: it leaves less than a factor ``MARGIN`` to the end of fp16's range.
    """
    largest, where = 0.0, ""
    for inputs, _ in load_golden(checked_file(folder, manifest, GOLDEN_FILE)):
        vision = {"pixels": inputs.pixels, "rays": inputs.rays}
        seen = every_number(folder / VISION_FILE, vision)
        prompt = phrases_prompt(inputs.tokens, seen["features"].shape[1])
        words = {name: seen[name] for name in PREFIX_NAMES} | dict(prompt)
        for name, values in [*seen.items(), *every_number(folder / LANGUAGE_FILE, words).items()]:
            peak = float(np.abs(values).max(initial=0.0))
            if not peak <= largest:
                largest, where = peak, name
    limit = LARGEST_HALF / MARGIN
    if not largest < limit:
        raise RuntimeError(
            f"fp16: expected numbers below {limit:.0f}, got {largest:.3g} at {where}"
        )
    return largest


def every_number(path: Path, inputs: Arrays) -> Arrays:
    """All floating-point arrays, by name, that a graph computes and that become fp16."""
    model = onnx.load(path)
    known = {value.name for value in model.graph.output}
    kept = {n for node in model.graph.node if node.op_type in KEPT_FP32 for n in node.output}
    cast = {n for node in model.graph.node if node.op_type not in KEPT_FP32 for n in node.input}
    known |= kept - cast
    for value in model.graph.value_info:
        is_float = value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
        if is_float and value.name not in known:
            model.graph.output.append(value)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(inputs)), strict=True))
