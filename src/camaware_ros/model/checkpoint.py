"""A model folder: config.json, tokenizer.json, fp16 safetensors, training record."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.model.config import ModelConfig
from camaware_ros.model.grounder import CameraAwareGrounder

WEIGHTS_FILE = "model.safetensors"


def save_checkpoint(
    folder: Path, network: CameraAwareGrounder, tokenizer: WordTokenizer, record: dict[str, object]
) -> None:
    """Write a model folder; floating-point weights as fp16."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: (value.half() if value.is_floating_point() else value).detach().cpu().contiguous()
        for name, value in network.state_dict().items()
    }  # fmt: skip
    save_file(weights, folder / WEIGHTS_FILE)
    for name, content in (
        ("config.json", network.config.to_dict()),
        ("tokenizer.json", tokenizer.to_dict()),
        ("training.json", record),
    ):
        (folder / name).write_text(json.dumps(content, indent=1) + "\n")


def load_weights(folder: Path) -> dict[str, Tensor]:
    """Weights of a model folder as fp32."""
    weights = load_file(folder / WEIGHTS_FILE)
    return {k: v.float() if v.is_floating_point() else v for k, v in weights.items()}


def load_checkpoint(folder: Path) -> tuple[CameraAwareGrounder, WordTokenizer]:
    """The network (eval mode, fp32) and its tokenizer.

    Raises:
        OSError: a file is missing. ValueError: its content does not fit.
    """
    config = ModelConfig.from_dict(json.loads((folder / "config.json").read_text()))
    tokenizer = WordTokenizer.from_dict(json.loads((folder / "tokenizer.json").read_text()))
    network = CameraAwareGrounder(config)
    network.load_state_dict(load_weights(folder), strict=True)
    return network.eval(), tokenizer
