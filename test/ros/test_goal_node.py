"""goal_node as a process, with a world around it that is real DDS and a real action server."""

from __future__ import annotations

import array
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

pytest.importorskip("rclpy")
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped, TransformStamped
from nav2_msgs.action import NavigateToPose
from nav_msgs.msg import OccupancyGrid
from rcl_interfaces.srv import SetParameters
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import MultiThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from rclpy.time import Time
from rosgraph_msgs.msg import Clock
from std_msgs.msg import String
from std_srvs.srv import Trigger
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection3D, Detection3DArray, ObjectHypothesisWithPose

SIZE = 0.5
RESOLUTION = 0.05
CELLS = 160


class World:
    """A robot on a plane, a chair, a costmap, and a server that drives in a straight line."""

    def __init__(self, domain_id: int) -> None:
        self.robot = np.zeros(2)
        self.thing = np.array([2.5, 0.5])
        self.label, self.score = "red chair", 0.9
        self.tf_on = self.detections_on = self.driving_on = True
        self.age_s = 0.0
        self.sent = 0
        self.doubts: tuple[str, ...] = ()
        self.clock_offset_s: float | None = None
        self.answer = "succeed"
        self.goals: list[PoseStamped] = []
        self.cancelled = 0
        self.statuses: list[dict] = []
        self.poses: list[PoseStamped] = []
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=domain_id)
        self.node = rclpy.create_node("world", context=self.context)
        self._connect(self.node, ReentrantCallbackGroup())
        self.executor = MultiThreadedExecutor(4, context=self.context)
        self.executor.add_node(self.node)
        self._thread = threading.Thread(target=self.executor.spin)
        self._thread.start()

    def _connect(self, node, group) -> None:
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._costmaps = node.create_publisher(OccupancyGrid, "costmap", latched)
        self._commands = node.create_publisher(String, "command", 10)
        self._detections = node.create_publisher(Detection3DArray, "detections_3d", 10)
        self._tf = node.create_publisher(TFMessage, "/tf", 100)
        self._clocks = node.create_publisher(Clock, "/clock", 1)
        node.create_subscription(String, "goal_status", self._on_status, latched)
        node.create_subscription(PoseStamped, "goal_pose", self.poses.append, 10)
        self._cancel = node.create_client(Trigger, "cancel")
        self._server = ActionServer(
            node,
            NavigateToPose,
            "navigate_to_pose",
            execute_callback=self._drive,
            goal_callback=self._on_goal,
            cancel_callback=self._on_cancel,
            callback_group=group,
        )
        node.create_timer(0.1, self.publish, callback_group=group)

    def _on_status(self, message: String) -> None:
        self.statuses.append(json.loads(message.data))

    def _on_goal(self, _) -> GoalResponse:
        return GoalResponse.REJECT if self.answer == "reject" else GoalResponse.ACCEPT

    def _on_cancel(self, _) -> CancelResponse:
        self.cancelled += 1
        return CancelResponse.ACCEPT

    def _drive(self, handle) -> NavigateToPose.Result:
        """Towards the newest goal; an older one is aborted, as Nav2 preempts."""
        self.goals.append(handle.request.pose)
        mine = len(self.goals)
        target = handle.request.pose.pose.position
        if self.answer == "abort":
            handle.abort()
            return NavigateToPose.Result(error_msg="the road is closed", error_code=208)
        while mine == len(self.goals) and self.context.ok():
            if handle.is_cancel_requested:
                handle.canceled()
                return NavigateToPose.Result()
            away = np.array([target.x, target.y]) - self.robot
            if np.linalg.norm(away) < 0.05:
                settled = self.sent + 3  # TF of the last place is out before success is told
                while self.sent < settled and self.detections_on and self.context.ok():
                    time.sleep(0.02)
                handle.succeed()
                return NavigateToPose.Result()
            if self.driving_on:
                self.robot = self.robot + away / np.linalg.norm(away) * 0.05
            time.sleep(0.02)
        handle.abort()
        return NavigateToPose.Result()

    def publish(self) -> None:
        """What a robot sees now: TF and detections of one stamp, relative to the robot."""
        now = self.node.get_clock().now()
        if self.clock_offset_s is not None:
            now = Time(nanoseconds=now.nanoseconds + round(self.clock_offset_s * 1e9))
            self._clocks.publish(Clock(clock=now.to_msg()))
        robot = self.robot
        if self.tf_on:
            transform = TransformStamped(child_frame_id="base_footprint")
            transform.header.frame_id, transform.header.stamp = "map", now.to_msg()
            transform.transform.translation.x = float(robot[0])
            transform.transform.translation.y = float(robot[1])
            transform.transform.rotation.w = 1.0
            self._tf.publish(TFMessage(transforms=[transform]))
        if self.detections_on:
            stamp = (now - rclpy.duration.Duration(seconds=self.age_s)).to_msg()
            self._detections.publish(self._seen(self.thing - robot, stamp))
            self.sent += 1

    def _seen(self, place: np.ndarray, stamp) -> Detection3DArray:
        result = ObjectHypothesisWithPose()
        result.hypothesis.class_id, result.hypothesis.score = self.label, self.score
        detection = Detection3D(results=[result])
        for doubt in self.doubts:
            further = ObjectHypothesisWithPose()
            further.hypothesis.class_id = f"outside_trained_range: {doubt}"
            detection.results.append(further)
        position = detection.bbox.center.position
        position.x, position.y, position.z = float(place[0]), float(place[1]), SIZE / 2
        size = detection.bbox.size
        size.x = size.y = size.z = SIZE
        result.pose.pose = detection.bbox.center
        covariance = np.zeros((6, 6))
        covariance[:3, :3] = 0.01 * np.eye(3)
        result.pose.covariance = covariance.ravel()
        array_message = Detection3DArray(detections=[detection])
        for header in (array_message.header, detection.header):
            header.stamp, header.frame_id = stamp, "base_footprint"
        return array_message

    def costmap(
        self,
        walls: tuple[tuple[float, float, float, float], ...] = (),
        value: int = 100,
        change: Callable[[OccupancyGrid], None] = lambda _: None,
    ) -> None:
        """Eight by eight metres around the origin, with rectangles (x0, x1, y0, y1) filled."""
        data = np.zeros((CELLS, CELLS), np.int8)
        cell = lambda metres: round((metres + CELLS * RESOLUTION / 2) / RESOLUTION)  # noqa: E731
        for x0, x1, y0, y1 in walls:
            data[cell(y0) : cell(y1), cell(x0) : cell(x1)] = value
        message = OccupancyGrid(data=array.array("b", data.tobytes()))
        message.header.frame_id = "map"
        message.info.width = message.info.height = CELLS
        message.info.resolution = RESOLUTION
        message.info.origin.position.x = message.info.origin.position.y = -CELLS * RESOLUTION / 2
        message.info.origin.orientation.w = 1.0
        change(message)
        self._costmaps.publish(message)

    def command(self, text: str) -> None:
        self._commands.publish(String(data=text))

    def call_cancel(self) -> Trigger.Response:
        future = self._cancel.call_async(Trigger.Request())
        self.wait(future.done, "the cancel service")
        return future.result()

    def wait(self, condition: Callable[[], object], what: str, timeout_s: float = 40.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            last = self.statuses[-1:] or "no status"
            assert time.monotonic() < deadline, f"waited in vain for {what}; last: {last}"
            time.sleep(0.02)

    def wait_status(self, state: str, code: str) -> dict:
        def there() -> bool:
            last = self.statuses[-1] if self.statuses else {}
            return (last.get("state"), last.get("code")) == (state, code)

        self.wait(there, f"{state} {code}")
        return self.statuses[-1]

    def wait_matched(self) -> None:
        outputs = (self._costmaps, self._commands, self._detections, self._tf)
        self.wait(lambda: all(out.get_subscription_count() for out in outputs), "subscriptions")
        self.wait(lambda: self.node.count_publishers("goal_pose"), "goal_pose")
        self.wait(self._cancel.service_is_ready, "the cancel service")
        self.wait_status("idle", "NO_COMMAND")

    def wait_more_detections(self, count: int = 8) -> None:
        goal = self.sent + count
        self.wait(lambda: self.sent >= goal, "more detections")

    def close(self) -> None:
        self.context.try_shutdown()
        self.executor.shutdown()
        self._thread.join()
        self.node.destroy_node()


@pytest.fixture
def world(ros_env: dict[str, str], domain_id: int) -> Iterator[World]:
    the_world = World(domain_id)
    yield the_world
    the_world.close()


@pytest.fixture
def run(world: World, start):
    """Starts the node with parameters and waits until everything is matched."""

    def begin(*parameters: str, send: bool = True):
        flags = [part for parameter in parameters for part in ("-p", parameter)]
        process = start(
            "-m", "camaware_ros.ros.goal_node", "--ros-args", "-p", f"send_goals:={send}", *flags
        )
        world.wait_matched()
        return process

    return begin


def distance_to_thing(world: World, x: float, y: float) -> float:
    outside = np.abs(np.array([x, y]) - world.thing) - SIZE / 2
    return float(np.linalg.norm(outside.clip(0)))


def test_publishers_that_it_cannot_hear_are_told_with_the_fix(run, world: World) -> None:
    """A map that is not latched, commands of best effort; and well again when others are heard."""
    told: list[str] = []
    group = ReentrantCallbackGroup()
    world.node.create_subscription(
        DiagnosticArray,
        "/diagnostics",
        lambda m: told.extend(s.message for s in m.status if s.name == "/goal_node"),
        10,
        callback_group=group,
    )
    wrong = [
        world.node.create_publisher(OccupancyGrid, "costmap", 1),
        world.node.create_publisher(String, "command", qos_profile_sensor_data),
    ]
    run()
    for text in (
        "qos_incompatible: a publisher of /costmap is volatile, which is less than this node asks "
        "for: publish it transient local",
        "qos_incompatible: a publisher of /command is best effort, which is less than this node "
        "asks for: publish it reliable",
    ):
        world.wait(lambda text=text: told and text in told[-1], text)
    for publisher in wrong:
        world.node.destroy_publisher(publisher)
    world.costmap()
    world.command("go to the red chair")
    world.wait_status("arrived", "OK")
    world.wait(lambda: told[-1] == "ok", "health")


def test_the_robot_ends_at_the_stand_off_facing_the_thing(run, world: World) -> None:
    node = run()
    world.costmap()
    world.command("Go to the red chair!")
    status = world.wait_status("arrived", "OK")
    assert distance_to_thing(world, *world.robot) == pytest.approx(0.8, abs=0.3)
    assert status["target"] == "red chair" and "arrival" in status["reason"]
    assert status["distance_m"] == pytest.approx(distance_to_thing(world, *world.robot), abs=0.1)
    pose = world.goals[-1].pose
    yaw = 2 * np.arctan2(pose.orientation.z, pose.orientation.w)
    away = world.thing - [pose.position.x, pose.position.y]
    assert abs(np.angle(np.exp(1j * (np.arctan2(away[1], away[0]) - yaw)))) < np.radians(15)
    assert world.goals[-1].header.frame_id == "map"
    assert "driving" in [status["state"] for status in world.statuses]
    assert node.end(signal.SIGINT) == 0, node.output
    assert "Traceback" not in node.output


def test_a_question_on_the_way_does_not_stop_the_drive(run, world: World) -> None:
    run()
    world.driving_on = False
    world.costmap()
    world.command("go to the red chair")
    world.wait_status("driving", "OK")
    world.command("how far is the blue table?")
    world.wait_more_detections()
    world.driving_on = True
    world.wait_status("arrived", "OK")
    assert world.cancelled == 0


def no_goal(world: World) -> None:
    world.wait_more_detections()
    assert world.goals == [] and world.poses == []


def test_a_thing_that_is_hardly_there_gets_no_goal(run, world: World) -> None:
    run()
    world.score = 0.2
    world.costmap()
    world.command("go to the red chair")
    assert "0.20" in world.wait_status("looking", "LOW_SCORE")["reason"]
    no_goal(world)


def test_without_tf_there_is_no_goal_until_it_comes(run, world: World) -> None:
    run()
    world.tf_on = False
    world.robot = np.array([0.3, 0.0])
    time.sleep(0.3)
    world.costmap()
    world.command("go to the red chair")
    world.wait_status("looking", "NO_TF")
    no_goal(world)
    world.tf_on = True
    world.wait_status("arrived", "OK")


def test_without_a_costmap_there_is_no_goal_until_it_comes(run, world: World) -> None:
    run()
    world.command("go to the red chair")
    world.wait_status("looking", "NO_COSTMAP")
    no_goal(world)
    world.costmap()
    world.wait_status("arrived", "OK")


@pytest.mark.parametrize("value", [100, -1])
def test_an_occupied_or_unknown_near_side_moves_the_goal(run, world: World, value: int) -> None:
    run()
    wall = (1.0, 1.9, -0.4, 1.4)
    world.costmap((wall,), value)
    world.command("go to the red chair")
    world.wait(lambda: world.goals, "a goal")
    place = world.goals[0].pose.position
    assert not (wall[0] < place.x < wall[1] and wall[2] < place.y < wall[3])
    assert distance_to_thing(world, place.x, place.y) == pytest.approx(0.8, abs=0.25)


def test_a_thing_behind_a_wall_is_unreachable(run, world: World) -> None:
    run()
    world.costmap(((1.0, 1.1, -4.0, 4.0),))
    world.command("go to the red chair")
    world.wait_status("looking", "UNREACHABLE")
    no_goal(world)


@pytest.mark.parametrize("how", ["stop", "find the blue table", "fly away", "service"])
def test_stopping_in_any_way_cancels_driving(run, world: World, how: str) -> None:
    run()
    world.driving_on = False
    world.costmap()
    world.command("go to the red chair")
    world.wait_status("driving", "ON_COURSE")
    if how == "service":
        assert world.call_cancel().success
    else:
        world.command(how)
    expected = {"find the blue table": ("idle", "NOT_GO"), "fly away": ("failed", "NO_VERB")}
    world.wait_status(*expected.get(how, ("stopped", "STOPPED")))
    world.wait(lambda: world.cancelled, "the cancel request")
    world.wait_more_detections()
    assert len(world.goals) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_node_that_is_ended_does_not_leave_a_robot_driving(run, world: World, number) -> None:
    node = run()
    world.driving_on = False
    world.costmap()
    world.command("go to the red chair")
    world.wait_status("driving", "ON_COURSE")
    assert node.end(number) == 0, node.output
    world.wait(lambda: world.cancelled, "the cancel request")


def test_a_thing_that_moves_gets_a_new_goal(run, world: World) -> None:
    run()
    world.driving_on = False
    world.costmap()
    world.command("go to the red chair")
    world.wait_status("driving", "ON_COURSE")
    world.thing = np.array([1.0, -2.5])
    world.wait(lambda: len(world.goals) > 1, "a second goal")
    world.driving_on = True
    world.wait_status("arrived", "OK")
    assert distance_to_thing(world, *world.robot) == pytest.approx(0.8, abs=0.3)
    assert world.cancelled == 0


def test_with_sending_off_the_goal_is_only_shown(run, world: World) -> None:
    run(send=False)
    world.costmap()
    world.command("go to the red chair")
    world.wait_status("ready", "ON_COURSE")
    world.wait(lambda: world.poses, "goal_pose")
    world.wait_more_detections()
    assert world.goals == []
    place = world.poses[0].pose.position
    assert distance_to_thing(world, place.x, place.y) == pytest.approx(0.8, abs=0.25)


def test_another_thing_is_never_driven_to(run, world: World) -> None:
    run()
    world.label = "blue chair"
    world.costmap()
    world.command("go to the red chair")
    world.wait_more_detections()
    world.wait_status("looking", "NOT_SEEN")
    no_goal(world)


def test_pictures_from_before_the_command_do_not_count(run, world: World) -> None:
    run()
    world.age_s = 60.0
    world.costmap()
    world.command("go to the red chair")
    world.wait_status("looking", "STALE")
    no_goal(world)


def test_silence_is_named_and_ends_the_order(run, world: World) -> None:
    run("give_up_s:=5.0", "max_look_age_s:=1.0")
    world.detections_on = False
    world.costmap()
    world.command("go to the red chair")
    world.wait_status("looking", "NO_DETECTIONS")
    assert "NO_DETECTIONS" in world.wait_status("failed", "GAVE_UP")["reason"]
    world.detections_on = True
    no_goal(world)


@pytest.mark.parametrize(
    ("answer", "code", "reason"),
    [
        ("abort", "NAVIGATION_ABORTED", "the road is closed"),
        ("reject", "GOAL_REJECTED", "refused"),
    ],
)
def test_a_navigation_that_fails_says_so(
    run, world: World, answer: str, code: str, reason: str
) -> None:
    run()
    world.answer = answer
    world.costmap()
    world.command("go to the red chair")
    assert reason in world.wait_status("failed", code)["reason"]
    goals = len(world.goals)
    world.wait_more_detections()
    assert len(world.goals) == goals


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda message: setattr(message.header, "frame_id", "odom"), "'map', got 'odom'"),
        (lambda message: setattr(message.info, "width", CELLS + 1), "cells, got"),
        (lambda message: setattr(message.info, "resolution", 0.0), "resolution_m"),
        (lambda message: setattr(message.info.origin.orientation, "w", 0.0), "quaternion"),
    ],
)
def test_a_costmap_that_is_none_is_named_and_a_good_one_heals(
    run, world: World, change: Callable[[OccupancyGrid], None], reason: str
) -> None:
    run()
    world.costmap(change=change)
    world.command("go to the red chair")
    assert reason in world.wait_status("looking", "BAD_COSTMAP")["reason"]
    no_goal(world)
    world.costmap()
    world.wait(lambda: world.goals, "a goal")


