"""Semi-supervised batches: images without text take part in spatial losses and distillation only.

``labelled`` (B,) says which images have text, phrases and boxes; a batch without it has them all.
"""

from __future__ import annotations

from torch import Tensor


def with_text(
    out: dict[str, Tensor], batch: dict[str, Tensor]
) -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor | float]:
    """What the network said of the images with text, their truth, and a weight.

    The weight is 1, or 0 for a batch without any text, which is then given back whole so that
    every loss has its name and every weight a gradient.
    """
    if "labelled" not in batch:
        return out, batch, 1.0
    labelled = batch["labelled"] > 0
    weight = labelled.any().float()
    chosen = labelled | ~labelled.any()
    said = {name: value[chosen] for name, value in out.items()}
    truth = {name: value[chosen] for name, value in batch.items()}
    return said, truth, weight
