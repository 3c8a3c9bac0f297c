"""`camaware replay` as a process: a real recording, one of our own with TF, and no recording."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from camaware_ros.camera_file import find_camera_files, load_camera_yaml

pytest.importorskip("rclpy", reason="rclpy is not installed")
pytest.importorskip("rosbags", reason="rosbags is not installed")

from rclpy.serialization import serialize_message  # noqa: E402
from rosbags.rosbag2 import StoragePlugin, Writer  # noqa: E402
from rosbags.typesys import Stores, get_typestore  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from camaware_ros.ros.bag import read_camera_bag  # noqa: E402
from camaware_ros.ros.camera_info import info_from_camera  # noqa: E402
from camaware_ros.ros.image_messages import image_from_rgb  # noqa: E402
from camaware_ros.ros.sim_conversions import fixed_frames, moving_frames, time_message  # noqa: E402
from camaware_ros.simulation.render import Quality  # noqa: E402
from camaware_ros.simulation.scenes import demo_room  # noqa: E402
from camaware_ros.simulation.simulator import Simulator  # noqa: E402

SOURCE = Path(__file__).resolve().parents[2] / "src"
ARUCO = Path(__file__).resolve().parents[3] / "shared" / "data" / "bags" / "aruco"


def replay(*words: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "camaware_ros.cli.main", "replay", *map(str, words)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110)


@pytest.fixture(scope="module")
def snapshot_bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four raw pictures of the simulated robot with their camera_info and TF, as sqlite."""
    camera = load_camera_yaml(find_camera_files()["realsense_d455"])
    simulator = Simulator(demo_room(), camera, Quality(shadows=False, samples=0))
    folder = tmp_path_factory.mktemp("bags") / "simulated"
    types = get_typestore(Stores.ROS2_JAZZY)
    with Writer(folder, version=9, storage_plugin=StoragePlugin.SQLITE3) as writer:
        topics = {
            "/tf_static": "tf2_msgs/msg/TFMessage",
            "/tf": "tf2_msgs/msg/TFMessage",
            "/cam/camera_info": "sensor_msgs/msg/CameraInfo",
            "/cam/image_raw": "sensor_msgs/msg/Image",
        }
        channels = {
            topic: writer.add_connection(topic, name, typestore=types)
            for topic, name in topics.items()
        }
        map_from_odom = simulator.robot.map_from_base
        for _ in range(4):
            simulator.step(0.1)
            instant = simulator.snapshot()
            header = Header(
                stamp=time_message(instant.time_s), frame_id=f"{camera.name}_optical_frame"
            )
            messages = (
                fixed_frames(instant),
                moving_frames(instant, map_from_odom),
                info_from_camera(camera.camera, header),
                image_from_rgb(simulator.render(instant), header),
            )
            for channel, message in zip(channels.values(), messages, strict=True):
                time_ns = 10**18 + round(instant.time_s * 1e9)
                writer.write(channel, time_ns, serialize_message(message))
    simulator.close()
    return folder


@pytest.mark.skipif(not ARUCO.is_dir(), reason=f"no real recording at {ARUCO}")
def test_a_real_camera_is_answered_with_warnings() -> None:
    done = replay(ARUCO, "--command", "find the closest box", "--speed", 4)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 pictures were answered" in done.stdout
    assert "462 ms apart" in done.stdout
    warnings = [line for line in done.stdout.splitlines() if "warns" in line]
    assert "outside_trained_range" in warnings[-1]
    assert "mounting unknown" in warnings[-1] and "mounting_unknown" in warnings[-1]
    assert "closest box" in done.stdout and done.stderr == ""


def test_a_recording_with_tf_is_answered_in_the_map(snapshot_bag: Path) -> None:
    bag = read_camera_bag(snapshot_bag)
    assert bag.image_topic == "/cam/image_raw" and bag.info_topic == "/cam/camera_info"
    assert bag.tf_topics == ("/tf", "/tf_static") and bag.gap_s == 0.0
    stamps = [bag.stamp_ns(one) for one in bag.records if one.topic == bag.image_topic]
    assert np.allclose(np.diff(stamps), 1e8)
    done = replay(
        snapshot_bag, "--command", "go to the red chair", "--frame", "map", "--speed", 0.2
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [line for line in done.stdout.splitlines() if "answers" in line]
    assert "red chair" in answers[-1] and "m in map" in answers[-1]
    assert "mounting_unknown" not in done.stdout.splitlines()[-2]


def test_a_command_that_cannot_be_obeyed_is_told_and_it_still_ends(snapshot_bag: Path) -> None:
    done = replay(snapshot_bag, "--command", "find the fridge", "--speed", 4)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "unknown_word: the model does not know 'fridge'" in done.stdout
    assert "0 of 4 pictures were answered" in done.stdout


def test_what_is_no_recording_is_refused_in_one_line(tmp_path: Path, snapshot_bag: Path) -> None:
    def reason(*words: object) -> str:
        done = replay(*words)
        assert done.returncode != 0 and done.stdout == ""
        (line,) = done.stderr.strip().splitlines()
        return line

    assert "expected a folder with metadata.yaml" in reason(tmp_path)
    (tmp_path / "metadata.yaml").write_text("nothing: here\n")
    assert "cannot be read" in reason(tmp_path)
    assert "called /lidar, got none" in reason(snapshot_bag, "--image-topic", "/lidar")
    assert "--speed: expected more than 0" in reason(snapshot_bag, "--speed", 0)
