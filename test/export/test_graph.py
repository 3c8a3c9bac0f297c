"""The exported graph: operators that TensorRT 10.3's parser knows, honest names, free phrases."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from camaware_ros.export.calibrate import familiarity, sigma_scale
from camaware_ros.grounder import DEFAULT_MODEL
from camaware_ros.resources import share_directory
from camaware_ros.runtime.contract import INPUT_NAMES, OUTPUT_NAMES
from camaware_ros.runtime.onnx_backend import GRAPH_FILE

# a subset of the operators that the ONNX parser of TensorRT 10.3 supports
ALLOWED = {
    "Abs", "Add", "And", "ArgMax", "AveragePool", "BatchNormalization", "Cast", "Clip", "Concat",
    "Constant", "ConstantOfShape", "Conv", "Cos", "Div", "Equal", "Erf", "Exp", "Expand", "Flatten",
    "Floor", "Gather", "GatherElements", "GatherND", "Gelu", "Gemm", "Greater", "GreaterOrEqual",
    "Identity", "LayerNormalization", "Less", "LessOrEqual", "MatMul", "Max", "Min", "Mod", "Mul",
    "Neg", "Not", "Or", "Pad", "Pow", "Range", "Reciprocal", "ReduceL2", "ReduceMax", "ReduceMean",
    "ReduceSum", "Reshape", "Shape", "Sigmoid", "Sin", "Slice", "Softmax", "Split", "Sqrt",
    "Squeeze", "Sub", "Tile", "Transpose", "Unsqueeze", "Where",
}  # fmt: skip


@pytest.fixture(scope="module")
def graph() -> onnx.ModelProto:
    return onnx.load(share_directory() / "models" / DEFAULT_MODEL / GRAPH_FILE)


def test_operators_are_those_of_an_old_parser(graph: onnx.ModelProto) -> None:
    used = {node.op_type for node in graph.graph.node}
    assert used <= ALLOWED, sorted(used - ALLOWED)
    assert [o.version for o in graph.opset_import if o.domain == ""] == [18]


def test_nothing_of_the_machine_that_exported_it_is_left(graph: onnx.ModelProto) -> None:
    assert not any(node.metadata_props or node.doc_string for node in graph.graph.node)
    assert b".py" not in graph.SerializeToString()


def test_names_and_free_phrases(graph: onnx.ModelProto) -> None:
    onnx.checker.check_model(graph)
    assert tuple(i.name for i in graph.graph.input) == INPUT_NAMES
    assert tuple(o.name for o in graph.graph.output) == OUTPUT_NAMES
    dims = [d.dim_param or d.dim_value for d in graph.graph.input[2].type.tensor_type.shape.dim]
    assert dims[0] == 1 and isinstance(dims[1], str) and dims[2] == 8
    digits = [
        d.dim_param
        for value in [*graph.graph.input, *graph.graph.output, *graph.graph.value_info]
        for d in value.type.tensor_type.shape.dim
        if d.dim_param.isdigit()
    ]
    assert not digits


def test_sigma_scale_repairs_wrong_spreads() -> None:
    rng = np.random.default_rng(0)
    true = np.array([0.01, 0.02, 0.08])
    errors = rng.normal(size=(20_000, 3)) * true
    stated = np.broadcast_to(true * [2.0, 0.5, 1.0], errors.shape)
    np.testing.assert_allclose(sigma_scale(errors, stated), [0.5, 2.0, 1.0], rtol=0.05)


def test_familiarity_separates_strangers() -> None:
    rng = np.random.default_rng(1)
    mix = rng.normal(size=(24, 24))
    known = (rng.normal(size=(3000, 24)) @ mix).astype(np.float32)
    mean, whiten, limit = familiarity(known)
    again = rng.normal(size=(500, 24)) @ mix
    strange = rng.normal(size=(500, 24)) @ mix + 8 * mix[0]
    assert (np.linalg.norm((again - mean) @ whiten.T, axis=1) > limit).mean() < 0.02
    assert (np.linalg.norm((strange - mean) @ whiten.T, axis=1) > limit).mean() > 0.9