def test_a_very_long_command_is_refused_and_the_node_lives_on(run, world: World) -> None:
    node = run()
    world.costmap()
    world.command("go to the red chair " * 500)
    assert "500" in world.wait_status("failed", "TOO_LONG")["reason"]
    world.command("go to the red chair")
    world.wait_status("arrived", "OK")
    assert node.end(signal.SIGTERM) == 0, node.output


def test_contradicting_parameters_keep_the_node_alive_but_not_active(world: World, start) -> None:
    node = start(
        "-m", "camaware_ros.ros.goal_node", "--ros-args",
        "-p", "stand_off_m:=0.2", "-p", "stand_off_tolerance_m:=0.5",
    )  # fmt: skip
    world.wait(lambda: "tolerance_m" in node.output, "the reason in the log")
    assert node.alive
    assert node.end(signal.SIGTERM) == 0, node.output


def set_parameter(world: World, name: str, value: object) -> str:
    """Why it was refused; empty where it was set."""
    client = world.node.create_client(SetParameters, "goal_node/set_parameters")
    world.wait(client.service_is_ready, "the parameter service")
    parameter = Parameter(name, value=value).to_parameter_msg()
    future = client.call_async(SetParameters.Request(parameters=[parameter]))
    world.wait(future.done, "the parameter service")
    (result,) = future.result().results
    return "" if result.successful else result.reason


