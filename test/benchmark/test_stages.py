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


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--parts", "stages", "nodes", "--pictures", "201"], "--pictures: expected 1 to 200"),
        (["--parts", "stages", "stream", "--stream-minutes", "0"], "--stream-minutes: expected"),
    ],
)
def test_what_a_later_part_would_refuse_is_refused_at_once(
    capsys: pytest.CaptureFixture[str], words: list[str], reason: str
) -> None:
    assert main(["benchmark", *words]) == 2
    assert reason in capsys.readouterr().err


CURVE = {"x": [1, 2, 4], "wall_ms": [2.0, 3.0, 5.0], "cpu_ms": [2.0, 3.0, 5.0], "exponent": 0.66}
STREAM = {
    "age_p50_ms": 20.0, "age_p95_ms": 25.0, "network_p50_ms": 10.0, "rss_last_third_mb": 270.0,
    "looks": [],
}  # fmt: skip


def test_growth_and_stream_are_compared_too() -> None:
    before, after = {"growth": {"phrases": CURVE}}, {"growth": {"phrases": CURVE}}
    assert ("phrases: exponent", 0.66, 0.66, 1.0) in compare(before, after)
    assert ("4 phrases: processor, ms", 5.0, 5.0, 1.0) in compare(before, after)
    faster = {"stream": STREAM | {"age_p95_ms": 12.5}}
    assert ("stream age at publishing p95, ms", 25.0, 12.5, 0.5) in compare(
        {"stream": STREAM}, faster
    )


def test_what_was_measured_outlives_a_part_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def dies(*_: object, **__: object) -> None:
        raise RuntimeError("the node died")

    monkeypatch.setattr(
        "camaware_ros.benchmark.growth.measure_growth", lambda *_: {"cameras": CURVE}
    )
    monkeypatch.setattr("camaware_ros.ros.stream_run.run_stream", dies)
    out = tmp_path / "new" / "growth.json"
    assert main(["benchmark", "--parts", "growth", "stream", "--json", str(out)]) != 0
    printed = capsys.readouterr()
    assert "the node died" in printed.err and "exponent 0.66" in printed.out
    assert json.loads(out.read_text())["growth"] == {"cameras": CURVE}
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
