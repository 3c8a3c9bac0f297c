"""Health: what is wrong, since when, how often, how long."""

from __future__ import annotations

from camaware_ros.ros.health import Health, Level, Reason


def test_a_healthy_node_says_ok() -> None:
    health = Health(0.0)
    health.ok("image")
    snapshot = health.snapshot(1.0)
    assert (snapshot.level, snapshot.message) == (Level.OK, "ok")
    assert ("image", "ok") in snapshot.values


def test_problems_are_told_worst_first_and_go_when_the_stage_works() -> None:
    health = Health(0.0)
    health.problem("range", Reason.OUTSIDE_TRAINED_RANGE, "hfov 120 deg", Level.WARN)
    health.problem("tf", Reason.TF_MISSING, "map does not exist")
    snapshot = health.snapshot(1.0)
    assert snapshot.level is Level.ERROR
    assert snapshot.message == (
        "tf_missing: map does not exist; outside_trained_range: hfov 120 deg"
    )
    health.ok("tf")
    assert health.snapshot(2.0).level is Level.WARN


def test_only_a_new_code_is_worth_a_log_line() -> None:
    health = Health(0.0)
    assert health.problem("tf", Reason.TF_MISSING, "1 ms")
    assert not health.problem("tf", Reason.TF_MISSING, "2 ms")
    assert health.problem("tf", Reason.JOB_FAILED, "other")
    health.ok("tf")
    assert health.problem("tf", Reason.JOB_FAILED, "again")


def test_silence_is_told_from_the_start_and_again_later() -> None:
    health = Health(0.0)
    health.expect("image", Reason.NO_IMAGE, "/robot/image", 2.0)
    assert health.snapshot(0.1).message == "no_image: nothing has come on /robot/image yet"
    health.heard("image", 10.0)
    assert health.snapshot(11.9).level is Level.OK
    assert health.snapshot(13.0).message == "no_image: nothing has come on /robot/image for 3.0 s"
    health.expect_nothing()
    assert health.snapshot(99.0).level is Level.OK


def test_rates_are_those_since_the_last_snapshot() -> None:
    health = Health(100.0)
    for _ in range(20):
        health.heard("image", 101.0)
    assert dict(health.snapshot(102.0).values)["image rate Hz"] == "10.00"
    health.count("image", 3)
    values = dict(health.snapshot(103.0).values)
    assert (values["image rate Hz"], values["image count"]) == ("3.00", "23")


def test_percentiles_cover_the_last_two_hundred() -> None:
    health = Health(0.0)
    for _ in range(500):
        health.took("network", 9.0)
    for milliseconds in range(200):
        health.took("network", milliseconds / 1e3)
    values = dict(health.snapshot(1.0).values)
    assert (values["network p50 ms"], values["network p95 ms"]) == ("100.0", "190.0")


def test_facts_are_shown_as_they_are() -> None:
    health = Health(0.0)
    health.fact("camera", "640 x 480")
    assert ("camera", "640 x 480") in health.snapshot(1.0).values


def test_what_is_over_is_told_once() -> None:
    health = Health(0.0)
    health.event("clock jump", Reason.CLOCK_JUMPED, "the clock jumped back by 3 s")
    first = health.snapshot(1.0)
    assert first.message == "clock_jumped: the clock jumped back by 3 s"
    assert first.level is Level.WARN
    assert health.snapshot(2.0).message == "ok"


def test_cameras_share_one_health_under_their_names() -> None:
    health = Health(0.0)
    front, rear = health.named("front"), health.named("rear")
    front.expect("image", Reason.NO_IMAGE, "/front/image", 1.0)
    front.heard("image", 0.5)
    rear.problem("camera", Reason.CAMERA_INVALID, "K is zero")
    front.ok("camera")
    rear.event("stamps", Reason.CLOCK_JUMPED, "back by 9 s")
    snapshot = health.snapshot(1.0)
    assert snapshot.message == ("camera_invalid: rear: K is zero; clock_jumped: rear: back by 9 s")
    values = dict(snapshot.values)
    assert values["front camera"] == "ok" and values["front image count"] == "1"
    assert "no_image" in health.snapshot(3.0).message
    front.expect_nothing()
    assert health.snapshot(4.0).message == "ok"
