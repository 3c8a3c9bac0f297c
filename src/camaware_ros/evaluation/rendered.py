"""Held-out rendered scenes as observations with phrases and truth.

Each picture is cut to its content, so that it enters the network by the same door as a robot's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from camaware_ros.evaluation.metrics import Answer, Summary, judge, summarise
from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.rays import gravity_axes
from camaware_ros.grounder import Grounder
from camaware_ros.language.vocabulary import KINDS
from camaware_ros.training.cameras import Band
from camaware_ros.training.queries import ABSENT, Query, sample_queries
from camaware_ros.training.samples import (
    Picture,
    SampleConfig,
    Truth,
    picture_truth,
    render_picture,
)
from camaware_ros.types import Localization, Mounting, Observation

EVALUATION_SEED = 1_000_003  # no training run may use it
BLIND_HFOV_DEG = 62.0  # the camera assumed where K is withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One picture, its phrases and where its things are (optical frame)."""

    observation: Observation
    queries: tuple[Query, ...]
    boxes: tuple[Box3, ...]
    seen: NDArray[np.bool_]


def content_window(picture: Picture) -> tuple[int, int, int, int]:
    """Left, top, width and height of what is not padding."""
    rows, cols = np.flatnonzero(picture.content.any(1)), np.flatnonzero(picture.content.any(0))
    top, left = int(rows[0]), int(cols[0])
    return left, top, int(cols[-1]) - left + 1, int(rows[-1]) - top + 1


def observation_of(picture: Picture) -> Observation:
    """The picture without its padding, with its camera and mounting."""
    left, top, width, height = content_window(picture)
    image = np.ascontiguousarray(picture.image[top : top + height, left : left + width])
    up = picture.pose.gravity_from_camera[2]
    return Observation(
        image=image,
        camera=picture.camera.cropped(left, top, width, height),
        mounting=Mounting(up_camera=up / np.linalg.norm(up), height_m=picture.pose.height_m),
    )


def true_boxes(picture: Picture, truth: Truth) -> tuple[Box3, ...]:
    """Upright boxes of all things in the optical frame."""
    axes = gravity_axes(picture.pose.gravity_from_camera[2])
    boxes = []
    for centre, size, yaw in zip(truth.centre, truth.size, truth.yaw_rad, strict=True):
        c, s = math.cos(yaw), math.sin(yaw)
        turned = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
        boxes.append(Box3(centre, size, axes.T @ turned))
    return tuple(boxes)


def held_out_pictures(
    config: SampleConfig, count: int
) -> Iterator[tuple[np.random.Generator, Picture, Truth]]:
    """``count`` pictures with something clearly in view, each with its generator for more draws."""
    made, index = 0, 0
    while made < count:
        rng = np.random.default_rng([config.seed, index])
        index += 1
        picture = render_picture(rng, config)
        truth = picture_truth(picture)
        if truth.in_view.clear.any():
            made += 1
            yield rng, picture, truth


def rendered_cases(
    band: Band, count: int, seed: int = EVALUATION_SEED, size: tuple[int, int] = (160, 128),
    kinds: Sequence[str] = KINDS,
) -> Iterator[Case]:  # fmt: skip
    """``count`` held-out pictures through cameras of a band, eight phrases each."""
    config = SampleConfig(size=size, band=band, zoom=0.0, seed=seed, kinds=tuple(kinds))
    for rng, picture, truth in held_out_pictures(config, count):
        yield Case(
            observation=observation_of(picture),
            queries=sample_queries(rng, truth.in_view, config.queries),
            boxes=true_boxes(picture, truth),
            seen=truth.in_view.seen,
        )


def blind(observation: Observation) -> Observation:
    """The same picture with an assumed camera in place of the true one."""
    camera = observation.camera
    focal = camera.width / 2 / math.tan(math.radians(BLIND_HFOV_DEG) / 2)
    assumed = Camera(
        width=camera.width, height=camera.height, fx=focal, fy=focal,
        cx=camera.width / 2, cy=camera.height / 2,
    )  # fmt: skip
    return replace(observation, camera=assumed)


def called_unlike(warnings: Sequence[str]) -> bool:
    """Whether the model calls a picture unlike those of its training."""
    return any("unlike" in text for text in warnings)


def answer_case(
    grounder: Grounder, case: Case, *, mounting: bool, intrinsics: bool
) -> tuple[list[Localization], list[Answer], list[bool]]:
    """Ask all phrases of a case: localizations, judged answers, and whether presence was right."""
    observation = case.observation if mounting else replace(case.observation, mounting=None)
    observation = observation if intrinsics else blind(observation)
    found = grounder.ground(observation, [q.phrase for q in case.queries]).localizations
    rows = np.flatnonzero(case.seen)
    centres = np.stack([case.boxes[i].center for i in rows])
    answers = [
        judge(loc, case.boxes[q.target], centres, int(np.searchsorted(rows, q.target)), q.type)
        for q, loc in zip(case.queries, found, strict=True)
        if q.target != ABSENT
    ]
    right = [
        (loc.presence >= 0.5) == (q.target != ABSENT)
        for q, loc in zip(case.queries, found, strict=True)
    ]
    return list(found), answers, right


def evaluate_band(
    grounder: Grounder, band: Band, count: int, *, mounting: bool = True, intrinsics: bool = True
) -> Summary:
    """The metrics on ``count`` held-out pictures of a band."""
    answers: list[Answer] = []
    right: list[bool] = []
    for case in rendered_cases(band, count, size=grounder.manifest.image_size):
        _, judged, presence = answer_case(grounder, case, mounting=mounting, intrinsics=intrinsics)
        answers += judged
        right += presence
    return summarise(answers, right)
