"""One version everywhere, and packaging that names every file and package there is."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import camaware_ros

ROOT = Path(__file__).resolve().parents[2]


def setup_says(*words: str) -> list[str]:
    """What setup.py prints for a metadata option."""
    done = subprocess.run(
        [sys.executable, "setup.py", "--quiet", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_the_version_is_the_same_everywhere() -> None:
    manifest = ElementTree.parse(ROOT / "package.xml").getroot()
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert manifest.findtext("version") == camaware_ros.__version__
    assert newest.group(1) == camaware_ros.__version__
    assert setup_says("--version") == [camaware_ros.__version__]


def test_interface_packages_carry_it_too() -> None:
    for path in (ROOT / "interfaces").glob("*/package.xml"):
        assert ElementTree.parse(path).findtext("version") == camaware_ros.__version__, path


def test_name_and_licence_agree() -> None:
    manifest = ElementTree.parse(ROOT / "package.xml").getroot()
    assert setup_says("--name") == [manifest.findtext("name")] == ["camaware_ros"]
    assert setup_says("--license") == [manifest.findtext("license")] == ["Apache-2.0"]
    licence = (ROOT / "LICENSE").read_text()
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence


def test_every_folder_of_code_is_a_package() -> None:
    source = ROOT / "src" / "camaware_ros"
    folders = {path.parent for path in source.rglob("*.py")}
    lacking = [folder for folder in sorted(folders) if not (folder / "__init__.py").is_file()]
    assert lacking == []


def test_no_dependency_is_declared_twice() -> None:
    manifest = ElementTree.parse(ROOT / "package.xml").getroot()
    names = [element.text for element in manifest if element.tag.endswith("_depend")]
    assert len(names) == len(set(names))


@pytest.fixture(scope="module")
def imported_ros_packages() -> set[str]:
    """Top-level ROS packages that the sources and launch files import."""
    pattern = re.compile(r"^\s*(?:from|import) (\w+)", re.MULTILINE)
    found: set[str] = set()
    for folder in ("src", "launch"):
        for path in (ROOT / folder).rglob("*.py"):
            found |= set(pattern.findall(path.read_text()))
    known = re.compile(r"(rclpy|launch|launch_ros|tf2_ros|ament_index_python|\w+_msgs|std_srvs)$")
    return {name for name in found if known.match(name)} | {"rclpy"}


def test_package_xml_declares_every_ros_package_that_is_imported(
    imported_ros_packages: set[str],
) -> None:
    manifest = ElementTree.parse(ROOT / "package.xml").getroot()
    declared = {element.text for element in manifest if element.tag.endswith("depend")}
    # Python's tf2_ros is shipped by the package tf2_ros_py.
    assert imported_ros_packages - declared == set()


@pytest.mark.parametrize("requirements", ["demo.txt", "test.txt"])
def test_pinned_versions_lie_within_the_bounds_of_setup(requirements: str) -> None:
    """Nothing is tested that the metadata forbids."""
    from packaging.requirements import Requirement

    metadata = re.findall(
        r'"([A-Za-z][\w-]*(?:[<>=]=?[\d.]+,?)+)"', (ROOT / "setup.py").read_text()
    )
    bounds = {one.name.lower(): one.specifier for one in map(Requirement, metadata)}
    pins = [
        Requirement(line)
        for line in (ROOT / "requirements" / requirements).read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert pins
    for pin in pins:
        (only,) = pin.specifier
        assert only.operator == "=="
        if pin.name.lower() != "setuptools":
            assert bounds[pin.name.lower()].contains(only.version), str(pin)
