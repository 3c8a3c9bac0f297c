"""Which stage installs what, and whether that has already been done.

A stage is done when its stamp in the virtual environment equals the digest of everything the
stage was made from, so a second run starts at once and an edited requirement file is noticed.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Stage:
    """One set of things to install.

    Attributes:
        name: as typed on the command line.
        requirements: pinned files under requirements/, where ROS comes from PyPI.
        extras: the same as extras of the package, where an installed ROS sets some versions.
    """

    name: str
    requirements: Sequence[str]
    extras: Sequence[str]


STAGES = {
    "demo": Stage("demo", ("demo.txt",), ("sim", "onnx")),
    "test": Stage("test", ("demo.txt", "test.txt"), ("sim", "onnx", "train", "dev")),
}
PIP_REQUIREMENTS = "pip.txt"
# Distribution that comes from PyPI where none is installed -> its pinned wheels.
ROS_REQUIREMENTS = {"kilted": "ros-kilted.txt", "jazzy": "ros-jazzy.txt"}


def digest(root: Path, stage: Stage, ros: str, wheels: str) -> str:
    """Digest of what `stage` is made from.

    Args:
        root: the checkout.
        stage: the stage.
        ros: name of the installed ROS, or "" where it comes from PyPI.
        wheels: distribution that comes from PyPI then.
    """
    total = hashlib.sha256(f"{root}\n{sys.version}\n{sys.executable}\n{ros}\n".encode())
    names = (PIP_REQUIREMENTS, ROS_REQUIREMENTS[wheels], *stage.requirements)
    files = [root / "requirements" / name for name in names]
    files += [root / "setup.py", root / "package.xml"]
    for folder in ("interfaces", "tools/bootstrap"):
        found = (root / folder).rglob("*")
        files += [path for path in found if path.is_file() and "__pycache__" not in path.parts]
    for path in sorted(files):
        total.update(f"{path.relative_to(root)}\n".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def stamp_path(venv: Path, stage: Stage) -> Path:
    """Where the digest of the finished stage is kept."""
    return venv / f"camaware-{stage.name}.stamp"


def is_done(venv: Path, stage: Stage, wanted: str) -> bool:
    """True when `stage` was finished for exactly this digest."""
    path = stamp_path(venv, stage)
    return path.is_file() and path.read_text(encoding="ascii") == wanted
