"""The commented default YAML of every node, from its declarations.

Write them with ``python -m camaware_ros.ros.parameter_files``; a test compares.
"""

from __future__ import annotations

import dataclasses
import sys
import textwrap
from typing import Any

import yaml

from camaware_ros.resources import share_directory
from camaware_ros.ros.goal_settings import GoalSettings
from camaware_ros.ros.grounding_settings import GroundingSettings
from camaware_ros.ros.parameters import Change
from camaware_ros.ros.sim_settings import SimSettings

SETTINGS: dict[str, type[Any]] = {
    "grounding_node": GroundingSettings,
    "goal_node": GoalSettings,
    "sim_node": SimSettings,
}
_WIDTH = 100
_MARKS = {Change.START: "[start]", Change.CONFIGURE: "", Change.LIVE: "[live]"}
_HEAD = (
    "Every parameter of {node} with its default. [live]: can be set at any time and works at once. "
    "[start]: is read once, when the process starts. The others are read when the node is "
    "configured."
)


def commented_yaml(node: str, settings_type: type[Any]) -> str:
    """The text of a parameter file: each parameter with description, limits and when to set it."""
    lines = [*_wrapped(_HEAD.format(node=node), "# "), f"/**/{node}:", "  ros__parameters:"]
    for field in dataclasses.fields(settings_type):
        default = list(field.default) if isinstance(field.default, tuple) else field.default
        value = yaml.safe_dump(default, default_flow_style=True, width=_WIDTH).splitlines()[0]
        lines += [*_wrapped(_comment(field), "    # "), f"    {field.name}: {value}", ""]
    return "\n".join(lines[:-1]) + "\n"


def _comment(field: dataclasses.Field[Any]) -> str:
    words = [field.metadata["description"]]
    limits = field.metadata["limits"]
    if field.metadata["choices"]:
        words.append(f"One of: {', '.join(field.metadata['choices'])}.")
    if limits:
        words.append(f"From {limits[0]} to {limits[1]}.")
    return " ".join([*words, _MARKS[field.metadata["change"]]]).strip()


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)


def main() -> int:
    """Write the files of all nodes."""
    for node, settings_type in SETTINGS.items():
        file = share_directory() / "config" / f"{node}.yaml"
        file.write_text(commented_yaml(node, settings_type), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
