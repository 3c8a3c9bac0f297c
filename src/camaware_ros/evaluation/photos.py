"""Every metric on a data set in the Omni3D format: phrases, everything in view, depth.

Phrases are made from the annotations by the rules of the training data. A colour that is not
annotated is never asked for, and nothing of an annotated kind is called absent for its colour.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camaware_ros.evaluation.detection import Scored, detection_summary
from camaware_ros.evaluation.metrics import Answer, judge, summarise
from camaware_ros.evaluation.omni3d import UNKNOWN, Photo, Thing
from camaware_ros.evaluation.rendered import BLIND_HFOV_DEG
from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.framing import Framing
from camaware_ros.geometry.rays import STRIDE, gravity_axes
from camaware_ros.grounder import Grounder, GroundingResult
from camaware_ros.training.queries import ABSENT, RANGE_MARGIN, InView, Query, sample_queries
from camaware_ros.training.samples import CLEAR_PIXELS
from camaware_ros.types import Localization, Observation

PHRASE_SEED = 5_000_003
PHRASES = 8
FILLED = 0.5  # share of a 2-D box that a thing covers, where nobody counted pixels
DELTA = 1.25
SPATIAL_TYPES = ("relation", "superlative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One image against its annotations.

    Attributes:
        answers, presence: of its phrases, see ``metrics``.
        scored: what was found without being asked.
        ratios: range said over true range, per cell of the network's range map, shape (n,).
        left_out: kinds of annotated things that the model has no word for.
        closer: whether "which is closer" came out right, for pairs of named things.
    """

    answers: list[Answer]
    presence: list[bool]
    scored: Scored
    ratios: NDArray[np.float64]
    left_out: tuple[str, ...]
    closer: list[bool]


def evaluate_photos(
    grounder: Grounder, photos: Sequence[Photo], *, mounting: bool = True, intrinsics: bool = True
) -> dict[str, Any]:
    """A record for JSON over all photos.

    Args:
        grounder: the model, loaded with a ``zoom`` for a camera scale.
        photos: of the data set.
        mounting: whether the model is told how the camera is held, where the set knows.
        intrinsics: whether it is told K; without, ``BLIND_HFOV_DEG`` across its input is assumed.

    Raises:
        ValueError: an image is missing or damaged, or there is nothing to ask for in any.
    """
    judged = [
        judge_photo(
            grounder, photo, np.random.default_rng([PHRASE_SEED, index]),
            mounting=mounting, intrinsics=intrinsics,
        )
        for index, photo in enumerate(photos)
    ]  # fmt: skip
    answers = [answer for one in judged for answer in one.answers]
    presence = [right for one in judged for right in one.presence]
    ratios = np.concatenate([one.ratios for one in judged]) if judged else np.zeros(0)
    closer = [right for one in judged for right in one.closer]
    compared = [answer.referent for answer in answers if answer.type in SPATIAL_TYPES]
    return {
        "images": len(judged),
        "left_out": dict(Counter(kind for one in judged for kind in one.left_out)),
        "detection": detection_summary([one.scored for one in judged]).to_dict(),
        "phrases": summarise(answers, presence).to_dict(),
        "closer": _percent(closer),
        "spatial": _percent(compared + closer),
        "depth": depth_summary(ratios),
    }


def _percent(right: Sequence[bool]) -> float | None:
    return round(100 * float(np.mean(right)), 2) if len(right) else None


def depth_summary(ratios: NDArray[np.float64]) -> dict[str, float] | None:
    """AbsRel and delta1 (%) of said over true range; None where the set has no truth.

    Along one ray, range and z are proportional, so that both numbers are those of depth.
    """
    if not len(ratios):
        return None
    close = np.maximum(ratios, 1 / ratios) < DELTA
    return {
        "abs_rel": round(float(np.abs(ratios - 1).mean()), 4),
        "delta1": round(100 * float(close.mean()), 2),
    }


def judge_photo(
    grounder: Grounder, photo: Photo, rng: np.random.Generator, *, mounting: bool = True,
    intrinsics: bool = True,
) -> Judged:  # fmt: skip
    """Ask the model about one photo."""
    observation = photo.observation()
    framing = grounder.framing(photo.camera)
    if not mounting or not intrinsics:
        observation = replace(observation, mounting=None)
    if not intrinsics:
        observation = replace(observation, camera=assumed_camera(photo.camera, framing))
    view = in_view(photo, framing)
    queries = _queries(grounder, rng, view)
    phrases = [query.phrase for query in queries] or ["thing"]
    result = grounder.ground(observation, phrases)
    known = [not grounder.unknown_words(thing.kind) for thing in photo.things]
    answers, presence = _judge_phrases(photo, view, queries, result.localizations)
    return Judged(
        answers=answers,
        presence=presence,
        scored=_scored(photo, view, known, result.objects),
        ratios=_range_ratios(photo, observation, framing, result),
        left_out=tuple(t.kind for t, k in zip(photo.things, known, strict=True) if not k),
        closer=_closer(photo, queries, result.localizations),
    )


def assumed_camera(camera: Camera, framing: Framing) -> Camera:
    """What one assumes without K: ``BLIND_HFOV_DEG`` across the network's input, no distortion."""
    focal = framing.output_size[0] / 2 / math.tan(math.radians(BLIND_HFOV_DEG) / 2)
    focal *= framing.crop[2] / framing.resized[0]
    return Camera(
        width=camera.width, height=camera.height, fx=focal, fy=focal,
        cx=camera.width / 2, cy=camera.height / 2,
    )  # fmt: skip


