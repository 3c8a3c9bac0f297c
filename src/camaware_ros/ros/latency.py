"""How long an image message takes to become a detection message, over DDS, and where time goes.

Publishes one picture again and again to a grounding_node of its own, never faster than it answers,
as a camera of a moderate rate would.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rclpy
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header, String
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection3DArray

from camaware_ros.camera_file import find_camera_files, load_camera_yaml
from camaware_ros.ros.camera_info import info_from_camera
from camaware_ros.ros.camera_input import nanoseconds
from camaware_ros.ros.domain import claimed_domain
from camaware_ros.ros.environment import ros_environment
from camaware_ros.ros.image_messages import RgbImage, compressed_from_rgb, image_from_rgb
from camaware_ros.ros.processes import NodeProcess, check_alive, node_command, running
from camaware_ros.ros.qos import latched_qos, reliable_qos
from camaware_ros.ros.sim_conversions import fixed_frames, optical_frame
from camaware_ros.simulation.scenes import demo_room
from camaware_ros.simulation.simulator import Simulator, Snapshot

_COMMAND = "find the red chair"
_READY_S, _ANSWER_S, _WARM_UP = 90.0, 20.0, 5
_STAGES = {
    "image to detection": "in_node",
    "network": "network",
    "all but the network": "around",
    "age at publishing": "age",
}
_IN_NODE = {
    f"{stage} p{percent} ms": f"{name}_p{percent}_ms"
    for stage, name in _STAGES.items()
    for percent in (50, 95)
}


def run_latency(
    count: int = 100,
    *,
    camera: str = "usb_webcam",
    rate_hz: float = 5.0,
    backend: str = "auto",
    model_dir: Path | None = None,
    size: tuple[int, int] | None = None,
    compressed: bool = False,
) -> dict[str, Any]:
    """Time from publishing an image to receiving its detections, ``count`` times.

    Args:
        count: pictures, at most 200 (the node's own percentiles are over its last 200).
        camera: file of the camera; the picture is what it sees of the demo room.
        rate_hz: pictures per second, at most.
        backend: what runs the network.
        model_dir: the shipped model where not given.
        size: (width, height) of the pictures; the camera file's where not given.
        compressed: send JPEG.

    Returns:
        A record for JSON: p50, p95 and p99 of the whole way; p50 and p95 of the way inside the
        node, of the network alone and of all but the network; the share of both medians that is
        not the network; and the node's resident memory.

    Raises:
        ValueError: a count or camera that cannot be.
        RuntimeError: the node died, does not start or does not answer.
    """
    if not 1 <= count <= 200:
        raise ValueError(f"count: expected 1 to 200, got {count}")
    with stopwatch(
        camera=camera, backend=backend, model_dir=model_dir, size=size, compressed=compressed
    ) as watch:
        times_s = watch.measure(count, 1 / rate_hz)
        inside, rss_mb = watch.inside_the_node(), watch.rss_mb()
        seen = watch.camera
    p50, p95, p99 = (1e3 * float(np.percentile(times_s, q)) for q in (50, 95, 99))
    return {
        "pictures": count, "camera": camera, "rate_hz": rate_hz, "backend": backend,
        "size": [seen.width, seen.height], "compressed": compressed,
        "p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "p99_ms": round(p99, 1), **inside,
        "not_network_percent": round(100 * (1 - inside["network_p50_ms"] / p50), 1),
        "around_percent": round(100 * inside["around_p50_ms"] / inside["in_node_p50_ms"], 1),
        "rss_mb": round(rss_mb, 1),
    }  # fmt: skip


@contextmanager
def stopwatch(
    *,
    camera: str = "usb_webcam",
    backend: str = "auto",
    model_dir: Path | None = None,
    size: tuple[int, int] | None = None,
    compressed: bool = False,
) -> Iterator[Stopwatch]:
    """A grounding_node in a process of its own, and a camera before it; see ``run_latency``."""
    files = find_camera_files()
    if camera not in files:
        raise ValueError(f"camera: expected one of {', '.join(files)}, got {camera!r}")
    simulator = Simulator(demo_room(), load_camera_yaml(files[camera]))
    try:
        scene = simulator.snapshot()
        picture = simulator.render(scene)
    finally:
        simulator.close()
    parameters = {
        "backend": backend, "model_dir": str(model_dir or ""), "output_frame": "base_footprint",
        "image_transport": "compressed" if compressed else "raw", "diagnostics_period_s": 0.5,
    }  # fmt: skip
    commands = {"grounding_node": node_command("grounding_node", parameters)}
    with claimed_domain() as domain, tempfile.TemporaryDirectory(prefix="camaware_") as logs:
        own = {"ROS_DOMAIN_ID": str(domain), "OMP_NUM_THREADS": "1"}
        os.environ.update({**ros_environment(os.environ), **own})
        with (
            running(commands, os.environ, Path(logs)) as processes,
            Stopwatch(scene, picture, processes, size, compressed) as watch,
        ):
            yield watch


class Stopwatch:
    """A camera, and someone who waits for detections.

    Args:
        scene: that is seen.
        picture: of it.
        processes: the node's.
        size: see ``run_latency``.
        compressed: see ``run_latency``.

    Attributes:
        camera: of the pictures that are sent.
        arrivals: stamp and monotonic time of detections in the order in which they came.
    """

    def __init__(
        self,
        scene: Snapshot,
        picture: RgbImage,
        processes: Sequence[NodeProcess],
        size: tuple[int, int] | None,
        compressed: bool,
    ) -> None:
        self._processes = processes
        seen = scene.camera.camera
        width, height = size or (seen.width, seen.height)
        self._frame = optical_frame(scene.camera.name)
        self.camera = seen.resized(width, height)
        self._picture = np.asarray(cv2.resize(picture, (width, height)), np.uint8)
        self._compressed = compressed
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self._node: Node = rclpy.create_node("stopwatch", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        publish = self._node.create_publisher
        kind, topic = (CompressedImage, "image/compressed") if compressed else (Image, "image")
        self._images = publish(kind, topic, reliable_qos(2))
        self._infos = publish(CameraInfo, "camera_info", reliable_qos(2))
        self._commands = publish(String, "command", reliable_qos())
        publish(TFMessage, "/tf_static", latched_qos()).publish(fixed_frames(scene))
        self.arrivals: list[tuple[int, float]] = []
        self._sent: tuple[Any, CameraInfo] | None = None
        self._inside: dict[str, float] = {}
        self._reports = 0
        listen = self._node.create_subscription
        listen(Detection3DArray, "detections_3d", self._on_detections, reliable_qos())
        listen(DiagnosticArray, "/diagnostics", self._on_diagnostics, reliable_qos())

    def __enter__(self) -> Stopwatch:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def ready(self) -> None:
        """Wait until the node listens and looks for something."""
        outputs = (self._images, self._infos, self._commands)
        self.wait(lambda: all(o.get_subscription_count() for o in outputs), "the node", _READY_S)
        self._commands.publish(String(data=_COMMAND))
        self.wait(lambda: self._reports > 1, "the node's diagnostics", _ANSWER_S)

    def measure(self, count: int, period_s: float) -> list[float]:
        """Seconds per picture, after a few that do not count."""
        self.ready()
        times_s = []
        for _ in range(_WARM_UP + count):
            known = len(self.arrivals)
            self.prepare(self.now_ns())
            began_s = time.monotonic()
            self.send()
            self.wait(lambda known=known: len(self.arrivals) > known, "a detection", _ANSWER_S)
            times_s.append(self.arrivals[-1][1] - began_s)
            self.spin_until(began_s + period_s)
        return times_s[_WARM_UP:]

    def rss_mb(self) -> float:
        """Resident memory of the node, 10^6 bytes."""
        pages = int(Path(f"/proc/{self._processes[0].pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def inside_the_node(self) -> dict[str, float]:
        """The node's own percentiles, after one more report."""
        reports = self._reports
        self.wait(lambda: self._reports > reports + 1, "the node's diagnostics", _ANSWER_S)
        return dict(self._inside)

    def now_ns(self) -> int:
        """The clock that stamps are of."""
        return int(self._node.get_clock().now().nanoseconds)

    def prepare(self, stamp_ns: int) -> None:
        """Make both messages."""
        stamp = Time(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
        header = Header(stamp=stamp, frame_id=self._frame)
        make = compressed_from_rgb if self._compressed else image_from_rgb
        self._sent = make(self._picture, header), info_from_camera(self.camera, header)

    def send(self) -> None:
        """Publish what was prepared."""
        assert self._sent is not None
        image, info = self._sent
        self._infos.publish(info)
        self._images.publish(image)

    def spin_until(self, until_s: float) -> None:
        """Listen until a monotonic time."""
        while (left_s := until_s - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left_s)

    def wait(self, condition: Callable[[], object], what: str, timeout_s: float) -> None:
        """Listen until the condition holds; RuntimeError where it does not in time."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            check_alive(self._processes)
            if time.monotonic() > deadline:
                raise RuntimeError(f"latency: waited {timeout_s:.0f} s in vain for {what}")
            self._executor.spin_once(timeout_sec=0.1)

    def told(self) -> dict[str, float]:
        """The node's own percentiles as it last told them."""
        return dict(self._inside)

    def _on_detections(self, message: Detection3DArray) -> None:
        self.arrivals.append((nanoseconds(message.header.stamp), time.monotonic()))

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            found = {_IN_NODE[v.key]: float(v.value) for v in status.values if v.key in _IN_NODE}
            self._inside = found or self._inside
            self._reports += 1
