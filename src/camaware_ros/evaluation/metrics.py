"""Numbers for one answer against its truth, and their summary over many. numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.boxes import Box3, iou
from camaware_ros.types import Localization

CHI2_3_90 = 6.251388631170325
SUCCESS_SHARE, SUCCESS_M = 0.10, 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One phrase about a thing in view: what was said against what is.

    Attributes:
        type: of the query.
        referent: the answer's centre is nearer in bearing to the asked thing than to any other.
        depth_error, depth_bias: relative error of z and its signed logarithm (NaN at z <= 0.2 m).
        centre_error_m: distance between the centres.
        success: within 10 % of the distance and 0.25 m.
        iou: oriented 3-D intersection over union.
        covered: the truth lies in the stated 90 % region.
    """

    type: str
    referent: bool
    depth_error: float
    depth_bias: float
    centre_error_m: float
    success: bool
    iou: float
    covered: bool


def judge(
    answer: Localization, truth: Box3, centres: NDArray[np.float64], target: int, type_: str
) -> Answer:
    """Compare one localization with its truth.

    Args:
        answer, truth: in the same frame, the optical one.
        centres: of all things in view, shape (n, 3); row ``target`` is the thing that was meant.
    """
    error = answer.box.center - truth.center
    distance = float(np.linalg.norm(truth.center))
    bearing = answer.box.center / np.linalg.norm(answer.box.center)
    cosine = (centres @ bearing) / np.linalg.norm(centres, axis=1)
    z, z_true = float(answer.box.center[2]), float(truth.center[2])
    judged = z_true > 0.2
    centre_error = float(np.linalg.norm(error))
    return Answer(
        type=type_,
        referent=int(np.argmax(cosine)) == target,
        depth_error=abs(z - z_true) / z_true if judged else float("nan"),
        depth_bias=float(np.log(max(z, 1e-2) / z_true)) if judged else float("nan"),
        centre_error_m=centre_error,
        success=centre_error <= SUCCESS_SHARE * distance and centre_error <= SUCCESS_M,
        iou=iou(answer.box, truth),
        covered=float(error @ np.linalg.solve(answer.covariance, error)) <= CHI2_3_90,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Percentages and medians over all phrases about things in view; presence over all phrases."""

    phrases: int
    referent: float
    depth_error: float
    depth_bias: float
    centre_error_m: float
    success: float
    iou25: float
    coverage90: float
    presence: float
    referent_by_type: dict[str, float]

    def to_dict(self) -> dict[str, object]:
        """For JSON, rounded."""
        return {k: round(v, 3) if isinstance(v, float) else v for k, v in asdict(self).items()} | {
            "referent_by_type": {k: round(v, 1) for k, v in self.referent_by_type.items()}
        }


def summarise(answers: Sequence[Answer], presence_right: Sequence[bool]) -> Summary:
    """Over many answers; ValueError when there are none."""
    if not answers:
        raise ValueError("answers: expected at least one, got none")

    def share(values: Sequence[bool]) -> float:
        return 100 * float(np.mean(values))

    types = sorted({a.type for a in answers})
    return Summary(
        phrases=len(answers),
        referent=share([a.referent for a in answers]),
        depth_error=100 * float(np.nanmedian([a.depth_error for a in answers])),
        depth_bias=100 * float(np.nanmedian([a.depth_bias for a in answers])),
        centre_error_m=float(np.median([a.centre_error_m for a in answers])),
        success=share([a.success for a in answers]),
        iou25=share([a.iou >= 0.25 for a in answers]),
        coverage90=share([a.covered for a in answers]),
        presence=share(presence_right),
        referent_by_type={t: share([a.referent for a in answers if a.type == t]) for t in types},
    )
