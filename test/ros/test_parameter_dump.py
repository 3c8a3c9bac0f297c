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


@pytest.mark.parametrize("name", SETTINGS)
def test_a_dump_is_the_default_file_and_everything_is_described(make_rig, start, name) -> None:
    rig = make_rig()
    node = start("-m", f"camaware_ros.ros.{name}")
    listing = call(rig, rig.node.create_client(ListParameters, f"{name}/list_parameters"),
                   ListParameters.Request())  # fmt: skip
    names = [
        n for n in listing.result.names if n not in NOT_OURS and not n.startswith("qos_overrides.")
    ]
    values = call(rig, rig.node.create_client(GetParameters, f"{name}/get_parameters"),
                  GetParameters.Request(names=names))  # fmt: skip
    dump = dict(zip(names, map(parameter_value_to_python, values.values), strict=True))
    (section,) = yaml.safe_load(
        (share_directory() / "config" / f"{name}.yaml").read_text()
    ).values()
    assert {n: list(v) if isinstance(v, tuple) else v for n, v in dump.items()} == section[
        "ros__parameters"
    ]
    described = call(
        rig, rig.node.create_client(DescribeParameters, f"{name}/describe_parameters"),
        DescribeParameters.Request(names=names),
    )  # fmt: skip
    for descriptor in described.descriptors:
        assert len(descriptor.description) > 10, descriptor.name
        assert descriptor.additional_constraints, descriptor.name
    assert node.alive, node.output
