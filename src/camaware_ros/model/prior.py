"""Geometric prior by injection (CA-MLLM section 4.4): a teacher's point map on the tokens, E_geo.

A prior is an array (B, 4, H/4, W/4): the point that each cell sees (x, y, z in metres, optical
frame) and the teacher's confidence in it, 0 (nothing known) to 1.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

PRIOR_CHANNELS = 4
NEAREST_M = 0.05


class PriorEncoder(nn.Module):
    """Point map to what is added to the tokens; adds nothing until it has learnt to."""

    def __init__(self, width: int) -> None:
        """For tokens of the given width."""
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(PRIOR_CHANNELS + 1, 32, 3, 1, 1), nn.GELU(),
            nn.Conv2d(32, 64, 4, 4), nn.GELU(),
            nn.Conv2d(64, width, 1),
        )  # fmt: skip
        nn.init.zeros_(self.layers[-1].weight)
        nn.init.zeros_(self.layers[-1].bias)

    def forward(self, prior: Tensor) -> Tensor:
        """(B, 4, H/4, W/4) to (B, D, H/16, W/16)."""
        confidence = prior[:, 3:]
        points = torch.where(confidence > 0, prior[:, :3], 0.0)
        distance = points.square().sum(1, keepdim=True).add(NEAREST_M**2).sqrt()
        known = torch.cat([points / distance, distance.log(), torch.ones_like(distance)], 1)
        return self.layers(known * confidence)


def point_prior(log_range: Tensor, confidence: Tensor, rays: Tensor) -> Tensor:
    """The prior (B, 4, h, w) of a range map.

    Args:
        log_range: log of metres along the ray, (B, 1, h, w).
        confidence: 0 to 1, (B, 1, h, w).
        rays: ray features, (B, R, h, w); cells without a ray get confidence 0.
    """
    valid = rays[:, 4:5]
    return torch.cat([rays[:, :3] * log_range.exp(), confidence * valid], 1) * valid
