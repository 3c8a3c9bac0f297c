"""Every parameter of goal_node."""

from __future__ import annotations

from dataclasses import dataclass

from camaware_ros.localization.goals import StandOff
from camaware_ros.localization.mission import MissionConfig
from camaware_ros.localization.policy import PolicyConfig
from camaware_ros.ros.parameters import parameter


@dataclass(frozen=True, kw_only=True)
class GoalSettings:
    """Read when the node is configured; each field is a ROS parameter of the same name."""

    autostart: bool = parameter(
        True, "Configure and activate at start. False where a lifecycle manager does that."
    )
    send_goals: bool = parameter(
        False, "Drive. False: only publish goal_pose, so that a person can look at it first."
    )
    fixed_frame: str = parameter("map", "Frame of the costmap, in which things stand still.")
    base_frame: str = parameter("base_footprint", "Frame of the robot on the floor.")
    stand_off_m: float = parameter(
        0.8,
        "From the robot's centre to the thing's nearest side, metres.",
        minimum=0.1,
        maximum=10.0,
    )
    stand_off_tolerance_m: float = parameter(
        0.2, "How much nearer or farther is still good, metres.", minimum=0.02, maximum=5.0
    )
    robot_radius_m: float = parameter(
        0.25, "Clearance at the goal and on the way, metres.", minimum=0.05, maximum=5.0
    )
    occupied_from: int = parameter(
        99, "Costmap cells of this value or more cannot be stood on.", minimum=1, maximum=100
    )
    lethal_from: int = parameter(
        100,
        "Costmap cells of this value or more are obstacles to keep robot_radius_m from. For a "
        "plain map, which is not inflated, set this and occupied_from to 65.",
        minimum=1,
        maximum=100,
    )
    min_score: float = parameter(
        0.3,
        "Least score (presence times how surely one place was meant) of a thing that is driven to.",
        minimum=0.0,
        maximum=1.0,
    )
    min_looks: int = parameter(
        3, "So many detections must agree before the first goal.", minimum=1, maximum=100
    )
    max_sigma_m: float = parameter(
        0.6, "Largest doubt about the place on the floor, metres.", minimum=0.01, maximum=10.0
    )
    max_look_age_s: float = parameter(
        2.0, "The newest detection must not be older, seconds.", minimum=0.1, maximum=60.0
    )
    max_distance_m: float = parameter(
        10.0, "Farther things are not driven to: the model was not trained there.",
        minimum=0.5, maximum=100.0,
    )  # fmt: skip
    refine_moved_m: float = parameter(
        0.25, "While driving, a new goal when the estimate moved farther, metres.",
        minimum=0.05, maximum=10.0,
    )  # fmt: skip
    refine_until_m: float = parameter(
        1.2, "No new goal when the robot is this near to the thing, metres.",
        minimum=0.1, maximum=10.0,
    )  # fmt: skip
    give_up_s: float = parameter(
        60.0, "Without any goal so long after a command, the order ends, seconds.",
        minimum=1.0, maximum=3600.0,
    )  # fmt: skip

    def mission(self) -> MissionConfig:
        """The pure configuration.

        Raises:
            ValueError: on values that contradict each other.
        """
        return MissionConfig(
            policy=PolicyConfig(
                # Detections carry one number, the score, which already contains presence.
                min_presence=0.0,
                min_score=self.min_score,
                min_count=self.min_looks,
                max_sigma_m=self.max_sigma_m,
                max_look_age_s=self.max_look_age_s,
                max_distance_m=self.max_distance_m,
            ),
            stand_off=StandOff(
                distance_m=self.stand_off_m,
                tolerance_m=self.stand_off_tolerance_m,
                robot_radius_m=self.robot_radius_m,
                occupied_from=self.occupied_from,
                lethal_from=self.lethal_from,
            ),
            refine_moved_m=self.refine_moved_m,
            refine_until_m=self.refine_until_m,
        )
