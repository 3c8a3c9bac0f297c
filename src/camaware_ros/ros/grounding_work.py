"""One frame and one phrase in, one answer out. Runs in the worker thread; publishes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.ros.answers import sentence
from camaware_ros.ros.camera_info import camera_from_info
from camaware_ros.ros.camera_input import CameraPair
from camaware_ros.ros.frame_transforms import FrameTransforms, Placement
from camaware_ros.ros.health import Level, Reason
from camaware_ros.ros.image_messages import RgbImage, rgb_from_compressed, rgb_from_image
from camaware_ros.ros.report import Report
from camaware_ros.ros.shared_model import SharedModel
from camaware_ros.types import Localization, Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """An image that waits for its turn.

    Attributes:
        camera: name of the camera; empty where there is only one.
        pair: image and camera_info messages.
        frame_id: optical frame of the image.
        transforms: what TF told when it arrived, by target frame.
        phrase: what to look for; None to only check the input.
        question: what to answer, which comes before looking; None for nothing.
    """

    camera: str
    pair: CameraPair
    frame_id: str
    transforms: dict[str, Rigid3]
    phrase: str | None
    question: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is published for a frame.

    Attributes:
        camera: name of the camera; empty where there is only one.
        phrase: that was looked for.
        header: stamp of the image, frame of the detections.
        image_header: of the image.
        found: the things that are there, in the frame of the detections.
        in_camera: the same in the optical frame.
        placement: where the image was taken.
        range_map: range of what is seen, metres, on the network's grid (``geometry.range_map``).
        doubts: why the answer deserves less trust.
        text: a sentence.
        arrived_s: when the image came, monotonic.
        network_s: time inside the network.
    """

    camera: str
    phrase: str
    header: Header
    image_header: Header
    observation: Observation
    found: tuple[Localization, ...]
    in_camera: tuple[Localization, ...]
    placement: Placement
    range_map: NDArray[np.float32]
    doubts: tuple[str, ...]
    text: str
    arrived_s: float
    network_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is published for a frame that a question was asked about.

    Attributes:
        camera: name of the camera; empty where there is only one.
        question: as it was asked.
        header: stamp of the image, frame of the things.
        found: the things that the answer speaks of, in that frame.
        doubts: why the answer deserves less trust.
        text: the answer.
    """

    camera: str
    question: str
    header: Header
    found: tuple[Localization, ...]
    doubts: tuple[str, ...]
    text: str


class GroundingWork:
    """The job of the worker.

    Args:
        model: that finds things.
        transforms: TF at the image stamp.
        rectified: whether P of the camera_info holds.
        min_presence: of things that are published; may be replaced at any time.
        report: told how every stage went.
        publish: called with every answer, in the worker's thread.
        reply: called with every reply to a question, in the worker's thread.
    """

    def __init__(
        self,
        *,
        model: SharedModel,
        transforms: FrameTransforms,
        rectified: bool,
        min_presence: float,
        report: Report,
        publish: Callable[[Answer], None],
        reply: Callable[[Reply], None],
    ) -> None:
        self._model = model
        self._transforms = transforms
        self._rectified = rectified
        self.min_presence = min_presence
        self._report = report
        self._publish, self._reply = publish, reply

    def __call__(self, frame: Frame) -> None:
        """Work on one frame.

        Raises:
            StageFailed: where a stage could not be done; it has been reported.
        """
        started_s = time.monotonic()
        image = self._image(frame.pair.image.message)
        camera = self._camera(frame, image)
        placement = self._transforms.placement(
            frame.frame_id, frame.pair.stamp_ns, frame.transforms
        )
        observation = Observation(image=image, camera=camera, mounting=placement.mounting)
        self._report.health.took("prepare", time.monotonic() - started_s)
        if frame.question is not None:
            self._reply(self._replied(frame, observation, placement, frame.question))
        elif frame.phrase is not None:
            self._publish(self._answer(frame, observation, placement, frame.phrase))

    def _image(self, message: Image | CompressedImage) -> RgbImage:
        with self._report.stage("image", Reason.IMAGE_INVALID):
            if isinstance(message, Image):
                return rgb_from_image(message)
            return rgb_from_compressed(message)

    def _camera(self, frame: Frame, image: RgbImage) -> Camera:
        with self._report.stage("camera", Reason.CAMERA_INVALID):
            size = (image.shape[1], image.shape[0])
            camera = camera_from_info(frame.pair.info, size, rectified=self._rectified)
        self._report.health.fact("camera", f"{frame.frame_id}: {_in_words(camera)}")
        return camera

    def _answer(
        self, frame: Frame, observation: Observation, placement: Placement, phrase: str
    ) -> Answer:
        # A camera none of whose pixels has a ray shows here only.
        with self._report.stage("rays", Reason.CAMERA_INVALID):
            result = self._model.ground(observation, [phrase])
        self._report.health.took("network", result.network_seconds)
        if result.warnings:
            text = "; ".join(result.warnings)
            self._report.problem("range", Reason.OUTSIDE_TRAINED_RANGE, text, Level.WARN)
        else:
            self._report.health.ok("range")
        (localization,) = result.localizations
        in_camera = (localization,) if localization.presence >= self.min_presence else ()
        found = _in_output_frame(in_camera, placement)
        image_header = frame.pair.image.message.header
        return Answer(
            camera=frame.camera,
            phrase=phrase,
            header=Header(stamp=image_header.stamp, frame_id=placement.output_frame),
            image_header=image_header,
            observation=observation,
            found=found,
            in_camera=in_camera,
            placement=placement,
            range_map=result.range_map,
            doubts=result.warnings,
            text=sentence(phrase, localization, found[0] if found else None),
            arrived_s=frame.pair.image.at_s,
            network_s=result.network_seconds,
        )

    def _replied(
        self, frame: Frame, observation: Observation, placement: Placement, question: str
    ) -> Reply:
        with self._report.stage("rays", Reason.CAMERA_INVALID):
            answer = self._model.ask(observation, question)
        self._report.health.took("network", answer.network_seconds)
        stamp = frame.pair.image.message.header.stamp
        return Reply(
            camera=frame.camera,
            question=question,
            header=Header(stamp=stamp, frame_id=placement.output_frame),
            found=_in_output_frame(answer.localizations, placement),
            doubts=answer.warnings,
            text=answer.text,
        )


def _in_output_frame(
    things: Sequence[Localization], placement: Placement
) -> tuple[Localization, ...]:
    target, frame_id = placement.output_from_camera, placement.output_frame
    return tuple(thing.in_frame(target, frame_id) for thing in things)


@lru_cache(maxsize=16)
def _in_words(camera: Camera) -> str:
    lens, hfov = type(camera.lens).__name__, np.degrees(camera.hfov_rad)
    return f"{camera.width} x {camera.height}, {hfov:.1f} deg, {lens}"
