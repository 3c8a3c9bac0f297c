"""Backends are interchangeable, and equal to what torch said when the model was exported."""

from __future__ import annotations

import importlib
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType

import numpy as np
import onnxruntime
import pytest
import torch
from onnxruntime.capi.onnxruntime_pybind11_state import RuntimeException

from camaware_ros.runtime.backend import open_backend
from camaware_ros.runtime.contract import FOUND_NAMES, ModelOutputs, outputs_from
from camaware_ros.runtime.golden import GOLDEN_FILE, load_golden
from camaware_ros.runtime.manifest import VISION_FILE, checked_file, read_manifest
from camaware_ros.runtime.onnx_backend import PROVIDERS, OnnxGraph
from camaware_ros.runtime.prompt import next_prompt, phrases_prompt
from camaware_ros.runtime.torch_backend import TorchGraph

TOLERANCE = 1e-4


@pytest.mark.parametrize("name", ["onnx", "torch"])
def test_backend_gives_the_golden_outputs(shipped: Path, name: str) -> None:
    manifest = read_manifest(shipped)
    backend = open_backend(shipped, manifest, name, threads=1)
    golden = load_golden(checked_file(shipped, manifest, GOLDEN_FILE))
    assert len(golden) >= 3
    for inputs, expected in golden:
        found = backend.infer(inputs)
        for field in fields(ModelOutputs):
            a, b = getattr(found, field.name), getattr(expected, field.name)
            assert a.shape == b.shape, field.name
            assert np.abs(a - b).max() <= TOLERANCE, field.name
    backend.close()


@pytest.mark.parametrize("name", ["onnx", "torch"])
@pytest.mark.parametrize("phrases", [1, 2, 5, 20])
def test_any_number_of_phrases(shipped: Path, name: str, phrases: int) -> None:
    """The first phrase's answer does not depend on how many others are asked."""
    manifest = read_manifest(shipped)
    backend = open_backend(shipped, manifest, name, threads=1)
    inputs, expected = load_golden(shipped / GOLDEN_FILE)[0]
    many = replace(inputs, tokens=np.tile(inputs.tokens, (1, 3, 1))[:, :phrases])
    found = backend.infer(many)
    assert found.presence.shape == (phrases,) and found.direction.shape == (phrases, 3)
    np.testing.assert_allclose(found.pointer[0], expected.pointer[0], atol=TOLERANCE)
    np.testing.assert_allclose(found.log_range[0], expected.log_range[0], atol=TOLERANCE)
    backend.close()


@pytest.mark.parametrize("name", ["onnx", "torch"])
def test_seen_once_read_often(shipped: Path, name: str) -> None:
    """Phrases asked one by one behind one look are those asked together."""
    backend = open_backend(shipped, read_manifest(shipped), name, threads=1)
    inputs, expected = load_golden(shipped / GOLDEN_FILE)[1]
    seen = backend.see(inputs)
    for q in range(3):
        prompt = phrases_prompt(inputs.tokens[:, q : q + 1], seen["features"].shape[1])
        found = backend.read(seen, prompt)
        for field in FOUND_NAMES:
            np.testing.assert_allclose(
                found[field][0], getattr(expected, field)[q], atol=TOLERANCE, err_msg=field
            )
    backend.close()


@pytest.mark.parametrize("name", ["onnx", "torch"])
def test_word_by_word_is_the_whole_text(shipped: Path, name: str) -> None:
    """Keeping keys and values changes nothing."""
    backend = open_backend(shipped, read_manifest(shipped), name, threads=1)
    inputs, _ = load_golden(shipped / GOLDEN_FILE)[0]
    seen = dict(backend.see(inputs))
    places = seen["keys"].shape[2]
    ids = inputs.tokens[:, 0, :3]
    whole = backend.read(seen, next_prompt(ids, places))
    for step in range(3):
        found = backend.read(seen, next_prompt(ids[:, step : step + 1], places + step))
        for kept in ("keys", "values"):
            seen[kept] = np.concatenate([seen[kept], found[f"new_{kept}"]], axis=2)
    np.testing.assert_allclose(found["logits"][0, -1], whole["logits"][0, -1], atol=TOLERANCE)
    np.testing.assert_allclose(found["direction"], whole["direction"], atol=TOLERANCE)
    assert np.abs(whole["logits"][0, 0] - whole["logits"][0, -1]).max() > 10 * TOLERANCE
    backend.close()


