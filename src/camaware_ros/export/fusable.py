"""The same numbers written the way that compilers look for, so that they fuse them into one step.

ONNX Runtime finds a GELU only as ``0.5 * (x * (1 + erf(x / sqrt(2))))`` and an RMS norm only with a
division. Operators stay plain; TensorRT does not mind either form.
"""

from __future__ import annotations

from collections.abc import Callable

import onnx
from onnx import numpy_helper


def make_fusable(model: onnx.ModelProto) -> onnx.ModelProto:
    """Rewrite in place."""
    graph = model.graph
    maker = {name: node for node in graph.node for name in node.output}
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    constants = {t.name: t for t in graph.initializer}

    def is_half(name: str) -> bool:
        tensor = constants.get(name)
        return (
            tensor is not None
            and list(tensor.dims) in ([], [1])
            and float(numpy_helper.to_array(tensor).reshape(())) == 0.5
        )

    for node in graph.node:
        if node.op_type == "Mul":
            _gelu(node, users, maker, is_half)
            _division(node, users, maker)
    wanted = {value.name for value in graph.output} | {name for name, by in users.items() if by}
    kept = [n for n in graph.node if n.op_type != "Reciprocal" or n.output[0] in wanted]
    del graph.node[:]
    graph.node.extend(kept)
    made = {name for node in kept for name in node.output}
    known = [value for value in graph.value_info if value.name in made]
    del graph.value_info[:]
    graph.value_info.extend(known)
    return model


def _gelu(
    last: onnx.NodeProto,
    users: dict[str, list[onnx.NodeProto]],
    maker: dict[str, onnx.NodeProto],
    is_half: Callable[[str], bool],
) -> None:
    """``x * (0.5 * (1 + erf))`` becomes ``(x * (1 + erf)) * 0.5``."""
    for x, halved in (tuple(last.input), tuple(last.input)[::-1]):
        half = maker.get(halved)
        if half is None or half.op_type != "Mul" or len(users[halved]) != 1:
            continue
        factors = [name for name in half.input if not is_half(name)]
        if len(factors) != 1 or not _is_one_plus_erf(factors[0], maker):
            continue
        (constant,) = (name for name in half.input if name != factors[0])
        half.input[:] = [x, factors[0]]
        last.input[:] = [halved, constant]
        return


def _is_one_plus_erf(name: str, maker: dict[str, onnx.NodeProto]) -> bool:
    node = maker.get(name)
    if node is None or node.op_type != "Add":
        return False
    before = [maker[i].op_type for i in node.input if i in maker]
    return before == ["Erf"]


def _division(
    node: onnx.NodeProto, users: dict[str, list[onnx.NodeProto]], maker: dict[str, onnx.NodeProto]
) -> None:
    """``x * reciprocal(s)`` becomes ``x / s``."""
    x, inverse = node.input
    reciprocal = maker.get(inverse)
    if reciprocal is None or reciprocal.op_type != "Reciprocal":
        return
    users[inverse].remove(node)
    node.op_type = "Div"
    node.input[:] = [x, reciprocal.input[0]]
