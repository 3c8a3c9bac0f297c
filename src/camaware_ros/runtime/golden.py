"""Golden outputs: what torch said when the model was exported, to compare every backend with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from camaware_ros.runtime.contract import INPUT_NAMES, OUTPUT_NAMES, ModelInputs, ModelOutputs

GOLDEN_FILE = "golden.npz"


def save_golden(path: Path, inputs: Sequence[ModelInputs], answers: Sequence[ModelOutputs]) -> None:
    """Write inputs with the outputs that belong to them."""
    arrays: dict[str, np.ndarray] = {}
    for index, (question, answer) in enumerate(zip(inputs, answers, strict=True)):
        arrays |= {f"{index}/in/{k}": v for k, v in question.arrays().items()}
        arrays |= {f"{index}/out/{name}": getattr(answer, name) for name in OUTPUT_NAMES}
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def load_golden(path: Path) -> list[tuple[ModelInputs, ModelOutputs]]:
    """What :func:`save_golden` wrote."""
    with np.load(path) as stored:
        count = len({key.split("/")[0] for key in stored.files})
        return [
            (
                ModelInputs(**{name: stored[f"{i}/in/{name}"] for name in INPUT_NAMES}),
                ModelOutputs(**{name: stored[f"{i}/out/{name}"] for name in OUTPUT_NAMES}),
            )
            for i in range(count)
        ]


def largest_difference(a: ModelOutputs, b: ModelOutputs) -> tuple[float, str]:
    """The largest absolute difference over all outputs, and which output has it."""
    return max(
        (float(np.abs(getattr(a, name) - getattr(b, name)).max()), name) for name in OUTPUT_NAMES
    )
