"""Who computes the network: one protocol, several libraries, chosen by name, imported lazily."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Protocol

from camaware_ros.runtime.contract import Arrays, ModelInputs, ModelOutputs
from camaware_ros.runtime.manifest import Manifest

AUTO_ORDER = ("onnx", "torch")
_NEEDS = {"onnx": "onnxruntime", "torch": "torch"}


class Backend(Protocol):
    """A loaded network.

    Attributes:
        name: for logs and diagnostics, for example ``onnx (CPUExecutionProvider)``.
    """

    name: str

    def infer(self, inputs: ModelInputs) -> ModelOutputs:
        """One forward pass; ValueError when shapes do not fit the model."""

    def see(self, inputs: ModelInputs) -> Arrays:
        """What the picture shows, without any word: ``contract.VISION_OUTPUTS``."""

    def read(self, seen: Arrays, prompt: Arrays) -> Arrays:
        """Words behind what was seen: ``contract.LANGUAGE_OUTPUTS`` (see ``runtime.prompt``)."""

    def close(self) -> None:
        """Free what the backend holds."""


def open_backend(folder: Path, manifest: Manifest, name: str = "auto", threads: int = 0) -> Backend:
    """Load a model folder with the named backend.

    Args:
        folder: with ``manifest.json``.
        manifest: of that folder.
        name: ``auto`` (first installed of ``AUTO_ORDER``), ``onnx`` or ``torch``.
        threads: CPU threads of one forward pass; 0 lets the library choose.

    Raises:
        ValueError: unknown name, or the model's files are not as promised.
        RuntimeError: the library is not installed.
    """
    if name == "auto":
        installed = [n for n in AUTO_ORDER if importlib.util.find_spec(_NEEDS[n])]
        if not installed:
            raise RuntimeError(
                f"backend: expected one of {list(_NEEDS.values())} installed, got none"
            )
        name = installed[0]
    if name not in _NEEDS:
        raise ValueError(f"backend: expected auto, {' or '.join(_NEEDS)}, got {name!r}")
    if importlib.util.find_spec(_NEEDS[name]) is None:
        raise RuntimeError(f"backend {name}: the Python package {_NEEDS[name]} is not installed")
    if name == "onnx":
        from camaware_ros.runtime.onnx_backend import open_onnx

        return open_onnx(folder, manifest, threads)
    from camaware_ros.runtime.torch_backend import open_torch

    return open_torch(folder, manifest, threads)
