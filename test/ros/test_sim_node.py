"""sim_node as a process of its own, over DDS: what it shows, where it drives, how it ends."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import rclpy
from action_msgs.msg import GoalStatus
from geometry_msgs.msg import PoseStamped, Twist
from nav2_msgs.action import NavigateToPose
from nav_msgs.msg import OccupancyGrid, Odometry
from rcl_interfaces.srv import SetParameters
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection3DArray

from camaware_ros.camera_file import find_camera_files, load_camera_yaml
from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.ros.camera_info import camera_from_info
from camaware_ros.ros.conversions import box_from_message
from camaware_ros.ros.image_messages import rgb_from_image
from camaware_ros.ros.qos import latched_qos
from camaware_ros.ros.tf import Buffer, TransformListener, lookup_rigid
from camaware_ros.simulation.scenes import demo_room, random_room

CAMERAS = find_camera_files()
QUICK = {"shadows": "false", "samples": "0", "rate_hz": "5.0", "real_time_factor": "2.0"}


def stamp_ns(message) -> int:
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


class Watcher:
    """Listens to everything that sim_node says and can ask everything of it."""

    def __init__(self, domain_id: int) -> None:
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=domain_id)
        self.node = rclpy.create_node("watcher", context=self.context)
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(self.node)
        self.newest: dict[str, object] = {}
        for topic, kind, qos in (
            ("image", Image, 5), ("camera_info", CameraInfo, 5), ("odom", Odometry, 10),
            ("ground_truth", Detection3DArray, 5), ("/clock", Clock, 5),
            ("costmap", OccupancyGrid, latched_qos()),
        ):  # fmt: skip
            self.node.create_subscription(kind, topic, self._keeper(topic), qos)
        self.buffer = Buffer()
        self._listener = TransformListener(self.buffer, self.node)
        self.cmd_vel = self.node.create_publisher(Twist, "cmd_vel", 10)
        self.action = ActionClient(self.node, NavigateToPose, "navigate_to_pose")
        self._parameters = self.node.create_client(SetParameters, "sim_node/set_parameters")
        self._reset = self.node.create_client(Trigger, "reset")

    def _keeper(self, topic: str) -> Callable[[object], None]:
        def keep(message: object) -> None:
            self.newest[topic] = message

        return keep

    def wait(self, condition: Callable[[], object], what: str, timeout_s: float = 60.0) -> None:
        """Spin until the condition holds."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for {what}"
            self._executor.spin_once(timeout_sec=0.02)

    def result(self, future, what: str):
        self.wait(future.done, what)
        return future.result()

    def fresh_pair(self, camera: str) -> tuple[Image, CameraInfo]:
        """An image and a camera_info of equal stamp, placed by TF, from the named camera."""
        frame = f"{camera}_optical_frame"

        def paired() -> bool:
            image, info = self.newest.get("image"), self.newest.get("camera_info")
            if image is None or info is None or image.header.frame_id != frame:
                return False
            when = rclpy.time.Time.from_msg(image.header.stamp)
            # the first pictures may be older than the first TF that is heard
            return info.header == image.header and self.buffer.can_transform("map", frame, when)

        self.wait(paired, f"a picture of {camera} and its TF")
        return self.newest["image"], self.newest["camera_info"]

    def set_parameters(self, **values: object):
        self.wait(self._parameters.service_is_ready, "the parameter service")
        changes = [
            Parameter(name, value=value).to_parameter_msg() for name, value in values.items()
        ]
        request = SetParameters.Request(parameters=changes)
        return self.result(self._parameters.call_async(request), "set_parameters").results[0]

    def reset(self):
        self.wait(self._reset.service_is_ready, "the reset service")
        return self.result(self._reset.call_async(Trigger.Request()), "reset")

    def map_from_base(self) -> Rigid3:
        """The newest pose of the robot."""
        self.newest.pop("odom", None)
        self.wait(lambda: "odom" in self.newest, "odometry")
        self.wait(
            lambda: self.buffer.can_transform("map", "base_footprint", rclpy.time.Time()), "TF"
        )
        return lookup_rigid(self.buffer, "map", "base_footprint", 0)

    def wait_until_at(self, pose: tuple[float, float, float], within: float) -> None:
        """Messages sent before a change may still be under way."""

        def there() -> bool:
            map_from_base = self.map_from_base()
            x_m, y_m = map_from_base.translation[:2]
            turned = math.remainder(map_from_base.yaw_rad - pose[2], 2 * math.pi)
            return max(abs(x_m - pose[0]), abs(y_m - pose[1]), abs(turned)) <= within

        self.wait(there, f"the robot to be at {pose}")

    def go(self, x_m: float, y_m: float, yaw_rad: float, frame: str = "map", feedback=None):
        """The handle of an accepted goal."""
        self.wait(self.action.server_is_ready, "the action server")
        pose = PoseStamped()
        pose.header.frame_id = frame
        pose.pose.position.x, pose.pose.position.y = x_m, y_m
        pose.pose.orientation.z = math.sin(yaw_rad / 2)
        pose.pose.orientation.w = math.cos(yaw_rad / 2)
        goal = NavigateToPose.Goal(pose=pose)
        handle = self.result(self.action.send_goal_async(goal, feedback), "the goal's answer")
        assert handle.accepted
        return handle

    def close(self) -> None:
        self._executor.shutdown()
        self.action.destroy()  # or its goals keep the node in the graph
        self.node.destroy_node()
        self.context.try_shutdown()


