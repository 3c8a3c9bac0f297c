"""The speed report covers every camera and quality that it was asked for."""

from __future__ import annotations

from camaware_ros.simulation.speed import QUALITIES, main


def test_one_line_per_quality_and_camera(capsys):
    cameras = ["azure_kinect", "usb_webcam"]
    assert main(["1", *cameras]) == 0
    header, *lines = capsys.readouterr().out.strip().splitlines()
    assert "frames/s" in header
    assert len(lines) == len(QUALITIES) * len(cameras)
    assert all(any(name in line for line in lines) for name in cameras)
    assert all(float(line.split()[-1]) > 0 for line in lines)
