"""grounding_node in a process, with a model that points at red pixels instead of a network.

What it answers follows from the camera alone, so that a test can compute it from the intrinsics.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camaware_ros.geometry.boxes import Box3
from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.ros.grounding_node import main
from camaware_ros.types import Answer, Localization, Observation

RANGE_M = 2.0


@dataclass(frozen=True)
class Result:
    localizations: tuple[Localization, ...]
    warnings: tuple[str, ...]
    network_seconds: float
    range_map: np.ndarray


class RedPixelGrounder:
    @classmethod
    def load(cls, model_dir: Path | None, backend: str, threads: int) -> RedPixelGrounder:
        time.sleep(float(os.environ.get("FAKE_LOAD_SECONDS", "0")))
        if model_dir is not None and not model_dir.exists():
            raise ValueError(f"model: expected a folder, got {model_dir}")
        if backend == "tensorrt":
            raise KeyError("no such engine")
        print(f"model loaded: {backend}", flush=True)
        return cls(backend)

    def __init__(self, backend: str) -> None:
        self._backend = backend

    max_words = 6
    can_answer = True

    @property
    def description(self) -> str:
        return f"red pixels on {self._backend}"

    def unknown_words(self, phrase: str) -> tuple[str, ...]:
        return WordTokenizer().unknown_words(phrase)

    def ground(self, observation: Observation, phrases: Sequence[str]) -> Result:
        time.sleep(float(os.environ.get("FAKE_SECONDS", "0")))
        if "purple" in phrases[0]:
            raise RuntimeError("the network broke")
        wide = observation.camera.hfov_rad > np.radians(95)
        warnings = ("field of view outside of the trained range",) if wide else ()
        found = tuple(self._find(observation, phrase) for phrase in phrases)
        return Result(found, warnings, 0.001, np.full((12, 16), RANGE_M, np.float32))

    def check_question(self, text: str) -> None:
        pass

    def ask(self, observation: Observation, question: str) -> Answer:
        found = self._find(observation, "red pixel")
        text = f"{question} {np.linalg.norm(found.box.center):.2f} m."
        return Answer(
            question=question, text=text, localizations=(found,), spelled=(None,), warnings=(),
            network_seconds=0.001,
        )  # fmt: skip

    def close(self) -> None:
        print(f"model closed: {self._backend}", flush=True)

    @staticmethod
    def _find(observation: Observation, phrase: str) -> Localization:
        rows, columns = np.nonzero(observation.image[..., 0] > 200)
        there = rows.size > 0
        pixel = (columns.mean() + 0.5, rows.mean() + 0.5) if there else (0.5, 0.5)
        rays, _ = observation.camera.unproject(np.array([pixel]))
        height = observation.mounting.height_m if observation.mounting else 0.1
        return Localization(
            label=phrase,
            presence=0.9 if there else 0.1,
            score=0.8,
            frame_id="",
            box=Box3(
                center=RANGE_M * rays[0], size=np.array([0.5, 0.4, height]), rotation=np.eye(3)
            ),
            covariance=np.diag([0.01, 0.02, 0.03]),
            pixel=pixel,
        )


if __name__ == "__main__":
    sys.exit(main(load_grounder=RedPixelGrounder.load))
