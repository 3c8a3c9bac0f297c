"""Stamps, clocks and frames: every answer is of its own moment, and what cannot be is named."""

from __future__ import annotations

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from scipy.spatial.transform import Rotation
from shots import CAMERA_AT, OPTICAL, Shot, call, centre, node_arguments, point_camera, transform
from tf2_msgs.msg import TFMessage

IN_BASE = OPTICAL.apply(point_camera(140.0)) + CAMERA_AT
SPREAD = np.diag([0.01, 0.02, 0.03])
MAP_FROM_ODOM = ((5.0, -1.0, 0.0), Rotation.from_euler("z", 1.1))


def stamp_of(seconds: float) -> Time:
    nanoseconds = round(seconds * 1e9)
    return Time(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)


def seconds_of(stamp: Time) -> float:
    return stamp.sec + stamp.nanosec / 1e9


def odom_from_base(seconds: float) -> tuple[np.ndarray, Rotation]:
    """Where the robot is at a moment."""
    place = np.array([0.5 * np.sin(0.7 * seconds), 0.2 * np.cos(seconds), 0.0])
    return place, Rotation.from_euler("z", 0.8 * np.sin(0.6 * seconds))


def in_odom(seconds: float) -> np.ndarray:
    place, turn = odom_from_base(seconds)
    return turn.apply(IN_BASE) + place


def in_map(seconds: float) -> np.ndarray:
    place, turn = MAP_FROM_ODOM
    return turn.apply(in_odom(seconds)) + place


class Robot:
    """Images and TF of a moving robot, at stamps that the test chooses."""

    def __init__(self, rig) -> None:
        self.rig = rig
        self.shot = Shot(rig)
        self.rig.tf_static.publish(
            TFMessage(transforms=[transform("base_footprint", "cam", CAMERA_AT, OPTICAL)])
        )

    def now(self) -> float:
        return self.rig.node.get_clock().now().nanoseconds / 1e9

    def move(self, seconds: float) -> None:
        stamp = stamp_of(seconds)
        self.rig.tf.publish(
            TFMessage(
                transforms=[
                    transform("map", "odom", *MAP_FROM_ODOM, stamp),
                    transform("odom", "base_footprint", *odom_from_base(seconds), stamp),
                ]
            )
        )

    def look(self, seconds: float) -> None:
        stamp = stamp_of(seconds)
        self.rig.infos.publish(self.shot.info(stamp))
        self.rig.images.publish(self.shot.image(stamp))

    def live(self, seconds: float | None = None) -> None:
        seconds = self.now() if seconds is None else seconds
        self.move(seconds)
        self.look(seconds)

    def check(self, truth=in_map, frame: str = "map") -> None:
        """Every detection so far is right at its own stamp."""
        for message in self.rig.detections:
            assert message.header.frame_id == frame
            expected = truth(seconds_of(message.header.stamp))
            np.testing.assert_allclose(centre(message.detections[0]), expected, atol=1e-5)


@pytest.fixture(scope="module")
def shared(module_graph):
    make_rig, start = module_graph
    rig = make_rig()
    node = start(*node_arguments("command:=find the red chair", "tf_timeout_s:=0.05"))
    rig.wait_matched()
    yield Robot(rig)
    assert node.alive, node.output


def test_an_image_from_before_or_after_what_tf_knows_gets_no_answer(shared: Robot) -> None:
    rig = shared.rig

    def early() -> None:
        shared.move(shared.now())
        shared.look(shared.now() - 5.0)

    past = "tf_missing: extrapolation into the past"
    rig.wait(lambda: past in rig.health(), past, early)
    assert not rig.detections
    rig.wait(lambda: len(rig.detections) > 3, "detections", shared.live)
    shared.check()

    def late() -> None:
        shared.move(shared.now())
        shared.look(shared.now() + 5.0)

    future = "tf_missing: extrapolation into the future"
    rig.wait(lambda: future in rig.health(), future, late)
    rig.detections.clear()
    for _ in range(4):
        late()
        rig.spin(0.1)
    assert not rig.detections
    rig.wait(lambda: len(rig.detections) > 3, "detections again", shared.live)
    shared.check()


def test_an_image_without_a_stamp_is_not_given_the_latest_transform(shared: Robot) -> None:
    rig = shared.rig
    rig.detections.clear()

    def unstamped() -> None:
        shared.move(shared.now())
        shared.look(0.0)

    rig.wait(lambda: "the image's stamp is 0" in rig.health(), "reason", unstamped)
    assert all(seconds_of(message.header.stamp) > 0 for message in rig.detections)
    rig.detections.clear()
    rig.wait(lambda: len(rig.detections) > 2, "detections again", shared.live)
    shared.check()


