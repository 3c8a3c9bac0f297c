"""The simulator's messages: frames, axes, stamps, and what a goal may be given in."""

from __future__ import annotations

import math

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped

from camaware_ros.camera_file import find_camera_files, load_camera_yaml
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.ros import sim_conversions as convert
from camaware_ros.ros.conversions import rigid_from_pose, rigid_from_transform
from camaware_ros.ros.sim_settings import pose_from_text
from camaware_ros.simulation.scenes import demo_room
from camaware_ros.simulation.simulator import Simulator

MAP_FROM_ODOM = Rigid3.from_yaw(0.7, np.array([1.0, -2.0, 0.0]))


def snapshot(camera: str = "usb_webcam"):
    simulator = Simulator(demo_room(), load_camera_yaml(find_camera_files()[camera]))
    simulator.reset((-2.0, 0.5, 0.3))
    simulator.time_s = 12.5
    return simulator.snapshot()


def test_frames_chain_from_the_map_to_the_camera():
    instant = snapshot()
    chain = [
        *convert.moving_frames(instant, MAP_FROM_ODOM).transforms,
        *convert.fixed_frames(instant).transforms,
    ]
    links = [(edge.header.frame_id, edge.child_frame_id) for edge in chain]
    assert links == [
        ("map", "odom"), ("odom", "base_footprint"), ("base_footprint", "camera_link"),
        ("camera_link", "usb_webcam_optical_frame"),
    ]  # fmt: skip
    product = Rigid3.identity()
    for edge in chain:
        product = product @ rigid_from_transform(edge.transform)
    np.testing.assert_allclose(product.rotation, instant.map_from_camera.rotation, atol=1e-9)
    np.testing.assert_allclose(product.translation, instant.map_from_camera.translation, atol=1e-9)
    assert all((e.header.stamp.sec, e.header.stamp.nanosec) == (12, 500_000_000) for e in chain)


def test_the_mast_stays_where_it_is_when_the_camera_is_swapped():
    first, second = (convert.fixed_frames(snapshot(name)) for name in ("usb_webcam", "kinect_v1"))
    assert first.transforms[0] == second.transforms[0]
    assert first.transforms[1].child_frame_id != second.transforms[1].child_frame_id


def test_costmap_rows_run_along_x():
    instant = snapshot()
    message = convert.occupancy_grid(instant.costmap, 0.0)
    table = next(thing for thing in instant.room.objects if thing.kind == "table")
    info = message.info
    column = int((table.x_m - info.origin.position.x) / info.resolution)
    row = int((table.y_m - info.origin.position.y) / info.resolution)
    assert message.data[row * info.width + column] == 100
    assert len(message.data) == info.width * info.height
    assert message.header.frame_id == "map" and info.origin.orientation.w == 1.0


def test_true_objects_carry_their_names_and_boxes():
    message = convert.true_objects(demo_room(), 3.0)
    by_name = {d.results[0].hypothesis.class_id: d for d in message.detections}
    assert set(by_name) == {thing.label for thing in demo_room().objects}
    sofa = next(thing for thing in demo_room().objects if thing.kind == "sofa")
    box = by_name["green sofa"].bbox
    assert (box.size.x, box.size.y, box.size.z) == sofa.size_m
    assert by_name["green sofa"].results[0].pose.pose == box.center


@pytest.mark.parametrize("frame", ["", "map", "odom", "base_footprint"])
def test_goals_in_any_known_frame_end_in_the_map(frame: str):
    map_from_base = Rigid3.from_yaw(-0.4, np.array([0.5, 0.25, 0.0]))
    message = PoseStamped()
    message.header.frame_id = frame
    message.pose.position.x, message.pose.position.y = 1.0, 2.0
    message.pose.orientation.z, message.pose.orientation.w = math.sin(0.3), math.cos(0.3)
    goal = convert.goal_pose(message, map_from_base, MAP_FROM_ODOM)
    shift, turn = {
        "odom": (MAP_FROM_ODOM, 0.7), "base_footprint": (map_from_base, -0.4)
    }.get(frame, (Rigid3.identity(), 0.0))  # fmt: skip
    np.testing.assert_allclose(goal.translation, shift.apply(np.array([1.0, 2.0, 0.0])))
    assert goal.yaw_rad == pytest.approx(0.6 + turn)


def test_goals_in_other_frames_are_refused():
    message = PoseStamped()
    message.header.frame_id = "kitchen"
    with pytest.raises(ValueError, match="goal frame: expected map, odom or base_footprint"):
        convert.goal_pose(message, Rigid3.identity(), MAP_FROM_ODOM)


def test_odometry_is_in_odom():
    instant = snapshot()
    message = convert.odometry(instant, MAP_FROM_ODOM)
    map_from_base = MAP_FROM_ODOM @ rigid_from_pose(message.pose.pose)
    np.testing.assert_allclose(map_from_base.translation, [-2.0, 0.5, 0.0], atol=1e-9)
    assert (message.header.frame_id, message.child_frame_id) == ("odom", "base_footprint")


def test_times_do_not_drift_by_rounding():
    stamp = convert.time_message(0.1 * 3)
    assert (stamp.sec, stamp.nanosec) == (0, 300_000_000)
    assert convert.time_message(2.9999999999).sec == 3


@pytest.mark.parametrize(("text", "pose"), [("", None), ("  ", None), ("1 2 3", (1, 2, 3)),
                                            ("1, -2.5, 0", (1, -2.5, 0))])  # fmt: skip
def test_start_poses(text: str, pose):
    assert pose_from_text(text) == pose


@pytest.mark.parametrize("text", ["1 2", "1 2 3 4", "a b c"])
def test_bad_start_poses_are_refused(text: str):
    with pytest.raises(ValueError, match="start_pose: expected 'x y yaw'"):
        pose_from_text(text)
