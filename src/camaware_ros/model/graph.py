"""The network in the shape that is exported: the arrays of ``runtime.contract``, one image."""

from __future__ import annotations

import math

from torch import Tensor, nn

from camaware_ros.geometry.rays import PIXEL_ANGLE_UNIT_RAD
from camaware_ros.model.config import CELL, TOKEN
from camaware_ros.model.grounder import CameraAwareGrounder
from camaware_ros.model.heads import OFFSET, SIGMA, SIZE, YAW


class ExportedGrounder(nn.Module):
    """Wraps the network; outputs in the order of ``runtime.contract.OUTPUT_NAMES``."""

    def __init__(self, network: CameraAwareGrounder) -> None:
        """Wrap ``network``; its weights are shared."""
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor, rays: Tensor, tokens: Tensor) -> tuple[Tensor, ...]:
        """Arrays of ``ModelInputs`` to those of ``ModelOutputs``, batch axis dropped."""
        out = self.network(pixels, rays, tokens)
        code, rows_cols = out["code"][0], self.network.config.grid
        _, _, _, log_angle = self.network.token_rays(rays)
        log_token_angle = log_angle[0][out["token"][0]] + math.log(TOKEN * PIXEL_ANGLE_UNIT_RAD)
        log_sigma = code[:, SIGMA].clamp(-6, 3)
        bearing = log_sigma[:, OFFSET] + log_token_angle[:, None]
        side = TOKEN // CELL
        cells = out["range_map"][0].view(*rows_cols, side, side).permute(0, 2, 1, 3)
        return (
            out["presence"][0],
            out["pointer"][0].softmax(-1),
            out["direction"][0],
            out["log_range"][0],
            code[:, SIZE],
            code[:, YAW],
            nn.functional.pad(bearing, (0, 1)) + nn.functional.pad(log_sigma[:, 2:3], (2, 0)),
            cells.reshape(rows_cols[0] * side, rows_cols[1] * side),
            out["up"][0],
            out["log_height"],
            out["signature"][0],
        )
