"""One training sample from one number: a rendered scene with phrases, boxes and dense truth.

Knows the layout of a sample. The network's input side is built by the same code that a robot runs
(``geometry.rays``), so training and running cannot drift apart. numpy only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.framing import Framing
from camaware_ros.geometry.rays import STRIDE, cells, ray_features
from camaware_ros.language.dialogue import encode_dialogue
from camaware_ros.language.dialogue_places import Place
from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.language.vocabulary import COLOURS, KINDS
from camaware_ros.training.augment import ASPECT_JITTER, sample_framing
from camaware_ros.training.cameras import BANDS, Band, Pose, View, sample_pose, sample_view
from camaware_ros.training.dialogues import Dialogue, sample_dialogue
from camaware_ros.training.photometry import develop
from camaware_ros.training.pixels import spans, things_on_tokens
from camaware_ros.training.queries import InView, Query, sample_queries
from camaware_ros.training.render import cast
from camaware_ros.training.scenes import MAX_THINGS, Scene, Sight, sample_scene

CLEAR_PIXELS = 24
AUGMENTATIONS = ("none", "paper", "full")
ROUND_KINDS = ("ball", "cylinder", "cone", "lamp")


@dataclass(frozen=True, kw_only=True)
class SampleConfig:
    """How samples are drawn.

    Attributes:
        size: width and height of the network's input, pixels, multiples of 16.
        queries: phrases per image.
        superlatives: how much oftener than usual they are among these, see ``sample_queries``.
        prompt_length: ids per phrase.
        zoom: share of images that go through a camera-aware augmentation.
        augment: which one: ``none``, ``paper`` (resize and shift of the principal point) or
            ``full`` (also aspect, and another lens where the band has but one).
        mounting_known: share of images whose mounting is told to the network.
        band: family of cameras.
        dialogues: questions about each image, each with its answer.
        kinds: of things in the scenes; phrases may name others, which are not there.
        labelled: share of images whose text and boxes are told; below 1 samples have ``labelled``
            f32 (), see ``training.semi``.
        seed: first half of every sample's random seed.
    """

    size: tuple[int, int] = (160, 128)
    queries: int = 8
    superlatives: float = 1.0
    prompt_length: int = 8
    zoom: float = 0.3
    augment: str = "full"
    mounting_known: float = 0.75
    band: Band = field(default_factory=lambda: BANDS["train"])
    dialogues: int = 0
    kinds: tuple[str, ...] = KINDS
    labelled: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.augment not in AUGMENTATIONS:
            raise ValueError(f"augment: expected one of {AUGMENTATIONS}, got {self.augment!r}")
        object.__setattr__(self, "kinds", tuple(self.kinds))
        if not self.kinds or not set(self.kinds) <= set(KINDS):
            raise ValueError(f"kinds: expected some of {KINDS}, got {self.kinds}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A developed image with its camera, per-pixel truth and the scene behind it."""

    image: NDArray[np.uint8]
    camera: Camera
    content: NDArray[np.bool_]
    cell_rays: NDArray[np.float64]
    cell_valid: NDArray[np.bool_]
    range_m: NDArray[np.float32]
    thing_of: NDArray[np.int16]
    pose: Pose
    scene: Scene


def render_picture(rng: np.random.Generator, config: SampleConfig) -> Picture:
    """A random scene through a random camera."""
    pose = sample_pose(rng)
    augmented = config.augment != "none" and rng.random() < config.zoom
    relensed = augmented and config.augment == "full" and rng.random() < 0.5
    view = sample_view(rng, BANDS["train"] if relensed else config.band, config.size)
    scene = sample_scene(rng, _sight(view, pose), config.kinds)
    rgb, range_m, thing_of = cast(
        view.rays, view.valid, pose.gravity_from_camera, pose.height_m, scene.spheres, scene.prims,
        scene.room, scene.patches,
    )  # fmt: skip
    image = develop(rng, rgb)
    image[~view.content] = 0
    stretch = ASPECT_JITTER if config.augment == "full" else 0.0
    framing = sample_framing(rng, view.camera, view.content, stretch) if augmented else None
    picture = Picture(
        image=image, camera=view.camera, content=view.content, cell_rays=view.cell_rays,
        cell_valid=view.cell_valid, range_m=range_m, thing_of=thing_of, pose=pose, scene=scene,
    )  # fmt: skip
    return picture if framing is None else reframe(picture, framing)


