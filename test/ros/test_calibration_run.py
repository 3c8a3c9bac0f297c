"""Real calibrations one after another on one node; with the K of others it must not pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from camaware_ros.evaluation.calibration_views import read_calibrations
from camaware_ros.grounder import DEFAULT_MODEL
from camaware_ros.resources import share_directory
from camaware_ros.ros.calibration_run import CAMERAS, run

CALIBRATIONS = Path(__file__).resolve().parents[3] / "shared" / "data" / "calibrations.json"
MODEL = share_directory() / "models" / DEFAULT_MODEL
pytestmark = [
    pytest.mark.skipif(not CALIBRATIONS.is_file(), reason=f"no calibrations: {CALIBRATIONS}"),
    pytest.mark.skipif(not MODEL.is_dir(), reason=f"no model in {MODEL}"),
]
THREE = (CAMERAS[0], CAMERAS[3], CAMERAS[4])


def test_three_real_cameras_in_one_run_and_the_control(ros_env) -> None:
    record = run(read_calibrations(CALIBRATIONS, THREE), views=7, frames=7, rounds=1)
    for name, row in record["cameras"].items():
        assert row["agrees"], (name, row)
    assert record["switches"] == 2
    for name, row in record["control"]["cameras"].items():
        assert not row["agrees"], (name, row)


def test_a_calibration_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="expected calibrations of .*'No such camera'"):
        read_calibrations(CALIBRATIONS, [("No such camera", 1)])


def test_a_file_that_is_no_list_of_calibrations_is_named(tmp_path) -> None:
    path = tmp_path / "broken.json"
    path.write_text("[{")
    with pytest.raises(ValueError, match="broken.json: expected a list of calibrations"):
        read_calibrations(path, CAMERAS)
