"""The record of a ``fault_run``, for JSON and for a person who waits."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from camaware_ros.evaluation.hardware import hardware
from camaware_ros.ros.fault_kinds import FaultRig
from camaware_ros.ros.processes import NodeProcess

_WITHIN_S = 2.0


class FaultRecord:
    """What was seen so far."""

    def __init__(
        self,
        rig: FaultRig,
        nodes: Sequence[NodeProcess],
        place: np.ndarray,
        settings: dict[str, Any],
    ) -> None:
        self.faults: list[dict[str, Any]] = []
        self.deaths: list[str] = []
        self._rig, self._nodes, self._place, self._settings = rig, nodes, place, settings
        self._began_s, self._memory = time.monotonic(), self._memory_mib()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        sightings = self._rig.watch.sightings
        seen = [s for s in sightings if s.center_base is not None]
        return {
            **self._settings,
            "hardware": hardware(),
            "load": [min(loads), max(loads)] if (loads := self._loads()) else [],
            "seconds": round(time.monotonic() - self._began_s, 1),
            "deaths": self.deaths,
            "started_in_vain": self._rig.silent,
            "answers": len(sightings),
            "wrong_answers": sum(not sighting.shows(self._place) for sighting in seen),
            "memory_mib": {"begin": self._memory, "end": self._memory_mib()},
            "summary": {kind: summary(some) for kind, some in self._by_kind().items()},
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


def summary(faults: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How often a kind came, was named and was outlived, and how fast."""
    times = [fault["recovery_s"] for fault in faults if fault["recovery_s"] is not None]
    return {
        "count": len(faults),
        "named": sum(bool(fault["named"]) for fault in faults),
        "recovered": len(times),
        "within_2_s": sum(seconds <= _WITHIN_S for seconds in times),
        "median_s": round(statistics.median(times), 2) if times else None,
        "worst_s": max(times, default=None),
    }


def line_of(fault: Mapping[str, Any]) -> str:
    """A fault for a person."""
    named = ", ".join(fault["named"]) or "NOT NAMED"
    return (
        f"{fault['kind']} ({fault['what']}), {fault['lasted_s']} s: {named}; "
        f"recovered after {fault['recovery_s']} s; load {fault['load']}"
    )
