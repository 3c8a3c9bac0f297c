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
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from camaware_ros.evaluation.hardware import hardware
from camaware_ros.resources import share_directory
from camaware_ros.ros.domain import claimed_domain
from camaware_ros.ros.environment import ros_environment
from camaware_ros.ros.fault_grounding import THROW_FILE_VARIABLE
from camaware_ros.ros.fault_robot import CORRUPTION_FILE, CORRUPTIONS, PICTURE_FILE, camera_file
from camaware_ros.ros.fault_watch import FaultWatch, Sighting
from camaware_ros.ros.processes import NodeDied, NodeProcess, check_alive, node_command, running
from camaware_ros.ros.sim_conversions import occupancy_grid
from camaware_ros.simulation.scenes import room_from_name
from camaware_ros.simulation.simulator import Simulator

ORDER = "go to the red chair"
WITHIN_S = 2.0
_SAME_PLACE_M = 0.1
_START_S, _RECOVER_S, _NAME_S = 90.0, 30.0, 3.0
_THROW_FILE = "throw"


class FaultRig:
    """The robot's parts as processes, the nodes' folder, and who watches.

    Args:
        folder: where parts and nodes look for what is to go wrong.
        environment: of the processes.
        watch: who watches.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], watch: FaultWatch) -> None:
        self.folder, self.watch = folder, watch
        self._environment = environment
        self._parts: dict[str, NodeProcess] = {}

    def start(self, part: str) -> None:
        """Start a part, and wait until it is heard where it says something."""
        module = "camaware_ros.ros.fault_robot"
        command = [sys.executable, "-m", module, part, "--folder", str(self.folder)]
        log = self.folder / f"{part}.log"
        began_s = time.monotonic()
        self._parts[part] = NodeProcess(part, command, self._environment, log)
        if part in self.watch.heard_s and not self.watch.wait(
            lambda: self.watch.heard_s[part] > began_s, _START_S
        ):
            raise RuntimeError(f"{part} does not start: {self._parts[part].last_line}")

    def send(self, part: str, number: signal.Signals) -> None:
        """Send a part a signal."""
        self._parts[part].send(number)
        if number is signal.SIGKILL:
            self._parts[part].join()

    def close(self) -> None:
        """End all parts."""
        for part in self._parts:
            self.send(part, signal.SIGKILL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        reasons: codes of which /diagnostics must give one.
        begin: makes it go wrong; returns what exactly.
        end: makes it right again; None for a fault of a moment.
    """

    reasons: tuple[str, ...]
    begin: Callable[[FaultRig, Random], str]
    end: Callable[[FaultRig], None] | None


def _killed(part: str) -> Callable[[FaultRig, Random], str]:
    def begin(rig: FaultRig, _: Random) -> str:
        rig.send(part, signal.SIGKILL)
        return "SIGKILL"

    return begin


def _frozen(rig: FaultRig, _: Random) -> str:
    rig.send("camera", signal.SIGSTOP)
    return "SIGSTOP"


def _jumped(direction: int, low_s: float, high_s: float) -> Callable[[FaultRig, Random], str]:
    def begin(rig: FaultRig, rng: Random) -> str:
        jump_s = direction * rng.uniform(low_s, high_s)
        rig.watch.offset_s += jump_s
        return f"{jump_s:+.1f} s"

    return begin


def _stopped(rig: FaultRig, _: Random) -> str:
    rig.watch.stopped = True
    return "/clock falls silent"


def _goes_on(rig: FaultRig) -> None:
    rig.watch.stopped = False


def _corrupted(rig: FaultRig, rng: Random) -> str:
    kind = rng.choice(sorted(CORRUPTIONS))
    fresh = rig.folder / f"{CORRUPTION_FILE}.new"
    fresh.write_text(kind, encoding="utf-8")
    fresh.rename(rig.folder / CORRUPTION_FILE)
    return kind


def _throws(rig: FaultRig, _: Random) -> str:
    (rig.folder / _THROW_FILE).touch()
    return "RuntimeError"


def _churned(rig: FaultRig, _: Random) -> str:
    rig.start("churn")
    if not rig.watch.wait(lambda: rig.watch.has_guests, _START_S):
        raise RuntimeError("no guest comes")
    return "a guest with publishers on image and camera_info, again and again"


