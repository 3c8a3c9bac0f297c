"""What goal_node does with what it hears. Holds the one order there is; knows no rclpy.

Every path that does not send a goal says why, and no path sends one without a fresh look that the
policy allows, a place of the robot at the same moment, and free known floor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import OccupancyGrid
from numpy.typing import NDArray
from vision_msgs.msg import Detection3DArray

from camaware_ros.language.commands import CommandError, parse_command
from camaware_ros.language.dialogue import is_question
from camaware_ros.localization.grid import GridMap
from camaware_ros.localization.mission import Mission, Plan, planned
from camaware_ros.ros.goal_looks import doubts_at, looks_at, robot_xy, stamp_s
from camaware_ros.ros.goal_messages import GoalStatus, grid_from_message, pose_from_goal
from camaware_ros.ros.goal_settings import GoalSettings
from camaware_ros.ros.navigation import Navigator, Outcome
from camaware_ros.ros.tf import Buffer, TransformException

_NO_COSTMAP = ("NO_COSTMAP", "no costmap has come yet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the session uses of the node.

    Attributes:
        buffer: of TF.
        navigator: sends and cancels.
        publish_pose: of a new goal.
        publish_status: of every change.
        settling: whether the node's clock went back a moment ago.
        now_s: the node's clock, seconds.
    """

    buffer: Buffer
    navigator: Navigator
    publish_pose: Callable[[PoseStamped], None]
    publish_status: Callable[[GoalStatus], None]
    settling: Callable[[], bool]
    now_s: Callable[[], float]


