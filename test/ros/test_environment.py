"""`ros_environment`: its defaults, and that it never overrides an owner."""

from __future__ import annotations

from pathlib import Path

import pytest

from camaware_ros.ros.environment import ros_distribution, ros_environment

NEWER, OLDER = "FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE"


def test_traffic_stays_on_this_machine_by_default() -> None:
    assert ros_environment({})["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"


@pytest.mark.parametrize(
    "owner", [{"ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}, {"ROS_LOCALHOST_ONLY": "0"}]
)
def test_an_owners_discovery_is_kept(owner: dict[str, str]) -> None:
    owner = {**owner, "ROS_DISTRO": "kilted"}
    result = ros_environment(owner)
    changed = {name for name in result if result[name] != owner.get(name)}
    assert changed == {NEWER}


@pytest.mark.parametrize(
    ("distro", "expected", "absent"),
    [("kilted", NEWER, OLDER), ("lyrical", NEWER, OLDER)]
    + [("jazzy", OLDER, NEWER), ("humble", OLDER, NEWER)],
)
def test_the_profile_goes_where_that_distribution_reads_it(
    distro: str, expected: str, absent: str
) -> None:
    result = ros_environment({"ROS_DISTRO": distro})
    assert Path(result[expected]).is_file()
    assert absent not in result


def test_the_distribution_of_the_wheels_is_known_where_none_is_sourced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "ros_humble_rclpy-3.3.dist-info"
    wheel.mkdir()
    (wheel / "METADATA").write_text("Metadata-Version: 2.1\nName: ros-humble-rclpy\nVersion: 3.3\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert ros_distribution({}) == "humble"
    assert OLDER in ros_environment({})
    assert ros_distribution({"ROS_DISTRO": "lyrical"}) == "lyrical"


@pytest.mark.parametrize(
    "owner",
    [
        {NEWER: "/robot/profile.xml"},
        {OLDER: "/robot/profile.xml"},
        {"FASTDDS_BUILTIN_TRANSPORTS": "LARGE_DATA"},
        {"ROS_DISCOVERY_SERVER": "robot:11811"},
    ],
)
def test_an_owners_transport_is_kept(owner: dict[str, str]) -> None:
    result = ros_environment(owner)
    assert {name: result[name] for name in owner} == owner
    assert {NEWER, OLDER} & set(result) == {NEWER, OLDER} & set(owner)


def test_other_variables_pass_and_the_argument_is_not_changed() -> None:
    base = {"PATH": "/usr/bin", "ROS_DOMAIN_ID": "7"}
    result = ros_environment(base)
    assert base == {"PATH": "/usr/bin", "ROS_DOMAIN_ID": "7"}
    assert result["PATH"] == "/usr/bin"
    assert result["ROS_DOMAIN_ID"] == "7"


def test_applying_it_twice_changes_nothing_more() -> None:
    once = ros_environment({"PATH": "/usr/bin"})
    assert ros_environment(once) == once
