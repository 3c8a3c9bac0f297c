"""Every parameter of grounding_node."""

from __future__ import annotations

from dataclasses import dataclass

from camaware_ros.ros.parameters import parameter
from camaware_ros.ros.qos import INPUT_QOS_NAMES

CAMERA_FRAME = "camera"


@dataclass(frozen=True, kw_only=True)
class GroundingSettings:
    """Read when the node is configured; each field is a ROS parameter of the same name."""

    autostart: bool = parameter(
        True, "Configure and activate at start. False where a lifecycle manager does that."
    )
    model_dir: str = parameter("", "Folder of the model. Empty: the one of the package.")
    backend: str = parameter(
        "auto", "What runs the network.", choices=("auto", "onnx", "torch", "tensorrt")
    )
    threads: int = parameter(1, "CPU threads of the network.", minimum=1, maximum=64)
    image_transport: str = parameter(
        "raw",
        "raw: sensor_msgs/Image on 'image'. compressed: CompressedImage on 'image/compressed'.",
        choices=("raw", "compressed"),
    )
    image_qos: str = parameter(
        "sensor_data",
        "Subscribe to image and camera_info best effort (accepts every publisher) or reliable.",
        choices=INPUT_QOS_NAMES,
    )
    image_rectified: str = parameter(
        "auto",
        "Whether pictures were rectified, so that P holds instead of K and D. auto: they were when "
        "the topic's name says so (contains 'rect').",
        choices=("auto", "true", "false"),
    )
    camera_info_pairing: str = parameter(
        "stamp",
        "stamp: equal stamps first, else the nearest within stamp_slop_s. latest: the newest "
        "camera_info, for drivers that send it rarely.",
        choices=("stamp", "latest"),
    )
    stamp_slop_s: float = parameter(
        0.02,
        "Largest difference of the stamps of an image and its camera_info, seconds.",
        minimum=0.0,
        maximum=1.0,
    )
    max_image_age_s: float = parameter(
        0.0,
        "Drop images older than this on the node's clock, seconds. 0: never (a bag that is played "
        "without its clock looks old).",
        minimum=0.0,
        maximum=3600.0,
    )
    diagnostics_period_s: float = parameter(
        1.0, "Between two messages on /diagnostics, seconds.", minimum=0.05, maximum=60.0
    )
    silence_s: float = parameter(
        2.0,
        "After this many seconds without an image or camera_info, diagnostics say so.",
        minimum=0.1,
        maximum=3600.0,
    )
    output_frame: str = parameter(
        "map",
        f"Frame of the detections. '{CAMERA_FRAME}': the optical frame of the image, without TF.",
    )
    base_frame: str = parameter(
        "base_footprint",
        "Frame on the floor under the robot, z up; tells the model how the camera is mounted. "
        "Empty: do not tell.",
    )
    tf_timeout_s: float = parameter(
        0.2,
        "How long a frame may wait for the transforms of its stamp, seconds.",
        minimum=0.0,
        maximum=10.0,
    )
    min_presence: float = parameter(
        0.5,
        "Publish a thing when the model gives at least this probability that it is in view.",
        minimum=0.0,
        maximum=1.0,
    )
