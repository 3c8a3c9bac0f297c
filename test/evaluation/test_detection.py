"""F1 and AP: against a reference that tries every cut of the list, and by hand on small scenes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camaware_ros.evaluation.detection import (
    IGNORED,
    RIGHT,
    WRONG,
    Scored,
    assign,
    average_precision,
    detection_summary,
)
from camaware_ros.geometry.boxes import Box3


def box(x: float, z: float = 4.0) -> Box3:
    return Box3(np.array([x, 0.0, z]), np.ones(3), np.eye(3))


def scored(
    truths: list[tuple[str, Box3]], found: list[tuple[str, float, Box3]], ignored: tuple = ()
) -> Scored:
    return Scored(
        true_kinds=tuple(k for k, _ in truths), true_boxes=tuple(b for _, b in truths),
        ignored=np.array([i in ignored for i in range(len(truths))], dtype=bool),
        kinds=tuple(k for k, _, _ in found), boxes=tuple(b for _, _, b in found),
        scores=np.array([s for _, s, _ in found], dtype=float),
        sure=np.array([s >= 0.5 for _, s, _ in found], dtype=bool),
    )  # fmt: skip


def brute_force_ap(scores: list[float], right: list[bool], truths: int) -> float:
    """At each recall level the best precision of any cut of the list that reaches it."""
    cuts = []
    ranked = [r for _, r in sorted(zip(scores, right, strict=True), key=lambda p: -p[0])]
    for length in range(1, len(ranked) + 1):
        hits = sum(ranked[:length])
        cuts.append((hits / truths, hits / length))
    levels = [k / 100 for k in range(101)]
    return sum(
        max((p for r, p in cuts if r >= level - 1e-9), default=0.0) for level in levels
    ) / len(levels)


@given(st.lists(st.booleans(), max_size=14), st.integers(0, 5), st.randoms())
def test_average_precision_is_the_best_over_all_cuts(right, missed, random) -> None:
    truths = max(1, sum(right) + missed)
    scores = random.sample(range(1000), len(right))
    found = average_precision(np.array(scores, float), np.array(right, bool), truths)
    assert found == pytest.approx(brute_force_ap(scores, right, truths), abs=1e-9)


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 10_000))
def test_at_most_one_detection_takes_a_truth(found: int, truths: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    overlaps = np.round(rng.random((found, truths)), 2)
    verdict = assign(rng.random(found), overlaps, np.zeros(truths, bool), 0.5)
    best = max(
        sum(overlaps[i, j] >= 0.5 for i, j in zip(rows, columns, strict=False))
        for rows in itertools.permutations(range(found))
        for columns in itertools.permutations(range(truths))
    )
    assert 0 <= (verdict == RIGHT).sum() <= best
    assert ((verdict == RIGHT).sum() > 0) == (overlaps.max() >= 0.5)


def test_the_surer_one_of_two_takes_the_truth() -> None:
    verdict = assign(np.array([0.5, 0.9]), np.array([[0.9], [0.6]]), np.array([False]), 0.5)
    assert verdict.tolist() == [WRONG, RIGHT]


def test_finding_what_hardly_shows_is_neither_right_nor_wrong() -> None:
    overlaps = np.array([[0.0, 0.8], [0.0, 0.7], [0.6, 0.9]])
    verdict = assign(np.array([0.9, 0.8, 0.7]), overlaps, np.array([False, True]), 0.5)
    assert verdict.tolist() == [IGNORED, IGNORED, RIGHT]


def test_truth_scores_full_marks() -> None:
    truths = [("chair", box(0)), ("chair", box(3)), ("box", box(-3))]
    found = [(kind, 0.9, one) for kind, one in truths]
    summary = detection_summary([scored(truths, found)])
    assert (summary.f1, summary.ap25, summary.ap3d, summary.things) == (100, 100, 100, 3)


def test_a_wrong_kind_and_a_miss_by_hand() -> None:
    truths = [("chair", box(0)), ("chair", box(3)), ("box", box(-3))]
    found = [("chair", 0.9, box(0.1)), ("chair", 0.8, box(8)), ("sofa", 0.9, box(-3))]
    summary = detection_summary([scored(truths, found)])
    assert summary.f1_by_kind == {"box": 0, "chair": 50}
    assert summary.f1 == 25 and summary.precision == 25 and summary.recall == 25
    assert summary.f1_any == pytest.approx(100 * 2 * 2 / (3 + 3))
    assert summary.ap25 == pytest.approx(100 * 51 / 101 / 2)


def test_overlap_decides_at_which_threshold_a_box_counts() -> None:
    """Shifted by 0.6 of its length: IoU 0.4 / 1.6 = 0.25."""
    summary = detection_summary([scored([("box", box(0))], [("box", 0.9, box(0.6 - 1e-6))])])
    assert summary.ap25 == pytest.approx(100) and summary.f1 == 100
    assert summary.ap3d == pytest.approx(50)


def test_unsure_detections_count_for_ap_only() -> None:
    summary = detection_summary([scored([("box", box(0))], [("box", 0.2, box(0))])])
    assert summary.f1 == 0 and summary.ap25 == pytest.approx(100)


def test_an_image_without_anything_says_so() -> None:
    with pytest.raises(ValueError, match="at least one"):
        detection_summary([scored([], [("box", 0.9, box(0))])])
    only_hardly_seen = scored([("box", box(0))], [], ignored=(0,))
    with pytest.raises(ValueError, match="at least one"):
        detection_summary([only_hardly_seen])
