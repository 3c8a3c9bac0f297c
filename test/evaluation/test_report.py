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
    assert main([str(folder)]) == 0
    text = (tmp_path / "benchmarks.md").read_text()
    for expected in ("81.2", "-1.2", "44.0", "89.5", "77.7", "seed 7", "66.7", "OK 6", "± 0.3"):
        assert expected in text, expected
    assert "MuJoCo" not in text and "Latency" not in text
