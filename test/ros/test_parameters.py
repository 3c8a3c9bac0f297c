"""Parameters: declared with description and range, checked, and the same in the YAML file."""

from __future__ import annotations

import dataclasses

import pytest
import rclpy
import yaml
from rclpy.parameter import Parameter

from camaware_ros.resources import share_directory
from camaware_ros.ros.grounding_settings import GroundingSettings
from camaware_ros.ros.parameters import choice_checker, declare, read


@pytest.fixture
def make_node(ros_env, domain_id):
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain_id)
    nodes = []

    def make(**overrides):
        values = [Parameter(name, value=value) for name, value in overrides.items()]
        node = rclpy.create_node("settings", context=context, parameter_overrides=values)
        nodes.append(node)
        return node

    yield make
    for node in nodes:
        node.destroy_node()
    context.try_shutdown()


def test_every_field_is_declared_with_description_and_range(make_node) -> None:
    node = make_node()
    declare(node, GroundingSettings)
    assert read(node, GroundingSettings) == GroundingSettings()
    for field in dataclasses.fields(GroundingSettings):
        assert len(node.describe_parameter(field.name).description) > 10
    limits = node.describe_parameter("min_presence").floating_point_range[0]
    assert (limits.from_value, limits.to_value) == (0.0, 1.0)
    assert node.describe_parameter("threads").integer_range[0].from_value == 1
    assert "compressed" in node.describe_parameter("image_transport").additional_constraints


def test_overrides_are_read(make_node) -> None:
    node = make_node(min_presence=0.25, image_transport="compressed", threads=3)
    declare(node, GroundingSettings)
    expected = GroundingSettings(min_presence=0.25, image_transport="compressed", threads=3)
    assert read(node, GroundingSettings) == expected


@pytest.mark.parametrize("overrides", [{"threads": 0}, {"min_presence": -0.1}, {"threads": "two"}])
def test_an_override_out_of_range_or_type_is_refused(make_node, overrides) -> None:
    with pytest.raises(rclpy.exceptions.ParameterException, match=next(iter(overrides))):
        declare(make_node(**overrides), GroundingSettings)


def test_a_word_that_is_no_choice_is_refused_at_start_and_later(make_node) -> None:
    node = make_node(backend="abacus")
    declare(node, GroundingSettings)
    with pytest.raises(ValueError, match="backend: expected one of auto, onnx.*got 'abacus'"):
        read(node, GroundingSettings)
    node.add_on_set_parameters_callback(choice_checker(GroundingSettings))
    refused, accepted = node.set_parameters(
        [Parameter("image_qos", value="perfect"), Parameter("backend", value="onnx")]
    )
    assert not refused.successful and "image_qos" in refused.reason
    assert accepted.successful and read(node, GroundingSettings).backend == "onnx"


def test_the_yaml_file_names_every_parameter_with_its_default() -> None:
    text = (share_directory() / "config" / "grounding_node.yaml").read_text()
    (section,) = yaml.safe_load(text).values()
    assert section["ros__parameters"] == dataclasses.asdict(GroundingSettings())
