"""What one TF edge was over the last seconds. Pure: integer nanoseconds in, poses out, no rclpy.

An edge is "child in parent". Its parent may change over time, so every entry carries its own.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from statistics import median
from typing import NamedTuple, Protocol

from camaware_ros.ros.quaternion_pose import QuaternionPose, interpolate

_OUTAGE_NS, _OUTAGE_STEPS, _STEPS_KEPT = 1_000_000_000, 10, 32


class TransformException(Exception):
    """Base of every reason why a transform cannot be told."""


class LookupException(TransformException):
    """A frame that nobody has published."""


class ConnectivityException(TransformException):
    """Two frames that no chain of transforms joins."""


class ExtrapolationException(TransformException):
    """A time outside of what has been published."""


class InvalidArgumentException(TransformException):
    """A frame name or a transform that makes no sense."""


class EdgeAtTime(NamedTuple):
    """One edge at one time.

    Attributes:
        parent: name of the parent frame.
        parent_from_child: pose of the child in it.
    """

    parent: str
    parent_from_child: QuaternionPose


class Edge(Protocol):
    """What a tree needs to know of an edge."""

    latest_ns: int | None
    """Newest stamp; None where the edge holds at every time."""

    def at(self, stamp_ns: int) -> EdgeAtTime:
        """The edge at a time; raises ExtrapolationException outside of the history."""
        ...

    def newest(self) -> EdgeAtTime:
        """The edge as last published."""
        ...


class StaticEdge:
    """An edge that holds at every time."""

    latest_ns: int | None = None

    def __init__(self, edge: EdgeAtTime) -> None:
        self._edge = edge

    def at(self, stamp_ns: int) -> EdgeAtTime:
        """The edge, whatever the time."""
        return self._edge

    def newest(self) -> EdgeAtTime:
        """The edge."""
        return self._edge


class DynamicEdge:
    """An edge that moves: stamped entries, interpolated between, forgotten after ``length_ns``.

    Unlike tf2's it does not interpolate across an outage: a gap of more than a second and ten times
    the usual step. Where the robot was in between, nobody knows.
    """

    def __init__(self, child: str, length_ns: int) -> None:
        self._child = child
        self._length_ns = length_ns
        self._stamps: list[int] = []
        self._edges: list[EdgeAtTime] = []
        self._steps_ns: deque[int] = deque(maxlen=_STEPS_KEPT)

    @property
    def latest_ns(self) -> int:
        """Newest stamp."""
        return self._stamps[-1]

    def insert(self, stamp_ns: int, edge: EdgeAtTime) -> bool:
        """Remember an entry, in any order; the same stamp again replaces what was there.

        Returns:
            False where the entry is older than the history is long, and was not kept.
        """
        if self._stamps and stamp_ns < self._stamps[-1] - self._length_ns:
            return False
        if self._stamps and stamp_ns > self._stamps[-1]:
            self._steps_ns.append(stamp_ns - self._stamps[-1])
        place = bisect_left(self._stamps, stamp_ns)
        if place < len(self._stamps) and self._stamps[place] == stamp_ns:
            self._edges[place] = edge
        else:
            self._stamps.insert(place, stamp_ns)
            self._edges.insert(place, edge)
        forgotten = bisect_left(self._stamps, self._stamps[-1] - self._length_ns)
        del self._stamps[:forgotten], self._edges[:forgotten]
        return True

    def newest(self) -> EdgeAtTime:
        """The edge as last stamped."""
        return self._edges[-1]

    def at(self, stamp_ns: int) -> EdgeAtTime:
        """The edge at a time, interpolated; where the parent changed between, the earlier entry.

        Raises:
            ExtrapolationException: before the oldest or after the newest entry, or in an outage.
        """
        after = bisect_left(self._stamps, stamp_ns)
        if after < len(self._stamps) and self._stamps[after] == stamp_ns:
            return self._edges[after]
        if after == 0 or after == len(self._stamps):
            raise ExtrapolationException(self._outside(stamp_ns))
        start, end = self._edges[after - 1], self._edges[after]
        if start.parent != end.parent:
            return start
        begin_ns, end_ns = self._stamps[after - 1], self._stamps[after]
        if self._is_outage(end_ns - begin_ns):
            raise ExtrapolationException(
                f"frame {self._child!r} was asked for at {stamp_ns / 1e9:.3f} s, but was not "
                f"published from {begin_ns / 1e9:.3f} s to {end_ns / 1e9:.3f} s"
            )
        fraction = (stamp_ns - begin_ns) / (end_ns - begin_ns)
        return EdgeAtTime(
            start.parent,
            interpolate(start.parent_from_child, end.parent_from_child, fraction),
        )

    def _is_outage(self, gap_ns: int) -> bool:
        if gap_ns <= _OUTAGE_NS or not self._steps_ns:
            return False
        return gap_ns > _OUTAGE_STEPS * median(self._steps_ns)

    def _outside(self, stamp_ns: int) -> str:
        oldest, newest = self._stamps[0], self._stamps[-1]
        past = stamp_ns < oldest
        gap_ms = (oldest - stamp_ns if past else stamp_ns - newest) / 1e6
        direction, side = ("past", "before") if past else ("future", "after")
        return (
            f"extrapolation into the {direction}: frame {self._child!r} was asked for at "
            f"{stamp_ns / 1e9:.3f} s, {gap_ms:.1f} ms {side} what is known "
            f"({oldest / 1e9:.3f} s to {newest / 1e9:.3f} s)"
        )
