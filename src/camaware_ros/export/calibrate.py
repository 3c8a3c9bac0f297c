"""What a trained network must be told about itself: true spreads, and what is a familiar picture.

Both are measured on rendered scenes of the training distribution with seeds of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.model.grounder import CameraAwareGrounder
from camaware_ros.runtime.reading import sight_axes
from camaware_ros.training.cameras import BANDS, Band
from camaware_ros.training.data import RenderedScenes, collate
from camaware_ros.training.samples import SampleConfig

CALIBRATION_SEED = 2_000_003
GAUSS_90, CHI2_3_90 = 1.6448536, 6.2513886


def _batches(
    network: CameraAwareGrounder, images: int, band: Band
) -> Iterable[tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]]:
    """Calibration batches and what the network says about them."""
    config = network.config
    samples = SampleConfig(
        size=(config.image_width, config.image_height), prompt_length=config.prompt_length,
        band=band, seed=CALIBRATION_SEED,
    )  # fmt: skip
    data = RenderedScenes(samples, images, WordTokenizer())
    for start in range(0, images, 16):
        batch = collate([data[i] for i in range(start, min(start + 16, images))])
        with torch.inference_mode():
            yield batch, network(batch["pixels"], batch["rays"], batch["tokens"])


def familiarity(signatures: NDArray[np.float32]) -> tuple[NDArray, NDArray, float]:
    """Mean, whitening matrix and the distance that 99.9 % of training pictures stay below."""
    mean = signatures.mean(0)
    centred = signatures - mean
    covariance = centred.T @ centred / len(signatures)
    ridge = 1e-3 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    whiten = np.linalg.inv(np.linalg.cholesky(covariance + ridge))
    distance = np.linalg.norm(centred @ whiten.T, axis=1)
    return mean.astype(np.float32), whiten.astype(np.float32), float(np.quantile(distance, 0.999))


def sigma_scale(errors: NDArray[np.float64], sigmas: NDArray[np.float64]) -> tuple[float, ...]:
    """Factors that make 90 % regions hold 90 % of the truths.

    Args:
        errors, sigmas: bearing right, bearing down (rad) and log range, each shape (n, 3).
    """
    ratio = np.abs(errors) / sigmas
    scale = np.quantile(ratio, 0.9, axis=0) / GAUSS_90
    joint = np.quantile(((ratio / scale) ** 2).sum(1), 0.9) / CHI2_3_90
    return tuple(float(s) for s in scale * np.sqrt(joint))


def measure(
    network: CameraAwareGrounder, images: int = 800
) -> tuple[tuple[float, ...], NDArray, NDArray, float]:
    """Sigma scale and familiarity of a network: ``(scale, mean, whiten, limit)``."""
    errors, sigmas, signatures = [], [], []
    for batch, out in _batches(network, images, BANDS["train"]):
        signatures.append(out["signature"].numpy())
        e, s = _spread(network, batch, out)
        errors.append(e)
        sigmas.append(s)
    scale = sigma_scale(np.concatenate(errors), np.concatenate(sigmas))
    return scale, *familiarity(np.concatenate(signatures))


def _spread(
    network: CameraAwareGrounder, batch: dict[str, torch.Tensor], out: dict[str, torch.Tensor]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Errors and stated sigmas of phrases that were read at the thing they mean, (n, 3) each."""
    from camaware_ros.model.heads import SIGMA
    from camaware_ros.training.losses import point_targets

    positive, _, among = point_targets(batch)
    on_target = among.gather(2, out["token"][..., None])[..., 0] & (positive > 0)
    _, _, _, log_angle = network.token_rays(batch["rays"])
    token_angle = 0.16 * log_angle.gather(1, out["token"]).exp()
    rows = torch.nonzero(on_target).numpy()
    errors, sigmas = np.zeros((len(rows), 3)), np.zeros((len(rows), 3))
    for n, (b, q) in enumerate(rows):
        truth = batch["thing_centre"][b, batch["target"][b, q]].double().numpy()
        axes = sight_axes(out["direction"][b, q].double().numpy())
        right, down, along = axes.T @ truth
        log_range = np.log(np.linalg.norm(truth)) - float(out["log_range"][b, q])
        errors[n] = np.arctan2(right, along), np.arctan2(down, along), log_range
        sigma = out["code"][b, q, SIGMA].clamp(-6, 3).exp().double().numpy()
        angle = float(token_angle[b, q])
        sigmas[n] = sigma[0] * angle, sigma[1] * angle, sigma[2]
    return errors, sigmas
