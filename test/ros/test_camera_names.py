"""Names of cameras and their topics."""

from __future__ import annotations

import pytest

from camaware_ros.ros.camera_names import camera_topic, checked_cameras


def test_topics_are_under_the_camera_and_plain_for_the_only_one() -> None:
    assert camera_topic("front", "image") == "front/image"
    assert camera_topic("arm/left", "image") == "arm/left/image"
    assert camera_topic("", "image") == "image"


@pytest.mark.parametrize("names", [("",), ("front",), ("front", "rear"), ("arm/left", "b2")])
def test_names_that_topics_can_have_are_kept(names: tuple[str, ...]) -> None:
    assert checked_cameras(list(names)) == names


@pytest.mark.parametrize(
    "names", [(), ("a", "a"), ("", "a"), ("2nd",), ("a b",), ("/front",), ("front/",), ("vorn-1",)]
)
def test_others_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="cameras: expected"):
        checked_cameras(names)
