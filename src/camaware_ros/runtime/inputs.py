"""From an observation and phrases to the network's arrays; ray features are kept per camera."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.framing import Framing
from camaware_ros.geometry.rays import STRIDE, cells, ray_features
from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.runtime.contract import ModelInputs
from camaware_ros.types import Mounting, Observation

Key = TypeVar("Key")
Value = TypeVar("Value")

_LEVELS = (np.arange(256, dtype=np.float32) / 255 - 0.5) / 0.25


def framed_pixels(framing: Framing, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A uint8 RGB picture (h, w, 3) as the network sees it: float32 (3, H, W), 0 in the border."""
    width, height = framing.output_size
    out = np.zeros((3, height, width), dtype=np.float32)
    for plane, values in zip(out, cv2.split(framing.inner_image(image)), strict=True):
        plane[framing.window] = cv2.LUT(values, _LEVELS)
    return out


@dataclass(frozen=True, slots=True)
class _Known:
    """What follows from a camera alone: its framing, rays at the cells, and which exist."""

    framing: Framing
    rays: NDArray[np.float64]
    valid: NDArray[np.bool_]


class InputBuilder:
    """Builds ``ModelInputs``.

    What follows from one of the last few cameras, mountings and phrases is not computed again.
    """

    KEPT = 8

    def __init__(
        self,
        size: tuple[int, int],
        prompt_length: int,
        tokenizer: WordTokenizer,
        zoom: float = 1.0,
    ) -> None:
        """For a network input of ``size`` (width, height) and phrases of ``prompt_length`` ids.

        ``zoom``: see ``Framing.letterbox``.
        """
        self._size, self._prompt_length, self._tokenizer = size, prompt_length, tokenizer
        self._zoom = zoom
        self._cameras: OrderedDict[Camera, _Known] = OrderedDict()
        self._features: OrderedDict[tuple[object, ...], NDArray[np.float32]] = OrderedDict()
        self._tokens: OrderedDict[tuple[str, ...], NDArray[np.int64]] = OrderedDict()

    def build(self, observation: Observation, phrases: Sequence[str]) -> ModelInputs:
        """All arrays for one image.

        Raises:
            ValueError: no phrase, a phrase that is too long, or a camera without any ray.
        """
        tokens = self.tokens(phrases)
        camera = observation.camera
        rays = self.rays(camera, observation.mounting)
        return ModelInputs(
            pixels=self.pixels(camera, observation.image)[None], rays=rays[None], tokens=tokens
        )

    def pixels(self, camera: Camera, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """A camera's picture (h, w, 3) as the network sees it, shape (3, H, W)."""
        return framed_pixels(self._known(camera).framing, image)

    def tokens(self, phrases: Sequence[str]) -> NDArray[np.int64]:
        """Ids of phrases, shape (1, Q, L); ValueError without any, or when one is too long."""
        if not phrases:
            raise ValueError("phrases: expected at least one, got none")
        key = tuple(phrases)
        if key not in self._tokens:
            ids = [self._tokenizer.encode(phrase, self._prompt_length) for phrase in phrases]
            _keep(self._tokens, key, np.array(ids, dtype=np.int64)[None], self.KEPT)
        return self._tokens[key]

    def network_camera(self, camera: Camera) -> Camera:
        """The camera of the network's picture."""
        return Framing.letterbox((camera.width, camera.height), self._size).camera(camera)

    def framing(self, camera: Camera) -> Framing:
        """How a camera's picture is laid into the network's input."""
        return Framing.letterbox((camera.width, camera.height), self._size, self._zoom)

    def rays(self, camera: Camera, mounting: Mounting | None) -> NDArray[np.float32]:
        """Ray features of a live camera, shape (R, H / 4, W / 4)."""
        pose = None if mounting is None else (*mounting.up_camera.tolist(), mounting.height_m)
        key = (camera, pose)
        if key not in self._features:
            known = self._known(camera)
            up = None if mounting is None else mounting.up_camera
            height = None if mounting is None else mounting.height_m
            features = ray_features(known.rays, known.valid, STRIDE, up, height)
            _keep(self._features, key, features, self.KEPT)
        return self._features[key]

    def _known(self, camera: Camera) -> _Known:
        if camera not in self._cameras:
            framing = self.framing(camera)
            rays, valid = cells(framing.camera(camera), framing.content())
            _keep(self._cameras, camera, _Known(framing, rays, valid), self.KEPT)
        return self._cameras[camera]


def _keep(kept: OrderedDict[Key, Value], key: Key, value: Value, limit: int) -> None:
    """Add a value; the oldest goes where there are more than ``limit``."""
    kept[key] = value
    if len(kept) > limit:
        kept.popitem(last=False)
