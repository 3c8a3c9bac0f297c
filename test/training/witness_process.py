"""Runs trainings one after another and writes down what this process saw and what it ended with.

``torchrun ... witness_process.py FOLDER RUN.yaml...`` writes FOLDER/seen-RANK.json.
"""

from __future__ import annotations

import hashlib
import json
import os
import runpy
import sys
from pathlib import Path

from camaware_ros.training import logging_trainer

RUNS: list[dict[str, object]] = []


class Witness(logging_trainer.GroundingTrainer):
    """The trainer itself, looked over its shoulder."""

    def train(self, *args, **kwargs):
        self.pictures: list[str] = []
        result = super().train(*args, **kwargs)
        weights = hashlib.sha256()
        for value in self.model.parameters():  # running means are each process's own
            weights.update(value.detach().numpy().tobytes())
        RUNS.append({"pictures": self.pictures, "weights": weights.hexdigest()})
        return result

    def training_step(self, model, inputs, *args, **kwargs):
        pixels = inputs["pixels"].numpy()
        self.pictures += [hashlib.sha256(image.tobytes()).hexdigest() for image in pixels]
        return super().training_step(model, inputs, *args, **kwargs)


logging_trainer.GroundingTrainer = Witness
folder, *runs = sys.argv[1:]
for run in runs:
    sys.argv = ["trainer", run]
    runpy.run_module("camaware_ros.training.trainer", run_name="__main__")
(Path(folder) / f"seen-{os.environ['RANK']}.json").write_text(json.dumps(RUNS))
