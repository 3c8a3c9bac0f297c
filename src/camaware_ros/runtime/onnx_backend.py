"""ONNX Runtime: the default on machines without TensorRT."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

from camaware_ros.runtime.contract import Arrays
from camaware_ros.runtime.manifest import (
    GRAPH_WEIGHTS_FILE,
    LANGUAGE_FILE,
    VISION_FILE,
    Manifest,
    check_graph_record,
    checked_file,
)
from camaware_ros.runtime.report import one_line
from camaware_ros.runtime.split import SplitNetwork

# fp32 on a card shall be that; its own form with ten bits misses the golden outputs
PROVIDERS = {"CUDAExecutionProvider": {"use_tf32": "0"}, "CPUExecutionProvider": {}}


class OnnxGraph:
    """One exported graph in an ONNX Runtime session."""

    def __init__(self, folder: Path, manifest: Manifest, name: str, threads: int = 0) -> None:
        """Check the file and open it.

        Raises:
            OSError: the file is missing.
            ValueError: it is not what the manifest promises, or ONNX Runtime refuses it.
        """
        path = checked_file(folder, manifest, name)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # a robot's callbacks need the core that spinning would burn
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        available = onnxruntime.get_available_providers()
        providers = [(name, PROVIDERS[name]) for name in PROVIDERS if name in available]
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=providers)
        except Exception as error:  # onnxruntime's own errors share no public base class
            raise ValueError(f"{path}: ONNX Runtime cannot load it: {error}") from error
        check_graph_record(path, self._session.get_modelmeta().custom_metadata_map, manifest)
        self._outputs = [o.name for o in self._session.get_outputs()]
        self.provider = self._session.get_providers()[0]

    def __call__(self, inputs: Arrays) -> Arrays:
        """See ``runtime.split.Graph``."""
        try:
            values = self._session.run(self._outputs, dict(inputs))
        except (InvalidArgument, ValueError) as error:
            raise ValueError(f"inputs do not fit the network: {one_line(error)}") from error
        except Exception as error:  # as above; no memory, or a card that fails
            raise RuntimeError(f"onnx: {one_line(error)}") from error
        return dict(zip(self._outputs, values, strict=True))

    def close(self) -> None:
        """Drop the session."""
        del self._session


def open_onnx(folder: Path, manifest: Manifest, threads: int = 0) -> SplitNetwork:
    """Both graphs of a model folder."""
    checked_file(folder, manifest, GRAPH_WEIGHTS_FILE)
    vision = OnnxGraph(folder, manifest, VISION_FILE, threads)
    language = OnnxGraph(folder, manifest, LANGUAGE_FILE, threads)
    return SplitNetwork(f"onnx ({vision.provider})", vision, language)
