"""The TF buffer over real topics, with tf2_ros's interface."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from geometry_msgs.msg import TransformStamped
from rclpy.duration import Duration
from rclpy.time import Time
from tf2_msgs.msg import TFMessage

from camaware_ros.ros import tf
from camaware_ros.ros.tf_buffer import Buffer, TransformListener
from camaware_ros.ros.transform_history import ExtrapolationException, LookupException

PATIENCE = Duration(seconds=20)


def stamped(parent: str, child: str, x: float, seconds: float) -> TransformStamped:
    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    message.header.stamp = Time(nanoseconds=round(seconds * 1e9)).to_msg()
    message.transform.translation.x = x
    return message


def at(seconds: float) -> Time:
    return Time(nanoseconds=round(seconds * 1e9))


def test_a_lookup_is_a_stamped_message_of_the_target_frame() -> None:
    buffer = Buffer()
    buffer.set_transform(stamped("map", "base", 1.0, 10.0), "test")
    buffer.set_transform(stamped("map", "base", 3.0, 12.0), "test")
    buffer.set_transform_static(stamped("base", "camera", 0.5, 0.0), "test")
    found = buffer.lookup_transform("map", "camera", at(11.0))
    assert (found.header.frame_id, found.child_frame_id) == ("map", "camera")
    assert found.header.stamp == at(11.0).to_msg()
    assert found.transform.translation.x == pytest.approx(2.5)
    assert buffer.lookup_transform("map", "camera", Time()).header.stamp == at(12.0).to_msg()
    assert buffer.can_transform("map", "camera", at(11.0))
    assert not buffer.can_transform("map", "camera", at(13.0))


def test_the_history_has_the_length_that_was_asked_for() -> None:
    buffer = Buffer(cache_time=Duration(seconds=2))
    for second in (10.0, 11.0, 12.0, 13.0):
        buffer.set_transform(stamped("map", "base", second, second), "test")
    assert buffer.can_transform("map", "base", at(11.0))
    assert not buffer.can_transform("map", "base", at(10.9))


def test_a_lookup_waits_for_the_data_to_come() -> None:
    buffer = Buffer()
    buffer.set_transform(stamped("map", "base", 0.0, 10.0), "test")
    asked = threading.Event()
    result: list[TransformStamped] = []

    def look() -> None:
        asked.set()
        result.append(buffer.lookup_transform("map", "base", at(10.5), PATIENCE))

    thread = threading.Thread(target=look)
    thread.start()
    asked.wait()
    buffer.set_transform(stamped("map", "base", 1.0, 11.0), "test")
    thread.join(20)
    assert result[0].transform.translation.x == pytest.approx(0.5)


def test_a_lookup_gives_up_with_the_reason() -> None:
    buffer = Buffer()
    with pytest.raises(LookupException):
        buffer.lookup_transform("map", "base", Time(), Duration(seconds=0.01))
    buffer.set_transform(stamped("map", "base", 0.0, 10.0), "test")
    with pytest.raises(ExtrapolationException, match="future"):
        buffer.lookup_transform("map", "base", at(11.0), Duration(seconds=0.01))


def test_a_transform_that_makes_no_sense_is_dropped() -> None:
    buffer = Buffer()
    good = stamped("map", "base", 1.0, 10.0)
    buffer.set_transform(good, "test")
    for name, value in (("x", float("nan")), ("w", 0.0)):
        bad = stamped("map", "base", 9.0, 10.0)
        setattr(bad.transform.translation if name == "x" else bad.transform.rotation, name, value)
        buffer.set_transform(bad, "test")
    buffer.set_transform(stamped("", "base", 9.0, 10.0), "test")
    assert buffer.lookup_transform("map", "base", at(10.0)).transform.translation.x == 1.0


def test_lookup_rigid_is_target_from_source() -> None:
    buffer = tf.Buffer()
    buffer.set_transform_static(stamped("map", "base", 2.0, 0.0), "test")
    map_from_base = tf.lookup_rigid(buffer, "map", "base", 0)
    np.testing.assert_allclose(map_from_base.apply(np.array([1.0, 0, 0])), (3, 0, 0))


def test_the_listener_hears_moving_and_earlier_static_transforms(make_rig) -> None:
    sender, receiver = make_rig(), make_rig()
    sender.tf_static.publish(TFMessage(transforms=[stamped("base", "camera", 0.5, 0.0)]))
    buffer = Buffer(node=receiver.node)
    listener = TransformListener(buffer, receiver.node)
    seconds = time.time()

    def send() -> None:
        sender.tf.publish(TFMessage(transforms=[stamped("map", "base", 1.0, seconds)]))

    receiver.wait(lambda: buffer.can_transform("map", "camera", at(seconds)), "transforms", send)
    listener.unregister()
    assert sender.tf.get_subscription_count() <= 1
