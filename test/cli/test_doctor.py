"""`camaware doctor`: its judgements as pure functions, and the whole of it as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from camaware_ros.cli import doctor_machine
from camaware_ros.cli.doctor_graph import Graph, Input, graph_findings
from camaware_ros.cli.doctor_machine import Package, model_finding, package_finding
from camaware_ros.cli.doctor_ros import transport_finding
from camaware_ros.cli.findings import Finding, exit_code, table

SOURCE = Path(__file__).resolve().parents[2] / "src"
OK = Finding(subject="a", level="ok", text="fine")
NOTE = Finding(subject="bb", level="note", text="absent", fix="get it")
BAD = Finding(subject="ccc", level="bad", text="broken", fix="mend it")

IMAGE = "sensor_msgs/msg/Image"


def listening(**changes: object) -> Input:
    values = {
        "node": "/grounding_node",
        "topic": "/image",
        "type_name": IMAGE,
        "publisher_types": (IMAGE,),
    }
    return Input(**{**values, **changes})


def judged(one: Input) -> Finding:
    graph = Graph(nodes=["/grounding_node"], inputs=[one], navigate_servers=0)
    (finding,) = graph_findings(graph)[1:]
    return finding


@pytest.mark.parametrize(
    ("findings", "code"), [([], 0), ([OK], 0), ([OK, NOTE], 0), ([OK, BAD, NOTE], 1)]
)
def test_only_something_bad_fails(findings: list[Finding], code: int) -> None:
    assert exit_code(findings) == code


def test_the_table_aligns_subjects_and_shows_fixes() -> None:
    lines = table([OK, BAD]).splitlines()
    assert lines[0].index("fine") == lines[1].index("broken") == lines[2].index("-> mend it")
    assert len(lines) == 3


def test_a_complaint_needs_a_fix() -> None:
    with pytest.raises(ValueError, match="fix: expected what to do about x"):
        Finding(subject="x", level="bad", text="broken")


@pytest.mark.parametrize(("required", "level"), [(True, "bad"), (False, "note")])
def test_a_missing_package(required: bool, level: str) -> None:
    package = Package(
        module="no_such_module",
        distribution="no-such",
        purpose="nothing",
        fix="pip install it",
        required=required,
    )
    finding = package_finding(package)
    assert (finding.level, finding.fix) == (level, "pip install it")


def test_a_package_that_cannot_be_imported_is_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installed, but a system library it needs is not there."""
    (tmp_path / "brokenlib.py").write_text("raise ImportError('libGL.so.1: cannot open')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(doctor_machine, "_IMPORTED", frozenset({"brokenlib"}))
    package = Package(module="brokenlib", distribution="b", purpose="p", fix="apt install it")
    finding = package_finding(package)
    assert finding.level == "bad"
    assert "libGL.so.1" in finding.text


def test_a_model_folder_without_a_model(tmp_path: Path) -> None:
    finding = model_finding(tmp_path, "auto")
    assert finding.level == "bad"
    assert "manifest.json" in finding.text


@pytest.mark.parametrize(("received", "level"), [(30, "ok"), (27, "ok"), (26, "note"), (0, "note")])
def test_lost_images(received: int, level: str) -> None:
    finding = transport_finding(30, received, Path("/share/fastdds.xml"))
    assert finding.level == level
    assert ("PROFILES_FILE=/share/fastdds.xml" in finding.fix) == (level == "note")


def test_no_node_is_a_note() -> None:
    (finding,) = graph_findings(Graph(nodes=[], inputs=[], navigate_servers=0))
    assert finding.level == "note"


def test_an_input_with_the_right_publisher_is_fine() -> None:
    assert judged(listening()).level == "ok"


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (listening(publisher_types=()), "nobody publishes"),
        (
            listening(publisher_types=("sensor_msgs/msg/CompressedImage",)),
            "published as sensor_msgs/msg/CompressedImage",
        ),
        (listening(unheard=("driver: best effort publisher",)), "driver: best effort"),
    ],
)
def test_what_an_input_lacks(one: Input, reason: str) -> None:
    finding = judged(one)
    assert finding.level == "bad"
    assert reason in finding.text
    assert "/image" in finding.subject


def test_nobody_needs_to_be_speaking() -> None:
    finding = judged(listening(topic="/robot/command", publisher_types=()))
    assert finding.level == "ok"


def test_two_nodes_of_one_name_are_bad() -> None:
    graph = Graph(nodes=["/grounding_node"] * 2, inputs=[], navigate_servers=0)
    (finding,) = graph_findings(graph)[1:]
    assert finding.level == "bad" and "/grounding_node" in finding.text


@pytest.mark.parametrize(("servers", "bad"), [(0, 1), (1, 0)])
def test_a_goal_node_needs_a_navigator(servers: int, bad: int) -> None:
    graph = Graph(nodes=["/goal_node"], inputs=[], navigate_servers=servers)
    assert sum(f.level == "bad" for f in graph_findings(graph)) == bad


def test_as_a_process_a_missing_model_is_exit_code_1(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "ROS_DOMAIN_ID": "99"}
    command = [sys.executable, "-m", "camaware_ros.cli.main", "doctor", "--wait", "0"]
    done = subprocess.run(
        [*command, "--model", str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 1, done.stderr
    subjects = [line.split()[1] for line in done.stdout.splitlines() if "->" not in line]
    assert {"python", "numpy", "onnxruntime", "model", "rclpy"} <= set(subjects)
    assert f" bad  model          model: expected manifest.json in {tmp_path}" in done.stdout
