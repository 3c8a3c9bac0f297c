"""How cost grows: with visual tokens, with phrases, with cameras; and the fitted exponent.

Networks of other input sizes have the shipped one's shape and random weights, which cost the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from camaware_ros.benchmark.frame import sent
from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.rays import CHANNELS, STRIDE
from camaware_ros.grounder import TOKEN, Grounder
from camaware_ros.language.tokenizer import BOS_ID, LOC_ID, PAD_ID
from camaware_ros.ros.image_messages import rgb_from_image
from camaware_ros.runtime.backend import Backend
from camaware_ros.runtime.contract import ModelInputs
from camaware_ros.runtime.onnx_backend import open_onnx
from camaware_ros.types import Observation

INPUTS = ((96, 80), (160, 128), (240, 192), (320, 256), (480, 384))
PHRASES = (1, 2, 4, 8, 16, 32)
CAMERAS = (1, 2, 4, 8)
_SEED = 0


def measure_growth(
    folder: Path,
    scratch: Path,
    repeats: int = 20,
    *,
    inputs: Sequence[tuple[int, int]] = INPUTS,
) -> dict[str, Any]:
    """All three, on ONNX Runtime with one thread.

    Args:
        folder: of the model.
        scratch: an empty folder for networks of other sizes.
        repeats: of each point.
        inputs: (width, height) of the networks' inputs.

    Returns:
        By name: ``x``, median ``wall_ms`` and ``cpu_ms`` of one look, and ``exponent``, the slope
        of log CPU time against log x over all points.
    """
    grounder = Grounder.load(folder, "onnx")
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # the clock of one thread must see all of the work
    try:
        return {
            "visual tokens": _by_tokens(folder, scratch, inputs, repeats),
            "phrases": _by_phrases(grounder, repeats),
            "cameras": _by_cameras(grounder, repeats),
        }
    finally:
        cv2.setNumThreads(threads)
        grounder.close()


def exponent(x: Sequence[float], y: Sequence[float]) -> float:
    """Slope of log y against log x."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def _curve(x: Sequence[int], works: Sequence[Callable[[], object]], repeats: int) -> dict[str, Any]:
    """Every work ``repeats`` times, in turns, so that a busy moment meets all of them alike."""
    times = np.zeros((repeats, len(x), 2))
    for work in works:
        work()
    for repeat in range(repeats):
        for index, work in enumerate(works):
            wall_s, cpu_s = time.perf_counter(), time.thread_time()
            work()
            times[repeat, index] = time.perf_counter() - wall_s, time.thread_time() - cpu_s
    wall_ms, cpu_ms = 1e3 * np.median(times, axis=0).T
    return {
        "x": list(x),
        "wall_ms": [round(float(value), 2) for value in wall_ms],
        "cpu_ms": [round(float(value), 2) for value in cpu_ms],
        "exponent": round(exponent(x, cpu_ms), 2),
    }


def _by_tokens(
    folder: Path, scratch: Path, sizes: Sequence[tuple[int, int]], repeats: int
) -> dict[str, Any]:
    networks = [random_network(folder, scratch / f"{w}x{h}", (w, h)) for w, h in sizes]
    works = [
        partial(network.infer, _made_up(size))
        for network, size in zip(networks, sizes, strict=True)
    ]
    return _curve([w * h // TOKEN**2 for w, h in sizes], works, repeats)


def _by_phrases(grounder: Grounder, repeats: int) -> dict[str, Any]:
    picture = _picture(grounder, 0)
    works = [partial(grounder.ground, picture, ["red chair"] * count) for count in PHRASES]
    return _curve(PHRASES, works, repeats)


def _by_cameras(grounder: Grounder, repeats: int) -> dict[str, Any]:
    """A round of all cameras, each with its own calibration."""
    pictures = [_picture(grounder, number) for number in range(max(CAMERAS))]

    def look(count: int) -> None:
        for picture in pictures[:count]:
            grounder.ground(picture, ["red chair"])

    works = [partial(look, count) for count in CAMERAS]
    return _curve(CAMERAS, works, repeats)


def _picture(grounder: Grounder, number: int) -> Observation:
    width, height = 640, 480
    what = sent((width, height), compressed=False)
    focal = (0.7 + 0.03 * number) * width
    camera = Camera(width=width, height=height, fx=focal, fy=focal, cx=width / 2, cy=height / 2)
    return Observation(image=rgb_from_image(what.image), camera=camera, mounting=what.mounting)


def _made_up(size: tuple[int, int]) -> ModelInputs:
    width, height = size
    rng = np.random.default_rng(_SEED)
    rays = rng.random((1, len(CHANNELS), height // STRIDE, width // STRIDE))
    return ModelInputs(
        pixels=rng.normal(size=(1, 3, height, width)).astype(np.float32),
        rays=rays.astype(np.float32),
        tokens=np.array([[[BOS_ID, 4, 5, LOC_ID, *4 * [PAD_ID]]]], dtype=np.int64),
    )


def random_network(folder: Path, target: Path, size: tuple[int, int]) -> Backend:
    """A network of the model's shape with another input size and random weights, compiled.

    Raises:
        ModuleNotFoundError: without torch and onnx.
    """
    import torch

    from camaware_ros.export.to_onnx import export_graphs
    from camaware_ros.model.checkpoint import load_checkpoint
    from camaware_ros.model.grounder import CameraAwareGrounder
    from camaware_ros.runtime.manifest import (
        GRAPH_WEIGHTS_FILE,
        LANGUAGE_FILE,
        VISION_FILE,
        graph_record,
        read_manifest,
        sha256,
    )

    trained, _ = load_checkpoint(folder)
    torch.manual_seed(_SEED)
    config = replace(trained.config, image_width=size[0], image_height=size[1])
    network = CameraAwareGrounder(config).eval()
    target.mkdir(parents=True)
    manifest = replace(read_manifest(folder), image_size=size)
    export_graphs(network, target, graph_record(manifest))
    names = (VISION_FILE, LANGUAGE_FILE, GRAPH_WEIGHTS_FILE)
    own = {name: sha256(target / name) for name in names}
    return open_onnx(target, replace(manifest, files={**manifest.files, **own}), threads=1)
