"""Grounding and goals on a robot that already has a camera, TF and, for driving, Nav2.

ros2 launch camaware_ros camaware.launch.py image:=/cam/image_raw camera_info:=/cam/camera_info
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

AS_IN_FILE = "Empty: as in the parameter files."
ARGUMENTS = [
    DeclareLaunchArgument("namespace", default_value="", description="Namespace of both nodes."),
    DeclareLaunchArgument(
        "image",
        default_value="image",
        description="Image topic. With image_transport:=compressed, '/compressed' is added to it.",
    ),
    DeclareLaunchArgument(
        "camera_info", default_value="camera_info", description="CameraInfo topic of that image."
    ),
    DeclareLaunchArgument(
        "command", default_value="command", description="Topic of spoken or written commands."
    ),
    DeclareLaunchArgument(
        "costmap",
        default_value="global_costmap/costmap",
        description="OccupancyGrid that goals must be free in.",
    ),
    DeclareLaunchArgument(
        "params_file",
        default_value="",
        description="Parameters of your own, for grounding_node and goal_node, over the defaults.",
    ),
    DeclareLaunchArgument(
        "image_transport",
        default_value="",
        choices=["", "raw", "compressed"],
        description=f"Kind of the image topic. {AS_IN_FILE}",
    ),
    DeclareLaunchArgument(
        "backend",
        default_value="",
        choices=["", "auto", "onnx", "torch", "tensorrt"],
        description=f"What runs the network. {AS_IN_FILE}",
    ),
    DeclareLaunchArgument(
        "autostart",
        default_value="",
        choices=["", "true", "false"],
        description=f"Configure and activate the nodes at start. {AS_IN_FILE}",
    ),
    DeclareLaunchArgument(
        "send_goals",
        default_value="",
        choices=["", "true", "false"],
        description=f"Drive to the goals instead of only publishing them. {AS_IN_FILE}",
    ),
    DeclareLaunchArgument(
        "use_sim_time",
        default_value="false",
        choices=["true", "false"],
        description="Take the time from /clock.",
    ),
]


def nodes(context):
    """Both nodes, with files first and what the command line says over them."""

    def value(name):
        return LaunchConfiguration(name).perform(context)

    def parameters(node, names):
        own = Path(get_package_share_directory("camaware_ros")) / "config" / f"{node}.yaml"
        files = [str(own)] if own.is_file() else []
        files += [value("params_file")] if value("params_file") else []
        truth = {"true": True, "false": False}
        given = {name: truth.get(value(name), value(name)) for name in names if value(name)}
        return [*files, {"use_sim_time": value("use_sim_time") == "true", **given}]

    command = ("command", value("command"))
    return [
        Node(
            package="camaware_ros",
            executable="grounding_node",
            name="grounding_node",
            namespace=value("namespace"),
            output="screen",
            parameters=parameters("grounding_node", ["autostart", "backend", "image_transport"]),
            remappings=[
                ("image", value("image")),
                ("image/compressed", value("image") + "/compressed"),
                ("camera_info", value("camera_info")),
                command,
            ],
        ),
        Node(
            package="camaware_ros",
            executable="goal_node",
            name="goal_node",
            namespace=value("namespace"),
            output="screen",
            parameters=parameters("goal_node", ["autostart", "send_goals"]),
            remappings=[("costmap", value("costmap")), command],
        ),
    ]


def generate_launch_description():
    """What ros2 launch calls."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=nodes)])