@pytest.mark.parametrize("name", ["onnx", "torch"])
def test_inputs_of_another_shape_are_refused(shipped: Path, name: str) -> None:
    backend = open_backend(shipped, read_manifest(shipped), name, threads=1)
    inputs, _ = load_golden(shipped / GOLDEN_FILE)[0]
    with pytest.raises(ValueError, match="do not fit"):
        backend.infer(replace(inputs, rays=inputs.rays[:, :5]))
    with pytest.raises(ValueError, match="do not fit"):
        backend.infer(replace(inputs, tokens=inputs.tokens + 10**6))
    backend.close()


def test_unknown_backend_is_named(shipped: Path) -> None:
    expected = r"backend: expected auto, tensorrt, onnx, torch, got 'abacus'"
    with pytest.raises(ValueError, match=expected):
        open_backend(shipped, read_manifest(shipped), "abacus")


def test_not_a_number_from_the_network_is_refused(shipped: Path) -> None:
    _, outputs = load_golden(shipped / GOLDEN_FILE)[0]
    values = {f.name: getattr(outputs, f.name).copy() for f in fields(ModelOutputs)}
    values["log_range"][0] = np.nan
    with pytest.raises(ValueError, match="log_range: expected finite"):
        outputs_from(values)


def test_a_library_that_cannot_be_imported_is_told_and_auto_takes_the_next(
    shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = importlib.import_module

    def fails(name: str) -> ModuleType:
        if name.endswith("onnx_backend"):
            raise OSError("libonnxruntime.so:\nno such file")
        return imported(name)

    monkeypatch.setattr(importlib, "import_module", fails)
    lines: list[str] = []
    backend = open_backend(shipped, read_manifest(shipped), "auto", report=lines.append)
    assert backend.name.startswith("torch")
    backend.close()
    text = "backend onnx: onnxruntime cannot be imported: libonnxruntime.so: no such file"
    assert lines[-1] == f"backend onnx passed over: {text}"
    with pytest.raises(RuntimeError, match=text):
        open_backend(shipped, read_manifest(shipped), "onnx")


def test_numbers_of_fp32_are_asked_for_on_a_card(
    shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cards compute fp32 with ten bits by default, which no golden output survives."""
    asked: list[object] = []
    session = onnxruntime.InferenceSession

    def noted(path: str, options: object, providers: list[tuple[str, dict[str, str]]]) -> object:
        asked.extend(providers)
        return session(path, options, providers=["CPUExecutionProvider"])

    monkeypatch.setattr(onnxruntime, "InferenceSession", noted)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(PROVIDERS))
    open_backend(shipped, read_manifest(shipped), "onnx", threads=1).close()
    assert asked[:2] == [
        ("CUDAExecutionProvider", {"use_tf32": "0"}), ("CPUExecutionProvider", {})
    ]  # fmt: skip


def test_a_card_without_memory_is_not_taken_for_inputs_that_do_not_fit(shipped: Path) -> None:
    """A robot would look for the fault in its camera."""

    class Full:
        def run(self, *_: object) -> None:
            raise RuntimeException("Failed to allocate memory\nfor a tensor")

    class FullModule(torch.nn.Module):
        def forward(self) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory")

    graph = OnnxGraph(shipped, read_manifest(shipped), VISION_FILE, threads=1)
    graph._session = Full()
    with pytest.raises(RuntimeError, match="onnx: Failed to allocate memory for a tensor"):
        graph({})
    with pytest.raises(RuntimeError, match="torch: CUDA out of memory"):
        TorchGraph(FullModule(), (), (), torch.device("cpu"))({})
