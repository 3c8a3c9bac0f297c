"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform

from camaware_ros.evaluation.hardware import processor


def machine() -> dict[str, object]:
    """Processor, cores, load average and Python, for the record."""
    return {
        "hardware": f"{processor()}, {os.cpu_count()} cores",
        "load_average": [round(value, 1) for value in os.getloadavg()],
        "python": platform.python_version(),
    }
