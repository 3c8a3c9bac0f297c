"""The whole way from an observation and words to places, without ROS: load once, ask often."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.framing import Framing
from camaware_ros.language.dialogue import encode_question, parse_question
from camaware_ros.language.dialogue_text import answer_text, labels
from camaware_ros.language.dialogue_words import EOS
from camaware_ros.resources import share_directory
from camaware_ros.runtime import camera_range
from camaware_ros.runtime.answering import (
    measures,
    spelled_box,
    spelled_places,
    write_answer,
)
from camaware_ros.runtime.backend import Backend, open_backend
from camaware_ros.runtime.contract import ModelInputs, ModelOutputs
from camaware_ros.runtime.detecting import read_objects
from camaware_ros.runtime.inputs import InputBuilder
from camaware_ros.runtime.manifest import Manifest, checked_file, read_manifest
from camaware_ros.runtime.reading import Spreads, read_localizations
from camaware_ros.types import Answer, Localization, Observation

DEFAULT_MODEL = "camaware-small"
FAMILIARITY_FILE = "familiarity.npz"
TOKEN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundingResult:
    """What was found in one image.

    Attributes:
        localizations: one per phrase, in order, optical frame (frame_id "").
        warnings: why the answer deserves less trust: camera or picture outside the trained range.
        network_seconds: time inside the backend.
        heat: where each phrase points, probability per visual token, shape (Q, h, w).
        range_map: range of what is seen, metres, at a quarter of the network's resolution.
        read_objects: makes ``objects``, which costs more than all phrases together.
        camera_score: how far the camera is outside the trained range, 0 inside; see
            ``runtime.camera_range``.
    """

    localizations: tuple[Localization, ...]
    warnings: tuple[str, ...]
    network_seconds: float
    heat: NDArray[np.float32]
    range_map: NDArray[np.float32]
    read_objects: Callable[[], tuple[Localization, ...]] = tuple
    camera_score: float = 0.0

    @property
    def objects(self) -> tuple[Localization, ...]:
        """Everything in view without being asked, best first, optical frame."""
        return self.read_objects()


class Grounder:
    """A loaded model. Not thread-safe: one caller at a time."""

    def __init__(
        self, backend: Backend, manifest: Manifest, folder: Path, zoom: float = 1.0
    ) -> None:
        """Use ``load``."""
        self.backend, self.manifest = backend, manifest
        self.tokenizer = manifest.word_tokenizer()
        self.inputs = InputBuilder(
            manifest.image_size, manifest.prompt_length, self.tokenizer, zoom
        )
        self._spreads = Spreads(
            scale=manifest.sigma_scale, temperature=manifest.pointer_temperature
        )
        with np.load(checked_file(folder, manifest, FAMILIARITY_FILE)) as stored:
            self._mean, self._whiten = stored["mean"], stored["whiten"]

    @classmethod
    def load(
        cls,
        model_dir: Path | None = None,
        backend: str = "auto",
        threads: int = 1,
        zoom: float = 1.0,
    ) -> Grounder:
        """Open a model folder (the shipped one by default).

        Args:
            model_dir: folder with a manifest.
            backend: see ``runtime.backend.open_backend``.
            threads: CPU threads of one forward pass.
            zoom: pictures are shown so much larger, with K alike; see ``Framing.letterbox``.

        Raises:
            OSError: a file is missing.
            ValueError: a file is truncated, changed or of another contract.
            RuntimeError: the backend's library is not installed.
        """
        folder = Path(model_dir) if model_dir else share_directory() / "models" / DEFAULT_MODEL
        manifest = read_manifest(folder)
        return cls(open_backend(folder, manifest, backend, threads), manifest, folder, zoom)

    @property
    def description(self) -> str:
        """Which model on which backend, and what it is told about the camera."""
        width, height = self.manifest.image_size
        return (
            f"{self.manifest.name} on {self.backend.name}, {width} x {height}, conditioned on the "
            "rays of each picture's own camera_info and on its mounting"
        )

    @property
    def max_words(self) -> int:
        """How many words a phrase may have."""
        return self.manifest.prompt_length - 2

    def framing(self, camera: Camera) -> Framing:
        """How a camera's picture is laid into the network's input."""
        return self.inputs.framing(camera)

    def unknown_words(self, phrase: str) -> tuple[str, ...]:
        """Words of a phrase that the model was never taught."""
        return self.tokenizer.unknown_words(phrase)

    def ground(self, observation: Observation, phrases: Sequence[str]) -> GroundingResult:
        """Find every phrase in the image.

        Raises:
            ValueError: no phrase, a phrase too long, or a camera whose image has no ray.
        """
        inputs = self.inputs.build(observation, phrases)
        begin = time.perf_counter()
        outputs = self.backend.infer(inputs)
        seconds = time.perf_counter() - begin
        return self.lift(observation, phrases, inputs, outputs, seconds)

    def lift(
        self,
        observation: Observation,
        phrases: Sequence[str],
        inputs: ModelInputs,
        outputs: ModelOutputs,
        network_seconds: float,
    ) -> GroundingResult:
        """What the network's outputs for these inputs mean in space: ``ground`` without it."""
        up, spreads, score = self._circumstances(observation, inputs, outputs)
        camera, trust = observation.camera, self._familiarity(outputs)
        words, grid = self.tokenizer.words, self._grid
        return GroundingResult(
            localizations=read_localizations(outputs, phrases, camera, up, spreads, grid, trust),
            warnings=self.camera_warnings(observation) + self._picture_warnings(trust),
            network_seconds=network_seconds,
            heat=outputs.pointer.reshape(-1, *self._grid),
            range_map=np.exp(outputs.range_map),
            read_objects=partial(read_objects, outputs, words, camera, up, spreads, trust),
            camera_score=score,
        )

    @property
    def can_answer(self) -> bool:
        """Whether the model was taught to answer questions."""
        return EOS in self.tokenizer.answers

    def check_question(self, text: str) -> None:
        """Find out whether ``ask`` would take a text.

        Raises:
            CommandError: no question.
            ValueError: a question too long, or a model that was not taught to answer.
        """
        encode_question(self.tokenizer, parse_question(text))

    def ask(self, observation: Observation, text: str) -> Answer:
        """Answer a question in plain English, such as "how many chairs do you see?".

        Raises:
            CommandError: no question.
            ValueError: a question too long, a model that was not taught to answer, or a camera
                whose image has no ray.
        """
        question = parse_question(text)
        ids = encode_question(self.tokenizer, question)
        inputs = self.inputs.build(observation, ["thing"])
        begin = time.perf_counter()
        seen = self.backend.see(inputs)
        written = write_answer(self.backend, seen, ids, self.tokenizer, self.manifest.looks_back)
        seconds = time.perf_counter() - begin
        outputs, camera = written.outputs, observation.camera
        up, spreads, _ = self._circumstances(observation, inputs, outputs)
        names = labels(written.tokens, question.phrase or "thing")
        trust = self._familiarity(outputs)
        found = read_localizations(outputs, names, camera, up, spreads, self._grid, trust)
        seen_by = self.inputs.network_camera(camera)
        unknown = [f"never taught: {word}" for word in self.unknown_words(question.phrase)]
        warnings = self.camera_warnings(observation) + self._picture_warnings(trust)
        return Answer(
            question=" ".join(question.tokens),
            text=answer_text(written.tokens, [measures(thing.box, up) for thing in found]),
            localizations=found,
            spelled=tuple(
                place and spelled_box(place, seen_by, up)
                for place in spelled_places(written.tokens)
            ),
            warnings=(*warnings, *unknown),
            network_seconds=seconds,
        )

    @property
    def _grid(self) -> tuple[int, int]:
        width, height = self.manifest.image_size
        return height // TOKEN, width // TOKEN

    def _circumstances(
        self, observation: Observation, inputs: ModelInputs, outputs: ModelOutputs
    ) -> tuple[NDArray[np.float64], Spreads, float]:
        """Which way is up, known or guessed; spreads for this camera; and its camera score."""
        mounting, trained = observation.mounting, self.manifest.trained
        up = outputs.up.astype(np.float64) if mounting is None else mounting.up_camera
        score = camera_range.camera_score(observation.camera, mounting, inputs.rays[0], trained)
        spreads = self._spreads.grown(1 + self.manifest.growth * score)
        return up / np.linalg.norm(up), spreads, score

    def detect(self, observation: Observation) -> tuple[Localization, ...]:
        """Everything in view without being asked, best first, optical frame."""
        return self.ground(observation, ["thing"]).objects

    def camera_warnings(self, observation: Observation) -> tuple[str, ...]:
        """Where camera or mounting leave the range the model was trained in."""
        trained = self.manifest.trained
        return camera_range.camera_warnings(observation.camera, observation.mounting, trained)

    def _familiarity(self, outputs: ModelOutputs) -> float:
        """1 for a picture like those of training, else limit over Mahalanobis distance."""
        distance = float(np.linalg.norm(self._whiten @ (outputs.signature - self._mean)))
        limit = self.manifest.trained.familiarity_limit
        return limit / max(distance, limit)

    def _picture_warnings(self, familiarity: float) -> tuple[str, ...]:
        if familiarity == 1:
            return ()
        limit = self.manifest.trained.familiarity_limit
        return (
            f"the picture is unlike the training pictures "
            f"(distance {limit / familiarity:.0f}, limit {limit:.0f})",
        )

    def close(self) -> None:
        """Free the network."""
        self.backend.close()
