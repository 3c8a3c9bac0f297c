"""What the demonstration leaves behind: pictures, a map, a table, numbers as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from camaware_ros.ros.demo_leg import Leg
from camaware_ros.ros.director import Director
from camaware_ros.visualization.topdown import View
from camaware_ros.visualization.tour import Stop, draw_tour

_WEDGE_M = 3.0
_COLUMNS = (
    ("camera", 18), ("hfov", 10), ("lens", 20), ("said", 26), ("error", 14), ("reached", 8),
    ("end", 16), ("latency", 8),
)  # fmt: skip


def leg_record(leg: Leg) -> dict[str, Any]:
    """One order as JSON-able numbers; None where there is none."""
    first = [look for look in leg.looks if not look.mistaken_for]
    arrival, look = leg.arrival, leg.look
    return {
        "camera": leg.camera,
        "hfov_deg": round(math.degrees(leg.hfov_rad), 1),
        "lens": leg.lens,
        "command": leg.command,
        "thing": leg.label,
        "localized": look is not None,
        "distance_m": _number(look and look.distance_m),
        "error_m": _median([one.error_m for one in first]),
        "error_percent": _median([100 * one.error_m / one.distance_m for one in first], 1),
        "last_error_m": _number(leg.last_look and leg.last_look.error_m),
        "looks_before_goal": len(leg.looks),
        "looks_at_other_things": len(leg.looks) - len(first),
        "goals": [[round(value, 3) for value in goal] for goal in leg.goals],
        "reached": not leg.reason,
        "end_distance_m": _number(arrival and arrival.distance_m),
        "end_facing_deg": _number(arrival and math.degrees(arrival.facing_rad), 1),
        "latency_ms": _median([1e3 * value for value in leg.latencies_s], 0),
        "reason": leg.reason,
    }


def table(records: Sequence[dict[str, Any]]) -> str:
    """The records as a table for a terminal."""
    lines = ["".join(f"{name:{width}}" for name, width in _COLUMNS)]
    for record in records:
        error = "-"
        if record["error_m"] is not None:
            error = f"{record['error_m']:.2f} m {record['error_percent']:.0f} %"
        end = "-"
        if record["end_distance_m"] is not None:
            end = f"{record['end_distance_m']:.2f} m {record['end_facing_deg']:.0f} deg"
        latency = "-" if record["latency_ms"] is None else f"{record['latency_ms']:.0f} ms"
        cells = (
            record["camera"], f"{record['hfov_deg']:.1f} deg", record["lens"], record["command"],
            error, "yes" if record["reached"] else "no", end, latency,
        )  # fmt: skip
        lines.append(
            "".join(f"{cell:{width}}" for cell, (_, width) in zip(cells, _COLUMNS, strict=True))
        )
    return "\n".join(lines)


def write_pictures(
    folder: Path, director: Director, legs: Sequence[Leg], stand_off_m: float
) -> list[Path]:
    """Overlays by camera and the map; returns the files."""
    written = []
    for leg in legs:
        if leg.picture is not None:
            path = folder / f"overlay_{leg.camera}.png"
            cv2.imwrite(str(path), cv2.cvtColor(leg.picture, cv2.COLOR_RGB2BGR))
            written.append(path)
    assert director.grid is not None
    objects = [(label, label.split()[0], box) for label, box in director.truth.items()]
    path = draw_tour(
        folder / "topdown.png", objects=objects, grid=director.grid, path=director.path,
        stops=[_stop(leg) for leg in legs], stand_off_m=stand_off_m,
        title="One robot, one model, one run: the camera is swapped on the way",
    )  # fmt: skip
    return [*written, path]


def write_results(folder: Path, record: dict[str, Any]) -> Path:
    """``results.json``."""
    path = folder / "results.json"
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return path


def _stop(leg: Leg) -> Stop:
    look, last = leg.look, leg.last_look
    view = None
    if look is not None:
        x_m, y_m, yaw_rad = look.camera_pose
        view = View(x_m=x_m, y_m=y_m, yaw_rad=yaw_rad, hfov_rad=leg.hfov_rad, range_m=_WEDGE_M)
    return Stop(
        camera=leg.camera, estimate=last.estimate if last else None, view=view,
        goal=leg.goals[-1] if leg.goals else None,
    )  # fmt: skip


def _median(values: Sequence[float], digits: int = 3) -> float | None:
    return round(float(np.median(values)), digits) if values else None


def _number(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)
