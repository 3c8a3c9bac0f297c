"""An install space, made by the very commands that colcon runs for a Python package."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {"camaware", "grounding_node", "goal_node", "sim_node"}


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The install space."""
    folder = tmp_path_factory.mktemp("colcon")
    command = [sys.executable, "setup.py", "-q", "egg_info", "-e", folder]
    command += ["build", "-b", folder / "build", "install", "--prefix", folder / "install"]
    command += ["--single-version-externally-managed", "--record", folder / "record"]
    done = subprocess.run([str(w) for w in command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "install"


def test_programs_lie_where_launch_looks_and_start_the_python_that_built_them(
    prefix: Path,
) -> None:
    programs = {path.name: path for path in (prefix / "lib/camaware_ros").iterdir()}
    assert set(programs) == PROGRAMS
    for path in programs.values():
        assert path.read_text().splitlines()[0] == f"#!{sys.executable}"
        assert os.access(path, os.X_OK)


def test_every_file_that_the_checkout_uses_is_installed(prefix: Path) -> None:
    share = prefix / "share/camaware_ros"
    for folder in ("launch", "config", "models"):
        ours = {p.relative_to(ROOT) for p in (ROOT / folder).rglob("*") if p.is_file()}
        ours = {path for path in ours if "__pycache__" not in path.parts}
        assert {path for path in ours if not (share / path).is_file()} == set()
    assert (prefix / "share/ament_index/resource_index/packages/camaware_ros").is_file()
    (code,) = prefix.glob("lib/python3.*/site-packages/camaware_ros")
    modules = {
        p.relative_to(ROOT / "src/camaware_ros") for p in ROOT.glob("src/camaware_ros/**/*.py")
    }
    assert {path for path in modules if not (code / path).is_file()} == set()


def test_what_is_installed_runs_and_finds_its_own_files(prefix: Path, tmp_path: Path) -> None:
    (site,) = prefix.glob("lib/python3.*/site-packages")
    environment = {**os.environ, "PYTHONPATH": str(site)}
    code = "from camaware_ros.resources import share_directory; print(share_directory())"
    for command, expected in (
        ([str(prefix / "lib/camaware_ros/camaware"), "--version"], "camaware"),
        ([sys.executable, "-c", code], str(prefix / "share/camaware_ros")),
    ):
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(expected)


def test_it_can_be_released_because_no_dependency_comes_from_pip() -> None:
    manifest = ElementTree.parse(ROOT / "package.xml").getroot()
    keys = {node.text for node in manifest if node.tag.endswith("depend")}
    assert len(keys) > 10
    assert not {key for key in keys if key and key.endswith("-pip")}
    assert keys.isdisjoint({"python3-torch", "python3-onnxruntime", "cv_bridge"})
