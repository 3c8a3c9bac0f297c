"""A ROS domain that nothing else of ours on this machine uses. Knows lock files, not ROS."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Higher domains use ports that Linux also hands out to other programs.
HIGHEST_DOMAIN = 101
_LOWEST_DOMAIN = 60  # people pick low numbers for their robots


@contextmanager
def claimed_domain() -> Iterator[int]:
    """A domain that is ours until the block ends, also against other users of this function.

    Raises:
        RuntimeError: all of them are taken.
    """
    folder = Path(tempfile.gettempdir())
    for domain in range(HIGHEST_DOMAIN, _LOWEST_DOMAIN - 1, -1):
        try:
            lock = (folder / f"camaware_domain_{domain}.lock").open("w")
        except OSError:  # another user's file
            continue
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            yield domain
            return
    raise RuntimeError(f"ROS domain: expected a free one of {_LOWEST_DOMAIN} to {HIGHEST_DOMAIN}")
