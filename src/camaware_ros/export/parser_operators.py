"""Which operators the ONNX parser of an old TensorRT reads: what keeps Jetsons with 10.3 in reach.

Source: the operator table of onnx-tensorrt, release 10.1 (docs/operators.md of its branch 10.1-GA,
opsets 9 to 20). That of 10.3 is later and keeps these. Only what plain networks use is listed.
"""

from __future__ import annotations

import onnx

OLDEST_OPSET, NEWEST_OPSET = 9, 20
READ_BY_10_1 = frozenset({
    "Abs", "Acos", "Add", "And", "ArgMax", "ArgMin", "Asin", "Atan", "AveragePool",
    "BatchNormalization", "Cast", "Ceil", "Clip", "Concat", "Constant", "ConstantOfShape", "Conv",
    "ConvTranspose", "Cos", "CumSum", "DepthToSpace", "Div", "Einsum", "Elu", "Equal", "Erf", "Exp",
    "Expand", "Flatten", "Floor", "Gather", "GatherElements", "GatherND", "Gelu", "Gemm",
    "GlobalAveragePool", "GlobalMaxPool", "Greater", "GreaterOrEqual", "GridSample",
    "GroupNormalization", "HardSigmoid", "HardSwish", "Identity", "InstanceNormalization", "IsInf",
    "IsNaN", "LayerNormalization", "LeakyRelu", "Less", "LessOrEqual", "Log", "LogSoftmax",
    "MatMul", "Max", "MaxPool", "Mean", "Min", "Mish", "Mod", "Mul", "Neg", "NonZero", "Not",
    "OneHot", "Or", "PRelu", "Pad", "Pow", "Range", "Reciprocal", "ReduceL1", "ReduceL2",
    "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "Relu", "Reshape", "Resize",
    "Round", "ScatterElements", "ScatterND", "Selu", "Shape", "Sigmoid", "Sign", "Sin", "Size",
    "Slice", "Softmax", "Softplus", "SpaceToDepth", "Split", "Sqrt", "Squeeze", "Sub", "Sum", "Tan",
    "Tanh", "Tile", "TopK", "Transpose", "Trilu", "Unsqueeze", "Where", "Xor",
})  # fmt: skip
# Input of these operators (by index) that must be a constant.
CONSTANT_INPUT = {
    "ReduceL1": 1, "ReduceL2": 1, "ReduceMax": 1, "ReduceMean": 1, "ReduceMin": 1, "ReduceProd": 1,
    "ReduceSum": 1, "Slice": 3, "Squeeze": 1, "Unsqueeze": 1, "CumSum": 1,
}  # fmt: skip


def unsupported(model: onnx.ModelProto) -> list[str]:
    """What the parser would refuse or take wrongly; empty when fine.

    Operators, opsets, axes that are computed, and sizes given as names: "64" is any size to it.
    """
    found = []
    for opset in model.opset_import:
        if opset.domain == "" and not OLDEST_OPSET <= opset.version <= NEWEST_OPSET:
            found.append(f"opset {opset.version}")
    constant = {tensor.name for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.domain or node.op_type not in READ_BY_10_1:
            found.append(f"{node.domain}{'.' if node.domain else ''}{node.op_type}")
        if node.op_type == "Constant":
            constant.update(node.output)
        place = CONSTANT_INPUT.get(node.op_type)
        given = None if place is None or place >= len(node.input) else node.input[place]
        if given and given not in constant:
            found.append(f"{node.op_type} with computed axes")
    values = [*model.graph.input, *model.graph.output, *model.graph.value_info]
    sizes = [size for value in values for size in value.type.tensor_type.shape.dim]
    found += [f"size named {s.dim_param}" for s in sizes if s.dim_param.isdigit()]
    return sorted(set(found))
