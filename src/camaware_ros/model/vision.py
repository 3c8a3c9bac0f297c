"""The eye: pixels and rays to visual tokens.

Shapes: B images, R ray channels, H x W pixels, h x w cells (stride 4), T visual tokens (stride 16),
D width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from camaware_ros.geometry.rays import CHANNELS
from camaware_ros.model.config import CELL, TOKEN, ModelConfig
from camaware_ros.model.paper_rays import PaperRayEmbedding

FREQUENCIES = (1.0, 2.0, 4.0, 8.0)
MOUNTING = slice(CHANNELS.index("forward"), len(CHANNELS))
VALID = CHANNELS.index("valid")
LOG_PIXEL_ANGLE = CHANNELS.index("log_pixel_angle")


def fourier(rays: Tensor) -> Tensor:
    """Sinusoidal embedding of ray features, (B, R, ...) -> (B, R * 9, ...)."""
    waves = [rays]
    for frequency in FREQUENCIES:
        waves += [torch.sin(frequency * rays), torch.cos(frequency * rays)]
    return torch.cat(waves, dim=1)


class RayEmbedding(nn.Module):
    """Dense camera-ray embedding: ray features (B, R, h, w) to channels (B, out, h, w)."""

    def __init__(self, out: int) -> None:
        """``out`` channels, added to features of the same stride."""
        super().__init__()
        inputs = len(CHANNELS) * (1 + 2 * len(FREQUENCIES))
        self.layers = nn.Sequential(nn.Conv2d(inputs, 64, 1), nn.GELU(), nn.Conv2d(64, out, 1))

    def forward(self, rays: Tensor) -> Tensor:
        """Embed; cells without a ray give zero."""
        return self.layers(fourier(rays)) * rays[:, VALID : VALID + 1]


def conv(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """3 x 3 convolution, batch norm, GELU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.GELU()
    )


class Block(nn.Module):
    """Pre-norm transformer block with plain matrix-product attention (fast to train on a CPU)."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        """A block of the given width."""
        super().__init__()
        self.heads = heads
        self.norm_attention = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm_mlp = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x_BTD: Tensor) -> Tensor:
        """Attend, then think."""
        batch, tokens, width = x_BTD.shape
        qkv = self.qkv(self.norm_attention(x_BTD))
        qkv = qkv.view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        query, key, value = qkv[0], qkv[1], qkv[2]
        weight = (query @ key.transpose(-1, -2)) * (width // self.heads) ** -0.5
        mixed = (weight.softmax(-1) @ value).transpose(1, 2).reshape(batch, tokens, width)
        x_BTD = x_BTD + self.out(mixed)
        return x_BTD + self.mlp(self.norm_mlp(x_BTD))


def without_mounting(rays: Tensor) -> Tensor:
    """The same camera, held by nobody knows what: (B, R, h, w)."""
    return torch.cat([rays[:, : MOUNTING.start], torch.zeros_like(rays[:, MOUNTING])], 1)


class VisionEncoder(nn.Module):
    """Convolutional stem with rays from stride 4 on, then a transformer over stride-16 tokens.

    With ``ray_form: paper`` the rays enter once, added to the tokens. CA-MLLM adds them behind its
    frozen vision transformer; here that one learns too, so they are added in front of it.
    """

    def __init__(self, config: ModelConfig) -> None:
        """Layers by config."""
        super().__init__()
        half, quarter, eighth = config.stem
        self.use_rays, self.as_in_paper = config.use_rays, config.ray_form == "paper"
        self.use_mounting = config.use_mounting and not self.as_in_paper
        self.to_half = conv(3, half, 2)
        self.to_quarter = conv(half, quarter, 2)
        self.mix_quarter = conv(quarter, quarter, 1)
        self.to_eighth = conv(quarter, eighth, 2)
        self.mix_eighth = conv(eighth, eighth, 1)
        self.to_token = nn.Conv2d(eighth, config.width, 3, 2, 1)
        if self.as_in_paper:
            self.rays_token = PaperRayEmbedding(config.width)
        else:
            self.rays_quarter = RayEmbedding(quarter)
            self.rays_before = RayEmbedding(config.width)
            self.rays_after = RayEmbedding(config.width)
        self.position = nn.Parameter(0.3 * torch.randn(1, config.tokens, config.width))
        self.blocks = nn.ModuleList(
            Block(config.width, config.heads, config.vision_hidden)
            for _ in range(config.vision_layers)
        )
        self.norm = nn.LayerNorm(config.width)

    def seen_rays(self, rays: Tensor) -> Tensor:
        """What this model may know of the camera: everything, no mounting, or nothing."""
        if not self.use_rays:
            keep = torch.zeros_like(rays)
            keep[:, VALID] = rays[:, VALID]
            return keep
        return rays if self.use_mounting else without_mounting(rays)

    def stem(self, pixels: Tensor, rays: Tensor) -> tuple[Tensor, Tensor]:
        """Features at strides 4 and 8."""
        x = self.to_quarter(self.to_half(pixels))
        if not self.as_in_paper:
            x = x + self.rays_quarter(self.seen_rays(rays))
        quarter = self.mix_quarter(x) + x
        x = self.to_eighth(quarter)
        return quarter, self.mix_eighth(x) + x

    def think(self, eighth: Tensor, rays: Tensor, prior: Tensor | None = None) -> Tensor:
        """Features at stride 8 to tokens (B, T, D)."""
        rays = self.seen_rays(rays)
        token_rays = functional.avg_pool2d(rays, TOKEN // CELL)
        x = self.to_token(eighth)
        x = x + (self.rays_token(rays) if self.as_in_paper else self.rays_before(token_rays))
        if prior is not None:
            x = x + prior
        x_BTD = x.flatten(2).transpose(1, 2) + self.position
        for block in self.blocks:
            x_BTD = block(x_BTD)
        x_BTD = self.norm(x_BTD)
        if self.as_in_paper:
            return x_BTD
        return x_BTD + self.rays_after(token_rays).flatten(2).transpose(1, 2)

    def forward(self, pixels: Tensor, rays: Tensor, prior: Tensor | None = None) -> Tensor:
        """Tokens (B, T, D).

        Args:
            pixels: (B, 3, H, W), normalised.
            rays: ray features, (B, R, H/4, W/4).
            prior: what is added to the tokens in front of the transformer, (B, D, H/16, W/16).
        """
        _, eighth = self.stem(pixels, rays)
        return self.think(eighth, rays, prior)
