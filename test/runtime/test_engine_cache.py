"""Compiled engines on disk: the right one or none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camaware_ros.runtime.engine_cache import EngineCache, EngineKey, default_cache

KEY = EngineKey(
    graph="vision.onnx", graph_sha256="ab" * 32, library="tensorrt 10.3.0", gpu="Orin",
    compute_capability="8.7", precision="fp16", profiles="[]",
)  # fmt: skip
ENGINE = bytes(range(256)) * 40


def test_what_was_stored_comes_back(tmp_path: Path) -> None:
    cache = EngineCache(tmp_path / "new" / "folder")
    assert cache.load(KEY) is None
    path = cache.store(KEY, ENGINE)
    assert cache.load(KEY) == ENGINE
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("name", [f.name for f in fields(EngineKey)])
def test_another_key_is_another_engine(tmp_path: Path, name: str) -> None:
    cache = EngineCache(tmp_path)
    cache.store(KEY, ENGINE)
    other = replace(KEY, **{name: getattr(KEY, name) + "1"})
    assert cache.load(other) is None
    cache.path(KEY).rename(cache.path(other))  # even where it lies in the other's place
    assert cache.load(other) is None


@given(cut=st.integers(0, len(ENGINE) + 400))
def test_never_trusted_when_truncated(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    cache = EngineCache(tmp_path_factory.mktemp("engines"))
    path = cache.store(KEY, ENGINE)
    whole = path.read_bytes()
    path.write_bytes(whole[:cut])
    assert cache.load(KEY) == (ENGINE if cut >= len(whole) else None)


@given(data=st.data())
def test_never_trusted_when_a_bit_differs(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    cache = EngineCache(tmp_path_factory.mktemp("engines"))
    path = cache.store(KEY, ENGINE)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    assert cache.load(KEY) is None


def test_a_process_killed_while_storing_leaves_the_old_engine(tmp_path: Path) -> None:
    """A writer that stores big engines over and over is killed; the file is whole all the time."""
    code = (
        "import sys; from pathlib import Path\n"
        "from camaware_ros.runtime.engine_cache import EngineCache, EngineKey\n"
        f"key = EngineKey(**{ {f.name: getattr(KEY, f.name) for f in fields(KEY)}!r})\n"
        "cache = EngineCache(Path(sys.argv[1]))\n"
        "while True: cache.store(key, b'x' * 30_000_000)\n"
    )
    path = os.pathsep.join(sys.path)
    cache = EngineCache(tmp_path)
    for _ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], env={**os.environ, "PYTHONPATH": path}
        )
        deadline = time.monotonic() + 30
        while not cache.path(KEY).exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        assert cache.load(KEY) == b"x" * 30_000_000


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(OSError, match="file"):
        EngineCache(blocked / "engines").store(KEY, ENGINE)
    assert EngineCache(blocked / "engines").load(KEY) is None


def test_place_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "camaware_ros" / "engines"
