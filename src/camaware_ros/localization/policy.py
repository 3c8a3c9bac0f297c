"""May a goal be sent? One pure decision, with a code for every no.

A robot that drives on a guess does harm; a robot that says why it does not move costs a moment.
Knows thresholds; does not know ROS, grids or how estimates are made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from camaware_ros.localization.fusion import Track, rival_share, sigma_m, strongest


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyConfig:
    """Thresholds.

    Attributes:
        min_presence: probability that the thing is there at all, [0, 1].
        min_score: presence times how surely one place was meant, [0, 1].
        min_count: looks that agree.
        max_sigma_m: doubt about the place on the floor.
        max_look_age_s: how long ago the newest look may be.
        max_rival_share: evidence for another place, as share of that for the best one.
        min_distance_m: nearer than this the model was never trained.
        max_distance_m: nor farther than this.
    """

    min_presence: float = 0.5
    min_score: float = 0.3
    min_count: int = 3
    max_sigma_m: float = 0.6
    max_look_age_s: float = 2.0
    max_rival_share: float = 0.6
    min_distance_m: float = 0.3
    max_distance_m: float = 10.0

    def __post_init__(self) -> None:
        for name in ("min_presence", "min_score", "max_rival_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: expected [0, 1], got {getattr(self, name)!r}")
        if self.min_count < 1:
            raise ValueError(f"min_count: expected >= 1, got {self.min_count!r}")
        for name in ("max_sigma_m", "max_look_age_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}: expected > 0, got {getattr(self, name)!r}")
        if not 0 <= self.min_distance_m < self.max_distance_m:
            raise ValueError(
                f"min_distance_m, max_distance_m: expected 0 <= min < max, got "
                f"{self.min_distance_m!r}, {self.max_distance_m!r}"
            )


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a goal may be sent.

    Attributes:
        track: the estimate to drive to; None exactly when the answer is no.
        code: OK, or NOT_SEEN, STALE, LOW_PRESENCE, LOW_SCORE, FEW_LOOKS, UNCERTAIN, AMBIGUOUS,
            OUT_OF_RANGE.
        reason: one line for a person.
    """

    track: Track | None
    code: str
    reason: str

    @property
    def allowed(self) -> bool:
        """True when a goal may be sent."""
        return self.track is not None


def decide(
    tracks: tuple[Track, ...],
    robot_xy: ArrayLike,
    now_s: float,
    config: PolicyConfig | None = None,
) -> Decision:
    """Judge the strongest track.

    Args:
        tracks: of one named thing, in the fixed frame.
        robot_xy: where the robot is, same frame, metres.
        now_s: on the clock of the looks' stamps.
        config: thresholds.
    """
    limits = config or PolicyConfig()
    best = strongest(tracks)
    if best is None:
        return Decision(None, "NOT_SEEN", "the thing has not been seen since the command")
    for code, bad, reason in _doubts(best, tracks, np.asarray(robot_xy), now_s, limits):
        if bad:
            return Decision(None, code, reason)
    return Decision(
        best, "OK", f"{best.count} looks agree within {sigma_m(best.localization):.2f} m"
    )


def _doubts(
    best: Track, tracks: tuple[Track, ...], robot_xy: np.ndarray, now_s: float, limits: PolicyConfig
) -> list[tuple[str, bool, str]]:
    """Every reason for a no: (code, whether it holds, the numbers). Most basic first."""
    thing = best.localization
    age_s = now_s - best.stamp_s
    sigma = sigma_m(thing)
    rival = rival_share(tracks)
    distance_m = float(np.linalg.norm(thing.box.center[:2] - robot_xy))
    near_m, far_m = limits.min_distance_m, limits.max_distance_m
    return [
        (
            "STALE",
            not age_s <= limits.max_look_age_s,
            f"newest look is {age_s:.1f} s old, at most {limits.max_look_age_s} s is good",
        ),
        (
            "LOW_PRESENCE",
            not thing.presence >= limits.min_presence,
            f"presence {thing.presence:.2f}, at least {limits.min_presence} is needed",
        ),
        (
            "LOW_SCORE",
            not thing.score >= limits.min_score,
            f"score {thing.score:.2f}, at least {limits.min_score} is needed",
        ),
        (
            "FEW_LOOKS",
            best.count < limits.min_count,
            f"{best.count} looks agree, {limits.min_count} are needed",
        ),
        (
            "AMBIGUOUS",
            not rival <= limits.max_rival_share,
            f"another place has {rival:.0%} of the evidence, at most {limits.max_rival_share:.0%}",
        ),
        (
            "UNCERTAIN",
            not sigma <= limits.max_sigma_m,
            f"place known within {sigma:.2f} m, {limits.max_sigma_m} m is needed",
        ),
        (
            "OUT_OF_RANGE",
            not near_m <= distance_m <= far_m,
            f"thing is {distance_m:.1f} m away, trained for {near_m} to {far_m} m",
        ),
    ]
