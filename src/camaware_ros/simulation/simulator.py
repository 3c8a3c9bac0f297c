"""The simulated world as one object: room, robot, camera and clock. No ROS, one room thread.

State is cheap to change from any thread that holds the caller's lock; pictures must be drawn by one
and the same thread (OpenGL).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camaware_ros.camera_file import CameraFile, CarriedAt
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.simulation.costmap import Costmap, costmap_of
from camaware_ros.simulation.planner import Path, Pose, follow_path, goal_problem, plan_path
from camaware_ros.simulation.render import Quality, Renderer, Truth
from camaware_ros.simulation.robot import Limits, RobotState, Twist, step_robot
from camaware_ros.simulation.scenes import ROBOT_RADIUS_M, Room
from camaware_ros.simulation.world import build_world

DEFAULT_MOUNTING = CarriedAt(height_m=0.6, pitch_down_rad=0.2, forward_m=0.1)
_TELEOP_TIMEOUT_S = 0.5
_STUCK_AFTER_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """How a drive to a goal stands.

    Attributes:
        path: the way; None if there was none.
        state: ``driving``, ``arrived`` or ``failed``.
        reason: why it failed; empty otherwise.
        remaining_m: way left.
    """

    path: Path | None
    state: str = "driving"
    reason: str = ""
    remaining_m: float = 0.0

    @classmethod
    def refused(cls, reason: str) -> Drive:
        """A drive that never began."""
        return cls(path=None, state="failed", reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything needed to draw and to publish one instant."""

    time_s: float
    room: Room
    costmap: Costmap
    robot: RobotState
    camera: CameraFile
    mounting: CarriedAt

    @property
    def map_from_camera(self) -> Rigid3:
        """Pose of the optical frame."""
        return self.robot.map_from_base @ self.mounting.base_from_camera


def check_start(room: Room, pose: Pose | None) -> None:
    """Refuse a start pose (None: the room's own) on which the robot would touch something.

    Raises:
        ValueError: naming the pose and how much room there is.
    """
    x_m, y_m, yaw_rad = pose or room.start
    clearance = float(room.clearance(np.array([x_m, y_m])))
    if not np.isfinite(yaw_rad) or not clearance >= ROBOT_RADIUS_M:
        raise ValueError(
            f"start pose: expected {ROBOT_RADIUS_M} m clear of everything, got {clearance:.2f} m "
            f"at ({x_m:.2f}, {y_m:.2f}, {yaw_rad:.2f})"
        )


