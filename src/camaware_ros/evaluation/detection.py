"""How well everything in view was found: F1 and AP over oriented 3-D boxes. numpy only.

AP follows Omni3D (Brazil et al., CVPR 2023, section 5): oriented IoU, detections by falling score,
each taking the free truth of its kind that it overlaps most, 101 recall points, mean over kinds;
AP3D is the mean over IoU 0.05 to 0.50. F1 follows VG-LLM (Zheng et al. 2025): counts over the set
for each kind, then the mean over kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.boxes import Box3, iou

FloatArray = NDArray[np.float64]

THRESHOLDS = tuple(round(0.05 * k, 2) for k in range(1, 11))
F1_IOU = 0.25
MOST_PER_IMAGE = 100
RIGHT, WRONG, IGNORED = 1, 0, -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One image: what is there and what was said.

    Attributes:
        true_kinds, true_boxes: of everything annotated.
        ignored: truths that need not be found (hardly in view); finding one is no error either.
        kinds, boxes, scores: what was found.
        sure: which of these the model really claims; only they count for F1.
    """

    true_kinds: tuple[str, ...]
    true_boxes: tuple[Box3, ...]
    ignored: NDArray[np.bool_]
    kinds: tuple[str, ...]
    boxes: tuple[Box3, ...]
    scores: FloatArray
    sure: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionSummary:
    """Percentages over a set of images.

    Attributes:
        things: truths that had to be found.
        f1, precision, recall: of what is claimed, at IoU 0.25, means over kinds.
        f1_any: the same over all boxes, whatever kind they are said to be.
        ap25: AP at IoU 0.25.
        ap3d: mean AP over IoU 0.05 to 0.50.
        f1_by_kind: of every kind in the set.
    """

    things: int
    f1: float
    precision: float
    recall: float
    f1_any: float
    ap25: float
    ap3d: float
    f1_by_kind: dict[str, float]

    def to_dict(self) -> dict[str, object]:
        """For JSON, rounded."""
        rounded = {k: round(v, 2) for k, v in asdict(self).items() if isinstance(v, float)}
        by_kind = {k: round(v, 1) for k, v in self.f1_by_kind.items()}
        return {"things": self.things, **rounded, "f1_by_kind": by_kind}


def assign(
    scores: FloatArray, overlaps: FloatArray, ignored: NDArray[np.bool_], least: float
) -> NDArray[np.int8]:
    """Whether each detection of one kind in one image is right, wrong or ignored.

    Args:
        scores: shape (n,).
        overlaps: IoU with every truth of the kind, shape (n, m).
        ignored: shape (m,); such a truth is taken only where no other is free, and by any number.
        least: IoU from which a detection may take a truth.
    """
    verdict = np.zeros(len(scores), np.int8)
    free = ~ignored
    for row in np.argsort(-scores, kind="stable"):
        wanted = np.where(free, overlaps[row], -1.0)
        if wanted.size and wanted.max() >= least:
            free[wanted.argmax()] = False
            verdict[row] = RIGHT
        elif (overlaps[row][ignored] >= least).any():
            verdict[row] = IGNORED
    return verdict


def average_precision(scores: FloatArray, right: NDArray[np.bool_], truths: int) -> float:
    """Area under the precision envelope at 101 recall points, in [0, 1].

    Args:
        scores: of all detections of a kind that count, shape (n,).
        right: which are, shape (n,).
        truths: how many there were to find, at least 1.
    """
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    precision = hits / np.arange(1, len(order) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(hits / truths, np.linspace(0, 1, 101) - 1e-12)
    return float(np.append(envelope, 0.0)[at].mean())


def detection_summary(images: Sequence[Scored]) -> DetectionSummary:
    """Over many images; ValueError where there is nothing to find."""
    kinds = sorted({
        kind for image in images
        for kind, ignored in zip(image.true_kinds, image.ignored, strict=True) if not ignored
    })  # fmt: skip
    if not kinds:
        raise ValueError("images: expected at least one with a thing to find, got none")
    rows = {kind: [_of_kind(image, kind) for image in images] for kind in kinds}
    counts = np.array([_counts(rows[kind]) for kind in kinds])
    ap = np.array([[_ap(rows[kind], least) for least in THRESHOLDS] for kind in kinds])
    right, said, there = counts.T
    precision, recall = right / np.maximum(said, 1), right / there
    f1 = 2 * right / (said + there)
    return DetectionSummary(
        things=int(there.sum()),
        f1=100 * float(f1.mean()),
        precision=100 * float(precision.mean()),
        recall=100 * float(recall.mean()),
        f1_any=100 * _f1_any(images),
        ap25=100 * float(ap[:, THRESHOLDS.index(F1_IOU)].mean()),
        ap3d=100 * float(ap.mean()),
        f1_by_kind={kind: 100 * float(value) for kind, value in zip(kinds, f1, strict=True)},
    )


def _f1_any(images: Sequence[Scored]) -> float:
    """F1 over all boxes as if everything were of one kind, in [0, 1]."""
    alike = [
        replace(
            image, kinds=("thing",) * len(image.kinds),
            true_kinds=("thing",) * len(image.true_kinds),
        )
        for image in images
    ]  # fmt: skip
    right, said, there = _counts([_of_kind(image, "thing") for image in alike])
    return 2 * right / (said + there)


Rows = tuple[FloatArray, FloatArray, NDArray[np.bool_], NDArray[np.bool_]]


def _of_kind(image: Scored, kind: str) -> Rows:
    """Scores (n,), overlaps (n, m), ignored (m,) and sure (n,) of one kind in one image."""
    truths = [i for i, name in enumerate(image.true_kinds) if name == kind]
    found = np.array([i for i, name in enumerate(image.kinds) if name == kind], dtype=int)
    found = found[np.argsort(-image.scores[found], kind="stable")][:MOST_PER_IMAGE]
    overlaps = np.zeros((len(found), len(truths)))
    for row, i in enumerate(found):
        for col, j in enumerate(truths):
            overlaps[row, col] = iou(image.boxes[i], image.true_boxes[j])
    return image.scores[found], overlaps, image.ignored[truths], image.sure[found]


def _counts(rows: Sequence[Rows]) -> tuple[int, ...]:
    """Right ones, all that were claimed, and all that are there, at ``F1_IOU``."""
    right = said = there = 0
    for scores, overlaps, ignored, sure in rows:
        verdict = assign(scores[sure], overlaps[sure], ignored, F1_IOU)
        right += int((verdict == RIGHT).sum())
        said += int((verdict != IGNORED).sum())
        there += int((~ignored).sum())
    return right, said, there


def _ap(rows: Sequence[Rows], least: float) -> float:
    verdict = np.concatenate([assign(*row[:3], least) for row in rows])
    scores = np.concatenate([row[0] for row in rows])
    counted = verdict != IGNORED
    truths = sum(int((~ignored).sum()) for _, _, ignored, _ in rows)
    return average_precision(scores[counted], verdict[counted] == RIGHT, truths)
