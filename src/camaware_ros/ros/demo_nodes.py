"""The three processes of the demonstration: sim_node, grounding_node, goal_node.

On a machine with ROS 2's launch and this package installed they come from
``launch/demo.launch.py``; elsewhere they are started one by one with the same parameters.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from camaware_ros.resources import PACKAGE, share_directory
from camaware_ros.ros.processes import NodeProcess, node_command, running
from camaware_ros.ros.strangers import check_alone


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoNodes:
    """What the nodes are started with; see their own parameters.

    Attributes:
        camera, room, real_time_factor: of the simulator.
        backend, model_dir: of the grounding; an empty model_dir means the shipped model.
        give_up_s: of the goals: how long to look for the thing.
    """

    camera: str
    room: str = "demo"
    real_time_factor: float = 1.5
    backend: str = "auto"
    model_dir: str = ""
    give_up_s: float = 60.0


def launch_is_installed(environment: Mapping[str, str]) -> bool:
    """Whether ``ros2 launch camaware_ros`` works: launch is there, and the package is installed."""
    marker = Path("share", "ament_index", "resource_index", "packages", PACKAGE)
    prefixes = environment.get("AMENT_PREFIX_PATH", "").split(":")
    return (
        shutil.which("ros2", path=environment.get("PATH")) is not None
        and importlib.util.find_spec("launch_ros") is not None
        and any((Path(prefix) / marker).is_file() for prefix in prefixes if prefix)
    )


def commands(nodes: DemoNodes, environment: Mapping[str, str]) -> dict[str, list[str]]:
    """Command lines by process name."""
    extra = share_directory() / "config" / "demo.yaml"
    sim = {
        "camera": nodes.camera, "room": nodes.room, "real_time_factor": nodes.real_time_factor
    }  # fmt: skip
    if launch_is_installed(environment) and not nodes.model_dir:
        given = {**sim, "backend": nodes.backend, "params_file": extra}
        words = [f"{name}:={value}" for name, value in given.items()]
        return {"launch": ["ros2", "launch", PACKAGE, "demo.launch.py", *words]}

    def own(node: str) -> list[Path]:
        return [share_directory() / "config" / f"{node}.yaml", extra]

    return {
        "sim_node": node_command("sim_node", sim, own("sim_node")),
        "grounding_node": node_command(
            "grounding_node",
            {"use_sim_time": True, "backend": nodes.backend, "model_dir": nodes.model_dir},
            own("grounding_node"),
        ),
        "goal_node": node_command(
            "goal_node",
            {"use_sim_time": True, "send_goals": True, "give_up_s": nodes.give_up_s},
            own("goal_node"),
        ),
    }


def died(processes: Sequence[NodeProcess]) -> list[str]:
    """A line for every node that did not leave with 0, after all were ended."""
    found = []
    for process in processes:
        if process.exit_code:
            found.append(f"{process.name} left with exit code {process.exit_code}")
        # launch itself leaves with 0 whatever became of its nodes
        lines = process.log.read_text(encoding="utf-8", errors="replace").splitlines()
        found += [line.strip() for line in lines if "process has died" in line]
    return found


@contextmanager
def demo_nodes(
    nodes: DemoNodes, environment: Mapping[str, str], folder: Path
) -> Iterator[list[NodeProcess]]:
    """The processes, running; their output goes to files in ``folder``.

    Raises:
        RuntimeError: others are in the environment's ROS domain.
    """
    check_alone(int(environment["ROS_DOMAIN_ID"]))
    with running(commands(nodes, environment), environment, folder) as processes:
        yield processes
