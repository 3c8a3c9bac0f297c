"""Graphs rewritten for the optimiser say the same, and the optimiser finds what it looks for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from camaware_ros.export.fusable import make_fusable


class Block(torch.nn.Module):
    """Two GELUs and an RMS norm, beside products that must be left alone."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.linspace(0.5, 2, 16))

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        z = torch.nn.functional.gelu(x) + 0.5 * y
        rms = self.scale * (z * torch.rsqrt(z.pow(2).mean(-1, keepdim=True) + 1e-6))
        return torch.nn.functional.gelu(rms @ y.T) * torch.erf(0.5 * x[:, :3]), 1 / (1 + x * x)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "plain.onnx"
    sample = (torch.randn(3, 16), torch.randn(3, 16))
    program = torch.onnx.export(
        Block().eval(), sample, dynamo=True, opset_version=18, input_names=["x", "y"], verbose=False
    )
    program.save(str(path), external_data=False)
    return path


def session(model: onnx.ModelProto, optimised: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(optimised)
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def test_same_numbers_fewer_steps(plain: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    given = {name: rng.normal(size=(3, 16)).astype(np.float32) for name in "xy"}
    rewritten = make_fusable(onnx.load(plain))
    onnx.checker.check_model(rewritten)
    made = {name for node in rewritten.graph.node for name in node.output}
    assert {value.name for value in rewritten.graph.value_info} <= made
    before = session(onnx.load(plain), tmp_path / "before.onnx")
    after = session(rewritten, tmp_path / "after.onnx")
    for a, b in zip(before.run(None, given), after.run(None, given), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    found = Counter(node.op_type for node in onnx.load(tmp_path / "after.onnx").graph.node)
    assert found["Gelu"] + found["BiasGelu"] == 2 and found["Erf"] == 1
    assert found["SimplifiedLayerNormalization"] == 1


def test_rewriting_twice_changes_nothing(plain: Path) -> None:
    once = make_fusable(onnx.load(plain))
    again = make_fusable(onnx.load_from_string(once.SerializeToString()))
    assert again.SerializeToString() == once.SerializeToString()