FAULTS: dict[str, Fault] = {
    "camera killed": Fault(
        reasons=("no_image", "no_camera_info"),
        begin=_killed("camera"), end=lambda rig: rig.start("camera"),
    ),
    "camera frozen": Fault(
        reasons=("no_image", "no_camera_info"),
        begin=_frozen, end=lambda rig: rig.send("camera", signal.SIGCONT),
    ),
    "TF stopped": Fault(
        reasons=("tf_missing",), begin=_killed("tf"), end=lambda rig: rig.start("tf")
    ),
    "clock jumps back": Fault(
        reasons=("clock_jumped",), begin=_jumped(-1, 3.0, 30.0), end=None
    ),
    "clock jumps forward": Fault(
        reasons=("clock_jumped",), begin=_jumped(+1, 8.0, 120.0), end=None
    ),
    "clock stopped": Fault(reasons=("no_clock",), begin=_stopped, end=_goes_on),
    "K corrupted": Fault(
        reasons=("camera_invalid",), begin=_corrupted,
        end=lambda rig: (rig.folder / CORRUPTION_FILE).unlink(),
    ),
    "backend throws": Fault(
        reasons=("job_failed",), begin=_throws,
        end=lambda rig: (rig.folder / _THROW_FILE).unlink(),
    ),
    "participants churn": Fault(
        reasons=("several_publishers",), begin=_churned,
        end=lambda rig: rig.send("churn", signal.SIGKILL),
    ),
}  # fmt: skip


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
        record = _Record(rig.watch, nodes, place, {"seed": seed, "minutes": minutes})
        ends_s = time.monotonic() + 60 * minutes
        try:
            while time.monotonic() < ends_s:
                kinds = rng.sample(sorted(FAULTS), len(FAULTS))
                for kind in kinds:
                    record.faults.append(_suffer(kind, rig, rng, pace, place))
                    tell(_line(record.faults[-1]))
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
            if ended_stamp_s < sighting.stamp_s < watch.now_s + 1 and _right(sighting, place)
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


def _right(sighting: Sighting, place: np.ndarray) -> bool:
    center = sighting.center_base
    return center is not None and float(np.linalg.norm(center - place)) < _SAME_PLACE_M


def _place(watch: FaultWatch) -> np.ndarray:
    """Where the thing is from the robot's base, before anything goes wrong."""
    if not watch.wait(lambda: watch.commanded, _START_S):
        raise RuntimeError("grounding_node and goal_node do not listen to commands")
    watch.say(ORDER)
    seen: list[np.ndarray] = []

    def enough() -> bool:
        seen[:] = [s.center_base for s in watch.sightings if s.center_base is not None]
        return len(seen) >= 5

    if not watch.wait(enough, _START_S):
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
            THROW_FILE_VARIABLE: str(folder / _THROW_FILE),
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


class _Record:
    """What was seen so far."""

    def __init__(
        self,
        watch: FaultWatch,
        nodes: Sequence[NodeProcess],
        place: np.ndarray,
        settings: dict[str, Any],
    ) -> None:
        self.faults: list[dict[str, Any]] = []
        self.deaths: list[str] = []
        self._watch, self._nodes, self._place, self._settings = watch, nodes, place, settings
        self._began_s, self._memory = time.monotonic(), self._memory_mib()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        seen = [s for s in self._watch.sightings if s.center_base is not None]
        return {
            **self._settings,
            "hardware": hardware(),
            "load": [min(loads), max(loads)] if (loads := self._loads()) else [],
            "seconds": round(time.monotonic() - self._began_s, 1),
            "deaths": self.deaths,
            "answers": len(self._watch.sightings),
            "wrong_answers": sum(not _right(sighting, self._place) for sighting in seen),
            "memory_mib": {"begin": self._memory, "end": self._memory_mib()},
            "summary": {kind: _summary(some) for kind, some in self._by_kind().items()},
            "faults": self.faults,
        }

    def _loads(self) -> list[float]:
        return [fault["load"] for fault in self.faults]

    def _by_kind(self) -> dict[str, list[dict[str, Any]]]:
        kinds = sorted({fault["kind"] for fault in self.faults})
        return {kind: [f for f in self.faults if f["kind"] == kind] for kind in kinds}

    def _memory_mib(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for node in self._nodes:
            status = Path(f"/proc/{node.pid}/status")
            lines = status.read_text().splitlines() if status.is_file() else []
            resident = [line for line in lines if line.startswith("VmRSS")]
            if resident:
                found[node.name] = round(int(resident[0].split()[1]) / 1024, 1)
        return found


def _summary(faults: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    times = [fault["recovery_s"] for fault in faults if fault["recovery_s"] is not None]
    return {
        "count": len(faults),
        "named": sum(bool(fault["named"]) for fault in faults),
        "recovered": len(times),
        "within_2_s": sum(seconds <= WITHIN_S for seconds in times),
        "median_s": round(statistics.median(times), 2) if times else None,
        "worst_s": max(times, default=None),
    }


def _line(fault: Mapping[str, Any]) -> str:
    named = ", ".join(fault["named"]) or "NOT NAMED"
    return (
        f"{fault['kind']} ({fault['what']}), {fault['lasted_s']} s: {named}; "
        f"recovered after {fault['recovery_s']} s; load {fault['load']}"
    )


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
