"""An oracle scores full marks through the evaluation; the shipped model beats chance by far."""

from __future__ import annotations

import numpy as np
import pytest

from camaware_ros.evaluation.metrics import judge
from camaware_ros.evaluation.rendered import blind, evaluate_band, rendered_cases
from camaware_ros.grounder import Grounder
from camaware_ros.training.cameras import BANDS
from camaware_ros.types import Localization


@pytest.mark.parametrize("band", ["trained range", "fisheye", "unseen wide"])
def test_truth_judged_against_itself_is_perfect(band: str) -> None:
    for case in rendered_cases(BANDS[band], 4):
        rows = np.flatnonzero(case.seen)
        centres = np.stack([case.boxes[i].center for i in rows])
        for query in case.queries:
            if query.target < 0:
                continue
            truth = case.boxes[query.target]
            oracle = Localization(
                label=query.phrase, presence=1.0, score=1.0, frame_id="", box=truth,
                covariance=np.eye(3), pixel=(0.0, 0.0),
            )  # fmt: skip
            answer = judge(
                oracle, truth, centres, int(np.searchsorted(rows, query.target)), query.type
            )
            assert answer.referent and answer.success and answer.iou > 0.999


def test_cases_show_their_things_where_the_camera_projects_them() -> None:
    for case in rendered_cases(BANDS["trained range"], 4):
        camera = case.observation.camera
        for query in case.queries:
            if query.target >= 0:
                pixel, valid = camera.project(case.boxes[query.target].center)
                assert valid and camera.in_image(pixel)


def test_blind_camera_forgets_focal_length_and_lens() -> None:
    case = next(rendered_cases(BANDS["fisheye"], 1))
    assumed = blind(case.observation).camera
    assert np.degrees(assumed.hfov_rad) == pytest.approx(62, abs=0.1)
    assert (assumed.width, assumed.height) == (
        case.observation.camera.width,
        case.observation.camera.height,
    )


def test_shipped_model_on_held_out_scenes() -> None:
    """Chance would name the right thing in about a quarter of the cases and never hit its box."""
    grounder = Grounder.load(backend="onnx")
    summary = evaluate_band(grounder, BANDS["trained range"], 25)
    assert summary.referent > 80
    assert summary.depth_error < 8
    assert summary.iou25 > 45
    assert summary.presence > 86
    without = evaluate_band(grounder, BANDS["trained range"], 25, mounting=False)
    assert without.success < summary.success
