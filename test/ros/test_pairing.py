"""Which camera_info an image gets, for drivers of every habit."""

from __future__ import annotations

import itertools

import pytest

from camaware_ros.ros.pairing import FramePairing, PairedBy, Unpaired

MS = 1_000_000
FRAME = 33 * MS


@pytest.mark.parametrize("image_first", [True, False])
def test_equal_stamps_pair_in_either_order(image_first: bool) -> None:
    pairing = FramePairing()
    for number in range(5):
        stamp = number * FRAME
        calls = [lambda s=stamp: pairing.add_image(s, f"image{s}")]
        calls.insert(1 if image_first else 0, lambda s=stamp: pairing.add_info(s, f"info{s}"))
        first, second = (call() for call in calls)
        assert first is None
        assert (second.image, second.info) == (f"image{stamp}", f"info{stamp}")
        assert (second.stamp_ns, second.gap_ns) == (stamp, 0)
        assert second.paired_by is PairedBy.EXACT


def test_every_interleaving_of_two_frames_gives_each_image_its_own_info() -> None:
    steps = [("image", 0), ("image", FRAME), ("info", 0), ("info", FRAME)]
    for order in itertools.permutations(steps):
        if order.index(("image", 0)) > order.index(("image", FRAME)):
            continue
        if order.index(("info", 0)) > order.index(("info", FRAME)):
            continue
        pairing = FramePairing()
        pairs = [
            pairing.add_image(stamp, stamp) if what == "image" else pairing.add_info(stamp, stamp)
            for what, stamp in order
        ]
        assert [(p.image, p.info) for p in pairs if p] == [(0, 0), (FRAME, FRAME)], order


def test_the_equal_stamp_wins_over_a_near_one_that_came_first() -> None:
    pairing = FramePairing(slop_ns=20 * MS)
    assert pairing.add_info(95 * MS, "old camera") is None
    assert pairing.add_image(100 * MS, "image") is None
    pair = pairing.add_info(100 * MS, "new camera")
    assert pair.info == "new camera" and pair.paired_by is PairedBy.EXACT


@pytest.mark.parametrize("gap", [-15 * MS, 4 * MS])
def test_near_stamps_pair_within_the_slop(gap: int) -> None:
    pairing = FramePairing(slop_ns=20 * MS)
    pairs = []
    for number in range(1, 6):
        stamp = number * 100 * MS
        pairs += [pairing.add_info(stamp + gap, number), pairing.add_image(stamp, number)]
    found = [pair for pair in pairs if pair]
    assert len(found) >= 4
    assert all(p.image == p.info and p.gap_ns == gap for p in found)
    assert all(pair.paired_by is PairedBy.SLOP for pair in found)


def test_stamps_too_far_apart_are_told_with_their_gap() -> None:
    pairing = FramePairing(slop_ns=20 * MS)
    assert pairing.add_image(100 * MS, "image") is None
    assert pairing.add_info(153 * MS, "info") is None
    assert pairing.unpaired == Unpaired(100 * MS, 53 * MS)
    assert pairing.add_image(153 * MS, "image").paired_by is PairedBy.EXACT
    assert pairing.unpaired is None


@pytest.mark.parametrize("offset_s", [-100, 100])
def test_two_clocks_are_told_as_a_gap_and_never_paired(offset_s: int) -> None:
    pairing = FramePairing()
    for number in range(1, 12):
        stamp = 1000 * FRAME * 5 + number * FRAME
        assert pairing.add_image(stamp, "image") is None
        assert pairing.add_info(stamp + offset_s * 1000 * MS, "info") is None
    assert abs(pairing.unpaired.gap_ns - offset_s * 1000 * MS) < 12 * FRAME


def test_no_camera_info_at_all_is_told() -> None:
    pairing = FramePairing()
    for number in range(10):
        assert pairing.add_image(number * FRAME, "image") is None
    assert pairing.unpaired.gap_ns is None


def test_a_lost_camera_info_costs_one_image_only() -> None:
    pairing = FramePairing()
    results = []
    for number in range(6):
        results.append(pairing.add_image(number * FRAME, number))
        if number != 2:
            results.append(pairing.add_info(number * FRAME, number))
    assert [(p.image, p.info) for p in results if p] == [(n, n) for n in (0, 1, 3, 4, 5)]