class GoalSession:
    """The order at hand, from command to arrival.

    Args:
        settings: of the node.
        around: what the session uses of the node.
    """

    def __init__(self, settings: GoalSettings, around: Surroundings) -> None:
        self._settings = settings
        self._config = settings.mission()
        self._around = around
        self._mission: Mission | None = None
        self._grid: GridMap | None = None
        self._no_grid = _NO_COSTMAP
        self._heard_s = 0.0
        self._status = GoalStatus(state="idle", code="NO_COMMAND", reason="no command has come yet")

    def use(self, settings: GoalSettings) -> None:
        """Go on with other settings.

        Raises:
            ValueError: on values that contradict each other; nothing is changed then.
        """
        self._config = settings.mission()
        switched = settings.send_goals != self._settings.send_goals
        self._settings = settings
        if switched and self._mission is not None:
            # Switched off, the robot stops; switched on, it gets the goal that it was not sent.
            self._around.navigator.cancel()
            self._mission = replace(self._mission, aimed=None)
            self._tell("looking", "SWITCHED", f"send_goals is now {settings.send_goals}")

    def time_went_back(self) -> None:
        """Stop, and begin the order anew: looks from the old time are from the future now."""
        if self._mission is None:
            return
        target = self._mission.target
        self._drop()
        self._heard_s = self._around.now_s()
        self._mission = Mission(target=target, since_s=self._heard_s)
        self._tell("looking", "CLOCK_JUMPED", "the clock went back, so the order begins anew")

    def command(self, text: str) -> None:
        """A new order takes the place of the old one, and the robot stops for it."""
        if is_question(text):  # grounding_node answers, and the order stands
            return
        self._drop()
        try:
            command = parse_command(text)
        except CommandError as error:
            self._tell("failed", error.code, error.reason)
            return
        if command.verb == "stop":
            self._tell("stopped", "STOPPED", "stopped by command")
        elif command.verb == "find" or command.target is None:
            self._tell("idle", "NOT_GO", f"only looking for: {command.target}")
        else:
            self._heard_s = self._around.now_s()
            self._mission = Mission(target=command.target, since_s=self._heard_s)
            self._tell("looking", "NOT_SEEN", "waiting for detections from after the command")

    def cancel(self, reason: str) -> bool:
        """Stop driving and forget the order; False where there was none."""
        if self._mission is None:
            return False
        self._drop()
        self._tell("stopped", "STOPPED", reason)
        return True

    def costmap(self, message: OccupancyGrid) -> None:
        """The newest costmap replaces the old one; a bad one leaves none."""
        self._grid = None
        if message.header.frame_id != self._settings.fixed_frame:
            wanted, got = self._settings.fixed_frame, message.header.frame_id
            self._no_grid = ("BAD_COSTMAP", f"costmap frame: expected {wanted!r}, got {got!r}")
            return
        try:
            self._grid = grid_from_message(message)
        except ValueError as error:
            self._no_grid = ("BAD_COSTMAP", str(error))

    def detections(self, message: Detection3DArray) -> None:
        """Look, and send a goal where that is called for."""
        mission, settings = self._mission, self._settings
        if mission is None or self._around.settling():
            return
        if stamp_s(message) <= mission.since_s:
            self._tell_on("STALE", "detections are of a picture taken before the command")
            return
        self._heard_s = self._around.now_s()
        try:
            doubts = doubts_at(mission.target, message)
            if doubts and not settings.trust_outside_trained_range:
                self._tell_on("OUTSIDE_TRAINED_RANGE", "; ".join(doubts))
                return
            looks = looks_at(mission.target, message, self._around.buffer, settings.fixed_frame)
            for look in looks:
                mission = mission.with_look(look, stamp_s(message), self._config)
            robot = robot_xy(
                self._around.buffer, settings.fixed_frame, settings.base_frame, message
            )
        except TransformException as error:
            self._tell_on("NO_TF", str(error))
            return
        except ValueError as error:
            self._tell_on("BAD_DETECTION", str(error))
            return
        self._mission = mission
        if self._grid is None:
            self._tell_on(*self._no_grid)
            return
        plan = planned(mission, robot, self._around.now_s(), self._grid, self._config)
        self._carry_out(plan, mission.distance_m(robot))

    def ended(self, outcome: Outcome) -> None:
        """Navigation is over, and with it the order."""
        if self._mission is None:
            return
        distance_m = self._distance_now_m(self._mission)
        state = "arrived" if outcome.code == "OK" else "failed"
        self._tell(state, outcome.code, outcome.reason, distance_m)
        self._mission = None

    def tick(self) -> None:
        """Once a second: notice silence, give up, repeat the status."""
        now_s = self._around.now_s()
        if self._mission is not None and self._mission.since_s == 0.0 < now_s:
            # The order came before the first /clock: its patience begins with time itself.
            self._mission, self._heard_s = replace(self._mission, since_s=now_s), now_s
        mission = self._mission
        if mission is not None and mission.aimed is None:
            if now_s - mission.since_s > self._settings.give_up_s:
                waited = f"no goal within {self._settings.give_up_s:.0f} s: {self._status.code}"
                self._tell("failed", "GAVE_UP", f"{waited}, {self._status.reason}")
                self._drop()
            elif now_s - self._heard_s > self._settings.max_look_age_s:
                self._tell_on("NO_DETECTIONS", "nothing comes on detections_3d")
        self._around.publish_status(self._status)

    def _carry_out(self, plan: Plan, distance_m: float | None) -> None:
        if plan.goal is None:
            self._tell_on(plan.code, plan.reason, distance_m)
            return
        navigator, target = self._around.navigator, plan.goal.label
        now_ns = round(self._around.now_s() * 1e9)
        pose = pose_from_goal(plan.goal, now_ns)
        self._around.publish_pose(pose)
        if not self._settings.send_goals:
            self._mission = plan.mission
            self._tell("ready", "SENDING_OFF", "send_goals is false", distance_m)
        elif not navigator.ready:
            self._tell_on("NO_NAVIGATION", "no server for navigate_to_pose", distance_m)
        else:
            navigator.go(pose)
            self._mission = plan.mission
            self._tell("driving", "OK", f"on the way to: {target}; {plan.reason}", distance_m)

    def _distance_now_m(self, mission: Mission) -> float | None:
        settings = self._settings
        try:
            robot: NDArray = robot_xy(
                self._around.buffer, settings.fixed_frame, settings.base_frame
            )
        except (TransformException, ValueError):
            return None
        return mission.distance_m(robot)

    def _drop(self) -> None:
        """Forget the order; a robot that drives for it stops."""
        if self._mission is not None:
            self._around.navigator.cancel()
        self._mission = None

    def _tell_on(self, code: str, reason: str, distance_m: float | None = None) -> None:
        """The state stays as it is: a robot on its way keeps its last goal."""
        self._tell(self._status.state, code, reason, distance_m)

    def _tell(self, state: str, code: str, reason: str, distance_m: float | None = None) -> None:
        before = self._status
        self._status = GoalStatus(
            state=state,
            code=code,
            reason=reason,
            target=self._mission.target if self._mission else "",
            distance_m=distance_m,
        )
        if replace(self._status, reason="", distance_m=None) != replace(
            before, reason="", distance_m=None
        ):
            self._around.publish_status(self._status)
