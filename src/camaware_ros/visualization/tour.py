"""A whole run from above: one way through the room, several cameras, several things driven to.

Like ``topdown``, which shows one order in full; matplotlib is imported when a map is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from camaware_ros.geometry.boxes import Box3
from camaware_ros.localization.grid import GridMap
from camaware_ros.types import Localization
from camaware_ros.visualization.topdown import (
    View,
    draw_grid,
    draw_object,
    ellipse,
    finish,
    footprint,
)

COLOURS = ("#0097c4", "#e0218a", "#2a9d4a", "#d97706", "#7048c4", "#b3262e")
_INK = "#1d3557"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One order of the tour.

    Attributes:
        camera: name, for the legend.
        estimate: what the model thought in the end, in the map; None where it saw nothing.
        view: what the camera looked at when it found the thing.
        goal: x, y, yaw of the last goal; None where none was sent.
    """

    camera: str
    estimate: Localization | None = None
    view: View | None = None
    goal: tuple[float, float, float] | None = None


def draw_tour(
    out_path: Path | str,
    *,
    objects: Sequence[tuple[str, str, Box3]],
    grid: GridMap,
    path: ArrayLike,
    stops: Sequence[Stop],
    stand_off_m: float,
    title: str = "",
) -> Path:
    """Write a PNG of a run.

    Args:
        out_path: where to; the folder must exist.
        objects: (label, colour word, true box) of everything in the room.
        grid: the costmap.
        path: where the robot's base was, shape (n, 2), first to last.
        stops: the orders.
        stand_off_m: wanted distance, drawn around every estimate.
        title: over the map.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 7.0), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    draw_grid(axes, grid)
    for label, colour, box in objects:
        draw_object(axes, label, colour, box)
    for index, stop in enumerate(stops):
        _draw_stop(axes, index + 1, stop, COLOURS[index % len(COLOURS)], stand_off_m)
    _draw_way(axes, np.asarray(path, dtype=np.float64).reshape(-1, 2))
    finish(axes, title)
    note = (
        "dashed: where the model says it is, with two sigma of doubt; "
        "dotted: the stand-off from there; wedge: what the camera saw"
    )
    axes.text(0.0, -0.09, note, transform=axes.transAxes, fontsize=8, color="#555555", va="top")
    figure.savefig(out_path, dpi=130, bbox_inches="tight", pad_inches=0.15)
    return Path(out_path)


def _draw_way(axes: Any, points: np.ndarray) -> None:
    if not len(points):
        return
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=-1).sum())
    axes.plot(*points.T, color=_INK, linewidth=2.0, zorder=6, label=f"way, {length:.1f} m")
    axes.plot(*points[0], "o", color="white", markeredgecolor=_INK, markersize=9,
              markeredgewidth=2, zorder=7, label="start")  # fmt: skip


def _draw_stop(axes: Any, number: int, stop: Stop, colour: str, stand_off_m: float) -> None:
    if stop.view is not None:
        _draw_wedge(axes, stop.view, colour)
    if stop.estimate is not None:
        _draw_estimate(axes, number, stop, stop.estimate, colour, stand_off_m)
    if stop.goal is not None:
        _draw_goal(axes, number, stop.goal, colour)


def _draw_wedge(axes: Any, view: View, colour: str) -> None:
    from matplotlib.patches import Wedge

    middle, half = np.degrees(view.yaw_rad), np.degrees(view.hfov_rad) / 2
    axes.add_patch(Wedge(
        (view.x_m, view.y_m), view.range_m, middle - half, middle + half,
        facecolor=colour, alpha=0.09, edgecolor="none", zorder=1,
    ))  # fmt: skip
    axes.plot(view.x_m, view.y_m, "^", color=colour, markersize=7, zorder=7)


def _draw_estimate(
    axes: Any, number: int, stop: Stop, estimate: Localization, colour: str, stand_off_m: float
) -> None:
    box = estimate.box
    name = f"{number}: {estimate.label}, {stop.camera}"
    axes.plot(*footprint(box).T, "--", color=colour, linewidth=2.0, zorder=5, label=name)
    doubt = ellipse(estimate.covariance[:2, :2]) + box.center[:2]
    axes.fill(*doubt.T, facecolor=colour, alpha=0.08, edgecolor=colour, zorder=4)
    axes.plot(*footprint(box, stand_off_m).T, ":", color=colour, linewidth=1.2, zorder=2)


def _draw_goal(axes: Any, number: int, goal: tuple[float, float, float], colour: str) -> None:
    x_m, y_m, yaw_rad = goal
    tip = (x_m + 0.5 * np.cos(yaw_rad), y_m + 0.5 * np.sin(yaw_rad))
    axes.annotate("", tip, (x_m, y_m), zorder=7,
                  arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2})  # fmt: skip
    axes.plot(x_m, y_m, "o", color="white", markeredgecolor=colour, markersize=15,
              markeredgewidth=2, zorder=8)  # fmt: skip
    axes.annotate(str(number), (x_m, y_m), ha="center", va="center", fontsize=9,
                  color=colour, fontweight="bold", zorder=9)  # fmt: skip
