"""The camera-ray embedding as CA-MLLM publishes it (section 4.2), derived from our ray features.

R_x = (u - c_x) / f_x and R_y = (v - c_y) / f_y at the centre of every visual token, with f_x and
f_y in pixels of the network's input. A pinhole ray (x, y, z) has x / z = (u - c_x) / f_x, so the
mean of x / z over a token is R_x at its centre and its step from cell to cell is 4 / f_x: both
exact. On any other lens the mean local focal length stands for f, and rays that are almost
sideways or behind, which the form cannot express, count as none.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from camaware_ros.geometry.rays import CHANNELS
from camaware_ros.model.config import CELL, TOKEN

VALID = CHANNELS.index("valid")
MIN_COSINE = 0.1
MIN_STEP = 1e-4
FOCAL_UNIT_PX = 100.0
FREQUENCIES = tuple(2.0**k for k in range(-1, 6))


def paper_rays(rays: Tensor) -> tuple[Tensor, Tensor]:
    """What the paper tells a token about the camera.

    Args:
        rays: ray features, (B, R, H/4, W/4).

    Returns:
        R_x, R_y, f_x, f_y, (B, 4, H/16, W/16); and the share of each token that has such a ray,
        (B, 1, H/16, W/16). A token that is partly padding gets the mean of the rest.
    """
    side = TOKEN // CELL
    ahead = rays[:, VALID : VALID + 1] * (rays[:, 2:3] > MIN_COSINE)
    slope = rays[:, :2] / rays[:, 2:3].clamp_min(MIN_COSINE) * ahead
    share = functional.avg_pool2d(ahead, side)
    at_token = functional.avg_pool2d(slope, side) / share.clamp_min(1e-3)
    focal = [_mean_focal(slope[:, :1], ahead, -1), _mean_focal(slope[:, 1:], ahead, -2)]
    everywhere = torch.stack(focal, 1)[..., None, None].expand_as(at_token)
    return torch.cat([at_token, everywhere], 1), share


def _mean_focal(slope: Tensor, ahead: Tensor, axis: int) -> Tensor:
    """Mean focal length along an axis, pixels, (B,), from (B, 1, h, w)."""
    cells = slope.shape[axis] - 1
    step = slope.narrow(axis, 1, cells) - slope.narrow(axis, 0, cells)
    known = ahead.narrow(axis, 1, cells) * ahead.narrow(axis, 0, cells)
    total = (CELL / step.clamp_min(MIN_STEP) * known).sum((1, 2, 3))
    return total / known.sum((1, 2, 3)).clamp_min(1.0)


class PaperRayEmbedding(nn.Module):
    """Sinusoids of R_x, R_y and the logs of f_x, f_y, and one linear layer to the token's width."""

    def __init__(self, width: int) -> None:
        """For tokens of the given width."""
        super().__init__()
        self.out = nn.Conv2d(4 * 2 * len(FREQUENCIES), width, 1)

    def forward(self, rays: Tensor) -> Tensor:
        """(B, R, H/4, W/4) to (B, D, H/16, W/16); zero on tokens without a ray."""
        values, share = paper_rays(rays)
        focal = values[:, 2:].clamp_min(1.0).log() - math.log(FOCAL_UNIT_PX)
        phase = torch.cat([values[:, :2], focal], 1)
        waves = [f(k * phase) for k in FREQUENCIES for f in (torch.sin, torch.cos)]
        return self.out(torch.cat(waves, 1)) * share
