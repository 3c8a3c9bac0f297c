"""Build the message packages that PyPI's ROS lacks, into the virtual environment.

Knows the three packages under interfaces/ and the paths that the kilted wheels carry from the
machine they were made on. Never builds a package that can already be imported, so an installed
ROS is never shadowed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from run import SetupError, run

# What must be importable, and where its definition is kept.
PROBES = {
    "tf2_msgs": "tf2_msgs.msg",
    "vision_msgs": "vision_msgs.msg",
    "nav2_msgs": "nav2_msgs.action",
}
_BAKED_NUMPY = re.compile(r"/opt/python/[^;\"]*/numpy/_core/include")
_BAKED_PYTHON = re.compile(r"/opt/python/cp\d+-cp\d+t?/include/python3\.\d+t?")


def ask_python(python: Path, code: str, environment: Mapping[str, str]) -> str:
    """Return what `code` prints when the environment's own interpreter runs it.

    Raises:
        SetupError: the interpreter failed; the text carries its last line.
    """
    done = subprocess.run(
        [str(python), "-c", code],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or ["no output"]
        raise SetupError(f"{python} failed: {reason[0]}")
    return done.stdout.strip()


def missing_packages(python: Path, environment: Mapping[str, str]) -> list[str]:
    """Names of the interface packages that `python` cannot find, in build order."""
    code = (
        "import importlib.util as u\n"
        f"for package in {list(PROBES)!r}:\n"
        "    print(package if u.find_spec(package) is None else '')"
    )
    return [line for line in ask_python(python, code, environment).splitlines() if line]


def repaired(text: str, python_include: str, numpy_include: str) -> str:
    """Replace the include folders of the wheels' build machine by this machine's."""
    text = _BAKED_NUMPY.sub(lambda _: numpy_include, text)
    return _BAKED_PYTHON.sub(lambda _: python_include, text)


def repair_exports(venv: Path, environment: Mapping[str, str]) -> int:
    """Repair every exported CMake file under `venv`/share; return how many changed."""
    python = venv / "bin" / "python"
    python_include = ask_python(
        python, "import sysconfig; print(sysconfig.get_paths()['include'])", environment
    )
    numpy_include = ask_python(python, "import numpy; print(numpy.get_include())", environment)
    changed = 0
    for path in sorted((venv / "share").rglob("*.cmake")):
        before = path.read_text(encoding="utf-8")
        after = repaired(before, python_include, numpy_include)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed += 1
    return changed


def build(package: str, root: Path, venv: Path, environment: Mapping[str, str]) -> None:
    """Generate, compile and install one interface package into `venv`.

    Raises:
        SetupError: CMake failed, or the package still cannot be imported.
    """
    python, scratch = venv / "bin" / "python", venv / "build" / package
    with_venv = dict(environment)
    with_venv["PATH"] = f"{venv / 'bin'}:{environment.get('PATH', '')}"
    prefixes = [str(venv), *filter(None, environment.get("AMENT_PREFIX_PATH", "").split(":"))]
    with_venv["AMENT_PREFIX_PATH"] = ":".join(prefixes)
    with_venv["CMAKE_PREFIX_PATH"] = ":".join(prefixes)
    shutil.rmtree(scratch, ignore_errors=True)
    configure = ["cmake", "-G", "Ninja", "-S", root / "interfaces" / package, "-B", scratch]
    configure += [f"-DCMAKE_INSTALL_PREFIX={venv}", "-DCMAKE_BUILD_TYPE=Release"]
    configure += ["-DBUILD_TESTING=OFF", f"-DPython3_EXECUTABLE={python}"]
    run(configure, f"{package}: configure", with_venv)
    run(["cmake", "--build", scratch, "--target", "install"], f"{package}: build", with_venv)
    shutil.rmtree(scratch, ignore_errors=True)
    ask_python(python, f"import {PROBES[package]}", environment)


def build_missing(root: Path, venv: Path, environment: Mapping[str, str]) -> list[str]:
    """Build each interface package that `venv` cannot import; return their names."""
    missing = missing_packages(venv / "bin" / "python", environment)
    if missing:
        repair_exports(venv, environment)
    for package in missing:
        build(package, root, venv, environment)
    return missing
