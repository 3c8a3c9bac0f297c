"""What can go wrong in ``fault_run``, and the robot's parts that it goes wrong with."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from camaware_ros.ros.fault_robot import CORRUPTION_FILE, CORRUPTIONS
from camaware_ros.ros.fault_watch import FaultWatch
from camaware_ros.ros.processes import NodeProcess

START_S = 90.0
THROW_FILE = "throw"
_SILENT_S, _STARTS = 30.0, 3


class FaultRig:
    """The robot's parts as processes, the nodes' folder, and who watches.

    Args:
        folder: where parts and nodes look for what is to go wrong.
        environment: of the processes.
        watch: who watches.

    Attributes:
        silent: of each part that was started in vain, its name and the last things it said.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], watch: FaultWatch) -> None:
        self.folder, self.watch = folder, watch
        self.silent: list[str] = []
        self._environment = environment
        self._parts: dict[str, NodeProcess] = {}

    def start(self, part: str) -> None:
        """Start a part, and wait until it is heard where it says something.

        One that ends or is not heard is started again, as a robot's supervisor would do it. It is
        ended only then: another one in its place would take over its ports and what ails them.

        Raises:
            RuntimeError: it was started in vain too often.
        """
        vain: list[NodeProcess] = []
        try:
            while len(vain) < _STARTS and not self._comes(part, f"{part}_{len(vain)}.log"):
                vain.append(self._parts[part])
        finally:
            told = [f"{part}: {_last_words(process)}" for process in vain]
            self.silent += told
        if len(vain) == _STARTS:
            raise RuntimeError(f"{part} does not start: {told}")

    def _comes(self, part: str, log: str) -> bool:
        module = ["-X", "faulthandler", "-m", "camaware_ros.ros.fault_robot"]
        command = [sys.executable, *module, part, "--folder", str(self.folder)]
        began_s = time.monotonic()
        process = NodeProcess(part, command, self._environment, self.folder / log)
        self._parts[part] = process
        if part not in self.watch.heard_s:
            return True

        def heard() -> bool:
            return self.watch.heard_s[part] > began_s

        self.watch.wait(lambda: heard() or process.exit_code is not None, _SILENT_S)
        return heard()

    def send(self, part: str, number: signal.Signals) -> None:
        """Send a part a signal."""
        self._parts[part].send(number)
        if number is signal.SIGKILL:
            self._parts[part].join()

    def close(self) -> None:
        """End all parts."""
        for part in self._parts:
            self.send(part, signal.SIGKILL)


def _last_words(process: NodeProcess) -> str:
    """How a process that is of no use ended, or where it was when it was made to."""
    process.send(signal.SIGABRT)
    code = process.join()
    said = process.log.read_text(encoding="utf-8", errors="replace")
    return f"ended with code {code}; {said[-800:] or 'it said nothing'}"


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
    (rig.folder / THROW_FILE).touch()
    return "RuntimeError"


def _churned(rig: FaultRig, _: Random) -> str:
    rig.start("churn")
    if not rig.watch.wait(lambda: rig.watch.has_guests, START_S):
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
        end=lambda rig: (rig.folder / THROW_FILE).unlink(),
    ),
    "participants churn": Fault(
        reasons=("several_publishers",), begin=_churned,
        end=lambda rig: rig.send("churn", signal.SIGKILL),
    ),
}  # fmt: skip
