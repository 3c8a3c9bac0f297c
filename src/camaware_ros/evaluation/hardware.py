"""What a measurement ran on, as its record says it."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def hardware() -> str:
    """Architecture and number of cores of this machine, "x86_64, 2 cores"."""
    return f"{platform.machine()}, {os.cpu_count()} cores"


def processor() -> str:
    """Its name as Linux gives it, else the architecture."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