def in_view(photo: Photo, framing: Framing) -> InView:
    """What the network's picture shows of the annotated things, by the rules of training."""
    centres = np.array([thing.box.center for thing in photo.things]).reshape(-1, 3)
    share = framing.resized[0] * framing.resized[1] / (framing.crop[2] * framing.crop[3])
    pixels = np.array([share * _visible_pixels(photo.camera, thing) for thing in photo.things])
    axes = np.eye(3)[[2, 0, 1]] * [[1], [-1], [-1]]
    if photo.mounting is not None:
        axes = gravity_axes(photo.mounting.up_camera)
    forward, left, _ = (centres @ axes.T).T
    return InView(
        kind=tuple(thing.kind for thing in photo.things),
        colour=tuple(thing.colour for thing in photo.things),
        clear=_shown(photo.camera, framing, centres) & (pixels >= CLEAR_PIXELS),
        seen=np.array([_touches(photo.camera, framing, t) for t in photo.things], dtype=bool)
        & (pixels > 0),
        bearing_rad=-np.arctan2(left, forward),
        range_m=np.linalg.norm(centres, axis=1),
    )


def _shown(camera: Camera, framing: Framing, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points (n, 3) have an image inside what the network is shown."""
    pixels, valid = camera.project(points)
    left, top, width, height = framing.crop
    pixels = np.where(valid[:, None], pixels, -1.0)
    inside = (pixels >= (left, top)) & (pixels < (left + width, top + height))
    shown: NDArray[np.bool_] = valid & inside.all(axis=1)
    return shown


def _touches(camera: Camera, framing: Framing, thing: Thing) -> bool:
    """Whether some of a thing may be in what the network is shown."""
    points = np.concatenate([thing.box.corners(), thing.box.center[None]])
    return bool(_shown(camera, framing, points).any())


def _visible_pixels(camera: Camera, thing: Thing) -> float:
    """Of the source image; from the 2-D box where nobody counted."""
    if thing.pixels != UNKNOWN:
        return float(thing.pixels)
    if thing.tight is not None:
        left, top, right, bottom = thing.tight
        return FILLED * max(0.0, right - left) * max(0.0, bottom - top)
    pixels, valid = camera.project(thing.box.corners())
    if not valid.any():
        return 0.0
    size = (camera.width, camera.height)
    low = np.clip(pixels[valid].min(0), 0, size)
    high = np.clip(pixels[valid].max(0), 0, size)
    return FILLED * float(np.prod(high - low))


def _queries(grounder: Grounder, rng: np.random.Generator, view: InView) -> tuple[Query, ...]:
    """Phrases that the model has words for and the annotations settle."""
    if not view.clear.any():
        return ()
    uncoloured = {
        k for k, c, s in zip(view.kind, view.colour, view.seen, strict=True) if s and not c
    }
    return tuple(
        replace(query, phrase=" ".join(query.phrase.split()))
        for query in sample_queries(rng, view, PHRASES)
        if not grounder.unknown_words(query.phrase)
        and not (query.target == ABSENT and uncoloured & set(query.phrase.split()))
    )


def _judge_phrases(
    photo: Photo, view: InView, queries: Sequence[Query], found: Sequence[Localization]
) -> tuple[list[Answer], list[bool]]:
    rows = np.flatnonzero(view.seen)
    centres = np.array([photo.things[i].box.center for i in rows]).reshape(-1, 3)
    asked = list(zip(queries, found, strict=False))
    answers = [
        judge(
            said, photo.things[query.target].box, centres,
            int(np.searchsorted(rows, query.target)), query.type,
        )
        for query, said in asked
        if query.target != ABSENT
    ]  # fmt: skip
    return answers, [(said.presence >= 0.5) == (query.target != ABSENT) for query, said in asked]


def _closer(photo: Photo, queries: Sequence[Query], found: Sequence[Localization]) -> list[bool]:
    """Of every two things that were named outright: is the closer one said to be closer?"""
    said = {
        query.target: float(np.linalg.norm(one.box.center))
        for query, one in zip(queries, found, strict=False)
        if query.target != ABSENT and query.type not in SPATIAL_TYPES
    }
    true = {target: float(np.linalg.norm(photo.things[target].box.center)) for target in said}
    return [
        (said[a] < said[b]) == (true[a] < true[b])
        for a, b in combinations(sorted(said), 2)
        if abs(math.log(true[a] / true[b])) > math.log(RANGE_MARGIN)
    ]


def _scored(
    photo: Photo, view: InView, known: Sequence[bool], found: Sequence[Localization]
) -> Scored:
    kept = [i for i, has_word in enumerate(known) if has_word and view.seen[i]]
    return Scored(
        true_kinds=tuple(photo.things[i].kind for i in kept),
        true_boxes=tuple(photo.things[i].box for i in kept),
        ignored=~view.clear[kept],
        kinds=tuple(thing.label.split()[-1] for thing in found),
        boxes=tuple(thing.box for thing in found),
        scores=np.array([thing.score for thing in found]),
        sure=np.array([thing.presence >= 0.5 for thing in found], dtype=bool),
    )


def _range_ratios(
    photo: Photo, observation: Observation, framing: Framing, result: GroundingResult
) -> NDArray[np.float64]:
    """Said over true range at the centres of the network's cells that show something known."""
    truth = photo.range_m()
    if truth is None:
        return np.zeros(0)
    rows, cols = result.range_map.shape
    u, v = np.meshgrid((np.arange(cols) + 0.5) * STRIDE, (np.arange(rows) + 0.5) * STRIDE)
    content = framing.content()[v.astype(int), u.astype(int)]
    source = np.floor(framing.to_source(np.stack([u, v], -1)[content])).astype(int)
    x = np.clip(source[:, 0], 0, observation.camera.width - 1)
    y = np.clip(source[:, 1], 0, observation.camera.height - 1)
    true, said = truth[y, x], result.range_map[content]
    return said[true > 0] / true[true > 0]
