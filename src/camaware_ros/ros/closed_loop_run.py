"""Orders through the real nodes: simulator, grounding and goals as processes, one order at a time.

Every finished order is written down at once: an interrupted evaluation goes on where it was.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from camaware_ros.camera_file import CameraFile, find_camera_files, load_camera_yaml
from camaware_ros.evaluation.arrival import judge_arrival
from camaware_ros.evaluation.closed_loop import Order, orders_for, reason_code, summary
from camaware_ros.ros.demo_nodes import DemoNodes, demo_nodes
from camaware_ros.ros.director import Director, WaitedInVain
from camaware_ros.ros.domain import claimed_domain
from camaware_ros.ros.environment import ros_environment
from camaware_ros.ros.processes import check_alive

CAMERAS = ("realsense_d455", "pi_camera_v2", "usb_webcam", "gopro_hero9_wide")
STAND_OFF_M = 0.8
_SPEED = 3.0
_ORDER_S, _START_S = 60.0, 90.0
_ENDED = ("arrived", "failed", "stopped")


def run_closed_loop(
    count: int,
    *,
    cameras: Sequence[str] = CAMERAS,
    seed: int = 0,
    backend: str = "auto",
    model_dir: Path | None = None,
    resume: Path | None = None,
    speed: float = _SPEED,
    tell: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Give ``count`` orders with each camera and judge where the robot ends.

    Args:
        count: orders per camera.
        cameras: names of camera files.
        seed: of rooms, places and words.
        backend: what runs the network.
        model_dir: the shipped model where not given.
        resume: file of finished orders, read first and written after every order.
        speed: simulated seconds per real one, if the machine can.
        tell: called with a line per order.

    Returns:
        A record for JSON: settings, a summary and all runs per camera.

    Raises:
        RuntimeError: a node died or does not start.
        ValueError: an unknown camera, or ``resume`` is of another evaluation.
    """
    files = find_camera_files()
    unknown = [name for name in cameras if name not in files]
    if unknown:
        raise ValueError(f"cameras: expected some of {', '.join(files)}, got {unknown}")
    settings = {"seed": seed, "backend": backend, "model": model_dir.name if model_dir else ""}
    done = _read(resume, settings)
    wanted = {name: load_camera_yaml(files[name]) for name in cameras}
    if any(len(done.get(name, [])) < count for name in cameras):
        nodes = DemoNodes(
            camera=cameras[0], real_time_factor=speed, backend=backend,
            model_dir=str(model_dir or ""), give_up_s=20.0,
        )  # fmt: skip
        with _nodes(nodes) as director:
            for name, camera in wanted.items():
                for order in orders_for(camera, count, seed)[len(done.get(name, [])) :]:
                    run = run_order(director, camera, order)
                    done = {**done, name: [*done.get(name, []), run]}
                    _write(resume, settings, done)
                    tell(f"{name} {len(done[name])}/{count}: {order.command}: {run['code']}")
    runs = {name: done[name][:count] for name in cameras}
    everything = [run for some in runs.values() for run in some]
    return {
        **settings, "orders_per_camera": count, "stand_off_m": STAND_OFF_M,
        "summary": {"all": summary(everything), **{n: summary(r) for n, r in runs.items()}},
        "runs": runs,
    }  # fmt: skip


@contextmanager
def _nodes(nodes: DemoNodes) -> Iterator[Director]:
    """The three nodes in a domain of their own, and who gives them orders."""
    with claimed_domain() as domain, tempfile.TemporaryDirectory(prefix="camaware_") as logs:
        own = {"ROS_DOMAIN_ID": str(domain), "OMP_NUM_THREADS": "1"}
        os.environ.update({**ros_environment(os.environ), **own})
        with (
            demo_nodes(nodes, os.environ, Path(logs)) as processes,
            Director(check=lambda: check_alive(processes)) as director,
        ):
            director.wait_for_nodes(listeners=2, timeout_s=_START_S)
            yield director


def run_order(director: Director, camera: CameraFile, order: Order) -> dict[str, Any]:
    """One order from its start to its end."""
    _set_up(director, camera, order)
    director.forget()
    director.path.clear()
    director.say(order.command)

    def ended() -> bool:
        states = [status["state"] for status in director.statuses]
        # What goal_node repeats of the order before comes first.
        return "looking" in states and states[-1] in _ENDED

    try:
        director.wait(ended, "the end of an order", _ORDER_S)
        status: Mapping[str, Any] = director.statuses[-1]
    except WaitedInVain:
        last = director.statuses[-1] if director.statuses else {"code": "SILENT", "reason": ""}
        status = {"state": "timeout", "code": f"TIMEOUT: {last['code']}", "reason": last["reason"]}
    assert director.pose is not None
    arrival = judge_arrival(director.pose, director.truth[order.thing], STAND_OFF_M)
    director.say("stop")
    return {
        **asdict(order),
        "state": status["state"],
        "code": reason_code(director.pose, order.thing, director.truth, status, STAND_OFF_M),
        "said": status["reason"],
        "end": [round(value, 3) for value in director.pose],
        "distance_m": round(arrival.distance_m, 3),
        "distance_error_m": round(abs(arrival.distance_m - STAND_OFF_M), 3),
        "facing_deg": round(math.degrees(arrival.facing_rad), 1),
        "goals": len(director.goals),
        "looks": len(director.sightings),
    }


def _set_up(director: Director, camera: CameraFile, order: Order) -> None:
    """The room, the robot at its start in it, and the camera, all heard of here."""
    director.say("stop")
    director.truth, director.grid = {}, None
    start = " ".join(str(value) for value in order.start)
    director.set_simulator(room=order.room, start_pose=start)
    director.switch_camera(camera.name)

    def there() -> bool:
        pose = director.pose
        return (
            pose is not None
            and order.thing in director.truth
            and director.grid is not None
            and math.dist(pose[:2], order.start[:2]) < 1e-3
        )

    director.wait(there, f"room {order.room}", 30.0)


def _read(path: Path | None, settings: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    if path is None or not path.is_file():
        return {}
    record = json.loads(path.read_text(encoding="utf-8"))
    if record["settings"] != dict(settings):
        raise ValueError(
            f"{path}: expected an evaluation with {dict(settings)}, got {record['settings']}"
        )
    return dict(record["runs"])


def _write(
    path: Path | None, settings: Mapping[str, Any], runs: Mapping[str, list[dict[str, Any]]]
) -> None:
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"settings": settings, "runs": runs}) + "\n", encoding="utf-8")
    fresh.replace(path)
