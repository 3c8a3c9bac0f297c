"""Environment variables for the ROS processes that this package starts.

A function of the environment it is given and of the ROS that is installed: it changes nothing by
itself, and never overrides what the owner of a robot has set. Does not import rclpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from camaware_ros.resources import share_directory

_PROFILE_VARIABLES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")
# Set by owners who have chosen their own way of transport or discovery.
_OWNER_VARIABLES = (*_PROFILE_VARIABLES, "FASTDDS_BUILTIN_TRANSPORTS", "ROS_DISCOVERY_SERVER")
# Distributions whose Fast DDS (2.x) reads only the older name; newer ones warn about it.
_OLDER_NAME = ("humble", "iron", "jazzy")


def ros_distribution(environment: Mapping[str, str]) -> str:
    """Name of the ROS distribution: the sourced one, else that of the wheels; "" without either."""
    sourced = environment.get("ROS_DISTRO", "")
    wheels = (name for name in (*_OLDER_NAME, "kilted") if _has_wheels(name))
    return sourced or next(wheels, "")


def _has_wheels(distribution: str) -> bool:
    try:
        version(f"ros-{distribution}-rclpy")
    except PackageNotFoundError:
        return False
    return True


def transport_profile() -> Path:
    """Return the Fast DDS profile that lets large best-effort images through.

    Raises:
        FileNotFoundError: the package's files cannot be found.
    """
    path = share_directory() / "config" / "fastdds.xml"
    if not path.is_file():
        raise FileNotFoundError(f"transport profile: expected a file {path}, got none")
    return path


def ros_environment(base: Mapping[str, str]) -> dict[str, str]:
    """Return `base` with this package's defaults for ROS 2 added.

    Discovery stays on this machine and the transport profile is ours, unless `base` already
    says otherwise.

    Args:
        base: environment variables, for example `os.environ`; not changed.

    Returns:
        A new dictionary for `subprocess.Popen(env=...)`.

    Raises:
        FileNotFoundError: the transport profile is wanted and missing.
    """
    environment = dict(base)
    if not any(base.get(name) for name in ("ROS_AUTOMATIC_DISCOVERY_RANGE", "ROS_LOCALHOST_ONLY")):
        environment["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    if not any(base.get(name) for name in _OWNER_VARIABLES):
        older = ros_distribution(base) in _OLDER_NAME
        environment[_PROFILE_VARIABLES[older]] = str(transport_profile())
    return environment
