"""Every parameter of goal_node."""

from __future__ import annotations

from dataclasses import dataclass

from camaware_ros.localization.goals import StandOff
from camaware_ros.localization.mission import MissionConfig
from camaware_ros.localization.policy import PolicyConfig
from camaware_ros.ros.parameters import Change, parameter


@dataclass(frozen=True, kw_only=True)
class GoalSettings:
    """Each field is a ROS parameter of the same name."""

    autostart: bool = parameter(
        True,
        "Configure and activate at start. False where a lifecycle manager does that (Nav2's needs "
        "bond_timeout: 0.0, as for every Python node).",
        change=Change.START,
    )
    send_goals: bool = parameter(
        False,
        "Drive. False: only publish goal_pose, so that a person can look at it first.",
        change=Change.LIVE,
    )
    fixed_frame: str = parameter("map", "Frame of the costmap, in which things stand still.")
    base_frame: str = parameter("base_footprint", "Frame of the robot on the floor.")
    stand_off_m: float = parameter(
        0.8,
        "From the robot's centre to the thing's nearest side, metres.",
        minimum=0.1,
        maximum=10.0,
        change=Change.LIVE,
    )
    stand_off_tolerance_m: float = parameter(
        0.2,
        "How much nearer or farther is still good, metres.",
        minimum=0.02,
        maximum=5.0,
        change=Change.LIVE,
    )
    robot_radius_m: float = parameter(
        0.25,
        "Clearance at the goal and on the way, metres.",
        minimum=0.05,
        maximum=5.0,
        change=Change.LIVE,
    )
    occupied_from: int = parameter(
        99,
        "Costmap cells of this value or more cannot be stood on.",
        minimum=1,
        maximum=100,
        change=Change.LIVE,
    )
    lethal_from: int = parameter(
        100,
        "Costmap cells of this value or more are obstacles to keep robot_radius_m from. For a "
        "plain map, which is not inflated, set this and occupied_from to 65.",
        minimum=1,
        maximum=100,
        change=Change.LIVE,
    )
    min_score: float = parameter(
        0.3,
        "Least score (presence times how surely one place was meant) of a thing that is driven to.",
        minimum=0.0,
        maximum=1.0,
        change=Change.LIVE,
    )
    min_looks: int = parameter(
        3,
        "So many detections must agree before the first goal.",
        minimum=1,
        maximum=100,
        change=Change.LIVE,
    )
    max_sigma_m: float = parameter(
        0.6,
        "Largest doubt about the place on the floor, metres.",
        minimum=0.01,
        maximum=10.0,
        change=Change.LIVE,
    )
    max_look_age_s: float = parameter(
        2.0,
        "The newest detection must not be older, seconds.",
        minimum=0.1,
        maximum=60.0,
        change=Change.LIVE,
    )
    max_distance_m: float = parameter(
        10.0,
        "Farther things are not driven to: the model was not trained there.",
        minimum=0.5,
        maximum=100.0,
        change=Change.LIVE,
    )
    trust_outside_trained_range: bool = parameter(
        False,
        "Also drive to things that were found by a camera, at a height or in a picture unlike "
        "those the model was trained with.",
        change=Change.LIVE,
    )
    refine_moved_m: float = parameter(
        0.25,
        "While driving, a new goal when the estimate moved farther, metres.",
        minimum=0.05,
        maximum=10.0,
        change=Change.LIVE,
    )
    refine_until_m: float = parameter(
        1.2,
        "No new goal when the robot is this near to the thing, metres.",
        minimum=0.1,
        maximum=10.0,
        change=Change.LIVE,
    )
    give_up_s: float = parameter(
        60.0,
        "Without any goal so long after a command, the order ends, seconds.",
        minimum=1.0,
        maximum=3600.0,
        change=Change.LIVE,
    )

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
