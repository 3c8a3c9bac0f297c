"""`camaware demo`: a simulated robot is told where to go, and its camera is swapped as it works.

Starts the nodes, tells the story line by line, writes pictures and numbers. Success means that
every node lived and ended well, and that every camera led the robot to the thing that was named.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CAMERAS = ("realsense_d455", "usb_webcam", "gopro_hero9_wide")
COMMANDS = ("go to the red chair", "go to the green sofa", "go to the blue table")
_STAND_OFF_M = 0.8
_START_S, _LEG_S = 90.0, 90.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `camaware demo`."""
    parser.add_argument(
        "--output", type=Path, default=Path("demo_output"), help="folder (default: %(default)s)"
    )
    parser.add_argument(
        "--cameras", default=",".join(CAMERAS), help="names of camera files (default: %(default)s)"
    )
    parser.add_argument(
        "--commands", default=",".join(COMMANDS),
        help="one per camera, repeated where they are fewer (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--room", default="demo", help="demo or seed:N (default: %(default)s)")
    parser.add_argument("--backend", default="auto", help="auto, tensorrt, onnx or torch")
    parser.add_argument("--model", type=Path, help="model folder (default: the shipped one)")
    parser.add_argument(
        "--speed", type=float, default=1.5,
        help="simulated seconds per real one, if the machine can (default: %(default)s)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Run the demonstration; 0 only where all of it worked."""
    from camaware_ros.camera_file import find_camera_files, load_camera_yaml
    from camaware_ros.ros.domain import claimed_domain
    from camaware_ros.ros.environment import ros_environment

    files = find_camera_files()
    names = [name.strip() for name in arguments.cameras.split(",")]
    for name in names:
        if name not in files:
            raise ValueError(f"--cameras: expected some of {', '.join(files)}, got {name!r}")
    spoken = [text.strip() for text in arguments.commands.split(",")]
    orders = [(load_camera_yaml(files[n]), spoken[i % len(spoken)]) for i, n in enumerate(names)]
    arguments.output.mkdir(parents=True, exist_ok=True)
    with claimed_domain() as domain:
        own = {"ROS_DOMAIN_ID": str(domain), "OMP_NUM_THREADS": "1"}
        environment = {**ros_environment(os.environ), **own}
        os.environ.update(environment)  # this process takes part in the graph
        with tempfile.TemporaryDirectory(prefix="camaware_demo_") as logs:
            try:
                return _run(arguments, orders, environment, Path(logs))
            finally:
                _keep_logs(Path(logs), arguments.output)


def _run(
    arguments: argparse.Namespace, orders: Sequence[tuple[Any, str]],
    environment: dict[str, str], logs: Path,
) -> int:  # fmt: skip
    from camaware_ros.ros.demo_nodes import DemoNodes, demo_nodes, died
    from camaware_ros.ros.demo_report import leg_record, table, write_pictures, write_results
    from camaware_ros.ros.director import Director
    from camaware_ros.ros.processes import check_alive, end_all

    began_s = time.monotonic()

    def tell(what: str, text: str) -> None:
        print(f"{time.monotonic() - began_s:6.1f} s  {what:9}{text}", flush=True)

    nodes = DemoNodes(
        camera=orders[0][0].name, room=arguments.room, real_time_factor=arguments.speed,
        backend=arguments.backend, model_dir=str(arguments.model or ""),
    )  # fmt: skip
    with demo_nodes(nodes, environment, logs) as processes:
        tell("starts", ", ".join(process.name for process in processes))
        with Director(check=lambda: check_alive(processes)) as director:
            legs = _legs(director, orders, tell)
            written = write_pictures(arguments.output, director, legs, _STAND_OFF_M)
        codes = end_all(processes)
        problems = [f"{leg.camera}: {leg.reason}" for leg in legs if leg.reason] + died(processes)
    records = [leg_record(leg) for leg in legs]
    took_s = round(time.monotonic() - began_s, 1)
    result = {"room": arguments.room, "seconds": took_s, "exit_codes": codes, "legs": records}
    written.append(write_results(arguments.output, result))
    print(f"\n{table(records)}\n\nwritten: {', '.join(str(path) for path in written)}")
    print(f"{took_s:.0f} s; " + (f"FAILED: {'; '.join(problems)}" if problems else "all arrived"))
    return 1 if problems else 0


def _legs(director: Any, orders: Sequence[tuple[Any, str]], tell: Any) -> list[Any]:
    """All orders, one after the other."""
    from camaware_ros.ros.demo_leg import meant_thing, run_leg

    director.wait_for_nodes(listeners=2, timeout_s=_START_S)
    tell("ready", f"in a room with {', '.join(director.truth)}")
    for _, command in orders:
        meant_thing(command, list(director.truth))
    return [
        run_leg(director, camera, command, tell, stand_off_m=_STAND_OFF_M, timeout_s=_LEG_S)
        for camera, command in orders
    ]


def _keep_logs(logs: Path, output: Path) -> None:
    """What the nodes printed, beside the pictures."""
    for log in logs.glob("*.log"):
        shutil.copy(log, output / log.name)
