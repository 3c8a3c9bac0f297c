"""The data engine against its own geometry and against OpenCV: truth must be true."""

from __future__ import annotations

import math

import numpy as np
import pytest

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Equidistant
from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.training import samples
from camaware_ros.training.cameras import (
    BANDS,
    TRAINED_FISHEYE_DEG,
    TRAINED_HFOV_DEG,
    sample_pose,
)
from camaware_ros.training.furniture import support_height
from camaware_ros.training.queries import ABSENT, InView, sample_queries

TOKENIZER = WordTokenizer()


def picture(index: int, band: str = "train", zoom: float = 0.5) -> samples.Picture:
    config = samples.SampleConfig(band=BANDS[band], zoom=zoom)
    return samples.render_picture(np.random.default_rng([9, index]), config)


@pytest.mark.parametrize(
    "band", ["train", "trained range", "fisheye", "unseen fisheye", "off-centre"]
)
def test_rendered_points_lie_inside_the_true_box_of_their_thing(band: str) -> None:
    """Lens, pose, renderer and boxes agree: pixels unproject into the box they belong to."""
    from camaware_ros.evaluation.rendered import true_boxes

    outside = total = 0
    for index in range(6):
        pic = picture(index, band, zoom=0.0)
        boxes = true_boxes(pic, samples.picture_truth(pic))
        rays, valid = pic.camera.ray_map()
        points = rays * pic.range_m[..., None]
        for thing, box in enumerate(boxes):
            mask = (pic.thing_of == thing) & valid
            grown = type(box)(box.center, box.size + 0.02, box.rotation)
            outside += int((~grown.contains(points[mask])).sum())
            total += int(mask.sum())
    assert total > 2000
    assert outside <= 0.001 * total


def test_zoomed_pictures_keep_metric_truth() -> None:
    """After crop and resize, pixels still unproject into their box (nearest-pixel tolerance)."""
    from camaware_ros.evaluation.rendered import true_boxes

    checked = 0
    for index in range(30):
        pic = picture(index, "trained range", zoom=1.0)
        boxes = true_boxes(pic, samples.picture_truth(pic))
        rays, _ = pic.camera.ray_map()
        points = rays * pic.range_m[..., None]
        for thing, box in enumerate(boxes):
            mask = pic.thing_of == thing
            if mask.sum() < 50:
                continue
            slack = 0.06 + 0.03 * np.linalg.norm(box.center)
            grown = type(box)(box.center, box.size + slack, box.rotation)
            assert grown.contains(points[mask]).mean() > 0.97
            checked += 1
    assert checked > 20


def test_floor_pixels_lie_on_the_floor() -> None:
    for index in range(5):
        pic = picture(index, "train", zoom=0.0)
        rays, valid = pic.camera.ray_map()
        up = pic.pose.gravity_from_camera[2]
        height = np.nan_to_num(rays * pic.range_m[..., None]) @ up + pic.pose.height_m
        room = (pic.thing_of == -1) & valid
        assert height[room].min() > -1e-3
        steep = room & (np.nan_to_num(rays) @ up < -0.35)
        if steep.any():
            assert np.median(np.abs(height[steep])) < 1e-3


def test_a_sample_is_the_same_picture_every_time_and_differs_from_its_neighbour() -> None:
    config = samples.SampleConfig()
    one, again, other = (samples.make_sample(config, i, TOKENIZER) for i in (3, 3, 4))
    for name in one:
        np.testing.assert_array_equal(one[name], again[name])
    assert (one["image"] != other["image"]).mean() > 0.2


def test_sample_arrays_fit_the_contract() -> None:
    sample = samples.make_sample(samples.SampleConfig(), 11, TOKENIZER)
    assert sample["image"].shape == (128, 160, 3) and sample["image"].dtype == np.uint8
    assert sample["rays"].shape == (14, 32, 40) and np.isfinite(sample["rays"]).all()
    assert sample["tokens"].shape == (8, 8) and sample["target"].shape == (8,)
    pixels = sample["pixels_on_token"]
    assert pixels.shape == (8, 80) and pixels.sum() <= 128 * 160


