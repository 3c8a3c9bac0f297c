"""A model folder to spoil: a copy of the shipped one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from camaware_ros.grounder import DEFAULT_MODEL
from camaware_ros.resources import share_directory

sys.path.insert(0, str(Path(__file__).parent))  # for the helper module beside the tests


@pytest.fixture(scope="session")
def shipped() -> Path:
    return share_directory() / "models" / DEFAULT_MODEL


@pytest.fixture
def spoiled(shipped: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(shipped, tmp_path / "model"))
