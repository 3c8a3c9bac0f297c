"""ROS parameters from a frozen dataclass: declared, described, checked and read in one place."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from enum import Enum
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


class Change(Enum):
    """When a parameter may be changed, and the sentence that says so."""

    START = "Given at start, fixed from then on."
    CONFIGURE = "Read when the node is configured; refused while it is configured."
    LIVE = "Can be set at any time and works at once."


def parameter(
    default: Any,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Sequence[str] = (),
    change: Change = Change.CONFIGURE,
) -> Any:
    """A dataclass field that is a ROS parameter.

    Args:
        default: value where nothing is given; its type is the parameter's type.
        description: what it does, with its unit.
        minimum: smallest value allowed, for numbers.
        maximum: largest value allowed, for numbers; needs a minimum.
        choices: the only values allowed, for strings.
        change: when it may be changed.
    """
    limits = (minimum, maximum) if minimum is not None and maximum is not None else None
    metadata = {
        "description": description,
        "limits": limits,
        "choices": tuple(choices),
        "change": change,
    }
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
    return _settings(node, settings_type, {})


def watch(
    node: Node,
    settings_type: type[Settings],
    is_configured: Callable[[], bool],
    apply: Callable[[Settings, frozenset[str]], None],
) -> None:
    """From now on refuse changes that cannot be made, with the reason, and hand on those that can.

    Args:
        node: that declared the settings.
        settings_type: which.
        is_configured: whether parameters that are read on configuring have been read.
        apply: takes the settings as they would be and the names that were set, while the node is
            configured; a ValueError, OSError or RuntimeError refuses the change.
    """
    fields = {field.name: field for field in dataclasses.fields(settings_type)}  # type: ignore[arg-type]

    def check(changes: list[Parameter]) -> SetParametersResult:
        wanted = {change.name: change.value for change in changes if change.name in fields}
        try:
            settings = _settings(node, settings_type, wanted)
            if wanted and is_configured():
                _check_live([fields[name] for name in wanted])
                apply(settings, frozenset(wanted))
        except (ValueError, OSError, RuntimeError) as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(check)


def _settings(node: Node, settings_type: type[Settings], wanted: dict[str, Any]) -> Settings:
    fields = dataclasses.fields(settings_type)  # type: ignore[arg-type]
    values = {field.name: node.get_parameter(field.name).value for field in fields} | wanted
    for field in fields:
        _check_choice(field, values[field.name])
        if isinstance(field.default, tuple):
            values[field.name] = tuple(values[field.name])
    return settings_type(**values)


def _check_live(changed: Sequence[dataclasses.Field[Any]]) -> None:
    fixed = sorted(f.name for f in changed if f.metadata["change"] is not Change.LIVE)
    if fixed:
        raise ValueError(
            f"{', '.join(fixed)}: read when the node is configured; clean it up (deactivate, "
            "cleanup), set it, and configure again"
        )


def _check_choice(field: dataclasses.Field[Any], value: object) -> None:
    choices = field.metadata["choices"]
    if choices and value not in choices:
        raise ValueError(f"{field.name}: expected one of {', '.join(choices)}, got {value!r}")


def _descriptor(field: dataclasses.Field[Any]) -> ParameterDescriptor:
    description, limits = field.metadata["description"], field.metadata["limits"]
    choices = field.metadata["choices"]
    descriptor = ParameterDescriptor(
        description=description,
        additional_constraints=(f"One of: {', '.join(choices)}. " if choices else "")
        + field.metadata["change"].value,
        read_only=field.metadata["change"] is Change.START,
    )
    if limits and isinstance(field.default, float):
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=float(limits[0]), to_value=float(limits[1]))
        ]
    elif limits:
        descriptor.integer_range = [IntegerRange(from_value=limits[0], to_value=limits[1], step=1)]
    return descriptor