def test_targets_are_drawn_on_the_tokens_that_show_them() -> None:
    """The projected centre of every clear thing lies within a token or two of its own pixels."""
    for index in range(10):
        sample = samples.make_sample(samples.SampleConfig(zoom=0.0), index, TOKENIZER)
        for thing in np.flatnonzero(sample["thing_clear"]):
            assert sample["pixels_on_token"][thing].sum() >= samples.CLEAR_PIXELS


def content_hfov_deg(camera: Camera, content: np.ndarray) -> float:
    """Field of what is in the picture, measured from its outermost columns."""
    columns = np.flatnonzero(content.any(0))
    rows = np.flatnonzero(content.any(1))
    middle = 0.5 * (rows[0] + rows[-1] + 1)
    edge, valid = camera.unproject([[columns[0], middle], [columns[-1] + 1, middle]])
    return math.degrees(math.acos(edge[0] @ edge[1])) if valid.all() else 0.0


@pytest.mark.parametrize("index", range(60))
def test_training_pictures_stay_out_of_the_held_out_bands(index: int) -> None:
    """Also after zooming; fisheye pictures may be cropped, never widened."""
    pic = picture(index, "train", zoom=1.0)
    hfov = content_hfov_deg(pic.camera, pic.content)
    if isinstance(pic.camera.lens, Equidistant):
        assert hfov < 160 and TRAINED_FISHEYE_DEG[1] < 160
    else:
        assert TRAINED_HFOV_DEG[0] - 0.5 <= hfov <= TRAINED_HFOV_DEG[1] + 0.5


def test_held_out_bands_do_not_overlap_the_trained_range() -> None:
    low, high = TRAINED_HFOV_DEG
    assert BANDS["unseen narrow"].hfov_deg[1] <= low
    assert BANDS["unseen wide"].hfov_deg[0] >= high
    assert BANDS["unseen fisheye"].hfov_deg[0] >= 160


@pytest.mark.parametrize("index", range(8))
def test_phrases_mean_exactly_one_thing_or_none(index: int) -> None:
    """An independent reading of each phrase over the scene finds the stated target."""
    pic = picture(index, "trained range")
    truth = samples.picture_truth(pic)
    view = truth.in_view
    for query in sample_queries(np.random.default_rng(index), view, 12):
        words = query.phrase.split()
        if query.type in ("relation", "superlative"):
            continue
        fits = [
            i
            for i, (kind, colour) in enumerate(zip(view.kind, view.colour, strict=True))
            if view.seen[i] and all(w in (kind, colour, "thing") for w in words)
        ]
        assert fits == ([] if query.target == ABSENT else [query.target])


def test_superlatives_are_asked_as_often_as_told() -> None:
    def share(superlatives: float) -> float:
        asked = [
            query.type
            for index in range(40)
            for query in sample_queries(
                np.random.default_rng(index),
                samples.picture_truth(picture(index, "trained range")).in_view, 8, superlatives,
            )
        ]  # fmt: skip
        return asked.count("superlative") / len(asked)

    assert share(0.0) == 0
    assert 1.2 * share(1.0) < share(2.0) < 0.5


def named(view: InView, words: list[str]) -> list[int]:
    """Things in view that every word fits."""
    return [
        i
        for i in np.flatnonzero(view.seen)
        if all(w in (view.kind[i], view.colour[i], "thing") for w in words)
    ]


def stands_so(truth: samples.Truth, word: str, a: int, b: int) -> bool:
    """An independent reading of a relation from pixels, ranges and boxes."""
    view = truth.in_view
    if word == "left":
        return bool(view.bearing_rad[a] < view.bearing_rad[b])
    if word == "right":
        return bool(view.bearing_rad[a] > view.bearing_rad[b])
    if word == "on":
        return view.on[a] == b
    near_bearing = abs(view.bearing_rad[a] - view.bearing_rad[b]) < 0.3
    farther = view.range_m[a] > view.range_m[b]
    return bool(near_bearing and farther == (word == "behind"))


