"""The tree of TF edges and lookups in it. Pure: no rclpy, no locks, integer nanoseconds.

Semantics are those of tf2: a lookup at time 0 means the newest time that every edge on the way has.
"""

from __future__ import annotations

from camaware_ros.ros.quaternion_pose import IDENTITY, QuaternionPose, compose, invert
from camaware_ros.ros.transform_history import (
    ConnectivityException,
    DynamicEdge,
    Edge,
    EdgeAtTime,
    ExtrapolationException,
    InvalidArgumentException,
    LookupException,
    StaticEdge,
)

DEFAULT_HISTORY_NS = 10_000_000_000


class TransformTree:
    """All edges by child frame.

    Args:
        history_ns: how long moving edges are remembered.
    """

    def __init__(self, history_ns: int = DEFAULT_HISTORY_NS) -> None:
        if history_ns <= 0:
            raise ValueError(f"history_ns: expected a positive number, got {history_ns}")
        self._history_ns = history_ns
        self._edges: dict[str, Edge] = {}
        self._frames: set[str] = set()

    @property
    def frames(self) -> frozenset[str]:
        """Names of all frames, parents and children."""
        return frozenset(self._frames)

    def clear(self) -> None:
        """Forget what moves; static edges stay, because nobody publishes them again."""
        self._edges = {
            child: edge for child, edge in self._edges.items() if isinstance(edge, StaticEdge)
        }
        parents = {edge.newest().parent for edge in self._edges.values()}
        self._frames = parents | set(self._edges)

    def insert(
        self,
        parent: str,
        child: str,
        stamp_ns: int,
        parent_from_child: QuaternionPose,
        *,
        is_static: bool,
    ) -> bool:
        """Remember one transform.

        Returns:
            False where it is older than the history, and was dropped.

        Raises:
            InvalidArgumentException: on an empty name, or a frame that would be its own parent.
        """
        parent, child = checked_frame("parent", parent), checked_frame("child", child)
        if parent == child:
            raise InvalidArgumentException(f"frame {child!r} cannot be its own parent")
        edge = EdgeAtTime(parent, parent_from_child)
        self._frames |= {parent, child}
        if is_static:
            self._edges[child] = StaticEdge(edge)
            return True
        history = self._edges.get(child)
        if not isinstance(history, DynamicEdge):
            history = DynamicEdge(child, self._history_ns)
            self._edges[child] = history
        return history.insert(stamp_ns, edge)

    def lookup(self, target: str, source: str, stamp_ns: int) -> tuple[QuaternionPose, int]:
        """``target_from_source`` at a time, and that time (the newest common one for 0).

        A frame in itself is the identity, known or not.

        Raises:
            InvalidArgumentException: on an empty name or one that starts with a slash.
            LookupException: on a frame that is not known.
            ConnectivityException: where no chain joins the two frames.
            ExtrapolationException: where the chain has no data at that time.
        """
        for role, frame in (("target", target), ("source", source)):
            known = checked_frame(role, frame, lookup=True) in self._frames
            if not known and target != source:
                raise LookupException(f"{role} frame {frame!r} does not exist{self._known()}")
        if stamp_ns == 0:
            stamp_ns = self._latest_common_ns(target, source)
        if target == source:
            return IDENTITY, stamp_ns
        up_source, source_end = self._ancestors(source, stamp_ns)
        up_target, target_end = self._ancestors(target, stamp_ns)
        common = next((frame for frame in up_source if frame in up_target), None)
        if common is None:
            raise source_end or target_end or self._disconnected(target, source)
        return compose(invert(up_target[common]), up_source[common]), stamp_ns

    def _ancestors(
        self, frame: str, stamp_ns: int
    ) -> tuple[dict[str, QuaternionPose], ExtrapolationException | None]:
        """``ancestor_from_frame`` from the frame up, and why the walk ended before the root."""
        found = {frame: IDENTITY}
        here, here_from_frame = frame, IDENTITY
        while (edge := self._edges.get(here)) is not None:
            try:
                at_time = edge.at(stamp_ns)
            except ExtrapolationException as error:
                return found, error
            if at_time.parent in found:
                raise LookupException(f"the frames above {frame!r} form a loop")
            here = at_time.parent
            here_from_frame = compose(at_time.parent_from_child, here_from_frame)
            found[here] = here_from_frame
        return found, None

    def _latest_common_ns(self, target: str, source: str) -> int:
        """Newest time at which every edge between the two is known; 0 where all are static."""
        above_target = self._newest_line(target)
        above_source = self._newest_line(source)
        common = next((frame for frame in above_source if frame in above_target), None)
        if common is None:
            raise self._disconnected(target, source)
        on_the_way = [
            *above_source[: above_source.index(common)],
            *above_target[: above_target.index(common)],
        ]
        if target == source and source in self._edges:
            on_the_way = [source]
        stamps = [self._edges[frame].latest_ns for frame in on_the_way]
        return min((stamp for stamp in stamps if stamp is not None), default=0)

    def _newest_line(self, frame: str) -> list[str]:
        line = [frame]
        while (edge := self._edges.get(line[-1])) is not None:
            parent = edge.newest().parent
            if parent in line:
                raise LookupException(f"the frames above {frame!r} form a loop")
            line.append(parent)
        return line

    def _disconnected(self, target: str, source: str) -> ConnectivityException:
        return ConnectivityException(
            f"no chain of transforms joins {target!r} and {source!r}: the one ends at "
            f"{self._newest_line(target)[-1]!r}, the other at {self._newest_line(source)[-1]!r}"
        )

    def _known(self) -> str:
        if not self._frames:
            return " (no transform has been received yet)"
        names = sorted(self._frames)
        more = f" and {len(names) - 12} more" if len(names) > 12 else ""
        return f" (known: {', '.join(names[:12])}{more})"


def checked_frame(role: str, frame: str, *, lookup: bool = False) -> str:
    """The frame name as tf2 keeps it.

    Published names may start with a slash, which is dropped; names asked for may not.
    """
    if lookup and frame.startswith("/"):
        raise InvalidArgumentException(f"{role} frame {frame!r}: names do not start with a slash")
    name = frame.lstrip("/")
    if not name:
        raise InvalidArgumentException(f"{role} frame: expected a name, got {frame!r}")
    return name
