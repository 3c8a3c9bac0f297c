"""Which camera_info belongs to which image. Pure: stamps in nanoseconds, anything as payload.

Drivers differ: most stamp both messages alike, some re-stamp one of them by a few milliseconds, a
few send camera_info only once. A camera that is swapped or zooms must never lend its old
intrinsics to a new image, so equal stamps always win over near ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

Image = TypeVar("Image")
Info = TypeVar("Info")

_CLOCK_RESET_NS = 1_000_000_000
_WAITING_IMAGES = 4
_KEPT_INFOS = 32


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
    """

    image: Image
    info: Info
    stamp_ns: int
    gap_ns: int
    paired_by: PairedBy


@dataclass(frozen=True, slots=True)
class Unpaired:
    """An image that found no camera_info.

    Attributes:
        gap_ns: to the nearest one; None where there is none at all.
    """

    stamp_ns: int
    gap_ns: int | None


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
        self._images: list[tuple[int, Image]] = []
        self._infos: list[tuple[int, Info]] = []
        self._last_image_ns = self._last_info_ns = 0
        self._stamps_are_equal = True
        self._last_unpaired: Unpaired | None = None

    @property
    def unpaired(self) -> Unpaired | None:
        """The image that last went without; None once a later one was paired."""
        return self._last_unpaired

    def add_image(self, stamp_ns: int, image: Image) -> Pair[Image, Info] | None:
        """An image arrived. Returns the pair where its camera_info is certain already."""
        if stamp_ns < self._last_image_ns - _CLOCK_RESET_NS:
            self._forget_after(stamp_ns)
        self._last_image_ns = stamp_ns
        if self._latest_info:
            if not self._infos:
                self._last_unpaired = Unpaired(stamp_ns, None)
                return None
            return self._paired(stamp_ns, image, self._infos[-1], PairedBy.LATEST)
        exact = next((info for info in self._infos if info[0] == stamp_ns), None)
        if exact is not None:
            return self._paired(stamp_ns, image, exact, PairedBy.EXACT)
        if self._equal_can_no_longer_come(stamp_ns):
            return self._nearest(stamp_ns, image)
        self._wait(stamp_ns, image)
        return None

    def add_info(self, stamp_ns: int, info: Info) -> Pair[Image, Info] | None:
        """A camera_info arrived. Returns the pair with the newest waiting image that it settles."""
        if stamp_ns < self._last_info_ns - _CLOCK_RESET_NS:
            self._forget_after(stamp_ns)
        self._last_info_ns = stamp_ns
        self._infos = [*self._infos, (stamp_ns, info)][-_KEPT_INFOS:]
        exact = next((image for image in self._images if image[0] == stamp_ns), None)
        if exact is not None:
            return self._paired(*exact, (stamp_ns, info), PairedBy.EXACT)
        settled = [image for image in self._images if self._equal_can_no_longer_come(image[0])]
        return self._nearest(*settled[-1]) if settled else None

    def _equal_can_no_longer_come(self, stamp_ns: int) -> bool:
        """Stamps come in order, so a later camera_info rules an equal one out.

        Where the stream has shown that its stamps are never equal, a near one is enough at once.
        """
        if any(info_ns > stamp_ns for info_ns, _ in self._infos):
            return True
        near = any(abs(info_ns - stamp_ns) <= self._slop_ns for info_ns, _ in self._infos)
        return near and not self._stamps_are_equal

    def _nearest(self, stamp_ns: int, image: Image) -> Pair[Image, Info] | None:
        info = min(self._infos, key=lambda entry: abs(entry[0] - stamp_ns))
        if abs(info[0] - stamp_ns) <= self._slop_ns:
            self._stamps_are_equal = False
            return self._paired(stamp_ns, image, info, PairedBy.SLOP)
        self._images = [waiting for waiting in self._images if waiting[0] > stamp_ns]
        self._last_unpaired = Unpaired(stamp_ns, info[0] - stamp_ns)
        return None

    def _paired(
        self, stamp_ns: int, image: Image, info: tuple[int, Info], paired_by: PairedBy
    ) -> Pair[Image, Info]:
        self._images = [waiting for waiting in self._images if waiting[0] > stamp_ns]
        self._last_unpaired = None
        if paired_by is PairedBy.EXACT:
            self._stamps_are_equal = True
        return Pair(
            image=image,
            info=info[1],
            stamp_ns=stamp_ns,
            gap_ns=info[0] - stamp_ns,
            paired_by=paired_by,
        )

    def _wait(self, stamp_ns: int, image: Image) -> None:
        self._images = [*self._images, (stamp_ns, image)]
        if len(self._images) > _WAITING_IMAGES:
            dropped_ns = self._images[0][0]
            gaps = [info_ns - dropped_ns for info_ns, _ in self._infos]
            self._last_unpaired = Unpaired(dropped_ns, min(gaps, key=abs, default=None))
            self._images = self._images[1:]

    def _forget_after(self, stamp_ns: int) -> None:
        """A bag that starts over or a simulation that was reset sends old stamps again."""
        limit_ns = stamp_ns + _CLOCK_RESET_NS
        self._images = [entry for entry in self._images if entry[0] <= limit_ns]
        if not self._latest_info:
            self._infos = [entry for entry in self._infos if entry[0] <= limit_ns]
