"""Launch files: they parse everywhere; where launch_ros is, every argument is explained."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

LAUNCH = Path(__file__).resolve().parents[2] / "launch"
FILES = sorted(LAUNCH.glob("*.launch.py"))


def test_there_is_one_for_the_robot_and_one_for_the_demo() -> None:
    assert {file.name for file in FILES} >= {"camaware.launch.py", "demo.launch.py"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_parses_and_has_what_launch_calls(file: Path) -> None:
    code = compile(file.read_text(), str(file), "exec")
    assert "generate_launch_description" in code.co_names


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_argument_has_a_description_and_a_default(file: Path) -> None:
    pytest.importorskip("launch_ros", reason="launch_ros is not installed")
    spec = importlib.util.spec_from_file_location(file.name.split(".")[0] + "_launch", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.ARGUMENTS
    for argument in module.ARGUMENTS:
        assert len(argument.description) > 10, argument.name
        assert argument.default_value is not None, argument.name
