"""What TensorRT and CUDA look like to the backend, in this machine's memory.

A stand-in engine is its graph in ONNX Runtime that reads and writes raw addresses. It shows that
the backend's own arithmetic of buffers, shapes and profiles holds, and what happens when a call
fails; it shows nothing of NVIDIA's libraries.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime

from camaware_ros.runtime.engine_shapes import ALIGNMENT, Profile, filled

TYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64}
Mode = Enum("Mode", ["INPUT", "OUTPUT"])
Kind = Enum("Kind", ["cudaMemcpyHostToDevice", "cudaMemcpyDeviceToHost"])


class Cuda:
    """Memory of a card; ``refused`` maps the name of a call to how many of it go well."""

    cudaMemcpyKind = Kind

    def __init__(self, refused: dict[str, int] | None = None) -> None:
        self.blocks: dict[int, Any] = {}
        self.streams: set[int] = set()
        self.pending: list[Callable[[], object]] = []
        self._refused = dict(refused or {})

    def _does(self, name: str) -> bool:
        self._refused[name] = self._refused.get(name, 1 << 30) - 1
        return self._refused[name] >= 0

    def cudaMalloc(self, size: int) -> tuple[int, int | None]:
        if not self._does("cudaMalloc"):
            return 2, None
        memory = ctypes.create_string_buffer(size + ALIGNMENT)
        address = -(-ctypes.addressof(memory) // ALIGNMENT) * ALIGNMENT
        self.blocks[address] = memory
        return 0, address

    def cudaFree(self, address: int) -> tuple[int]:
        del self.blocks[address]
        return (0,)

    def cudaStreamCreate(self) -> tuple[int, int]:
        self.streams.add(7 + len(self.streams))
        return 0, max(self.streams)

    def cudaStreamDestroy(self, stream: int) -> tuple[int]:
        self.streams.remove(stream)
        return (0,)

    def cudaMemcpyAsync(self, to: int, by: int, size: int, kind: Kind, _: int) -> tuple[int]:
        block = to if kind is Kind.cudaMemcpyHostToDevice else by
        assert any(block - b >= 0 and block - b + size <= len(m) for b, m in self.blocks.items())
        self.pending.append(lambda: ctypes.memmove(to, by, size))
        return (0,)

    def cudaStreamSynchronize(self, _: int) -> tuple[int]:
        for work in self.pending:
            work()
        self.pending.clear()
        return (0,)

    def cudaGetErrorString(self, error: int) -> tuple[int, bytes]:
        return 0, {2: b"out of memory"}[error]


class Context:
    def __init__(self, engine: Engine) -> None:
        self._engine, self._profile = engine, 0
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._places: dict[str, int] = {}

    def set_optimization_profile_async(self, index: int, stream: int) -> bool:
        self._profile = index
        return stream in self._engine.cuda.streams

    def set_input_shape(self, name: str, shape: Sequence[int]) -> bool:
        low, _, high = self._engine.get_tensor_profile_shape(name, self._profile)
        self.shapes[name] = tuple(shape)
        return all(a <= n <= b for a, n, b in zip(low, shape, high, strict=True))

    def infer_shapes(self) -> list[str]:
        return [name for name in self._engine.inputs if name not in self.shapes]

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        if name in self.shapes:
            return self.shapes[name]
        graph = self._engine.inputs
        pairs = [p for n, s in self.shapes.items() for p in zip(graph[n].shape, s, strict=True)]
        free = dict(pairs)
        return tuple(free.get(n, n) for n in self._engine.outputs[name].shape)

    def set_tensor_address(self, name: str, address: int) -> bool:
        self._places[name] = address
        return address % ALIGNMENT == 0

    def execute_async_v3(self, stream: int) -> bool:
        if not self._engine.executes:
            return False

        def work() -> None:
            inputs = {name: self._array(name) for name in self._engine.inputs}
            values = self._engine.session.run(list(self._engine.outputs), inputs)
            for name, value in zip(self._engine.outputs, values, strict=True):
                self._array(name)[...] = value

        self._engine.cuda.pending.append(work)
        return stream in self._engine.cuda.streams

    def _array(self, name: str) -> np.ndarray:
        shape, dtype = self.get_tensor_shape(name), self._engine.get_tensor_dtype(name)
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        memory = (ctypes.c_char * size).from_address(self._places[name])
        return np.frombuffer(memory, dtype).reshape(shape)


class Engine:
    def __init__(self, cuda: Cuda, content: bytes, executes: bool) -> None:
        record = json.loads(content)
        self.cuda, self.executes = cuda, executes
        self.session = onnxruntime.InferenceSession(
            record["path"], providers=["CPUExecutionProvider"]
        )
        self.inputs = {v.name: v for v in self.session.get_inputs()}
        self.outputs = {v.name: v for v in self.session.get_outputs()}
        self._tensors = [*self.inputs.values(), *self.outputs.values()]
        self._profiles = record["profiles"] or [{}]
        self.num_io_tensors = len(self._tensors)
        self.num_optimization_profiles = len(self._profiles)

    def get_tensor_name(self, index: int) -> str:
        return str(self._tensors[index].name)

    def get_tensor_mode(self, name: str) -> Mode:
        return Mode.INPUT if name in self.inputs else Mode.OUTPUT

    def get_tensor_dtype(self, name: str) -> type:
        return TYPES[(self.inputs | self.outputs)[name].type]

    def get_tensor_profile_shape(self, name: str, index: int) -> list[list[int]]:
        fixed = self.inputs[name].shape
        ranges = self._profiles[index].get(name, 3 * [fixed])
        return [list(filled(shape, fixed)) for shape in ranges]

    def create_execution_context(self) -> Context:
        return Context(self)


class Runtime:
    def __init__(self, card: Card) -> None:
        self._card = card

    def deserialize_cuda_engine(self, content: bytes) -> Engine | None:
        card = self._card
        return Engine(card.cuda, content, card.executes) if card.accepts else None


class Card:
    """TensorRT and CUDA on an imaginary card.

    Args:
        refused: see ``Cuda``.
        accepts: engines.
        executes: them.
        starts: makes a runtime at all.
    """

    def __init__(
        self, *, refused: dict[str, int] | None = None, accepts: bool = True, executes: bool = True,
        starts: bool = True,
    ) -> None:  # fmt: skip
        self.cuda, self.accepts, self.executes = Cuda(refused), accepts, executes
        self.compiled: list[str] = []

        class Started(Runtime):
            def __init__(runtime, logger: object) -> None:
                if not starts:
                    raise TypeError("pybind11::init(): factory function returned nullptr")
                super().__init__(self)

        self.trt = SimpleNamespace(
            __name__="tensorrt",
            __version__="0",
            Runtime=Started,
            TensorIOMode=Mode,
            nptype=np.dtype,
        )

    def build_engine(self, _: Any, path: Path, profiles: Sequence[Profile], *rest: object) -> bytes:
        self.compiled.append(path.name)
        return json.dumps({"path": str(path), "profiles": profiles}).encode()
