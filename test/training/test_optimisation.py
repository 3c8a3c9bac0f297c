"""Muon beside AdamW: who moves what, how far, and that a checkpoint loses nothing."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from camaware_ros.training.optimisation import MuonWithAdamW, matrices, optimiser
from camaware_ros.training.run_config import TrainConfig

CONFIG = TrainConfig(name="x", output="unused", images=1, matrix_rate=1e-2, learning_rate=1e-3)


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Embedding(128, 128), nn.Linear(128, 128), nn.GELU(), nn.Linear(128, 96),
        nn.LayerNorm(96), nn.Linear(96, 8),
    )  # fmt: skip


def learn(network: nn.Module, optim: torch.optim.Optimizer, steps: range) -> None:
    for step in steps:
        torch.manual_seed(step)
        words, target = torch.randint(128, (16,)), torch.randn(16, 8)
        optim.zero_grad()
        (network(words) - target).square().mean().backward()
        optim.step()


def test_only_large_linear_weights_are_matrices(network: nn.Module) -> None:
    large = [tuple(weight.shape) for weight in matrices(network)]
    assert large == [(128, 128), (96, 128)]
    network[1].weight.requires_grad_(False)
    assert [tuple(weight.shape) for weight in matrices(network)] == [(96, 128)]


def test_a_matrix_moves_by_an_orthogonal_step_and_every_weight_moves_once(network) -> None:
    before = copy.deepcopy(network.state_dict())
    optim = optimiser(network, CONFIG)
    held = [id(p) for group in optim.param_groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in network.parameters())
    learn(network, optim, range(1))
    moved = {name: value - before[name] for name, value in network.state_dict().items()}
    assert all(float(change.abs().max()) > 0 for change in moved.values())
    decayed = moved["1.weight"] + CONFIG.matrix_rate * CONFIG.weight_decay * before["1.weight"]
    stretch = torch.linalg.svdvals(decayed)[:4] / (CONFIG.matrix_rate * 0.2 * 128**0.5)
    assert bool(((stretch > 0.6) & (stretch < 1.3)).all()), stretch  # of an orthogonal matrix, 1
    step = float(moved["5.weight"].abs().max())
    assert step == pytest.approx(CONFIG.learning_rate, rel=0.1)  # AdamW's first step


def test_without_a_rate_for_matrices_adamw_moves_all(network: nn.Module) -> None:
    plain = TrainConfig(name="x", output="unused", images=1)
    assert type(optimiser(network, plain)) is torch.optim.AdamW
    assert isinstance(optimiser(network, CONFIG), MuonWithAdamW)


def test_a_run_that_went_on_from_a_checkpoint_ends_where_the_other_does(network) -> None:
    other = copy.deepcopy(network)
    learn(network, optimiser(network, CONFIG), range(6))
    first = optimiser(other, CONFIG)
    learn(other, first, range(3))
    resumed = copy.deepcopy(other)
    second = optimiser(resumed, CONFIG)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    learn(resumed, second, range(3, 6))
    for name, value in network.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_a_schedule_reaches_both(network: nn.Module) -> None:
    optim = optimiser(network, CONFIG)
    before = copy.deepcopy(network.state_dict())
    torch.optim.lr_scheduler.LambdaLR(optim, lambda step: 0.0)
    learn(network, optim, range(2))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
