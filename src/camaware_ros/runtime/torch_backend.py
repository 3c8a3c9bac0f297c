"""torch: the reference that exported graphs are compared with. Imports the model lazily."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from camaware_ros.model.checkpoint import load_checkpoint
from camaware_ros.model.graph import LanguageGraph, VisionGraph
from camaware_ros.model.grounder import CameraAwareGrounder
from camaware_ros.runtime.contract import (
    LANGUAGE_INPUTS,
    LANGUAGE_OUTPUTS,
    VISION_INPUTS,
    VISION_OUTPUTS,
    Arrays,
)
from camaware_ros.runtime.manifest import WEIGHTS_FILE, Manifest, checked_file
from camaware_ros.runtime.report import one_line
from camaware_ros.runtime.split import SplitNetwork


class TorchGraph:
    """One of the two graphs, computed by torch."""

    def __init__(
        self,
        module: nn.Module,
        inputs: tuple[str, ...],
        outputs: tuple[str, ...],
        device: torch.device,
    ) -> None:
        """``module`` takes and gives tensors in the order of the names."""
        self._module, self._device = module.eval().to(device), device
        self._inputs, self._outputs = inputs, outputs

    @torch.inference_mode()
    def __call__(self, inputs: Arrays) -> Arrays:
        """See ``runtime.split.Graph``."""
        tensors = [
            torch.from_numpy(np.ascontiguousarray(inputs[name])).to(self._device)
            for name in self._inputs
        ]
        try:
            values = self._module(*tensors)
        except torch.OutOfMemoryError as error:
            raise RuntimeError(f"torch: {one_line(error)}") from error
        except (RuntimeError, IndexError) as error:
            raise ValueError(f"inputs do not fit the network: {error}") from error
        return {n: v.cpu().numpy() for n, v in zip(self._outputs, values, strict=True)}

    def close(self) -> None:
        """Drop the module."""
        del self._module


def torch_graphs(
    network: CameraAwareGrounder, device: torch.device | None = None
) -> tuple[TorchGraph, TorchGraph]:
    """Vision and language graph of a network, on the CPU if no device is given."""
    device = device or torch.device("cpu")
    return (
        TorchGraph(VisionGraph(network), VISION_INPUTS, VISION_OUTPUTS, device),
        TorchGraph(LanguageGraph(network), LANGUAGE_INPUTS, LANGUAGE_OUTPUTS, device),
    )


def open_torch(folder: Path, manifest: Manifest, threads: int = 0) -> SplitNetwork:
    """Check the weights' hash and load them, on a GPU if torch sees one."""
    checked_file(folder, manifest, WEIGHTS_FILE)
    if threads:
        torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cudnn.allow_tf32 = False  # the reference is fp32 wherever it runs
    network, _ = load_checkpoint(folder)
    return SplitNetwork(f"torch ({device})", *torch_graphs(network, device))
