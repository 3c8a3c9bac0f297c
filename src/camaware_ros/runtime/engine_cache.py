"""Compiled engines on disk: what one was built for, and whether what lies there is still it.

An engine is a file of its own: a line of JSON that says what it was built for, its size and its
hash, then the engine. Knows no TensorRT.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

LONGEST_HEADER = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineKey:
    """Everything an engine depends on; where one differs, it is another engine.

    Attributes:
        graph: file name of the ONNX graph.
        graph_sha256: of the graph and the weights beside it.
        library: name and version of what compiles and runs it.
        gpu: name of the card.
        compute_capability: of the card, for example ``8.7``.
        precision: ``fp32`` or ``fp16``.
        profiles: the ranges of shapes, as text.
    """

    graph: str
    graph_sha256: str
    library: str
    gpu: str
    compute_capability: str
    precision: str
    profiles: str

    def digest(self) -> str:
        """Short name of this key."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:24]


def default_cache() -> Path:
    """Where engines are kept: ``$XDG_CACHE_HOME/camaware_ros/engines``."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "camaware_ros" / "engines"


class EngineCache:
    """Engines in one folder."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is made when the first engine is stored."""
        self.folder = folder

    def path(self, key: EngineKey) -> Path:
        """Where the engine of a key lies, or would."""
        return self.folder / f"{Path(key.graph).stem}-{key.digest()}.engine"

    def load(self, key: EngineKey) -> bytes | None:
        """The engine of this very key; None when there is none that is whole."""
        try:
            with self.path(key).open("rb") as file:
                header = json.loads(file.readline(LONGEST_HEADER))
                engine = file.read()
        except (OSError, ValueError):
            return None
        return engine if engine and header == _header(key, engine) else None

    def store(self, key: EngineKey, engine: bytes) -> Path:
        """Keep an engine; another process sees either none or all of it.

        Raises:
            OSError: the folder cannot be written, or the disk is full.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(json.dumps(_header(key, engine)).encode() + b"\n")
                file.write(engine)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.path(key))
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return self.path(key)


def _header(key: EngineKey, engine: bytes) -> dict[str, object]:
    return {
        "key": asdict(key),
        "bytes": len(engine),
        "sha256": hashlib.sha256(engine).hexdigest(),
    }
