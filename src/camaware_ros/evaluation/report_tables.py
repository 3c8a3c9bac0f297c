"""What all sections of docs/benchmarks.md are made of: JSON files and tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def read(folder: Path, name: str) -> Record | None:
    """A JSON file of the folder, or None where it was not made."""
    path = folder / name
    return json.loads(path.read_text()) if path.is_file() else None


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A GitHub table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
