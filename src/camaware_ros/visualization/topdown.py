"""The room from above: what was there, what the model thought, where the robot went.

matplotlib is imported when a map is drawn, never at import. Everything is in the map frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from camaware_ros.geometry.boxes import Box3
from camaware_ros.localization.grid import UNKNOWN, GridMap
from camaware_ros.types import Goal, Localization

FloatArray = NDArray[np.float64]

PAINT = {
    "red": "#d9433b",
    "green": "#3f9e4d",
    "blue": "#3b6fd9",
    "yellow": "#f0c92e",
    "orange": "#f08a24",
    "purple": "#8a4fc4",
    "white": "#fafafa",
    "black": "#2b2b2b",
}
ROUND_KINDS = ("ball", "cylinder", "cone", "lamp")
_ESTIMATE, _PATH, _GOAL, _INK = "#0097c4", "#1d3557", "#e0218a", "#333333"
_FREE, _UNKNOWN, _OCCUPIED = (0.97, 0.97, 0.95), (0.86, 0.87, 0.89), (0.55, 0.57, 0.62)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """From where the camera looked when the thing was found.

    Attributes:
        x_m: place of the camera.
        y_m: place of the camera.
        yaw_rad: where it looked.
        hfov_rad: how wide.
        range_m: how far the wedge is drawn.
    """

    x_m: float
    y_m: float
    yaw_rad: float
    hfov_rad: float
    range_m: float = 4.0


def draw_topdown(
    out_path: Path | str,
    *,
    objects: Sequence[tuple[str, str, Box3]] = (),
    grid: GridMap | None = None,
    path: ArrayLike | None = None,
    goal: Goal | None = None,
    stand_off_m: float | None = None,
    estimate: Localization | None = None,
    view: View | None = None,
    title: str = "",
) -> Path:
    """Write a PNG of the run.

    Args:
        out_path: where to; the folder must exist.
        objects: (label, colour word, true box) of everything in the room.
        grid: the costmap, for the floor.
        path: where the robot's base was, shape (n, 2), first to last.
        goal: where it was sent, and which way it should look.
        stand_off_m: draws the line of all places at this distance from the estimate.
        estimate: what the model thinks, with the doubt as an ellipse of two sigma.
        view: the wedge the camera saw.
        title: over the map.

    Raises:
        ValueError: a path of another shape.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    points = np.zeros((0, 2)) if path is None else np.asarray(path, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"path: expected (n, 2), got {points.shape}")
    figure = Figure(figsize=(9.0, 7.0), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    if grid is not None:
        draw_grid(axes, grid)
    if view is not None:
        _draw_view(axes, view)
    for label, colour, box in objects:
        draw_object(axes, label, colour, box)
    if estimate is not None:
        _draw_estimate(axes, estimate, stand_off_m)
    _draw_path(axes, points)
    if goal is not None:
        _draw_goal(axes, goal)
    finish(axes, title)
    figure.savefig(out_path, dpi=130, bbox_inches="tight", pad_inches=0.15)
    return Path(out_path)


def footprint(box: Box3, margin_m: float = 0.0) -> FloatArray:
    """The outline of a box on the floor, widened by a margin with round corners, (n, 2), closed."""
    half = np.asarray(box.size[:2]) / 2
    bend = np.linspace(0.0, np.pi / 2, 12 if margin_m > 0 else 1)
    turns = np.concatenate([quarter * np.pi / 2 + bend for quarter in range(4)])
    signs = np.repeat([[1, 1], [-1, 1], [-1, -1], [1, -1]], len(bend), axis=0)
    local = signs * half + margin_m * np.stack([np.cos(turns), np.sin(turns)], axis=-1)
    cosine, sine = np.cos(box.yaw_rad), np.sin(box.yaw_rad)
    outline = local @ np.array([[cosine, sine], [-sine, cosine]]) + box.center[:2]
    return np.concatenate([outline, outline[:1]])


def _disc(box: Box3) -> FloatArray:
    """The outline of a round thing that fills the box."""
    return ellipse(np.square(box.size[:2] / 2) * np.eye(2), sigmas=1.0) + box.center[:2]


def ellipse(covariance: ArrayLike, sigmas: float = 2.0) -> FloatArray:
    """The outline of a two-dimensional normal distribution around zero, shape (n, 2), closed."""
    values, vectors = np.linalg.eigh(np.asarray(covariance, dtype=np.float64))
    turn = np.linspace(0, 2 * np.pi, 73)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    return sigmas * (circle * np.sqrt(values.clip(0))) @ vectors.T


def draw_grid(axes: Any, grid: GridMap) -> None:
    """The floor: free, unknown, occupied; sets the limits of the axes."""
    from matplotlib.transforms import Affine2D

    share = np.clip(grid.data, 0, 100)[..., None] / 100.0
    picture = (1 - share) * np.array(_FREE) + share * np.array(_OCCUPIED)
    picture = np.where((grid.data == UNKNOWN)[..., None], np.array(_UNKNOWN), picture)
    height, width = grid.shape
    x, y = grid.origin_xy
    placed = Affine2D().scale(grid.resolution_m).rotate(grid.origin_yaw_rad).translate(x, y)
    axes.imshow(
        picture,
        extent=(0, width, 0, height),
        origin="lower",
        interpolation="nearest",
        transform=placed + axes.transData,
        zorder=0,
    )
    corners = placed.transform([[0, 0], [width, 0], [width, height], [0, height]])
    axes.set_xlim(corners[:, 0].min(), corners[:, 0].max())
    axes.set_ylim(corners[:, 1].min(), corners[:, 1].max())


def _draw_view(axes: Any, view: View) -> None:
    from matplotlib.patches import Wedge

    middle, half = np.degrees(view.yaw_rad), np.degrees(view.hfov_rad) / 2
    wedge = Wedge(
        (view.x_m, view.y_m),
        view.range_m,
        middle - half,
        middle + half,
        facecolor=_ESTIMATE,
        alpha=0.10,
        edgecolor="none",
        zorder=1,
        label=f"camera, {2 * half:.0f} deg",
    )
    axes.add_patch(wedge)


def draw_object(axes: Any, label: str, colour: str, box: Box3) -> None:
    """A thing of the room in its own paint, with its name."""
    outline = _disc(box) if set(label.split()) & set(ROUND_KINDS) else footprint(box)
    axes.fill(
        *outline.T, facecolor=PAINT.get(colour, "#9a9a9a"), edgecolor=_INK, linewidth=1.2, zorder=3
    )
    axes.annotate(
        label,
        (outline[:, 0].mean(), outline[:, 1].min()),
        xytext=(0, -4),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=8,
        color=_INK,
        zorder=8,
    )


def _draw_estimate(axes: Any, estimate: Localization, stand_off_m: float | None) -> None:
    box = estimate.box
    x, y = box.center[:2]
    axes.plot(*footprint(box).T, "--", color=_ESTIMATE, linewidth=2.0, zorder=5)
    axes.plot(x, y, "+", color=_ESTIMATE, markersize=12, markeredgewidth=2.5, zorder=6,
              label=f"model: {estimate.label}, {100 * estimate.score:.0f} %")  # fmt: skip
    doubt = ellipse(estimate.covariance[:2, :2]) + box.center[:2]
    axes.fill(*doubt.T, facecolor=_ESTIMATE, alpha=0.2, edgecolor=_ESTIMATE, zorder=4,
              label="its doubt (2 sigma)")  # fmt: skip
    if stand_off_m is not None:
        ring = footprint(box, stand_off_m)
        axes.plot(*ring.T, ":", color=_GOAL, linewidth=1.3, zorder=2,
                  label=f"stand-off {stand_off_m:.1f} m")  # fmt: skip


def _draw_path(axes: Any, points: FloatArray) -> None:
    if not len(points):
        return
    axes.plot(
        *points.T, color=_PATH, linewidth=2.2, zorder=6, label=f"way, {_length(points):.1f} m"
    )
    axes.plot(*points[0], "o", color="white", markeredgecolor=_PATH, markersize=9,
              markeredgewidth=2, zorder=7, label="start")  # fmt: skip
    axes.plot(*points[-1], "o", color=_PATH, markersize=9, zorder=7, label="end")


def _length(points: FloatArray) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=-1).sum())


def _draw_goal(axes: Any, goal: Goal) -> None:
    axes.plot(goal.x_m, goal.y_m, "o", color="none", markeredgecolor=_GOAL, markersize=17,
              markeredgewidth=2, zorder=7, label="goal")  # fmt: skip
    tip = (goal.x_m + 0.45 * np.cos(goal.yaw_rad), goal.y_m + 0.45 * np.sin(goal.yaw_rad))
    axes.annotate("", tip, (goal.x_m, goal.y_m), zorder=7,
                  arrowprops={"arrowstyle": "-|>", "color": _GOAL, "linewidth": 2})  # fmt: skip


def finish(axes: Any, title: str) -> None:
    """Scale, names of the axes, title and legend."""
    axes.set_aspect("equal")
    axes.set_xlabel("x, metres (map)")
    axes.set_ylabel("y, metres (map)")
    axes.grid(color="black", alpha=0.07, zorder=0.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if title:
        axes.set_title(title, loc="left", fontsize=13, fontweight="bold")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=9)
