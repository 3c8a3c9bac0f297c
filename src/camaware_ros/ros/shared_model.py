"""The one model that all cameras share. It may be exchanged between two frames."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from camaware_ros.ros.grounding_settings import GroundingSettings
from camaware_ros.types import Answer, Observation

if TYPE_CHECKING:
    from camaware_ros.grounder import Grounder, GroundingResult

LoadGrounder = Callable[..., "Grounder"]


class SharedModel:
    """Loads, lends and frees a grounder; a grounder itself serves one caller at a time.

    Args:
        load: called with model_dir, backend and threads.
        settings: which model.

    Raises:
        ValueError, OSError, RuntimeError: where it cannot be loaded.
    """

    def __init__(self, load: LoadGrounder, settings: GroundingSettings) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._backend = settings.backend
        self._grounder = self._loaded(settings)

    def use(self, settings: GroundingSettings) -> None:
        """Exchange the model where the settings ask for another backend.

        Raises:
            ValueError, OSError, RuntimeError: where that cannot be loaded; the old one stays.
        """
        if settings.backend == self._backend:
            return
        fresh = self._loaded(settings)
        with self._lock:
            old, self._grounder = self._grounder, fresh
            self._backend = settings.backend
        old.close()

    def ground(self, observation: Observation, phrases: Sequence[str]) -> GroundingResult:
        """As ``Grounder.ground``."""
        with self._lock:
            return self._grounder.ground(observation, phrases)

    def ask(self, observation: Observation, question: str) -> Answer:
        """As ``Grounder.ask``."""
        with self._lock:
            return self._grounder.ask(observation, question)

    def check_question(self, text: str) -> None:
        """As ``Grounder.check_question``."""
        self._grounder.check_question(text)

    @property
    def can_answer(self) -> bool:
        """Whether it was taught to answer questions."""
        return self._grounder.can_answer

    def unknown_words(self, phrase: str) -> tuple[str, ...]:
        """Words of a phrase that the model was never taught."""
        return self._grounder.unknown_words(phrase)

    @property
    def max_words(self) -> int:
        """How many words a phrase may have."""
        return self._grounder.max_words

    @property
    def description(self) -> str:
        """As ``Grounder.description``."""
        return self._grounder.description

    def close(self) -> None:
        """Free the model, after the frame at hand."""
        with self._lock:
            self._grounder.close()

    def _loaded(self, settings: GroundingSettings) -> Grounder:
        folder = settings.model_dir
        try:
            return self._load(
                model_dir=Path(folder) if folder else None,
                backend=settings.backend,
                threads=settings.threads,
            )
        except (ValueError, OSError, RuntimeError):
            raise
        except Exception as error:  # backends raise whatever their libraries do
            raise RuntimeError(f"{type(error).__name__}: {error}") from error
