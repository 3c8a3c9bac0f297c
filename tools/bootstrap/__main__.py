"""Make the virtual environment: `python3 tools/bootstrap demo` or `... test`.

Plain Python, no packages needed. Real ROS 2 comes from PyPI, unless an installed ROS is sourced:
then that one is used and nothing of it is replaced.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from interfaces import ask_python, build_missing, missing_packages
from machine import check_python, check_wheels_exist, missing_apt_packages, provide
from run import SetupError, clean_environment, run
from stages import (
    PIP_REQUIREMENTS,
    ROS_REQUIREMENTS,
    STAGES,
    Stage,
    digest,
    is_done,
    stamp_path,
)

ROOT = Path(__file__).resolve().parents[2]


def installed_ros() -> str:
    """Name of the sourced ROS distribution whose rclpy this interpreter can import, or ""."""
    distro = os.environ.get("ROS_DISTRO", "")
    if not distro:
        return ""
    probe = subprocess.run([sys.executable, "-c", "import rclpy"], capture_output=True, check=False)
    return distro if probe.returncode == 0 else ""


def make_venv(venv: Path, ros: str, environment: Mapping[str, str]) -> None:
    """Create `venv` with the pinned pip, or repair one whose creation was interrupted."""
    python = venv / "bin" / "python"
    if python.exists():
        probe = subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True)
        if probe.returncode == 0:
            update_pip(python, environment)
            return
    command = [sys.executable, "-m", "venv", "--clear", *(["--system-site-packages"] * bool(ros))]
    run([*command, venv], f"virtual environment in {venv}", environment)
    update_pip(python, environment)


def update_pip(python: Path, environment: Mapping[str, str]) -> None:
    """Install the pinned pip; the one that comes with Python may be years old."""
    wanted = ROOT / "requirements" / PIP_REQUIREMENTS
    run([python, "-m", "pip", "install", "--quiet", "-r", wanted], "pip", environment)


def install_from_pypi(
    stage: Stage, wheels: str, venv: Path, environment: Mapping[str, str]
) -> None:
    """Install the pinned wheels, ROS among them, and build the missing message packages."""
    pip = [venv / "bin" / "python", "-m", "pip", "install", "--quiet"]
    wanted = []
    for name in (ROS_REQUIREMENTS[wheels], *stage.requirements):
        wanted += ["-r", ROOT / "requirements" / name]
    run([*pip, *wanted], "packages from PyPI", environment)
    build_missing(ROOT, venv, environment)
    editable = ["--no-deps", "--no-build-isolation", "-e", ROOT]
    run([*pip, *editable], "camaware_ros", environment)


def install_beside_ros(stage: Stage, venv: Path, ros: str, environment: Mapping[str, str]) -> None:
    """Install what an installed ROS does not have, keeping the numpy its messages were built for.

    Raises:
        SetupError: message packages are missing and cannot be installed here.
    """
    python = venv / "bin" / "python"
    apt = {
        f"ros-{ros}-{name.replace('_', '-')}": f"the message package {name}"
        for name in missing_packages(python, environment)
    }
    provide(apt)
    numpy = ask_python(python, "import numpy; print(numpy.__version__)", environment)
    constraints = venv / "camaware-constraints.txt"
    constraints.write_text(f"numpy=={numpy}\n", encoding="ascii")
    pip = [python, "-m", "pip", "install", "--quiet", "-c", constraints]
    run([*pip, "-e", f"{ROOT}[{','.join(stage.extras)}]"], "packages from PyPI", environment)


def set_up(stage: Stage, venv: Path, wheels: str) -> None:
    """Bring `venv` to `stage`, doing only what is not done yet.

    Raises:
        SetupError: something is missing or a step failed; the text says what to do.
    """
    check_python()
    ros = installed_ros()
    wanted = digest(ROOT, stage, ros, wheels)
    if is_done(venv, stage, wanted):
        return
    print(f"Setting up {venv} for `make {stage.name}` ({ros or f'{wheels} from PyPI'})", flush=True)
    start = time.monotonic()
    if not ros:
        check_wheels_exist()
    provide(missing_apt_packages(needs_compiler=not ros))
    environment = clean_environment(os.environ, keep_ros=bool(ros))
    make_venv(venv, ros, environment)
    if ros:
        install_beside_ros(stage, venv, ros, environment)
    else:
        install_from_pypi(stage, wheels, venv, environment)
    for done in STAGES.values():
        if set(done.requirements) <= set(stage.requirements):
            stamp_path(venv, done).write_text(digest(ROOT, done, ros, wheels), encoding="ascii")
    print(f"Ready after {time.monotonic() - start:.0f} s", flush=True)


def main() -> int:
    """Set up one stage; return the exit code."""
    parser = argparse.ArgumentParser(prog="tools/bootstrap", description=__doc__)
    parser.add_argument("stage", choices=sorted(STAGES))
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="default: %(default)s")
    parser.add_argument(
        "--ros",
        choices=sorted(ROS_REQUIREMENTS),
        default="kilted",
        help="wheels to take where no ROS is sourced; one per --venv (default: %(default)s)",
    )
    arguments = parser.parse_args()
    try:
        with open(__file__, encoding="utf-8") as lock:
            # Two runs at once (make demo, make test) take turns.
            fcntl.flock(lock, fcntl.LOCK_EX)
            set_up(STAGES[arguments.stage], arguments.venv.resolve(), arguments.ros)
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
