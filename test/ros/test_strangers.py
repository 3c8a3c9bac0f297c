"""Nodes of ours do not start where others would hear them."""

from __future__ import annotations

import pytest

from camaware_ros.ros.demo_nodes import DemoNodes, demo_nodes
from camaware_ros.ros.strangers import check_alone


def test_an_empty_domain_is_fine(ros_env, domain_id: int) -> None:
    check_alone(domain_id)


def test_strangers_are_named_and_nothing_is_started(make_rig, ros_env, domain_id, tmp_path) -> None:
    make_rig()
    nodes = DemoNodes(camera="usb_webcam")
    with (
        pytest.raises(RuntimeError, match=f"domain {domain_id}: expected nobody there, got /rig"),
        demo_nodes(nodes, ros_env, tmp_path),
    ):
        pytest.fail("the nodes were started")
    assert list(tmp_path.glob("*.log")) == []
