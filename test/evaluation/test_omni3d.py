"""The Omni3D format: corners against an independent computation, a round trip, and bad files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from camaware_ros.evaluation.omni3d import box_from_omni3d, box_to_omni3d, read_omni3d
from camaware_ros.evaluation.omni3d_rendered import write_rendered
from camaware_ros.geometry.boxes import Box3, iou
from camaware_ros.training.cameras import BANDS


@pytest.fixture(scope="module", params=["trained range", "unseen fisheye"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("omni3d")
    return write_rendered(folder, request.param, BANDS[request.param], 4)


def corners_by_hand(record: dict) -> np.ndarray:
    """R times each vertex of the drawing in Omni3D's DATA.md.

    x runs along the length, y down the height, z along the width; v0 is near, top, left, then
    clockwise, then the same far away.
    """
    width, height, length = record["dimensions"]
    left, right, top, bottom = -length / 2, length / 2, -height / 2, height / 2
    near, far = -width / 2, width / 2
    face = [(left, top), (right, top), (right, bottom), (left, bottom)]
    own = [(x, y, z) for z in (near, far) for x, y in face]
    return np.array([np.array(record["R_cam"]) @ p for p in own]) + record["center_cam"]


@pytest.mark.parametrize("seed", range(5))
def test_corners_dimensions_and_rotation_agree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    box = Box3(rng.normal(size=3), rng.uniform(0.2, 2, 3), Rotation.random(rng=rng).as_matrix())
    record = box_to_omni3d(box)
    np.testing.assert_allclose(record["bbox3D_cam"], corners_by_hand(record), atol=1e-12)
    ours = {tuple(p) for p in np.round(box.corners(), 9)}
    assert ours == {tuple(p) for p in np.round(record["bbox3D_cam"], 9)}
    assert np.linalg.det(record["R_cam"]) == pytest.approx(1)
    assert iou(box_from_omni3d(record), box) == pytest.approx(1)


def test_the_height_of_an_upright_thing_runs_down_the_image(written: Path) -> None:
    record = json.loads(written.read_text())
    for found in record["annotations"]:
        up = record["images"][found["image_id"]]["camera_aware"]["up_camera"]
        np.testing.assert_allclose(np.array(found["R_cam"])[:, 1], -np.array(up), atol=1e-9)


def test_what_is_written_is_read(written: Path) -> None:
    photos = read_omni3d(written, written.parent / "images")
    record = json.loads(written.read_text())
    assert len(photos) == 4
    for photo in photos:
        observation, distances = photo.observation(), photo.range_m()
        assert observation.mounting is not None and distances is not None
        for thing in photo.things:
            assert thing.tight is not None and thing.pixels > 0
            left, top, right, bottom = (int(v) for v in thing.tight)
            nearest = distances[top:bottom, left:right]
            far = np.linalg.norm(thing.box.corners(), axis=1).max()
            assert 0 < nearest[nearest > 0].min() <= far + 0.01
    assert sum(len(photo.things) for photo in photos) == len(record["annotations"])


def test_the_tight_box_lies_in_the_projected_one(written: Path) -> None:
    record = json.loads(written.read_text())
    for found in record["annotations"]:
        bent = record["images"][found["image_id"]]["camera_aware"]["D"] != [0.0] * 5
        outer, inner = np.array(found["bbox2D_proj"]), np.array(found["bbox2D_tight"])
        if (outer != -1).any() and not bent:
            assert (inner[:2] >= outer[:2] - 3).all() and (inner[2:] <= outer[2:] + 3).all()


def spoil(change: Callable[[dict], object]) -> Callable[[str], str]:
    def changed(text: str) -> str:
        record = json.loads(text)
        change(record)
        return json.dumps(record)

    return changed


@pytest.mark.parametrize(
    ("spoiled", "message"),
    [
        (lambda text: text[: len(text) // 2], "expected an Omni3D JSON file"),
        (lambda text: "[]", "images: expected a list of records, got list"),
        (spoil(lambda r: r.pop("annotations")), "annotations: expected a list"),
        (spoil(lambda r: r["images"][1].pop("K")), r"images\[1\]: K: expected finite .*got None"),
        (spoil(lambda r: r["images"][0].update(K=[[1, 0], [0, 1]])), r"K: .*shape \(3, 3\)"),
        (spoil(lambda r: r["images"][0].update(K=np.zeros((3, 3)).tolist())), "uncalibrated"),
        (spoil(lambda r: r["images"][0].pop("width")), "expected width"),
        (spoil(lambda r: r["annotations"][0].update(image_id=99)), "id of an image, got image_id"),
        (spoil(lambda r: r["annotations"][0].update(center_cam=[1, 2])), r"annotations\[0\]: cent"),
        (spoil(lambda r: r["annotations"][0].update(dimensions=[1, -1, 1])), "positive lengths"),
        (spoil(lambda r: r["annotations"][0].update(R_cam=np.ones((3, 3)).tolist())), "rotation"),
        (spoil(lambda r: r["annotations"][0].pop("category_name")), "expected category_name"),
    ],
)
def test_a_bad_file_is_refused_by_name(
    written: Path, tmp_path: Path, spoiled: Callable[[str], str], message: str
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(spoiled(written.read_text()))
    with pytest.raises(ValueError, match=message) as caught:
        read_omni3d(path, tmp_path)
    assert str(path) in str(caught.value)


def test_things_without_a_reliable_box_are_left_out(written: Path, tmp_path: Path) -> None:
    record = json.loads(written.read_text())
    record["annotations"][0] |= {"valid3D": False, "center_cam": -1, "dimensions": -1, "R_cam": -1}
    path = tmp_path / "data.json"
    path.write_text(json.dumps(record))
    kept = sum(len(photo.things) for photo in read_omni3d(path, tmp_path))
    assert kept == len(record["annotations"]) - 1


def test_missing_and_damaged_images_are_named(written: Path, tmp_path: Path) -> None:
    photo = read_omni3d(written, tmp_path)[0]
    with pytest.raises(ValueError, match=r"000000\.png: expected a readable image"):
        photo.observation()
    photo.path.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ValueError, match="expected a readable image"):
        photo.observation()
    with pytest.raises(ValueError, match="_range.png: expected uint16"):
        photo.range_m()
