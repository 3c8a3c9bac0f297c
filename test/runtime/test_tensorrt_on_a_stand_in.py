"""The backend's own work on an imaginary card: buffers, shapes, the cache, and calls that fail."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from stand_in_card import Card

from camaware_ros.runtime import tensorrt_backend, tensorrt_build
from camaware_ros.runtime.backend import open_backend
from camaware_ros.runtime.cuda import Gpu
from camaware_ros.runtime.golden import GOLDEN_FILE, largest_difference, load_golden
from camaware_ros.runtime.manifest import LANGUAGE_FILE, VISION_FILE, read_manifest
from camaware_ros.runtime.prompt import next_prompt, phrases_prompt

GRAPHS = [VISION_FILE, LANGUAGE_FILE]


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Makes a card the one of this machine, with a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: True if name == "tensorrt" else found(name)
    )

    def use(card: Card) -> Card:
        logger = SimpleNamespace(last_error="the driver is too old")
        for name, value in {
            "cuda_runtime": lambda: card.cuda,
            "first_gpu": lambda _: Gpu("Imaginary", "8.7", 1 << 30),
            "tensorrt_library": lambda: card.trt,
            "make_logger": lambda _: logger,
            "build_engine": card.build_engine,
        }.items():
            monkeypatch.setattr(tensorrt_backend, name, value)
        return card

    return use


def engines(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.engine"))


def test_golden_outputs_and_nothing_left_on_the_card(plug_in, shipped: Path) -> None:
    card = plug_in(Card())
    backend = open_backend(shipped, read_manifest(shipped), "tensorrt")
    assert backend.name == "tensorrt 0 (Imaginary, fp32)"
    assert len(card.cuda.blocks) == 2 and len(card.cuda.streams) == 2
    for inputs, expected in load_golden(shipped / GOLDEN_FILE):
        assert largest_difference(backend.infer(inputs), expected)[0] < 1e-4
    backend.close()
    backend.close()
    assert not card.cuda.blocks and not card.cuda.streams


def test_words_kept_are_those_of_onnx_runtime(plug_in, shipped: Path) -> None:
    """Phrases, a text and single words take turns in one block of memory, the prefix growing."""
    plug_in(Card())
    manifest, (inputs, _) = read_manifest(shipped), load_golden(shipped / GOLDEN_FILE)[0]
    ids, said = inputs.tokens[:, 0, :3], []
    for name in ("tensorrt", "onnx"):
        backend = open_backend(shipped, manifest, name, threads=1)
        behind, logits = dict(backend.see(inputs)), []
        for part in (ids, ids[:, :1], ids[:, 1:2]):
            backend.read(backend.see(inputs), phrases_prompt(inputs.tokens, 80))
            step = backend.read(behind, next_prompt(part, behind["keys"].shape[2]))
            logits.append(step["logits"][0])
            for kept in ("keys", "values"):
                behind[kept] = np.concatenate([behind[kept], step[f"new_{kept}"]], axis=2)
        said.append(np.concatenate(logits))
        backend.close()
    assert said[0].shape[0] == 5
    np.testing.assert_allclose(said[0], said[1], atol=1e-5)


def test_engines_are_compiled_once_and_anew_when_spoilt(
    plug_in,
    shipped: Path,
    tmp_path: Path,
) -> None:
    card, manifest = plug_in(Card()), read_manifest(shipped)
    for expected in (GRAPHS, []):
        card.compiled.clear()
        open_backend(shipped, manifest, "tensorrt").close()
        assert card.compiled == expected
    for path in engines(tmp_path):
        path.write_bytes(path.read_bytes()[:-1])
    open_backend(shipped, manifest, "tensorrt").close()
    assert card.compiled == GRAPHS


def test_a_cache_that_cannot_be_written_is_told_and_done_without(
    plug_in,
    shipped: Path,
    tmp_path: Path,
) -> None:
    plug_in(Card())
    (tmp_path / "camaware_ros").write_text("in the way")
    lines: list[str] = []
    backend = open_backend(shipped, read_manifest(shipped), "auto", report=lines.append)
    assert backend.name.startswith("tensorrt")
    assert sum("cannot be kept" in line for line in lines) == 2
    backend.close()


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (Card(refused={"cudaMalloc": 0}), "cudaMalloc: out of memory (CUDA error 2)"),
        (Card(refused={"cudaMalloc": 1}), "cudaMalloc: out of memory (CUDA error 2)"),
        (Card(accepts=False), "Imaginary refuses the engine: the driver is too old"),
        (Card(starts=False), "Started: the driver is too old"),
    ],
    ids=["no memory", "memory for one graph", "card not supported", "driver too old"],
)
def test_what_fails_is_one_line_and_the_next_backend(
    plug_in,
    shipped: Path,
    card: Card,
    reason: str,
) -> None:
    plug_in(card)
    lines: list[str] = []
    backend = open_backend(shipped, read_manifest(shipped), "auto", report=lines.append)
    assert backend.name.startswith("onnx")
    backend.close()
    passed = [line for line in lines if "passed over" in line]
    assert len(passed) == 1 and reason in passed[0] and "\n" not in passed[0]
    assert not card.cuda.blocks and not card.cuda.streams


def test_a_look_that_fails_is_an_error_and_the_next_may_go_well(plug_in, shipped: Path) -> None:
    card = plug_in(Card(executes=False))
    backend = open_backend(shipped, read_manifest(shipped), "tensorrt")
    inputs, _ = load_golden(shipped / GOLDEN_FILE)[0]
    with pytest.raises(RuntimeError, match="tensorrt: execution refused"):
        backend.infer(inputs)
    card.cuda.pending.clear()
    backend.close()
    assert not card.cuda.blocks


def test_a_library_whose_parts_are_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(name: str) -> object:
        raise ImportError(f"{name}: libnvinfer.so.10:\ncannot open shared object file")

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "tensorrt" or None)
    monkeypatch.setattr(importlib, "import_module", fails)
    with pytest.raises(RuntimeError, match=r"tensorrt: .*libnvinfer.so.10: cannot open"):
        tensorrt_build.tensorrt_library()
