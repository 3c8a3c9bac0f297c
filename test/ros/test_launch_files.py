"""Launch files: they parse everywhere; where launch_ros is, they say and start what they should.

The nodes really come up where the package is also in an ament prefix (``colcon build``).
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

LAUNCH = Path(__file__).resolve().parents[2] / "launch"
FILES = sorted(LAUNCH.glob("*.launch.py"))
OURS = ("camaware.launch.py", "demo.launch.py")
NEEDED = {"namespace", "image", "camera_info", "cameras", "command", "backend", "model",
          "params_file", "rviz", "use_sim_time"}  # fmt: skip


def loaded(file: str) -> ModuleType:
    """The launch file as a module."""
    pytest.importorskip("launch_ros", reason="launch_ros is not installed")
    spec = importlib.util.spec_from_file_location(file.split(".")[0] + "_launch", LAUNCH / file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SERVICE = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
given = [word.split(":=", 1) for word in sys.argv[2:]]
source = PythonLaunchDescriptionSource(sys.argv[1])
service = LaunchService()
included = IncludeLaunchDescription(source, launch_arguments=given)
service.include_launch_description(LaunchDescription([included]))
sys.exit(service.run())
"""
# A program that only says how it was called, and what is in the files that it was given.
TELLTALE = """#!/bin/sh
echo "CALLED $*"
for word in "$@"; do [ -f "$word" ] && cat "$word"; done
true
"""


@pytest.fixture
def described(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """What a launched node is told, by its program, for arguments of the robot's launch file."""
    pytest.importorskip("launch_ros", reason="launch_ros is not installed")
    prefix = tmp_path / "prefix"
    index = prefix / "share/ament_index/resource_index/packages"
    index.mkdir(parents=True)
    shutil.copytree(LAUNCH.parent / "config", prefix / "share/camaware_ros/config")
    for program in ("camaware_ros/grounding_node", "camaware_ros/goal_node", "rviz2/rviz2"):
        (index / program.split("/")[0]).touch()
        path = prefix / "lib" / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TELLTALE)
        path.chmod(0o755)
    environment = {**os.environ, "AMENT_PREFIX_PATH": str(prefix), "ROS_LOG_DIR": str(tmp_path)}

    def describe(**given: str) -> dict[str, str]:
        arguments = [f"{name}:={value}" for name, value in given.items()]
        done = subprocess.run(
            [sys.executable, "-c", SERVICE, str(LAUNCH / "camaware.launch.py"), *arguments],
            env=environment,
            capture_output=True,
            text=True,
        )
        said: dict[str, str] = {}
        for line in done.stdout.splitlines():
            if found := re.match(r"\[(\w+?)-\d+\] (.*)", line):
                said[found[1]] = said.get(found[1], "") + found[2] + "\n"
        assert said, done.stdout + done.stderr
        return said

    return describe


def test_there_is_one_for_the_robot_and_one_for_the_demo() -> None:
    assert {file.name for file in FILES} >= set(OURS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_parses_and_has_what_launch_calls(file: Path) -> None:
    code = compile(file.read_text(), str(file), "exec")
    assert "generate_launch_description" in code.co_names


@pytest.mark.parametrize("file", OURS)
def test_nothing_with_a_window_starts_unasked(file: str) -> None:
    tree = ast.parse((LAUNCH / file).read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    declared = [call for call in calls if ast.unparse(call.func) == "DeclareLaunchArgument"]
    (rviz,) = [call for call in declared if ast.unparse(call.args[0]) == "'rviz'"]
    defaults = {word.arg: ast.unparse(word.value) for word in rviz.keywords}
    assert defaults["default_value"] == "'false'"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_argument_has_a_description_and_a_default(file: Path) -> None:
    module = loaded(file.name)
    assert module.ARGUMENTS
    for argument in module.ARGUMENTS:
        assert len(argument.description) > 10, argument.name
        assert argument.default_value is not None, argument.name


def test_the_robots_file_has_the_arguments_that_a_robot_needs() -> None:
    assert {argument.name for argument in loaded("camaware.launch.py").ARGUMENTS} >= NEEDED


def test_without_arguments_both_nodes_keep_their_files(described) -> None:
    said = described()
    assert set(said) == {"grounding_node", "goal_node"}
    call = said["grounding_node"].splitlines()[0]
    assert "config/grounding_node.yaml" in call and "image:=image" in call.split()
    # camera_info follows the image by itself.
    assert "camera_info:=" not in call
    ours = said["grounding_node"].split("use_sim_time", 1)[1]
    assert "backend" not in ours and "autostart" not in ours


def test_arguments_go_over_own_files_over_ours(described, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("/**:\n  ros__parameters:\n    min_presence: 0.4\n")
    said = described(params_file=str(own), backend="onnx", model="/models/mine")["grounding_node"]
    call = said.splitlines()[0]
    assert call.index("grounding_node.yaml") < call.index("own.yaml") < call.rindex("launch_params")
    assert "min_presence: 0.4" in said
    assert "backend: onnx" in said and "model_dir: /models/mine" in said


def test_several_cameras_have_topics_under_their_names(described) -> None:
    said = described(cameras="front, rear", image="image_raw", namespace="robot")["grounding_node"]
    words = said.splitlines()[0].split()
    for word in ("front/image:=front/image_raw", "rear/image:=rear/image_raw", "__ns:=/robot"):
        assert word in words
    assert re.search(r"cameras:.*\n\s*- front\n\s*- rear\n", said)


def test_several_cameras_cannot_share_one_absolute_topic(described) -> None:
    with pytest.raises(AssertionError, match="expected a topic under each of them"):
        described(cameras="front,rear", image="/cam/image")


def test_rviz_comes_on_demand_with_our_configuration_in_the_namespace(described) -> None:
    call = described(rviz="true", namespace="robot")["rviz2"]
    assert "config/camaware.rviz" in call
    assert {"/markers:=markers", "__ns:=/robot"} <= set(call.split())


@pytest.mark.parametrize("file", OURS)
def test_ros2_launch_lists_the_arguments(file: str) -> None:
    """The real command, where ros2cli and ros2launch are installed."""
    pytest.importorskip("ros2launch", reason="ros2launch is not installed")
    command = "import sys; from ros2cli.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", command, "launch", str(LAUNCH / file), "--show-args"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for argument in loaded(file).ARGUMENTS:
        assert f"'{argument.name}':" in done.stdout


def test_the_nodes_come_up_in_their_namespace_and_leave_cleanly(start, make_rig) -> None:
    """``ros2 launch`` in effect: the file in a process of its own, ended as by Ctrl-C."""
    loaded("camaware.launch.py")
    from ament_index_python.packages import PackageNotFoundError, get_package_prefix

    try:
        programs = Path(get_package_prefix("camaware_ros"), "lib", "camaware_ros")
    except PackageNotFoundError:
        pytest.skip("camaware_ros is in no ament prefix: colcon build, source install/setup.bash")
    if not (programs / "grounding_node").is_file():
        pytest.skip(f"no {programs}/grounding_node: pip puts programs elsewhere; use colcon build")
    rig = make_rig()
    launched = start("-c", SERVICE, str(LAUNCH / "camaware.launch.py"), "namespace:=robot")
    for name in ("/robot/grounding_node", "/robot/goal_node"):
        rig.wait(lambda name=name: rig.health(name) != "(no diagnostics)", name)
        rig.wait(lambda name=name: "not_active" not in rig.health(name), f"{name} active")
    assert launched.end() == 0
    assert launched.output.count("process has finished cleanly") == 2
