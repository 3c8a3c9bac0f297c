"""The whole chain on one machine: a simulated room and robot, grounding, goals.

ros2 launch camaware_ros demo.launch.py, then tell the robot something:
ros2 topic pub --once /command std_msgs/msg/String "{data: go to the red chair}"
"""

import os
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    SetEnvironmentVariable,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from camaware_ros.ros.environment import ros_environment

ARGUMENTS = [
    DeclareLaunchArgument(
        "camera",
        default_value="realsense_d455",
        description="Camera the robot begins with: a file of config/cameras without its ending. "
        "Swap it while everything runs: ros2 param set /sim_node camera pi_camera_v2",
    ),
    DeclareLaunchArgument("room", default_value="demo", description="'demo' or 'seed:N'."),
    DeclareLaunchArgument(
        "real_time_factor",
        default_value="1.0",
        description="Simulated seconds per real one, if the machine can.",
    ),
    DeclareLaunchArgument(
        "backend", default_value="auto", description="What runs the network: auto, onnx, torch."
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


def generate_launch_description():
    """What ros2 launch calls."""
    share = Path(get_package_share_directory("camaware_ros"))
    robot = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(share / "launch" / "camaware.launch.py")),
        launch_arguments={
            "backend": LaunchConfiguration("backend"),
            "params_file": LaunchConfiguration("params_file"),
            "costmap": "costmap",
            "send_goals": "true",
            "use_sim_time": "true",
        }.items(),
    )
    simulation = Node(
        package="camaware_ros",
        executable="sim_node",
        name="sim_node",
        output="screen",
        parameters=[
            {
                "camera": LaunchConfiguration("camera"),
                "room": ParameterValue(LaunchConfiguration("room"), value_type=str),
                "real_time_factor": ParameterValue(
                    LaunchConfiguration("real_time_factor"), value_type=float
                ),
            },
        ],
    )
    return LaunchDescription([*ARGUMENTS, *transport(), simulation, robot])
