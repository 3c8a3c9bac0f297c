"""`camaware doctor`: look at the machine, the model and ROS; say what to do about what is wrong."""

from __future__ import annotations

import argparse
from pathlib import Path

from camaware_ros.cli.doctor_machine import machine_findings
from camaware_ros.cli.doctor_ros import ros_findings
from camaware_ros.cli.findings import exit_code, table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--model", type=Path, help="model folder; default: the package's own")
    parser.add_argument("--backend", default="auto", help="backend to load it with (%(default)s)")
    parser.add_argument(
        "--wait", type=float, default=3.0, help="seconds to look at the ROS graph (%(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print one line per finding.

    Returns:
        1 when something is wrong that will make a command or a node fail, else 0.

    Raises:
        ValueError: negative waiting time.
    """
    if not arguments.wait >= 0:
        raise ValueError(f"--wait: expected seconds >= 0, got {arguments.wait}")
    findings = [*machine_findings(arguments.model, arguments.backend)]
    findings += ros_findings(arguments.wait)
    print(table(findings))
    return exit_code(findings)
