"""The commented YAML, the parameters and the pure defaults say the same."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

pytest.importorskip("rclpy")
import yaml

from camaware_ros.localization.mission import MissionConfig
from camaware_ros.ros.goal_settings import GoalSettings

CONFIG = Path(__file__).resolve().parents[2] / "config" / "goal_node.yaml"


def test_the_yaml_names_every_parameter_with_its_default() -> None:
    values = yaml.safe_load(CONFIG.read_text())["/**/goal_node"]["ros__parameters"]
    assert values == dataclasses.asdict(GoalSettings())


def test_the_node_defaults_are_the_pure_defaults_except_presence() -> None:
    mission = GoalSettings().mission()
    presence_free = dataclasses.replace(MissionConfig().policy, min_presence=0.0)
    assert mission == dataclasses.replace(MissionConfig(), policy=presence_free)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"stand_off_m": 0.2, "stand_off_tolerance_m": 0.3}, "tolerance_m"),
        ({"robot_radius_m": -1.0}, "robot_radius_m"),
        ({"min_score": 1.5}, "min_score"),
    ],
)
def test_values_that_contradict_each_other_are_refused(
    changes: dict[str, float], name: str
) -> None:
    with pytest.raises(ValueError, match=f"{name}: expected"):
        GoalSettings(**changes).mission()
