"""The whole chain on one machine: a simulated room and robot, grounding, goals.

ros2 launch camaware_ros demo.launch.py, then tell the robot something:
ros2 topic pub --once -w 2 /command std_msgs/msg/String "{data: go to the red chair}"
"""

import os
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    OpaqueFunction,
    SetEnvironmentVariable,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from camaware_ros.ros.environment import ros_environment

AS_IN_FILE = "Empty: as in the parameter files."
ARGUMENTS = [
    DeclareLaunchArgument(
        "camera",
        default_value="",
        description="Camera the robot begins with: a file of config/cameras without its ending. "
        f"{AS_IN_FILE} Swap it while everything runs: ros2 param set /sim_node camera pi_camera_v2",
    ),
    DeclareLaunchArgument(
        "room", default_value="", description=f"'demo' or 'seed:N'. {AS_IN_FILE}"
    ),
    DeclareLaunchArgument(
        "real_time_factor",
        default_value="",
        description=f"Simulated seconds per real one, if the machine can. {AS_IN_FILE}",
    ),
    DeclareLaunchArgument(
        "backend", default_value="", description=f"What runs the network. {AS_IN_FILE}"
    ),
    DeclareLaunchArgument(
        "namespace", default_value="", description="Namespace of all three nodes."
    ),
    DeclareLaunchArgument(
        "rviz", default_value="false", description="Open RViz with what the nodes show."
    ),
    DeclareLaunchArgument(
        "params_file", default_value="", description="Parameters of your own, for all three nodes."
    ),
]


def transport():
    """Without our transport profile large images get lost; an owner's own one is kept."""
    wanted = ros_environment(os.environ)
    changed = [name for name in wanted if wanted[name] != os.environ.get(name)]
    return [SetEnvironmentVariable(name, wanted[name]) for name in changed]


def simulator(context):
    """sim_node, with the arguments over the files."""

    def value(name):
        return LaunchConfiguration(name).perform(context)

    own = Path(get_package_share_directory("camaware_ros")) / "config" / "sim_node.yaml"
    files = [str(own), *([value("params_file")] if value("params_file") else [])]
    words = {name: value(name) for name in ("camera", "room", "real_time_factor")}
    said = {name: word for name, word in words.items() if word}
    if "real_time_factor" in said:
        said["real_time_factor"] = float(said["real_time_factor"])
    return [
        Node(
            package="camaware_ros",
            executable="sim_node",
            name="sim_node",
            namespace=value("namespace"),
            output="screen",
            parameters=[*files, said],
        )
    ]


def generate_launch_description():
    """What ros2 launch calls."""
    share = Path(get_package_share_directory("camaware_ros"))
    robot = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(share / "launch" / "camaware.launch.py")),
        launch_arguments={
            "namespace": LaunchConfiguration("namespace"),
            "backend": LaunchConfiguration("backend"),
            "rviz": LaunchConfiguration("rviz"),
            "params_file": LaunchConfiguration("params_file"),
            "costmap": "costmap",
            "send_goals": "true",
            "use_sim_time": "true",
        }.items(),
    )
    simulation = OpaqueFunction(function=simulator)
    return LaunchDescription([*ARGUMENTS, *transport(), simulation, robot])
