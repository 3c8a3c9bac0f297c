"""The parts of `camaware evaluate` that need the simulator or running nodes."""

from __future__ import annotations

import argparse
import json
from typing import Any

from camaware_ros.evaluation.hardware import hardware


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options that choose one of these parts instead of the rendered scenes."""
    group = parser.add_argument_group("instead of rendered scenes")
    group.add_argument(
        "--closed-loop", type=int, metavar="N",
        help="N orders per camera through the real nodes: where does the robot end? With --json "
        "an interrupted run goes on where it was",
    )  # fmt: skip
    group.add_argument(
        "--mujoco", type=int, metavar="N", help="N pictures of the simulator per camera"
    )
    group.add_argument(
        "--latency", type=int, metavar="N", help="N pictures from message to detection over DDS"
    )
    group.add_argument(
        "--cameras", nargs="+", default=None, help="names of camera files for these parts"
    )


def is_wanted(arguments: argparse.Namespace) -> bool:
    """Whether one of these parts was asked for."""
    return any(
        value is not None for value in (arguments.closed_loop, arguments.mujoco, arguments.latency)
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure what was asked for, print it, and write it where --json says."""
    records: dict[str, Any] = {}
    if arguments.closed_loop is not None:
        records["closed_loop"] = _closed_loop(arguments)
    if arguments.mujoco is not None:
        records["mujoco"] = _mujoco(arguments)
    if arguments.latency is not None:
        records["latency"] = _latency(arguments)
    for name, record in records.items():
        shown = {key: value for key, value in record.items() if key != "runs"}
        print(f"{name}\n{json.dumps(shown, indent=1)}")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(
            {"command": _command(arguments), "hardware": hardware(), **records}, indent=1
        )
        arguments.json.write_text(text + "\n", encoding="utf-8")
        if "closed_loop" in records:
            _notes(arguments).unlink(missing_ok=True)
    return 0


def _command(arguments: argparse.Namespace) -> str:
    """What to type for the same numbers."""
    words = ["camaware evaluate"]
    for name in ("closed_loop", "mujoco", "latency"):
        if getattr(arguments, name) is not None:
            words.append(f"--{name.replace('_', '-')} {getattr(arguments, name)}")
    words += ["--no-mounting"] if arguments.no_mounting else []
    words += [f"--cameras {' '.join(arguments.cameras)}"] if arguments.cameras else []
    words += [f"--model {arguments.model.name}"] if arguments.model else []
    return " ".join(words)


def _closed_loop(arguments: argparse.Namespace) -> dict[str, Any]:
    from camaware_ros.ros.closed_loop_run import CAMERAS, run_closed_loop

    return run_closed_loop(
        arguments.closed_loop, cameras=arguments.cameras or CAMERAS, backend=arguments.backend,
        model_dir=arguments.model, resume=_notes(arguments) if arguments.json else None,
    )  # fmt: skip


def _notes(arguments: argparse.Namespace) -> Any:
    """Where finished orders are kept until all are."""
    return arguments.json.with_suffix(".part")


def _mujoco(arguments: argparse.Namespace) -> dict[str, Any]:
    from camaware_ros.evaluation.mujoco_world import CAMERAS, run_mujoco
    from camaware_ros.grounder import Grounder

    grounder = Grounder.load(arguments.model, arguments.backend)
    try:
        return run_mujoco(
            grounder, arguments.mujoco, cameras=arguments.cameras or CAMERAS,
            mounting=not arguments.no_mounting,
        )  # fmt: skip
    finally:
        grounder.close()


def _latency(arguments: argparse.Namespace) -> dict[str, Any]:
    from camaware_ros.ros.latency import run_latency

    camera = {"camera": arguments.cameras[0]} if arguments.cameras else {}
    return run_latency(
        arguments.latency, backend=arguments.backend, model_dir=arguments.model, **camera
    )