def test_a_thing_outside_of_the_trained_range_is_not_driven_to_unless_told(run, world) -> None:
    node = run()
    world.costmap()
    world.doubts = ("fisheye field 183 deg is outside the trained 38 to 158 deg",)
    world.command("go to the red chair")
    status = world.wait_status("looking", "OUTSIDE_TRAINED_RANGE")
    assert "183 deg" in status["reason"]
    no_goal(world)
    assert set_parameter(world, "trust_outside_trained_range", True) == ""
    world.wait_status("arrived", "OK")
    assert node.end() == 0, node.output


def test_driving_is_switched_on_and_off_while_the_node_runs(run, world: World) -> None:
    run(send=False)
    world.costmap()
    world.command("go to the red chair")
    world.wait(lambda: world.statuses[-1]["state"] == "ready", "ready")
    assert world.goals == [] and world.poses
    assert set_parameter(world, "send_goals", True) == ""
    world.wait(lambda: len(world.goals) == 1, "the goal")
    world.driving_on = False
    assert set_parameter(world, "send_goals", False) == ""
    world.wait(lambda: world.cancelled == 1, "the end of the drive")
    world.wait(lambda: world.statuses[-1]["state"] == "ready", "ready again")
    assert len(world.goals) == 1
    assert "tolerance_m: expected" in set_parameter(world, "stand_off_tolerance_m", 3.0)
    assert "read-only" in set_parameter(world, "autostart", False)
    assert "read when the node is configured" in set_parameter(world, "fixed_frame", "odom")


def test_an_order_that_came_before_the_clock_is_not_given_up_when_time_begins(run, world) -> None:
    world.tf_on = world.detections_on = False
    run("use_sim_time:=true")
    world.costmap()
    world.command("go to the red chair")
    world.wait_status("looking", "NOT_SEEN")
    world.clock_offset_s = 500.0 - time.time()
    world.wait_status("looking", "NO_DETECTIONS")
    world.tf_on = world.detections_on = True
    world.wait_status("arrived", "OK")
    assert "GAVE_UP" not in [status["code"] for status in world.statuses]


def test_a_clock_that_goes_back_stops_the_robot_and_begins_the_order_anew(run, world) -> None:
    world.clock_offset_s = 500.0 - time.time()
    run("use_sim_time:=true")
    world.costmap()
    world.driving_on = False
    world.command("go to the red chair")
    world.wait(lambda: world.goals, "the goal")
    world.clock_offset_s -= 100.0
    world.wait(lambda: world.cancelled == 1, "the robot's stop")
    world.wait(
        lambda: "CLOCK_JUMPED" in [status["code"] for status in world.statuses], "the reason"
    )
    world.driving_on = True
    world.wait_status("arrived", "OK")
    assert len(world.goals) >= 2
