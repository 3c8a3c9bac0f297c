"""Reading boxes: from features at a token to a place in space, relative to that token's ray.

Shapes: B images, T visual tokens, Q phrases. A box code has ``CODE`` numbers:
0:2 offset right and down of the centre from the ray, in token angles; 2 log range; 3:6 log size;
6:8 sin and cos of twice the yaw against the line of sight; 8:11 log sigma of right, down, range.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from camaware_ros.geometry.rays import PIXEL_ANGLE_UNIT_RAD
from camaware_ros.model.config import CELL, TOKEN
from camaware_ros.model.vision import LOG_PIXEL_ANGLE, VALID

CODE = 11
OFFSET, RANGE, SIZE, YAW, SIGMA = slice(0, 2), 2, slice(3, 6), slice(6, 8), slice(8, 11)


def mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Two layers."""
    return nn.Sequential(nn.Linear(inputs, hidden), nn.GELU(), nn.Linear(hidden, outputs))


class TokenRays(nn.Module):
    """The ray, its tangent plane and the angular size of every visual token."""

    def forward(self, rays: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """From ray features (B, R, h, w).

        Returns:
            Unit ray, right and down tangents, each (B, T, 3); log of the pixel angle over
            ``PIXEL_ANGLE_UNIT_RAD``, (B, T). Tokens without any ray look along the axis.
        """
        pooled = functional.avg_pool2d(rays, TOKEN // CELL).flatten(2).transpose(1, 2)
        weight = pooled[..., VALID].clamp_min(1e-3)
        axis = torch.tensor([0.0, 0.0, 1.0], dtype=rays.dtype, device=rays.device)
        empty = (pooled[..., VALID : VALID + 1] < 1e-3).to(rays.dtype)
        ray = functional.normalize(pooled[..., :3] + empty * axis, dim=-1)
        x, y, z = ray.unbind(-1)
        right = functional.normalize(torch.stack([z, torch.zeros_like(x), -x], -1), dim=-1)
        down = torch.stack(
            [y * right[..., 2], z * right[..., 0] - x * right[..., 2], -y * right[..., 0]], -1
        )
        return ray, right, down, pooled[..., LOG_PIXEL_ANGLE] / weight


def decode(
    code: Tensor, ray: Tensor, right: Tensor, down: Tensor, log_angle: Tensor, canonical: bool
) -> tuple[Tensor, Tensor]:
    """Box codes at tokens to direction and log range.

    Args:
        code: (..., CODE);  ray, right, down: (..., 3);  log_angle: (...).
        canonical: the code holds the range times the pixel angle.

    Returns:
        Unit direction of the centre (..., 3) and log of its range in metres (...).
    """
    token_angle = TOKEN * PIXEL_ANGLE_UNIT_RAD * log_angle.exp()[..., None]
    shift = code[..., 0:1] * right + code[..., 1:2] * down
    direction = functional.normalize(ray + token_angle * shift, dim=-1)
    return direction, code[..., RANGE] - (log_angle if canonical else 0.0)


def encode_offset(
    centre: Tensor, ray: Tensor, right: Tensor, down: Tensor, log_angle: Tensor
) -> Tensor:
    """The offset part of the code of a centre (..., 3): the inverse of ``decode``'s direction."""
    along = (centre * ray).sum(-1).clamp_min(1e-3 * centre.norm(dim=-1).clamp_min(1e-3))
    token_angle = TOKEN * PIXEL_ANGLE_UNIT_RAD * log_angle.exp()
    across = torch.stack([(centre * right).sum(-1), (centre * down).sum(-1)], -1)
    return across / (along * token_angle)[..., None]


class DenseHead(nn.Module):
    """What every token believes: box code, kind, colour, objectness and a 4 x 4 range map."""

    def __init__(self, width: int, kinds: int, colours: int) -> None:
        """Heads on token features of the given width."""
        super().__init__()
        self.box = mlp(width, 256, CODE)
        self.classes = nn.Linear(width, kinds + colours + 1)
        self.range = nn.Linear(width, (TOKEN // CELL) ** 2)
        with torch.no_grad():
            self.box[-1].bias.copy_(torch.tensor([0, 0, 0.7, -0.7, -0.9, -0.6, 0, 0, -1, -1, -1.5]))
            self.range.bias.fill_(math.log(2.5))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, T, D) to codes (B, T, CODE), class logits and log ranges (B, T, 16)."""
        return self.box(features), self.classes(features), self.range(features)
