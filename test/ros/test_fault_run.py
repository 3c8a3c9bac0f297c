"""Every kind of fault once, with the real nodes and the shipped model."""

from __future__ import annotations

import pytest

from camaware_ros.ros.fault_kinds import FAULTS
from camaware_ros.ros.fault_run import Pace, run_faults


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_nodes_outlive_every_fault_name_it_and_are_never_wrong(monkeypatch) -> None:
    monkeypatch.delenv("ROS_DOMAIN_ID", raising=False)
    told: list[str] = []
    pace = Pace(lasting_s=(3.5, 4.0), pause_s=(0.2, 0.5))
    record = run_faults(0.1, seed=3, pace=pace, tell=told.append)
    assert record["deaths"] == []
    assert {fault["kind"] for fault in record["faults"]} == set(FAULTS)
    assert [f["kind"] for f in record["faults"] if not f["named"]] == [], told
    assert [f["kind"] for f in record["faults"] if f["recovery_s"] is None] == [], told
    assert record["answers"] > 20 and record["wrong_answers"] == 0
