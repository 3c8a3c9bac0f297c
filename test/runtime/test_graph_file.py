"""Metadata of ONNX files read without onnx is that which onnx reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from camaware_ros.runtime.cuda import Gpu
from camaware_ros.runtime.engine_source import engine_key
from camaware_ros.runtime.graph_file import graph_metadata
from camaware_ros.runtime.manifest import LANGUAGE_FILE, VISION_FILE, WEIGHTS_FILE, read_manifest

GPU = Gpu("Imaginary", "8.7", 1 << 30)


@pytest.mark.parametrize("name", [VISION_FILE, LANGUAGE_FILE])
def test_as_onnx_reads_it(shipped: Path, name: str) -> None:
    onnx = pytest.importorskip("onnx", reason="needs onnx")
    model = onnx.load(shipped / name, load_external_data=False)
    expected = {entry.key: entry.value for entry in model.metadata_props}
    assert graph_metadata(shipped / name) == expected and len(expected) == 3


def test_a_file_without_metadata_has_none(tmp_path: Path) -> None:
    (tmp_path / "empty.onnx").write_bytes(b"")
    assert graph_metadata(tmp_path / "empty.onnx") == {}


def test_half_a_file_is_refused(shipped: Path, tmp_path: Path) -> None:
    whole = (shipped / VISION_FILE).read_bytes()
    path = tmp_path / "half.onnx"
    for content in (whole[:-5], whole[: len(whole) // 2], b"no graph at all", b"\xff\xff"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="not an ONNX file, or not all of it"):
            graph_metadata(path)


def test_no_engine_is_compiled_from_a_graph_of_other_weights(shipped: Path) -> None:
    manifest = read_manifest(shipped)
    path, key = engine_key(shipped, manifest, VISION_FILE, "tensorrt 10.3", GPU, [])
    assert path == shipped / VISION_FILE and key.precision == "fp32"
    others = replace(manifest, files={**manifest.files, WEIGHTS_FILE: "0" * 64})
    with pytest.raises(ValueError, match="expected weights_sha256 0000"):
        engine_key(shipped, others, VISION_FILE, "tensorrt 10.3", GPU, [])
    with pytest.raises(ValueError, match="expected image_size 320x256"):
        engine_key(
            shipped, replace(manifest, image_size=(320, 256)), VISION_FILE, "tensorrt", GPU, []
        )
