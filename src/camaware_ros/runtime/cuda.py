"""The few calls of the CUDA runtime that a backend needs, every return checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from camaware_ros.runtime.report import NotHere, one_line

NO_DEVICE = 100


def cuda_runtime() -> Any:
    """The module ``cuda.bindings.runtime``.

    Raises:
        RuntimeError: it is not installed, or its libraries are missing. Who has TensorRT wants
            to be told, whatever card there is.
    """
    try:
        from cuda.bindings import runtime  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise RuntimeError("tensorrt: the Python package cuda-bindings is not installed") from error
    except (ImportError, OSError) as error:
        text = one_line(error)
        raise RuntimeError(f"tensorrt: cuda-bindings cannot be imported: {text}") from error
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
        NotHere: no card, or no driver. RuntimeError: a driver that cannot be used, for example one
            that is too old for these cuda-bindings.
    """
    error, count = cudart.cudaGetDeviceCount()
    if int(error) != 0 or count < 1:
        _, text = cudart.cudaGetErrorString(error)
        reason = f"tensorrt: no card that can be used: {text.decode()}"
        _, driver = cudart.cudaDriverGetVersion()
        if driver == 0 or int(error) in (0, NO_DEVICE):
            raise NotHere(reason)
        _, wanted = cudart.cudaRuntimeGetVersion()
        raise RuntimeError(f"{reason} (driver {_cuda(driver)}, cuda-bindings {_cuda(wanted)})")
    card = call(cudart, "cudaGetDeviceProperties", 0)
    name = card.name.decode().rstrip("\0") if isinstance(card.name, bytes) else str(card.name)
    return Gpu(name, f"{card.major}.{card.minor}", int(card.totalGlobalMem))


def _cuda(version: int) -> str:
    return f"for CUDA {version // 1000}.{version % 1000 // 10}"
