"""What the network is told to get right about dialogues: their words, and where each <loc> points.

Shapes: B images, A dialogues of S ids about each, K things that one speaks of, T visual tokens.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from camaware_ros.model.heads import TokenRays
from camaware_ros.training.losses import code_loss, frame_at, mean_over, point_targets


def with_spoken_targets(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The batch with the things of its dialogues behind those of its phrases, if it has any."""
    if "dialogue_target" not in batch:
        return batch
    spoken = batch["dialogue_target"].flatten(1)
    return batch | {"target": torch.cat([batch["target"], spoken], dim=1)}


def dialogue_losses(
    out: dict[str, Tensor], batch: dict[str, Tensor], canonical: bool
) -> dict[str, Tensor]:
    """Cross-entropy of the answers' words, and the pointer and box of each <loc>.

    A word is predicted from the position before it.

    Args:
        out: of the network, with words and said_*.
        batch: with dialogue (B, A, S), dialogue_answer (B, A, S), 1 on ids to be written, and
            dialogue_target (B, A, K), thing of each <loc>, -1 beyond the last.
        canonical: see ``code_loss``.
    """
    surprise = functional.cross_entropy(
        out["words"][:, :, :-1].movedim(-1, 1), batch["dialogue"][:, :, 1:], reduction="none"
    )
    spoken = batch | {"target": batch["dialogue_target"].flatten(1)}
    positive, share, _ = point_targets(spoken)
    frame = frame_at(TokenRays()(batch["rays"]), out["said_token"])
    thing = spoken["target"].clamp_min(0)
    box = code_loss(out["said_code"], batch, thing, frame, positive, canonical)
    pointing = -(share * out["said_pointer"].log_softmax(-1)).sum(-1)
    return {
        "words": mean_over(surprise, batch["dialogue_answer"][:, :, 1:]),
        "said_pointer": mean_over(pointing, positive),
    } | {f"said_{name}": value for name, value in box.items()}