@pytest.mark.parametrize(
    ("output_frame", "frame", "truth", "turn"),
    [
        ("camera", "cam", lambda _: point_camera(140.0), lambda _: Rotation.identity()),
        ("base", "base_footprint", lambda _: IN_BASE, lambda _: OPTICAL),
        ("odom", "odom", in_odom, lambda t: odom_from_base(t)[1] * OPTICAL),
        ("map", "map", in_map, lambda t: MAP_FROM_ODOM[1] * odom_from_base(t)[1] * OPTICAL),
    ],
)
def test_the_output_frame_is_chosen_while_the_node_runs_and_turns_the_covariance(
    shared: Robot, output_frame, frame, truth, turn
) -> None:
    rig = shared.rig
    client = rig.node.create_client(SetParameters, "grounding_node/set_parameters")
    wanted = Parameter("output_frame", value=output_frame).to_parameter_msg()
    (result,) = call(rig, client, SetParameters.Request(parameters=[wanted])).results
    assert result.successful, result.reason

    def there() -> bool:
        return any(message.header.frame_id == frame for message in rig.detections)

    rig.wait(there, frame, shared.live)
    rig.detections.clear()
    rig.wait(lambda: len(rig.detections) > 2, "detections", shared.live)
    shared.check(truth, frame)
    for message in rig.detections:
        matrix = turn(seconds_of(message.header.stamp)).as_matrix()
        covariance = np.array(message.detections[0].results[0].pose.covariance).reshape(6, 6)
        np.testing.assert_allclose(covariance[:3, :3], matrix @ SPREAD @ matrix.T, atol=1e-5)


def test_simulated_time_may_be_missing_jump_and_stand_still(make_rig, start) -> None:
    rig = make_rig()
    node = start(*node_arguments("use_sim_time:=true", "command:=find the red chair"))
    rig.wait_matched()
    robot = Robot(rig)
    clocks = rig.node.create_publisher(Clock, "/clock", 1)
    begun = robot.now()
    offset = 100.0 - begun

    def run() -> None:
        seconds = robot.now() + offset
        clocks.publish(Clock(clock=stamp_of(seconds)))
        robot.live(seconds)

    missing = "no_clock: use_sim_time is true, but nothing has come on /clock"
    rig.wait(lambda: missing in rig.health(), missing)
    rig.wait(lambda: len(rig.detections) > 3, "detections", run)
    rig.wait(lambda: rig.health() == "ok", "health", run)
    robot.check()
    for jump_s, told in ((-40.0, "the clock jumped back by"), (+300.0, "the clock jumped forward")):
        offset += jump_s
        rig.detections.clear()
        rig.wait(lambda told=told: told in rig.health(), told, run)

        def of_now(offset: float = offset) -> bool:
            return any(
                abs(seconds_of(m.header.stamp) - robot.now() - offset) < 20 for m in rig.detections
            )

        rig.wait(of_now, "detections after the jump", run)
        robot.check()
    still = "no_clock: use_sim_time is true, and /clock has stood still"
    rig.wait(lambda: still in rig.health(), still)
    rig.wait(lambda: "no_clock" not in rig.health(), "the clock goes on", run)
    assert node.alive


def test_a_bag_that_starts_over_is_answered_like_the_first_time(running) -> None:
    """Without /clock: stamps of long ago, ten times as fast, and again from the beginning."""
    rig, _, node = running("command:=find the red chair")
    robot = Robot(rig)
    begin, stamps = 1_600_000_000.0, np.arange(0.0, 15.0, 0.5)
    played = iter(())

    def play() -> None:
        nonlocal played
        offset = next(played, None)
        if offset is None:
            played = iter(stamps)
            offset = next(played)
        robot.live(begin + offset)

    for _ in range(2):
        rig.detections.clear()

        def whole() -> bool:
            seen = {round(seconds_of(m.header.stamp) - begin, 1) for m in rig.detections}
            return seen and min(seen) < 3.0 and max(seen) > 12.0

        rig.wait(whole, "a whole play", play)
        robot.check()
    told = "use_sim_time may have to be true"
    rig.wait(lambda: "clocks_differ" in rig.health() and told in rig.health(), told, play)
    rig.wait(lambda: "stamps went back by 14.500 s" in node.output, "the log", play)


def test_two_publishers_of_one_image_topic_are_told(running) -> None:
    rig, shot, _ = running("command:=find the red chair", "output_frame:=camera", "base_frame:=''")
    rig.wait(lambda: rig.health() == "ok", "health", shot)
    kind = type(shot.image(shot.rig.node.get_clock().now().to_msg()))
    other = rig.node.create_publisher(kind, "image", 5)
    told = "several_publishers: more than one publisher on /image"
    rig.wait(lambda: told in rig.health(), told, shot)
    rig.node.destroy_publisher(other)
    rig.wait(lambda: rig.health() == "ok", "health again", shot)
