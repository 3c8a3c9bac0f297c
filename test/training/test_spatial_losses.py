"""SpatialSV's losses: analytic minima, masks, truth against numpy geometry, a rendered plane."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Equidistant
from camaware_ros.geometry.rays import cells, gravity_axes, ray_features
from camaware_ros.model.spatial import TASKS
from camaware_ros.training.spatial_losses import (
    LAMBDA,
    gradient_loss,
    gravity_from_camera,
    normals,
    spatial_losses,
    spatial_truth,
    task_loss,
    weighed,
)

PINHOLE = Camera(width=160, height=128, fx=110, fy=110, cx=80, cy=64)
FISHEYE = Camera(width=160, height=128, fx=40, fy=40, cx=80, cy=64, lens=Equidistant(k1=0.01))
HEIGHT, PITCH = 0.9, 0.35
UP = np.array([0.0, -np.cos(PITCH), -np.sin(PITCH)])


def floor_batch(camera: Camera) -> dict[str, torch.Tensor]:
    """A camera over an endless floor; what does not see it within 15 m has no truth."""
    rays, valid = cells(camera, np.ones((128, 160), bool))
    drop = -np.where(valid[..., None], rays, 0.0) @ UP
    with np.errstate(divide="ignore"):
        distance = np.where(drop > 0, HEIGHT / drop, np.inf)
    log_range = np.where(distance < 15, np.log(distance), 0.0)
    return {
        "rays": torch.from_numpy(ray_features(rays, valid))[None],
        "log_range": torch.from_numpy(log_range).float()[None],
        "up": torch.from_numpy(UP).float()[None],
        "log_height": torch.tensor([np.log(HEIGHT)]).float(),
    }


def perfect(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    truth, _ = spatial_truth(batch)
    confidence = {f"{task}_log_confidence": torch.zeros(1, 1, 32, 40) for task in TASKS}
    return {name: value.clone() for name, value in truth.items()} | confidence


@pytest.mark.parametrize("up", [UP, np.array([0.3, -0.9, 0.1]), np.array([0.0, 0.0, -1.0])])
def test_gravity_frame_is_that_of_the_geometry(up: np.ndarray) -> None:
    up = up / np.linalg.norm(up)
    found = gravity_from_camera(torch.from_numpy(up)[None])[0]
    np.testing.assert_allclose(found, gravity_axes(up), atol=1e-12)


@pytest.mark.parametrize("camera", [PINHOLE, FISHEYE])
def test_points_on_the_floor_have_height_zero_and_lie_where_the_ray_meets_it(
    camera: Camera,
) -> None:
    truth, masks = spatial_truth(floor_batch(camera))
    seen = masks["point"][0, 0] > 0
    assert 200 < seen.sum() < seen.numel()
    points = truth["point"][0][:, seen]
    assert points[2].abs().max() < 1e-4
    origin, direction = truth["ray"][0, :3, seen], truth["ray"][0, 3:, seen]
    assert torch.equal(origin[:2], torch.zeros_like(origin[:2]))
    torch.testing.assert_close(direction.norm(dim=0), torch.ones(direction.shape[1]))
    torch.testing.assert_close(origin + truth["depth"][0][:, seen] * direction, points)
    assert (masks["ray"] >= masks["point"]).all()


def test_normals_of_a_rendered_plane_point_up() -> None:
    truth, masks = spatial_truth(floor_batch(PINHOLE))
    mask = masks["point"][0, 0]
    corner = (mask[:-1, :-1] * mask[:-1, 1:] * mask[1:, :-1]) > 0
    scale = truth["point"].norm(dim=1, keepdim=True).clamp_min(0.1)
    found = normals(truth["point"], scale)[0][:, corner]
    assert found[2].abs().min() > 0.999  # all along the vertical, on one side
    assert found[2].sign().unique().numel() == 1


@pytest.mark.parametrize("error", [0.02, 0.5, 3.0])
def test_confidence_is_best_at_lambda_over_error(error: float) -> None:
    errors, mask = torch.full((1, 1, 4, 4), error), torch.ones(1, 1, 4, 4)
    log_c = torch.zeros(1, 1, 4, 4, requires_grad=True)
    optimiser = torch.optim.LBFGS([log_c], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = weighed(errors, log_c, mask)
        loss.backward()
        return loss

    optimiser.step(closure)
    torch.testing.assert_close(
        log_c.exp(), torch.full_like(log_c, LAMBDA / error), rtol=2e-2, atol=1e-4
    )


def test_the_truth_costs_nothing_and_every_map_is_pulled_towards_it() -> None:
    batch = floor_batch(PINHOLE)
    out = perfect(batch)
    for name, value in spatial_losses(out, batch).items():
        assert value < 1e-4, name
    for task in TASKS:
        worse = {k: v.clone() for k, v in out.items()}
        worse[task] = (worse[task] * 1.1).requires_grad_()
        losses = spatial_losses(worse, batch)
        assert losses[f"spatial_{task}"] > 0.05
        losses[f"spatial_{task}"].backward()
        assert worse[task].grad.abs().sum() > 0
        for other in TASKS.keys() - {task}:
            assert losses[f"spatial_{other}"] < 1e-4


def test_a_wrong_step_is_found_by_the_gradient_loss_and_an_offset_is_not() -> None:
    mask, flat = torch.ones(1, 1, 6, 8), torch.zeros(1, 1, 6, 8)
    step = flat.clone()
    step[..., 4:] = 0.7
    assert gradient_loss(flat + 0.7, flat, mask) == 0
    torch.testing.assert_close(gradient_loss(step, flat, mask), torch.tensor(0.7 / 7))
    across = torch.linspace(0, 1, 2)[:, None].expand(6, 2, 8).reshape(1, 1, 12, 8)
    assert gradient_loss(across, torch.zeros_like(across), torch.ones_like(across)) > 0.3


@pytest.mark.parametrize("task", sorted(TASKS))
def test_where_the_truth_is_unknown_anything_goes(task: str) -> None:
    torch.manual_seed(0)
    channels = len(TASKS[task])
    predicted = torch.randn(2, channels, 6, 8, requires_grad=True)
    log_c = torch.randn(2, 1, 6, 8, requires_grad=True)
    mask = torch.ones(2, 1, 6, 8)
    mask[0, :, :, 5:], mask[1] = 0, 0
    truth = torch.randn(2, channels, 6, 8)
    hollow = torch.where(mask > 0, truth, torch.nan)
    loss = task_loss(task, predicted, hollow, log_c, mask)
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(predicted.grad).all()
    assert (predicted.grad[0, :, :, 5:] == 0).all() and (predicted.grad[1] == 0).all()
    assert (log_c.grad[0, :, :, 5:] == 0).all() and (predicted.grad[0, :, :, :4] != 0).all()
    nothing = task_loss(task, predicted, hollow, log_c, torch.zeros_like(mask))
    assert float(nothing.detach()) == 0


def test_fisheye_corners_without_a_ray_leak_nothing() -> None:
    camera = Camera(width=160, height=128, fx=22, fy=22, cx=80, cy=64, lens=Equidistant(k1=-0.1))
    batch = floor_batch(camera)
    assert (batch["rays"][:, 4] == 0).any()
    out = {name: value.requires_grad_() for name, value in perfect(batch).items()}
    torch.stack(list(spatial_losses(out, batch).values())).sum().backward()
    hollow = (batch["rays"][0, 4] == 0).expand(1, 1, 32, 40)
    for name, value in out.items():
        assert torch.isfinite(value.grad).all(), name
        assert (value.grad.abs().sum(1, keepdim=True)[hollow] == 0).all(), name
