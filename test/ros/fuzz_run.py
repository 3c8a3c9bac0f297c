"""Generated messages through pairing, conversion, the worker's job and the shipped model.

    python test/ros/fuzz_run.py --count 100000 --json docs/benchmarks/fuzz.json

Nothing but a refusal in words or an answer in finite numbers may come of any of them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from fuzz_messages import Sent, messages
from rclpy.logging import LoggingSeverity, get_logger
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import String

from camaware_ros.grounder import Grounder
from camaware_ros.ros.camera_input import Arrived, nanoseconds
from camaware_ros.ros.command_state import state_after
from camaware_ros.ros.conversions import detections_from_localizations
from camaware_ros.ros.frame_transforms import FrameTransforms
from camaware_ros.ros.grounding_settings import GroundingSettings
from camaware_ros.ros.grounding_work import Answer, Frame, GroundingWork
from camaware_ros.ros.health import Health
from camaware_ros.ros.pairing import FramePairing, Pair
from camaware_ros.ros.report import Report, StageFailed
from camaware_ros.ros.shared_model import SharedModel
from camaware_ros.ros.tf import Buffer

PHRASE = "red ball"
HANG_S = 60
_ASK_EVERY = 10
_VALUES = re.compile(r"'.*'|\"[^\"]*\"|\[.*\]|[-+]?\d[\w.+-]*|nan|inf", re.DOTALL)


class Hang(BaseException):
    """One message took more than ``HANG_S``; no handler for errors may catch it."""


class Fuzzed:
    """What a node does with its messages, without the middleware, and what came of each.

    Args:
        rectified: whether P of the camera_info holds.
    """

    def __init__(self, rectified: bool = False) -> None:
        settings = GroundingSettings(output_frame="camera", base_frame="")
        logger = get_logger("fuzz")
        logger.set_level(LoggingSeverity.FATAL)
        self._health = Health(time.monotonic())
        report = Report(self._health, logger)
        self._pairing: FramePairing[tuple[Arrived, Sent], tuple[CameraInfo, Sent]] = FramePairing()
        self._model = SharedModel(Grounder.load, settings)
        self._work = GroundingWork(
            model=self._model, transforms=FrameTransforms(Buffer(), settings, report),
            rectified=rectified, min_presence=0.0, report=report, publish=self._check,
            reply=lambda _: None,
        )  # fmt: skip
        self.outcomes: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.failures: list[str] = []
        self.slowest_s = 0.0

    def close(self) -> None:
        """Free the model."""
        self._model.close()

    def feed(self, seed: int, count: int) -> None:
        """``count`` messages, one after the other."""
        for number, sent in enumerate(islice(messages(seed), count)):
            started_s = time.monotonic()
            try:
                with _time_limit():
                    self._one(sent, number)
            except (Exception, Hang):
                self.failures.append(f"seed {seed}, message {number}: {traceback.format_exc()}")
            self.slowest_s = max(self.slowest_s, time.monotonic() - started_s)

    def _one(self, sent: Sent, number: int) -> None:
        message: Any = sent.message
        if isinstance(message, String):
            self._command(message.data)
            return
        header = message.header
        stamp_ns = nanoseconds(header.stamp)
        if isinstance(message, CameraInfo):
            pair = self._pairing.add_info(stamp_ns, (message, sent), header.frame_id)
        else:
            arrived = (Arrived(message, 0.0), sent)
            pair = self._pairing.add_image(stamp_ns, arrived, header.frame_id)
        self._health.snapshot(time.monotonic())
        if pair is None:
            self.outcomes["waits or has no partner"] += 1
        else:
            self._pair(pair, number)

    def _command(self, text: str) -> None:
        state = state_after(text, self._model.unknown_words, self._model.max_words)
        if not state.text or (state.phrase is None) == (state.reason is None):
            raise AssertionError(f"{text!r}: expected a phrase or a reason, got {state}")
        self.outcomes["command obeyed" if state.phrase else "command refused"] += 1

    def _pair(self, pair: Pair[Any, Any], number: int) -> None:
        (arrived, image_sent), (info, info_sent) = pair.image, pair.info
        own = image_sent.frame == info_sent.frame and image_sent.valid and info_sent.valid
        plain: Any = Pair(
            image=arrived, info=info, stamp_ns=pair.stamp_ns, gap_ns=pair.gap_ns,
            paired_by=pair.paired_by, frames=pair.frames,
        )  # fmt: skip
        asked = PHRASE if number % _ASK_EVERY < 2 else None
        frame = Frame(
            camera="", pair=plain, frame_id=arrived.message.header.frame_id, transforms={},
            phrase=asked, question=None,
        )  # fmt: skip
        try:
            self._work(frame)
        except StageFailed as error:
            self.outcomes["refused"] += 1
            self.refusals[_VALUES.sub("#", str(error))[:100]] += 1
            if own:
                self.failures.append(f"message {number} is valid and was refused: {error}")
        else:
            self.outcomes["answered" if asked else "accepted"] += 1

    def _check(self, answer: Answer) -> None:
        """Everything that would be published is finite."""
        message = detections_from_localizations(answer.found, answer.header)
        (detection,) = message.detections
        result = detection.results[0]
        box, pose = detection.bbox, result.pose.pose
        numbers = [
            result.hypothesis.score, *result.pose.covariance,
            *(getattr(point, axis) for axis in "xyz" for point in (
                box.center.position, box.size, box.center.orientation, pose.position)),
        ]  # fmt: skip
        if not np.isfinite(numbers).all() or not np.isfinite(answer.range_map).all():
            raise AssertionError(f"not finite: {message}, {answer.range_map}")


@contextmanager
def _time_limit() -> Iterator[None]:
    def late(*_: object) -> None:
        raise Hang(f"expected an end within {HANG_S} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(HANG_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def record(fuzzed: Fuzzed) -> dict[str, Any]:
    """What came of it, for JSON."""
    return {
        "failures": len(fuzzed.failures), "examples": fuzzed.failures[:10],
        "slowest_s": round(fuzzed.slowest_s, 2), "outcomes": dict(fuzzed.outcomes.most_common()),
        "refusals": dict(fuzzed.refusals.most_common(60)),
    }  # fmt: skip


def main(argv: Sequence[str]) -> int:
    """0 where nothing failed."""
    parser = argparse.ArgumentParser(prog="fuzz_run", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="messages")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="where the record goes")
    arguments = parser.parse_args(argv)
    warnings.simplefilter("ignore", RuntimeWarning)
    results = {}
    for name, rectified in (("raw", False), ("rectified", True)):
        fuzzed = Fuzzed(rectified)
        fuzzed.feed(arguments.seed + rectified, arguments.count // 2)
        fuzzed.close()
        results[name] = record(fuzzed)
    found = {
        "command": f"python test/ros/fuzz_run.py --count {arguments.count}",
        "seed": arguments.seed, "hardware": f"{platform.machine()}, {os.cpu_count()} cores",
        "messages": arguments.count // 2 * 2, **results,
    }  # fmt: skip
    text = json.dumps(found, indent=1)
    if arguments.json:
        arguments.json.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 1 if any(result["failures"] for result in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
