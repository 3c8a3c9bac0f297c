"""What a trained network must be told about itself: true spreads, and what is a familiar picture.

Measured on rendered scenes with seeds of their own, through the very code that a robot runs. All
phrases about things in view count, also those that were read at the wrong thing. How spreads grow
outside the trained range is measured on cameras even farther out than the held-out bands, which
stay untouched for the benchmarks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from camaware_ros.evaluation.rendered import Case, rendered_cases
from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.language.vocabulary import KINDS
from camaware_ros.model.grounder import CameraAwareGrounder
from camaware_ros.runtime.backend import Backend
from camaware_ros.runtime.camera_range import camera_score, pixel_angle_rad
from camaware_ros.runtime.contract import ModelOutputs
from camaware_ros.runtime.inputs import InputBuilder
from camaware_ros.runtime.manifest import TrainedRange
from camaware_ros.runtime.reading import (
    Spreads,
    centre_covariance,
    object_centres,
    pointing_covariance,
    sight_axes,
)
from camaware_ros.runtime.split import SplitNetwork
from camaware_ros.runtime.torch_backend import torch_graphs
from camaware_ros.training.cameras import (
    BANDS,
    TRAINED_FISHEYE_DEG,
    TRAINED_HEIGHT_M,
    Band,
)
from camaware_ros.training.queries import ABSENT

FloatArray = NDArray[np.float64]

CALIBRATION_SEED = 2_000_003
GAUSS_90, CHI2_3_90 = 1.6448536, 6.2513886
TEMPERATURES = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
MOUNTING_KNOWN = 0.75
FAR_SHARE = 0.15
FAR_BANDS = (
    Band(hfov_deg=(22.0, 30.0)),
    Band(hfov_deg=(110.0, 125.0)),
    Band(hfov_deg=(180.0, 200.0), lens="fisheye"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was measured.

    Attributes:
        spreads: of answers by cameras of the trained range.
        growth: see ``runtime.manifest.Manifest``; what the worst of ``FAR_BANDS`` needs.
        trained: range of cameras, with the familiarity limit.
        mean, whiten: of picture signatures, shapes (D,) and (D, D).
    """

    spreads: Spreads
    growth: float
    trained: TrainedRange
    mean: NDArray[np.float32]
    whiten: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Answers to n phrases about things in view against the truth.

    Attributes:
        error: of the centre, metres, (n, 3).
        own: covariance from the stated spreads, not calibrated, per spread, (n, 3, 3, 3).
        among: covariance from the pointer, per temperature, (n, len(TEMPERATURES), 3, 3).
        log_sigma: stated, of bearing right, bearing down and log range, (n, 3).
        ratio: error over stated spread of the same, (n, 3).
        right: the answer is nearer to the meant thing, in bearing, than to others, (n,).
        score: of the camera, (n,).
    """

    error: FloatArray
    own: FloatArray
    among: FloatArray
    log_sigma: FloatArray
    ratio: FloatArray
    right: NDArray[np.bool_]
    score: FloatArray

    def without_alternatives(self) -> Errors:
        """As if the pointer were always right."""
        return replace(self, among=np.zeros_like(self.among))

    def coverage(self, scale: FloatArray, temperature: int, growth: float = 0.0) -> float:
        """Share of truths in the 90 % region.

        Args:
            scale: of the three spreads, shape (3,).
            temperature: index into ``TEMPERATURES``.
            growth: per unit of camera score.
        """
        covariance = self.covariance(scale, temperature, growth)
        within = (self.error * np.linalg.solve(covariance, self.error[..., None])[..., 0]).sum(1)
        return float((within <= CHI2_3_90).mean())

    def covariance(self, scale: FloatArray, temperature: int, growth: float = 0.0) -> FloatArray:
        """Calibrated covariances (n, 3, 3), arguments as in :meth:`coverage`."""
        grown = (1 + growth * self.score)[:, None, None] ** 2
        own = np.einsum("k,nkij->nij", scale**2, self.own)
        return grown * own + self.among[:, temperature]


def measure(
    network: CameraAwareGrounder, tokenizer: WordTokenizer, images: int = 800, band: str = "train",
    kinds: Sequence[str] = KINDS,
) -> Calibration:  # fmt: skip
    """Spreads, growth and familiarity of a network trained on a band of cameras and some kinds."""
    config = network.config
    size = (config.image_width, config.image_height)
    inputs = InputBuilder(size, config.prompt_length, tokenizer)
    backend = SplitNetwork("torch", *torch_graphs(network))
    trained = TrainedRange(
        hfov_deg=BANDS[band].hfov_deg, fisheye_deg=TRAINED_FISHEYE_DEG, height_m=TRAINED_HEIGHT_M,
        familiarity_limit=np.inf,
    )  # fmt: skip
    cases = rendered_cases(BANDS[band], images, CALIBRATION_SEED, size, kinds)
    said = answers(backend, inputs, cases)
    near, signatures, angles = collect(said, trained)
    mean, whiten, limit = familiarity(np.stack(signatures))
    low, high = np.quantile(angles, [0.001, 0.999])
    trained = replace(trained, familiarity_limit=limit, pixel_angle_rad=(float(low), float(high)))
    spreads = fit_spreads(near)
    growths = []
    for far in FAR_BANDS:
        cases = rendered_cases(far, int(FAR_SHARE * images), CALIBRATION_SEED, size, kinds)
        outside, _, _ = collect(answers(backend, inputs, cases), trained)
        growths.append(fit_growth(outside, spreads))
    return Calibration(
        spreads=spreads, growth=max(growths), trained=trained, mean=mean, whiten=whiten
    )


Seen = tuple[Case, NDArray[np.float32], ModelOutputs]


def answers(
    backend: Backend, inputs: InputBuilder, cases: Iterable[Case],
    mounting_known: float = MOUNTING_KNOWN,
) -> Iterable[Seen]:  # fmt: skip
    """Each case with its rays and what the network says; the mounting is told now and then."""
    rng = np.random.default_rng(CALIBRATION_SEED)
    for case in cases:
        known = rng.random() < mounting_known
        told = case.observation if known else replace(case.observation, mounting=None)
        arrays = inputs.build(told, [query.phrase for query in case.queries])
        yield replace(case, observation=told), arrays.rays[0], backend.infer(arrays)


def collect(
    answers: Iterable[Seen], trained: TrainedRange
) -> tuple[Errors, list[NDArray[np.float32]], list[float]]:
    """Errors of all phrases, signatures and pixel angles of all pictures."""
    rows: list[tuple[object, ...]] = []
    signatures, angles = [], []
    for case, rays, outputs in answers:
        told = case.observation
        score = camera_score(told.camera, told.mounting, rays, trained)
        rows += [(*row, score) for row in _errors(case, outputs)]
        signatures.append(outputs.signature)
        angles.append(pixel_angle_rad(rays))
    columns = [np.array(values) for values in zip(*rows, strict=True)]
    named = dict(zip((f.name for f in fields(Errors)), columns, strict=True))
    return Errors(**named), signatures, angles


def _errors(case: Case, outputs: ModelOutputs) -> Iterable[tuple[object, ...]]:
    """Of each phrase what ``Errors`` has, but for the score."""
    things = np.array([box.center for box in case.boxes])
    seen = np.flatnonzero(case.seen)
    bearings = things / np.linalg.norm(things, axis=1, keepdims=True)
    centres = object_centres(outputs)
    for q, query in enumerate(case.queries):
        if query.target == ABSENT:
            continue
        direction = outputs.direction[q].astype(np.float64)
        direction /= np.linalg.norm(direction)
        range_m = float(np.exp(outputs.log_range[q]))
        centre, truth = range_m * direction, things[query.target]
        sigma = np.exp(outputs.log_sigma[q].astype(np.float64))
        own = [centre_covariance(direction, range_m, sigma * only) for only in np.eye(3)]
        among = [pointing_covariance(outputs.pointer[q], centres, centre, t) for t in TEMPERATURES]
        across, down, along = sight_axes(direction).T @ truth
        apart = np.arctan2(across, along), np.arctan2(down, along)
        ratio = np.abs([*apart, np.log(np.linalg.norm(truth) / range_m)]) / sigma
        nearest = seen[(bearings[seen] @ direction).argmax()]
        yield truth - centre, own, among, np.log(sigma), ratio, nearest == query.target


def fit_spreads(errors: Errors) -> Spreads:
    """Scales and temperature whose 90 % regions hold 90 % of the truths and are the smallest."""
    shape = np.quantile(errors.ratio[errors.right], 0.9, axis=0) / GAUSS_90
    fits = []
    for index, temperature in enumerate(TEMPERATURES):
        factor = _where_covered(lambda f, k=index: errors.coverage(f * shape, k), 0.05, 20.0)
        _, volume = np.linalg.slogdet(errors.covariance(factor * shape, index))
        fits.append((float(volume.mean()), factor, temperature))
    _, factor, temperature = min(fits)
    right, down, log_range = (float(s) for s in factor * shape)
    return Spreads(scale=(right, down, log_range), temperature=temperature)


def fit_growth(errors: Errors, spreads: Spreads) -> float:
    """Growth per unit of camera score at which 90 % regions hold 90 % outside the range."""
    scale, index = np.array(spreads.scale), TEMPERATURES.index(spreads.temperature)
    return _where_covered(lambda g: errors.coverage(scale, index, g), 0.0, 20.0)


def _where_covered(coverage: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising coverage reaches 90 %, by bisection within [low, high]."""
    if coverage(low) >= 0.9:
        return low
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if coverage(middle) >= 0.9 else (middle, high)
    return high


def familiarity(
    signatures: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """Mean, whitening matrix and the distance that 99.9 % of these very pictures stay below."""
    mean = signatures.mean(0)
    centred = signatures - mean
    covariance = centred.T @ centred / len(signatures)
    ridge = 1e-3 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    whiten = np.linalg.inv(np.linalg.cholesky(covariance + ridge))
    distance = np.linalg.norm(centred @ whiten.T, axis=1)
    return mean.astype(np.float32), whiten.astype(np.float32), float(np.quantile(distance, 0.999))
