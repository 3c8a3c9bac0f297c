"""What several cameras see at about the same time, as one view from the robot's base. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.localization.fusion import Track, fused
from camaware_ros.types import Localization

_SPREAD_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one camera saw.

    Attributes:
        camera: name.
        stamp_ns: of its image.
        found: in the base frame at that moment.
        doubts: why it deserves less trust.
        world_from_base: the base at that moment in a frame that stands still; None where the
            detections are given in no such frame.
    """

    camera: str
    stamp_ns: int
    found: tuple[Localization, ...]
    doubts: tuple[str, ...]
    world_from_base: Rigid3 | None


class Rounds:
    """Collects one view per camera, so that no look counts twice.

    Args:
        cameras: names of all.
    """

    def __init__(self, cameras: Sequence[str]) -> None:
        self._cameras = frozenset(cameras)
        self._views: dict[str, View] = {}

    def add(self, view: View) -> tuple[View, ...]:
        """The views of a round that this one ends; empty while it goes on.

        A round ends with the last camera, or where one is seen again before another came at all.
        """
        if view.camera in self._views:
            complete = tuple(self._views.values())
            self._views = {view.camera: view}
            return complete
        self._views[view.camera] = view
        if self._views.keys() != self._cameras:
            return ()
        complete, self._views = tuple(self._views.values()), {}
        return complete

    def forget(self) -> None:
        """Begin anew, for another question."""
        self._views = {}


def joined(views: Sequence[View]) -> tuple[Localization, ...]:
    """Each thing once, in the base frame at the moment of the last view.

    Views taken more than a second from that (a clock was set) are left out. The robot's motion
    between two views is taken out where their ``world_from_base`` tell it.
    """
    last = views[-1]
    tracks: tuple[Track, ...] = ()
    for view in views:
        if abs(view.stamp_ns - last.stamp_ns) > _SPREAD_NS:
            continue
        for thing in view.found:
            # One moment for all of them: the fusion's ageing is for looks that follow each other.
            tracks = fused(tracks, _moved(thing, view, last), last.stamp_ns / 1e9)
    return tuple(track.localization for track in tracks)


def _moved(thing: Localization, view: View, last: View) -> Localization:
    if view.world_from_base is None or last.world_from_base is None:
        return thing
    now_from_then = last.world_from_base.inverse() @ view.world_from_base
    return thing.in_frame(now_from_then, thing.frame_id)
