"""The page says what the files say."""

from __future__ import annotations

import json
from pathlib import Path

from camaware_ros.evaluation.ablation_plot import main as draw_main
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
        "started_in_vain": ["tf: ended with code 1; gone"],
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
        "not heard: 1.",
        "4321",
    ):
        assert expected in text, expected
    assert "MuJoCo" not in text and "Latency" not in text


def test_the_model_sections_say_what_their_files_say(tmp_path: Path) -> None:
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    source = {"command": "the command", "seed": 7, "hardware": "2 cores", "backend": "onnx"}
    cell = {"f1": 3.0, "f1_any": 31.25, "success": 12.5, "spatial": 61.0, "referent": 71.0}
    cell |= {"depth_error": 15.6, "depth_bias": -3.2}
    row = {
        "name": "all", "seeds": [1, 2], "cpu_seconds": {"training": [100, 120]},
        "columns": {"same": cell, "wide": cell | {"half_range": {"f1_any": 0.7, "success": 0.3}}},
    }  # fmt: skip
    table = {"columns": ["same", "wide"], "scenes": 3, "train": {"images": 99}, "rows": [row]}
    (folder / "ablation.json").write_text(json.dumps(source | table))
    band = {
        "camera_score": 1.5, "as_stated": 55.5, "calibrated": 88.8, "with_growth": 90.1,
        "range_percent": 7.5, "bearing_percent": 0.9,
    }  # fmt: skip
    cover = {"scenes": 4, "pointer_temperature": 1.4, "growth": 0.25, "bands": {"narrow": band}}
    (folder / "coverage.json").write_text(json.dumps(source | cover))
    data = {
        "model": "m", "images": 5,
        "detection": {"f1": 45.6, "f1_any": 56.7, "ap25": 34.5, "ap3d": 40.4},
        "phrases": SUMMARY, "depth": {"abs_rel": 0.0812, "delta1": 93.1},
    }  # fmt: skip
    (folder / "omni3d_wide.json").write_text(json.dumps(source | data))
    said = {"answers": 8, "same_words": 0.625, "pointed": 0.75, "range_error_median": None}
    said |= {"same_things": 0.8125, "numbers_agree": 0.985}
    talk = {"bands": {"narrow": said | {"by_topic": {"far": said | {"answers": 3}}}}}
    (folder / "dialogues.json").write_text(json.dumps(source | talk))
    floor = {"median_error": 1.4, "median_error_to_a_pixel": 9.4, "within_10_to_a_pixel": 53.0}
    floor |= {"ceiling_seen": 36.5}
    (folder / "scale_floor.json").write_text(json.dumps(source | {"bands": {"wide": floor}}))
    unheld = source | {"bands": {"wide": SUMMARY}}
    (folder / "rendered_no_mounting.json").write_text(json.dumps(unheld))
    text = page(folder)
    for expected in (
        "| wide | 6.5 | 1.4 | 9.4 | 53.0 | 36.5 |",
        "| narrow | all | 8 | 62.5 | 75.0 | 81.2 |  | 98.5 |", "| narrow | far | 3 |",
        "31.2 ± 0.7 / 12.5 ± 0.3", "| all | 61.0 | 71.0 | 2 | 110 |", "| all | 16 (-3) |",
        "99 training pictures",
        "| narrow | 1.5 | 55.5 | 88.8 | 90.1 | 7.5 | 0.9 |", "growth 0.25",
        "| 5 | 45.6 | 56.7 | 34.5 | 40.4 | 81.2 | 44.0 | 89.5 | 0.0812 | 93.1 |",
    ):  # fmt: skip
        assert expected in text, expected
    picture = tmp_path / "new" / "ablation.png"
    assert draw_main([str(folder / "ablation.json"), str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_speed_of_a_stream_and_the_growth_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    source = {"command": "camaware benchmark", "seed": 0, "hardware": "2 cores"}
    source |= {"load_average": [0.5, 0.4, 0.3]}
    curve = {"x": [1, 2], "wall_ms": [3.25, 6.5], "cpu_ms": [3.0, 6.0], "exponent": 0.97}
    stream = {"age_p95_ms": 17.25, "order_inversions": 0, "looks": [{"rss_mb": 123.4}]}
    (folder / "growth.json").write_text(json.dumps(source | {"growth": {"cameras": curve}}))
    (folder / "stream.json").write_text(json.dumps(source | {"stream": stream}))
    text = page(folder)
    for expected in ("| cameras | 1, 2 | 3.25, 6.5 | 0.97 |", "| age p95 ms | 17.25 |", "0.5, 0.4"):
        assert expected in text
    assert "123.4" not in text
