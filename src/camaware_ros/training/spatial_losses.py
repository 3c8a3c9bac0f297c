"""SpatialSV's losses (arXiv 2606.19915, section 2 and supplement) on lifted maps.

For every task t: L2(y, m) + mean(||y - m||_2 c - lambda log c), for depth also
sum over x and y of mean(|grad(y - m)| c - lambda log c), for points also
mean((1 - <n(m), n(y)>) c - lambda log c). The paper gives no lambda and does not say whether L2 is
squared; here lambda = 0.2 and L2 is the mean distance, which far walls do not rule.

Shapes: B images, C channels, h x w cells. Masks are float (B, 1, h, w); where they are 0 the truth
may be anything, NaN included.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from camaware_ros.model.spatial import TASKS
from camaware_ros.model.vision import VALID

LAMBDA = 0.2
LOOKING_UP = 0.999
FLAT = 1e-4


def gravity_from_camera(up_B3: Tensor) -> Tensor:
    """Rows forward, left, up in camera coordinates, (B, 3, 3): ``geometry.rays.gravity_axes``."""
    z, y = torch.eye(3, dtype=up_B3.dtype, device=up_B3.device)[[2, 1]]
    ahead = torch.where(up_B3[:, 2:].abs() > LOOKING_UP, y, z)
    forward = ahead - (ahead * up_B3).sum(-1, keepdim=True) * up_B3
    forward = functional.normalize(forward, dim=-1)
    return torch.stack([forward, torch.linalg.cross(up_B3, forward), up_B3], dim=1)


def spatial_truth(batch: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What the maps of ``model.spatial`` should be, and where that is known.

    Args:
        batch: rays (B, R, h, w), log_range (B, h, w) with 0 where unknown, up (B, 3) and
            log_height (B,); mounted (B,) is 0 where the last two are unknown (always known when
            left out), and rays and points with them.

    Returns:
        depth (B, 1, h, w), ray (B, 6, h, w), point (B, 3, h, w), and a mask (B, 1, h, w) of each.
    """
    rays, log_range = batch["rays"], batch["log_range"][:, None]
    valid = rays[:, VALID : VALID + 1]
    seen = valid * (log_range != 0)
    mounted = batch["mounted"][:, None, None, None] if "mounted" in batch else 1.0
    turn = gravity_from_camera(batch["up"])[..., None, None]
    direction = (turn * rays[:, None, :3]).sum(2)  # not a matrix product: bf16 would round it
    height = batch["log_height"].exp()[:, None, None, None].expand_as(log_range)
    origin = functional.pad(height, (0, 0, 0, 0, 2, 0))
    depth = log_range.exp()
    truth = {
        "depth": depth,
        "ray": torch.cat([origin, direction], 1),
        "point": origin + depth * direction,
    }
    return truth, {"depth": seen, "ray": valid * mounted, "point": seen * mounted}


def mean_over(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of (B, 1, h, w) where the mask is set."""
    return (values * mask).sum() / mask.sum().clamp_min(1.0)


def weighed(error: Tensor, log_confidence: Tensor, mask: Tensor) -> Tensor:
    """Mean of error * c - lambda log c; least at c = lambda / error."""
    return mean_over(error * log_confidence.exp() - LAMBDA * log_confidence, mask)


def steps(values: Tensor, axis: int) -> Tensor:
    """Difference to the next cell along an axis, the last row or column left out."""
    size = values.shape[axis] - 1
    return values.narrow(axis, 1, size) - values.narrow(axis, 0, size)


def gradient_loss(difference: Tensor, log_confidence: Tensor, mask: Tensor) -> Tensor:
    """How much the error changes from cell to cell, right and down."""
    loss = difference.new_zeros(())
    for axis in (-1, -2):
        size = mask.shape[axis] - 1
        both = mask.narrow(axis, 1, size) * mask.narrow(axis, 0, size)
        error = steps(difference, axis).abs()
        loss = loss + weighed(error, log_confidence.narrow(axis, 0, size), both)
    return loss


def normals(points: Tensor, scale: Tensor) -> Tensor:
    """Unit normals (B, 3, h - 1, w - 1) of a point map (B, 3, h, w), shorter where it is flat.

    Args:
        points: metres.
        scale: typical distance of each point, metres, (B, 1, h, w), so that flat is relative.
    """
    right = steps(points, -1)[:, :, :-1]
    down = steps(points, -2)[..., :-1]
    across = torch.linalg.cross(right, down, dim=1) / scale[:, :, :-1, :-1].square()
    return functional.normalize(across, dim=1, eps=FLAT)


def normal_loss(predicted: Tensor, truth: Tensor, log_c: Tensor, mask: Tensor) -> Tensor:
    """One minus the cosine between the normals of two point maps."""
    corner = mask[:, :, :-1, :-1] * mask[:, :, :-1, 1:] * mask[:, :, 1:, :-1]
    scale = torch.linalg.vector_norm(truth, dim=1, keepdim=True).clamp_min(0.1)
    cosine = (normals(predicted, scale) * normals(truth, scale)).sum(1, keepdim=True)
    return weighed(1 - cosine, log_c[:, :, :-1, :-1], corner)


def task_loss(task: str, predicted: Tensor, truth: Tensor, log_c: Tensor, mask: Tensor) -> Tensor:
    """L3D of one task."""
    truth = torch.where(mask > 0, truth, predicted.detach())
    difference = truth - predicted
    error = torch.linalg.vector_norm(difference, dim=1, keepdim=True)
    loss = mean_over(error, mask) + weighed(error, log_c, mask)
    if task == "depth":
        loss = loss + gradient_loss(difference, log_c, mask)
    if task == "point":
        loss = loss + normal_loss(predicted, truth, log_c, mask)
    return loss


def spatial_losses(out: dict[str, Tensor], batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """``spatial_depth``, ``spatial_ray`` and ``spatial_point``, unweighted.

    They need no text: images without any phrase take part (semi-supervised training).
    """
    truth, masks = spatial_truth(batch)
    return {
        f"spatial_{task}": task_loss(
            task, out[task], truth[task], out[f"{task}_log_confidence"], masks[task]
        )
        for task in TASKS
    }
