"""Whether answers about pictures of many cameras are those of the right cameras. numpy only.

A model errs, so a camera is judged by medians; the limits are those that a wrong K cannot keep
where the thing is beside the middle of the picture. A wrong answer about a right camera (another
thing was pointed at) moves no median; a wrong camera moves them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BEARING_SHARE = 0.02  # of the horizontal field: about three pixels of the network's input
RANGE_BIAS = 0.2  # of ln(range said / true range)
SAME_ANSWER_M = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer about one picture, centres in the optical frame of its camera.

    Attributes:
        center: that was answered, metres; None where the thing was not seen.
        truth: where it is.
        direct: what the model says with the picture's own camera and no middleware between; None
            where it does not see the thing.
    """

    center: NDArray[np.float64] | None
    truth: NDArray[np.float64]
    direct: NDArray[np.float64] | None

    @property
    def is_direct(self) -> bool:
        """Whether it is the answer of the model with the picture's own camera."""
        if self.center is None or self.direct is None:
            return self.center is None and self.direct is None
        return float(np.linalg.norm(self.center - self.direct)) <= SAME_ANSWER_M


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Of the answers about one camera's pictures with the truth under that camera.

    Attributes:
        answers: about its pictures; ``found`` of them say where the thing is.
        other_camera: answers that are not the model's with the picture's own camera.
        bearing_deg: median angle between the rays to the answered and the true centre.
        bearing_limit_deg: the most that is agreement.
        range_bias: median ln(range said / true range).
        agrees: both medians within their limits, most answers found, and no other camera's.
    """

    answers: int
    found: int
    other_camera: int
    bearing_deg: float
    bearing_limit_deg: float
    range_bias: float
    agrees: bool

    def to_dict(self) -> dict[str, Any]:
        """For JSON, rounded."""
        return {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def agreement(said: Sequence[Said], hfov_rad: float) -> Agreement:
    """Judge the answers about one camera's pictures.

    Args:
        said: at least one.
        hfov_rad: horizontal field of the camera.
    """
    found = [(one.center, one.truth) for one in said if one.center is not None]
    bearing, bias = np.inf, np.inf
    if found:
        got, true = (np.array(points) for points in zip(*found, strict=True))
        got_m, true_m = (np.linalg.norm(points, axis=1) for points in (got, true))
        sine = np.linalg.norm(np.cross(got, true), axis=1)
        bearing = float(np.degrees(np.median(np.arctan2(sine, (got * true).sum(1)))))
        bias = float(np.median(np.log(got_m / true_m)))
    limit = float(np.degrees(BEARING_SHARE * hfov_rad))
    others = sum(not one.is_direct for one in said)
    return Agreement(
        answers=len(said), found=len(found), other_camera=others, bearing_deg=bearing,
        bearing_limit_deg=limit, range_bias=bias,
        agrees=(
            2 * len(found) > len(said) and others == 0
            and bearing <= limit and abs(bias) <= RANGE_BIAS
        ),
    )  # fmt: skip


def dropped_at_switches(cameras: Sequence[int], answered: Sequence[bool]) -> list[int]:
    """Unanswered pictures at each change of camera: the last one before and the two after it.

    Args:
        cameras: of the pictures, in the order in which they were sent.
        answered: whether each was.
    """
    return [
        sum(not there for there in answered[at - 1 : at + 2])
        for at in range(1, len(cameras))
        if cameras[at] != cameras[at - 1]
    ]