def test_latest_info_takes_the_newest_whatever_its_stamp() -> None:
    pairing = FramePairing(latest_info=True)
    assert pairing.add_image(100 * MS, "first") is None
    assert pairing.unpaired == Unpaired(100 * MS, None)
    assert pairing.add_info(1 * MS, "info") is None
    for stamp in (5000 * MS, 9000 * MS):
        pair = pairing.add_image(stamp, "image")
        assert pair.info == "info" and pair.paired_by is PairedBy.LATEST
        assert pair.gap_ns == 1 * MS - stamp


@pytest.mark.parametrize("image_first", [True, False])
def test_a_bag_that_starts_over_pairs_again(image_first: bool) -> None:
    pairing = FramePairing()
    for start in (500_000 * MS, 1000 * MS):
        stamp = start
        calls = [pairing.add_image, pairing.add_info]
        for call in calls if image_first else calls[::-1]:
            result = call(stamp, start)
        assert (result.image, result.info) == (start, start)


def test_zero_slop_pairs_equal_stamps_only() -> None:
    pairing = FramePairing(slop_ns=0)
    assert pairing.add_info(1, "info") is None
    assert pairing.add_image(0, "image") is None
    assert pairing.add_image(1, "image").paired_by is PairedBy.EXACT


def test_a_negative_slop_is_refused() -> None:
    with pytest.raises(ValueError, match="slop_ns.*-1"):
        FramePairing(slop_ns=-1)


def told(pairing: FramePairing, stamp: int, camera: str, *, info_frame: str = "") -> list:
    """Image and camera_info of a camera, image first; the payloads are its name."""
    frame = info_frame or camera
    pairs = (
        pairing.add_image(stamp, camera, camera),
        pairing.add_info(stamp, camera, frame),
    )
    return [(pair.image, pair.info) for pair in pairs if pair]


@pytest.mark.parametrize("latest", [False, True])
def test_a_camera_that_comes_never_gets_the_intrinsics_of_the_one_that_goes(latest: bool) -> None:
    pairing = FramePairing(slop_ns=20 * MS, latest_info=latest)
    for number in range(4):
        told(pairing, number * FRAME, "old")
    assert pairing.add_image(4 * FRAME + 1 * MS, "new", "new") is None
    assert pairing.add_info(4 * FRAME + 1 * MS, "old", "old") is None
    pairing.add_info(4 * FRAME + 2 * MS, "old", "old")
    pair = pairing.add_info(4 * FRAME + 5 * MS, "new", "new") or pairing.add_image(
        5 * FRAME, "new", "new"
    )
    assert (pair.image, pair.info, pair.frames) == ("new", "new", ("new", "new"))


def test_two_cameras_on_one_topic_at_equal_stamps_keep_their_own() -> None:
    pairing = FramePairing()
    pairs = []
    for number in range(5):
        stamp = number * FRAME
        pairs.append(pairing.add_info(stamp, "a", "a"))
        pairs.append(pairing.add_image(stamp, "b", "b"))
        pairs.append(pairing.add_info(stamp, "b", "b"))
        pairs.append(pairing.add_image(stamp, "a", "a"))
    found = [(pair.image, pair.info) for pair in pairs[4:] if pair]
    assert len(found) >= 4 and all(image == info for image, info in found)


def test_a_driver_that_gives_its_two_messages_two_frames_is_served() -> None:
    pairing = FramePairing()
    for number in range(4):
        assert told(pairing, number * FRAME, "link", info_frame="optical") == [("link", "link")]
    pair = [pairing.add_image(5 * FRAME, 0, "link"), pairing.add_info(5 * FRAME, 0, "optical")][1]
    assert pair.frames == ("link", "optical")


def test_a_frame_that_is_not_told_is_no_reason_to_refuse() -> None:
    pairing = FramePairing()
    assert pairing.add_image(1, "image", "camera") is None
    assert pairing.add_info(1, "info", "").paired_by is PairedBy.EXACT


@pytest.mark.parametrize("latest", [False, True])
def test_camera_info_of_another_camera_only_is_told_with_both_names(latest: bool) -> None:
    pairing = FramePairing(latest_info=latest)
    told(pairing, 0, "old")
    for number in range(1, 6):
        assert pairing.add_info(number * FRAME, "info", "old") is None
        assert pairing.add_image(number * FRAME, "image", "new") is None
    unpaired = pairing.unpaired
    assert (unpaired.gap_ns, unpaired.frame, unpaired.other_frame) == (None, "new", "old")
