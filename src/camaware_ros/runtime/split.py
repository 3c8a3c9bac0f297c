"""The network as two graphs, whoever computes them: see once, read as often as there are words."""

from __future__ import annotations

from typing import Protocol

from camaware_ros.runtime.contract import (
    PREFIX_NAMES,
    Arrays,
    ModelInputs,
    ModelOutputs,
    outputs_from,
)
from camaware_ros.runtime.prompt import phrases_prompt


class Graph(Protocol):
    """One loaded graph."""

    def __call__(self, inputs: Arrays) -> Arrays:
        """All outputs by name; ValueError when inputs do not fit, RuntimeError when it fails."""

    def close(self) -> None:
        """Free what it holds."""


class SplitNetwork:
    """A ``Backend`` made of two graphs (names and shapes: ``runtime.contract``)."""

    def __init__(self, name: str, vision: Graph, language: Graph) -> None:
        """Take over both graphs."""
        self.name, self._vision, self._language = name, vision, language

    def see(self, inputs: ModelInputs) -> Arrays:
        """What the picture shows, without any word: ``contract.VISION_OUTPUTS``."""
        return self._vision({"pixels": inputs.pixels, "rays": inputs.rays})

    def read(self, seen: Arrays, prompt: Arrays) -> Arrays:
        """Words behind what was seen: ``contract.LANGUAGE_OUTPUTS``.

        Args:
            seen: at least ``contract.PREFIX_NAMES``.
            prompt: see ``runtime.prompt``.
        """
        return self._language({name: seen[name] for name in PREFIX_NAMES} | dict(prompt))

    def infer(self, inputs: ModelInputs) -> ModelOutputs:
        """See ``Backend``."""
        seen = self.see(inputs)
        prompt = phrases_prompt(inputs.tokens, seen["features"].shape[1])
        return outputs_from({**seen, **self.read(seen, prompt)})

    def close(self) -> None:
        """Free both graphs."""
        self._vision.close()
        self._language.close()
