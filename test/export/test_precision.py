"""fp16 and int8 models: what they keep, what they lose, what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from camaware_ros.cli.main import main
from camaware_ros.export import precision
from camaware_ros.export.parser_operators import unsupported
from camaware_ros.grounder import DEFAULT_MODEL
from camaware_ros.resources import share_directory
from camaware_ros.runtime.backend import open_backend
from camaware_ros.runtime.engine_shapes import profiles_for
from camaware_ros.runtime.golden import GOLDEN_FILE, load_golden
from camaware_ros.runtime.manifest import (
    LANGUAGE_FILE,
    VISION_FILE,
    graph_record,
    half_file,
    read_manifest,
)
from camaware_ros.runtime.tensorrt_build import build_engine, make_logger, tensorrt_library

SHIPPED = share_directory() / "models" / DEFAULT_MODEL


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("half") / "model"
    shutil.copytree(SHIPPED, folder)
    assert main(["export", str(folder), "--fp16"]) == 0
    return folder


@pytest.fixture(scope="module")
def int8(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("int8") / "model"
    assert main(["export", str(SHIPPED), "--int8", str(folder)]) == 0
    return folder


def weights_type(path: Path) -> set[int]:
    graph = onnx.load(path, load_external_data=False).graph
    return {t.data_type for t in graph.initializer if np.prod(t.dims) > 10_000}


@pytest.mark.parametrize("name", [VISION_FILE, LANGUAGE_FILE])
def test_fp16_inside_fp32_outside(half: Path, name: str) -> None:
    path = half / half_file(name)
    assert weights_type(path) == {onnx.TensorProto.FLOAT16}
    graph = onnx.load(path).graph
    types = {v.type.tensor_type.elem_type for v in [*graph.input, *graph.output]}
    assert onnx.TensorProto.FLOAT in types and onnx.TensorProto.FLOAT16 not in types
    made = [output for node in graph.node for output in node.output]
    assert len(made) == len(set(made))
    found = {p.key: p.value for p in onnx.load(path).metadata_props}
    assert found == graph_record(read_manifest(half))
    assert unsupported(onnx.load(path, load_external_data=False)) == []


def test_fp16_is_close_and_leaves_fp32_alone(half: Path) -> None:
    assert precision.add_half(half) < 0.05
    backend = open_backend(half, read_manifest(half), "onnx", threads=1)
    inputs, expected = load_golden(half / GOLDEN_FILE)[0]
    np.testing.assert_allclose(backend.infer(inputs).presence, expected.presence, atol=1e-4)
    backend.close()


def test_squares_beyond_fp16_reach_their_mean() -> None:
    """The square of a state of 300 is more than fp16 holds; its norm must come out all the same."""
    number, node = onnx.TensorProto.FLOAT, onnx.helper.make_node
    states = onnx.helper.make_tensor_value_info("x", number, [1, 64])
    out = onnx.helper.make_tensor_value_info("y", number, [1, 64])
    two = onnx.helper.make_tensor("two", number, [], [2.0])
    axes = onnx.helper.make_tensor("axes", onnx.TensorProto.INT64, [1], [-1])
    nodes = [
        node("Pow", ["x", "two"], ["square"]),
        node("ReduceMean", ["square", "axes"], ["mean"]),
        node("Sqrt", ["mean"], ["root"]),
        node("Div", ["x", "root"], ["y"]),
    ]
    graph = onnx.helper.make_graph(nodes, "norm", [states], [out], [two, axes])
    opset = [onnx.helper.make_opsetid("", 18)]
    made = precision.half(onnx.helper.make_model(graph, opset_imports=opset, ir_version=9))
    x = np.ones((1, 64), np.float32)
    x[0, 0] = 300
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(made.SerializeToString(), options)
    (y,) = session.run(None, {"x": x})
    np.testing.assert_allclose(y, x / np.sqrt((x**2).mean()), rtol=2e-3)


@pytest.mark.parametrize("name", [VISION_FILE, LANGUAGE_FILE])
def test_fp16_compiles(half: Path, name: str) -> None:
    try:
        trt = tensorrt_library()
    except RuntimeError as error:
        pytest.skip(str(error))
    if trt.__name__ == "tensorrt":
        pytest.skip("TensorRT compiles only where there is a GPU; TensorRT-RTX does without")
    profiles = profiles_for(name, read_manifest(half))
    engine = build_engine(trt, half / half_file(name), profiles, make_logger(trt), print)
    assert len(engine) > 1_000_000


def test_numbers_beyond_fp16_are_refused(half: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = read_manifest(half)
    largest = precision.check_range(half, manifest)
    assert 10 < largest < precision.LARGEST_HALF / precision.MARGIN
    monkeypatch.setattr(precision, "LARGEST_HALF", largest)
    with pytest.raises(RuntimeError, match="fp16: expected numbers below"):
        precision.check_range(half, manifest)


def test_int8_is_small_and_still_points_at_the_same_things(int8: Path) -> None:
    manifest = read_manifest(int8)
    assert (int8 / "weights.bin").stat().st_size < 0.4 * (SHIPPED / "weights.bin").stat().st_size
    backend = open_backend(int8, manifest, "onnx", threads=1)
    same = []
    for inputs, expected in load_golden(int8 / GOLDEN_FILE):
        found = backend.infer(inputs)
        sure = expected.presence > 2
        same.extend(found.pointer.argmax(1)[sure] == expected.pointer.argmax(1)[sure])
        np.testing.assert_allclose(found.up, expected.up, atol=0.05)
    assert len(same) > 5 and np.mean(same) > 0.8
    backend.close()


def test_int8_overwrites_nothing(int8: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(SHIPPED), "--int8", str(int8)]) == 2
    assert "expected a new folder" in capsys.readouterr().err
