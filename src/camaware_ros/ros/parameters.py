"""ROS parameters from a frozen dataclass: declared, described, checked and read in one place."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter


class _Record(Protocol):
    __dataclass_fields__: dict[str, Any]


Settings = TypeVar("Settings", bound=_Record)


def parameter(
    default: Any,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Sequence[str] = (),
) -> Any:
    """A dataclass field that is a ROS parameter.

    Args:
        default: value where nothing is given; its type is the parameter's type.
        description: what it does, with its unit.
        minimum: smallest value allowed, for numbers.
        maximum: largest value allowed, for numbers; needs a minimum.
        choices: the only values allowed, for strings.
    """
    limits = (minimum, maximum) if minimum is not None and maximum is not None else None
    metadata = {"description": description, "limits": limits, "choices": tuple(choices)}
    return dataclasses.field(default=default, metadata=metadata)


def declare(node: Node, settings_type: type[Settings]) -> None:
    """Declare every field as a parameter of the node, with description and range.

    Raises:
        rclpy.exceptions.ParameterException: on an override of another type or out of range.
    """
    for field in dataclasses.fields(settings_type):  # type: ignore[arg-type]
        node.declare_parameter(field.name, field.default, _descriptor(field))


def read(node: Node, settings_type: type[Settings]) -> Settings:
    """The values the node has now.

    Raises:
        ValueError: on a string that is none of the field's choices.
    """
    fields = dataclasses.fields(settings_type)  # type: ignore[arg-type]
    values = {field.name: node.get_parameter(field.name).value for field in fields}
    for field in fields:
        _check_choice(field, values[field.name])
    return settings_type(**values)


def choice_checker(settings_type: type[Settings]) -> Any:
    """A callback for ``add_on_set_parameters_callback`` that refuses what ``read`` would."""
    fields = {field.name: field for field in dataclasses.fields(settings_type)}  # type: ignore[arg-type]

    def check(changes: list[Parameter]) -> SetParametersResult:
        for change in changes:
            if change.name in fields:
                try:
                    _check_choice(fields[change.name], change.value)
                except ValueError as error:
                    return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    return check


def _check_choice(field: dataclasses.Field[Any], value: object) -> None:
    choices = field.metadata["choices"]
    if choices and value not in choices:
        raise ValueError(f"{field.name}: expected one of {', '.join(choices)}, got {value!r}")


def _descriptor(field: dataclasses.Field[Any]) -> ParameterDescriptor:
    description, limits = field.metadata["description"], field.metadata["limits"]
    choices = field.metadata["choices"]
    descriptor = ParameterDescriptor(
        description=description,
        additional_constraints=f"one of: {', '.join(choices)}" if choices else "",
    )
    if limits and isinstance(field.default, float):
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=float(limits[0]), to_value=float(limits[1]))
        ]
    elif limits:
        descriptor.integer_range = [IntegerRange(from_value=limits[0], to_value=limits[1], step=1)]
    return descriptor
