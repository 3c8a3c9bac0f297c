"""`camaware replay`: a recording of a real camera goes through the running node, over DDS.

Starts a grounding_node for it, or uses the one that runs already; prints what it answers and what
it warns of.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_READY_S, _ANSWER_S = 60.0, 12.0
_SLOP_S = 0.02


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `camaware replay`."""
    parser.add_argument("bag", type=Path, help="folder of a rosbag2, mcap or sqlite")
    parser.add_argument(
        "--command", default="find the closest thing", help="(default: %(default)s)"
    )
    parser.add_argument(
        "--speed", type=float, default=1.0,
        help="recorded seconds per real one (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--image-topic", default="", help="where the bag has several cameras")
    parser.add_argument(
        "--frame", default="camera",
        help="frame of the answers; needs TF in the bag unless it is 'camera' (the default)",
    )  # fmt: skip
    parser.add_argument(
        "--no-node", action="store_true", help="use a grounding_node that runs in this ROS domain"
    )
    parser.add_argument("--backend", default="auto", help="auto, tensorrt, onnx or torch")
    parser.add_argument("--model", type=Path, help="of the node (default: the shipped one)")


def run(arguments: argparse.Namespace) -> int:
    """Play the bag; 0 where all was played and the node lived."""
    if not arguments.speed > 0:
        raise ValueError(f"--speed: expected more than 0, got {arguments.speed}")
    from camaware_ros.ros.environment import ros_environment

    os.environ.update(ros_environment(os.environ))
    from camaware_ros.ros.bag import read_camera_bag
    from camaware_ros.ros.processes import check_alive, end_all
    from camaware_ros.ros.replayer import Replayer

    began_s = time.monotonic()

    def tell(what: str, text: str) -> None:
        print(f"{time.monotonic() - began_s:6.1f} s  {what:9}{text}", flush=True)

    bag = read_camera_bag(arguments.bag, arguments.image_topic)
    for line in _summary(bag):
        tell("bag", line)
    with (
        _node(arguments, bag) as processes,
        Replayer(bag, tell, lambda: check_alive(processes)) as replayer,
    ):
        answered = replayer.play(arguments.command, arguments.speed, _READY_S, _ANSWER_S)
        pictures = bag.counts[bag.image_topic]
        tell("ends", f"{replayer.answered} of {pictures} pictures were answered")
        if not answered:
            tell("ends", "the last picture was not; the warnings say why")
        codes = end_all(processes)
    for name, code in codes.items():
        if code:
            tell("ends", f"{name} left with exit code {code}")
    return 1 if any(codes.values()) else 0


def _summary(bag: Any) -> list[str]:
    counts = bag.counts
    tf = ", ".join(f"{counts[topic]} {topic}" for topic in bag.tf_topics) or "no TF"
    lines = [
        f"{counts[bag.image_topic]} {bag.image_topic}, {counts[bag.info_topic]} {bag.info_topic}, "
        f"{tf}"
    ]
    if bag.gap_s > _SLOP_S:
        lines.append(
            f"stamps of picture and camera_info are up to {1e3 * bag.gap_s:.0f} ms apart: the "
            "node is told to take the latest camera_info"
        )
    return lines


@contextmanager
def _node(arguments: argparse.Namespace, bag: Any) -> Iterator[list[Any]]:
    """A grounding_node for this bag in a domain of its own; none where one runs already."""
    if arguments.no_node:
        yield []
        return
    from camaware_ros.ros.camera_topics import is_named_rectified
    from camaware_ros.ros.domain import claimed_domain
    from camaware_ros.ros.processes import node_command, running

    parameters = {
        "image_transport": "compressed" if "Compressed" in bag.image_type.__name__ else "raw",
        "input_rectified": "true" if is_named_rectified(bag.image_topic) else "auto",
        "camera_info_pairing": "latest" if bag.gap_s > _SLOP_S else "stamp",
        "output_frame": arguments.frame,
        "backend": arguments.backend,
        "model_dir": str(arguments.model or ""),
        "diagnostics_period_s": 0.5,
    }
    commands = {"grounding_node": node_command("grounding_node", parameters)}
    with claimed_domain() as domain, tempfile.TemporaryDirectory(prefix="camaware_") as logs:
        os.environ.update({"ROS_DOMAIN_ID": str(domain), "OMP_NUM_THREADS": "1"})
        with running(commands, os.environ, Path(logs)) as processes:
            yield processes
