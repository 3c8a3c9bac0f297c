"""Backends are interchangeable, and equal to what torch said when the model was exported."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from camaware_ros.export.to_onnx import GOLDEN_FILE, load_golden
from camaware_ros.runtime.backend import open_backend
from camaware_ros.runtime.contract import ModelOutputs, outputs_from
from camaware_ros.runtime.manifest import checked_file, read_manifest

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
def test_inputs_of_another_shape_are_refused(shipped: Path, name: str) -> None:
    backend = open_backend(shipped, read_manifest(shipped), name, threads=1)
    inputs, _ = load_golden(shipped / GOLDEN_FILE)[0]
    with pytest.raises(ValueError, match="do not fit"):
        backend.infer(replace(inputs, rays=inputs.rays[:, :5]))
    backend.close()


def test_unknown_backend_is_named(shipped: Path) -> None:
    with pytest.raises(ValueError, match=r"backend: expected auto, onnx or torch, got 'abacus'"):
        open_backend(shipped, read_manifest(shipped), "abacus")


def test_not_a_number_from_the_network_is_refused(shipped: Path) -> None:
    _, outputs = load_golden(shipped / GOLDEN_FILE)[0]
    values = [getattr(outputs, f.name).copy() for f in fields(ModelOutputs)]
    values[3][0] = np.nan
    with pytest.raises(ValueError, match="log_range: expected finite"):
        outputs_from(values)