def _sight(view: View, pose: Pose) -> Sight:
    """Bearings of the image's middle row, elevations of its middle column, a little widened."""
    row, column = view.camera.height // 2, view.camera.width // 2
    right, left, low, high = spans(view.rays, view.valid, pose.gravity_from_camera, row, column)
    return Sight(
        bearing_rad=_widened(right, left), elevation_rad=_widened(low, high),
        pixel_rad=1 / math.sqrt(view.camera.fx * view.camera.fy), eye_height_m=pose.height_m,
    )  # fmt: skip


def _widened(low: float, high: float) -> tuple[float, float]:
    wider = 0.05 * (high - low)
    return max(low - wider, -math.radians(85)), min(high + wider, math.radians(85))


def reframe(picture: Picture, framing: Framing) -> Picture:
    """The picture after a crop, resize and pad: image, camera and per-pixel truth together."""

    def nearest(image: NDArray[np.generic], fill: float) -> NDArray[np.generic]:
        left, top, w, h = framing.crop
        small = cv2.resize(
            image[top : top + h, left : left + w], framing.resized, interpolation=cv2.INTER_NEAREST
        )
        out = np.full((framing.output_size[1], framing.output_size[0]), fill, image.dtype)
        x, y = framing.pad
        out[y : y + framing.resized[1], x : x + framing.resized[0]] = small
        return out

    content = nearest(picture.content.astype(np.uint8), 0).astype(bool)
    camera = framing.camera(picture.camera)
    cell_rays, cell_valid = cells(camera, content)
    return Picture(
        image=framing.image(picture.image), camera=camera, content=content, cell_rays=cell_rays,
        cell_valid=cell_valid, range_m=nearest(picture.range_m, 0),
        thing_of=nearest(picture.thing_of, -2), pose=picture.pose, scene=picture.scene,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Where the things of a picture are, in the optical frame. Arrays over things."""

    centre: NDArray[np.float64]
    size: NDArray[np.float64]
    yaw_rad: NDArray[np.float64]
    pixel: NDArray[np.float64]
    in_view: InView


def picture_truth(picture: Picture) -> Truth:
    """Centres (m), sizes (m), yaw in the gravity frame (rad), centre pixels and what is in view."""
    things, pose = picture.scene.things, picture.pose
    level = np.array([t.centre for t in things]).reshape(-1, 3)
    level[:, 2] -= pose.height_m
    centre = level @ pose.gravity_from_camera
    pixel, _ = picture.camera.project(centre)
    counts = things_on_tokens(picture.thing_of, len(things)).sum(axis=1)
    inside = np.array([_on(picture.content, u, v) for u, v in pixel.tolist()], dtype=bool)
    in_view = InView(
        kind=tuple(t.kind for t in things),
        colour=tuple(t.colour for t in things),
        clear=inside & (counts >= CLEAR_PIXELS),
        seen=counts > 0,
        bearing_rad=-np.arctan2(level[:, 1], level[:, 0]),
        range_m=np.sqrt((level * level).sum(axis=1)),
        on=tuple(t.on for t in things),
    )
    return Truth(
        centre=centre,
        size=np.array([t.size for t in things]).reshape(-1, 3),
        yaw_rad=np.array([t.yaw_rad for t in things]),
        pixel=pixel,
        in_view=in_view,
    )


def _on(content: NDArray[np.bool_], u: float, v: float) -> bool:
    """Whether a pixel (NaN where there is none) lies on the content."""
    height, width = content.shape
    return 0 <= u < width and 0 <= v < height and bool(content[int(v), int(u)])


def make_sample(
    config: SampleConfig, index: int, tokenizer: WordTokenizer
) -> dict[str, np.ndarray]:
    """Everything the network and the loss need for one image, fixed shapes (see ``pack``)."""
    rng = np.random.default_rng([config.seed, index])
    while True:
        picture = render_picture(rng, config)
        truth = picture_truth(picture)
        if truth.in_view.clear.any():
            break
    queries = sample_queries(rng, truth.in_view, config.queries, config.superlatives)
    known = rng.random() < config.mounting_known
    sample = pack(config, picture, truth, queries, known, tokenizer)
    if config.dialogues:
        places = places_of(picture, truth)
        asked = [sample_dialogue(rng, truth.in_view, places) for _ in range(config.dialogues)]
        arrays = [dialogue_arrays(dialogue, tokenizer) for dialogue in asked]
        sample |= {name: np.stack([array[name] for array in arrays]) for name in arrays[0]}
    if config.labelled < 1:
        sample["labelled"] = np.float32(rng.random() < config.labelled)
    return sample


def dialogue_arrays(dialogue: Dialogue, tokenizer: WordTokenizer) -> dict[str, np.ndarray]:
    """A question and its answer as arrays.

    dialogue i64 (S,) ids; dialogue_answer f32 (S,), 1 on ids that are to be written;
    dialogue_target i64 (MAX_THINGS,), the thing of each <loc> in order, -1 beyond the last.
    """
    ids, written = encode_dialogue(tokenizer, dialogue.question, dialogue.answer)
    target = np.full(MAX_THINGS, -1, np.int64)
    target[: len(dialogue.targets)] = dialogue.targets
    return {
        "dialogue": np.array(ids),
        "dialogue_answer": np.array(written, np.float32),
        "dialogue_target": target,
    }


def places_of(picture: Picture, truth: Truth) -> tuple[Place, ...]:
    """The box of every thing as it is spelled; centres without a pixel take the middle."""
    share = np.nan_to_num(truth.pixel / [picture.camera.width, picture.camera.height], nan=0.5)
    turn = _yaw_targets(picture, truth)
    yaw = 0.5 * np.arctan2(turn[:, 0], turn[:, 1])
    return tuple(
        Place(float(u), float(v), float(far), tuple(map(float, size)), float(angle))
        for (u, v), far, size, angle in zip(
            share, truth.in_view.range_m, truth.size, yaw, strict=True
        )
    )


def pack(
    config: SampleConfig,
    picture: Picture,
    truth: Truth,
    queries: tuple[Query, ...],
    mounting_known: bool,
    tokenizer: WordTokenizer,
) -> dict[str, np.ndarray]:
    """Arrays of fixed shape.

    image uint8 (H, W, 3); content bool (H, W); rays f32 (14, H/4, W/4); tokens i64 (Q, L); target
    i64 (Q,), -1 absent; thing_* over MAX_THINGS (centre m, log size, allocentric sin and cos of
    twice the yaw with its weight, kind, colour, clear); pixels_on_token f32 (MAX_THINGS, T);
    log_range f32 (H/4, W/4) with 0 where unknown; up f32 (3,), log_height f32 ().
    """
    count = len(truth.yaw_rad)
    up = picture.pose.gravity_from_camera[2]
    height = picture.pose.height_m
    rays = ray_features(
        picture.cell_rays, picture.cell_valid, STRIDE,
        up if mounting_known else None, height if mounting_known else None,
    )  # fmt: skip
    sample_range = picture.range_m[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]

    def padded(values: np.ndarray) -> np.ndarray:
        out = np.zeros((MAX_THINGS, *values.shape[1:]), np.float32)
        out[:count] = values
        return out

    return {
        "image": picture.image,
        "content": picture.content,
        "rays": rays,
        "tokens": np.array([_encoded(tokenizer, q.phrase, config.prompt_length) for q in queries]),
        "target": np.array([q.target for q in queries]),
        "thing_centre": padded(truth.centre),
        "thing_log_size": padded(np.log(truth.size)),
        "thing_yaw": padded(_yaw_targets(picture, truth)),
        "thing_kind": padded(_indices(truth.in_view.kind, KINDS)).astype(np.int64),
        "thing_colour": padded(_indices(truth.in_view.colour, COLOURS)).astype(np.int64),
        "thing_clear": padded(truth.in_view.clear.astype(np.float32)),
        "pixels_on_token": things_on_tokens(picture.thing_of, MAX_THINGS),
        "log_range": np.log(np.maximum(sample_range, 1e-3)) * (sample_range > 0),
        "up": up.astype(np.float32),
        "log_height": np.float32(math.log(height)),
    }  # fmt: skip


@lru_cache(maxsize=1 << 16)
def _encoded(tokenizer: WordTokenizer, phrase: str, length: int) -> list[int]:
    return tokenizer.encode(phrase, length)


def _indices(words: tuple[str, ...], vocabulary: tuple[str, ...]) -> np.ndarray:
    return np.array([vocabulary.index(word) for word in words])


def _yaw_targets(picture: Picture, truth: Truth) -> np.ndarray:
    """Sin 2a, cos 2a of the yaw against the line of sight, and how much it matters, (n, 3)."""
    level = truth.centre @ picture.pose.gravity_from_camera.T
    angle = truth.yaw_rad - np.arctan2(level[:, 1], level[:, 0])
    length, width = truth.size[:, 0], truth.size[:, 1]
    matters = np.minimum(1.0, 4 * (length - width) / (length + width))
    matters = matters * [k not in ROUND_KINDS for k in truth.in_view.kind]
    return np.stack([np.sin(2 * angle), np.cos(2 * angle), matters], axis=1)
