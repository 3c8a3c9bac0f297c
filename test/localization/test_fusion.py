"""Fusion against the textbook: least squares, chi squared, and looks that lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from camaware_ros.geometry.boxes import Box3
from camaware_ros.localization.fusion import (
    FusionConfig,
    Track,
    fresh,
    fused,
    rival_share,
    sigma_m,
    strongest,
)
from camaware_ros.types import Localization

STILL = FusionConfig(drift_sigma_m=0.0, look_sigma_m=1e-6, floor_sigma_m=1e-6)


def look(
    x: float = 2.0,
    y: float = 0.0,
    *,
    sigma: float = 0.2,
    score: float = 0.9,
    yaw: float = 0.0,
    **changes: object,
) -> Localization:
    record = Localization(
        label="red chair",
        presence=score,
        score=score,
        frame_id="map",
        box=Box3.from_yaw(np.array([x, y, 0.5]), np.array([0.5, 0.6, 1.0]), yaw),
        covariance=sigma**2 * np.eye(3),
        pixel=(float("nan"), float("nan")),
    )
    return replace(record, **changes)


def after(looks: list[Localization], config: FusionConfig | None = None, dt: float = 0.1):
    tracks: tuple[Track, ...] = ()
    for number, one in enumerate(looks):
        tracks = fused(tracks, one, number * dt, config)
    return tracks


def test_the_gate_is_the_99_percent_point_of_chi_squared() -> None:
    assert FusionConfig().gate == pytest.approx(stats.chi2.ppf(0.99, 3), abs=0.01)


def test_looks_without_drift_fuse_to_the_weighted_least_squares_mean() -> None:
    source = np.random.default_rng(0)
    looks = []
    for _ in range(8):
        spread = source.normal(size=(3, 3)) * 0.1
        covariance = spread @ spread.T + 0.05 * np.eye(3)
        center = np.array([2.0, 1.0, 0.5]) + source.normal(size=3) * 0.05
        box = Box3.from_yaw(center, np.array([0.5, 0.6, 1.0]), 0.0)
        looks.append(look(box=box, covariance=covariance))
    (track,) = after(looks, STILL)
    information = sum(np.linalg.inv(one.covariance) for one in looks)
    weighted = sum(np.linalg.solve(one.covariance, one.box.center) for one in looks)
    expected = np.linalg.solve(information, weighted)
    np.testing.assert_allclose(track.localization.box.center, expected, atol=1e-8)
    np.testing.assert_allclose(track.localization.covariance, np.linalg.inv(information), atol=1e-8)
    assert track.count == 8


def test_the_order_of_looks_taken_together_does_not_matter() -> None:
    looks = [look(2.0, sigma=0.1), look(2.1, 0.1, sigma=0.3), look(1.9, -0.1, sigma=0.2)]
    (forward,) = after(looks, STILL, dt=0.0)
    (backward,) = after(looks[::-1], STILL, dt=0.0)
    np.testing.assert_allclose(
        forward.localization.box.center, backward.localization.box.center, atol=1e-9
    )


def test_many_equal_looks_never_claim_more_than_the_floor() -> None:
    (track,) = after([look()] * 200)
    assert sigma_m(track.localization) >= FusionConfig().floor_sigma_m * 0.999
    assert sigma_m(track.localization) < 0.2


def test_a_far_look_starts_its_own_track_and_changes_nothing_else() -> None:
    before = after([look(2.0)] * 3)
    tracks = fused(before, look(4.0), 0.3)
    assert [track.count for track in tracks] == [3, 1]
    assert tracks[0].localization.box.center[0] == pytest.approx(2.0)


def test_a_moved_thing_takes_over_after_a_while() -> None:
    tracks = after([look(2.0)] * 10)
    assert strongest(tracks).localization.box.center[0] == pytest.approx(2.0)
    for step in range(60):
        tracks = fused(tracks, look(3.5), 1.0 + 0.1 * step)
    assert strongest(tracks).localization.box.center[0] == pytest.approx(3.5, abs=0.02)
    assert rival_share(tracks) < 0.2


def test_one_wild_look_does_not_move_the_estimate() -> None:
    steady = after([look(2.0)] * 6)
    disturbed = fused(fused(steady, look(6.0), 0.6), look(2.0), 0.7)
    assert strongest(disturbed).localization.box.center[0] == pytest.approx(2.0, abs=1e-9)
    assert 0 < rival_share(disturbed) < 0.3


def test_evidence_fades_with_the_half_life_however_often_others_look() -> None:
    config = FusionConfig(half_life_s=2.0)
    tracks = after([look(2.0, score=0.8)], config)
    for step in range(1, 41):
        tracks = fused(tracks, look(9.0), 0.1 * step, config)
    assert tracks[0].evidence == pytest.approx(0.8 * 0.25)
    assert tracks[0].stamp_s == 0.0 and tracks[0].as_of_s == pytest.approx(4.0)


def test_stale_tracks_are_dropped() -> None:
    config = FusionConfig(max_age_s=5.0)
    tracks = after([look(2.0)] * 3, config)
    assert len(fresh(tracks, 5.1, config)) == 1
    assert fresh(tracks, 5.3, config) == ()
    assert [track.count for track in fused(tracks, look(2.0), 20.0, config)] == [1]


def test_a_look_from_the_past_keeps_the_newest_stamp() -> None:
    tracks = after([look()] * 5)
    (track,) = fused(tracks, look(), 0.05)
    assert track.stamp_s == pytest.approx(0.4) and track.count == 6


@pytest.mark.parametrize("changes", [{"label": "blue chair"}, {"frame_id": "odom"}])
def test_other_names_and_frames_are_never_joined(changes: dict[str, object]) -> None:
    tracks = fused(after([look()] * 2), look(**changes), 0.3)
    assert [track.count for track in tracks] == [2, 1]


def test_a_box_seen_from_behind_keeps_its_yaw() -> None:
    (track,) = after([look(yaw=0.1), look(yaw=np.pi + 0.1), look(yaw=-np.pi + 0.1)])
    assert np.sin(track.localization.box.yaw_rad - 0.1) == pytest.approx(0.0, abs=1e-9)


def test_nothing_is_changed_in_place() -> None:
    tracks = after([look(2.0)] * 3)
    kept = tracks[0].localization.box.center.copy(), tracks[0].localization.covariance.copy()
    fused(tracks, look(2.1), 0.5)
    np.testing.assert_array_equal(tracks[0].localization.box.center, kept[0])
    np.testing.assert_array_equal(tracks[0].localization.covariance, kept[1])


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"covariance": np.full((3, 3), np.nan)}, "look"),
        ({"score": float("nan")}, "look"),
        ({"covariance": -np.eye(3)}, "covariance"),
        ({"covariance": np.eye(2)}, "covariance"),
    ],
)
def test_a_look_that_is_no_measurement_is_refused(changes: dict[str, object], name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: expected"):
        fused((), look(**changes), 0.0)


@pytest.mark.parametrize("name", ["gate", "half_life_s", "max_age_s", "floor_sigma_m"])
def test_bad_settings_are_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: expected"):
        FusionConfig(**{name: 0.0})


def test_no_tracks_have_no_strongest_and_no_rival() -> None:
    assert strongest(()) is None and rival_share(()) == 0.0
