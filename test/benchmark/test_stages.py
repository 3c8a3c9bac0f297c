"""Backends side by side in real processes, and the files they make."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")

from camaware_ros.benchmark.compared import compare  # noqa: E402
from camaware_ros.benchmark.frame import STAGES  # noqa: E402
from camaware_ros.benchmark.growth import exponent  # noqa: E402
from camaware_ros.benchmark.stages import compare_stages  # noqa: E402
from camaware_ros.cli.main import main  # noqa: E402
from camaware_ros.grounder import DEFAULT_MODEL  # noqa: E402
from camaware_ros.resources import share_directory  # noqa: E402

FOLDER = share_directory() / "models" / DEFAULT_MODEL


def test_each_backend_runs_or_says_why_not_and_the_robot_needs_no_torch(tmp_path: Path) -> None:
    found = compare_stages(FOLDER, 2, backends=("onnx", "tensorrt"), sizes=((320, 240),))
    assert set(found["startup"]) | set(found["missing"]) == {"onnx", "tensorrt"}
    assert not found["startup"]["onnx"]["torch_loaded"]
    assert found["startup"]["onnx"]["rss_mb"] < 350
    rays = found["startup"]["onnx"]["rays"]
    assert 0 < rays["same_camera_ms"] < rays["new_camera_ms"]
    rows = [row for row in found["stages"] if row["backend"] == "onnx"]
    assert [row["compressed"] for row in rows] == [False, True]
    for row in rows:
        assert row["frames"] == 10 and set(STAGES) < set(row["wall_ms"])
        assert all(p50 <= p95 <= p99 for p50, p95, p99 in row["wall_ms"].values())
    json.dumps(found)


def test_two_files_are_compared_line_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"backend": "onnx", "size": [640, 480], "compressed": False}
    before = {"stages": [row | {"wall_ms": {"decode": [2.0, 3.0, 4.0], "lift": [1.0, 1.0, 1.0]}}]}
    after = {"stages": [row | {"wall_ms": {"decode": [1.0, 3.0, 4.0]}}]}
    assert compare(before, after) == [("onnx 640x480 raw: decode, ms", 2.0, 1.0, 0.5)]
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for path, record in zip(files, (before, after), strict=True):
        path.write_text(json.dumps(record))
    assert main(["benchmark", "--compare", *map(str, files)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[-3:] == ["2.00", "1.00", "0.50"]
    with pytest.raises(ValueError, match="a part in common"):
        compare(before, {"stages": []})


def test_the_exponent_of_a_power_law() -> None:
    assert exponent([1, 2, 4, 8], [3 * x**1.7 for x in (1, 2, 4, 8)]) == pytest.approx(1.7)


def test_nothing_to_measure_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", "--rounds", "0"]) == 2
    assert "--rounds: expected at least 1" in capsys.readouterr().err
