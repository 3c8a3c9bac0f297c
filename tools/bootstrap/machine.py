"""What the machine itself must have before a virtual environment can be made.

Knows Python versions, Debian package names and shared libraries. Does not know pip or ROS
packages. Installs with apt only as root; otherwise it says what to install and stops.
"""

from __future__ import annotations

import ctypes
import glob
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from run import SetupError, run

OLDEST, NEWEST = (3, 10), (3, 13)

# Shared library -> the Debian package that brings it, and who needs it.
LIBRARIES = {
    "libGL.so.1": ("libgl1", "OpenCV"),
    "libgthread-2.0.so.0": ("libglib2.0-0", "OpenCV"),
    "libEGL.so.1": ("libegl1", "MuJoCo"),
}
# Any of these can draw without a screen: Mesa in its older and newer layout, NVIDIA's driver.
_RENDERERS = ("dri/*swrast*_dri.so", "libgallium-*.so", "libEGL_nvidia.so.*")
_LIBRARY_FOLDERS = ("/usr/lib/*-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib")


def check_python() -> None:
    """Refuse an interpreter that the pinned wheels were not made for.

    Raises:
        SetupError: too old, too new, or no `venv` and `ensurepip`.
    """
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        other = _another_python()
        hint = f"make PYTHON={other}" if other else "install one, then make PYTHON=python3.X"
        raise SetupError(
            f"Python: expected 3.{OLDEST[1]} to 3.{NEWEST[1]}, got {platform.python_version()} "
            f"({sys.executable}). Try: {hint}"
        )


def _another_python() -> str | None:
    """A tested interpreter on the path that really starts, newest first."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", ""], capture_output=True).returncode == 0:
            return found
    return None


def check_wheels_exist() -> None:
    """Refuse a machine for which PyPI has no ROS wheels.

    Raises:
        SetupError: not Linux on x86-64.
    """
    got = (platform.system(), platform.machine())
    if got != ("Linux", "x86_64"):
        raise SetupError(
            f"ROS 2 from PyPI: expected Linux x86_64, got {got[0]} {got[1]}. Install ROS 2 "
            "(docs.ros.org), `source /opt/ros/DISTRO/setup.bash` and run this again."
        )


def missing_apt_packages(needs_compiler: bool) -> dict[str, str]:
    """Return the Debian packages that are missing, each with the reason it is needed."""
    missing = {}
    if importlib.util.find_spec("ensurepip") is None:
        missing[_for_this_python("venv")] = "virtual environments"
    if needs_compiler:
        if shutil.which("c++") is None and shutil.which("g++") is None:
            missing["g++"] = "building the message packages"
        if not Path(sysconfig.get_paths()["include"], "Python.h").is_file():
            missing[_for_this_python("dev")] = "building the message packages"
    for library, (package, user) in LIBRARIES.items():
        if not _loads(library):
            missing[package] = f"{library}, which {user} needs"
    if not _has_renderer():
        missing["libgl1-mesa-dri"] = "drawing without a screen, which MuJoCo needs"
    return missing


def _for_this_python(part: str) -> str:
    default = os.path.realpath("/usr/bin/python3")
    if os.path.realpath(sys.executable) == default:
        return f"python3-{part}"
    return f"python3.{sys.version_info.minor}-{part}"


def _has_renderer() -> bool:
    return any(
        glob.glob(f"{folder}/{pattern}") for folder in _LIBRARY_FOLDERS for pattern in _RENDERERS
    )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def provide(missing: Mapping[str, str]) -> None:
    """Install the missing Debian packages as root, or say what to install.

    Raises:
        SetupError: not root, no apt, or apt failed.
    """
    if not missing:
        return
    names = sorted(missing)
    reasons = "\n".join(f"  {name}: {missing[name]}" for name in names)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SetupError(
            f"this machine lacks\n{reasons}\nInstall them and run this again, on Debian or "
            f"Ubuntu with\n  sudo apt-get install -y {' '.join(names)}"
        )
    print(f"  installing with apt:\n{reasons}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], "apt-get update", environment)
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]
    run(install, "apt-get install", environment)
