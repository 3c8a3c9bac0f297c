"""Node processes: started in a group of their own, watched, and ended by SIGINT. Knows no ROS API.

What a node prints goes to a file, so that a person sees the story and not three logs at once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_END_S = 20.0


class NodeProcess:
    """One running process.

    Args:
        name: for messages.
        command: program and arguments.
        environment: of the process.
        log: file that takes its output.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.log = log
        with log.open("w", encoding="utf-8") as output:
            self._process = subprocess.Popen(
                list(command), env=dict(environment), stdout=output, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    @property
    def last_line(self) -> str:
        """The last thing it said."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "(it said nothing)"

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.exit_code is None:
            self._process.send_signal(number)

    def interrupt(self) -> None:
        """Ask it to end, as Ctrl-C does."""
        self.send(signal.SIGINT)

    def join(self, timeout_s: float = _END_S) -> int:
        """Wait for its end; its whole group is killed where it does not come. Its exit code."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            return self._process.wait()


class NodeDied(RuntimeError):
    """A node ended that should run; the text names it and says its last line."""


def check_alive(processes: Sequence[NodeProcess]) -> None:
    """Raise where one has ended.

    Raises:
        NodeDied: naming it.
    """
    for process in processes:
        if process.exit_code is not None:
            raise NodeDied(
                f"{process.name} ended with code {process.exit_code}: {process.last_line}"
            )


def end_all(processes: Sequence[NodeProcess]) -> dict[str, int]:
    """Interrupt all, then wait for each; exit codes by name."""
    for process in processes:
        process.interrupt()
    return {process.name: process.join() for process in processes}


@contextmanager
def running(
    commands: Mapping[str, Sequence[str]], environment: Mapping[str, str], folder: Path
) -> Iterator[list[NodeProcess]]:
    """Start commands by name; all of them have ended when the block is left, however it is left.

    Within the block SIGTERM interrupts this process as Ctrl-C does, so that it cannot leave the
    others behind; so does SIGINT where it was ignored, as in a shell's background, because a
    process that is started with SIGINT ignored could not be ended by it. For the main thread only.
    """
    processes: list[NodeProcess] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    # A signal in the middle of a start would lose sight of the process that is being started.
    early: list[int] = []
    before = {n: signal.signal(n, lambda number, _: early.append(number)) for n in numbers}
    try:
        for name, command in commands.items():
            log = folder / f"{name}.log"
            processes.append(NodeProcess(name, command, environment, log))
        for number in numbers:
            signal.signal(number, signal.default_int_handler)
        if early:
            raise KeyboardInterrupt
        yield processes
    finally:
        end_all(processes)
        for number, handler in before.items():
            signal.signal(number, handler)


def node_command(
    module: str,
    parameters: Mapping[str, object],
    files: Sequence[Path] = (),
    remappings: Mapping[str, str] | None = None,
) -> list[str]:
    """The command line of one of our nodes; what ``parameters`` says wins over the files."""
    words = [sys.executable, "-m", f"camaware_ros.ros.{module}", "--ros-args"]
    for file in files:
        words += ["--params-file", str(file)]
    for name, value in parameters.items():
        words += ["-p", f"{name}:={_yaml(value)}"]
    for name, other in (remappings or {}).items():
        words += ["-r", f"{name}:={other}"]
    return words


def _yaml(value: object) -> str:
    """A parameter as rcl reads it: booleans in small letters, words quoted."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}'" if isinstance(value, str) else str(value)
