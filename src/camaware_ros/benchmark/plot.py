"""A benchmark as a picture: stages by size, and cost growth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from camaware_ros.benchmark.frame import STAGES


def draw(record: dict[str, Any], out: Path) -> None:
    """Write a PNG of the parts that the record has; none without stages and growth."""
    backends = sorted({row["backend"] for row in record.get("stages", [])})
    curves = record.get("growth", {})
    panels = len(backends) + len(curves)
    if not panels:
        return
    figure = Figure(figsize=(5 * panels, 4.2), layout="constrained")
    axes = figure.subplots(1, panels, squeeze=False)[0]
    for axis, name in zip(axes, backends, strict=False):
        _stack(axis, name, [row for row in record["stages"] if row["backend"] == name])
    for axis, (name, curve) in zip(axes[len(backends) :], curves.items(), strict=True):
        _growth(axis, name, curve)
    figure.savefig(out, dpi=110)


def _stack(axis: Axes, name: str, rows: list[dict[str, Any]]) -> None:
    labels = [f"{r['size'][0]}x{r['size'][1]}{' jpeg' if r['compressed'] else ''}" for r in rows]
    bottom = [0.0] * len(rows)
    for stage in STAGES:
        values = [row["wall_ms"][stage][0] for row in rows]
        axis.bar(labels, values, bottom=bottom, label=stage)
        bottom = [a + b for a, b in zip(bottom, values, strict=True)]
    axis.set_title(f"{name}: median, ms")
    axis.tick_params(axis="x", rotation=60)
    axis.legend(fontsize=7)


def _growth(axis: Axes, name: str, curve: dict[str, Any]) -> None:
    axis.loglog(curve["x"], curve["wall_ms"], "o-", label="wall")
    axis.loglog(curve["x"], curve["cpu_ms"], "s--", label="processor")
    axis.set_title(f"{name}: exponent {curve['exponent']}")
    axis.set_xlabel(name)
    axis.set_ylabel("ms")
    for one, values in ((axis.xaxis, curve["x"]), (axis.yaxis, curve["wall_ms"])):
        one.set_minor_locator(NullLocator())
        one.set_major_locator(FixedLocator(values))
        one.set_major_formatter("{x:.3g}")
    axis.legend(fontsize=8)
