"""Doctor's look at the machine: Python, packages, drawing without a screen, the model.

Knows no ROS graph. Nothing here changes anything.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from camaware_ros.cli.findings import Finding

PYTHON_RANGE = ((3, 10), (3, 13))


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package that is used where it is installed.

    Attributes:
        module: as imported.
        distribution: as pip names it.
        purpose: what it is for.
        fix: how to get it.
        required: whether nothing works without it.
    """

    module: str
    distribution: str
    purpose: str
    fix: str
    required: bool = False


def _extra(name: str) -> str:
    return f"pip install 'camaware_ros[{name}]'"


PACKAGES = (
    Package(
        module="numpy",
        distribution="numpy",
        purpose="everything",
        fix="pip install numpy",
        required=True,
    ),
    Package(
        module="cv2",
        distribution="opencv-python",
        purpose="images",
        fix="pip install 'opencv-python<5', or apt install python3-opencv",
        required=True,
    ),
    Package(
        module="onnxruntime",
        distribution="onnxruntime",
        purpose="the default backend",
        fix=_extra("onnx"),
        required=True,
    ),
    Package(
        module="torch", distribution="torch", purpose="training, torch backend", fix=_extra("train")
    ),
    Package(
        module="transformers",
        distribution="transformers",
        purpose="training, torch backend",
        fix=_extra("train"),
    ),
    Package(
        module="tensorrt",
        distribution="tensorrt",
        purpose="the backend of NVIDIA devices",
        fix=_extra("tensorrt"),
    ),
    Package(module="mujoco", distribution="mujoco", purpose="the simulator", fix=_extra("sim")),
)
# Imported in a process of its own: a missing system library shows only then, and may crash.
_IMPORTED = frozenset({"numpy", "cv2", "onnxruntime"})
_DRAW = "import mujoco; c = mujoco.GLContext(8, 8); c.make_current(); c.free()"


def python_finding() -> Finding:
    """The interpreter's version against the tested ones."""
    oldest, newest = PYTHON_RANGE
    text = f"{platform.python_version()} in {sys.prefix}"
    if oldest <= sys.version_info[:2] <= newest:
        return Finding(subject="python", level="ok", text=text)
    fix = f"tested with {oldest[0]}.{oldest[1]} to {newest[0]}.{newest[1]}"
    return Finding(subject="python", level="note", text=text, fix=fix)


def package_finding(package: Package) -> Finding:
    """Whether a package is installed and, for the small ones, whether it can be imported."""
    missing = "bad" if package.required else "note"
    if importlib.util.find_spec(package.module) is None:
        text = f"not installed ({package.purpose})"
        return Finding(subject=package.module, level=missing, text=text, fix=package.fix)
    if package.module in _IMPORTED:
        reason = _failure([sys.executable, "-c", f"import {package.module}"])
        if reason:
            return Finding(subject=package.module, level="bad", text=reason, fix=package.fix)
    try:
        found = version(package.distribution)
    except PackageNotFoundError:
        found = "installed"
    return Finding(subject=package.module, level="ok", text=found)


def drawing_finding() -> Finding:
    """Whether MuJoCo can draw without a screen."""
    subject = "drawing (EGL)"
    if importlib.util.find_spec("mujoco") is None:
        text = "not tried without mujoco"
        return Finding(subject=subject, level="note", text=text, fix=_extra("sim"))
    chosen = os.environ.get("MUJOCO_GL", "egl")
    reason = _failure([sys.executable, "-c", _DRAW], {**os.environ, "MUJOCO_GL": chosen})
    if not reason:
        return Finding(subject=subject, level="ok", text=f"works (MUJOCO_GL={chosen})")
    fix = "apt install libegl1 libgl1 libgl1-mesa-dri; only the simulator needs it"
    return Finding(subject=subject, level="note", text=reason, fix=fix)


def model_finding(folder: Path | None, backend: str) -> Finding:
    """Whether the model's files are whole and its backend opens them."""
    from camaware_ros.grounder import Grounder

    try:
        grounder = Grounder.load(folder, backend)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        reason = " ".join(str(error).split())
        fix = "restore models/ from the release (git lfs pull, where it is used), or see above"
        return Finding(subject="model", level="bad", text=reason, fix=fix)
    text = f"{grounder.manifest.name} loads, backend {grounder.backend.name}"
    grounder.backend.close()
    return Finding(subject="model", level="ok", text=text)


def machine_findings(folder: Path | None, backend: str) -> Sequence[Finding]:
    """Everything this module looks at, in the order in which it should be fixed."""
    packages = [package_finding(package) for package in PACKAGES]
    found = [python_finding(), *packages, drawing_finding()]
    if exit_is_certain(found):
        return found
    return [*found, model_finding(folder, backend)]


def exit_is_certain(findings: Sequence[Finding]) -> bool:
    """True where numpy or OpenCV are unusable, so that nothing more can be tried."""
    return any(f.level == "bad" and f.subject in ("numpy", "cv2") for f in findings)


def _failure(command: Sequence[str], environment: dict[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    except subprocess.TimeoutExpired:
        return "no answer within 60 s"
    if done.returncode == 0:
        return ""
    return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
