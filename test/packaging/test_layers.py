"""Which heavy packages each layer pulls in, seen by importing it in a fresh interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# A first import of torch and transformers from a cold disk takes its time.
pytestmark = pytest.mark.timeout(400)

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("rclpy", "torch", "transformers", "tensorrt", "mujoco", "cv2", "numpy", "onnxruntime")

# Layer -> which of HEAVY importing all of its modules may bring in.
ALLOWED = {
    "geometry": {"numpy"},
    "types": {"numpy"},
    "language": set(),
    "localization": {"numpy"},
    "simulation": {"numpy", "cv2", "mujoco"},
    "visualization": {"numpy", "cv2"},
    "grounder": {"numpy", "cv2", "onnxruntime"},
    "resources": set(),
    "ros": {"numpy", "cv2", "onnxruntime", "rclpy", "mujoco"},
    "model": {"numpy", "cv2", "torch", "transformers"},
    "training": {"numpy", "cv2", "torch", "transformers"},
}
# Modules whose purpose is to bring a heavy package in; others import them lazily.
BACKENDS = {"torch_backend", "tensorrt_backend", "onnx_backend"}


def modules_of(layer: str) -> list[str]:
    """Full names of a layer's modules."""
    place = ROOT / "src" / "camaware_ros" / layer
    if place.with_suffix(".py").is_file():
        return [f"camaware_ros.{layer}"]
    names = sorted(path.stem for path in place.glob("*.py") if path.stem not in BACKENDS)
    return [f"camaware_ros.{layer}.{name}".removesuffix(".__init__") for name in names]


def heavy_after_importing(modules: list[str]) -> set[str]:
    """Which of HEAVY are loaded in a fresh interpreter that imported the modules."""
    lines = ["import sys", *(f"import {name}" for name in modules)]
    lines.append(f"print(*(name for name in {HEAVY!r} if name in sys.modules))")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "MUJOCO_GL": "egl"}
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("layer", sorted(ALLOWED))
def test_a_layer_brings_in_nothing_that_is_above_it(layer: str) -> None:
    if layer == "ros":
        pytest.importorskip("rclpy", reason="needs ROS 2")
    if layer in ("model", "training"):
        pytest.importorskip("torch", reason="needs torch")
    modules = modules_of(layer)
    assert modules, f"no modules in {layer}"
    assert heavy_after_importing(modules) - ALLOWED[layer] == set()


@pytest.mark.parametrize(
    ("backend", "allowed"),
    [
        ("onnx_backend", {"numpy", "cv2", "onnxruntime"}),
        ("torch_backend", {"numpy", "cv2", "torch", "transformers"}),
    ],
)
def test_a_backend_brings_in_only_its_own_library(backend: str, allowed: set[str]) -> None:
    if backend == "torch_backend":
        pytest.importorskip("torch", reason="needs torch")
    loaded = heavy_after_importing([f"camaware_ros.runtime.{backend}"])
    assert loaded - allowed == set()


def test_a_robot_grounds_without_torch_and_transformers() -> None:
    """The shipped model, opened by the default backend."""
    if not (ROOT / "models" / "camaware-small" / "manifest.json").is_file():
        pytest.skip("the shipped model is not in this checkout")
    code = (
        "import sys\n"
        "from camaware_ros.grounder import Grounder\n"
        "Grounder.load(backend='onnx')\n"
        f"print(*(name for name in {HEAVY!r} if name in sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= {"numpy", "cv2", "onnxruntime"}


def test_the_program_starts_without_anything_heavy() -> None:
    assert heavy_after_importing(["camaware_ros.cli.main"]) == set()


def test_a_forbidden_import_would_be_seen() -> None:
    """Negative control: the measurement does notice a loaded package."""
    assert "numpy" in heavy_after_importing(["numpy", "camaware_ros.language"])
