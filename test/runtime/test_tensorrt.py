"""TensorRT compiles every exported graph here; without a card it says so and others take over."""

from __future__ import annotations

from pathlib import Path

import pytest

from camaware_ros.runtime.backend import open_backend
from camaware_ros.runtime.cuda import Gpu, call, cuda_runtime, first_gpu
from camaware_ros.runtime.engine_shapes import profiles_for
from camaware_ros.runtime.golden import GOLDEN_FILE, largest_difference, load_golden
from camaware_ros.runtime.manifest import LANGUAGE_FILE, VISION_FILE, read_manifest
from camaware_ros.runtime.tensorrt_build import build_engine, make_logger, tensorrt_library

onnx = pytest.importorskip("onnx", reason="needs onnx")


@pytest.fixture(scope="module")
def trt():  # noqa: ANN201
    try:
        library = tensorrt_library()
    except RuntimeError as error:
        pytest.skip(str(error))
    if library.__name__ == "tensorrt" and not has_gpu():
        pytest.skip("TensorRT compiles only where there is a GPU; TensorRT-RTX does without")
    return library


def has_gpu() -> bool:
    try:
        first_gpu(cuda_runtime())
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize("name", [VISION_FILE, LANGUAGE_FILE])
def test_the_shipped_graphs_compile(trt, shipped: Path, name: str) -> None:  # noqa: ANN001
    lines: list[str] = []
    profiles = profiles_for(name, read_manifest(shipped))
    engine = build_engine(trt, shipped / name, profiles, make_logger(trt), lines.append)
    assert len(engine) > 1_000_000
    assert any(name in line and "(100 %)" in line for line in lines), lines


def test_a_graph_that_is_none_is_refused_in_one_line(trt, tmp_path: Path) -> None:  # noqa: ANN001
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no graph")
    with pytest.raises(RuntimeError, match=r"tensorrt: broken.onnx cannot be read: .+") as caught:
        build_engine(trt, broken, [], make_logger(trt), print)
    assert "\n" not in str(caught.value)


def test_an_operator_that_is_unknown_is_named(trt, tmp_path: Path) -> None:  # noqa: ANN001
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [4])
    out = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [4])
    node = onnx.helper.make_node("FlyToTheMoon", ["x"], ["y"], domain="elsewhere")
    model = onnx.helper.make_model(onnx.helper.make_graph([node], "g", [value], [out]))
    onnx.save(model, tmp_path / "odd.onnx")
    with pytest.raises(RuntimeError, match="FlyToTheMoon"):
        build_engine(trt, tmp_path / "odd.onnx", [], make_logger(trt), print)


def test_impossible_profiles_are_refused(trt, shipped: Path) -> None:  # noqa: ANN001
    (profile, _) = profiles_for(LANGUAGE_FILE, read_manifest(shipped))
    upside_down = {name: (high, usual, low) for name, (low, usual, high) in profile.items()}
    with pytest.raises((RuntimeError, ValueError)):
        build_engine(trt, shipped / LANGUAGE_FILE, [upside_down], make_logger(trt), print)


def test_without_a_card_it_says_so_and_auto_takes_the_next(shipped: Path) -> None:
    if has_gpu():
        pytest.skip("there is a card here")
    manifest = read_manifest(shipped)
    with pytest.raises(RuntimeError, match="tensorrt") as caught:
        open_backend(shipped, manifest, "tensorrt")
    assert "\n" not in str(caught.value)
    lines: list[str] = []
    backend = open_backend(shipped, manifest, "auto", report=lines.append)
    assert backend.name.startswith("onnx")
    assert lines == []  # nothing that a machine without a card should be told
    backend.close()


def test_a_call_that_fails_says_what_cuda_says() -> None:
    pytest.importorskip("cuda.bindings", reason="needs cuda-bindings")
    if has_gpu():
        pytest.skip("there is a card here")
    with pytest.raises(RuntimeError, match=r"tensorrt: cudaMalloc: .+ \(CUDA error \d+\)"):
        call(cuda_runtime(), "cudaMalloc", 16)


def test_a_card_that_fails_is_told_and_auto_takes_the_next(
    shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorrt_rtx", reason="needs TensorRT-RTX")
    pytest.importorskip("cuda.bindings", reason="needs cuda-bindings")
    if has_gpu():
        pytest.skip("there is a card here")
    card = Gpu("Imaginary", "8.7", 1 << 30)
    monkeypatch.setattr("camaware_ros.runtime.tensorrt_backend.first_gpu", lambda _: card)
    monkeypatch.setenv("XDG_CACHE_HOME", "/nonexistent")
    lines: list[str] = []
    backend = open_backend(shipped, read_manifest(shipped), "auto", report=lines.append)
    assert backend.name.startswith("onnx")
    backend.close()
    assert "compiling vision.onnx for Imaginary" in lines[0]
    passed = [line for line in lines if "passed over" in line]
    assert len(passed) == 1 and "Imaginary refuses the engine" in passed[0]
    assert "\n" not in passed[0]


@pytest.mark.gpu
def test_golden_outputs_on_a_card(trt, shipped: Path, tmp_path: Path) -> None:  # noqa: ANN001
    """Compiled anew, from the cache, and after the cache was spoilt."""
    if not has_gpu():
        pytest.skip("needs an NVIDIA card")
    from camaware_ros.runtime.engine_cache import EngineCache
    from camaware_ros.runtime.tensorrt_backend import open_tensorrt

    manifest, cache = read_manifest(shipped), EngineCache(tmp_path)
    compiled = []
    for spoil in (False, False, True):
        if spoil:
            for path in tmp_path.glob("*.engine"):
                path.write_bytes(path.read_bytes()[:-100])
        lines: list[str] = []
        backend = open_tensorrt(shipped, manifest, lines.append, cache)
        compiled.append(any("compiling" in line for line in lines))
        for inputs, expected in load_golden(shipped / GOLDEN_FILE):
            assert largest_difference(backend.infer(inputs), expected)[0] < 2e-2
        backend.close()
    assert compiled == [True, False, True]
