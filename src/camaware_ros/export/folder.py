"""What a model folder needs besides weights: calibration and a manifest. Compiles nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camaware_ros.export.calibrate import Calibration
from camaware_ros.grounder import FAMILIARITY_FILE
from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.model.config import ModelConfig
from camaware_ros.runtime.contract import CONTRACT_VERSION
from camaware_ros.runtime.manifest import MANIFEST_FILE, WEIGHTS_FILE, Manifest, sha256


def write_uncompiled(
    folder: Path, name: str, config: ModelConfig, tokenizer: WordTokenizer, found: Calibration
) -> Manifest:
    """Make a folder with a checkpoint one that ``Grounder.load`` opens with the torch backend."""
    np.savez_compressed(folder / FAMILIARITY_FILE, mean=found.mean, whiten=found.whiten)
    manifest = Manifest(
        name=name, contract=CONTRACT_VERSION, image_size=(config.image_width, config.image_height),
        prompt_length=config.prompt_length, tokenizer=tokenizer.to_dict(),
        sigma_scale=found.spreads.scale, pointer_temperature=found.spreads.temperature,
        growth=found.growth, trained=found.trained, looks_back=config.looks_back,
        files={name: sha256(folder / name) for name in (WEIGHTS_FILE, FAMILIARITY_FILE)},
    )  # fmt: skip
    (folder / MANIFEST_FILE).write_text(manifest.to_json())
    return manifest
