"""Curves of a training run, from the lines that it logged.

``python -m camaware_ros.training.curves runs/NAME/history.jsonl OUT.png``
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

_NOT_LOSSES = ("step", "epoch", "grad_norm", "learning_rate", "seconds")
Line = dict[str, float]


def read_history(path: Path) -> list[Line]:
    """Lines with a loss, by rising step.

    Of two lines about a step the later one counts: the run was resumed before it.
    """
    by_step = {line["step"]: line for line in _lines(path) if "loss" in line}
    return [by_step[step] for step in sorted(by_step)]


def seconds_spent(path: Path) -> float:
    """Time that a run took, over all its starts, but for what came after the last line of each.

    Every line says how long after its own start it was written.
    """
    clock = [line.get("seconds", 0.0) for line in _lines(path)]
    return sum(now for now, then in pairwise([*clock, 0.0]) if then < now)


def _lines(path: Path) -> Iterator[Line]:
    """All lines as they were written, without those that a kill cut off."""
    for text in path.read_text().splitlines() if path.is_file() else ():
        try:
            yield json.loads(text)
        except json.JSONDecodeError:
            continue


def draw_curves(history: Sequence[Line], out_path: Path) -> None:
    """Loss and its parts, those that fall below zero by themselves, and the learning rate.

    Args:
        history: of ``read_history``; nothing is drawn where it is empty.
        out_path: PNG.
    """
    if not history:
        return
    names = sorted({name for line in history for name in line} - set(_NOT_LOSSES))
    below = [name for name in names if min(_curve(history, name)[1]) <= 0]
    figure = Figure(figsize=(10, 10 if below else 8), layout="constrained")
    heights = [4, 2, 1] if below else [4, 1]
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    _draw(axes[0], history, [name for name in names if name not in below])
    axes[0].set(yscale="log", ylabel="loss and its parts")
    if below:
        _draw(axes[1], history, below)
        axes[1].set_ylabel("parts that may be negative")
    axes[-1].plot(*_curve(history, "learning_rate"), color="black")
    axes[-1].set(ylabel="learning rate", xlabel="step", ylim=(0, None))
    figure.savefig(out_path, dpi=100)


def _curve(history: Sequence[Line], name: str) -> tuple[list[float], list[float]]:
    """Steps and values where the name was logged."""
    lines = [line for line in history if name in line]
    return [line["step"] for line in lines], [line[name] for line in lines]


def _draw(axis: Axes, history: Sequence[Line], names: Sequence[str]) -> None:
    """One curve per name; the whole loss stands out."""
    for index, name in enumerate(names):
        width, style = (2.5, "-") if name == "loss" else (1.0, ("-", "--", ":")[index // 10 % 3])
        colour = "black" if name == "loss" else f"C{index % 10}"
        axis.plot(
            *_curve(history, name), linewidth=width, linestyle=style, color=colour, label=name
        )
    axis.grid(alpha=0.3, which="both")
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)


if __name__ == "__main__":
    draw_curves(read_history(Path(sys.argv[1])), Path(sys.argv[2]))
