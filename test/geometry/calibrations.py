"""The real calibrations beside the project; where they are not, tests skip with the reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

CALIBRATIONS = Path(__file__).resolve().parents[3] / "shared" / "data" / "calibrations.json"
ROS_MODELS = {"none": "", "rectified": "", "MEI xi=1.44565": "MEI"}


def ros_model(source_name: str) -> str:
    """The ROS name of a distortion model as its source calls it."""
    if source_name.startswith("equidistant"):
        return "equidistant"
    return ROS_MODELS.get(source_name, source_name)


def real_calibrations() -> list[object]:
    """One pytest parameter per calibration: K, D, ROS model, (width, height)."""
    if not CALIBRATIONS.is_file():
        mark = pytest.mark.skip(reason=f"no real calibrations at {CALIBRATIONS}")
        return [pytest.param(None, None, None, None, id="absent", marks=mark)]
    return [
        pytest.param(
            record["K"],
            record["D"] if ros_model(record["distortion_model"]) else [],
            ros_model(record["distortion_model"]),
            (record["width"], record["height"]),
            id=record["camera"].replace(" ", "_")[:40],
        )
        for record in json.loads(CALIBRATIONS.read_text())
    ]
