"""A model folder that is not what it promises is refused, with the reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from camaware_ros.grounder import Grounder
from camaware_ros.runtime.manifest import (
    GRAPH_WEIGHTS_FILE,
    LANGUAGE_FILE,
    MANIFEST_FILE,
    VISION_FILE,
    check_graph_record,
    graph_record,
    read_manifest,
)


def change(folder: Path, **entries: object) -> None:
    path = folder / MANIFEST_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def test_shipped_model_is_whole(shipped: Path) -> None:
    Grounder.load(shipped, "onnx").close()
    for name in read_manifest(shipped).files:
        assert (shipped / name).stat().st_size < 16 * 2**20


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"expected manifest\.json"):
        Grounder.load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", [VISION_FILE, LANGUAGE_FILE, GRAPH_WEIGHTS_FILE])
def test_truncated_graph(spoiled: Path, name: str) -> None:
    path = spoiled / name
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ValueError, match="truncated or changed"):
        Grounder.load(spoiled, "onnx")


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_one_changed_byte(spoiled: Path, backend: str) -> None:
    for name in (LANGUAGE_FILE, "model.safetensors"):
        path = spoiled / name
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    with pytest.raises(ValueError, match="expected sha256"):
        Grounder.load(spoiled, backend)


@pytest.mark.parametrize("name", [VISION_FILE, LANGUAGE_FILE, GRAPH_WEIGHTS_FILE])
def test_missing_graph(spoiled: Path, name: str) -> None:
    (spoiled / name).unlink()
    with pytest.raises(FileNotFoundError, match="model file missing"):
        Grounder.load(spoiled, "onnx")


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"contract": 99}, "expected contract"),
        ({"wings": 2}, "not a model manifest"),
        ({"trained": 3}, "not a model manifest"),
        ({"files": {}}, "expected an entry"),
        ({"tokenizer": {"words": ["red"]}}, "tokenizer"),
    ],
)
def test_manifest_that_does_not_fit(spoiled: Path, entries: dict[str, object], reason: str) -> None:
    change(spoiled, **entries)
    with pytest.raises(ValueError, match=reason):
        Grounder.load(spoiled, "onnx")


@pytest.mark.parametrize("text", ["", "{", "[]", "version https://git-lfs.github.com/spec/v1\n"])
def test_manifest_that_is_no_json_object(spoiled: Path, text: str) -> None:
    (spoiled / MANIFEST_FILE).write_text(text)
    with pytest.raises(ValueError, match="not a model manifest"):
        Grounder.load(spoiled, "onnx")


def test_graph_of_other_weights(spoiled: Path) -> None:
    """Files that are whole, but do not belong together."""
    files = dict(read_manifest(spoiled).files) | {"model.safetensors": "0" * 64}
    change(spoiled, files=files)
    with pytest.raises(ValueError, match="expected weights_sha256 0000"):
        Grounder.load(spoiled, "onnx")


@pytest.mark.parametrize(
    ("key", "value"),
    [("contract", "1"), ("image_size", "320x256"), ("weights_sha256", "ab"), ("contract", None)],
)
def test_graph_that_does_not_fit_its_manifest(shipped: Path, key: str, value: str | None) -> None:
    manifest = read_manifest(shipped)
    record = graph_record(manifest)
    check_graph_record(shipped, record, manifest)
    spoilt = {k: v for k, v in (record | {key: value}).items() if v is not None}
    with pytest.raises(ValueError, match=f"expected {key} .*, got {value}"):
        check_graph_record(shipped, spoilt, manifest)
