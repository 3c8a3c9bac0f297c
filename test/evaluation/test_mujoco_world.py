"""Cases from the simulator: truth against the picture, phrases against the truth, metrics whole."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba", reason="the data engine needs the train extra")

from camaware_ros.camera_file import find_camera_files, load_camera_yaml  # noqa: E402
from camaware_ros.evaluation.mujoco_world import mujoco_cases, run_mujoco  # noqa: E402
from camaware_ros.grounder import Grounder  # noqa: E402
from camaware_ros.simulation.render import Quality  # noqa: E402
from camaware_ros.training.queries import ABSENT  # noqa: E402

FILES = find_camera_files()
NAMES = ("pi_camera_v2", "gopro_hero9_wide")
CAMERAS = [load_camera_yaml(FILES[name]) for name in NAMES]
FAST = Quality(shadows=False, samples=0)
DOMINANT = {"red": 0, "green": 1, "blue": 2}


@pytest.fixture(scope="module")
def cases() -> list:
    return list(mujoco_cases(CAMERAS, 6, (160, 128), FAST))


def test_every_camera_sees_every_room_and_it_is_the_same_again(cases: list) -> None:
    assert [name for name, _ in cases] == list(NAMES) * 6
    again = next(iter(mujoco_cases(CAMERAS, 1, (160, 128), FAST)))[1]
    assert (again.observation.image == cases[0][1].observation.image).all()
    assert again.queries == cases[0][1].queries


def test_boxes_stand_upright_on_the_floor_below_the_camera(cases: list) -> None:
    for _, case in cases:
        held = case.observation.mounting
        for box in case.boxes:
            np.testing.assert_allclose(box.rotation[:, 2], held.up_camera, atol=1e-9)
            bottom = box.center @ held.up_camera - box.size[2] / 2
            assert bottom == pytest.approx(-held.height_m, abs=1e-9)


def test_asked_things_are_where_the_picture_has_their_colour(cases: list) -> None:
    right = []
    for _, case in cases:
        for query in case.queries:
            words = query.phrase.split()
            if query.target == ABSENT or query.type != "colour+kind" or words[0] not in DOMINANT:
                continue
            if words[1] not in ("box", "ball", "cylinder", "sofa"):
                continue  # others have gaps where the middle is
            pixel, valid = case.observation.camera.project(case.boxes[query.target].center)
            assert valid
            u, v = pixel.astype(int)
            patch = case.observation.image[max(v - 2, 0) : v + 3, max(u - 2, 0) : u + 3]
            colour = patch.reshape(-1, 3).astype(float).mean(axis=0)
            right.append(int(np.argmax(colour)) == DOMINANT[words[0]])
    # A few are hidden at their middle by something that stands before them.
    assert len(right) >= 3 and np.mean(right) >= 0.6


def test_left_and_right_of_the_picture_agree_with_the_words(cases: list) -> None:
    for name, case in cases:
        for query in case.queries:
            if query.phrase != "leftmost thing" or name != "pi_camera_v2":
                continue
            seen = np.flatnonzero(case.seen)
            columns = [case.observation.camera.project(case.boxes[i].center)[0][0] for i in seen]
            assert seen[int(np.argmin(columns))] == query.target


def test_the_metrics_of_the_shipped_model_are_whole() -> None:
    grounder = Grounder.load()
    result = run_mujoco(grounder, 3, cameras=NAMES, quality=FAST)
    assert result["all"]["phrases"] == sum(result[name]["phrases"] for name in NAMES)
    assert 0 <= result["unfamiliar_percent"] <= 100
    assert all(np.isfinite(result[name]["depth_error"]) for name in NAMES)
    blind = run_mujoco(grounder, 3, cameras=NAMES, quality=FAST, mounting=False)
    assert blind["all"]["centre_error_m"] != result["all"]["centre_error_m"]
    with pytest.raises(ValueError, match="expected some of"):
        run_mujoco(grounder, 1, cameras=["hubble"])
    grounder.close()
