"""What ``ros2 param dump`` shows of every node is its commented default YAML."""

from __future__ import annotations

import pytest
import yaml
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters
from rclpy.parameter import parameter_value_to_python
from shots import call

from camaware_ros.resources import share_directory
from camaware_ros.ros.parameter_files import SETTINGS

# Of rclpy, in every node.
NOT_OURS = ("use_sim_time", "start_type_description_service")


def parameters_of(rig, name: str) -> dict[str, object]:
    """All parameters of a node by name, as ``ros2 param dump`` asks for them."""
    listing = call(rig, rig.node.create_client(ListParameters, f"{name}/list_parameters"),
                   ListParameters.Request())  # fmt: skip
    names = list(listing.result.names)
    values = call(rig, rig.node.create_client(GetParameters, f"{name}/get_parameters"),
                  GetParameters.Request(names=names))  # fmt: skip
    found = dict(zip(names, map(parameter_value_to_python, values.values), strict=True))
    return {n: list(v) if isinstance(v, tuple) else v for n, v in found.items()}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_dump_is_the_default_file_and_everything_is_described(make_rig, start, name) -> None:
    rig = make_rig()
    node = start("-m", f"camaware_ros.ros.{name}")
    dump = {
        n: value
        for n, value in parameters_of(rig, name).items()
        if n not in NOT_OURS and not n.startswith("qos_overrides.")
    }
    (section,) = yaml.safe_load(
        (share_directory() / "config" / f"{name}.yaml").read_text()
    ).values()
    assert dump == section["ros__parameters"]
    described = call(
        rig, rig.node.create_client(DescribeParameters, f"{name}/describe_parameters"),
        DescribeParameters.Request(names=list(dump)),
    )  # fmt: skip
    for descriptor in described.descriptors:
        assert len(descriptor.description) > 10, descriptor.name
        assert descriptor.additional_constraints, descriptor.name
    assert node.alive, node.output


def test_a_dump_with_changes_and_overrides_starts_the_same_node_again(
    make_rig, start, tmp_path
) -> None:
    rig = make_rig()
    changes = ("min_presence:=0.25", "cameras:=[front, rear]", "autostart:=false",
               "qos_overrides./front/image.subscription.depth:=2")  # fmt: skip
    flags = [word for change in changes for word in ("-p", change)]
    first = start("-m", "camaware_ros.ros.grounding_node", "--ros-args", *flags)
    dump = parameters_of(rig, "grounding_node")
    assert dump["min_presence"] == 0.25 and dump["cameras"] == ["front", "rear"]
    assert first.end() == 0, first.output

    nested: dict = {}
    for name, value in dump.items():
        place = nested
        *path, last = name.split(".")
        for step in path:
            place = place.setdefault(step, {})
        place[last] = value
    file = tmp_path / "dump.yaml"
    file.write_text(yaml.safe_dump({"/again": {"ros__parameters": nested}}))
    flags = ["--params-file", str(file), "-r", "__node:=again"]
    second = start("-m", "camaware_ros.ros.grounding_node", "--ros-args", *flags)
    assert parameters_of(rig, "again") == dump
    assert second.end() == 0, second.output
