"""Names of cameras, and the topics that belong to one. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

ONLY_CAMERA = ""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(/[A-Za-z][A-Za-z0-9_]*)*")


def camera_topic(camera: str, topic: str) -> str:
    """A camera's topic: ``front/image``, or ``image`` for a camera without a name."""
    return f"{camera}/{topic}" if camera else topic


def checked_cameras(cameras: Sequence[str]) -> tuple[str, ...]:
    """The names, which may each be a part of a topic's name.

    Raises:
        ValueError: without any camera, on one named twice, on a name that no topic can have, and
            on no name (``''``) beside others.
    """
    if not cameras:
        raise ValueError("cameras: expected a name at least ([''] for one camera), got none")
    if len(set(cameras)) < len(cameras):
        raise ValueError(f"cameras: expected each name once, got {list(cameras)}")
    if tuple(cameras) != (ONLY_CAMERA,):
        for camera in cameras:
            if not _NAME.fullmatch(camera):
                raise ValueError(
                    f"cameras: expected names of letters, digits and '_', got {camera!r}"
                )
    return tuple(cameras)
