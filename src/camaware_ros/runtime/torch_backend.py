"""torch: the reference that exported graphs are compared with. Imports the model lazily."""

from __future__ import annotations

from pathlib import Path

import torch

from camaware_ros.model.checkpoint import WEIGHTS_FILE, load_checkpoint
from camaware_ros.model.graph import ExportedGrounder
from camaware_ros.runtime.contract import ModelInputs, ModelOutputs, outputs_from
from camaware_ros.runtime.manifest import Manifest, checked_file


class TorchBackend:
    """The network itself, on a GPU if torch sees one."""

    def __init__(self, folder: Path, manifest: Manifest, threads: int = 0) -> None:
        """Check the weights' hash and load them."""
        checked_file(folder, manifest, WEIGHTS_FILE)
        if threads:
            torch.set_num_threads(threads)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        network, _ = load_checkpoint(folder)
        self._graph = ExportedGrounder(network).eval().to(self._device)
        self.name = f"torch ({self._device})"

    @torch.inference_mode()
    def infer(self, inputs: ModelInputs) -> ModelOutputs:
        """See ``Backend``."""
        tensors = [torch.from_numpy(a).to(self._device) for a in inputs.arrays().values()]
        try:
            values = self._graph(*tensors)
        except RuntimeError as error:
            raise ValueError(f"inputs do not fit the network: {error}") from error
        return outputs_from([v.cpu().numpy() for v in values])

    def close(self) -> None:
        """Drop the network."""
        del self._graph
