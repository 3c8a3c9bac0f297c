"""The simulator as a whole, without ROS: driving, drives to goals, swaps, pictures."""

from __future__ import annotations

import math

import numpy as np
import pytest

from camaware_ros.camera_file import CameraFile, find_camera_files, load_camera_yaml
from camaware_ros.simulation.render import Quality
from camaware_ros.simulation.robot import Twist
from camaware_ros.simulation.scenes import demo_room, random_room
from camaware_ros.simulation.simulator import DEFAULT_MOUNTING, Simulator

FILES = find_camera_files()
CAMERA = load_camera_yaml(FILES["realsense_d435i"])


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(demo_room(), CAMERA, Quality(shadows=False, samples=0))


def run(simulator: Simulator, seconds: float) -> None:
    for _ in range(round(seconds / 0.02)):
        simulator.step(0.02)


def test_it_arrives_and_the_way_gets_shorter(simulator: Simulator):
    ticket = simulator.drive_to((0.2, 0.3, 1.0))
    left = [simulator.drive(ticket).remaining_m]
    for _ in range(60):
        run(simulator, 0.5)
        left.append(simulator.drive(ticket).remaining_m)
    drive = simulator.drive(ticket)
    assert drive.state == "arrived" and drive.remaining_m < 0.1
    assert left[0] > 2.5 and np.all(np.diff(left) < 0.05)
    robot = simulator.robot
    assert math.hypot(robot.x_m - 0.2, robot.y_m - 0.3) < 0.08
    assert robot.yaw_rad == pytest.approx(1.0, abs=0.05)
    assert simulator.time_s == pytest.approx(30.0)


def test_goals_in_things_are_refused_and_the_drive_goes_on(simulator: Simulator):
    ticket = simulator.drive_to((0.2, 0.3, 0.0))
    with pytest.raises(ValueError, match="occupied by the blue table"):
        simulator.drive_to((0.95, -1.25, 0.0))
    assert simulator.drive(ticket).state == "driving"


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda s: s.drive_to((-1.5, 1.5, 0.0)), "replaced by a newer goal"),
        (lambda s: s.command(Twist(forward_mps=0.1)), "driven by hand"),
        (lambda s: s.stop("cancelled"), "cancelled"),
        (lambda s: s.reset(), "put elsewhere"),
        (lambda s: s.set_room(random_room(1)), "room was changed"),
    ],
)
def test_what_ends_a_drive_is_told(simulator: Simulator, act, reason: str):
    ticket = simulator.drive_to((0.2, 0.3, 0.0))
    run(simulator, 1.0)
    act(simulator)
    assert simulator.drive(ticket).state == "failed"
    assert reason in simulator.drive(ticket).reason


def test_an_idle_joystick_does_not_end_a_drive(simulator: Simulator):
    ticket = simulator.drive_to((0.2, 0.3, 0.0))
    simulator.command(Twist())
    assert simulator.drive(ticket).state == "driving"


def test_driving_by_hand_stops_by_itself(simulator: Simulator):
    simulator.command(Twist(forward_mps=0.4))
    run(simulator, 0.4)
    assert simulator.robot.twist.forward_mps > 0.3
    run(simulator, 1.0)
    assert simulator.robot.twist.forward_mps == 0.0
    assert simulator.robot.x_m > demo_room().start[0] + 0.1


def test_a_robot_that_is_held_gives_up(simulator: Simulator):
    """Something that the map does not know of stands in the way."""
    ticket = simulator.drive_to((0.2, 0.3, 0.0))
    chair = demo_room().objects[0]
    start = demo_room().start
    in_the_way = type(chair)(
        kind="box", colour="red", x_m=start[0] + 0.8, y_m=start[1], yaw_rad=0.0,
        size_m=(0.4, 2.0, 0.4),
    )  # fmt: skip
    room = demo_room()
    simulator.room = type(room)(
        name="x", length_m=7, width_m=6, height_m=2.6, objects=(in_the_way,), start=start
    )
    run(simulator, 10.0)
    assert simulator.drive(ticket).state == "failed"
    assert "stuck" in simulator.drive(ticket).reason


def test_reset_refuses_places_that_are_taken(simulator: Simulator):
    before = simulator.robot
    with pytest.raises(ValueError, match="start pose: expected 0.22 m clear of everything"):
        simulator.reset((0.95, -1.25, 0.0))
    with pytest.raises(ValueError, match="start pose"):
        simulator.reset((0.0, 0.0, math.nan))
    assert simulator.robot == before


def test_pictures_follow_camera_room_and_robot(simulator: Simulator):
    first = simulator.render()
    assert first.shape == (480, 640, 3)
    simulator.camera = load_camera_yaml(FILES["gopro_hero9_wide"])
    assert simulator.render().shape == (380, 676, 3)
    simulator.camera = CAMERA
    np.testing.assert_array_equal(simulator.render(), first)
    simulator.reset((-2.0, 0.0, 0.5))
    assert np.abs(simulator.render().astype(int) - first).mean() > 5
    simulator.set_room(random_room(5))
    other = simulator.render()
    assert np.abs(other.astype(int) - first).mean() > 5
    assert set(np.unique(simulator.truth().instance)) <= set(range(len(simulator.room.objects) + 1))
    simulator.close()


def test_an_old_snapshot_still_shows_its_own_instant(simulator: Simulator):
    instant = simulator.snapshot()
    before = simulator.render(instant)
    simulator.command(Twist(turn_rps=1.0))
    run(simulator, 1.0)
    np.testing.assert_array_equal(simulator.render(instant), before)
    simulator.close()


def test_a_camera_without_mounting_is_carried_somewhere_sensible():
    camera = CameraFile(name="bare", camera=CAMERA.camera)
    simulator = Simulator(demo_room(), camera)
    pose = simulator.snapshot().map_from_camera
    assert pose.translation[2] == pytest.approx(DEFAULT_MOUNTING.height_m)
    ahead = pose.rotation[:, 2]
    assert math.asin(-ahead[2]) == pytest.approx(DEFAULT_MOUNTING.pitch_down_rad)
