"""The page says what the files say."""

from __future__ import annotations

import json
from pathlib import Path

from camaware_ros.evaluation.report import main, page

SUMMARY = {
    "referent": 81.25, "depth_error": 6.5, "depth_bias": -1.25, "centre_error_m": 0.3,
    "success": 44.0, "iou25": 51.0, "coverage90": 89.5, "presence": 91.0,
    "referent_by_type": {"kind": 77.7},
}  # fmt: skip


def test_every_number_of_a_file_is_in_the_page_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    assert "##" not in page(folder).replace("# Benchmarks", "")
    source = {"command": "camaware evaluate", "seed": 7, "hardware": "2 cores", "backend": "onnx"}
    record = source | {"bands": {"trained range": SUMMARY}}
    (folder / "rendered.json").write_text(json.dumps(record))
    loop = {
        "stand_off_m": 0.8,
        "summary": {
            "all": {
                "commands": 9, "success_percent": 66.7, "arrived_percent": 77.8,
                "median_distance_error_m": 0.05, "median_facing_deg": 3.0, "reasons": {"OK": 6},
            }
        },
    }  # fmt: skip
    (folder / "closed_loop.json").write_text(json.dumps(source | {"closed_loop": loop}))
    faults = {
        "seconds": 1812.0, "deaths": [], "answers": 4321, "wrong_answers": 2, "load": [11, 19],
        "memory_mib": {"begin": {"grounding_node": 261.0}, "end": {"grounding_node": 283.0}},
        "summary": {
            "clock jumps back": {
                "count": 13, "named": 12, "recovered": 11, "within_2_s": 10, "median_s": 0.91,
                "worst_s": 1.77,
            }
        },
    }  # fmt: skip
    (folder / "faults.json").write_text(json.dumps(source | faults))
    assert main([str(folder)]) == 0
    text = (tmp_path / "benchmarks.md").read_text()
    for expected in (
        "81.2",
        "-1.2",
        "44.0",
        "89.5",
        "77.7",
        "seed 7",
        "66.7",
        "OK 6",
        "± 0.3",
        "| clock jumps back | 13 | 12 | 11 | 10 | 0.91 | 1.77 |",
        "283 MiB",
        "4321",
    ):
        assert expected in text, expected
    assert "MuJoCo" not in text and "Latency" not in text
