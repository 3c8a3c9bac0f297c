"""The few calls of the CUDA runtime that a backend needs, every return checked."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

from camaware_ros.runtime.report import NotHere


def cuda_runtime() -> Any:
    """The module ``cuda.bindings.runtime``.

    Raises:
        NotHere: it is not installed. RuntimeError: its libraries are missing.
    """
    if importlib.util.find_spec("cuda") is None:
        raise NotHere("tensorrt: the Python package cuda-bindings is not installed")
    try:
        from cuda.bindings import runtime  # type: ignore[import-untyped]
    except (ImportError, OSError) as error:
        raise RuntimeError(f"tensorrt: cuda-bindings cannot be imported: {error}") from error
    return runtime


def call(cudart: Any, name: str, *arguments: object) -> Any:
    """Call ``name`` and give what it returns besides the error code.

    Raises:
        RuntimeError: CUDA says no, in its own words.
    """
    error, *values = getattr(cudart, name)(*arguments)
    if int(error) != 0:
        _, text = cudart.cudaGetErrorString(error)
        raise RuntimeError(f"tensorrt: {name}: {text.decode()} (CUDA error {int(error)})")
    return values[0] if len(values) == 1 else tuple(values)


@dataclass(frozen=True, slots=True)
class Gpu:
    """Attributes: name of the card, its compute capability, its memory in bytes."""

    name: str
    compute_capability: str
    memory_bytes: int


def first_gpu(cudart: Any) -> Gpu:
    """The card that will be used.

    Raises:
        NotHere: no card, or no driver for it.
    """
    error, count = cudart.cudaGetDeviceCount()
    if int(error) != 0 or count < 1:
        _, text = cudart.cudaGetErrorString(error)
        raise NotHere(f"tensorrt: no card that can be used: {text.decode()}")
    card = call(cudart, "cudaGetDeviceProperties", 0)
    name = card.name.decode().rstrip("\0") if isinstance(card.name, bytes) else str(card.name)
    return Gpu(name, f"{card.major}.{card.minor}", int(card.totalGlobalMem))
