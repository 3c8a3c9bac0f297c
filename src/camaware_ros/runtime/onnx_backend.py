"""ONNX Runtime: the default on machines without TensorRT."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from camaware_ros.runtime.contract import OUTPUT_NAMES, ModelInputs, ModelOutputs, outputs_from
from camaware_ros.runtime.manifest import Manifest, checked_file

GRAPH_FILE = "grounder.onnx"
PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")


class OnnxBackend:
    """The exported graph in an ONNX Runtime session."""

    def __init__(self, folder: Path, manifest: Manifest, threads: int = 0) -> None:
        """Check the graph's hash and open it; ValueError when ONNX Runtime refuses it."""
        graph = checked_file(folder, manifest, GRAPH_FILE)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # a robot's callbacks need the core that spinning would burn
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        available = onnxruntime.get_available_providers()
        providers = [name for name in PROVIDERS if name in available]
        try:
            self._session = onnxruntime.InferenceSession(str(graph), options, providers=providers)
        except Exception as error:  # onnxruntime's own errors share no public base class
            raise ValueError(f"{graph}: ONNX Runtime cannot load it: {error}") from error
        found = {i.name: i.shape for i in self._session.get_inputs()}
        width, height = manifest.image_size
        if found.get("pixels") != [1, 3, height, width]:
            raise ValueError(f"{graph}: expected pixels [1, 3, {height}, {width}], got {found}")
        self.name = f"onnx ({self._session.get_providers()[0]})"

    def infer(self, inputs: ModelInputs) -> ModelOutputs:
        """See ``Backend``."""
        try:
            values = self._session.run(list(OUTPUT_NAMES), inputs.arrays())
        except Exception as error:  # as above
            raise ValueError(f"inputs do not fit the network: {error}") from error
        return outputs_from(values)

    def close(self) -> None:
        """Drop the session."""
        del self._session
