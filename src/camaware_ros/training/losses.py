"""What the network is told to get right.

Shapes: B images, N things (padded), T visual tokens, Q phrases. A box code: see ``model.heads``.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from camaware_ros.language.vocabulary import COLOURS
from camaware_ros.model.heads import OFFSET, RANGE, SIGMA, SIZE, YAW, TokenRays, encode_offset

OWNED_PIXELS = 24.0
WEIGHTS = {
    "pointer": 1.0, "presence": 1.0, "offset": 0.5, "range": 2.0, "size": 0.7, "yaw": 0.25,
    "sigma": 0.1, "classes": 0.25, "objectness": 0.3, "range_map": 0.7, "mounting": 0.15,
    "belief_classes": 0.15, "belief_objectness": 0.15, "belief_range": 0.5,
    "spatial_depth": 0.1, "spatial_ray": 0.1, "spatial_point": 0.1,
    "distill_features": 0.1, "distill_range": 0.3,
    "words": 0.5, "said_pointer": 0.5, "said_offset": 0.2, "said_range": 0.8, "said_size": 0.3,
    "said_yaw": 0.1, "said_sigma": 0.04,
}  # fmt: skip
DENSE_SHARE = 0.6


def mean_over(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of ``values`` where ``mask`` (same shape, float) is set; 0 where it never is."""
    return (values * mask).sum() / mask.sum().clamp_min(1.0)


