"""What each idea is worth across cameras: every row of a table trained alike and asked alike.

``python -m camaware_ros.evaluation.ablation config/ablation/table.yaml`` trains what is missing,
evaluates it on every column, and writes the table's JSON. A row whose result is there already is
skipped, so that an interrupted run goes on where it was.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from camaware_ros.evaluation.ablation_data import COLUMNS, pictures
from camaware_ros.evaluation.ablation_table import Row, Table, slug
from camaware_ros.evaluation.hardware import hardware
from camaware_ros.evaluation.photos import evaluate_photos
from camaware_ros.export.calibrate import measure
from camaware_ros.export.folder import write_uncompiled
from camaware_ros.grounder import Grounder
from camaware_ros.model.checkpoint import load_checkpoint
from camaware_ros.training.run_config import TrainConfig
from camaware_ros.training.trainer import train

CALIBRATION_IMAGES = 150


def run(path: Path) -> dict[str, Any]:
    """Complete a table; returns the record that is written."""
    torch.set_num_threads(1)
    table = Table.from_yaml(path)
    teacher = TrainConfig.from_yaml(path.parent / table.teacher_run)
    results = Path(table.output) / "results"
    results.mkdir(parents=True, exist_ok=True)
    for seed in sorted({seed for row in table.rows for seed in row.seeds}):
        for row in table.rows:
            result = results / f"{slug(row.name)}-{seed}.json"
            if seed in row.seeds and not result.is_file():
                print(f"{row.name}, seed {seed}", flush=True)
                result.write_text(json.dumps(_measured(table, row, seed, teacher)) + "\n")
    record = {
        "command": f"python -m camaware_ros.evaluation.ablation {path}",
        "hardware": f"{hardware()}, one thread",
        "scenes": table.scenes, "kinds": list(table.kinds),
        "train": table.train, "model": table.model,
        "columns": [column.name for column in COLUMNS],
        "rows": [_summary(row, results) for row in table.rows],
    }  # fmt: skip
    Path(table.result).parent.mkdir(parents=True, exist_ok=True)
    Path(table.result).write_text(json.dumps(record, indent=1) + "\n")
    return record


def _measured(table: Table, row: Row, seed: int, teacher: TrainConfig) -> dict[str, Any]:
    """One row of one seed: trained where need be, and evaluated on every column."""
    owner = row if row.weights_of is None else table.row(row.weights_of)
    begin = time.process_time()
    folder = _trained(table, owner, seed, teacher)
    trained = time.process_time() - begin
    columns = {}
    for column, photos in pictures(Path(table.output) / "data", table.scenes, table.kinds):
        grounder = Grounder.load(folder, "torch", zoom=column.zoom)
        found = evaluate_photos(grounder, photos, mounting=row.mounting, intrinsics=row.intrinsics)
        columns[column.name] = {
            **{k: found["detection"][k] for k in ("f1", "f1_any", "ap25")},
            "spatial": found["spatial"],
            **{k: found["phrases"][k] for k in (
                "success", "referent", "iou25", "depth_error", "depth_bias", "coverage90",
            )},
        }  # fmt: skip
    seconds = {
        "training": round(trained),
        "evaluation": round(time.process_time() - begin - trained),
    }
    return {"seconds": seconds, "columns": columns}


def _trained(table: Table, row: Row, seed: int, teacher: TrainConfig) -> Path:
    """The model folder of a row, trained and calibrated where it is not there yet."""
    lessons = Path(teacher.output) / "model"
    config = table.training(row, seed, str(lessons))
    taught = config.distill or config.model.get("prior") == "inject"
    if taught and not lessons.is_dir():
        train(teacher)
    folder = Path(config.output) / "model"
    if not (folder / "manifest.json").is_file():
        train(config)
        network, tokenizer = load_checkpoint(folder)
        found = measure(network, tokenizer, CALIBRATION_IMAGES, config.band, table.kinds)
        write_uncompiled(folder, config.name, network.config, tokenizer, found)
    return folder


def _summary(row: Row, results: Path) -> dict[str, Any]:
    """Means over seeds, and half the range between them where there are several."""
    seeds = [
        json.loads((results / f"{slug(row.name)}-{seed}.json").read_text()) for seed in row.seeds
    ]
    columns: dict[str, dict[str, Any]] = {}
    for name, metrics in seeds[0]["columns"].items():
        values = {k: [one["columns"][name][k] for one in seeds] for k in metrics}
        columns[name] = {k: round(float(np.mean(v)), 2) for k, v in values.items()}
        if len(seeds) > 1:
            columns[name]["half_range"] = {
                k: round(float(np.ptp(v)) / 2, 2) for k, v in values.items()
            }
    seconds = {k: [one["seconds"][k] for one in seeds] for k in seeds[0]["seconds"]}
    return {"name": row.name, "seeds": list(row.seeds), "cpu_seconds": seconds, "columns": columns}


def main(argv: Sequence[str]) -> int:
    """The YAML of a table."""
    run(Path(argv[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
