"""`camaware demo` with real processes and the real model: what it leaves, and what it must not.

One camera and one order here; `make demo` is the whole of it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")

from camaware_ros.cli.main import main  # noqa: E402
from camaware_ros.ros.demo_leg import meant_thing  # noqa: E402

SOURCE = Path(__file__).resolve().parents[2] / "src"
COMMAND = [sys.executable, "-m", "camaware_ros.cli.main", "demo"]


def environment(mark: str) -> dict[str, str]:
    """Processes that come from here carry a mark by which they are found."""
    return {**os.environ, "PYTHONPATH": str(SOURCE), "CAMAWARE_TEST_MARK": mark}


def marked(mark: str) -> list[int]:
    """Ids of running processes with the mark, whoever their parent is now."""
    wanted = f"CAMAWARE_TEST_MARK={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def test_an_order_with_a_fisheye_leaves_pictures_numbers_and_no_process(tmp_path: Path) -> None:
    mark, output = f"whole {tmp_path}", tmp_path / "out"
    words = ["--cameras", "gopro_hero9_wide", "--commands", "go to the blue table"]
    done = subprocess.run(
        [*COMMAND, "--output", str(output), *words],
        env=environment(mark), cwd=tmp_path, capture_output=True, text=True, timeout=110,
    )  # fmt: skip
    assert marked(mark) == []
    result = json.loads((output / "results.json").read_text())
    (leg,) = result["legs"]
    # Whether the robot gets there is the model's merit; that it is told truly is tested here.
    assert (done.returncode == 0) == leg["reached"] == (leg["reason"] == ""), done.stdout
    assert done.stderr == ""
    assert set(result["exit_codes"].values()) == {0}
    assert leg["lens"] == "fisheye" and 120 < leg["hfov_deg"] < 135
    assert leg["localized"] and leg["latency_ms"] > 0
    assert leg["error_m"] == pytest.approx(leg["error_percent"] / 100 * leg["distance_m"], rel=0.3)
    for word in ("ready", "camera", "hears", "sees", "goal"):
        assert f" s  {word}" in done.stdout, done.stdout
    picture = cv2.imread(str(output / "overlay_gopro_hero9_wide.png"))
    assert picture.shape == (380, 676, 3)
    assert min(cv2.imread(str(output / "topdown.png")).shape[:2]) > 500


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_stops_it_stops_its_nodes(tmp_path: Path, number: signal.Signals) -> None:
    mark = f"{number.name} {tmp_path}"
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen(
            [*COMMAND, "--output", str(tmp_path / "out")], env=environment(mark), stdout=log,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while "says" not in (tmp_path / "log").read_text() and len(marked(mark)) < 4:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.1)
        process.send_signal(number)
        assert process.wait(40) == 130
    assert marked(mark) == []
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_what_it_cannot_do_is_refused_before_anything_starts(tmp_path: Path, capsys) -> None:
    output = ["--output", str(tmp_path / "out")]
    assert main(["demo", *output, "--cameras", "hubble"]) == 2
    assert "--cameras: expected some of" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_command_must_mean_one_thing_of_the_room() -> None:
    labels = ["red chair", "blue chair", "green sofa"]
    assert meant_thing("Drive to the couch, please", labels) == "green sofa"
    assert meant_thing("go to the blue chair", labels) == "blue chair"
    for command in ("go to the chair", "go to the lamp", "find the green sofa", "stop"):
        with pytest.raises(ValueError, match="expected 'go to the' and one of red chair"):
            meant_thing(command, labels)
