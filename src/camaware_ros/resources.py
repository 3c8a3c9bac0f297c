"""Where the package's own files are: models, config, launch files, worlds.

Knows the three ways this package is used (source checkout, colcon install, pip install) and
nothing of what is in those files.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

PACKAGE = "camaware_ros"
_MARKER = Path("share", "ament_index", "resource_index", "packages", PACKAGE)


def share_directory() -> Path:
    """Return the folder that holds `config`, `launch` and `models`.

    A source checkout wins over an install, so that edited files are the ones used.

    Raises:
        FileNotFoundError: no such folder; the text names every place looked at.
    """
    return find_share_directory(Path(__file__).resolve(), os.environ, Path(sys.prefix))


def find_share_directory(module: Path, environment: Mapping[str, str], prefix: Path) -> Path:
    """Like `share_directory`, with everything it looks at as arguments.

    Args:
        module: this file, resolved.
        environment: its AMENT_PREFIX_PATH lists colcon and apt prefixes.
        prefix: the interpreter's prefix, as a virtual environment sets it.
    """
    looked_at = []
    for folder in _candidates(module, environment, prefix):
        if folder not in looked_at:
            looked_at.append(folder)
            if (folder / "package.xml").is_file() and (folder / "config").is_dir():
                return folder
    places = "\n  ".join(str(folder) for folder in looked_at)
    raise FileNotFoundError(
        f"{PACKAGE}: expected a folder with package.xml and config/, found none in\n  {places}\n"
        "Run from a source checkout, `source install/setup.bash` after colcon build, "
        "or `pip install .` again."
    )


def _candidates(module: Path, environment: Mapping[str, str], prefix: Path) -> Iterator[Path]:
    source = module.parent.parent
    if source.name == "src":
        yield source.parent
    # PREFIX/lib/pythonX.Y/site-packages/camaware_ros, or Debian's PREFIX/local/lib/...
    for parent in list(module.parents)[1:7]:
        if (parent / _MARKER).is_file():
            yield parent / "share" / PACKAGE
    for entry in environment.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        if entry and (Path(entry) / _MARKER).is_file():
            yield Path(entry) / "share" / PACKAGE
    yield prefix / "share" / PACKAGE
