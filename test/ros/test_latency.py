"""The latency measurement with a real node: its parts add up."""

from __future__ import annotations

import pytest

from camaware_ros.ros.latency import run_latency


def test_the_whole_way_holds_the_node_which_holds_the_network() -> None:
    result = run_latency(12, rate_hz=10.0)
    assert 0 < result["network_p50_ms"] <= result["in_node_p50_ms"] <= result["p95_ms"]
    assert result["p50_ms"] <= result["p95_ms"]
    share = 100 * (1 - result["network_p50_ms"] / result["p50_ms"])
    assert result["not_network_percent"] == pytest.approx(share, abs=0.5)


@pytest.mark.parametrize(("count", "camera"), [(0, "usb_webcam"), (201, "usb_webcam"), (5, "eye")])
def test_what_cannot_be_measured_is_refused(count: int, camera: str) -> None:
    with pytest.raises(ValueError, match="count, camera: expected 1 to 200 and one of"):
        run_latency(count, camera=camera)
