"""Which camera_info belongs to which image. Pure: stamps in nanoseconds, anything as payload.

Drivers differ: most stamp both messages alike, some re-stamp one of them by a few milliseconds, a
few send camera_info only once. A camera that is swapped or zooms must never lend its old
intrinsics to a new image, so equal stamps always win over near ones, and a camera_info of another
frame than the image's is taken only from a driver that is never seen to call both alike.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

Image = TypeVar("Image")
Info = TypeVar("Info")

_CLOCK_RESET_NS = 1_000_000_000
_WAITING_IMAGES = 4
_KEPT_INFOS = 32
_KEPT_FRAMES = 32


class PairedBy(Enum):
    """How an image found its camera_info."""

    EXACT = "exact"
    SLOP = "slop"
    LATEST = "latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair(Generic[Image, Info]):
    """An image and its camera_info.

    Attributes:
        stamp_ns: of the image.
        gap_ns: stamp of the camera_info minus that of the image.
        frames: frame_id of the image and of the camera_info.
    """

    image: Image
    info: Info
    stamp_ns: int
    gap_ns: int
    paired_by: PairedBy
    frames: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Unpaired:
    """An image that found no camera_info.

    Attributes:
        gap_ns: to the nearest one of its camera; None where there is none at all.
        frame: frame_id of the image.
        other_frame: frame_id of the newest camera_info, where it is of another camera.
    """

    stamp_ns: int
    gap_ns: int | None
    frame: str = ""
    other_frame: str | None = None


class _Image(NamedTuple, Generic[Image]):
    stamp_ns: int
    frame: str
    image: Image


class _Info(NamedTuple, Generic[Info]):
    stamp_ns: int
    frame: str
    info: Info


class FramePairing(Generic[Image, Info]):
    """Collects both streams and says which belong together.

    Args:
        slop_ns: largest difference of stamps that still counts as one moment; 0 for equal only.
        latest_info: take the newest camera_info, whatever its stamp (drivers that send it rarely).
    """

    def __init__(self, slop_ns: int = 20_000_000, *, latest_info: bool = False) -> None:
        if slop_ns < 0:
            raise ValueError(f"slop_ns: expected 0 or more, got {slop_ns}")
        self._slop_ns = slop_ns
        self._latest_info = latest_info
        self._images: list[_Image[Image]] = []
        self._infos: list[_Info[Info]] = []
        self._image_frames: deque[str] = deque(maxlen=_KEPT_FRAMES)
        self._last_image_ns = self._last_info_ns = 0
        self._stamps_are_equal = True
        self._last_unpaired: Unpaired | None = None

    @property
    def unpaired(self) -> Unpaired | None:
        """The image that last went without; None once a later one was paired."""
        return self._last_unpaired

    def add_image(self, stamp_ns: int, image: Image, frame: str = "") -> Pair[Image, Info] | None:
        """An image arrived. Returns the pair where its camera_info is certain already."""
        if stamp_ns < self._last_image_ns - _CLOCK_RESET_NS:
            self._forget_after(stamp_ns)
        self._last_image_ns = stamp_ns
        self._image_frames.append(frame)
        new = _Image(stamp_ns, frame, image)
        infos = self._infos_of(new)
        if self._latest_info:
            if infos:
                return self._paired(new, infos[-1], PairedBy.LATEST)
            self._last_unpaired = self._without(new)
            return None
        exact = next((info for info in infos if info.stamp_ns == stamp_ns), None)
        if exact is not None:
            return self._paired(new, exact, PairedBy.EXACT)
        if self._equal_can_no_longer_come(new):
            return self._nearest(new)
        self._wait(new)
        return None

    def add_info(self, stamp_ns: int, info: Info, frame: str = "") -> Pair[Image, Info] | None:
        """A camera_info arrived. Returns the pair with the newest waiting image that it settles."""
        if stamp_ns < self._last_info_ns - _CLOCK_RESET_NS:
            self._forget_after(stamp_ns)
        self._last_info_ns = stamp_ns
        new = _Info(stamp_ns, frame, info)
        self._infos = [*self._infos, new][-_KEPT_INFOS:]
        waiting = [image for image in self._images if self._may_belong(image.frame, frame)]
        exact = next((image for image in waiting if image.stamp_ns == stamp_ns), None)
        if exact is not None:
            return self._paired(exact, new, PairedBy.EXACT)
        settled = [image for image in waiting if self._equal_can_no_longer_come(image)]
        return self._nearest(settled[-1]) if settled else None

    def _infos_of(self, image: _Image[Image]) -> list[_Info[Info]]:
        """Those that may be of the image's camera, oldest first."""
        return [info for info in self._infos if self._may_belong(image.frame, info.frame)]

    def _may_belong(self, image_frame: str, info_frame: str) -> bool:
        """Alike, or of a driver that gives its two messages two frames, always."""
        if image_frame == info_frame or not image_frame or not info_frame:
            return True
        info_is_of_another = info_frame in self._image_frames
        image_has_its_own = any(info.frame == image_frame for info in self._infos)
        return not info_is_of_another and not image_has_its_own

    def _equal_can_no_longer_come(self, image: _Image[Image]) -> bool:
        """Stamps come in order, so a later camera_info rules an equal one out.

        Where the stream has shown that its stamps are never equal, a near one is enough at once.
        """
        gaps_ns = [info.stamp_ns - image.stamp_ns for info in self._infos_of(image)]
        if any(gap_ns > 0 for gap_ns in gaps_ns):
            return True
        near = any(abs(gap_ns) <= self._slop_ns for gap_ns in gaps_ns)
        return near and not self._stamps_are_equal

    def _nearest(self, image: _Image[Image]) -> Pair[Image, Info] | None:
        info = min(self._infos_of(image), key=lambda info: abs(info.stamp_ns - image.stamp_ns))
        if abs(info.stamp_ns - image.stamp_ns) <= self._slop_ns:
            self._stamps_are_equal = False
            return self._paired(image, info, PairedBy.SLOP)
        self._images = [other for other in self._images if other.stamp_ns > image.stamp_ns]
        self._last_unpaired = self._without(image)
        return None

    def _paired(
        self, image: _Image[Image], info: _Info[Info], paired_by: PairedBy
    ) -> Pair[Image, Info]:
        self._images = [other for other in self._images if other.stamp_ns > image.stamp_ns]
        self._last_unpaired = None
        if paired_by is PairedBy.EXACT:
            self._stamps_are_equal = True
        return Pair(
            image=image.image,
            info=info.info,
            stamp_ns=image.stamp_ns,
            gap_ns=info.stamp_ns - image.stamp_ns,
            paired_by=paired_by,
            frames=(image.frame, info.frame),
        )

    def _wait(self, image: _Image[Image]) -> None:
        self._images = [*self._images, image]
        if len(self._images) > _WAITING_IMAGES:
            self._last_unpaired = self._without(self._images[0])
            self._images = self._images[1:]

    def _without(self, image: _Image[Image]) -> Unpaired:
        gaps_ns = [info.stamp_ns - image.stamp_ns for info in self._infos_of(image)]
        strange = self._infos[-1].frame if self._infos and not gaps_ns else None
        return Unpaired(image.stamp_ns, min(gaps_ns, key=abs, default=None), image.frame, strange)

    def _forget_after(self, stamp_ns: int) -> None:
        """A bag that starts over or a simulation that was reset sends old stamps again."""
        limit_ns = stamp_ns + _CLOCK_RESET_NS
        self._images = [image for image in self._images if image.stamp_ns <= limit_ns]
        if not self._latest_info:
            self._infos = [info for info in self._infos if info.stamp_ns <= limit_ns]
