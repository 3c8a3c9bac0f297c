"""One camera after another on the same topics of one running node, at a steady rate.

    python -m camaware_ros.ros.calibration_run CALIBRATIONS.json --json OUT.json

Real calibrations, pictures rendered through each, one command for all. Every answer is judged
under the camera of its own stamp. Then again with the K of other cameras, which must be noticed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vision_msgs.msg import Detection3DArray

from camaware_ros.camera_file import CarriedAt
from camaware_ros.evaluation.calibration_views import (
    FIRST_ROOM,
    Calibration,
    Shown,
    read_calibrations,
    rooms_with,
    shown_to,
)
from camaware_ros.evaluation.camera_agreement import Said, agreement, dropped_at_switches
from camaware_ros.evaluation.hardware import hardware
from camaware_ros.grounder import Grounder
from camaware_ros.ros.calibration_player import CalibrationPlayer, Sent
from camaware_ros.ros.domain import claimed_domain
from camaware_ros.ros.environment import ros_environment
from camaware_ros.ros.processes import NodeProcess, check_alive, node_command, running
from camaware_ros.types import Mounting, Observation

CAMERAS = (
    ("Intel RealSense D435i colour 640x480", 1),
    ("Intel RealSense T265 fisheye", 1),
    ("Raspberry Pi camerav2_1280x960", 1),
    ("GoPro Hero9 2.7k max-lens fisheye (UMI)", 4),
    ("Kinect v1 (TUM fr1 RGB)", 1),
    ("Azure Kinect colour 4096x3072", 4),
    ("DJI/Ryze Tello drone", 1),
    ("USB webcam (usb_cam default)", 1),
    ("Intel RealSense D455 colour", 1),
    ("KITTI cam2", 1),
)
"""Names and binnings; half the list on stands a camera with quite another K, for the control."""

HELD = CarriedAt(height_m=0.8, pitch_down_rad=0.2, forward_m=0.1)
THING = "red ball"
MIN_PRESENCE = 0.5


def run(
    calibrations: Sequence[Calibration],
    *,
    views: int = 10,
    frames: int = 15,
    rounds: int = 2,
    rate_hz: float = 10.0,
    backend: str = "auto",
    model_dir: Path | None = None,
) -> dict[str, Any]:
    """Switch through the cameras while one node runs, and judge every answer.

    Args:
        calibrations: two or more.
        views: different pictures per camera.
        frames: published per camera before the next one comes.
        rounds: times through all cameras.
        rate_hz: pictures per second.
        backend: what runs the network.
        model_dir: the shipped model where not given.

    Returns:
        A record for JSON: settings, agreement per camera, dropped pictures, and the same for the
        control, in which every camera is sent with the K of another.

    Raises:
        RuntimeError: the node died or does not answer.
    """
    shown = shown_to(calibrations, HELD, THING, rooms_with(THING, views))
    direct = _direct_answers(calibrations, shown, model_dir)
    turns = [(k, i % len(shown[k])) for k in range(len(shown)) for i in range(frames)]
    with _node(backend, model_dir) as processes:
        player = CalibrationPlayer(calibrations, shown, HELD.base_from_camera)
        try:
            player.wait_for_answers(f"find the {THING}", processes)
            sent = player.play(turns * rounds, rate_hz)
            control = player.play(turns, rate_hz, other=len(calibrations) // 2)
        finally:
            player.close()
        check_alive(processes)
    answered = [one.stamp_ns in player.answers for one in sent]
    drops = dropped_at_switches([one.camera for one in sent], answered)
    return {
        "thing": THING, "views": views, "rate_hz": rate_hz, "pictures": len(sent),
        "unanswered": answered.count(False), "switches": len(drops),
        "dropped_at_a_switch_most": max(drops), "dropped_at_all_switches": sum(drops),
        "load_average": round(os.getloadavg()[0], 1),
        **_judged(calibrations, shown, direct, sent, player.answers),
        "control": _judged(calibrations, shown, direct, control, player.answers),
    }  # fmt: skip


@contextmanager
def _node(backend: str, model_dir: Path | None) -> Iterator[list[NodeProcess]]:
    """A grounding_node in a domain of its own."""
    parameters = {
        "backend": backend, "model_dir": str(model_dir or ""), "output_frame": "camera",
        "min_presence": MIN_PRESENCE,
    }  # fmt: skip
    with claimed_domain() as domain, tempfile.TemporaryDirectory(prefix="camaware_") as logs:
        own = {"ROS_DOMAIN_ID": str(domain), "OMP_NUM_THREADS": "1"}
        os.environ.update({**ros_environment(os.environ), **own})
        command = node_command("grounding_node", parameters)
        with running({"grounding_node": command}, os.environ, Path(logs)) as processes:
            yield processes


def _direct_answers(
    calibrations: Sequence[Calibration], shown: Sequence[Sequence[Shown]], model_dir: Path | None
) -> list[list[NDArray[np.float64] | None]]:
    """Centres that the model itself gives for every picture with its own camera."""
    grounder = Grounder.load(model_dir)
    mounting = Mounting.from_pose(HELD.base_from_camera)
    try:
        return [
            [
                found.box.center if found.presence >= MIN_PRESENCE else None
                for view in views
                for found in grounder.ground(
                    Observation(image=view.image, camera=calibration.seen, mounting=mounting),
                    [THING],
                ).localizations
            ]
            for calibration, views in zip(calibrations, shown, strict=True)
        ]
    finally:
        grounder.close()


def _judged(
    calibrations: Sequence[Calibration],
    shown: Sequence[Sequence[Shown]],
    direct: Sequence[Sequence[NDArray[np.float64] | None]],
    sent: Sequence[Sent],
    answers: dict[int, Detection3DArray],
) -> dict[str, Any]:
    """Agreement per camera, and whether all agree."""
    said: list[list[Said]] = [[] for _ in calibrations]
    for one in sent:
        if one.stamp_ns in answers:
            said[one.camera].append(
                Said(
                    center=_center(answers[one.stamp_ns]),
                    truth=shown[one.camera][one.view].center,
                    direct=direct[one.camera][one.view],
                )
            )
    rows = [
        agreement(some, calibration.seen.hfov_rad)
        for some, calibration in zip(said, calibrations, strict=True)
    ]
    return {
        "agree": all(row.agrees for row in rows),
        "agreeing_cameras": sum(row.agrees for row in rows),
        "cameras": {c.name: row.to_dict() for c, row in zip(calibrations, rows, strict=True)},
    }


def _center(message: Detection3DArray) -> NDArray[np.float64] | None:
    if not message.detections:
        return None
    position = message.detections[0].bbox.center.position
    return np.array([position.x, position.y, position.z])


def main(argv: Sequence[str]) -> int:
    """0 where every camera agrees, no switch costs more than a picture, and the control fails."""
    parser = argparse.ArgumentParser(prog="calibration_run", description=__doc__)
    parser.add_argument("calibrations", type=Path, help="JSON list of camera calibrations")
    parser.add_argument("--json", type=Path, help="where the record goes")
    parser.add_argument("--model", type=Path, help="folder of the model")
    arguments = parser.parse_args(argv)
    calibrations = read_calibrations(arguments.calibrations, CAMERAS)
    record = {
        "command": "python -m camaware_ros.ros.calibration_run CALIBRATIONS.json",
        "seed": FIRST_ROOM,
        "hardware": hardware(),
        **run(calibrations, model_dir=arguments.model),
    }
    text = json.dumps(record, indent=1)
    if arguments.json:
        arguments.json.write_text(text + "\n", encoding="utf-8")
    print(text)
    good = record["agree"] and record["dropped_at_a_switch_most"] <= 1
    return 0 if good and not record["control"]["agree"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
