"""Which file of a model folder an engine is compiled from, and the key it is kept under."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from camaware_ros.runtime.cuda import Gpu
from camaware_ros.runtime.engine_cache import EngineKey
from camaware_ros.runtime.engine_shapes import Profile, profiles_text
from camaware_ros.runtime.graph_file import graph_metadata
from camaware_ros.runtime.manifest import (
    GRAPH_WEIGHTS_FILE,
    Manifest,
    check_graph_record,
    checked_file,
    half_file,
)


def engine_key(
    folder: Path, manifest: Manifest, name: str, library: str, gpu: Gpu, profiles: Sequence[Profile]
) -> tuple[Path, EngineKey]:
    """The ONNX file to compile for a graph, fp16 where the model has it, and the engine's key.

    Raises:
        OSError: a file is missing. ValueError: it is not what the manifest promises.
    """
    half = half_file(name) in manifest.files
    files = [half_file(name)] if half else [name, GRAPH_WEIGHTS_FILE]
    paths = [checked_file(folder, manifest, file) for file in files]
    check_graph_record(paths[0], graph_metadata(paths[0]), manifest)
    together = hashlib.sha256("".join(manifest.files[f] for f in files).encode()).hexdigest()
    key = EngineKey(
        graph=name, graph_sha256=together, library=library, gpu=gpu.name,
        compute_capability=gpu.compute_capability, precision="fp16" if half else "fp32",
        profiles=profiles_text(profiles),
    )  # fmt: skip
    return paths[0], key
