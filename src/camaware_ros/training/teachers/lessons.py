"""Training our own teacher (``model.teacher``) on rendered range."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from camaware_ros.model.teacher import GeometryNetwork, save_teacher
from camaware_ros.model.vision import VALID
from camaware_ros.training.spatial_losses import gradient_loss, mean_over


def teacher_losses(out: dict[str, Tensor], batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """L1 of log range and of its steps from cell to cell, and the Laplace spread of the error."""
    truth = batch["log_range"][:, None]
    mask = batch["rays"][:, VALID : VALID + 1] * (truth != 0)
    difference = truth - out["log_range"]
    error, spread = difference.abs(), out["log_spread"]
    return {
        "range": mean_over(error, mask),
        "edges": gradient_loss(difference, torch.zeros_like(error), mask),
        "spread": 0.1 * mean_over(error.detach() * (-spread).exp() + spread, mask),
    }


class TeacherModule(nn.Module):
    """The teacher with its loss, in the form that ``Trainer`` calls."""

    def __init__(self, network: GeometryNetwork) -> None:
        """Wrap a network."""
        super().__init__()
        self.network = network

    def forward(self, **batch: Tensor) -> dict[str, object]:
        """Loss and its parts."""
        pixels = batch["pixels"].contiguous(memory_format=torch.channels_last)
        parts = teacher_losses(self.network(pixels, batch["rays"]), batch)
        loss = torch.stack(list(parts.values())).sum()
        return {"loss": loss, "parts": {k: v.detach() for k, v in parts.items()}}

    def save(self, folder: Path, record: dict[str, object]) -> None:
        """Write the finished teacher."""
        save_teacher(folder, self.network, record)
