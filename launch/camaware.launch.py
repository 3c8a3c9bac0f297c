"""Grounding and goals on a robot that already has a camera, TF and, for driving, Nav2.

ros2 launch camaware_ros camaware.launch.py image:=/cam/image_raw
ros2 launch camaware_ros camaware.launch.py cameras:=front,rear image:=image_raw

A robot's own launch file includes this one with IncludeLaunchDescription and the same arguments,
in a group of its own where it has arguments of the same names, which would else be taken for ours:
GroupAction([IncludeLaunchDescription(...)], scoped=True, forwarding=False). PushRosNamespace works.
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

AS_IN_FILE = "Empty: as in the parameter files."
BOOLEAN = ["true", "false"]
VIEWS = ("markers", "overlay", "depth", "points", "detections_3d", "goal_pose")
ARGUMENTS = [
    DeclareLaunchArgument("namespace", default_value="", description="Namespace of all nodes."),
    DeclareLaunchArgument(
        "image",
        default_value="image",
        description="Image topic. With image_transport:=compressed, '/compressed' is added to it. "
        "With several cameras its name under each of theirs, such as image_raw.",
    ),
    DeclareLaunchArgument(
        "camera_info",
        default_value="",
        description="CameraInfo topic of that image. Empty: camera_info beside the image.",
    ),
    DeclareLaunchArgument(
        "cameras",
        default_value="",
        description="Names of several cameras that share the model, separated by commas. Empty: "
        "one camera without a name.",
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
        "model", default_value="", description=f"Folder of the model. {AS_IN_FILE}"
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
        choices=["", *BOOLEAN],
        description=f"Configure and activate the nodes at start. {AS_IN_FILE}",
    ),
    DeclareLaunchArgument(
        "send_goals",
        default_value="",
        choices=["", *BOOLEAN],
        description=f"Drive to the goals instead of only publishing them. {AS_IN_FILE}",
    ),
    DeclareLaunchArgument(
        "use_sim_time",
        default_value="false",
        choices=BOOLEAN,
        description="Take the time from /clock.",
    ),
    DeclareLaunchArgument(
        "rviz",
        default_value="false",
        choices=BOOLEAN,
        description="Open RViz with what the nodes show; needs rviz2.",
    ),
]


def grounding_remaps(image, camera_info, cameras):
    """From the names the node uses to the topics of the robot's cameras."""
    for name in (image, camera_info):
        if cameras and name.startswith("/"):
            raise ValueError(f"with cameras: expected a topic under each of them, got {name!r}")
    remaps = []
    for prefix in [f"{camera}/" for camera in cameras] or [""]:
        remaps.append((f"{prefix}image", prefix + image))
        remaps.append((f"{prefix}image/compressed", f"{prefix}{image}/compressed"))
        if camera_info:
            remaps.append((f"{prefix}camera_info", prefix + camera_info))
    return remaps


def nodes(context):
    """The nodes, with files first and what the command line says over them."""

    def value(name):
        return LaunchConfiguration(name).perform(context)

    share = Path(get_package_share_directory("camaware_ros"))
    cameras = [name.strip() for name in value("cameras").split(",") if name.strip()]
    simulated = {"use_sim_time": value("use_sim_time") == "true"}
    command = ("command", value("command"))

    def node(name, given, remaps):
        own = share / "config" / f"{name}.yaml"
        files = [str(own)] if own.is_file() else []
        files += [value("params_file")] if value("params_file") else []
        truth = {"true": True, "false": False}
        words = {parameter: value(argument) for parameter, argument in given.items()}
        said = {key: truth.get(word, word) for key, word in words.items() if word}
        if name == "grounding_node" and cameras:
            said["cameras"] = cameras
        return Node(
            package="camaware_ros",
            executable=name,
            name=name,
            namespace=value("namespace"),
            output="screen",
            parameters=[*files, {**simulated, **said}],
            remappings=remaps,
        )

    image = grounding_remaps(value("image"), value("camera_info"), cameras)
    both = {"autostart": "autostart"}
    of_model = {"backend": "backend", "image_transport": "image_transport", "model_dir": "model"}
    started = [
        node("grounding_node", {**both, **of_model}, [*image, command]),
        node(
            "goal_node",
            {**both, "send_goals": "send_goals"},
            [("costmap", value("costmap")), command],
        ),
    ]
    if value("rviz") == "true":
        started.append(
            Node(
                package="rviz2",
                executable="rviz2",
                namespace=value("namespace"),
                output="screen",
                arguments=["-d", str(share / "config" / "camaware.rviz")],
                parameters=[simulated],
                remappings=[(f"/{topic}", topic) for topic in VIEWS],
            )
        )
    return started


def generate_launch_description():
    """What ros2 launch calls."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=nodes)])
