"""The setup program's own decisions, and what it says when the machine lacks something."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
BOOTSTRAP = ROOT / "tools" / "bootstrap"


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch):
    """Imports a module of tools/bootstrap, which is a program and no package."""
    monkeypatch.syspath_prepend(BOOTSTRAP)
    for name in ("run", "machine", "interfaces", "stages"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    return load


def test_baked_paths_are_replaced_once_and_for_all(bootstrap) -> None:
    repaired = bootstrap("interfaces").repaired
    baked = (
        'INTERFACE_INCLUDE_DIRECTORIES "/opt/python/cp312-cp312/include/python3.12;'
        '/opt/python/cp312-cp312/lib/python3.12/site-packages/numpy/_core/include;/keep/me"'
    )
    once = repaired(baked, "/here/include", "/here/numpy")
    assert once == 'INTERFACE_INCLUDE_DIRECTORIES "/here/include;/here/numpy;/keep/me"'
    assert repaired(once, "/other", "/other") == once


def test_only_packages_that_cannot_be_imported_are_missing(bootstrap, tmp_path: Path) -> None:
    interfaces = bootstrap("interfaces")
    (tmp_path / "vision_msgs").mkdir()
    (tmp_path / "vision_msgs" / "__init__.py").touch()
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}
    python = Path(sys.base_prefix) / "bin" / "python3"
    found = interfaces.missing_packages(python, bare)
    assert "vision_msgs" not in found
    assert found == [name for name in interfaces.PROBES if name in found]
    assert interfaces.missing_packages(Path(sys.executable), dict(os.environ)) == []


def test_another_environments_traces_are_removed(bootstrap) -> None:
    clean = bootstrap("run").clean_environment
    inherited = {
        "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1",
        "LD_LIBRARY_PATH": "/other/lib",
        "PYTHONPATH": "/other/site",
        "AMENT_PREFIX_PATH": "/other",
        "PATH": "/bin",
    }
    assert set(clean(inherited, keep_ros=False)) == {"PATH", "PIP_DISABLE_PIP_VERSION_CHECK"}


def test_a_sourced_ros_is_kept(bootstrap) -> None:
    sourced = {"PYTHONPATH": "/ros/site", "LD_LIBRARY_PATH": "/ros/lib"}
    kept = bootstrap("run").clean_environment(sourced, keep_ros=True)
    assert sourced.items() <= kept.items()


def test_a_failing_command_shows_its_output_and_name(bootstrap, capsys) -> None:
    run = bootstrap("run")
    command = [sys.executable, "-c", "print('the reason'); raise SystemExit(3)"]
    with pytest.raises(run.SetupError, match=r"step one: .* returned 3"):
        run.run(command, "step one")
    assert "the reason" in capsys.readouterr().out
    with pytest.raises(run.SetupError, match="cannot start /no/such/program"):
        run.run(["/no/such/program"], "step two")


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 14, 0)])
def test_an_untested_python_is_refused(bootstrap, monkeypatch, version: tuple[int, ...]) -> None:
    machine = bootstrap("machine")
    machine.check_python()
    fake = SimpleNamespace(version_info=version, executable="/the/python")
    monkeypatch.setattr(machine, "sys", fake)
    with pytest.raises(RuntimeError, match=r"expected 3\.10 to 3\.13, got .* \(/the/python\)"):
        machine.check_python()


def test_a_machine_without_wheels_is_refused(bootstrap, monkeypatch) -> None:
    machine = bootstrap("machine")
    monkeypatch.setattr(machine.platform, "machine", lambda: "aarch64")
    with pytest.raises(RuntimeError, match="expected Linux x86_64, got Linux aarch64"):
        machine.check_wheels_exist()


def test_a_missing_library_names_its_debian_package(bootstrap, monkeypatch) -> None:
    machine = bootstrap("machine")
    monkeypatch.setitem(machine.LIBRARIES, "libnosuch.so.1", ("libnosuch1", "nobody"))
    missing = machine.missing_apt_packages(needs_compiler=False)
    assert missing["libnosuch1"] == "libnosuch.so.1, which nobody needs"


def test_a_missing_compiler_matters_only_where_something_is_built(bootstrap, monkeypatch) -> None:
    machine = bootstrap("machine")
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    assert "g++" in machine.missing_apt_packages(needs_compiler=True)
    assert "g++" not in machine.missing_apt_packages(needs_compiler=False)


def test_without_root_it_says_what_to_install(bootstrap, monkeypatch) -> None:
    machine = bootstrap("machine")
    monkeypatch.setattr(machine.os, "geteuid", lambda: 1000)
    with pytest.raises(RuntimeError, match=r"sudo apt-get install -y g\+\+ libegl1") as caught:
        machine.provide({"libegl1": "drawing", "g++": "building"})
    assert "g++: building" in str(caught.value)
    machine.provide({})


def test_an_edited_requirement_makes_a_stage_undone(bootstrap, tmp_path: Path) -> None:
    stages = bootstrap("stages")
    for name in ("requirements", "interfaces", "tools/bootstrap"):
        (tmp_path / name).mkdir(parents=True)
    names = (
        "requirements/pip.txt",
        "requirements/ros-kilted.txt",
        "requirements/ros-jazzy.txt",
        "requirements/demo.txt",
        "requirements/test.txt",
    )
    for name in (*names, "setup.py", "package.xml", "interfaces/a.msg"):
        (tmp_path / name).write_text(name)
    demo, test = stages.STAGES["demo"], stages.STAGES["test"]
    before = stages.digest(tmp_path, demo, "", "kilted")
    stages.stamp_path(tmp_path, demo).write_text(before)
    assert stages.is_done(tmp_path, demo, before)
    assert not stages.is_done(tmp_path, test, stages.digest(tmp_path, test, "", "kilted"))

    (tmp_path / "requirements" / "test.txt").write_text("edited")
    assert stages.digest(tmp_path, demo, "", "kilted") == before
    assert stages.digest(tmp_path, demo, "jazzy", "kilted") != before
    assert stages.digest(tmp_path, demo, "", "jazzy") != before
    (tmp_path / "requirements" / "demo.txt").write_text("edited")
    assert not stages.is_done(tmp_path, demo, stages.digest(tmp_path, demo, "", "kilted"))


def test_the_program_explains_itself() -> None:
    done = subprocess.run(
        [sys.executable, str(BOOTSTRAP), "--help"], capture_output=True, text=True, check=True
    )
    assert "demo" in done.stdout
    assert "test" in done.stdout


def test_make_lists_its_targets() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"make demo", "make test", "make clean"} <= {
        " ".join(line.split()[:2]) for line in done.stdout.splitlines()
    }


def test_continuous_integration_runs_the_tests() -> None:
    path = ROOT / ".ci" / "run"
    assert os.access(path, os.X_OK)
    assert "make test" in path.read_text()
