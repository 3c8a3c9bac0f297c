"""One closed-loop order through the real nodes, and an evaluation that goes on where it was."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from camaware_ros.ros.closed_loop_run import run_closed_loop


@pytest.mark.slow
def test_an_order_is_driven_written_down_and_not_driven_twice(tmp_path: Path) -> None:
    notes, told = tmp_path / "notes.json", []
    first = run_closed_loop(1, cameras=["usb_webcam"], resume=notes, tell=told.append)
    (run,) = first["runs"]["usb_webcam"]
    assert len(told) == 1 and run["code"] in told[0]
    assert run["looks"] > 0 and run["thing"].endswith(run["command"].split()[-1])
    assert math.dist(run["end"][:2], run["start"][:2]) > 0.2 or run["state"] != "arrived"
    assert first["summary"]["all"]["commands"] == 1
    again = run_closed_loop(1, cameras=["usb_webcam"], resume=notes, tell=told.append)
    assert len(told) == 1 and json.dumps(again) == json.dumps(first)
    with pytest.raises(ValueError, match="expected an evaluation with"):
        run_closed_loop(1, cameras=["usb_webcam"], seed=5, resume=notes)
