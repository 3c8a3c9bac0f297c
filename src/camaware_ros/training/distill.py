"""Distillation by loss: the student learns what a frozen teacher sees, and then goes without it.

The features' part is SpatialSV's L_distill; the range part is the L1 of log range.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from camaware_ros.model.heads import mlp
from camaware_ros.model.prior import NEAREST_M
from camaware_ros.model.teacher import FrozenTeacher, GeometryNetwork
from camaware_ros.training.spatial_losses import mean_over

LARGEST_ERROR = 2.0


def as_cells(values_BTK: Tensor, grid: tuple[int, int]) -> Tensor:
    """Cells listed per token, (B, T, n * n), to a map (B, 1, rows * n, cols * n)."""
    rows, cols = grid
    side = round(values_BTK.shape[-1] ** 0.5)
    cells = values_BTK.unflatten(2, (side, side)).unflatten(1, (rows, cols)).transpose(2, 3)
    return cells.reshape(len(values_BTK), 1, rows * side, cols * side)


class Distiller(nn.Module):
    """A teacher, and the projector from the student's tokens to its features."""

    def __init__(self, teacher: GeometryNetwork, width: int) -> None:
        """For a student whose tokens have the given width."""
        super().__init__()
        self.teacher = FrozenTeacher(teacher)
        self.project = mlp(width, width, teacher.config.width)

    def forward(
        self, out: dict[str, Tensor], pixels: Tensor, rays: Tensor, grid: tuple[int, int]
    ) -> dict[str, Tensor]:
        """Losses by name.

        Args:
            out: of the student: ``seen`` (B, T, D) and ``range_map`` (B, T, 16) log metres.
            pixels, rays: what the teacher looks at.
            grid: rows and columns of tokens.

        Returns:
            distill_features, minus the mean cosine of token features; distill_range, the error of
            the log range, weighed with the teacher's confidence.
        """
        prior, features = self.teacher(pixels, rays)
        likeness = functional.cosine_similarity(self.project(out["seen"]).float(), features, dim=-1)
        taught = prior[:, :3].norm(dim=1, keepdim=True).clamp_min(NEAREST_M).log()
        error = (as_cells(out["range_map"], grid) - taught).abs().clamp_max(LARGEST_ERROR)
        return {
            "distill_features": -likeness.mean(),
            "distill_range": mean_over(error, prior[:, 3:]),
        }


def require_teacher(folder: str | None, why: str) -> str:
    """The teacher's folder; ValueError when a run needs one and names none."""
    if folder is None:
        raise ValueError(f"teacher: expected a teacher's folder or teacher_run for {why}, got none")
    return folder
