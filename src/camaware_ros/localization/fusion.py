"""Several looks at one named thing become one estimate with its doubt.

Pure and immutable: ``fused(tracks, look) -> tracks``. Everything is in one fixed frame (map). It
does not know whether an estimate is good enough to drive on (``policy``), nor ROS.

Looks of one camera at one thing err alike (the model's bias does not average out), so the doubt
never shrinks below a floor, and old looks count less as time goes by.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.boxes import Box3
from camaware_ros.types import Localization

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionConfig:
    """How looks are joined.

    Attributes:
        gate: largest squared Mahalanobis distance of a look that joins a track (11.34 is the 99 %
            point of chi squared with three degrees of freedom).
        look_sigma_m: added to every look's own doubt; covers what the model does not admit.
        floor_sigma_m: a track's doubt never falls below this.
        drift_sigma_m: how far a thing may creep in one second; lets old looks fade.
        half_life_s: time after which a look's evidence counts half.
        max_age_s: a track without a look for longer than this is forgotten.
    """

    gate: float = 11.34
    look_sigma_m: float = 0.10
    floor_sigma_m: float = 0.05
    drift_sigma_m: float = 0.05
    half_life_s: float = 2.0
    max_age_s: float = 30.0

    def __post_init__(self) -> None:
        for name in ("gate", "look_sigma_m", "floor_sigma_m", "half_life_s", "max_age_s"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"{name}: expected > 0 and finite, got {value!r}")
        if not (np.isfinite(self.drift_sigma_m) and self.drift_sigma_m >= 0):
            raise ValueError(f"drift_sigma_m: expected >= 0, got {self.drift_sigma_m!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One thing, as all looks so far have it.

    Attributes:
        localization: fused box, covariance, presence and score, in the fixed frame.
        count: looks that agreed.
        evidence: sum of the looks' scores, each fading with the half-life.
        stamp_s: when the newest look was taken.
        as_of_s: the moment for which covariance and evidence hold.
    """

    localization: Localization
    count: int
    evidence: float
    stamp_s: float
    as_of_s: float


def fused(
    tracks: tuple[Track, ...],
    look: Localization,
    stamp_s: float,
    config: FusionConfig | None = None,
) -> tuple[Track, ...]:
    """The tracks after one more look.

    The look joins the track it fits best, or starts its own. Only tracks of the same label and
    frame are joined; tracks that went stale are dropped.

    Raises:
        ValueError: a look that is not finite, or a covariance that is none.
    """
    settings = config or FusionConfig()
    _check(look, stamp_s)
    doubtful = replace(look, covariance=look.covariance + settings.look_sigma_m**2 * np.eye(3))
    alive = tuple(_aged(track, stamp_s, settings) for track in fresh(tracks, stamp_s, settings))
    distances = [_distance(track, doubtful) for track in alive]
    best = int(np.argmin(distances)) if distances else -1
    if best < 0 or distances[best] > settings.gate:
        return (*alive, _begun(doubtful, stamp_s))
    joined = _joined(alive[best], doubtful, stamp_s, settings.floor_sigma_m)
    return (*alive[:best], joined, *alive[best + 1 :])


def fresh(
    tracks: tuple[Track, ...], now_s: float, config: FusionConfig | None = None
) -> tuple[Track, ...]:
    """The tracks that had a look not longer ago than ``max_age_s``."""
    settings = config or FusionConfig()
    return tuple(track for track in tracks if now_s - track.stamp_s <= settings.max_age_s)


def strongest(tracks: tuple[Track, ...]) -> Track | None:
    """The track with the most evidence; None where there is no track."""
    return max(tracks, key=lambda track: track.evidence, default=None)


def rival_share(tracks: tuple[Track, ...]) -> float:
    """Evidence of the second strongest track over that of the strongest, [0, 1]; 0 without one."""
    evidence = sorted((track.evidence for track in tracks), reverse=True)
    return evidence[1] / evidence[0] if len(evidence) > 1 and evidence[0] > 0 else 0.0


def sigma_m(localization: Localization) -> float:
    """Largest standard deviation of the centre on the floor, in any direction."""
    return float(np.sqrt(np.linalg.eigvalsh(localization.covariance[:2, :2])[-1]))


def _check(look: Localization, stamp_s: float) -> None:
    numbers = (look.box.center, look.box.size, look.covariance, look.score, look.presence, stamp_s)
    if not all(np.all(np.isfinite(number)) for number in numbers):
        raise ValueError(f"look: expected finite numbers, got {look!r} at {stamp_s!r}")
    if look.covariance.shape != (3, 3) or np.linalg.eigvalsh(look.covariance)[0] < -1e-9:
        raise ValueError(
            f"covariance: expected (3, 3), positive semi-definite, got {look.covariance!r}"
        )


def _begun(look: Localization, stamp_s: float) -> Track:
    return Track(localization=look, count=1, evidence=look.score, stamp_s=stamp_s, as_of_s=stamp_s)


def _aged(track: Track, now_s: float, config: FusionConfig) -> Track:
    """The same track a moment later: more doubt, less evidence. A look from the past ages none."""
    gone_s = max(0.0, now_s - track.as_of_s)
    drift = config.drift_sigma_m**2 * gone_s * np.eye(3)
    return replace(
        track,
        localization=replace(track.localization, covariance=track.localization.covariance + drift),
        evidence=float(track.evidence * 0.5 ** (gone_s / config.half_life_s)),
        as_of_s=track.as_of_s + gone_s,
    )


def _distance(track: Track, look: Localization) -> float:
    """Squared Mahalanobis distance; infinite between different names or frames."""
    known = track.localization
    if (known.label, known.frame_id) != (look.label, look.frame_id):
        return float("inf")
    offset = look.box.center - known.box.center
    return float(offset @ np.linalg.solve(known.covariance + look.covariance, offset))


def _joined(track: Track, look: Localization, stamp_s: float, floor_m: float) -> Track:
    known = track.localization
    gain = known.covariance @ np.linalg.inv(known.covariance + look.covariance)
    center = known.box.center + gain @ (look.box.center - known.box.center)
    covariance = _at_least((np.eye(3) - gain) @ known.covariance, floor_m)
    share = float(np.trace(gain) / 3)
    box = Box3.from_yaw(
        center=center,
        size=(1 - share) * known.box.size + share * look.box.size,
        yaw_rad=_mean_yaw(known.box.yaw_rad, look.box.yaw_rad, share),
    )
    body = replace(
        look,
        box=box,
        covariance=covariance,
        presence=(1 - share) * known.presence + share * look.presence,
        score=(1 - share) * known.score + share * look.score,
    )
    return replace(
        track,
        localization=body,
        count=track.count + 1,
        evidence=track.evidence + look.score,
        stamp_s=max(stamp_s, track.stamp_s),
    )


def _at_least(covariance: FloatArray, sigma: float) -> FloatArray:
    """The covariance with no direction surer than ``sigma``, and exactly symmetric."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return (vectors * np.maximum(values, sigma**2)) @ vectors.T


def _mean_yaw(known_rad: float, look_rad: float, share: float) -> float:
    """Weighted mean of two yaws of a box, which looks the same from behind (period pi)."""
    turned = (look_rad - known_rad + np.pi / 2) % np.pi - np.pi / 2
    return float(known_rad + share * turned)
