"""The ablation on a tiny table: real trainings, all columns, resumed where it stopped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from camaware_ros.evaluation import ablation
from camaware_ros.evaluation.ablation_data import COLUMNS, pictures
from camaware_ros.evaluation.ablation_table import Table, slug

ROOT = Path(__file__).resolve().parents[2]


def tiny(folder: Path) -> Path:
    """Two rows that share a network, sixteen images."""
    record = {
        "output": str(folder / "runs"), "result": str(folder / "ablation.json"), "scenes": 4,
        "teacher_run": str(ROOT / "config" / "ablation" / "teacher.yaml"),
        "model": {
            "width": 32, "stem": [8, 16, 32], "vision_layers": 1, "language_layers": 1, "heads": 2,
            "vision_hidden": 32, "language_hidden": 32, "use_rays": False, "use_mounting": False,
            "canonical_range": False,
        },
        "samples": {"queries": 2, "augment": "none"},
        "train": {"band": "ablation", "images": 16, "batch": 8},
        "rows": [
            {"name": "No K", "intrinsics": False},
            {"name": "With K", "weights_of": "No K"},
        ],
    }  # fmt: skip
    path = folder / "table.yaml"
    path.write_text(yaml.safe_dump(record))
    return path


@pytest.mark.timeout(400)
def test_every_row_has_every_column_and_a_second_run_only_fills_gaps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ablation, "CALIBRATION_IMAGES", 8)
    path = tiny(tmp_path)
    record = ablation.run(path)
    assert record == json.loads((tmp_path / "ablation.json").read_text())
    without, with_k = record["rows"]
    for row in (without, with_k):
        assert list(row["columns"]) == [column.name for column in COLUMNS] == record["columns"]
        for metrics in row["columns"].values():
            assert 0 <= metrics["f1"] <= 100 and 0 <= metrics["success"] <= 100
    assert without["columns"] != with_k["columns"]  # one network, asked in two ways
    assert len(list((tmp_path / "runs" / "runs").iterdir())) == 1

    kept, gap = (tmp_path / "runs" / "results" / f"{slug(n)}-1.json" for n in ("No K", "With K"))
    kept.write_text(kept.read_text().replace('"seconds"', '"kept": 1, "seconds"'))
    gap.unlink()
    again = ablation.run(path)
    assert '"kept"' in kept.read_text()
    assert again["rows"][1]["columns"] == with_k["columns"]


def test_the_table_of_the_repository_names_what_there_is() -> None:
    table = Table.from_yaml(ROOT / "config" / "ablation" / "table.yaml")
    assert len({slug(row.name) for row in table.rows}) == len(table.rows) >= 12
    assert {seed for row in table.rows for seed in row.seeds} == {1, 2}
    budgets = {table.training(r, 1, None).images for r in table.rows if "50 % text" not in r.name}
    assert len(budgets) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "colour"),
        ({"rows": [{"name": "a"}, {"name": "a"}]}, "unique names"),
        ({"rows": [{"name": "a", "weights_of": "b"}]}, r"got \['b'\]"),
        ({"rows": [{"nome": "a"}]}, "nome"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = tiny(tmp_path)
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | change))
    with pytest.raises(ValueError, match=message):
        Table.from_yaml(path)


def test_pictures_of_other_kinds_are_other_pictures(tmp_path: Path) -> None:
    for kinds in (("chair", "box"), ("ball",), ("chair", "box")):
        ((_, photos),) = pictures(tmp_path, 3, kinds, COLUMNS[:1])
        seen = {thing.kind for photo in photos for thing in photo.things}
        assert seen and seen <= set(kinds)
    assert len(list(tmp_path.iterdir())) == 2
