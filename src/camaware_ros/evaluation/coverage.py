"""Whether stated 90 % regions hold 90 % of the truths, camera band by camera band.

``python -m camaware_ros.evaluation.coverage docs/benchmarks/coverage.json [MODEL]`` asks about
held-out scenes and counts three regions: as the network states them, calibrated, and calibrated
with the growth for cameras outside the trained range, which is what the robot gets.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from camaware_ros.cli.evaluate import DEFAULT_BANDS
from camaware_ros.evaluation.hardware import hardware
from camaware_ros.evaluation.rendered import EVALUATION_SEED, rendered_cases
from camaware_ros.export.calibrate import TEMPERATURES, Errors, answers, collect
from camaware_ros.grounder import Grounder
from camaware_ros.runtime.inputs import InputBuilder
from camaware_ros.training.cameras import BANDS

SCENES = 400


def coverage_table(grounder: Grounder, scenes: int) -> dict[str, dict[str, Any]]:
    """One record per band, mounting known and unknown."""
    manifest = grounder.manifest
    inputs = InputBuilder(manifest.image_size, manifest.prompt_length, grounder.tokenizer)
    table = {}
    for band in DEFAULT_BANDS:
        for known in (1.0, 0.0):
            cases = rendered_cases(BANDS[band], scenes, EVALUATION_SEED, manifest.image_size)
            said = answers(grounder.backend, inputs, cases, known)
            errors, _, _ = collect(said, manifest.trained)
            name = band if known else f"{band}, mounting unknown"
            table[name] = band_record(errors, grounder)
    return table


def band_record(errors: Errors, grounder: Grounder) -> dict[str, Any]:
    """Coverage in percent; the median spread along and across the line of sight, relative."""
    manifest = grounder.manifest
    scale, growth = np.array(manifest.sigma_scale), manifest.growth
    index = TEMPERATURES.index(manifest.pointer_temperature)
    alone = errors.without_alternatives()
    spread = np.exp(errors.log_sigma) * scale * (1 + growth * errors.score)[:, None]
    return {
        "phrases": len(errors.error),
        "camera_score": round(float(np.median(errors.score)), 2),
        "as_stated": round(100 * alone.coverage(np.ones(3), index), 1),
        "calibrated": round(100 * errors.coverage(scale, index), 1),
        "with_growth": round(100 * errors.coverage(scale, index, growth), 1),
        "range_percent": round(100 * float(np.median(spread[:, 2])), 1),
        "bearing_percent": round(100 * float(np.median(spread[:, :2])), 1),
    }


def main(argv: Sequence[str]) -> int:
    """Where to write, and the model's folder (default: the shipped one)."""
    out = Path(argv[0])
    grounder = Grounder.load(Path(argv[1]) if len(argv) > 1 else None)
    record = {
        "command": "python -m camaware_ros.evaluation.coverage docs/benchmarks/coverage.json",
        "model": grounder.manifest.name, "backend": grounder.backend.name,
        "seed": EVALUATION_SEED, "scenes": SCENES,
        "hardware": hardware(),
        "growth": grounder.manifest.growth,
        "pointer_temperature": grounder.manifest.pointer_temperature,
        "bands": coverage_table(grounder, SCENES),
    }  # fmt: skip
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
