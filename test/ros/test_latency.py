"""The latency measurement with a real node: its parts add up."""

from __future__ import annotations

import pytest

from camaware_ros.ros.latency import run_latency
from camaware_ros.ros.stream_run import run_stream


def test_the_whole_way_holds_the_node_which_holds_the_network() -> None:
    result = run_latency(12, rate_hz=10.0)
    assert 0 < result["network_p50_ms"] <= result["in_node_p50_ms"] <= result["p95_ms"]
    assert result["p50_ms"] <= result["p95_ms"]
    share = 100 * (1 - result["network_p50_ms"] / result["p50_ms"])
    assert result["not_network_percent"] == pytest.approx(share, abs=0.5)


@pytest.mark.parametrize(("count", "camera"), [(0, "usb_webcam"), (201, "usb_webcam"), (5, "eye")])
def test_what_cannot_be_measured_is_refused(count: int, camera: str) -> None:
    with pytest.raises(ValueError, match="expected (1 to 200|one of)"):
        run_latency(count, camera=camera)


def test_a_stream_is_answered_in_order_by_its_newest_pictures() -> None:
    result = run_stream(0.1, size=(640, 480), rate_hz=20.0)
    assert result["order_inversions"] == 0
    assert 0 < result["detections"] <= result["sent"]
    assert 0 < result["network_p50_ms"] <= result["age_p50_ms"] <= result["age_p95_ms"]


def test_a_compressed_picture_of_another_size_is_measured_alike() -> None:
    result = run_latency(5, rate_hz=10.0, size=(320, 240), compressed=True)
    assert result["size"] == [320, 240]
    assert 0 < result["around_p50_ms"] < result["in_node_p50_ms"]


def test_a_stream_without_time_is_refused() -> None:
    with pytest.raises(ValueError, match="minutes: expected more than 0"):
        run_stream(0.0)
