"""How weights move: AdamW, or Muon for the large matrices beside it, and the rate over a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from camaware_ros.training.run_config import TrainConfig

MATRIX_SIDE = 96


class MuonWithAdamW(torch.optim.Optimizer):
    """Two optimisers that look like one: to a scheduler, to ``Trainer`` and to a checkpoint.

    Muon (Jordan et al., 2024; the update's scale as in Liu et al., 2025) moves a matrix by its
    orthogonalised momentum.
    """

    def __init__(self, muon: torch.optim.Muon, adamw: torch.optim.AdamW) -> None:
        """Take over two optimisers of different weights that have not moved yet."""
        self._parts = (muon, adamw)
        super().__init__([*muon.param_groups, *adamw.param_groups], {})
        self._share()

    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Both move; ``Trainer`` gives no closure."""
        for part in self._parts:
            part.step(closure)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where a checkpoint was."""
        super().load_state_dict(state_dict)
        self._share()

    def _share(self) -> None:
        """Both parts work on this optimiser's groups and state."""
        muon, adamw = self._parts
        first = len(muon.param_groups)
        muon.param_groups, adamw.param_groups = self.param_groups[:first], self.param_groups[first:]
        muon.state = adamw.state = self.state


def matrices(network: nn.Module) -> list[Tensor]:
    """Weights of linear layers that are large both ways; words and small heads are not."""
    return [
        module.weight
        for module in network.modules()
        if isinstance(module, nn.Linear)
        and module.weight.requires_grad
        and min(module.weight.shape) >= MATRIX_SIDE
    ]


def optimiser(network: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW without decay on norms and biases; with ``matrix_rate``, Muon for the matrices."""
    large = matrices(network) if config.matrix_rate else []
    theirs = {id(weight) for weight in large}
    rest = [p for p in network.parameters() if p.requires_grad and id(p) not in theirs]
    groups = [
        {"params": [p for p in rest if p.ndim >= 2], "weight_decay": config.weight_decay},
        {"params": [p for p in rest if p.ndim < 2], "weight_decay": 0.0},
    ]
    adamw = torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.97), fused=True)
    if not large:
        return adamw
    muon = torch.optim.Muon(
        large, lr=config.matrix_rate, weight_decay=config.weight_decay, momentum=0.95,
        adjust_lr_fn="match_rms_adamw",
    )  # fmt: skip
    return MuonWithAdamW(muon, adamw)


def trapezoid(step: int, total: int, warmup: int, decay: int) -> float:
    """Learning-rate factor: linear warm-up, constant, linear decay to 1 % over the last steps.

    Constant in between, so that a run can be stopped or prolonged before its decay begins.
    """
    left = (total - step) / max(1, decay)
    return max(0.01, min((step + 1) / max(1, warmup), left, 1.0))
