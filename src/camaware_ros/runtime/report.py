"""Who is told what a backend does while it opens: progress, and why another one was taken."""

from __future__ import annotations

import logging
from collections.abc import Callable

Report = Callable[[str], None]


class NotHere(RuntimeError):
    """A backend that cannot be expected on this machine: no library, or no card for it."""


def one_line(error: object) -> str:
    """What a library said, on one line."""
    return " ".join(str(error).split())


def log_report(line: str) -> None:
    """To the log of this package."""
    logging.getLogger("camaware_ros").warning(line)
