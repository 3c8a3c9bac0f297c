"""Every parameter of grounding_node."""

from __future__ import annotations

from dataclasses import dataclass

from camaware_ros.ros.camera_names import ONLY_CAMERA, checked_cameras
from camaware_ros.ros.parameters import Change, parameter
from camaware_ros.ros.qos import INPUT_QOS_NAMES

CAMERA_FRAME, BASE_FRAME = "camera", "base"


@dataclass(frozen=True, kw_only=True)
class GroundingSettings:
    """Each field is a ROS parameter of the same name."""

    autostart: bool = parameter(
        True,
        "Configure and activate at start. False where a lifecycle manager does that (Nav2's needs "
        "bond_timeout: 0.0, as for every Python node).",
        change=Change.START,
    )
    cameras: tuple[str, ...] = parameter(
        (ONLY_CAMERA,),
        "Names of cameras that share the model. ['']: one camera on image and camera_info. "
        "[front, rear]: front/image, front/camera_info, front/detections_3d, and so on; "
        "detections_3d then holds what all of them see, once each, in base_frame.",
    )
    command: str = parameter(
        "",
        "What to look for, as if it had come on the topic command; empty: wait for that. Words "
        "that the model does not know are refused.",
        change=Change.LIVE,
    )
    model_dir: str = parameter("", "Folder of the model. Empty: the one of the package.")
    backend: str = parameter(
        "auto",
        "What runs the network. Setting it while the node runs loads the new one first, and keeps "
        "the old one where that fails.",
        choices=("auto", "onnx", "torch", "tensorrt"),
        change=Change.LIVE,
    )
    threads: int = parameter(1, "CPU threads of the network.", minimum=1, maximum=64)
    image_transport: str = parameter(
        "raw",
        "raw: sensor_msgs/Image on 'image'. compressed: CompressedImage on 'image/compressed'.",
        choices=("raw", "compressed"),
    )
    image_qos: str = parameter(
        "sensor_data",
        "Subscribe to image and camera_info best effort (accepts every publisher) or reliable. One "
        "topic's own: qos_overrides./image.subscription.reliability (or depth, durability, "
        "history), given at start.",
        choices=INPUT_QOS_NAMES,
    )
    input_rectified: str = parameter(
        "auto",
        "Whether pictures were rectified, so that P holds instead of K and D. auto: they were when "
        "the topic's name says so (image_rect, rect/image, ...).",
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
        change=Change.LIVE,
    )
    max_rate_hz: float = parameter(
        0.0,
        "Look at so many images of a camera per second at most. 0: as many as the model can.",
        minimum=0.0,
        maximum=1000.0,
        change=Change.LIVE,
    )
    diagnostics_period_s: float = parameter(
        1.0,
        "Between two messages on /diagnostics, seconds.",
        minimum=0.05,
        maximum=60.0,
        change=Change.START,
    )
    silence_s: float = parameter(
        2.0,
        "After this many seconds without an image or camera_info, diagnostics say so.",
        minimum=0.1,
        maximum=3600.0,
    )
    output_frame: str = parameter(
        "map",
        f"Frame of the detections: map, odom or any other of TF. '{CAMERA_FRAME}': the optical "
        f"frame of the image, without TF. '{BASE_FRAME}': base_frame.",
        change=Change.LIVE,
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
        change=Change.LIVE,
    )
    min_presence: float = parameter(
        0.5,
        "Publish a thing when the model gives at least this probability that it is in view.",
        minimum=0.0,
        maximum=1.0,
        change=Change.LIVE,
    )

    def __post_init__(self) -> None:
        """Refuse what no single range can.

        Raises:
            ValueError: on names or frames that do not fit together.
        """
        checked_cameras(self.cameras)
        if not self.output_frame:
            raise ValueError("output_frame: expected a frame, got ''")
        if not self.base_frame and self.output_frame == BASE_FRAME:
            raise ValueError(f"output_frame: {BASE_FRAME!r} needs a base_frame, got ''")
        if not self.base_frame and len(self.cameras) > 1:
            raise ValueError("base_frame: several cameras are joined in it, got ''")

    @property
    def target_frame(self) -> str:
        """The frame of the detections by its TF name; ``CAMERA_FRAME`` for the image's own."""
        return self.base_frame if self.output_frame == BASE_FRAME else self.output_frame
