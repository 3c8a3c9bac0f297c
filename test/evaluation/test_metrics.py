"""The metrics, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.evaluation.metrics import judge, summarise
from camaware_ros.geometry.boxes import Box3
from camaware_ros.types import Localization


def box(x: float, z: float, size: float = 1.0) -> Box3:
    return Box3(np.array([x, 0.0, z]), np.full(3, size), np.eye(3))


def said(at: Box3, sigma: float = 0.1) -> Localization:
    return Localization(
        label="red chair", presence=0.9, score=0.8, frame_id="", box=at,
        covariance=sigma**2 * np.eye(3), pixel=(0.0, 0.0),
    )  # fmt: skip


TRUTH = box(0.0, 4.0)
CENTRES = np.array([[0.0, 0.0, 4.0], [2.0, 0.0, 4.0]])


def test_right_answer() -> None:
    answer = judge(said(TRUTH), TRUTH, CENTRES, 0, "kind")
    assert answer.referent and answer.success and answer.covered
    assert answer.iou == pytest.approx(1) and answer.centre_error_m == 0


def test_half_a_metre_too_far() -> None:
    answer = judge(said(box(0.0, 4.5)), TRUTH, CENTRES, 0, "kind")
    assert answer.referent and not answer.success and not answer.covered
    assert answer.depth_error == pytest.approx(0.125)
    assert answer.depth_bias == pytest.approx(np.log(1.125))
    assert answer.iou == pytest.approx(0.5 / 1.5)


def test_success_needs_both_ten_percent_and_a_quarter_metre() -> None:
    near = box(0.0, 1.0)
    assert not judge(said(box(0.0, 1.2)), near, near.center[None], 0, "kind").success
    far = box(0.0, 6.0)
    assert not judge(said(box(0.0, 6.3)), far, far.center[None], 0, "kind").success
    assert judge(said(box(0.0, 6.2)), far, far.center[None], 0, "kind").success


def test_the_neighbour_is_the_wrong_referent() -> None:
    assert not judge(said(box(1.9, 4.0)), TRUTH, CENTRES, 0, "kind").referent


def test_coverage_of_calibrated_answers_is_ninety_percent() -> None:
    rng = np.random.default_rng(0)
    covered = []
    for offset in rng.normal(0, 0.1, (3000, 3)):
        moved = Box3(TRUTH.center + offset, TRUTH.size, TRUTH.rotation)
        covered.append(judge(said(moved), TRUTH, CENTRES, 0, "kind").covered)
    assert np.mean(covered) == pytest.approx(0.9, abs=0.02)


def test_summary() -> None:
    right = judge(said(TRUTH), TRUTH, CENTRES, 0, "kind")
    wrong = judge(said(box(1.9, 4.4)), TRUTH, CENTRES, 0, "relation")
    summary = summarise([right, wrong], [True, True, True, False])
    assert summary.referent == 50 and summary.presence == 75 and summary.phrases == 2
    assert summary.referent_by_type == {"kind": 100, "relation": 0}
    assert summary.depth_error == pytest.approx(5)
    with pytest.raises(ValueError, match="at least one"):
        summarise([], [])
