"""A TF buffer and listener with the interface of tf2_ros, for where tf2_ros is not installed.

The thin ROS side of ``transform_tree``: messages, topics, waiting and clocks. Nothing else should
import this file; ``tf`` picks between it and tf2_ros.
"""

from __future__ import annotations

import threading
import time as wall_clock

from builtin_interfaces.msg import Time as TimeMessage
from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import JumpThreshold, TimeJump
from rclpy.duration import Duration
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.time import Time
from tf2_msgs.msg import TFMessage

from camaware_ros.ros.qos import tf_qos, tf_static_qos
from camaware_ros.ros.quaternion_pose import QuaternionPose, checked_pose
from camaware_ros.ros.transform_history import TransformException
from camaware_ros.ros.transform_tree import DEFAULT_HISTORY_NS, TransformTree

_NS_PER_S = 1_000_000_000


class Buffer:
    """Transforms of the last seconds, safe to fill and to ask from several threads.

    Args:
        cache_time: how long moving transforms are remembered; 10 s where not given.
        node: whose clock tells when time jumped back (a simulation was reset).
    """

    def __init__(self, cache_time: Duration | None = None, node: Node | None = None) -> None:
        history_ns = DEFAULT_HISTORY_NS if cache_time is None else cache_time.nanoseconds
        self._tree = TransformTree(history_ns)
        self._changed = threading.Condition()
        if node is not None:
            threshold = JumpThreshold(
                min_forward=None, min_backward=Duration(seconds=-1), on_clock_change=True
            )
            self._jump_handle = node.get_clock().create_jump_callback(
                threshold, post_callback=self._clear_after_jump
            )

    def set_transform(self, transform: TransformStamped, authority: str) -> None:
        """Remember a moving transform; one that makes no sense is logged and dropped."""
        self._insert(transform, authority, is_static=False)

    def set_transform_static(self, transform: TransformStamped, authority: str) -> None:
        """Remember a transform that holds at every time."""
        self._insert(transform, authority, is_static=True)

    def clear(self) -> None:
        """Forget everything that moves."""
        with self._changed:
            self._tree.clear()

    def lookup_transform(
        self, target_frame: str, source_frame: str, time: Time, timeout: Duration | None = None
    ) -> TransformStamped:
        """``target_from_source`` at a time; time 0 is the newest common one.

        Waits up to ``timeout`` of wall time for data to come, so never call it with a timeout from
        the thread that also runs the listener's callbacks.

        Raises:
            LookupException: on a frame that is not known.
            ConnectivityException: where no chain joins the two frames.
            ExtrapolationException: where the chain has no data at that time.
            InvalidArgumentException: on a name that no frame can have.
        """
        deadline = wall_clock.monotonic() + (timeout.nanoseconds / _NS_PER_S if timeout else 0.0)
        with self._changed:
            while True:
                try:
                    pose, stamp_ns = self._tree.lookup(target_frame, source_frame, time.nanoseconds)
                except TransformException:
                    remaining = deadline - wall_clock.monotonic()
                    if remaining <= 0:
                        raise
                    self._changed.wait(remaining)
                else:
                    return _message(target_frame, source_frame, stamp_ns, pose)

    def can_transform(
        self, target_frame: str, source_frame: str, time: Time, timeout: Duration | None = None
    ) -> bool:
        """Whether ``lookup_transform`` with the same arguments would answer."""
        try:
            self.lookup_transform(target_frame, source_frame, time, timeout)
        except TransformException:
            return False
        return True

    def _insert(self, transform: TransformStamped, authority: str, *, is_static: bool) -> None:
        stamp = transform.header.stamp
        t, q = transform.transform.translation, transform.transform.rotation
        try:
            pose = checked_pose((t.x, t.y, t.z), (q.x, q.y, q.z, q.w))
            with self._changed:
                self._tree.insert(
                    transform.header.frame_id,
                    transform.child_frame_id,
                    stamp.sec * _NS_PER_S + stamp.nanosec,
                    pose,
                    is_static=is_static,
                )
                self._changed.notify_all()
        except (TransformException, ValueError) as error:
            get_logger("tf_buffer").error(
                f"dropped a transform {transform.header.frame_id!r} -> "
                f"{transform.child_frame_id!r} from {authority}: {error}",
                throttle_duration_sec=5.0,
            )

    def _clear_after_jump(self, _: TimeJump) -> None:
        get_logger("tf_buffer").warning("time jumped back: forgetting moving transforms")
        self.clear()


class TransformListener:
    """Fills a buffer from /tf and /tf_static.

    Args:
        buffer: to fill.
        node: that subscribes; it must be spun by its owner.
        qos: of /tf; tf2's default where not given.
        static_qos: of /tf_static; tf2's default where not given.
    """

    def __init__(
        self,
        buffer: Buffer,
        node: Node,
        *,
        qos: QoSProfile | int | None = None,
        static_qos: QoSProfile | int | None = None,
    ) -> None:
        self._buffer = buffer
        self._node = node
        # Waiting for a transform in another callback must not keep the transforms from coming.
        group = ReentrantCallbackGroup()
        self._moving = node.create_subscription(
            TFMessage, "/tf", self._on_moving, qos or tf_qos(), callback_group=group
        )
        self._static = node.create_subscription(
            TFMessage,
            "/tf_static",
            self._on_static,
            static_qos or tf_static_qos(),
            callback_group=group,
        )

    def unregister(self) -> None:
        """Stop listening."""
        self._node.destroy_subscription(self._moving)
        self._node.destroy_subscription(self._static)

    def _on_moving(self, message: TFMessage) -> None:
        for transform in message.transforms:
            self._buffer.set_transform(transform, "/tf")

    def _on_static(self, message: TFMessage) -> None:
        for transform in message.transforms:
            self._buffer.set_transform_static(transform, "/tf_static")


def _message(target: str, source: str, stamp_ns: int, pose: QuaternionPose) -> TransformStamped:
    message = TransformStamped(child_frame_id=source)
    message.header.frame_id = target
    message.header.stamp = TimeMessage(sec=stamp_ns // _NS_PER_S, nanosec=stamp_ns % _NS_PER_S)
    x, y, z = pose.translation
    message.transform.translation = Vector3(x=x, y=y, z=z)
    x, y, z, w = pose.quaternion_xyzw
    message.transform.rotation = Quaternion(x=x, y=y, z=z, w=w)
    return message