@pytest.fixture
def watcher(ros_env, domain_id: int) -> Iterator[Watcher]:
    watcher = Watcher(domain_id)
    yield watcher
    watcher.close()


@pytest.fixture
def sim(start) -> Callable[..., object]:
    def run(**parameters: str):
        words = [f"{key}:={value}" for key, value in {**QUICK, **parameters}.items()]
        arguments = [argument for word in words for argument in ("-p", word)]
        return start("-m", "camaware_ros.ros.sim_node", "--ros-args", *arguments)

    return run


def check_picture(watcher: Watcher, name: str) -> None:
    """Image, CameraInfo, TF and ground truth agree: the chair is red where they say it is."""
    image, info = watcher.fresh_pair(name)
    camera = camera_from_info(info, (image.width, image.height))
    expected: Camera = load_camera_yaml(CAMERAS[name]).camera
    assert image.encoding == "rgb8"
    np.testing.assert_allclose(camera.opencv_matrix(), expected.opencv_matrix(), atol=1e-9)
    assert camera.opencv_distortion() == expected.opencv_distortion()
    map_from_camera = lookup_rigid(watcher.buffer, "map", image.header.frame_id, stamp_ns(image))
    watcher.wait(lambda: "ground_truth" in watcher.newest, "ground truth")
    truth = watcher.newest["ground_truth"]
    assert truth.header.frame_id == "map"
    chair = next(d for d in truth.detections if d.results[0].hypothesis.class_id == "red chair")
    box = box_from_message(chair.bbox)
    backrest = box.center + box.rotation @ (box.size * [-0.47, 0.0, 0.36])
    pixel, valid = camera.project(map_from_camera.inverse().apply(backrest))
    column, row = (int(value) for value in np.floor(pixel))
    assert valid
    red, green, blue = rgb_from_image(image)[row, column].astype(int)
    assert red > 60 and red > 2.5 * green and red > 2.5 * blue, (name, row, column)


def true_labels(watcher: Watcher) -> set[str]:
    newest = watcher.newest.get("ground_truth")
    detections = newest.detections if newest is not None else []
    return {detection.results[0].hypothesis.class_id for detection in detections}


def test_cameras_are_swapped_while_it_runs_and_everything_stays_true(sim, watcher: Watcher):
    node = sim()
    check_picture(watcher, "realsense_d455")
    for name in ("gopro_hero9_wide", "usb_webcam", "azure_kinect"):
        answer = watcher.set_parameters(camera=name)
        assert answer.successful, answer.reason
        check_picture(watcher, name)
    refused = watcher.set_parameters(camera="hubble")
    assert not refused.successful
    assert "hubble" in refused.reason and all(name in refused.reason for name in CAMERAS)
    check_picture(watcher, "azure_kinect")
    assert node.alive, node.output


def test_rooms_start_poses_and_reset(sim, watcher: Watcher):
    sim(room="seed:3", start_pose="''")
    room, other = random_room(3), random_room(4)
    watcher.wait_until_at(room.start, within=1e-6)
    watcher.wait(lambda: "costmap" in watcher.newest, "the costmap")
    first = watcher.newest.pop("costmap")
    assert first.info.width * first.info.resolution == pytest.approx(room.length_m, abs=0.2)
    assert min(first.data) >= 0 and max(first.data) == 100

    assert watcher.set_parameters(room="seed:4").successful
    watcher.wait(lambda: "costmap" in watcher.newest, "the new costmap")
    second = watcher.newest["costmap"]
    assert second.info.width * second.info.resolution == pytest.approx(other.length_m, abs=0.2)
    labels = {thing.label for thing in other.objects}
    watcher.wait(lambda: true_labels(watcher) == labels, "the new room's objects")
    watcher.wait_until_at(other.start, within=1e-6)

    x_m, y_m, _ = other.start
    thing = other.objects[0]
    inside = watcher.set_parameters(start_pose=f"{thing.x_m} {thing.y_m} 0")
    assert not inside.successful and "clear of everything" in inside.reason
    nonsense = watcher.set_parameters(start_pose="over there")
    assert not nonsense.successful and "expected 'x y yaw'" in nonsense.reason
    assert not watcher.set_parameters(room="attic").successful
    late = watcher.set_parameters(rate_hz=20.0)
    assert not late.successful and "read-only" in late.reason

    assert watcher.set_parameters(start_pose=f"{x_m + 0.05} {y_m} 1.5").successful
    watcher.wait_until_at((x_m + 0.05, y_m, 1.5), within=1e-6)
    command = Twist()
    command.angular.z = 1.0
    watcher.wait(lambda: watcher.cmd_vel.get_subscription_count(), "cmd_vel")
    watcher.cmd_vel.publish(command)
    watcher.wait(lambda: abs(watcher.map_from_base().yaw_rad - 1.5) > 0.1, "the robot to turn")
    watcher.wait(lambda: abs(watcher.newest["odom"].twist.twist.angular.z) < 1e-9, "it to stop")
    assert watcher.reset().success
    watcher.wait_until_at((x_m + 0.05, y_m, 1.5), within=1e-6)


