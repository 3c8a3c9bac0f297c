"""TF lookups: values against scipy, and every reason why a lookup fails."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from camaware_ros.ros.quaternion_pose import QuaternionPose, checked_pose
from camaware_ros.ros.transform_history import (
    ConnectivityException,
    ExtrapolationException,
    InvalidArgumentException,
    LookupException,
    TransformException,
)
from camaware_ros.ros.transform_tree import TransformTree

SECOND = 1_000_000_000


def pose(x: float = 0.0, y: float = 0.0, yaw: float = 0.0) -> QuaternionPose:
    return checked_pose((x, y, 0.0), tuple(Rotation.from_euler("z", yaw).as_quat()))


def matrix(value: QuaternionPose) -> np.ndarray:
    result = np.eye(4)
    result[:3, :3] = Rotation.from_quat(value.quaternion_xyzw).as_matrix()
    result[:3, 3] = value.translation
    return result


@pytest.fixture
def tree() -> TransformTree:
    """Map -> odom (moves slowly) -> base (moves) -> camera (static); base -> arm (static)."""
    tree = TransformTree()
    for second in range(1, 6):
        tree.insert("map", "odom", second * SECOND, pose(0.1 * second), is_static=False)
        tree.insert("odom", "base", second * SECOND, pose(second, 0, 0.2 * second), is_static=False)
    tree.insert("base", "camera", 0, pose(0.3, 0.1, 0.5), is_static=True)
    tree.insert("base", "arm", 0, pose(-0.2, 0, -1.0), is_static=True)
    return tree


def test_lookup_interpolates_every_edge_at_the_stamp(tree: TransformTree) -> None:
    stamp = int(2.25 * SECOND)
    got, at = tree.lookup("map", "camera", stamp)
    assert at == stamp
    turn = Slerp([2, 3], Rotation.from_euler("z", [[0.4], [0.6]]))(2.25)
    odom_from_base = np.eye(4)
    odom_from_base[:3, :3] = turn.as_matrix()
    odom_from_base[0, 3] = 2.25
    expected = matrix(pose(0.225)) @ odom_from_base @ matrix(pose(0.3, 0.1, 0.5))
    np.testing.assert_allclose(matrix(got), expected, atol=1e-12)


def test_target_and_source_swapped_is_the_inverse(tree: TransformTree) -> None:
    there, _ = tree.lookup("map", "camera", 3 * SECOND + 7)
    back, _ = tree.lookup("camera", "map", 3 * SECOND + 7)
    np.testing.assert_allclose(matrix(there) @ matrix(back), np.eye(4), atol=1e-12)


def test_siblings_meet_below_the_root_at_any_time(tree: TransformTree) -> None:
    got, _ = tree.lookup("arm", "camera", 1000 * SECOND)
    expected = np.linalg.inv(matrix(pose(-0.2, 0, -1.0))) @ matrix(pose(0.3, 0.1, 0.5))
    np.testing.assert_allclose(matrix(got), expected, atol=1e-12)


def test_time_zero_is_the_newest_common_time(tree: TransformTree) -> None:
    tree.insert("odom", "base", int(5.5 * SECOND), pose(5.5), is_static=False)
    assert tree.lookup("map", "camera", 0)[1] == 5 * SECOND
    assert tree.lookup("odom", "camera", 0)[1] == int(5.5 * SECOND)
    assert tree.lookup("base", "camera", 0)[1] == 0


def test_order_of_arrival_does_not_matter() -> None:
    stamps = [5, 1, 4, 2, 3]
    mixed, ordered = TransformTree(), TransformTree()
    for tree, order in ((mixed, stamps), (ordered, sorted(stamps))):
        for second in order:
            tree.insert("a", "b", second * SECOND, pose(second**2, 0, second), is_static=False)
    for stamp in np.linspace(1, 5, 23):
        assert mixed.lookup("a", "b", int(stamp * SECOND)) == ordered.lookup(
            "a", "b", int(stamp * SECOND)
        )


def test_history_is_ten_seconds_long() -> None:
    tree = TransformTree()
    for second in range(1, 31):
        tree.insert("a", "b", second * SECOND, pose(second), is_static=False)
    assert tree.lookup("a", "b", 20 * SECOND)[0].translation[0] == 20
    with pytest.raises(ExtrapolationException, match="past"):
        tree.lookup("a", "b", 20 * SECOND - 1)
    assert not tree.insert("a", "b", 19 * SECOND, pose(0), is_static=False)
    assert tree.insert("a", "b", int(20.5 * SECOND), pose(-1), is_static=False)


def test_the_same_stamp_again_replaces() -> None:
    tree = TransformTree()
    tree.insert("a", "b", SECOND, pose(1), is_static=False)
    tree.insert("a", "b", SECOND, pose(2), is_static=False)
    assert tree.lookup("a", "b", SECOND)[0].translation[0] == 2


@pytest.mark.parametrize(("stamp", "word"), [(0.5, "past"), (5.001, "future")])
def test_outside_the_history_says_which_side_and_how_far(tree, stamp, word) -> None:
    with pytest.raises(ExtrapolationException, match=rf"{word}.*(odom|base).* ms"):
        tree.lookup("map", "camera", int(stamp * SECOND))


def test_extrapolation_above_the_common_ancestor_does_not_matter(tree: TransformTree) -> None:
    tree.insert("odom", "base", 8 * SECOND, pose(8), is_static=False)
    got, _ = tree.lookup("odom", "camera", 8 * SECOND)
    np.testing.assert_allclose(got.translation, (8.3, 0.1, 0))


def test_one_single_sample_is_known_at_its_stamp_only() -> None:
    tree = TransformTree()
    tree.insert("a", "b", SECOND, pose(1), is_static=False)
    assert tree.lookup("a", "b", SECOND)[0].translation[0] == 1
    for stamp in (SECOND - 1, SECOND + 1):
        with pytest.raises(ExtrapolationException):
            tree.lookup("a", "b", stamp)


@pytest.mark.parametrize(("target", "source"), [("map", "nowhere"), ("nowhere", "map")])
def test_an_unknown_frame_is_named_with_the_known_ones(tree, target, source) -> None:
    with pytest.raises(LookupException, match=r"'nowhere' does not exist \(known: arm, base"):
        tree.lookup(target, source, SECOND)


def test_an_empty_tree_says_that_nothing_came() -> None:
    with pytest.raises(LookupException, match="no transform has been received"):
        TransformTree().lookup("map", "base", 0)


@pytest.mark.parametrize("stamp", [0, SECOND])
def test_two_trees_are_not_connected(tree: TransformTree, stamp: int) -> None:
    tree.insert("world", "drone", SECOND, pose(), is_static=False)
    with pytest.raises(ConnectivityException, match=r"'map'.*'world'"):
        tree.lookup("map", "drone", stamp)


@pytest.mark.parametrize("frame", ["", "/map"])
def test_names_that_cannot_be_frames_are_refused(tree: TransformTree, frame: str) -> None:
    with pytest.raises(InvalidArgumentException, match="target frame"):
        tree.lookup(frame, "base", 0)


def test_a_published_leading_slash_is_dropped() -> None:
    tree = TransformTree()
    tree.insert("/a", "/b", SECOND, pose(1), is_static=False)
    assert tree.frames == {"a", "b"}


def test_a_frame_is_not_its_own_parent() -> None:
    with pytest.raises(InvalidArgumentException, match="own parent"):
        TransformTree().insert("a", "a", SECOND, pose(), is_static=False)


def test_a_loop_ends_with_an_error_and_not_in_it() -> None:
    tree = TransformTree()
    tree.insert("a", "b", 0, pose(), is_static=True)
    tree.insert("b", "a", 0, pose(), is_static=True)
    tree.insert("x", "y", 0, pose(), is_static=True)
    with pytest.raises(LookupException, match="loop"):
        tree.lookup("x", "a", 0)


def test_a_frame_in_itself_is_the_identity(tree: TransformTree) -> None:
    got, at = tree.lookup("base", "base", 0)
    assert got.translation == (0, 0, 0) and at == 5 * SECOND


def test_a_new_parent_holds_from_its_stamp_on() -> None:
    tree = TransformTree()
    tree.insert("root", "table", 0, pose(10), is_static=True)
    tree.insert("root", "cup", SECOND, pose(1), is_static=False)
    tree.insert("table", "cup", 3 * SECOND, pose(1), is_static=False)
    assert tree.lookup("root", "cup", 2 * SECOND)[0].translation[0] == 1
    assert tree.lookup("root", "cup", 3 * SECOND)[0].translation[0] == 11


def test_clear_keeps_what_is_static(tree: TransformTree) -> None:
    tree.clear()
    assert tree.lookup("arm", "camera", 0)
    with pytest.raises(TransformException):
        tree.lookup("map", "camera", 0)
    assert "odom" not in tree.frames


def test_a_frame_that_nobody_knows_is_still_itself() -> None:
    assert TransformTree().lookup("anything", "anything", SECOND)[1] == SECOND


def test_an_outage_is_not_interpolated_across() -> None:
    """Twenty entries a second, then five seconds of nothing: in between nobody knows."""
    tree = TransformTree()
    before = [SECOND + number * SECOND // 20 for number in range(40)]
    after = [stamp + 7 * SECOND for stamp in before]
    for stamp in (*before, *after):
        tree.insert("map", "base", stamp, pose(stamp / SECOND), is_static=False)
    with pytest.raises(ExtrapolationException, match=r"not published from 2\.950 s to 8\.000 s"):
        tree.lookup("map", "base", 6 * SECOND)
    for stamp in (2 * SECOND + 7, 9 * SECOND + 7):
        got, _ = tree.lookup("map", "base", stamp)
        assert got.translation[0] == pytest.approx(stamp / SECOND)


@pytest.mark.parametrize("step", [0.05, 0.9, 4.0])
def test_a_slow_publisher_and_a_missed_message_are_no_outage(step: float) -> None:
    tree = TransformTree(60 * SECOND)
    stamps = [round(SECOND * (1 + step * number)) for number in range(8) if number != 4]
    for stamp in stamps:
        tree.insert("map", "base", stamp, pose(stamp / SECOND), is_static=False)
    middle = round(SECOND * (1 + step * 4))
    assert tree.lookup("map", "base", middle)[0].translation[0] == pytest.approx(middle / SECOND)
