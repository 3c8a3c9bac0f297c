"""How long an image message takes to become a detection message, over DDS, and where time goes.

Publishes one picture again and again to a grounding_node of its own, never faster than it answers,
as a camera of a moderate rate would.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header, String
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection3DArray

from camaware_ros.camera_file import find_camera_files, load_camera_yaml
from camaware_ros.ros.camera_info import info_from_camera
from camaware_ros.ros.camera_input import nanoseconds
from camaware_ros.ros.domain import claimed_domain
from camaware_ros.ros.environment import ros_environment
from camaware_ros.ros.image_messages import image_from_rgb
from camaware_ros.ros.processes import check_alive, node_command, running
from camaware_ros.ros.qos import latched_qos, reliable_qos
from camaware_ros.ros.sim_conversions import fixed_frames, optical_frame, time_message
from camaware_ros.simulation.scenes import demo_room
from camaware_ros.simulation.simulator import Simulator

_COMMAND = "find the red chair"
_READY_S, _ANSWER_S, _WARM_UP = 90.0, 20.0, 5
_IN_NODE = {
    "image to detection p50 ms": "in_node_p50_ms",
    "image to detection p95 ms": "in_node_p95_ms",
    "network p50 ms": "network_p50_ms",
    "network p95 ms": "network_p95_ms",
}


def run_latency(
    count: int = 100,
    *,
    camera: str = "usb_webcam",
    rate_hz: float = 5.0,
    backend: str = "auto",
    model_dir: Path | None = None,
) -> dict[str, Any]:
    """Time from publishing an image to receiving its detections, ``count`` times.

    Args:
        count: pictures, at most 200 (the node's own percentiles are over its last 200).
        camera: file of the camera; the picture is what it sees of the demo room.
        rate_hz: pictures per second, at most.
        backend: what runs the network.
        model_dir: the shipped model where not given.

    Returns:
        A record for JSON: p50 and p95 of the whole way, of the way inside the node and of the
        network alone, and the share of the median that is not the network.

    Raises:
        ValueError: a count or camera that cannot be.
        RuntimeError: the node died, does not start or does not answer.
    """
    files = find_camera_files()
    if not 1 <= count <= 200 or camera not in files:
        raise ValueError(
            f"count, camera: expected 1 to 200 and one of {', '.join(files)}, "
            f"got {count}, {camera!r}"
        )
    simulator = Simulator(demo_room(), load_camera_yaml(files[camera]))
    parameters = {
        "backend": backend, "model_dir": str(model_dir or ""), "output_frame": "base_footprint",
        "diagnostics_period_s": 0.5,
    }  # fmt: skip
    commands = {"grounding_node": node_command("grounding_node", parameters)}
    try:
        with claimed_domain() as domain, tempfile.TemporaryDirectory(prefix="camaware_") as logs:
            own = {"ROS_DOMAIN_ID": str(domain), "OMP_NUM_THREADS": "1"}
            os.environ.update({**ros_environment(os.environ), **own})
            with (
                running(commands, os.environ, Path(logs)) as processes,
                _Stopwatch(simulator, lambda: check_alive(processes)) as stopwatch,
            ):
                times_s = stopwatch.measure(count, 1 / rate_hz)
                inside = stopwatch.inside_the_node()
    finally:
        simulator.close()
    p50, p95 = (1e3 * float(np.percentile(times_s, q)) for q in (50, 95))
    return {
        "pictures": count, "camera": camera, "rate_hz": rate_hz, "backend": backend,
        "p50_ms": round(p50, 1), "p95_ms": round(p95, 1), **inside,
        "not_network_percent": round(100 * (1 - inside["network_p50_ms"] / p50), 1),
    }  # fmt: skip


class _Stopwatch:
    """A camera, and someone who waits for detections."""

    def __init__(self, simulator: Simulator, check: Callable[[], None]) -> None:
        self._check = check
        instant = simulator.snapshot()
        self._frame = optical_frame(instant.camera.name)
        self._camera, self._picture = instant.camera.camera, simulator.render(instant)
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self._node: Node = rclpy.create_node("stopwatch", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        publish = self._node.create_publisher
        self._images = publish(Image, "image", reliable_qos(2))
        self._infos = publish(CameraInfo, "camera_info", reliable_qos(2))
        self._commands = publish(String, "command", reliable_qos())
        publish(TFMessage, "/tf_static", latched_qos()).publish(fixed_frames(instant))
        self._arrived_s: dict[int, float] = {}
        self._inside: dict[str, float] = {}
        self._reports = 0
        listen = self._node.create_subscription
        listen(Detection3DArray, "detections_3d", self._on_detections, reliable_qos())
        listen(DiagnosticArray, "/diagnostics", self._on_diagnostics, reliable_qos())

    def __enter__(self) -> _Stopwatch:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def measure(self, count: int, period_s: float) -> list[float]:
        """Seconds per picture, after a few that do not count."""
        outputs = (self._images, self._infos, self._commands)
        self._wait(lambda: all(o.get_subscription_count() for o in outputs), "the node", _READY_S)
        self._commands.publish(String(data=_COMMAND))
        self._wait(lambda: self._reports > 1, "the node's diagnostics", _ANSWER_S)
        times_s = []
        for index in range(_WARM_UP + count):
            stamp_ns = 10**9 + round(index * period_s * 1e9)
            began_s = time.monotonic()
            self._publish(stamp_ns)
            self._wait(lambda ns=stamp_ns: ns in self._arrived_s, "a detection", _ANSWER_S)
            times_s.append(self._arrived_s[stamp_ns] - began_s)
            self._spin_until(began_s + period_s)
        return times_s[_WARM_UP:]

    def inside_the_node(self) -> dict[str, float]:
        """The node's own percentiles, after one more report."""
        reports = self._reports
        self._wait(lambda: self._reports > reports + 1, "the node's diagnostics", _ANSWER_S)
        return dict(self._inside)

    def _publish(self, stamp_ns: int) -> None:
        header = Header(stamp=time_message(stamp_ns / 1e9), frame_id=self._frame)
        image = image_from_rgb(self._picture, header)
        self._infos.publish(info_from_camera(self._camera, header))
        self._images.publish(image)

    def _spin_until(self, until_s: float) -> None:
        while (left_s := until_s - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left_s)

    def _wait(self, condition: Callable[[], object], what: str, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            self._check()
            if time.monotonic() > deadline:
                raise RuntimeError(f"latency: waited {timeout_s:.0f} s in vain for {what}")
            self._executor.spin_once(timeout_sec=0.1)

    def _on_detections(self, message: Detection3DArray) -> None:
        self._arrived_s[nanoseconds(message.header.stamp)] = time.monotonic()

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            found = {_IN_NODE[v.key]: float(v.value) for v in status.values if v.key in _IN_NODE}
            self._inside = found or self._inside
            self._reports += 1
