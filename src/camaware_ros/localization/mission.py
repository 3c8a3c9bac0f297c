"""One order to go to a thing, from the first look to the last correction. Pure and immutable.

Joins fusion, policy and stand-off: looks go in, and at any moment ``planned`` tells which new goal
to send, or why none. It does not send anything and does not know whether the robot drives.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from camaware_ros.localization.fusion import FusionConfig, Track, fused, strongest
from camaware_ros.localization.goals import (
    GoalError,
    StandOff,
    footprint_distance,
    stand_off_goal,
)
from camaware_ros.localization.grid import GridMap
from camaware_ros.localization.policy import PolicyConfig, decide
from camaware_ros.types import Goal, Localization


@dataclass(frozen=True, slots=True, kw_only=True)
class MissionConfig:
    """How an order is carried out.

    Attributes:
        fusion: how looks are joined.
        policy: when a goal may be sent.
        stand_off: where to stand.
        refine_moved_m: a new goal is made when the estimate moved farther than this.
        refine_until_m: not any more when the robot is this near to the thing.
    """

    fusion: FusionConfig = field(default_factory=FusionConfig)
    policy: PolicyConfig = field(default_factory=PolicyConfig)
    stand_off: StandOff = field(default_factory=StandOff)
    refine_moved_m: float = 0.25
    refine_until_m: float = 1.2

    def __post_init__(self) -> None:
        for name in ("refine_moved_m", "refine_until_m"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"{name}: expected > 0 and finite, got {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mission:
    """An order and what is known about it.

    Attributes:
        target: normalised phrase of the thing.
        since_s: when the order came; looks from before do not count.
        tracks: what the looks so far add up to.
        aimed: the estimate that the last goal was made for; None before the first.
    """

    target: str
    since_s: float
    tracks: tuple[Track, ...] = ()
    aimed: Localization | None = None

    def with_look(
        self, look: Localization, stamp_s: float, config: MissionConfig | None = None
    ) -> Mission:
        """The mission after one more look; unchanged by other things and by old looks."""
        if look.label != self.target or stamp_s <= self.since_s:
            return self
        fusion = (config or MissionConfig()).fusion
        return replace(self, tracks=fused(self.tracks, look, stamp_s, fusion))

    def distance_m(self, robot_xy: ArrayLike) -> float | None:
        """From the robot to the nearest point of the thing's footprint; None before any look."""
        best = strongest(self.tracks)
        return None if best is None else float(footprint_distance(best.localization.box, robot_xy))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do now.

    Attributes:
        mission: the mission from here on.
        goal: a goal that is new; None where nothing is to be sent.
        code: OK (a new goal), ON_COURSE (the last one still holds), or why there is none.
        reason: one line.
    """

    mission: Mission
    goal: Goal | None
    code: str
    reason: str


def planned(
    mission: Mission,
    robot_xy: ArrayLike,
    now_s: float,
    grid: GridMap,
    config: MissionConfig | None = None,
) -> Plan:
    """Whether a goal should be sent now, and which.

    Args:
        mission: the order.
        robot_xy: where the robot is, in the frame of the grid and of the looks.
        now_s: on the clock of the looks.
        grid: the costmap.
        config: thresholds.
    """
    settings = config or MissionConfig()
    decision = decide(mission.tracks, robot_xy, now_s, settings.policy)
    if decision.track is None:
        return Plan(mission=mission, goal=None, code=decision.code, reason=decision.reason)
    estimate = decision.track.localization
    if mission.aimed is not None:
        still = _still_holds(mission.aimed, estimate, robot_xy, settings)
        if still:
            return Plan(mission=mission, goal=None, code="ON_COURSE", reason=still)
    try:
        goal = stand_off_goal(
            estimate.box, robot_xy, grid, settings.stand_off, label=mission.target
        )
    except GoalError as error:
        return Plan(mission=mission, goal=None, code=error.code, reason=error.reason)
    aimed = replace(mission, aimed=estimate)
    return Plan(mission=aimed, goal=goal, code="OK", reason=decision.reason)


def _still_holds(
    aimed: Localization, estimate: Localization, robot_xy: ArrayLike, settings: MissionConfig
) -> str:
    """Why the last goal needs no correction; empty where it does."""
    moved_m = float(np.linalg.norm(estimate.box.center[:2] - aimed.box.center[:2]))
    distance_m = float(footprint_distance(estimate.box, robot_xy))
    if moved_m <= settings.refine_moved_m:
        return f"the estimate moved {moved_m:.2f} m since the last goal"
    if distance_m <= settings.refine_until_m:
        return f"{distance_m:.2f} m from the thing, too near to change the goal"
    return ""