def token_owner(batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """The thing with most pixels on each token (B, T) and whether it has enough (B, T, float)."""
    count, owner = batch["pixels_on_token"].max(dim=1)
    return owner, (count >= OWNED_PIXELS).float()


def point_targets(batch: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """For each phrase: where its thing is on the tokens.

    Returns:
        positive (B, Q) float; share of its pixels per token (B, Q, T); tokens that a box may be
        read at (B, Q, T) bool, all of them for absent things.
    """
    target = batch["target"].clamp_min(0)
    positive = (batch["target"] >= 0).float()
    tokens = batch["pixels_on_token"].shape[-1]
    pixels = batch["pixels_on_token"].gather(1, target[..., None].expand(-1, -1, tokens))
    share = pixels / pixels.sum(-1, keepdim=True).clamp_min(1.0)
    among = (pixels >= 0.3 * pixels.amax(-1, keepdim=True)) | (positive[..., None] == 0)
    return positive, share, among


def code_loss(
    code: Tensor, batch: dict[str, Tensor], thing: Tensor, frame: tuple[Tensor, ...], mask: Tensor,
    canonical: bool,
) -> dict[str, Tensor]:  # fmt: skip
    """Box-code errors of (B, K, CODE) codes against the things (B, K) they should describe.

    Args:
        frame: ray, right, down (B, K, 3) and log pixel angle (B, K) where each code was read.
        mask: which codes count, (B, K) float.
    """
    ray, right, down, log_angle = frame

    def pick(name: str) -> Tensor:
        values = batch[name]
        return values.gather(1, thing[..., None].expand(-1, -1, values.shape[-1]))

    centre = pick("thing_centre")
    offset = encode_offset(centre, ray, right, down, log_angle)
    mask = mask * (offset.abs().amax(-1) < 6).float()
    log_range = centre.norm(dim=-1).clamp_min(1e-3).log() + (log_angle if canonical else 0.0)
    offset_error = (code[..., OFFSET] - offset).abs()
    range_error = (code[..., RANGE] - log_range).abs()
    size_error = (code[..., SIZE] - pick("thing_log_size")).abs().mean(-1)
    yaw = pick("thing_yaw")
    unit = functional.normalize(code[..., YAW] + 1e-6, dim=-1)
    yaw_error = (1 - (unit * yaw[..., :2]).sum(-1)) * yaw[..., 2]
    error = torch.cat([offset_error, range_error[..., None]], -1).detach()
    sigma = code[..., SIGMA].clamp(-6, 3)
    nll = (error * (-sigma).exp() + sigma).mean(-1)
    return {
        "offset": mean_over(offset_error.clamp_max(4).mean(-1), mask),
        "range": mean_over(range_error, mask),
        "size": mean_over(size_error, mask),
        "yaw": mean_over(yaw_error, mask),
        "sigma": mean_over(nll, mask),
    }


def class_losses(classes: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Kind and colour of the thing that owns a token, and whether one does."""
    owner, owned = token_owner(batch)
    kinds = classes.shape[-1] - 1 - len(COLOURS)
    kind = batch["thing_kind"].gather(1, owner)
    colour = batch["thing_colour"].gather(1, owner)
    by_kind = functional.cross_entropy(classes[..., :kinds].transpose(1, 2), kind, reduction="none")
    by_colour = functional.cross_entropy(
        classes[..., kinds:-1].transpose(1, 2), colour, reduction="none"
    )
    return {
        "classes": mean_over(by_kind + by_colour, owned),
        "objectness": functional.binary_cross_entropy_with_logits(classes[..., -1], owned),
    }


def belief_losses(out: dict[str, Tensor], batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same for what is told to the language model, and the range of the thing's centre."""
    owner, owned = token_owner(batch)
    log_range = batch["thing_centre"].norm(dim=-1).clamp_min(1e-3).log().gather(1, owner)
    classes = class_losses(out["belief_classes"], batch)
    error = (out["belief_log_range"] - log_range).abs().clamp_max(2)
    return {f"belief_{name}": value for name, value in classes.items()} | {
        "belief_range": mean_over(error, owned)
    }


def range_map_loss(range_map: Tensor, batch: dict[str, Tensor], grid: tuple[int, int]) -> Tensor:
    """L1 of log range per cell where the truth is known; (B, T, 16) against (B, h, w)."""
    rows, cols = grid
    truth = batch["log_range"].view(-1, rows, 4, cols, 4).permute(0, 1, 3, 2, 4)
    truth = truth.reshape(-1, rows * cols, 16)
    return mean_over((range_map - truth).abs().clamp_max(2), (truth != 0).float())


def mounting_loss(out: dict[str, Tensor], batch: dict[str, Tensor]) -> Tensor:
    """Up direction and log height of the camera, predicted from the picture."""
    up = 5 * (out["up"] - batch["up"]).abs().mean(-1)
    return (up + (out["log_height"] - batch["log_height"]).abs()).mean()


def frame_at(frame: tuple[Tensor, ...], token: Tensor) -> tuple[Tensor, ...]:
    """The frames of ``TokenRays`` (B, T, ...) at chosen tokens (B, K)."""
    return tuple(
        v.gather(1, token[..., None].expand(-1, -1, 3)) if v.dim() == 3 else v.gather(1, token)
        for v in frame
    )


def grounding_losses(
    out: dict[str, Tensor], batch: dict[str, Tensor], canonical: bool, grid: tuple[int, int]
) -> dict[str, Tensor]:
    """Every part of the loss by name, unweighted; weights are in ``WEIGHTS``."""
    positive, share, _ = point_targets(batch)
    frame = TokenRays()(batch["rays"])
    dense_owner, owned = token_owner(batch)
    dense = code_loss(out["dense_code"], batch, dense_owner, frame, owned, canonical)
    read_frame = frame_at(frame, out["token"])
    target = batch["target"].clamp_min(0)
    final = code_loss(out["code"], batch, target, read_frame, positive, canonical)
    losses = {name: DENSE_SHARE * dense[name] + final[name] for name in final}
    losses["pointer"] = mean_over(-(share * out["pointer"].log_softmax(-1)).sum(-1), positive)
    losses["presence"] = functional.binary_cross_entropy_with_logits(out["presence"], positive)
    losses["range_map"] = range_map_loss(out["range_map"], batch, grid)
    losses["mounting"] = mounting_loss(out, batch)
    if "belief_classes" in out:
        losses |= belief_losses(out, batch)
    return losses | class_losses(out["classes"], batch)


def total_loss(losses: dict[str, Tensor]) -> Tensor:
    """Weighted sum."""
    return torch.stack([WEIGHTS[name] * value for name, value in losses.items()]).sum()
