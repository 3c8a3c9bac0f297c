"""Parameters: declared with description and range, checked, and the same in the YAML file."""

from __future__ import annotations

import dataclasses

import pytest
import rclpy
import yaml
from rclpy.parameter import Parameter

from camaware_ros.resources import share_directory
from camaware_ros.ros.grounding_settings import GroundingSettings
from camaware_ros.ros.parameter_files import SETTINGS, commented_yaml
from camaware_ros.ros.parameters import declare, read, watch


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
    watch(node, GroundingSettings, lambda: False, lambda *_: None)
    accepted, refused = node.set_parameters(
        [Parameter("backend", value="onnx"), Parameter("image_qos", value="perfect")]
    )
    assert not refused.successful and "image_qos" in refused.reason
    assert accepted.successful and read(node, GroundingSettings).backend == "onnx"


def test_while_configured_only_live_parameters_change_and_the_node_has_a_say(make_node) -> None:
    node = make_node()
    declare(node, GroundingSettings)
    heard = []

    def apply(settings: GroundingSettings, changed: frozenset[str]) -> None:
        if settings.min_presence > 0.9:
            raise ValueError("min_presence: nothing would be left")
        heard.append((settings, changed))

    watch(node, GroundingSettings, lambda: True, apply)

    def tried(name: str, value: object) -> str:
        (result,) = node.set_parameters([Parameter(name, value=value)])
        return "" if result.successful else result.reason

    assert tried("min_presence", 0.25) == ""
    assert heard == [(GroundingSettings(min_presence=0.25), frozenset({"min_presence"}))]
    assert "nothing would be left" in tried("min_presence", 0.95)
    assert "image_transport: read when the node is configured" in tried(
        "image_transport", "compressed"
    )
    assert "read-only" in tried("autostart", False)
    assert "range" in tried("min_presence", 1.5)
    assert read(node, GroundingSettings) == GroundingSettings(min_presence=0.25)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"cameras": ("front", "front")}, "each name once"),
        ({"cameras": ("front", "")}, "letters, digits"),
        ({"cameras": ("rear view",)}, "'rear view'"),
        ({"cameras": ()}, "a name at least"),
        ({"cameras": ("a", "b"), "base_frame": ""}, "several cameras are joined"),
        ({"output_frame": "base", "base_frame": ""}, "needs a base_frame"),
        ({"output_frame": ""}, "expected a frame"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(values, reason) -> None:
    with pytest.raises(ValueError, match=reason):
        GroundingSettings(**values)


@pytest.mark.parametrize("node", SETTINGS)
def test_the_yaml_file_is_what_the_declarations_give(node: str) -> None:
    text = (share_directory() / "config" / f"{node}.yaml").read_text()
    assert text == commented_yaml(node, SETTINGS[node]), (
        "write it anew: python -m camaware_ros.ros.parameter_files"
    )


@pytest.mark.parametrize("node", SETTINGS)
def test_the_yaml_file_given_to_a_node_changes_nothing(make_node, node: str) -> None:
    text = (share_directory() / "config" / f"{node}.yaml").read_text()
    (section,) = yaml.safe_load(text).values()
    settings = SETTINGS[node]
    given, bare = make_node(**section["ros__parameters"]), make_node()
    for each in (given, bare):
        declare(each, settings)
    assert read(given, settings) == read(bare, settings) == settings()
