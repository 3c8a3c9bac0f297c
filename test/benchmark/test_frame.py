"""One frame through all stages: what comes out is what the node would say; memory is counted."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")

from rclpy.serialization import deserialize_message  # noqa: E402
from vision_msgs.msg import Detection3DArray  # noqa: E402

from camaware_ros.benchmark.frame import (  # noqa: E402
    PHRASES,
    STAGES,
    Timed,
    allocated,
    run_frame,
    sent,
)
from camaware_ros.grounder import Grounder  # noqa: E402
from camaware_ros.ros.camera_info import camera_from_info  # noqa: E402
from camaware_ros.ros.image_messages import rgb_from_compressed, rgb_from_image  # noqa: E402
from camaware_ros.types import Observation  # noqa: E402


@pytest.mark.parametrize("compressed", [False, True])
def test_the_stages_together_say_what_the_grounder_says(compressed: bool) -> None:
    grounder = Grounder.load(backend="onnx")
    what, timed = sent((320, 240), compressed=compressed), Timed()
    message = deserialize_message(run_frame(grounder, what, timed), Detection3DArray)
    image = (rgb_from_compressed if compressed else rgb_from_image)(what.image)
    observation = Observation(
        image=image, camera=camera_from_info(what.info, (320, 240)), mounting=what.mounting
    )
    (place,) = grounder.ground(observation, PHRASES).localizations
    centre = message.detections[0].bbox.center.position
    np.testing.assert_allclose([centre.x, centre.y, centre.z], place.box.center, atol=1e-4)
    assert tuple(timed.stages) == STAGES
    assert all(wall_s >= 0 for wall_s, _ in timed.stages.values())


def test_memory_at_the_peak_and_memory_kept() -> None:
    found = allocated(lambda: np.ones(1_000_000, np.uint8))
    assert 1000 <= found["peak_kb"] < 2500 and found["kept_kb_per_frame"] < 10
    kept: list[np.ndarray] = []
    grown = allocated(lambda: kept.append(np.ones(100_000, np.uint8)))
    assert 100 <= grown["kept_kb_per_frame"] < 120
