"""Every kind of fault once, with the real nodes and the shipped model."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest
from nav_msgs.msg import OccupancyGrid

from camaware_ros.ros.fault_kinds import FAULTS, FaultRig
from camaware_ros.ros.fault_robot import PICTURE_FILE
from camaware_ros.ros.fault_run import Pace, run_faults
from camaware_ros.ros.fault_watch import FaultWatch


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_nodes_outlive_every_fault_name_it_and_are_never_wrong(monkeypatch) -> None:
    monkeypatch.delenv("ROS_DOMAIN_ID", raising=False)
    told: list[str] = []

    def tell(line: str) -> None:
        print(line)  # pytest shows it where the run ends with an error
        told.append(line)

    pace = Pace(lasting_s=(3.5, 4.0), pause_s=(0.2, 0.5))
    record = run_faults(0.1, seed=3, pace=pace, tell=tell)
    assert record["deaths"] == []
    assert {fault["kind"] for fault in record["faults"]} == set(FAULTS)
    assert [f["kind"] for f in record["faults"] if not f["named"]] == [], told
    assert [f["kind"] for f in record["faults"] if f["recovery_s"] is None] == [], told
    assert record["answers"] > 20 and record["wrong_answers"] == 0


@pytest.mark.timeout(200)
def test_a_part_that_ends_is_started_again_and_its_last_words_are_told(
    tmp_path: Path, ros_env: dict[str, str]
) -> None:
    """The camera has no picture to send, until it was started in vain once."""
    picture, spare = tmp_path / PICTURE_FILE, [np.zeros((480, 640, 3), np.uint8)]
    log = tmp_path / "camera_0.log"

    def check() -> None:
        if spare and log.exists() and "FileNotFoundError" in log.read_text():
            np.save(picture, spare.pop())

    with FaultWatch(OccupancyGrid(), check) as watch:
        rig = FaultRig(tmp_path, ros_env, watch)
        try:
            rig.start("camera")
            assert len(rig.silent) == 1
            assert "code 1; " in rig.silent[0] and "FileNotFoundError" in rig.silent[0]
            rig.send("camera", signal.SIGKILL)
            picture.unlink()
            with pytest.raises(RuntimeError, match=r"camera does not start.*FileNotFoundError"):
                rig.start("camera")
        finally:
            rig.close()
