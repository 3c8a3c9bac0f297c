"""What a backend tells while it opens (engines being compiled take minutes), told by the node."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from camaware_ros.ros.report import Report

PACKAGE_LOG = "camaware_ros"


class _Lines(logging.Handler):
    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(record.getMessage())


@contextmanager
def backend_lines(report: Report, publish: Callable[[], None]) -> Iterator[None]:
    """While this lasts, the package's own log goes to the node's log and to /diagnostics.

    Args:
        report: of the node.
        publish: sends the diagnostics now; the node's executor is busy meanwhile.
    """

    def tell(line: str) -> None:
        report.event("model", "backend", line)
        publish()

    handler, log = _Lines(tell), logging.getLogger(PACKAGE_LOG)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
