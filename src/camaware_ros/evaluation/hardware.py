"""What a measurement ran on, as its record says it."""

from __future__ import annotations

import os
import platform


def hardware() -> str:
    """Architecture and number of cores of this machine, "x86_64, 2 cores"."""
    return f"{platform.machine()}, {os.cpu_count()} cores"
