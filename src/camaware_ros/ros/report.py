"""Says a problem once in the log and for as long as it lasts in the diagnostics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rclpy.impl.rcutils_logger import RcutilsLogger

from camaware_ros.ros.health import Health, Level, Reason
from camaware_ros.ros.tf import TransformException


class StageFailed(Exception):
    """A stage of the work ended with a reason, which has been reported already."""


class Report:
    """Health and log together.

    Args:
        health: that the diagnostics publish.
        logger: of the node.
        camera: that this is about, where there are several.
    """

    def __init__(self, health: Health, logger: RcutilsLogger, camera: str = "") -> None:
        self.health = health.named(camera)
        self._logger = logger
        self._prefix = f"{camera}: " if camera else ""

    def of(self, camera: str) -> Report:
        """The same report, told under a camera's name."""
        return Report(self.health, self._logger, camera) if camera else self

    def problem(
        self, stage: str, reason: str | Reason, text: str, level: Level = Level.ERROR
    ) -> None:
        """The stage has a problem; logged where the reason is new, kept until the stage is ok."""
        if self.health.problem(stage, reason, text, level):
            code = reason.value if isinstance(reason, Reason) else reason
            if level is Level.ERROR:
                self._logger.error(f"{code}: {self._prefix}{text}")
            else:
                self._logger.warning(f"{code}: {self._prefix}{text}")

    def event(self, stage: str, reason: str | Reason, text: str) -> None:
        """Something that is over already: a line in the log, and once in the diagnostics."""
        self.health.event(stage, reason, text)
        code = reason.value if isinstance(reason, Reason) else reason
        self._logger.warning(f"{code}: {self._prefix}{text}")

    @contextmanager
    def stage(self, name: str, reason: str | Reason, *also: type[Exception]) -> Iterator[None]:
        """Run one stage: ok where it ends well.

        Args:
            name: of the stage.
            reason: code of what is wrong where it does not.
            also: expected errors beside ValueError, OSError and TransformException.

        Raises:
            StageFailed: after reporting an expected error.
        """
        try:
            yield
        except (ValueError, OSError, TransformException, *also) as error:
            self.problem(name, reason, str(error))
            raise StageFailed(f"{name}: {error}") from error
        self.health.ok(name)
