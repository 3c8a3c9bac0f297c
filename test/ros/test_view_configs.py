"""RViz configuration and Foxglove layout: every topic that they name is one that nodes publish."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

CONFIG = Path(__file__).resolve().parents[2] / "config"
FAKE = str(Path(__file__).with_name("fake_grounding_process.py"))
RVIZ_TYPES = {
    "rviz_default_plugins/MarkerArray": "visualization_msgs/msg/MarkerArray",
    "rviz_default_plugins/Image": "sensor_msgs/msg/Image",
    "rviz_default_plugins/PointCloud2": "sensor_msgs/msg/PointCloud2",
    "rviz_default_plugins/Pose": "geometry_msgs/msg/PoseStamped",
}
FROM_NAV2 = {"/global_costmap/costmap"}


def displays() -> list[dict]:
    return yaml.safe_load((CONFIG / "camaware.rviz").read_text())["Visualization Manager"][
        "Displays"
    ]


def layout() -> dict:
    return json.loads((CONFIG / "foxglove.json").read_text())


def leaves(place: object) -> Iterator[str]:
    """Panels of a Foxglove layout."""
    if isinstance(place, str):
        yield place
    else:
        yield from leaves(place["first"])  # type: ignore[index]
        yield from leaves(place["second"])  # type: ignore[index]


@pytest.fixture(scope="module")
def topics(module_graph) -> dict[str, list[str]]:
    """Types by topic, of what a real grounding node and a real goal node speak and hear."""
    make, run = module_graph
    rig = make()
    run(FAKE, "--ros-args", "-p", "diagnostics_period_s:=0.1")
    run("-m", "camaware_ros.ros.goal_node", "--ros-args", "-p", "diagnostics_period_s:=0.1")
    for topic in ("markers", "goal_pose", "goal_status", "answer", "overlay", "points", "depth"):
        rig.wait(lambda topic=topic: rig.node.count_publishers(topic), topic)
    return dict(rig.node.get_topic_names_and_types())


def test_rviz_shows_topics_that_exist_as_what_they_are(topics: dict[str, list[str]]) -> None:
    shown = {d["Topic"]["Value"]: RVIZ_TYPES[d["Class"]] for d in displays() if "Topic" in d}
    assert len(shown) >= 5
    assert {topic: topics.get(topic) for topic in shown} == {t: [k] for t, k in shown.items()}


def test_foxglove_shows_topics_that_exist(topics: dict[str, list[str]]) -> None:
    named = set(re.findall(r"\"(/[a-z0-9_/]+)", (CONFIG / "foxglove.json").read_text()))
    assert len(named) >= 7
    assert named - FROM_NAV2 <= set(topics)


def test_every_panel_of_the_foxglove_layout_is_described_and_placed_once() -> None:
    placed = list(leaves(layout()["layout"]))
    assert sorted(placed) == sorted(layout()["configById"])


def test_the_command_panel_sends_what_the_node_hears(topics: dict[str, list[str]]) -> None:
    panel = layout()["configById"]["Publish!command"]
    assert topics[panel["topicName"]] == [panel["datatype"]]
    assert json.loads(panel["value"])["data"]
