"""Our own geometry teacher: a network that only knows how far everything is.

An encoder-decoder over pixels and rays, wider than the student's eye and with skips down to stride
4. It is trained on rendered range alone (``config/training/teacher.yaml``) and then frozen.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from camaware_ros.model.config import RECORD_FILE, ModelConfig
from camaware_ros.model.prior import point_prior
from camaware_ros.model.spatial import Residual, enlarged
from camaware_ros.model.vision import LOG_PIXEL_ANGLE, VisionEncoder

TEACHER_FILE = "teacher.safetensors"
CONFIG_FILE = "config.json"
SIZES: dict[str, object] = {
    "width": 216, "stem": (32, 64, 128), "vision_layers": 4, "vision_hidden": 648, "heads": 6,
}  # fmt: skip
HALF_TRUST = 0.1


def teacher_config(overrides: dict[str, object]) -> ModelConfig:
    """Sizes of a teacher; only the vision part of a ``ModelConfig`` matters."""
    return ModelConfig(**{"vocabulary": 1, "kinds": 1, "colours": 1} | SIZES | overrides)  # type: ignore[arg-type]


def teacher_sizes(config: ModelConfig) -> dict[str, object]:
    """The inverse: what ``ModelConfig.teacher`` holds of a teacher's config."""
    return {name: getattr(config, name) for name in SIZES}


class GeometryNetwork(nn.Module):
    """Pixels and rays to log range, its spread and token features."""

    def __init__(self, config: ModelConfig) -> None:
        """Random weights by config."""
        super().__init__()
        self.config = config
        _, quarter, eighth = config.stem
        self.eye = VisionEncoder(config)
        self.to_eighth = nn.Conv2d(config.width, eighth, 1)
        self.mix_eighth = Residual(eighth)
        self.to_quarter = nn.Conv2d(eighth, quarter, 1)
        self.mix_quarter = Residual(quarter)
        self.out = nn.Conv2d(quarter, 2, 3, 1, 1)
        with torch.no_grad():
            self.out.bias.copy_(torch.tensor([0.9, -1.0]))

    def forward(self, pixels: Tensor, rays: Tensor) -> dict[str, Tensor]:
        """One pass.

        Args:
            pixels: (B, 3, H, W), normalised.
            rays: ray features, (B, R, H/4, W/4).

        Returns:
            log_range and log_spread (of the log range, Laplace), (B, 1, H/4, W/4); features of
            the visual tokens, (B, T, D).
        """
        quarter, eighth = self.eye.stem(pixels, rays)
        tokens = self.eye.think(eighth, rays)
        x = tokens.transpose(1, 2).unflatten(2, self.config.grid)
        x = self.mix_eighth(enlarged(self.to_eighth(x), 2) + eighth)
        x = self.mix_quarter(enlarged(self.to_quarter(x), 2) + quarter)
        log_range, log_spread = self.out(x).float().split(1, dim=1)
        return {
            "log_range": log_range - rays[:, LOG_PIXEL_ANGLE : LOG_PIXEL_ANGLE + 1],
            "log_spread": log_spread.clamp(-5, 2),
            "features": tokens.float(),
        }


class FrozenTeacher(nn.Module):
    """A teacher that no training changes: no gradients, always in eval mode."""

    def __init__(self, network: GeometryNetwork) -> None:
        """Freeze ``network``."""
        super().__init__()
        self.network = network.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> FrozenTeacher:
        """Stay in eval mode."""
        super().train(False)
        return self

    @torch.no_grad()
    def forward(self, pixels: Tensor, rays: Tensor) -> tuple[Tensor, Tensor]:
        """Prior (B, 4, H/4, W/4), see ``model.prior``, and token features (B, T, D).

        The confidence is one half where the range is expected to be wrong by 10 %.
        """
        out = self.network(pixels, rays)
        confidence = 1.0 / (1.0 + out["log_spread"].exp() / HALF_TRUST)
        return point_prior(out["log_range"], confidence, rays), out["features"]


def save_teacher(folder: Path, network: GeometryNetwork, record: dict[str, object]) -> None:
    """Write config, fp16 weights and the training record."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: (value.half() if value.is_floating_point() else value).detach().cpu().contiguous()
        for name, value in network.state_dict().items()
    }  # fmt: skip
    save_file(weights, folder / TEACHER_FILE)
    (folder / CONFIG_FILE).write_text(json.dumps(network.config.to_dict(), indent=1) + "\n")
    (folder / RECORD_FILE).write_text(json.dumps(record, indent=1) + "\n")


def load_teacher(folder: Path) -> GeometryNetwork:
    """The network of a teacher's folder, fp32, eval mode.

    Raises:
        OSError: a file is missing. ValueError or RuntimeError: its content does not fit.
    """
    config = ModelConfig.from_dict(json.loads((folder / CONFIG_FILE).read_text()))
    network = GeometryNetwork(config)
    weights = load_file(folder / TEACHER_FILE)
    network.load_state_dict(
        {k: v.float() if v.is_floating_point() else v for k, v in weights.items()}
    )
    return network.eval()
