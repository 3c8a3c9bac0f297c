"""What every visual token shows and how far it is, told to the language model in plain numbers.

A superlative compares distances, a relation compares bearings. The language model sees both for
every token before it reads a word, so that comparing is all that is left to learn.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from camaware_ros.model.vision import LOG_PIXEL_ANGLE, VALID


class Belief(nn.Module):
    """Kind, colour, objectness and range of the thing on each token, and an embedding of these."""

    def __init__(self, width: int, kinds: int, colours: int, canonical: bool) -> None:
        """For tokens of the given width; ``canonical`` as in ``ModelConfig.canonical_range``."""
        super().__init__()
        self.kinds, self.colours, self.canonical = kinds, colours, canonical
        self.say = nn.Linear(width, kinds + colours + 2)
        self.tell = nn.Linear(kinds + colours + 5, width)

    def forward(self, visual_BTD: Tensor, token_rays_BTR: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """From tokens and their mean ray features.

        Returns:
            What to add to the tokens (B, T, D); class logits (B, T, K + C + 1) as in
            ``heads.DenseHead``; log range in metres of the thing's centre (B, T).
        """
        classes, code = self.say(visual_BTD).split([self.kinds + self.colours + 1, 1], dim=-1)
        kind, colour, there = classes.split([self.kinds, self.colours, 1], dim=-1)
        log_angle = token_rays_BTR[..., LOG_PIXEL_ANGLE] / token_rays_BTR[..., VALID].clamp_min(0.1)
        log_range = code[..., 0] + 0.7 - (log_angle if self.canonical else 0.0)
        x, y, z = token_rays_BTR[..., :3].unbind(-1)
        where = torch.stack([torch.atan2(x, z + 1e-6), y, log_range, (-log_range).exp()], dim=-1)
        told = torch.cat([kind.softmax(-1), colour.softmax(-1), there.sigmoid(), where], dim=-1)
        return self.tell(told.to(visual_BTD.dtype)), classes, log_range
