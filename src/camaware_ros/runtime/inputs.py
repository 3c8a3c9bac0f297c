"""From an observation and phrases to the network's arrays; ray features are kept per camera."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.framing import Framing
from camaware_ros.geometry.rays import STRIDE, cells, ray_features
from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.runtime.contract import ModelInputs
from camaware_ros.types import Mounting, Observation


def normalise(image: NDArray[np.uint8], content: NDArray[np.bool_]) -> NDArray[np.float32]:
    """uint8 (H, W, 3) to float32 (3, H, W), 0 outside the content."""
    pixels = (image.astype(np.float32) / 255 - 0.5) / 0.25
    pixels *= content[..., None]
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


class InputBuilder:
    """Builds ``ModelInputs``. Rays of the last few cameras and mountings are not computed again."""

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
        self._cells: OrderedDict[Camera, tuple[NDArray[np.float64], NDArray[np.bool_]]] = (
            OrderedDict()
        )
        self._features: OrderedDict[tuple[object, ...], NDArray[np.float32]] = OrderedDict()

    def build(self, observation: Observation, phrases: Sequence[str]) -> ModelInputs:
        """All arrays for one image.

        Raises:
            ValueError: no phrase, a phrase that is too long, or a camera without any ray.
        """
        if not phrases:
            raise ValueError("phrases: expected at least one, got none")
        ids = [self._tokenizer.encode(phrase, self._prompt_length) for phrase in phrases]
        camera = observation.camera
        framing = self.framing(camera)
        content = framing.content()
        return ModelInputs(
            pixels=normalise(framing.image(observation.image), content)[None],
            rays=self.rays(camera, observation.mounting)[None],
            tokens=np.array(ids, dtype=np.int64)[None],
        )

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
            rays, valid = self._camera_cells(camera)
            up = None if mounting is None else mounting.up_camera
            height = None if mounting is None else mounting.height_m
            self._features[key] = ray_features(rays, valid, STRIDE, up, height)
            _forget_oldest(self._features, self.KEPT)
        return self._features[key]

    def _camera_cells(self, camera: Camera) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        if camera not in self._cells:
            framing = self.framing(camera)
            self._cells[camera] = cells(framing.camera(camera), framing.content())
            _forget_oldest(self._cells, self.KEPT)
        return self._cells[camera]


def _forget_oldest(kept: OrderedDict[object, object], limit: int) -> None:  # type: ignore[type-arg]
    while len(kept) > limit:
        kept.popitem(last=False)
