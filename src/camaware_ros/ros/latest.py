"""A worker thread that always works on the newest items. Knows nothing of ROS or images."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class LatestWorker(Generic[Item]):
    """One thread and a slot of one per source: a newer item replaces the older that still waits.

    The sources take turns: of those with an item that waits, the one served longest ago is next.

    Args:
        job: called in the thread with each item that was not replaced.
        on_error: called in the thread with the exception of a failed job; the thread goes on.
        name: of the thread.
    """

    def __init__(
        self,
        job: Callable[[Item], None],
        on_error: Callable[[Exception], None],
        name: str = "latest_worker",
    ) -> None:
        self._job = job
        self._on_error = on_error
        self._wake = threading.Condition()
        self._slots: dict[str, Item] = {}
        self._turns: dict[str, int] = {}
        self._stopping = False
        self._replaced = 0
        self._done = 0
        self._failed = 0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def replaced(self) -> int:
        """Items that a newer one replaced before their turn."""
        return self._replaced

    @property
    def done(self) -> int:
        """Jobs that ended well."""
        return self._done

    @property
    def failed(self) -> int:
        """Jobs that raised."""
        return self._failed

    def submit(self, item: Item, source: str = "") -> bool:
        """Hand over an item; never blocks on the job.

        Returns:
            True where it replaced an older one of its source that was still waiting.
        """
        with self._wake:
            replaces = source in self._slots
            self._replaced += replaces
            self._slots[source] = item
            self._wake.notify()
        return replaces

    def stop(self, timeout_s: float | None = None) -> bool:
        """Finish the running job, drop the waiting item, join the thread; safe to call twice.

        Returns:
            True when the thread has ended; False when the timeout came first.
        """
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._slots or self._stopping)
                if self._stopping:
                    return
                source = min(self._slots, key=lambda name: self._turns.get(name, 0))
                self._turns[source] = max(self._turns.values(), default=0) + 1
                item = self._slots.pop(source)
            self._work(item)

    def _work(self, item: Item) -> None:
        try:
            self._job(item)
        except Exception as error:  # the outer loop of a node's work: report, go on
            self._failed += 1
            self._on_error(error)
        else:
            self._done += 1
