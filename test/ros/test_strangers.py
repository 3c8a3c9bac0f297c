"""Nodes of ours do not start where others would hear them."""

from __future__ import annotations

import pytest

from camaware_ros.ros import demo_nodes
from camaware_ros.ros.strangers import check_alone


def test_an_empty_domain_is_fine(ros_env, domain_id: int) -> None:
    check_alone(domain_id)


def test_strangers_are_named(make_rig, domain_id: int) -> None:
    make_rig()
    with pytest.raises(RuntimeError, match=f"domain {domain_id}: expected nobody there, got /rig"):
        check_alone(domain_id, patience_s=0.0)


def test_among_strangers_nothing_is_started(ros_env, monkeypatch, tmp_path) -> None:
    def found(domain: int) -> None:
        raise RuntimeError(f"somebody is in {domain}")

    monkeypatch.setattr(demo_nodes, "check_alone", found)
    nodes = demo_nodes.DemoNodes(camera="usb_webcam")
    with (
        pytest.raises(RuntimeError, match=f"somebody is in {ros_env['ROS_DOMAIN_ID']}"),
        demo_nodes.demo_nodes(nodes, ros_env, tmp_path),
    ):
        pytest.fail("the nodes were started")
    assert list(tmp_path.glob("*.log")) == []
