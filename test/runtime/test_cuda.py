"""Whether there is a card, and who must be told that there is none."""

from __future__ import annotations

import builtins
from types import SimpleNamespace

import pytest

from camaware_ros.runtime.cuda import cuda_runtime, first_gpu
from camaware_ros.runtime.report import NotHere


def machine(*, error: int = 0, cards: int | None = None, driver: int = 0) -> SimpleNamespace:
    return SimpleNamespace(
        cudaGetDeviceCount=lambda: (error, cards),
        cudaGetErrorString=lambda _: (0, b"words of CUDA"),
        cudaDriverGetVersion=lambda: (0, driver),
        cudaRuntimeGetVersion=lambda: (0, 13050),
        cudaGetDeviceProperties=lambda _: (
            0, SimpleNamespace(name=b"Orin\0\0", major=8, minor=7, totalGlobalMem=1 << 33)
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    "found",
    [machine(error=35), machine(error=100, driver=13000), machine(cards=0, driver=13000)],
    ids=["no driver", "driver without a card", "no cards"],
)
def test_a_machine_without_a_card_need_not_be_told(found: SimpleNamespace) -> None:
    with pytest.raises(NotHere, match="no card that can be used: words of CUDA"):
        first_gpu(found)


@pytest.mark.parametrize("error", [35, 803])
def test_a_driver_that_cannot_be_used_is_told_with_both_versions(error: int) -> None:
    """As on a Jetson with CUDA 12.6 whose cuda-bindings are those of 13."""
    with pytest.raises(RuntimeError) as caught:
        first_gpu(machine(error=error, driver=12060))
    assert not isinstance(caught.value, NotHere)
    assert "(driver for CUDA 12.6, cuda-bindings for CUDA 13.5)" in str(caught.value)


def test_a_card_has_a_name_and_a_capability() -> None:
    card = first_gpu(machine(cards=1, driver=13000))
    assert (card.name, card.compute_capability, card.memory_bytes) == ("Orin", "8.7", 1 << 33)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ModuleNotFoundError("No module named 'cuda'"), "cuda-bindings is not installed"),
        (ImportError("libcudart.so:\nno such file"), "cannot be imported: libcudart.so: no such"),
    ],
)
def test_bindings_that_are_missing_are_told(
    monkeypatch: pytest.MonkeyPatch, error: ImportError, text: str
) -> None:
    imported = builtins.__import__

    def fails(name: str, *rest: object, **more: object) -> object:
        if name == "cuda.bindings":
            raise error
        return imported(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", fails)
    with pytest.raises(RuntimeError, match=text) as caught:
        cuda_runtime()
    assert not isinstance(caught.value, NotHere)
