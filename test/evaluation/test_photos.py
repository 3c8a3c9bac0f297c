"""A data set through all metrics: an oracle gets full marks, the shipped model beats chance."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from camaware_ros.cli.main import main
from camaware_ros.evaluation.omni3d import Photo, read_omni3d, write_omni3d
from camaware_ros.evaluation.omni3d_rendered import write_rendered
from camaware_ros.evaluation.photos import (
    PHRASES,
    assumed_camera,
    depth_summary,
    evaluate_photos,
    in_view,
    judge_photo,
)
from camaware_ros.geometry.framing import Framing
from camaware_ros.grounder import Grounder, GroundingResult
from camaware_ros.training.cameras import BANDS
from camaware_ros.types import Localization, Observation


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rendered(
        tmp_path_factory.mktemp("set"), "trained range", BANDS["trained range"], 12
    )


@pytest.fixture(scope="module")
def photos(data: Path) -> tuple[Photo, ...]:
    return read_omni3d(data, data.parent / "images")


class Oracle(Grounder):
    """Knows the annotations; everything else is the real thing."""

    photo: Photo

    def ground(self, observation: Observation, phrases: list[str]) -> GroundingResult:
        """What is true of ``photo``."""
        result = super().ground(observation, phrases)
        objects = tuple(
            Localization(
                label=f"{thing.colour} {thing.kind}", presence=1.0, score=1.0, frame_id="",
                box=thing.box, covariance=np.eye(3), pixel=(0.0, 0.0),
            )
            for thing in self.photo.things
        )  # fmt: skip
        truth = self.photo.range_m()
        framing = self.framing(self.photo.camera)
        rows, cols = result.range_map.shape
        cells = np.stack(np.meshgrid(np.arange(cols), np.arange(rows)), -1) * 4 + 2.0
        x, y = np.moveaxis(np.clip(framing.to_source(cells), 0, None).astype(int), -1, 0)
        range_map = truth[np.clip(y, 0, len(truth) - 1), np.clip(x, 0, truth.shape[1] - 1)]
        return replace(result, read_objects=lambda: objects, range_map=range_map)


def test_an_oracle_scores_full_marks_in_detection_and_depth(photos: tuple[Photo, ...]) -> None:
    oracle = Oracle.load(backend="onnx")
    oracle.unknown_words = lambda phrase: ()  # type: ignore[method-assign]
    for index, photo in enumerate(photos[:4]):
        oracle.photo = photo
        judged = judge_photo(oracle, photo, np.random.default_rng(index))
        assert judged.scored.kinds and not judged.left_out
        np.testing.assert_allclose(judged.ratios, 1)
        assert {*judged.scored.true_boxes} <= {*judged.scored.boxes}


def test_phrases_are_those_of_things_that_show(photos: tuple[Photo, ...]) -> None:
    for photo in photos:
        view = in_view(
            photo, Framing.letterbox((photo.camera.width, photo.camera.height), (160, 128))
        )
        for thing, clear, seen in zip(photo.things, view.clear, view.seen, strict=True):
            assert not clear or thing.pixels >= 24
            pixel, valid = photo.camera.project(thing.box.center)
            assert not clear or (valid and photo.camera.in_image(pixel) and seen)


def test_a_camera_scale_shows_less_and_drops_what_left(photos: tuple[Photo, ...]) -> None:
    for photo in photos:
        size = (photo.camera.width, photo.camera.height)
        whole, middle = (
            in_view(photo, Framing.letterbox(size, (160, 128), zoom)) for zoom in (1.0, 2.0)
        )
        assert middle.seen.sum() <= whole.seen.sum()
        pixels, _ = photo.camera.project(np.array([t.box.center for t in photo.things]))
        half = np.array((160, 128)) / min(160 / size[0], 128 / size[1]) / 4
        outside = (np.abs(pixels - np.array(size) / 2) > half + 1).any(1)
        assert not (middle.clear & outside).any()


def test_the_shipped_model_beats_chance_and_coarser_pictures_are_harder(
    photos: tuple[Photo, ...],
) -> None:
    found = evaluate_photos(Grounder.load(backend="onnx"), photos)
    assert found["images"] == 12 and found["phrases"]["phrases"] > 12
    assert found["detection"]["ap25"] > 15 and found["detection"]["f1"] > 15
    assert found["phrases"]["referent"] > 50
    assert found["depth"]["abs_rel"] < 0.25 and found["depth"]["delta1"] > 70
    coarse = evaluate_photos(Grounder.load(backend="onnx", zoom=0.5), photos)
    assert coarse["detection"]["ap3d"] < found["detection"]["ap3d"]


def test_unknown_kinds_and_colours_are_left_out_and_never_asked_for(
    photos: tuple[Photo, ...], tmp_path: Path
) -> None:
    strange = replace(photos[0].things[0], kind="zeppelin")
    bare = tuple(replace(thing, colour="") for thing in photos[0].things[1:])
    path = tmp_path / "data.json"
    root = photos[0].path.parent
    write_omni3d(path, [replace(photos[0], things=(strange, *bare))], root, "strange")
    (photo,) = read_omni3d(path, root)
    grounder = Grounder.load(backend="onnx")
    asked: list[str] = []
    real = grounder.ground

    def listening(observation: Observation, phrases: list[str]) -> GroundingResult:
        asked.extend(phrases)
        return real(observation, phrases)

    grounder.ground = listening  # type: ignore[method-assign]
    judged = judge_photo(grounder, photo, np.random.default_rng(0))
    assert "zeppelin" in judged.left_out
    assert len(asked) <= PHRASES and not any("zeppelin" in phrase for phrase in asked)
    assert "zeppelin" not in judged.scored.true_kinds


def test_without_k_the_same_camera_is_assumed_at_every_scale(photos: tuple[Photo, ...]) -> None:
    """What the network is shown has 62 degrees across, however large the picture is shown."""
    camera = photos[0].camera
    for zoom in (0.5, 1.0, 2.0):
        framing = Framing.letterbox((camera.width, camera.height), (160, 128), zoom)
        shown = framing.camera(assumed_camera(camera, framing))
        assert shown.fx == pytest.approx(80 / np.tan(np.radians(31)), rel=0.01)


def test_depth_by_hand() -> None:
    assert depth_summary(np.array([1.1, 0.9, 2.0, 1.0])) == {"abs_rel": 0.3, "delta1": 75.0}
    assert depth_summary(np.zeros(0)) is None


def test_command_writes_what_it_prints(data: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "result.json"
    words = ["evaluate", "--data", str(data), "--images", str(data.parent / "images")]
    assert main([*words, "--camera-scale", "0.8", "--no-mounting", "--json", str(out)]) == 0
    record = json.loads(out.read_text())
    assert record["command"].endswith("--camera-scale 0.8 --no-mounting")
    printed = json.loads(capsys.readouterr().out)
    assert printed["detection"] == record["detection"] and printed["images"] == 12


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--images", "nowhere"], "--images: expected the folder"),
        (["--camera-scale", "0"], "zoom: expected a positive number"),
    ],
)
def test_bad_options_are_named(data: Path, words: list[str], message: str, capsys) -> None:
    base = ["evaluate", "--data", str(data), "--images", str(data.parent / "images")]
    assert main([*base, *words]) == 2
    assert message in capsys.readouterr().err


def test_a_truncated_file_is_named(data: Path, tmp_path: Path, capsys) -> None:
    cut = tmp_path / "cut.json"
    cut.write_text(data.read_text()[:-100])
    assert main(["evaluate", "--data", str(cut), "--images", str(tmp_path)]) == 2
    assert "cut.json" in capsys.readouterr().err
