"""The whole way from an observation and words to places, without ROS: load once, ask often."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Equidistant
from camaware_ros.resources import share_directory
from camaware_ros.runtime.backend import Backend, open_backend
from camaware_ros.runtime.contract import ModelOutputs
from camaware_ros.runtime.inputs import InputBuilder
from camaware_ros.runtime.manifest import Manifest, checked_file, read_manifest
from camaware_ros.runtime.reading import read_localizations
from camaware_ros.types import Localization, Observation

DEFAULT_MODEL = "camaware-small"
FAMILIARITY_FILE = "familiarity.npz"
TOKEN = 16


@lru_cache(maxsize=16)
def _hfov_deg(camera: Camera) -> float:
    return math.degrees(camera.hfov_rad)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundingResult:
    """What was found in one image.

    Attributes:
        localizations: one per phrase, in order, optical frame (frame_id "").
        warnings: why the answer deserves less trust: camera or picture outside the trained range.
        network_seconds: time inside the backend.
        heat: where each phrase points, probability per visual token, shape (Q, h, w).
        range_map: range of what is seen, metres, at a quarter of the network's resolution.
    """

    localizations: tuple[Localization, ...]
    warnings: tuple[str, ...]
    network_seconds: float
    heat: NDArray[np.float32]
    range_map: NDArray[np.float32]


class Grounder:
    """A loaded model. Not thread-safe: one caller at a time."""

    def __init__(self, backend: Backend, manifest: Manifest, folder: Path) -> None:
        """Use ``load``."""
        self.backend, self.manifest = backend, manifest
        self.tokenizer = manifest.word_tokenizer()
        self._inputs = InputBuilder(manifest.image_size, manifest.prompt_length, self.tokenizer)
        with np.load(checked_file(folder, manifest, FAMILIARITY_FILE)) as stored:
            self._mean, self._whiten = stored["mean"], stored["whiten"]

    @classmethod
    def load(
        cls, model_dir: Path | None = None, backend: str = "auto", threads: int = 1
    ) -> Grounder:
        """Open a model folder (the shipped one by default).

        Raises:
            OSError: a file is missing.
            ValueError: a file is truncated, changed or of another contract.
            RuntimeError: the backend's library is not installed.
        """
        folder = Path(model_dir) if model_dir else share_directory() / "models" / DEFAULT_MODEL
        manifest = read_manifest(folder)
        return cls(open_backend(folder, manifest, backend, threads), manifest, folder)

    @property
    def max_words(self) -> int:
        """How many words a phrase may have."""
        return self.manifest.prompt_length - 2

    def unknown_words(self, phrase: str) -> tuple[str, ...]:
        """Words of a phrase that the model was never taught."""
        return self.tokenizer.unknown_words(phrase)

    def ground(self, observation: Observation, phrases: Sequence[str]) -> GroundingResult:
        """Find every phrase in the image.

        Raises:
            ValueError: no phrase, a phrase too long, or a camera whose image has no ray.
        """
        inputs = self._inputs.build(observation, phrases)
        begin = time.perf_counter()
        outputs = self.backend.infer(inputs)
        seconds = time.perf_counter() - begin
        mounting = observation.mounting
        up = outputs.up.astype(np.float64) if mounting is None else mounting.up_camera
        width, height = self.manifest.image_size
        grid = (height // TOKEN, width // TOKEN)
        return GroundingResult(
            localizations=read_localizations(
                outputs, phrases, observation.camera, up / np.linalg.norm(up),
                np.array(self.manifest.sigma_scale), grid,
            ),
            warnings=self.camera_warnings(observation) + self._picture_warnings(outputs),
            network_seconds=seconds,
            heat=outputs.pointer.reshape(-1, *grid),
            range_map=np.exp(outputs.range_map),
        )  # fmt: skip

    def camera_warnings(self, observation: Observation) -> tuple[str, ...]:
        """Where camera or mounting leave the range the model was trained in."""
        trained, camera = self.manifest.trained, observation.camera
        fisheye = isinstance(camera.lens, Equidistant)
        low, high = trained.fisheye_deg if fisheye else trained.hfov_deg
        if fisheye:
            low = trained.hfov_deg[0]
        hfov = _hfov_deg(camera)
        found = []
        if not low <= hfov <= high:
            kind = "fisheye" if fisheye else "camera"
            found.append(
                f"{kind} field {hfov:.0f} deg is outside the trained {low:.0f} to {high:.0f} deg"
            )
        mounting, (lowest, highest) = observation.mounting, trained.height_m
        if mounting is None:
            found.append("mounting unknown: distances are less certain")
        elif not lowest <= mounting.height_m <= highest:
            found.append(
                f"camera height {mounting.height_m:.2f} m is outside the trained "
                f"{lowest} to {highest} m"
            )
        return tuple(found)

    def _picture_warnings(self, outputs: ModelOutputs) -> tuple[str, ...]:
        """Whether the picture resembles anything seen in training (Mahalanobis distance)."""
        distance = float(np.linalg.norm(self._whiten @ (outputs.signature - self._mean)))
        limit = self.manifest.trained.familiarity_limit
        if distance <= limit:
            return ()
        return (
            f"the picture is unlike the training pictures "
            f"(distance {distance:.0f}, limit {limit:.0f})",
        )

    def close(self) -> None:
        """Free the network."""
        self.backend.close()
