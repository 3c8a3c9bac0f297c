"""Everything goes wrong, one thing after the other, and the nodes must outlive it.

The real grounding_node and goal_node, on simulated time, with the shipped model. Publishers are
killed and frozen, TF stops, the clock jumps and stands still, K is spoilt, the backend throws,
guests join and leave the graph. Of each fault this is written down: whether /diagnostics named it,
how long after its end the first right answer to a newer image came, and whether any answer was
wrong: the robot moves on a known path, so a transform of another moment shows as another place.

    python -m camaware_ros.ros.fault_run --minutes 30 --json docs/benchmarks/faults.json
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from camaware_ros.resources import share_directory
from camaware_ros.ros.domain import claimed_domain
from camaware_ros.ros.environment import ros_environment
from camaware_ros.ros.fault_grounding import THROW_FILE_VARIABLE
from camaware_ros.ros.fault_kinds import FAULTS, START_S, THROW_FILE, FaultRig
from camaware_ros.ros.fault_record import FaultRecord, line_of
from camaware_ros.ros.fault_robot import PICTURE_FILE, camera_file
from camaware_ros.ros.fault_watch import FaultWatch, Sighting
from camaware_ros.ros.processes import NodeDied, NodeProcess, check_alive, node_command, running
from camaware_ros.ros.sim_conversions import occupancy_grid
from camaware_ros.simulation.scenes import room_from_name
from camaware_ros.simulation.simulator import Simulator

ORDER = "go to the red chair"
_RECOVER_S, _NAME_S = 30.0, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long faults last and how far apart they are, seconds: (shortest, longest)."""

    lasting_s: tuple[float, float] = (3.0, 8.0)
    pause_s: tuple[float, float] = (2.0, 8.0)


def run_faults(
    minutes: float,
    *,
    seed: int = 0,
    pace: Pace | None = None,
    tell: Callable[[str], None] = print,
    save: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """Let things go wrong for so long; every kind comes once before any comes again.

    Args:
        minutes: after the nodes work; a round of all kinds is ended in any case.
        seed: of the order, of durations and of amounts.
        pace: how fast.
        tell: called with a line per fault.
        save: called with the record so far after every fault.

    Returns:
        A record for JSON.

    Raises:
        RuntimeError: the nodes or the robot do not start.
    """
    rng, pace = Random(seed), pace or Pace()
    with _world() as (rig, nodes):
        place = _place(rig.watch)
        record = FaultRecord(rig, nodes, place, {"seed": seed, "minutes": minutes})
        ends_s = time.monotonic() + 60 * minutes
        try:
            while time.monotonic() < ends_s:
                kinds = rng.sample(sorted(FAULTS), len(FAULTS))
                for kind in kinds:
                    record.faults.append(_suffer(kind, rig, rng, pace, place))
                    tell(line_of(record.faults[-1]))
                    save(record.as_dict())
        except NodeDied as error:
            record.deaths.append(str(error))
            tell(str(error))
        return record.as_dict()


def _suffer(kind: str, rig: FaultRig, rng: Random, pace: Pace, place: np.ndarray) -> dict[str, Any]:
    """One fault, from its beginning to the first right answer after its end."""
    fault, watch = FAULTS[kind], rig.watch
    watch.spin(rng.uniform(*pace.pause_s))
    began_s = time.monotonic()
    what = fault.begin(rig, rng)
    if fault.end is not None:
        watch.spin(rng.uniform(*pace.lasting_s))
        fault.end(rig)
    ended_s, ended_stamp_s, known = time.monotonic(), watch.now_s, len(watch.sightings)

    def recovered() -> list[Sighting]:
        return [
            sighting
            for sighting in watch.sightings[known:]
            # An image of before a jump back is stamped later than what comes after it.
            if ended_stamp_s < sighting.stamp_s < watch.now_s + 1 and sighting.shows(place)
        ]

    found = watch.wait(recovered, _RECOVER_S)
    recovery_s = recovered()[0].at_s - ended_s if found else None
    wanted = frozenset(fault.reasons)
    watch.wait(lambda: wanted & watch.codes_since(began_s), _NAME_S)
    return {
        "kind": kind, "what": what, "lasted_s": round(ended_s - began_s, 2),
        "named": sorted(wanted & watch.codes_since(began_s)),
        "recovery_s": None if recovery_s is None else round(recovery_s, 2),
        "load": round(os.getloadavg()[0], 2),
    }  # fmt: skip


def _place(watch: FaultWatch) -> np.ndarray:
    """Where the thing is from the robot's base, before anything goes wrong."""
    if not watch.wait(lambda: watch.commanded, START_S):
        raise RuntimeError("grounding_node and goal_node do not listen to commands")
    watch.say(ORDER)
    seen: list[np.ndarray] = []

    def enough() -> bool:
        seen[:] = [s.center_base for s in watch.sightings if s.center_base is not None]
        return len(seen) >= 5

    if not watch.wait(enough, START_S):
        raise RuntimeError(f"no detections; /diagnostics: {watch.said}")
    return np.median(seen, axis=0)


@contextmanager
def _world() -> Iterator[tuple[FaultRig, list[NodeProcess]]]:
    """Nodes and robot, running in a domain of their own."""
    simulator = Simulator(room_from_name("demo"), camera_file())
    with (
        claimed_domain() as domain,
        tempfile.TemporaryDirectory(prefix="camaware_faults_") as name,
    ):
        folder = Path(name)
        np.save(folder / PICTURE_FILE, simulator.render())
        costmap = occupancy_grid(simulator.costmap, 0.0)
        simulator.close()
        own = {
            "ROS_DOMAIN_ID": str(domain), "OMP_NUM_THREADS": "1",
            THROW_FILE_VARIABLE: str(folder / THROW_FILE),
        }  # fmt: skip
        os.environ.update({**ros_environment(os.environ), **own})
        with (
            running(_nodes(), os.environ, folder) as nodes,
            FaultWatch(costmap, lambda: check_alive(nodes)) as watch,
        ):
            rig = FaultRig(folder, os.environ, watch)
            try:
                rig.start("tf")
                rig.start("camera")
                yield rig, nodes
            finally:
                rig.close()


def _nodes() -> dict[str, list[str]]:
    config = share_directory() / "config"
    grounding = {
        "use_sim_time": True, "diagnostics_period_s": 0.5, "silence_s": 1.0, "tf_timeout_s": 0.5
    }  # fmt: skip
    return {
        "grounding_node": node_command(
            "fault_grounding", grounding, [config / "grounding_node.yaml"]
        ),
        "goal_node": node_command(
            "goal_node", {"use_sim_time": True, "give_up_s": 3600.0}, [config / "goal_node.yaml"]
        ),
    }


def main() -> int:
    """Run, write, and fail where a node died, a fault was not named or not outlived."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="file of the record")
    arguments = parser.parse_args()

    def save(record: dict[str, Any]) -> None:
        if arguments.json:
            command = f"python -m camaware_ros.ros.fault_run --minutes {arguments.minutes:g}"
            text = json.dumps({"command": command, **record}, indent=1) + "\n"
            arguments.json.write_text(text, encoding="utf-8")

    def tell(line: str) -> None:
        print(line, flush=True)

    record = run_faults(arguments.minutes, seed=arguments.seed, tell=tell, save=save)
    save(record)
    print(json.dumps({name: value for name, value in record.items() if name != "faults"}, indent=1))
    well = all(fault["named"] and fault["recovery_s"] is not None for fault in record["faults"])
    return 0 if well and not record["deaths"] and not record["wrong_answers"] else 1


if __name__ == "__main__":
    sys.exit(main())
