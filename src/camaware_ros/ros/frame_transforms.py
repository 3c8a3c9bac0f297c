"""The two transforms a frame needs, taken at its stamp."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.ros.grounding_settings import CAMERA_FRAME, GroundingSettings
from camaware_ros.ros.health import Level, Reason
from camaware_ros.ros.report import Report
from camaware_ros.ros.tf import Buffer, TransformException, lookup_rigid
from camaware_ros.types import Mounting


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a frame was taken.

    Attributes:
        output_frame: name of the frame the detections are given in.
        output_from_camera: the camera in it.
        base_from_camera: the camera over the robot's base, where TF tells.
        mounting: of the camera over the floor, where TF tells.
    """

    output_frame: str
    output_from_camera: Rigid3
    base_from_camera: Rigid3 | None
    mounting: Mounting | None


class FrameTransforms:
    """Looks both transforms up.

    Args:
        buffer: filled by a listener in another thread than ``placement`` is called in.
        settings: frame names and patience; may be replaced at any time.
        report: told which transform is missing.
    """

    def __init__(self, buffer: Buffer, settings: GroundingSettings, report: Report) -> None:
        self._buffer = buffer
        self.settings = settings
        self._report = report

    def prefetch(self, camera_frame: str, stamp_ns: int) -> dict[str, Rigid3]:
        """What TF tells already when the image arrives; never waits.

        A frame that then queues behind a slow one keeps these, even when TF's history has passed.
        """
        found = {}
        for frame in self._frames(camera_frame) if stamp_ns else []:
            try:
                found[frame] = lookup_rigid(self._buffer, frame, camera_frame, stamp_ns)
            except (TransformException, ValueError):
                continue
        return found

    def placement(self, camera_frame: str, stamp_ns: int, known: dict[str, Rigid3]) -> Placement:
        """Where the frame was taken; waits up to ``tf_timeout_s`` for what is not known yet.

        Raises:
            StageFailed: where the frame of the detections cannot be reached.
        """
        settings = self.settings
        output_frame = settings.target_frame
        with self._report.stage("tf", Reason.TF_MISSING):
            if output_frame in (CAMERA_FRAME, camera_frame):
                output_frame = camera_frame
                output_from_camera = Rigid3.identity()
            else:
                output_from_camera = self._lookup(output_frame, camera_frame, stamp_ns, known)
        base_from_camera, mounting = self._mounting(
            settings.base_frame, camera_frame, stamp_ns, known
        )
        return Placement(
            output_frame=output_frame,
            output_from_camera=output_from_camera,
            base_from_camera=base_from_camera,
            mounting=mounting,
        )

    def _mounting(
        self, base: str, camera_frame: str, stamp_ns: int, known: dict[str, Rigid3]
    ) -> tuple[Rigid3 | None, Mounting | None]:
        if not base:
            return None, None
        try:
            base_from_camera = self._lookup(base, camera_frame, stamp_ns, known)
            mounting = Mounting.from_pose(base_from_camera)
        except (TransformException, ValueError) as error:
            text = f"answers are less exact, because {base!r} does not tell the mounting: {error}"
            self._report.problem("mounting", Reason.MOUNTING_UNKNOWN, text, Level.WARN)
            return None, None
        self._report.health.ok("mounting")
        down_deg = np.degrees(np.arcsin(np.clip(mounting.up_camera[2], -1, 1)))
        self._report.health.fact(
            "mounting", f"{mounting.height_m:.2f} m high, {-down_deg:.0f} deg downwards"
        )
        return base_from_camera, mounting

    def _lookup(
        self, target: str, camera_frame: str, stamp_ns: int, known: dict[str, Rigid3]
    ) -> Rigid3:
        if target in known:
            return known[target]
        if not camera_frame:
            raise ValueError("the image's header names no frame")
        if stamp_ns == 0:  # for TF that means the latest
            raise ValueError("the image's stamp is 0, so its moment is not known")
        timeout_s = self.settings.tf_timeout_s
        return lookup_rigid(self._buffer, target, camera_frame, stamp_ns, timeout_s)

    def _frames(self, camera_frame: str) -> list[str]:
        wanted = {self.settings.target_frame, self.settings.base_frame}
        return sorted(wanted - {"", CAMERA_FRAME, camera_frame})
