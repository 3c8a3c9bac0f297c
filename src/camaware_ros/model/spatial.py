"""SpatialSV (arXiv 2606.19915): visual states of the language model lifted to depth, ray and point.

Maps are at stride 4. ``depth`` is the range along the ray in metres, so that it means something on
any lens. ``ray`` (origin, unit direction) and ``point`` are in the gravity frame on the floor below
the camera (``geometry.rays.gravity_axes``): origin = (0, 0, height), point = origin + depth *
direction, which is defined for a single image.

Shapes: B images, T visual tokens, D width, h x w cells.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from camaware_ros.model.config import CELL, TOKEN, ModelConfig
from camaware_ros.model.heads import mlp
from camaware_ros.model.vision import LOG_PIXEL_ANGLE

# First guess of every channel: log range, origin and direction, point.
TASKS: dict[str, tuple[float, ...]] = {
    "depth": (math.log(2.5),),
    "ray": (0.0, 0.0, 1.0, 0.8, 0.0, 0.0),
    "point": (2.0, 0.0, 0.5),
}
FEATURES, CHANNELS = 64, 32
UPSCALE = TOKEN // CELL
LOG_RANGE_LIMIT, LOG_CONFIDENCE_LIMIT = 5.0, 4.0


def enlarged(x: Tensor, factor: int) -> Tensor:
    """Bilinear."""
    if factor == 1:
        return x
    return functional.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


class Residual(nn.Module):
    """Two 3 x 3 convolutions beside the identity."""

    def __init__(self, channels: int) -> None:
        """Keep the number of channels."""
        super().__init__()
        self.layers = nn.Sequential(
            nn.GELU(), nn.Conv2d(channels, channels, 3, 1, 1),
            nn.GELU(), nn.Conv2d(channels, channels, 3, 1, 1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, h, w) to the same."""
        return x + self.layers(x)


class DPTHead(nn.Module):
    """Fuses levels from deep and coarse to shallow and fine (DPT); map and confidence come out."""

    def __init__(self, levels: int, guess: tuple[float, ...]) -> None:
        """For feature maps of so many layers; ``guess`` is the first value of every channel."""
        super().__init__()
        self.scales = [2 ** min(1, levels - 1 - level) for level in range(levels)]
        self.reassemble = nn.ModuleList(nn.Conv2d(FEATURES, CHANNELS, 1) for _ in self.scales)
        self.refine = nn.ModuleList(Residual(CHANNELS) for _ in self.scales)
        self.out = nn.Conv2d(CHANNELS, len(guess) + 1, 3, 1, 1)
        nn.init.normal_(self.out.weight, std=0.01)
        with torch.no_grad():
            self.out.bias.copy_(torch.tensor([*guess, 0.0]))

    def forward(self, levels: list[Tensor]) -> Tensor:
        """Maps (B, FEATURES, h/4, w/4), shallow to deep, to (B, channels + 1, h, w)."""
        x, scale = 0.0, 1
        for level in reversed(range(len(levels))):
            finer = self.scales[level]
            here = enlarged(self.reassemble[level](levels[level]), finer)
            if level < len(levels) - 1:
                here = here + enlarged(x, finer // scale)
            x, scale = self.refine[level](here), finer
        return self.out(enlarged(x, UPSCALE // scale))


class SpatialHeads(nn.Module):
    """One projector per layer of the language model, one head per task."""

    def __init__(self, config: ModelConfig) -> None:
        """For ``config.spatial_layers``."""
        super().__init__()
        self.grid, self.canonical = config.grid, config.canonical_range
        layers = len(config.spatial_layers)
        self.projectors = nn.ModuleList(
            mlp(config.width, FEATURES, FEATURES) for _ in config.spatial_layers
        )
        self.heads = nn.ModuleDict({task: DPTHead(layers, guess) for task, guess in TASKS.items()})

    def forward(self, layers: tuple[Tensor, ...], rays: Tensor) -> dict[str, Tensor]:
        """Lift the visual states (B, T, D) of each layer; ``rays`` (B, R, h, w) scale the range.

        Returns:
            depth (B, 1, h, w), ray (B, 6, h, w), point (B, 3, h, w), each also with
            ``<task>_log_confidence`` (B, 1, h, w). Finite everywhere, meaningless without a ray.
        """
        levels = [
            project(layer).transpose(1, 2).unflatten(2, self.grid)
            for project, layer in zip(self.projectors, layers, strict=True)
        ]
        maps = {}
        for task, head in self.heads.items():
            value, doubt = head(levels).float().split([len(TASKS[task]), 1], dim=1)
            maps[task] = value
            limit = LOG_CONFIDENCE_LIMIT
            maps[f"{task}_log_confidence"] = limit * torch.tanh(doubt / limit)
        log_angle = rays[:, LOG_PIXEL_ANGLE : LOG_PIXEL_ANGLE + 1] if self.canonical else 0.0
        log_range = (maps["depth"] - log_angle).clamp(-LOG_RANGE_LIMIT, LOG_RANGE_LIMIT)
        return maps | {"depth": log_range.exp()}
