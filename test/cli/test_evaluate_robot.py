"""`camaware evaluate` on the simulator: what it prints is what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from camaware_ros.cli.main import main

pytest.importorskip("numba", reason="the data engine needs the train extra")


def test_pictures_of_the_simulator_are_measured_and_written(tmp_path: Path, capsys) -> None:
    path = tmp_path / "new" / "result.json"
    words = ["evaluate", "--mujoco", "2", "--cameras", "pi_camera_v2", "--json", str(path)]
    assert main(words) == 0
    record = json.loads(path.read_text())
    assert record["command"] == "camaware evaluate --mujoco 2 --cameras pi_camera_v2"
    assert record["mujoco"]["pictures_per_camera"] == 2
    assert record["mujoco"]["pi_camera_v2"]["phrases"] == record["mujoco"]["all"]["phrases"] > 0
    printed = capsys.readouterr().out
    assert json.loads(printed[printed.index("{") :]) == record["mujoco"]


def test_a_camera_that_is_not_there_is_named(capsys) -> None:
    assert main(["evaluate", "--mujoco", "2", "--cameras", "hubble"]) == 2
    assert "hubble" in capsys.readouterr().err
