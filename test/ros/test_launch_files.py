"""Launch files: they parse everywhere; where launch_ros is, they say and start what they should."""

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


PROGRAMS = ("camaware_ros/grounding_node", "camaware_ros/goal_node", "camaware_ros/sim_node",
            "rviz2/rviz2")  # fmt: skip


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ament prefix with our files and programs that only say what they are told."""
    pytest.importorskip("launch_ros", reason="launch_ros is not installed")
    folder = tmp_path / "prefix"
    index = folder / "share/ament_index/resource_index/packages"
    index.mkdir(parents=True)
    for ours in ("config", "launch"):
        shutil.copytree(LAUNCH.parent / ours, folder / "share/camaware_ros" / ours)
    for program in PROGRAMS:
        (index / program.split("/")[0]).touch()
        path = folder / "lib" / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TELLTALE)
        path.chmod(0o755)
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(folder), prepend=os.pathsep)
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path))
    return folder


@pytest.fixture
def described(prefix: Path) -> Callable[..., dict[str, str]]:
    """What each launched program is told, for a launch file and its arguments."""

    def describe(file: Path = LAUNCH / "camaware.launch.py", **given: str) -> dict[str, str]:
        arguments = [f"{name}:={value}" for name, value in given.items()]
        done = subprocess.run(
            [sys.executable, "-c", SERVICE, str(file), *arguments], capture_output=True, text=True
        )
        said: dict[str, str] = {}
        for line in done.stdout.splitlines():
            if found := re.match(r"\[(\w+?)-\d+\] (.*)", line):
                said[found[1]] = said.get(found[1], "") + found[2] + "\n"
        assert said, done.stdout + done.stderr
        return said

    return describe


# A robot with arguments of its own, two of them named like ours, and this package in a namespace.
ROBOT = """
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, GroupAction, IncludeLaunchDescription, LogInfo
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import PushRosNamespace
from launch_ros.substitutions import FindPackageShare

def generate_launch_description():
    file = [FindPackageShare("camaware_ros"), "/launch/camaware.launch.py"]
    given = {"image": "cam/image_raw", "use_sim_time": LaunchConfiguration("use_sim_time")}
    ours = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(file), launch_arguments=given.items()
    )
    return LaunchDescription([
        DeclareLaunchArgument("model", default_value="burger"),
        DeclareLaunchArgument("use_sim_time", default_value="true"),
        GroupAction([PushRosNamespace("bot"), ours], scoped=True, forwarding=False,
                    launch_configurations={"use_sim_time": LaunchConfiguration("use_sim_time")}),
    ])
"""


def test_there_is_one_for_the_robot_and_one_for_the_demo() -> None:
    assert {file.name for file in FILES} >= set(OURS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_parses_and_has_what_launch_calls(file: Path) -> None:
    code = compile(file.read_text(), str(file), "exec")
    assert "generate_launch_description" in code.co_names


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_starts_programs_of_ros_and_installs_nothing(file: Path) -> None:
    """Nothing is run while it is read, and the environment is changed for the transport only."""
    tree = ast.parse(file.read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = [ast.unparse(call.func) for call in calls]
    runs = ("ExecuteProcess", "ExecuteLocal", "Popen", "run", "system", "exec", "eval")
    assert [name for name in names if name.rpartition(".")[2] in runs] == []
    sets = [ast.unparse(call) for call in calls if "Environment" in ast.unparse(call.func)]
    assert sets in ([], ["SetEnvironmentVariable(name, wanted[name])"])
    packages = {
        ast.literal_eval(word.value)
        for call, name in zip(calls, names, strict=True)
        if name == "Node"
        for word in call.keywords
        if word.arg == "package"
    }
    assert packages and packages <= {"camaware_ros", "rviz2"}


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


def test_a_robots_own_file_includes_ours_in_a_group(described, tmp_path: Path) -> None:
    own = tmp_path / "robot.launch.py"
    own.write_text(ROBOT)
    said = described(own)
    assert set(said) == {"grounding_node", "goal_node"}
    for name, text in said.items():
        assert "__ns:=/bot" in text.splitlines()[0].split(), name
        assert "use_sim_time: true" in text, name
    assert "image:=cam/image_raw" in said["grounding_node"].split()
    assert "burger" not in said["grounding_node"], "the robot's model is none of ours"


def test_the_demo_starts_its_three_nodes_in_one_namespace(described) -> None:
    said = described(
        LAUNCH / "demo.launch.py", namespace="lab", camera="pi_camera_v2", real_time_factor="2"
    )
    assert set(said) == {"grounding_node", "goal_node", "sim_node"}
    assert all("__ns:=/lab" in text.splitlines()[0].split() for text in said.values())
    assert "camera: pi_camera_v2" in said["sim_node"]
    assert "real_time_factor: 2.0" in said["sim_node"]
    for name in ("grounding_node", "goal_node"):
        assert "use_sim_time: true" in said[name]
    assert "send_goals: true" in said["goal_node"]
    assert "costmap:=costmap" in said["goal_node"].split()


@pytest.mark.parametrize("file", OURS)
def test_ros2_launch_lists_the_arguments(prefix: Path, file: str) -> None:
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


def test_the_nodes_come_up_in_their_namespace_and_leave_cleanly(
    ros_env: dict[str, str], prefix: Path, start, make_rig
) -> None:
    """``ros2 launch`` in effect: the file in a process of its own, ended as by Ctrl-C."""
    for name in ("grounding_node", "goal_node"):
        module = f'exec "{sys.executable}" -m camaware_ros.ros.{name} "$@"\n'
        (prefix / "lib/camaware_ros" / name).write_text(f"#!/bin/sh\n{module}")
    ros_env.update({name: os.environ[name] for name in ("AMENT_PREFIX_PATH", "ROS_LOG_DIR")})
    rig = make_rig()
    launched = start("-c", SERVICE, str(LAUNCH / "camaware.launch.py"), "namespace:=robot")
    for name in ("/robot/grounding_node", "/robot/goal_node"):
        rig.wait(lambda name=name: rig.health(name) != "(no diagnostics)", name)
        rig.wait(lambda name=name: "not_active" not in rig.health(name), f"{name} active")
    assert launched.end() == 0
    assert launched.output.count("process has finished cleanly") == 2