def test_superlatives_and_relations_point_at_the_right_thing() -> None:
    seen = dict.fromkeys(("superlative", "left", "right", "on", "behind", "before"), 0)
    for index in range(120):
        truth = samples.picture_truth(picture(index, "trained range", zoom=0.0))
        view = truth.in_view
        if not view.clear.any():
            continue
        for query in sample_queries(np.random.default_rng(index), view, 12):
            words = query.phrase.split()
            if query.type == "superlative":
                rivals = named(view, words[1:])
                key = view.bearing_rad if "most" in words[0] else view.range_m
                best = (max if words[0] in ("rightmost", "farthest") else min)(
                    rivals, key=lambda i: key[i]
                )
                assert best == query.target, query
                seen["superlative"] += 1
            if query.type == "relation":
                at = next(i for i, w in enumerate(words) if w in seen)
                anchors = named(view, [w for w in words[at + 1 :] if w != "of"])
                assert len(anchors) == 1
                fits = [
                    i
                    for i in named(view, words[:at])
                    if i != anchors[0] and stands_so(truth, words[at], i, anchors[0])
                ]
                assert fits == [query.target], query
                seen[words[at]] += 1
    assert min(seen.values()) >= 5, seen


def test_things_on_things_rest_on_their_surface_and_inside_its_edges() -> None:
    stacked = 0
    for index in range(60):
        things = picture(index, "trained range").scene.things
        for thing in things:
            if thing.on < 0:
                assert thing.centre[2] == pytest.approx(thing.size[2] / 2)
                continue
            below = things[thing.on]
            floor = below.centre[2] - below.size[2] / 2
            base = thing.centre[2] - thing.size[2] / 2
            assert base == pytest.approx(floor + support_height(below.kind, below.size))
            away = np.subtract(thing.centre[:2], below.centre[:2])
            c, s = math.cos(below.yaw_rad), math.sin(below.yaw_rad)
            along, across = abs(c * away[0] + s * away[1]), abs(c * away[1] - s * away[0])
            radius = 0.5 * math.hypot(*thing.size[:2])
            assert along + radius <= below.size[0] / 2 + 1e-9
            assert across + radius <= below.size[1] / 2 + 1e-9
            stacked += 1
    assert stacked > 20


@pytest.mark.parametrize("augment", samples.AUGMENTATIONS)
def test_augmentations_change_what_they_say(augment: str) -> None:
    """One lens stays one lens unless the full augmentation draws another; aspect likewise."""
    config = samples.SampleConfig(band=BANDS["ablation"], zoom=1.0, augment=augment)
    lenses, aspects, fields = set(), [], []
    for index in range(40):
        pic = samples.render_picture(np.random.default_rng([4, index]), config)
        lenses.add(type(pic.camera.lens))
        aspects.append(pic.camera.fx / pic.camera.fy)
        fields.append(content_hfov_deg(pic.camera, pic.content))
    assert (len(lenses) > 1) == (augment == "full")
    assert (np.abs(np.log(aspects)).max() > 0.04) == (augment == "full")
    if augment == "none":
        assert min(fields) > 54.9 and max(fields) < 70.1
    else:
        assert min(fields) < 50


def test_unknown_augmentation_is_refused() -> None:
    with pytest.raises(ValueError, match="augment: expected one of"):
        samples.SampleConfig(augment="magic")


def test_poses_are_those_of_robots() -> None:
    rng = np.random.default_rng(0)
    poses = [sample_pose(rng) for _ in range(300)]
    heights = np.array([p.height_m for p in poses])
    assert heights.min() >= 0.1 and heights.max() <= 2.0 and np.ptp(heights) > 1.4
    for pose in poses[:20]:
        rotation = pose.gravity_from_camera
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1)
        looks = rotation @ [0, 0, 1]
        assert looks[2] == pytest.approx(-math.sin(pose.pitch_rad), abs=1e-9)


def test_only_kinds_that_are_wished_for_stand_in_the_room() -> None:
    some = ("box", "chair", "table")
    config = samples.SampleConfig(zoom=0.0, kinds=some)
    rng = np.random.default_rng(5)
    pictures = [samples.render_picture(rng, config) for _ in range(20)]
    assert {thing.kind for picture in pictures for thing in picture.scene.things} == set(some)
    assert any(thing.on >= 0 for picture in pictures for thing in picture.scene.things)
    with pytest.raises(ValueError, match="kinds"):
        samples.SampleConfig(kinds=("unicorn",))
