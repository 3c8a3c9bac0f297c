"""Run one command for the setup and say plainly what failed.

Knows how to hide a command's output until it fails. Does not know what is being installed.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

# Left by an activated ROS virtual environment: it would make another environment's Python
# look for its libraries in the wrong place.
_FOREIGN = ("PYTHONPATH", "PYTHONHOME", "AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH")


class SetupError(RuntimeError):
    """Something the person at the keyboard has to know; the text says what to do."""


def clean_environment(base: Mapping[str, str], keep_ros: bool) -> dict[str, str]:
    """Return `base` without what another environment left in it.

    Args:
        base: the environment this program was started with.
        keep_ros: True where an installed ROS is sourced and wanted.
    """
    environment = dict(base)
    if environment.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None) is not None:
        environment.pop("LD_LIBRARY_PATH", None)
    if not keep_ros:
        for name in _FOREIGN:
            environment.pop(name, None)
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    return environment


def run(
    command: Sequence[str | Path], label: str, environment: Mapping[str, str] | None = None
) -> None:
    """Run `command`, print one line with its time; on failure print the end of its output.

    Raises:
        SetupError: the command could not be started or did not return 0.
    """
    words = [str(word) for word in command]
    print(f"  {label} ... ", end="", flush=True)
    start = time.monotonic()
    try:
        done = subprocess.run(
            words,
            env=dict(os.environ if environment is None else environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        print("failed")
        raise SetupError(f"cannot start {words[0]}: {error}") from error
    if done.returncode != 0:
        print("failed")
        sys.stdout.write(done.stdout[-6000:])
        raise SetupError(f"{label}: `{shlex.join(words)}` returned {done.returncode}")
    print(f"{time.monotonic() - start:.0f} s", flush=True)
