"""Every parameter of sim_node."""

from __future__ import annotations

from dataclasses import dataclass

from camaware_ros.ros.parameters import Change, parameter


@dataclass(frozen=True, kw_only=True)
class SimSettings:
    """Each field is a ROS parameter; those that are live can be set while it runs."""

    camera: str = parameter(
        "realsense_d455",
        "Name of a camera file. Set it at run time to swap the camera.",
        change=Change.LIVE,
    )
    camera_directory: str = parameter(
        "",
        "Folder of camera YAML files. Empty: those that came with the package.",
        change=Change.START,
    )
    room: str = parameter(
        "demo", "'demo' or 'seed:N'. Setting it puts the robot at its start.", change=Change.LIVE
    )
    start_pose: str = parameter(
        "",
        "Robot pose 'x y yaw' in the map, metres and radians; empty: the room's own start. Setting "
        "it puts the robot there; the service 'reset' does so again.",
        change=Change.LIVE,
    )
    rate_hz: float = parameter(
        10.0, "Images per simulated second.", minimum=0.5, maximum=60.0, change=Change.START
    )
    real_time_factor: float = parameter(
        1.0,
        "Simulated seconds per real one, if the machine can; 0: as fast as it can.",
        minimum=0.0,
        maximum=20.0,
        change=Change.LIVE,
    )
    shadows: bool = parameter(True, "Draw shadows.", change=Change.START)
    samples: int = parameter(
        4, "Samples per pixel: 4 smooth, 0 fast.", minimum=0, maximum=8, change=Change.START
    )


def pose_from_text(text: str) -> tuple[float, float, float] | None:
    """``x y yaw`` as numbers; None for empty text.

    Raises:
        ValueError: on anything else.
    """
    if not text.strip():
        return None
    try:
        x_m, y_m, yaw_rad = (float(word) for word in text.replace(",", " ").split())
    except ValueError as error:
        raise ValueError(f"start_pose: expected 'x y yaw' or nothing, got {text!r}") from error
    return x_m, y_m, yaw_rad
