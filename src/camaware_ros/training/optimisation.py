"""How weights move: AdamW, and the learning rate over a run."""

from __future__ import annotations

import torch
from torch import nn

from camaware_ros.training.run_config import TrainConfig


def optimiser(network: nn.Module, config: TrainConfig) -> torch.optim.AdamW:
    """AdamW; no decay on norms, biases and embeddings."""
    learning = [p for p in network.parameters() if p.requires_grad]
    decay = [p for p in learning if p.ndim >= 2]
    rest = [p for p in learning if p.ndim < 2]
    groups = [
        {"params": decay, "weight_decay": config.weight_decay},
        {"params": rest, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.97), fused=True)


def trapezoid(step: int, total: int, warmup: int, decay: int) -> float:
    """Learning-rate factor: linear warm-up, constant, linear decay to 1 % over the last steps.

    Constant in between, so that a run can be stopped or prolonged before its decay begins.
    """
    left = (total - step) / max(1, decay)
    return max(0.01, min((step + 1) / max(1, warmup), left, 1.0))