def test_it_drives_to_goals_and_refuses_those_it_cannot_reach(sim, watcher: Watcher):
    node = sim(real_time_factor="4.0", rate_hz="2.0")
    watcher.fresh_pair("realsense_d455")
    distances: list[float] = []
    handle = watcher.go(
        0.2, 0.3, 0.5, feedback=lambda m: distances.append(m.feedback.distance_remaining)
    )
    watcher.wait(lambda: distances and min(distances) < max(distances) - 0.3, "feedback")
    assert max(distances) > 1.5
    result = watcher.result(handle.get_result_async(), "arrival")
    assert result.status == GoalStatus.STATUS_SUCCEEDED and result.result.error_code == 0
    watcher.wait_until_at((0.2, 0.3, 0.5), within=0.08)

    chair = next(thing for thing in demo_room().objects if thing.label == "red chair")
    handle = watcher.go(chair.x_m, chair.y_m, 0.0)
    result = watcher.result(handle.get_result_async(), "refusal")
    assert result.status == GoalStatus.STATUS_ABORTED
    assert "occupied by the red chair" in result.result.error_msg
    assert result.result.error_code != 0

    handle = watcher.go(0.0, 0.0, 0.0, frame="kitchen")
    result = watcher.result(handle.get_result_async(), "refusal")
    assert result.status == GoalStatus.STATUS_ABORTED and "'kitchen'" in result.result.error_msg
    watcher.wait_until_at((0.2, 0.3, 0.5), within=0.08)
    assert node.alive, node.output


def test_goals_are_cancelled_and_replaced(sim, watcher: Watcher):
    sim(real_time_factor="2.0", rate_hz="2.0")
    watcher.fresh_pair("realsense_d455")
    first = watcher.go(0.2, 0.3, 0.0)
    moving = lambda: watcher.newest["odom"].twist.twist.linear.x > 0.1  # noqa: E731
    watcher.map_from_base()
    watcher.wait(moving, "the robot to move")
    second = watcher.go(-1.5, 1.5, 1.0)
    replaced = watcher.result(first.get_result_async(), "the end of the first goal")
    assert replaced.status == GoalStatus.STATUS_ABORTED
    assert "newer goal" in replaced.result.error_msg
    watcher.wait(moving, "the robot to move again")
    watcher.result(second.cancel_goal_async(), "the cancel answer")
    cancelled = watcher.result(second.get_result_async(), "the end of the second goal")
    assert cancelled.status == GoalStatus.STATUS_CANCELED
    watcher.wait(lambda: abs(watcher.newest["odom"].twist.twist.linear.x) < 1e-9, "standstill")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_leaves_with_zero_even_on_its_way(sim, watcher: Watcher, number: signal.Signals):
    node = sim(real_time_factor="1.0")
    watcher.fresh_pair("realsense_d455")
    watcher.go(0.2, 0.3, 0.0)
    watcher.wait(lambda: watcher.newest["odom"].twist.twist.linear.x > 0.05, "the robot to move")
    assert node.end(number) == 0, node.output
    assert "Traceback" not in node.output and "terminate called" not in node.output


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"camera": "hubble"}, "camera: expected one of azure_kinect"),
        ({"room": "attic"}, "room: expected 'demo' or 'seed:N'"),
        ({"start_pose": "here"}, "start_pose: expected 'x y yaw'"),
        ({"start_pose": "'90.0 0.0 0.0'"}, "start pose: expected 0.22 m clear"),
        ({"camera_directory": "/nowhere"}, "camera directory: expected a folder"),
    ],
)
def test_bad_parameters_end_it_with_one_line(sim, parameters: dict, message: str):
    node = sim(**parameters)
    assert node.process.wait(30) == 1
    assert message in node.output and "Traceback" not in node.output


def test_a_machine_that_cannot_draw_is_told_so(sim, ros_env: dict[str, str]):
    ros_env["__EGL_VENDOR_LIBRARY_FILENAMES"] = "/nowhere"
    node = sim()
    assert node.process.wait(30) == 1
    assert "simulation ended" in node.output and "EGL" in node.output
