"""Plays a CameraBag to a running grounding_node and listens to what it says. Starts no process."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.executors import SingleThreadedExecutor
from std_msgs.msg import String
from vision_msgs.msg import Detection3DArray

from camaware_ros.ros.bag import CameraBag
from camaware_ros.ros.camera_input import nanoseconds
from camaware_ros.ros.qos import latched_qos, reliable_qos

Tell = Callable[[str, str], None]
_NODE = "grounding_node"
_LONGEST_PAUSE_S = 5.0  # a recording that was interrupted is not waited for


class Replayer:
    """Publishers for everything in the bag, and ears.

    Args:
        bag: what to play.
        tell: called with every answer and every new state of the node's diagnostics.
        check: called while waiting; raises what ends the wait.
    """

    def __init__(self, bag: CameraBag, tell: Tell, check: Callable[[], None]) -> None:
        self._bag, self._tell, self._check = bag, tell, check
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node("replay", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        compressed = bag.image_type.__name__ == "CompressedImage"
        names = {bag.image_topic: "image/compressed" if compressed else "image"}
        names |= {bag.info_topic: "camera_info"}
        self._publishers = {
            topic: self._node.create_publisher(
                bag.message_type(topic), names.get(topic, topic),
                latched_qos(100) if topic == "/tf_static" else reliable_qos(100),
            )
            for topic in (bag.image_topic, bag.info_topic, *bag.tf_topics)
        }  # fmt: skip
        self._commands = self._node.create_publisher(String, "command", reliable_qos())
        self._answered_ns: set[int] = set()
        self._health, self._health_count = "", 0
        listen = self._node.create_subscription
        listen(String, "answer", lambda message: tell("answers", message.data), reliable_qos())
        listen(Detection3DArray, "detections_3d", self._on_detections, reliable_qos())
        listen(DiagnosticArray, "/diagnostics", self._on_diagnostics, reliable_qos())

    def __enter__(self) -> Replayer:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Leave the graph."""
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    @property
    def answered(self) -> int:
        """Pictures that were answered so far."""
        return len(self._answered_ns)

    def play(self, command: str, speed: float, ready_s: float, answer_s: float) -> bool:
        """Say the command, play everything, wait for the last picture's answer.

        Args:
            command: what the node is told before the first picture.
            speed: recorded seconds per real one.
            ready_s: how long to wait for the node.
            answer_s: how long to wait for the answer to the last picture.

        Returns:
            Whether the last picture was answered.

        Raises:
            RuntimeError: no node listens.
        """
        listeners = (*self._publishers.values(), self._commands)
        if not self._wait(lambda: all(p.get_subscription_count() for p in listeners), ready_s):
            deaf = [p.topic_name for p in listeners if not p.get_subscription_count()]
            raise RuntimeError(
                f"replay: expected a node that listens, found none on {', '.join(deaf)}"
                + (f"; it says: {self._health}" if self._health else "")
            )
        self._tell("hears", command)
        self._commands.publish(String(data=command))
        # The command must be there before the only picture there may be.
        self._wait(lambda: False, 0.5)
        last_ns = self._play_records(speed)
        answered = self._wait(lambda: last_ns in self._answered_ns, answer_s)
        count = self._health_count
        self._wait(lambda: self._health_count > count + 1, 5.0)
        return answered

    def _play_records(self, speed: float) -> int:
        """All messages at their time; stamp of the last picture."""
        last_ns, due_s, before_ns = 0, time.monotonic(), self._bag.records[0].time_ns
        for record in self._bag.records:
            pause_s = min((record.time_ns - before_ns) / 1e9 / speed, _LONGEST_PAUSE_S)
            due_s, before_ns = due_s + pause_s, record.time_ns
            self._wait(lambda: False, due_s - time.monotonic())
            self._publishers[record.topic].publish(record.data)
            if record.topic == self._bag.image_topic:
                last_ns = self._bag.stamp_ns(record)
        return last_ns

    def _wait(self, condition: Callable[[], object], timeout_s: float) -> bool:
        """Handle what comes until the condition holds (True) or time is over (False)."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return False
            self._check()
            self._executor.spin_once(timeout_sec=min(left_s, 0.1))
        return True

    def _on_detections(self, message: Detection3DArray) -> None:
        self._answered_ns.add(nanoseconds(message.header.stamp))

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name.rpartition("/")[2] != _NODE:
                continue
            self._health_count += 1
            well = status.level == DiagnosticStatus.OK
            if status.message != self._health and not well:
                self._tell("warns", status.message)
            self._health = status.message
