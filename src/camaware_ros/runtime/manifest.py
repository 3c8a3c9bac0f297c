"""A model folder and what is promised about it: files by hash, sizes, the range it was trained in.

Knows JSON and hashes. Does not run anything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.runtime.contract import CONTRACT_VERSION

MANIFEST_FILE = "manifest.json"
WEIGHTS_FILE = "model.safetensors"
VISION_FILE = "vision.onnx"
LANGUAGE_FILE = "language.onnx"
GRAPH_WEIGHTS_FILE = "weights.bin"


def half_file(name: str) -> str:
    """The fp16 form of a graph's file, weights within: ``vision.onnx`` to ``vision.fp16.onnx``."""
    return str(Path(name).with_suffix(".fp16.onnx"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedRange:
    """Cameras and mountings that training has seen; outside it the node warns.

    Attributes:
        hfov_deg: horizontal field of pinhole and Brown cameras.
        fisheye_deg: horizontal field of equidistant cameras.
        height_m: of the optical centre above the floor.
        familiarity_limit: Mahalanobis distance of a picture's signature that 99.9 % of the rendered
            pictures stay below from which mean and spread were taken; of others fewer do.
        pixel_angle_rad: median angle of a pixel of the network's input.
    """

    hfov_deg: tuple[float, float]
    fisheye_deg: tuple[float, float]
    height_m: tuple[float, float]
    familiarity_limit: float
    pixel_angle_rad: tuple[float, float] = (1e-3, 1e-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What ``manifest.json`` says.

    Attributes:
        name: of the model.
        contract: version of the arrays (``contract.CONTRACT_VERSION``).
        image_size: (width, height) of the network's input.
        prompt_length: ids per phrase.
        tokenizer: see ``WordTokenizer.to_dict``.
        sigma_scale: factors that make the stated spreads (right, down, log range) true.
        trained: range of cameras.
        files: sha256 by file name.
        pointer_temperature: see ``reading.Spreads``.
        looks_back: the word behind a <loc> of an answer is read with the place pointed at alone.
        growth: by which part spreads grow per unit of ``camera_range.camera_score``.
    """

    name: str
    contract: int
    image_size: tuple[int, int]
    prompt_length: int
    tokenizer: Mapping[str, list[str]]
    sigma_scale: tuple[float, float, float]
    trained: TrainedRange
    files: Mapping[str, str]
    pointer_temperature: float = 1.0
    growth: float = 0.0
    looks_back: bool = False

    def to_json(self) -> str:
        """Text of the file."""
        return json.dumps(asdict(self), indent=1) + "\n"

    def word_tokenizer(self) -> WordTokenizer:
        """The tokenizer the model was trained with."""
        return WordTokenizer.from_dict(dict(self.tokenizer))


def sha256(path: Path) -> str:
    """Hash of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return (
            hashlib.file_digest(file, "sha256").hexdigest()
            if hasattr(hashlib, "file_digest")
            else hashlib.sha256(file.read()).hexdigest()
        )


def read_manifest(folder: Path) -> Manifest:
    """Read and check a model folder's manifest.

    Raises:
        FileNotFoundError: no folder or no manifest.
        ValueError: not JSON, missing or unknown keys, or another contract.
    """
    path = folder / MANIFEST_FILE
    if not path.is_file():
        raise FileNotFoundError(f"model: expected {MANIFEST_FILE} in {folder}, found none")
    try:
        record = json.loads(path.read_text())
        trained = TrainedRange(**{
            k: tuple(v) if isinstance(v, list) else v for k, v in record.pop("trained").items()
        })  # fmt: skip
        record = {k: tuple(v) if isinstance(v, list) else v for k, v in record.items()}
        manifest = Manifest(trained=trained, **record)
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a model manifest: {error}") from error
    if manifest.contract != CONTRACT_VERSION:
        raise ValueError(f"{path}: expected contract {CONTRACT_VERSION}, got {manifest.contract}")
    return manifest


def checked_file(folder: Path, manifest: Manifest, name: str) -> Path:
    """The path of a file whose hash is as promised.

    Raises:
        FileNotFoundError: the file is missing.
        ValueError: the manifest does not name it, or its bytes are not those promised (truncated,
            changed, or a pointer of a large-file store instead of the file).
    """
    promised = manifest.files.get(name)
    if promised is None:
        raise ValueError(f"{folder / MANIFEST_FILE}: expected an entry for {name}, got none")
    path = folder / name
    if not path.is_file():
        raise FileNotFoundError(f"model file missing: {path}")
    found = sha256(path)
    if found != promised:
        raise ValueError(
            f"{path}: expected sha256 {promised[:12]}…, got {found[:12]}… "
            f"({path.stat().st_size} bytes): truncated or changed"
        )
    return path


def graph_record(manifest: Manifest) -> dict[str, str]:
    """What every exported graph says about itself, as the metadata of its file."""
    width, height = manifest.image_size
    return {
        "contract": str(manifest.contract),
        "weights_sha256": manifest.files[WEIGHTS_FILE],
        "image_size": f"{width}x{height}",
    }


def check_graph_record(path: Path, found: Mapping[str, str], manifest: Manifest) -> None:
    """Whether a graph was made of this model's weights, for this contract and image size.

    Raises:
        ValueError: it was not, or does not say.
    """
    for key, expected in graph_record(manifest).items():
        if found.get(key) != expected:
            raise ValueError(f"{path}: expected {key} {expected}, got {found.get(key)}")
