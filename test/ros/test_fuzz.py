"""Generated messages: thousands straight into the code, hundreds over DDS to a live node."""

from __future__ import annotations

import math
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from fuzz_messages import messages
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String

from camaware_ros.grounder import DEFAULT_MODEL
from camaware_ros.resources import share_directory

MODEL = share_directory() / "models" / DEFAULT_MODEL
HERE = Path(__file__).parent


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.skipif(not MODEL.is_dir(), reason=f"no model in {MODEL}")
@pytest.mark.parametrize("rectified", [False, True])
def test_messages_end_in_words_or_finite_numbers(rectified: bool) -> None:
    from fuzz_run import Fuzzed

    fuzzed = Fuzzed(rectified)
    fuzzed.feed(seed=1000 + rectified, count=1000)
    fuzzed.close()
    assert not fuzzed.failures, fuzzed.failures[0]
    assert min(fuzzed.outcomes[name] for name in ("refused", "accepted", "answered")) > 10


def test_a_live_node_survives_messages_of_every_kind(make_rig, start) -> None:
    rig = make_rig()
    parameters = ("diagnostics_period_s:=0.1", "output_frame:=camera", "base_frame:=''")
    flags = [part for parameter in parameters for part in ("-p", parameter)]
    node = start(str(HERE / "fake_grounding_process.py"), "--ros-args", *flags)
    rig.wait_matched()
    publishers = {Image: rig.images, CameraInfo: rig.infos, String: rig.commands}
    rig.command("find the red ball")
    for sent in islice(messages(7, compressed_share=0.0), 400):
        publishers[type(sent.message)].publish(sent.message)
        rig.spin(0.005)
    assert node.alive, node.output
    assert "Traceback" not in node.output

    good = Image(width=8, height=6, encoding="rgb8", step=24, data=[255, 0, 0] * 48)
    info = CameraInfo(width=8, height=6, k=[8.0, 0.0, 3.5, 0.0, 8.0, 2.5, 0.0, 0.0, 1.0])
    good.header.frame_id = info.header.frame_id = "after"

    def shoot() -> None:
        now = rig.node.get_clock().now().to_msg()
        good.header.stamp = info.header.stamp = now
        rig.images.publish(good)
        rig.infos.publish(info)

    rig.command("find the red chair")
    rig.wait(lambda: any(d.header.frame_id == "after" for d in rig.detections), "an answer", shoot)
    for message in rig.detections:
        for detection in message.detections:
            position = detection.bbox.center.position
            assert np.isfinite([position.x, position.y, position.z]).all()
            assert math.isfinite(detection.results[0].hypothesis.score)
    assert node.end() == 0, node.output