class Simulator:
    """A robot with a camera in a room.

    Args:
        room: where it lives.
        camera: what it sees with; without a mounting it is carried like ``DEFAULT_MOUNTING``.
        quality: of the pictures.
    """

    def __init__(self, room: Room, camera: CameraFile, quality: Quality | None = None) -> None:
        self._quality = quality or Quality()
        self._renderer: tuple[Room, Renderer] | None = None
        self._limits = Limits()
        self.time_s = 0.0
        self.camera = camera
        self._drives: tuple[Drive, ...] = ()
        self._blocked_s = 0.0
        self.set_room(room)

    def set_room(self, room: Room) -> None:
        """Furnish anew and put the robot at the room's start; a drive under way fails."""
        self._abandon("the room was changed")
        self.room = room
        self.costmap = costmap_of(room)
        self.reset()

    def reset(self, pose: Pose | None = None) -> None:
        """Put the robot at rest at a pose, by default the room's start; a drive fails.

        Raises:
            ValueError: where the robot would stand in something.
        """
        x_m, y_m, yaw_rad = pose or self.room.start
        check_start(self.room, (x_m, y_m, yaw_rad))
        self._abandon("the robot was put elsewhere")
        self.robot = RobotState(x_m=x_m, y_m=y_m, yaw_rad=yaw_rad)
        self._command, self._command_until_s = Twist(), 0.0

    def command(self, twist: Twist) -> None:
        """Drive by hand for half a simulated second; ends a drive to a goal.

        Standing still is no wish during such a drive: idle joysticks send zeros for ever.
        """
        if self._driving and twist == Twist():
            return
        self._abandon("driven by hand")
        self._command, self._command_until_s = twist, self.time_s + _TELEOP_TIMEOUT_S

    def drive_to(self, goal: Pose) -> int:
        """Start towards a goal pose in the map; a drive under way is replaced.

        Returns:
            A ticket to ask ``drive`` with.

        Raises:
            ValueError: why the goal cannot be reached; a drive under way then goes on.
        """
        here = (self.robot.x_m, self.robot.y_m)
        problem = goal_problem(self.room, self.costmap, goal)
        if problem:
            raise ValueError(problem)
        path = plan_path(self.costmap, here, goal)
        if path is None:
            raise ValueError(f"no way from ({here[0]:.2f}, {here[1]:.2f}) to goal {goal[:2]}")
        self.stop("replaced by a newer goal")
        self._drives = (*self._drives, Drive(path=path, remaining_m=path.remaining_m(*here)))
        self._blocked_s = 0.0
        return len(self._drives) - 1

    def drive(self, ticket: int) -> Drive:
        """How the drive with this ticket stands."""
        return self._drives[ticket]

    def stop(self, reason: str = "stopped") -> None:
        """Brake; a drive under way fails for ``reason``."""
        self._abandon(reason)
        self._command = Twist()

    def step(self, dt_s: float) -> None:
        """Let ``dt_s`` seconds pass."""
        twist = self._command if self.time_s < self._command_until_s else Twist()
        driving = self._driving
        path = self._drives[-1].path if driving else None
        if path is not None:
            twist = self._follow(path)
        self.robot = step_robot(self.robot, twist, dt_s, self.room.clearance, self._limits)
        self.time_s += dt_s
        self._blocked_s = self._blocked_s + dt_s if self.robot.blocked else 0.0
        if driving and self._blocked_s > _STUCK_AFTER_S:
            self.stop("stuck against an obstacle")

    def snapshot(self) -> Snapshot:
        """The present instant."""
        return Snapshot(
            time_s=self.time_s, room=self.room, costmap=self.costmap, robot=self.robot,
            camera=self.camera, mounting=self.camera.mounting or DEFAULT_MOUNTING,
        )  # fmt: skip

    def render(self, instant: Snapshot | None = None) -> NDArray[np.uint8]:
        """What the camera sees, uint8 RGB (h, w, 3)."""
        instant = instant or self.snapshot()
        return self._drawn(instant.room).image(instant.camera.camera, instant.map_from_camera)

    def truth(self, instant: Snapshot | None = None) -> Truth:
        """Depth and object ids of what the camera sees."""
        instant = instant or self.snapshot()
        return self._drawn(instant.room).truth(instant.camera.camera, instant.map_from_camera)

    @property
    def _driving(self) -> bool:
        return bool(self._drives) and self._drives[-1].state == "driving"

    def _follow(self, path: Path) -> Twist:
        """Speeds along the path; marks the drive as arrived at its end."""
        twist = follow_path(path, self.robot, self._limits)
        left = path.remaining_m(self.robot.x_m, self.robot.y_m)
        state = "arrived" if twist is None else "driving"
        self._update_drive(state=state, remaining_m=left)
        return twist or Twist()

    def _abandon(self, reason: str) -> None:
        if self._driving:
            self._update_drive(state="failed", reason=reason)

    def _update_drive(self, **changes: Any) -> None:
        self._drives = (*self._drives[:-1], replace(self._drives[-1], **changes))

    def _drawn(self, room: Room) -> Renderer:
        """The renderer of a room, made when it is first needed, in the thread that draws."""
        if self._renderer is None or self._renderer[0] is not room:
            self.close()
            self._renderer = (room, Renderer(build_world(room), self._quality))
        return self._renderer[1]

    def close(self) -> None:
        """Free what drawing took."""
        if self._renderer is not None:
            self._renderer[1].close()
        self._renderer = None
