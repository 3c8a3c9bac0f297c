"""Orders for closed-loop runs, and what their ends amount to. Pure: drives nothing.

An order is a seeded room, a place from which the named thing is in view, and words that mean only
that thing. Who drives is ``ros.closed_loop_run``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from camaware_ros.camera_file import CameraFile
from camaware_ros.evaluation.arrival import judge_arrival
from camaware_ros.geometry.boxes import Box3
from camaware_ros.localization.grid import GridMap
from camaware_ros.simulation.costmap import costmap_of
from camaware_ros.simulation.planner import Pose
from camaware_ros.simulation.scenes import Room, random_room
from camaware_ros.simulation.viewpoints import Viewing, viewpoints

ROOM_SEED = 40_000  # rooms from here on belong to this evaluation
_VERBS = ("go to the", "drive to the", "approach the", "please move to the")
_VIEWING = Viewing(near_m=1.5, far_m=4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One closed-loop run.

    Attributes:
        room: name for ``room_from_name``.
        start: where the robot begins, in the map.
        command: what it is told.
        thing: label of what is meant.
        distance_m: from the start to the thing's footprint.
    """

    room: str
    start: Pose
    command: str
    thing: str
    distance_m: float


def orders_for(camera: CameraFile, count: int, seed: int = 0) -> tuple[Order, ...]:
    """``count`` orders, a room each, that make sense with this camera; the same every time."""
    orders: list[Order] = []
    index = 0
    while len(orders) < count:
        rng = np.random.default_rng([ROOM_SEED, seed, index])
        order = _order(rng, random_room(ROOM_SEED + 1000 * seed + index), camera)
        index += 1
        if order is not None:
            orders.append(order)
    return tuple(orders)


def grid_of(room: Room) -> GridMap:
    """The simulator's costmap of a room."""
    costmap = costmap_of(room)
    return GridMap(
        data=costmap.cost, resolution_m=costmap.resolution_m, origin_xy=np.array(costmap.origin_m)
    )


def _order(rng: np.random.Generator, room: Room, camera: CameraFile) -> Order | None:
    """An order in a room; None where nothing can be seen well from anywhere."""
    boxes = {thing.label: thing.box for thing in room.objects}
    kinds = Counter(thing.kind for thing in room.objects)
    for index in rng.permutation(len(room.objects)):
        thing = room.objects[index]
        places = viewpoints(boxes, thing.label, camera, grid_of(room), _VIEWING, rng=rng, count=1)
        if places:
            short = kinds[thing.kind] == 1 and rng.random() < 0.3
            name = thing.kind if short else thing.label
            return Order(
                room=room.name, start=places[0], thing=thing.label,
                command=f"{rng.choice(_VERBS)} {name}",
                distance_m=float(thing.distance(np.array(places[0][:2]))),
            )  # fmt: skip
    return None


def reason_code(
    pose: Pose, thing: str, boxes: Mapping[str, Box3], status: Mapping[str, Any], stand_off_m: float
) -> str:
    """Why an order did not end well; ``OK`` where it did.

    Args:
        pose: of the robot in the end.
        thing: label of the named thing.
        boxes: of everything in the room.
        status: the last that goal_node said; state ``timeout`` where it said no end.
        stand_off_m: wanted distance to the footprint.
    """
    if status["state"] != "arrived":
        cause = str(status["reason"]).rpartition(": ")[2].partition(",")[0]
        return f"GAVE_UP: {cause}" if status["code"] == "GAVE_UP" else str(status["code"])
    arrivals = {label: judge_arrival(pose, box, stand_off_m) for label, box in boxes.items()}
    if arrivals[thing].good:
        return "OK"
    if any(arrival.good for arrival in arrivals.values()):
        return "OTHER_THING"
    return "OFF_FACING" if arrivals[thing].right_distance else "OFF_DISTANCE"


def summary(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Shares over finished runs, each a record of ``ros.closed_loop_run``."""
    if not runs:
        raise ValueError("runs: expected at least one, got none")
    codes = Counter(run["code"] for run in runs)
    arrived = [run for run in runs if run["state"] == "arrived"]
    return {
        "commands": len(runs),
        "success_percent": round(100 * codes["OK"] / len(runs), 1),
        "arrived_percent": round(100 * len(arrived) / len(runs), 1),
        "median_distance_error_m": _median([run["distance_error_m"] for run in arrived]),
        "median_facing_deg": _median([run["facing_deg"] for run in arrived]),
        "reasons": dict(codes.most_common()),
    }


def _median(values: Sequence[float]) -> float | None:
    return round(float(np.median(values)), 3) if values else None
