"""Closed-loop orders: that they make sense, and that their ends are named rightly."""

from __future__ import annotations

import math

import numpy as np
import pytest

from camaware_ros.camera_file import find_camera_files, load_camera_yaml
from camaware_ros.evaluation.closed_loop import orders_for, reason_code, summary
from camaware_ros.language.commands import parse_command
from camaware_ros.simulation.render import Quality
from camaware_ros.simulation.scenes import room_from_name
from camaware_ros.simulation.simulator import Simulator

FISHEYE = load_camera_yaml(find_camera_files()["gopro_hero9_wide"])
ORDERS = orders_for(FISHEYE, 6)


def test_orders_are_the_same_every_time_and_differ_by_seed() -> None:
    assert orders_for(FISHEYE, 6) == ORDERS
    assert orders_for(FISHEYE, 2) == ORDERS[:2]
    assert not set(orders_for(FISHEYE, 6, seed=1)) & set(ORDERS)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.thing)
def test_the_words_mean_one_thing_which_is_in_view(order) -> None:
    room = room_from_name(order.room)
    command = parse_command(order.command)
    words = set(command.target.split())
    meant = [thing.label for thing in room.objects if words <= {thing.kind, thing.colour}]
    assert command.verb == "go" and meant == [order.thing]
    simulator = Simulator(room, FISHEYE, Quality(shadows=False, samples=0))
    simulator.reset(order.start)
    index = [thing.label for thing in room.objects].index(order.thing)
    pixels = int((simulator.truth().instance == index + 1).sum())
    distance = float(room.objects[index].distance(np.array(order.start[:2])))
    simulator.close()
    assert pixels > 100
    assert distance == pytest.approx(order.distance_m) and 1.4 < distance < 4.1


def code_of(pose, state: str = "arrived", code: str = "OK", reason: str = "") -> str:
    room = room_from_name("demo")
    boxes = {thing.label: thing.box for thing in room.objects}
    status = {"state": state, "code": code, "reason": reason}
    return reason_code(pose, "red chair", boxes, status, 0.8)


def test_ends_get_the_code_of_what_went_wrong() -> None:
    good = (0.15, 0.95, 0.0)
    assert code_of(good) == "OK"
    assert code_of((-0.6, 0.95, 0.0)) == "OFF_DISTANCE"
    assert code_of((0.15, 0.95, math.radians(-40))) == "OFF_FACING"
    assert code_of((1.75, 0.2, math.atan2(0.3, 1.0))) == "OTHER_THING"  # before the white box
    assert code_of(good, "failed", "GAVE_UP", "no goal within 20 s: LOW_SCORE, score 0.2") == (
        "GAVE_UP: LOW_SCORE"
    )
    assert code_of(good, "failed", "NAVIGATION_ABORTED", "stuck") == "NAVIGATION_ABORTED"
    assert code_of(good, "timeout", "TIMEOUT: NOT_SEEN", "") == "TIMEOUT: NOT_SEEN"


def test_a_summary_counts_and_takes_medians_of_arrivals() -> None:
    def run(code: str, state: str, off: float) -> dict:
        return {"code": code, "state": state, "distance_error_m": off, "facing_deg": 10 * off}

    runs = [
        run("OK", "arrived", 0.1), run("OK", "arrived", 0.2), run("OFF_DISTANCE", "arrived", 0.9),
        run("GAVE_UP: NOT_SEEN", "failed", 3.0),
    ]  # fmt: skip
    assert summary(runs) == {
        "commands": 4, "success_percent": 50.0, "arrived_percent": 75.0,
        "median_distance_error_m": 0.2, "median_facing_deg": 2.0,
        "reasons": {"OK": 2, "OFF_DISTANCE": 1, "GAVE_UP: NOT_SEEN": 1},
    }  # fmt: skip
    with pytest.raises(ValueError, match="expected at least one"):
        summary([])
