"""The newest-only worker: order, replacement, survival, end."""

from __future__ import annotations

import threading

from camaware_ros.ros.latest import LatestWorker

WAIT_S = 20.0


def no_error(error: Exception) -> None:
    raise AssertionError(error)


def test_a_newer_item_replaces_the_waiting_one() -> None:
    started, release, seen, end = threading.Event(), threading.Event(), [], threading.Event()

    def job(item: int) -> None:
        seen.append(item)
        started.set()
        release.wait(WAIT_S)
        if item == 9:
            end.set()

    worker = LatestWorker(job, no_error)
    assert not worker.submit(0)
    assert started.wait(WAIT_S)
    assert [worker.submit(item) for item in range(1, 10)] == [False] + [True] * 8
    release.set()
    assert end.wait(WAIT_S)
    assert worker.stop(WAIT_S)
    assert seen == [0, 9]
    assert (worker.replaced, worker.done, worker.failed) == (8, 2, 0)


def test_a_failing_job_is_reported_and_the_next_one_runs() -> None:
    errors, done = [], threading.Event()

    def job(item: str) -> None:
        if item == "bad":
            raise ValueError("bad item")
        done.set()

    reported = threading.Event()

    def on_error(error: Exception) -> None:
        errors.append(error)
        reported.set()

    worker = LatestWorker(job, on_error)
    worker.submit("bad")
    assert reported.wait(WAIT_S)
    worker.submit("good")
    assert done.wait(WAIT_S)
    assert worker.stop(WAIT_S)
    assert [str(error) for error in errors] == ["bad item"]
    assert (worker.failed, worker.done) == (1, 1)


def test_stop_waits_for_the_running_job_and_drops_the_waiting_item() -> None:
    started, release, seen = threading.Event(), threading.Event(), []

    def job(item: int) -> None:
        started.set()
        release.wait(WAIT_S)
        seen.append(item)

    worker = LatestWorker(job, no_error)
    worker.submit(1)
    assert started.wait(WAIT_S)
    worker.submit(2)
    assert not worker.stop(0.01)
    release.set()
    assert worker.stop(WAIT_S) and worker.stop(WAIT_S)
    assert seen == [1]


def test_stop_from_inside_the_job_does_not_hang() -> None:
    called = threading.Event()

    def job(_: int) -> None:
        worker.stop()
        called.set()

    worker = LatestWorker(job, no_error)
    worker.submit(1)
    assert called.wait(WAIT_S)
    assert worker.stop(WAIT_S)


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    workers = [LatestWorker(lambda _: None, no_error) for _ in range(5)]
    assert all(worker.stop(WAIT_S) for worker in workers)
    assert threading.active_count() == before


def test_sources_take_turns_and_each_keeps_its_newest() -> None:
    started, release, seen, end = threading.Event(), threading.Event(), [], threading.Event()

    def job(item: str) -> None:
        seen.append(item)
        started.set()
        release.wait(WAIT_S)
        if len(seen) == 4:
            end.set()

    worker = LatestWorker(job, no_error)
    worker.submit("front 0", "front")
    assert started.wait(WAIT_S)
    replaced = [
        worker.submit(f"{source} {number}", source)
        for number in (1, 2)
        for source in ("front", "left", "rear")
    ]
    assert replaced == [False] * 3 + [True] * 3
    release.set()
    assert end.wait(WAIT_S)
    assert worker.stop(WAIT_S)
    assert seen == ["front 0", "left 2", "rear 2", "front 2"]
