"""TensorRT: engines from the exported graphs, run on an NVIDIA card.

Compiling (``tensorrt_build``) is tested; running an engine needs a card. What has never run is
listed in ``docs/runtime.md``.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from camaware_ros.runtime.contract import Arrays
from camaware_ros.runtime.cuda import call, cuda_runtime, first_gpu
from camaware_ros.runtime.engine_cache import EngineCache, EngineKey, default_cache
from camaware_ros.runtime.engine_shapes import Profile, block_layout, fitting_profile, profiles_for
from camaware_ros.runtime.engine_source import engine_key
from camaware_ros.runtime.manifest import LANGUAGE_FILE, VISION_FILE, Manifest
from camaware_ros.runtime.report import Report
from camaware_ros.runtime.split import SplitNetwork
from camaware_ros.runtime.tensorrt_build import build_engine, made, make_logger, tensorrt_library


class TensorRTGraph:
    """One engine: a context for every profile, and one block of device memory for its arrays."""

    def __init__(self, trt: ModuleType, cudart: Any, engine: Any) -> None:
        """Make contexts and allocate for the largest shapes.

        Raises:
            RuntimeError: out of memory, or TensorRT refuses.
        """
        self._cudart, self._engine = cudart, engine
        names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
        is_input = {n: engine.get_tensor_mode(n) == trt.TensorIOMode.INPUT for n in names}
        self._inputs = [n for n in names if is_input[n]]
        self._outputs = [n for n in names if not is_input[n]]
        self._dtype = {n: np.dtype(trt.nptype(engine.get_tensor_dtype(n))) for n in names}
        self._profiles = [self._profile(i) for i in range(engine.num_optimization_profiles)]
        self._contexts: list[Any] = []
        self._held: dict[str, Any] = {}  # what must be freed, by the call that does
        try:
            self._allocate(names)
        except BaseException:
            with contextlib.suppress(RuntimeError):  # the first reason is the one to tell
                self.close()
            raise

    def _allocate(self, names: Sequence[str]) -> None:
        self._stream = self._held["cudaStreamDestroy"] = call(self._cudart, "cudaStreamCreate")
        for index in range(len(self._profiles)):
            self._contexts.append(self._context(index))
        sizes = {
            name: max(self._largest(i, name) for i in range(len(self._contexts))) for name in names
        }
        self._offsets, total = block_layout(sizes)
        self._block = self._held["cudaFree"] = call(self._cudart, "cudaMalloc", total)
        for context in self._contexts:
            for name, offset in self._offsets.items():
                _require(context.set_tensor_address(name, self._block + offset), f"address {name}")

    def _profile(self, index: int) -> Profile:
        ranges = {n: self._engine.get_tensor_profile_shape(n, index) for n in self._inputs}
        return {n: (tuple(r[0]), tuple(r[1]), tuple(r[2])) for n, r in ranges.items()}

    def _context(self, index: int) -> Any:
        context = self._engine.create_execution_context()
        _require(context is not None, "no execution context: out of memory?")
        if len(self._profiles) > 1:  # a graph of one shape has one that need not be chosen
            chosen = context.set_optimization_profile_async(index, int(self._stream))
            _require(chosen, f"profile {index}")
        for name, (_, _, high) in self._profiles[index].items():
            _require(context.set_input_shape(name, high), f"shape {high} of {name}")
        _require(not context.infer_shapes(), "shapes of outputs")
        return context

    def _largest(self, index: int, name: str) -> int:
        shape = self._contexts[index].get_tensor_shape(name)
        return math.prod(int(n) for n in shape) * int(self._dtype[name].itemsize)

    def __call__(self, inputs: Arrays) -> Arrays:
        """See ``runtime.split.Graph``."""
        context = self._contexts[fitting_profile(self._profiles, inputs)]
        to_device = self._cudart.cudaMemcpyKind.cudaMemcpyHostToDevice
        to_host = self._cudart.cudaMemcpyKind.cudaMemcpyDeviceToHost
        kept = []  # host arrays must outlive the copies
        for name in self._inputs:
            array = np.ascontiguousarray(inputs[name], dtype=self._dtype[name])
            kept.append(array)
            _require(context.set_input_shape(name, array.shape), f"shape {array.shape} of {name}")
            self._copy(self._block + self._offsets[name], array.ctypes.data, array, to_device)
        _require(context.execute_async_v3(int(self._stream)), "execution")
        outputs = {}
        for name in self._outputs:
            array = np.empty(tuple(context.get_tensor_shape(name)), self._dtype[name])
            self._copy(array.ctypes.data, self._block + self._offsets[name], array, to_host)
            outputs[name] = array
        call(self._cudart, "cudaStreamSynchronize", self._stream)
        return outputs

    def _copy(self, target: int, source: int, array: np.ndarray, kind: Any) -> None:
        call(self._cudart, "cudaMemcpyAsync", target, source, array.nbytes, kind, self._stream)

    def close(self) -> None:
        """Free contexts, engine, memory and stream, in this order; safe to call twice."""
        self._contexts.clear()
        self._engine = None
        while self._held:
            call(self._cudart, *self._held.popitem())


def _require(ok: object, what: str) -> None:
    if not ok:
        raise RuntimeError(f"tensorrt: {what} refused")


def open_tensorrt(
    folder: Path, manifest: Manifest, report: Report, cache: EngineCache | None = None
) -> SplitNetwork:
    """Both graphs as engines, compiled now unless the cache has them.

    Raises:
        OSError: a file is missing.
        ValueError: a file is not what the manifest promises.
        RuntimeError: no library, no card, not enough memory, or a card that is not supported.
    """
    cudart = cuda_runtime()
    gpu = first_gpu(cudart)
    trt = tensorrt_library()
    logger = make_logger(trt)
    runtime = made(trt.Runtime, logger, logger)
    cache = cache or EngineCache(default_cache())
    library = f"{trt.__name__} {trt.__version__}"
    graphs, precision = [], ""
    with contextlib.ExitStack() as opened:  # where the second graph fails, the first is freed
        for name in (VISION_FILE, LANGUAGE_FILE):
            profiles = profiles_for(name, manifest)
            path, key = engine_key(folder, manifest, name, library, gpu, profiles)
            engine = _engine(trt, runtime, logger, path, key, profiles, cache, report)
            graphs.append(TensorRTGraph(trt, cudart, engine))
            opened.callback(graphs[-1].close)
            precision = key.precision
        opened.pop_all()
    return SplitNetwork(f"{library} ({gpu.name}, {precision})", *graphs)


def _engine(
    trt: ModuleType, runtime: Any, logger: Any, path: Path, key: EngineKey,
    profiles: Sequence[Profile], cache: EngineCache, report: Report,
) -> Any:  # fmt: skip
    stored = cache.load(key)
    engine = runtime.deserialize_cuda_engine(stored) if stored else None
    if engine is None:
        report(f"tensorrt: compiling {path.name} for {key.gpu}; this is done once")
        built = build_engine(trt, path, profiles, logger, report)
        engine = runtime.deserialize_cuda_engine(built)
        if engine is None:
            raise RuntimeError(f"tensorrt: {key.gpu} refuses the engine: {logger.last_error}")
        try:
            cache.store(key, built)
        except OSError as error:
            report(f"tensorrt: the engine cannot be kept and will be compiled again: {error}")
    return engine
