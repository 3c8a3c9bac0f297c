"""Who is told what a backend does while it opens: progress, and why another one was taken."""

from __future__ import annotations

import logging
from collections.abc import Callable

Report = Callable[[str], None]


class NotHere(RuntimeError):
    """A backend that cannot be expected on this machine: no library, or no card for it."""


def log_report(line: str) -> None:
    """To the log of this package."""
    logging.getLogger("camaware_ros").warning(line)
