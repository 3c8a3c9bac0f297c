"""grounding_node for ``fault_run``: the real one, whose backend throws while a file exists."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from camaware_ros.grounder import Grounder
from camaware_ros.ros.grounding_node import main
from camaware_ros.runtime.contract import ModelInputs, ModelOutputs

THROW_FILE_VARIABLE = "CAMAWARE_FAULT_FILE"


class ThrowingBackend:
    """A backend that breaks on demand.

    Args:
        backend: that does the work otherwise.
        file: while it exists every call raises.
    """

    def __init__(self, backend: Any, file: Path) -> None:
        self._backend, self._file = backend, file
        self.name = backend.name

    def infer(self, inputs: ModelInputs) -> ModelOutputs:
        """One forward pass.

        Raises:
            RuntimeError: while the file exists.
        """
        if self._file.exists():
            raise RuntimeError("the backend was made to throw")
        return self._backend.infer(inputs)

    def close(self) -> None:
        """Free what the backend holds."""
        self._backend.close()


def load(**arguments: Any) -> Grounder:
    """As ``Grounder.load``, with a backend that may throw."""
    grounder = Grounder.load(**arguments)
    grounder.backend = ThrowingBackend(grounder.backend, Path(os.environ[THROW_FILE_VARIABLE]))
    return grounder


if __name__ == "__main__":
    sys.exit(main(load_grounder=load))
