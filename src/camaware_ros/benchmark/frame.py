"""One frame through every stage that a node puts it through, each timed; no DDS."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Equidistant
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.grounder import Grounder
from camaware_ros.ros.camera_info import camera_from_info, info_from_camera
from camaware_ros.ros.conversions import detections_from_localizations
from camaware_ros.ros.image_messages import (
    compressed_from_rgb,
    image_from_rgb,
    rgb_from_compressed,
    rgb_from_image,
)
from camaware_ros.runtime.contract import ModelInputs, outputs_from
from camaware_ros.runtime.prompt import phrases_prompt
from camaware_ros.types import Mounting, Observation

STAGES = ("decode", "camera", "frame", "rays", "vision", "language", "lift", "publish")
NETWORK = ("vision", "language")
PHRASES = ("red chair",)
SEED = 0
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a driver sends, and how its camera is mounted."""

    image: Image | CompressedImage
    info: CameraInfo
    mounting: Mounting


def sent(size: tuple[int, int], *, compressed: bool) -> Sent:
    """A picture of soft random colours by a camera of 64 degrees, 1 m above the floor."""
    width, height = size
    camera = Camera(
        width=width, height=height, fx=0.8 * width, fy=0.8 * width, cx=width / 2, cy=height / 2
    )
    rng = np.random.default_rng(SEED)
    small = rng.integers(0, 256, (height // 20, width // 20, 3), dtype=np.uint8)
    picture = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    header = Header(frame_id="camera")
    make = compressed_from_rgb if compressed else image_from_rgb
    mounting = Mounting(up_camera=np.array([0.0, -1.0, 0.0]), height_m=1.0)
    return Sent(make(picture, header), info_from_camera(camera, header), mounting)


class Timed:
    """Seconds by stage: (wall, CPU of the calling thread)."""

    def __init__(self) -> None:
        self.stages: dict[str, tuple[float, float]] = {}

    def __call__(self, stage: str, work: Callable[[], Result]) -> Result:
        """Do the work of a stage."""
        wall_s, cpu_s = time.perf_counter(), time.thread_time()
        result = work()
        self.stages[stage] = (time.perf_counter() - wall_s, time.thread_time() - cpu_s)
        return result


def run_frame(grounder: Grounder, what: Sent, timed: Timed) -> bytes:
    """From a message to the bytes of its detections, as ``grounding_node`` does it."""
    raw = isinstance(what.image, Image)
    decode = rgb_from_image if raw else rgb_from_compressed
    image = timed("decode", lambda: decode(what.image))
    size = (image.shape[1], image.shape[0])
    camera = timed("camera", lambda: camera_from_info(what.info, size))
    observation = Observation(image=image, camera=camera, mounting=what.mounting)
    source, backend = grounder.inputs, grounder.backend
    pixels = timed("frame", lambda: source.pixels(camera, image))
    rays = timed("rays", lambda: source.rays(camera, what.mounting))
    tokens = source.tokens(PHRASES)
    inputs = ModelInputs(pixels=pixels[None], rays=rays[None], tokens=tokens)
    seen = timed("vision", lambda: backend.see(inputs))
    prompt = phrases_prompt(tokens, seen["features"].shape[1])
    read = timed("language", lambda: backend.read(seen, prompt))
    outputs = outputs_from({**seen, **read})
    result = timed("lift", lambda: grounder.lift(observation, PHRASES, inputs, outputs, 0.0))
    base_from_camera = Rigid3.identity()

    def publish() -> bytes:
        found = tuple(t.in_frame(base_from_camera, "base") for t in result.localizations)
        header = Header(frame_id="base")
        return bytes(
            serialize_message(detections_from_localizations(found, header, result.warnings))
        )

    return timed("publish", publish)


def ray_map_ms(grounder: Grounder, repeats: int = 30) -> dict[str, float]:
    """Median wall time of the ray features of fisheyes never seen before, and of the last again."""
    new, same = [], []
    mounting = Mounting(up_camera=np.array([0.0, -1.0, 0.0]), height_m=1.0)
    for index in range(repeats):
        lens = Equidistant(k1=-0.01, k2=0.002 + 1e-6 * index)
        camera = Camera(width=1280, height=720, fx=420, fy=420, cx=640, cy=360, lens=lens)
        for times in (new, same):
            begin_s = time.perf_counter()
            grounder.inputs.rays(camera, mounting)
            times.append(1e3 * (time.perf_counter() - begin_s))
    found = {"new_camera_ms": float(np.median(new)), "same_camera_ms": float(np.median(same))}
    return {name: round(value, 4) for name, value in found.items()}


def allocated(work: Callable[[], object], times: int = 5) -> dict[str, float]:
    """Python and numpy memory of one call at its peak, and kept after it, 10^3 bytes.

    What native libraries allocate for themselves is not seen.
    """
    work()
    tracemalloc.start()
    try:
        work()
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(times):
            work()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return {
        "peak_kb": round((peak - before) / 1e3, 1),
        "kept_kb_per_frame": round((after - before) / 1e3 / times, 2),
    }
