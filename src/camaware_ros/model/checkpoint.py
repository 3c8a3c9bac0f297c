"""A model folder: config.json, tokenizer.json, fp16 safetensors, training record."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.model.config import RECORD_FILE, ModelConfig
from camaware_ros.model.grounder import CameraAwareGrounder
from camaware_ros.runtime.manifest import WEIGHTS_FILE


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
        (RECORD_FILE, record),
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


def inherit_weights(network: CameraAwareGrounder, folder: Path) -> tuple[str, ...]:
    """Start ``network`` from an earlier stage; parts that the earlier one lacks stay random.

    Word embeddings may have grown at their end: the first rows are taken over.

    Returns:
        Names of the weights that stay random.

    Raises:
        ValueError: a weight of the earlier stage has no place or another shape.
    """
    own, earlier = network.state_dict(), load_weights(folder)
    for name, value in earlier.items():
        place = own.get(name)
        if place is None or place.shape[1:] != value.shape[1:] or place.shape[:1] < value.shape[:1]:
            expected = "no such weight" if place is None else f"shape {tuple(place.shape)}"
            raise ValueError(f"{name}: expected {expected}, got {tuple(value.shape)} in {folder}")
        if value.dim() == 0:
            place.copy_(value)
        else:
            place[: len(value)] = value
    return tuple(sorted(own.keys() - earlier.keys()))
