"""Cost growth: networks that differ in nothing but their input, curves, and their picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("onnx", reason="needs onnx")

from camaware_ros.benchmark import growth  # noqa: E402
from camaware_ros.benchmark.plot import draw  # noqa: E402
from camaware_ros.grounder import DEFAULT_MODEL  # noqa: E402
from camaware_ros.resources import share_directory  # noqa: E402
from camaware_ros.runtime.contract import ModelInputs  # noqa: E402

# An export takes ten seconds of a quiet machine, and many more of a busy one.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

FOLDER = share_directory() / "models" / DEFAULT_MODEL


class Products:
    """A backend whose work grows with the square of its tokens."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._factor = np.ones((size[0] * size[1] // 256, 4000))

    def infer(self, inputs: ModelInputs) -> object:
        assert inputs.pixels.shape[2] * inputs.pixels.shape[3] // 256 == len(self._factor)
        return self._factor @ self._factor.T


def test_a_network_of_another_input_size_runs(tmp_path: Path) -> None:
    network = growth.random_network(FOLDER, tmp_path / "small", (96, 80))
    found = network.infer(growth._made_up((96, 80)))
    assert found.pointer.shape == (1, 30) and found.range_map.shape == (20, 24)
    network.close()


def test_more_of_everything_costs_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "random_network", lambda _, __, size: Products(size))
    curves = growth.measure_growth(FOLDER, tmp_path, 5, inputs=((96, 80), (320, 256)))
    assert {name: curve["x"] for name, curve in curves.items()} == {
        "visual tokens": [30, 320], "phrases": list(growth.PHRASES),
        "cameras": list(growth.CAMERAS),
    }  # fmt: skip
    for name, curve in curves.items():
        assert curve["cpu_ms"][0] < curve["cpu_ms"][-1], name
    assert 0.7 < curves["cameras"]["exponent"] < 1.3
    assert curves["phrases"]["exponent"] < curves["cameras"]["exponent"]
    draw({"growth": curves}, tmp_path / "growth.png")
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")
