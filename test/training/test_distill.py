"""Distillation by loss: the student is pulled to the teacher, the teacher to nobody."""

from __future__ import annotations

import torch

from camaware_ros.model.teacher import GeometryNetwork, teacher_config
from camaware_ros.training.distill import Distiller, as_cells

SMALL = {"width": 24, "heads": 2, "stem": (8, 8, 16), "vision_layers": 1, "vision_hidden": 32}
GRID = (8, 10)


def rays() -> torch.Tensor:
    out = torch.zeros(2, 14, 32, 40)
    out[:, 2], out[:, 4] = 1.0, 1.0
    out[1, :, :, 20:] = 0  # the right half of the second image sees nothing
    return out


def test_cells_of_tokens_become_a_map() -> None:
    image = torch.arange(32 * 40).float().view(1, 32, 40)
    tokens = image.view(1, 8, 4, 10, 4).permute(0, 1, 3, 2, 4).reshape(1, 80, 16)
    assert torch.equal(as_cells(tokens, GRID)[:, 0], image)


def test_gradients_reach_the_student_and_the_projector_only() -> None:
    torch.manual_seed(0)
    distiller = Distiller(GeometryNetwork(teacher_config(SMALL)), 32).train()
    out = {
        "seen": torch.randn(2, 80, 32, requires_grad=True),
        "range_map": torch.randn(2, 80, 16, requires_grad=True),
    }
    losses = distiller(out, torch.randn(2, 3, 128, 160), rays(), GRID)
    sum(losses.values()).backward()
    assert out["seen"].grad.abs().sum() > 0
    by_cell = as_cells(out["range_map"].grad, GRID)[:, 0]
    assert (by_cell[1, :, 20:] == 0).all() and by_cell[1, :, :20].abs().sum() > 0
    assert all(p.grad is None for p in distiller.teacher.parameters())
    assert all(p.grad is not None for p in distiller.project.parameters())


def test_a_student_that_says_what_the_teacher_says_has_nothing_to_learn() -> None:
    torch.manual_seed(0)
    distiller = Distiller(GeometryNetwork(teacher_config(SMALL)), 24).train()
    pixels = torch.randn(2, 3, 128, 160)
    prior, features = distiller.teacher(pixels, rays())
    distiller.project = torch.nn.Identity()
    told = prior[:, :3].norm(dim=1).clamp_min(0.05).log()
    told = told.view(2, 8, 4, 10, 4).permute(0, 1, 3, 2, 4).reshape(2, 80, 16)
    losses = distiller({"seen": features, "range_map": told}, pixels, rays(), GRID)
    torch.testing.assert_close(losses["distill_features"], torch.tensor(-1.0))
    torch.testing.assert_close(losses["distill_range"], torch.tensor(0.0))
