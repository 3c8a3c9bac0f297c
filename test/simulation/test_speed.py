"""The speed report covers every camera and quality."""

from __future__ import annotations

from camaware_ros.camera_file import find_camera_files
from camaware_ros.simulation.speed import QUALITIES, main


def test_one_line_per_quality_and_camera(capsys):
    assert main(["1"]) == 0
    header, *lines = capsys.readouterr().out.strip().splitlines()
    assert "frames/s" in header
    cameras = find_camera_files()
    assert len(lines) == len(QUALITIES) * len(cameras)
    assert all(any(name in line for line in lines) for name in cameras)
    assert all(float(line.split()[-1]) > 0 for line in lines)
