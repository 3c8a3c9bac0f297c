"""One leg of the demonstration: a camera, an order, what the robot makes of it. No processes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from camaware_ros.camera_file import CameraFile
from camaware_ros.evaluation.arrival import Arrival, Tolerance, judge_arrival
from camaware_ros.language.commands import parse_command
from camaware_ros.ros.camera_info import camera_from_info
from camaware_ros.ros.demo_look import Look, look_at, picture_of
from camaware_ros.ros.director import Director, Sighting, WaitedInVain
from camaware_ros.simulation.planner import Pose
from camaware_ros.simulation.viewpoints import Viewing, sees, viewpoints

Tell = Callable[[str, str], None]
_LENS = {"Ideal": "pinhole", "Brown": "pinhole, distorted", "Equidistant": "fisheye"}
_ENDED = ("arrived", "failed", "stopped")
_VIEWING = Viewing()
# Standing before the right thing and looking at it. Benchmarks are stricter, and the table shows
# the numbers.
_ARRIVED = Tolerance(distance_m=0.5, facing_rad=math.radians(30.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What came of one order.

    Attributes:
        camera: name.
        hfov_rad, lens: of the live camera_info.
        command, label: what was said, and the thing that was meant.
        look: the first look at the right thing; None without any.
        picture: that look with both boxes, uint8 RGB.
        looks: all before the first goal.
        last_look: the newest at the right thing.
        latencies_s: of all detections.
        goals: as they were sent; the last one counts.
        arrival: where the robot stood in the end against the truth.
        reason: why it did not get there; empty where it did.
    """

    camera: str
    hfov_rad: float
    lens: str
    command: str
    label: str
    look: Look | None = None
    picture: NDArray[np.uint8] | None = None
    looks: tuple[Look, ...] = ()
    last_look: Look | None = None
    latencies_s: tuple[float, ...] = ()
    goals: tuple[Pose, ...] = ()
    arrival: Arrival | None = None
    reason: str = ""


def meant_thing(command: str, labels: list[str]) -> str:
    """The one thing of a room that an order names.

    Raises:
        ValueError: no order to go somewhere, or none or several things fit.
    """
    parsed = parse_command(command)
    words = set((parsed.target or "").split())
    fitting = [label for label in labels if words and words <= set(label.split())]
    if parsed.verb != "go" or len(fitting) != 1:
        raise ValueError(
            f"command: expected 'go to the' and one of {', '.join(labels)}, got {command!r}"
        )
    return fitting[0]


def run_leg(
    director: Director, camera: CameraFile, command: str, tell: Tell,
    *, stand_off_m: float, timeout_s: float,
) -> Leg:  # fmt: skip
    """Swap the camera, go to where the thing is in view, give the order, watch until it ends."""
    label = meant_thing(command, list(director.truth))
    info = director.switch_camera(camera.name)
    live = camera_from_info(info, (info.width, info.height))
    leg = Leg(
        camera=camera.name, hfov_rad=live.hfov_rad, lens=_LENS[type(live.lens).__name__],
        command=command, label=label,
    )  # fmt: skip
    hfov_deg = math.degrees(leg.hfov_rad)
    size = f"{live.width} x {live.height}"
    tell("camera", f"{camera.name}: {size}, {hfov_deg:.0f} deg, {leg.lens}")
    watch = _Watch(director, leg, tell)
    try:
        into_view(director, camera, label, timeout_s)
        director.forget()
        director.say(command)
        tell("hears", f'"{command}"')
        director.wait(watch.ended, "the robot to arrive", timeout_s, each=watch.update)
        watch.update()
        last = director.statuses[-1]
        reason = "" if last["state"] == "arrived" else f"{last['code']}: {last['reason']}"
    except WaitedInVain as error:
        last = director.statuses[-1] if director.statuses else {"code": "SILENT", "reason": ""}
        reason = f"{error} ({last['code']}: {last['reason']})"
    return _judged(director, watch.leg, stand_off_m, reason, tell)


