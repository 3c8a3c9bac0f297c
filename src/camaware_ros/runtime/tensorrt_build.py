"""TensorRT's compiler: from an ONNX graph to an engine. Needs no GPU where TensorRT-RTX is used.

Only calls that TensorRT 10.3 to 11.4 and TensorRT-RTX 1.x have in common. Networks are strongly
typed: the graph's own number types decide the precision.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from camaware_ros.runtime.engine_shapes import Profile, filled
from camaware_ros.runtime.report import Report, one_line

LIBRARIES = ("tensorrt", "tensorrt_rtx")
WORKSPACE_BYTES = 1 << 30


def tensorrt_library() -> ModuleType:
    """TensorRT, or TensorRT-RTX where that is what is installed.

    Raises:
        RuntimeError: neither can be imported.
    """
    reasons = []
    for name in LIBRARIES:
        if importlib.util.find_spec(name) is None:
            continue
        try:
            return importlib.import_module(name)
        except (ImportError, OSError) as error:  # its shared libraries are missing or too old
            reasons.append(f"{name}: {one_line(error)}")
    raise RuntimeError(f"tensorrt: {'; '.join(reasons) or 'not installed'}")


def make_logger(trt: ModuleType) -> Any:
    """TensorRT's log, of which the last error is kept for a message of ours in ``last_error``."""

    class LastError(trt.ILogger):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.last_error = "no reason given"

        def log(self, severity: Any, text: str) -> None:
            if severity <= trt.ILogger.ERROR:
                self.last_error = " ".join(text.split())

    return LastError()


def made(kind: Any, logger: Any, *arguments: object) -> Any:
    """An object of TensorRT's.

    Raises:
        RuntimeError: it cannot be made, for example because the driver is too old.
    """
    try:
        return kind(*arguments)
    except TypeError as error:  # that the factory gave nothing
        raise RuntimeError(f"tensorrt: {kind.__name__}: {logger.last_error}") from error


def make_monitor(trt: ModuleType, graph: str, report: Report) -> Any:
    """Tells the progress of the outermost phases in tenths."""

    class Monitor(trt.IProgressMonitor):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self.steps: dict[str, int] = {}

        def phase_start(self, phase: str, parent: str | None, steps: int) -> None:
            if parent is None:
                self.steps[phase] = steps
                report(f"tensorrt: {graph}: {phase} (0 %)")

        def step_complete(self, phase: str, step: int) -> bool:
            steps = self.steps.get(phase, 0)
            if steps and (10 * (step + 1)) // steps > (10 * step) // steps:
                report(f"tensorrt: {graph}: {phase} ({100 * (step + 1) // steps} %)")
            return True

        def phase_finish(self, phase: str) -> None:
            if self.steps.pop(phase, None) is not None:
                report(f"tensorrt: {graph}: {phase} (100 %)")

    return Monitor()


def build_engine(
    trt: ModuleType, path: Path, profiles: Sequence[Profile], logger: Any, report: Report
) -> bytes:
    """Compile a graph.

    Args:
        trt: see :func:`tensorrt_library`.
        path: of the ONNX file, its weights beside it.
        profiles: shapes to build for.
        logger: see :func:`make_logger`.
        report: told about progress.

    Raises:
        RuntimeError: the parser or the compiler refuses it, or memory runs out.
    """
    builder = made(trt.Builder, logger, logger)
    typed = 1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
    network = builder.create_network(typed)
    parser = trt.OnnxParser(network, logger)
    if not parser.parse_from_file(str(path)):
        found = [" ".join(str(parser.get_error(i)).split()) for i in range(parser.num_errors)]
        raise RuntimeError(f"tensorrt: {path.name} cannot be read: {'; '.join(found)}")
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, WORKSPACE_BYTES)
    config.clear_flag(trt.BuilderFlag.TF32)  # fp32 shall be that; who wants speed exports fp16
    monitor = make_monitor(trt, path.name, report)
    config.progress_monitor = monitor
    inputs = [network.get_input(i) for i in range(network.num_inputs)]
    graph_shapes = {tensor.name: tuple(tensor.shape) for tensor in inputs}
    for shapes in profiles:
        profile = builder.create_optimization_profile()
        for name, ranges in shapes.items():
            profile.set_shape(name, *(filled(s, graph_shapes[name]) for s in ranges))
        if config.add_optimization_profile(profile) < 0:
            raise RuntimeError(f"tensorrt: {path.name}: profile refused: {logger.last_error}")
    engine = builder.build_serialized_network(network, config)
    if engine is None:
        raise RuntimeError(f"tensorrt: {path.name} cannot be compiled: {logger.last_error}")
    return bytes(engine)
