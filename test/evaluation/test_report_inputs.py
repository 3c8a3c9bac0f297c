"""The page's parts about cameras and messages say what their files say."""

from __future__ import annotations

import json
from pathlib import Path

from camaware_ros.evaluation.report_inputs import cameras_section, messages_section


def row(bearing_deg: float, agrees: bool) -> dict[str, object]:
    return {
        "answers": 31, "found": 30, "other_camera": 0, "bearing_deg": bearing_deg,
        "bearing_limit_deg": 1.23, "range_bias": -0.045, "agrees": agrees,
    }  # fmt: skip


def written(folder: Path, name: str, record: dict[str, object]) -> None:
    head = {"command": "some command", "seed": 5, "hardware": "some machine"}
    (folder / name).write_text(json.dumps({**head, **record}))


def test_cameras(tmp_path: Path) -> None:
    assert cameras_section(tmp_path) == ""
    counts = {"pictures": 62, "rate_hz": 10.0, "unanswered": 3, "switches": 1}
    written(
        tmp_path, "calibrations.json",
        {
            **counts, "dropped_at_a_switch_most": 7, "cameras": {"One": row(0.5, True)},
            "control": {"cameras": {"One": row(17.5, False)}},
        },
    )  # fmt: skip
    section = cameras_section(tmp_path)
    assert "62 pictures, 3 without an answer" in section and "at most 7 pictures" in section
    assert "| One | 31 | 0.5 (1.23) | -0.045 | yes | 17.5 | -0.045 | no |" in section
    assert "`some command`, seed 5, some machine" in section


def test_messages(tmp_path: Path) -> None:
    assert messages_section(tmp_path) == ""
    found = {"outcomes": {"refused": 11, "accepted": 12, "answered": 13}, "failures": 2}
    written(tmp_path, "fuzz.json", {"messages": 99, "raw": found, "rectified": found})
    section = messages_section(tmp_path)
    assert "99 generated messages" in section
    assert "| raw | 11 | 12 | 13 | 2 |" in section and "| rectified | 11 | 12 | 13 | 2 |" in section
