"""The exported graphs: operators that TensorRT 10.3's parser knows, honest names, free words."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from camaware_ros.export.parser_operators import unsupported
from camaware_ros.grounder import DEFAULT_MODEL
from camaware_ros.resources import share_directory
from camaware_ros.runtime.contract import (
    LANGUAGE_INPUTS,
    LANGUAGE_OUTPUTS,
    VISION_INPUTS,
    VISION_OUTPUTS,
)
from camaware_ros.runtime.manifest import (
    GRAPH_WEIGHTS_FILE,
    LANGUAGE_FILE,
    VISION_FILE,
    WEIGHTS_FILE,
    graph_record,
    read_manifest,
)

FOLDER = share_directory() / "models" / DEFAULT_MODEL
NAMES = {
    VISION_FILE: (VISION_INPUTS, VISION_OUTPUTS),
    LANGUAGE_FILE: (LANGUAGE_INPUTS, LANGUAGE_OUTPUTS),
}


@pytest.fixture(scope="module", params=sorted(NAMES))
def path(request: pytest.FixtureRequest) -> Path:
    return FOLDER / request.param


@pytest.fixture(scope="module")
def graph(path: Path) -> onnx.ModelProto:
    return onnx.load(path, load_external_data=False)


def axes(value: onnx.ValueInfoProto) -> list[int | str]:
    return [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]


def test_operators_are_those_of_an_old_parser(graph: onnx.ModelProto) -> None:
    assert unsupported(graph) == []
    assert [o.version for o in graph.opset_import if o.domain == ""] == [18]


def test_what_an_old_parser_refuses_is_named() -> None:
    def node(kind: str, *inputs: str, domain: str = "") -> onnx.NodeProto:
        return onnx.helper.make_node(kind, inputs, [f"{kind}_out"], domain=domain)

    nodes = [node("Attention", "x"), node("Gelu", "x", domain="ms"), node("ReduceMax", "x", "axes")]
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [2, "64", "words"])
    graph = onnx.helper.make_graph([*nodes, node("Relu", "x")], "g", [x], [])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 23)])
    assert unsupported(model) == [
        "Attention", "ReduceMax with computed axes", "ms.Gelu", "opset 23", "size named 64"
    ]  # fmt: skip


def test_nothing_of_the_machine_that_exported_it_is_left(graph: onnx.ModelProto) -> None:
    assert not any(node.metadata_props or node.doc_string for node in graph.graph.node)
    assert b".py" not in graph.SerializeToString()


def test_names_and_free_axes(graph: onnx.ModelProto, path: Path) -> None:
    onnx.checker.check_model(str(path))
    inputs, outputs = NAMES[path.name]
    assert tuple(i.name for i in graph.graph.input) == inputs
    assert tuple(o.name for o in graph.graph.output) == outputs
    values = [*graph.graph.input, *graph.graph.output, *graph.graph.value_info]
    assert not [
        name for v in values for name in axes(v) if isinstance(name, str) and name.isdigit()
    ]
    free = {i.name: [isinstance(a, str) for a in axes(i)] for i in graph.graph.input}
    if path.name == VISION_FILE:
        assert not any(any(axis) for axis in free.values())
    else:
        assert free["keys"] == free["values"] == [False, False, True, False]
        assert free["ids"] == free["position"] == [False, True]
        assert free["mask"] == [False, False, True, True] and free["select"] == [False, True, True]


def test_says_what_it_was_made_of(graph: onnx.ModelProto) -> None:
    found = {p.key: p.value for p in graph.metadata_props}
    assert found == graph_record(read_manifest(FOLDER))
    assert len(found["weights_sha256"]) == 64 and found["contract"] == "2"


def test_weights_are_stored_once() -> None:
    """Both graphs together need no more room than the fp16 checkpoint in fp32."""
    graphs = sum((FOLDER / name).stat().st_size for name in (*NAMES, GRAPH_WEIGHTS_FILE))
    assert graphs < 2.1 * (FOLDER / WEIGHTS_FILE).stat().st_size