def into_view(director: Director, camera: CameraFile, label: str, timeout_s: float) -> None:
    """Drive to the nearest place from which the thing is in the camera's view.

    Raises:
        WaitedInVain: there is none, or the robot did not get there.
    """
    grid, boxes = director.grid, director.truth
    assert grid is not None and director.pose is not None
    here = director.pose
    if sees(here, boxes, label, camera, _VIEWING):
        return
    places = viewpoints(boxes, label, camera, grid, rng=np.random.default_rng(0))
    places.sort(key=lambda pose: math.hypot(pose[0] - here[0], pose[1] - here[1]))
    if not any(director.drive(place, timeout_s) for place in places[:3]):
        raise WaitedInVain(f"found no way to a place with the {label} in view of {camera.name}")


def _judged(director: Director, leg: Leg, stand_off_m: float, reason: str, tell: Tell) -> Leg:
    """The leg with its end, which is told."""
    assert director.pose is not None
    director.say("stop")
    arrival = judge_arrival(director.pose, director.truth[leg.label], stand_off_m, _ARRIVED)
    facing_deg = math.degrees(arrival.facing_rad)
    where = (
        f"{arrival.distance_m:.2f} m from the {leg.label}, facing it within {facing_deg:.0f} deg"
    )
    if not reason and not arrival.good:
        reason = f"ended {where}"
    elif not reason and leg.look is None:
        reason = f"never took a look that was nearest to the {leg.label}"
    if reason:
        tell("fails", reason)
    else:
        tell("arrives", where)
    return replace(leg, arrival=arrival, reason=reason)


class _Watch:
    """Follows an order: tells every new thing once, and collects what is measured."""

    def __init__(self, director: Director, leg: Leg, tell: Tell) -> None:
        self.leg = leg
        self._director, self._tell = director, tell
        self._handled = 0
        self._mistaken = ""

    def ended(self) -> bool:
        """Whether goal_node says so, about this order."""
        # What it repeats of the order before comes first.
        states = [status["state"] for status in self._director.statuses]
        return "looking" in states and states[-1] in _ENDED

    def update(self) -> None:
        """Look at what has come since the last time."""
        fresh = self._director.sightings[self._handled :]
        self._handled += len(fresh)
        for sighting in fresh:
            self._sighting(sighting)
        for goal in self._director.goals[len(self.leg.goals) :]:
            x_m, y_m, yaw_rad = goal
            text = f"({x_m:.2f}, {y_m:.2f}), facing {math.degrees(yaw_rad):.0f} deg"
            self._tell("corrects" if self.leg.goals else "goal", text)
            self.leg = replace(self.leg, goals=(*self.leg.goals, goal))

    def _sighting(self, sighting: Sighting) -> None:
        if sighting.latency_s is not None:
            latencies = (*self.leg.latencies_s, sighting.latency_s)
            self.leg = replace(self.leg, latencies_s=latencies)
        for estimate in sighting.found:
            look = look_at(self._director, sighting, estimate, self.leg.label)
            if look is None:
                continue
            if not look.mistaken_for:
                self.leg = replace(self.leg, last_look=look)
            if not self.leg.goals or self.leg.look is None:
                self._look(look)

    def _look(self, look: Look) -> None:
        self.leg = replace(self.leg, looks=(*self.leg.looks, look))
        if look.mistaken_for:
            if look.mistaken_for != self._mistaken:
                self._tell("mistakes", f"the {look.mistaken_for} for the {self.leg.label}")
            self._mistaken = look.mistaken_for
        elif self.leg.look is None:
            picture = picture_of(self._director, look, self.leg.label)
            self.leg = replace(self.leg, look=look, picture=picture)
            late = f", {1e3 * look.latency_s:.0f} ms after the picture" if look.latency_s else ""
            self._tell(
                "sees",
                f"{look.estimate.label}, {look.estimated_m:.2f} m away (truly "
                f"{look.distance_m:.2f} m), {look.error_m:.2f} m off, score "
                f"{look.estimate.score:.0%}{late}",
            )
