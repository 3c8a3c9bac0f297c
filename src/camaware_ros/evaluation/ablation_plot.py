"""The ablation as a picture: success of phrases and F1 of every row across the columns.

``python -m camaware_ros.evaluation.ablation_plot docs/benchmarks/ablation.json OUT.png``
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure


def draw(record: dict[str, Any]) -> Figure:
    """Two heat maps side by side, rows and columns of the table in order."""
    figure = Figure(figsize=(15, 0.42 * len(record["rows"]) + 2.2), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    shown = {"f1_any": "F1 of detection at IoU 0.25, any kind, %", "success": "Success, %"}
    for axis, (key, title) in zip(axes, shown.items(), strict=True):
        cells = [
            [row["columns"][name][key] for name in record["columns"]] for row in record["rows"]
        ]
        top = max(max(line) for line in cells) or 1.0
        axis.imshow(cells, cmap="viridis", vmin=0, vmax=top, aspect="auto")
        for i, line in enumerate(cells):
            for j, value in enumerate(line):
                shade = "black" if value > 0.6 * top else "white"
                axis.text(j, i, f"{value:.0f}", ha="center", va="center", color=shade, fontsize=8)
        axis.set_title(title)
        axis.set_xticks(range(len(record["columns"])), record["columns"], rotation=40, ha="right")
    axes[0].set_yticks(range(len(record["rows"])), [row["name"] for row in record["rows"]])
    return figure


def main(argv: Sequence[str]) -> int:
    """The table's JSON, and where to put the picture."""
    out = Path(argv[1])
    out.parent.mkdir(parents=True, exist_ok=True)
    draw(json.loads(Path(argv[0]).read_text())).savefig(out, dpi=110)
    print(out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
