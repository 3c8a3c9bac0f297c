"""Who computes the network: one protocol, several libraries, chosen by name, imported lazily."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Protocol

from camaware_ros.runtime.contract import Arrays, ModelInputs, ModelOutputs
from camaware_ros.runtime.manifest import Manifest
from camaware_ros.runtime.report import NotHere, Report, log_report, one_line

_PACKAGES = {
    "tensorrt": ("tensorrt", "tensorrt_rtx"), "onnx": ("onnxruntime",), "torch": ("torch",)
}  # fmt: skip
AUTO_ORDER = tuple(_PACKAGES)


class Backend(Protocol):
    """A loaded network.

    Attributes:
        name: for logs and diagnostics, for example ``onnx (CPUExecutionProvider)``.
    """

    name: str

    def infer(self, inputs: ModelInputs) -> ModelOutputs:
        """One forward pass; ValueError when shapes do not fit, RuntimeError when it fails."""

    def see(self, inputs: ModelInputs) -> Arrays:
        """What the picture shows, without any word: ``contract.VISION_OUTPUTS``."""

    def read(self, seen: Arrays, prompt: Arrays) -> Arrays:
        """Words behind what was seen: ``contract.LANGUAGE_OUTPUTS`` (see ``runtime.prompt``)."""

    def close(self) -> None:
        """Free what the backend holds."""


def open_backend(
    folder: Path,
    manifest: Manifest,
    name: str = "auto",
    threads: int = 0,
    report: Report = log_report,
) -> Backend:
    """Load a model folder with the named backend.

    Args:
        folder: with ``manifest.json``.
        manifest: of that folder.
        name: one of ``AUTO_ORDER``; ``auto`` takes the first of these that this machine can run.
        threads: CPU threads of one forward pass; 0 lets the library choose.
        report: told, line by line, about progress and about backends that ``auto`` passed over
            although their library and a card are there.

    Raises:
        OSError: a file is missing.
        ValueError: unknown name, or the model's files are not as promised.
        RuntimeError: the library is not installed, or this machine cannot run it.
    """
    if name != "auto":
        return _open(folder, manifest, name, threads, report)
    reasons = []
    for candidate in AUTO_ORDER:
        try:
            return _open(folder, manifest, candidate, threads, report)
        except NotHere as error:
            reasons.append(str(error))
        except RuntimeError as error:
            reasons.append(one_line(error))
            report(f"backend {candidate} passed over: {reasons[-1]}")
    raise RuntimeError(f"backend: none of {', '.join(AUTO_ORDER)} runs: {'; '.join(reasons)}")


def _open(folder: Path, manifest: Manifest, name: str, threads: int, report: Report) -> Backend:
    if name not in _PACKAGES:
        raise ValueError(f"backend: expected auto, {', '.join(AUTO_ORDER)}, got {name!r}")
    module = _imported(name)
    if name == "tensorrt":
        return module.open_tensorrt(folder, manifest, report)
    return getattr(module, f"open_{name}")(folder, manifest, threads)


def _imported(name: str) -> ModuleType:
    """The module of a backend.

    Raises:
        NotHere: its library is not installed. RuntimeError: it is there but cannot be imported.
    """
    packages = _PACKAGES[name]
    if not any(importlib.util.find_spec(package) for package in packages):
        raise NotHere(
            f"backend {name}: the Python package {' or '.join(packages)} is not installed"
        )
    try:
        return importlib.import_module(f"camaware_ros.runtime.{name}_backend")
    except (ImportError, OSError) as error:  # shared libraries that are missing or too old
        text = one_line(error)
        raise RuntimeError(f"backend {name}: {packages[0]} cannot be imported: {text}") from error
