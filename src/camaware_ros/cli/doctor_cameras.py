"""Doctor's judgement on a camera that was listened to: image, camera_info, frames, stamps. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from camaware_ros.cli.findings import Finding

MAX_AGE_S = 1.0
_MAX_AHEAD_S = 0.1

Complaint = tuple[str, str]
"""What is wrong, and what to do about it."""


@dataclass(slots=True, kw_only=True)
class Heard:
    """One message's header.

    Attributes:
        stamp_ns: of the message.
        frame_id: of the message.
        clock_ns: what the graph's clock said when it came.
    """

    stamp_ns: int
    frame_id: str
    clock_ns: int


@dataclass(slots=True, kw_only=True)
class CameraSeen:
    """What was heard of one camera.

    Attributes:
        image_topic: full name.
        info_topic: the CameraInfo that belongs to it; "" where none is published.
        other_infos: CameraInfo topics that belong to no image.
        used: whether one of our nodes listens to the image.
        publishers: of the image.
        images: headers, in order.
        infos: headers, in order.
        picture: size and encoding of an image.
        unreadable: why an image cannot be read; "" where it can.
        unusable: why a camera_info does not describe the image; "" where it does.
    """

    image_topic: str
    info_topic: str
    other_infos: Sequence[str] = ()
    used: bool = True
    publishers: int = 1
    images: list[Heard] = field(default_factory=list)
    infos: list[Heard] = field(default_factory=list)
    picture: str = ""
    unreadable: str = ""
    unusable: str = ""


def camera_findings(seen: CameraSeen, slop_s: float) -> list[Finding]:
    """One finding per complaint, or one that all is well.

    A camera that none of our nodes listens to is worth a note only.

    Args:
        seen: the camera.
        slop_s: largest difference of stamps that the node takes for one moment.
    """
    subject, level = f"camera {seen.image_topic}", "bad" if seen.used else "note"
    complaints = [one for judge in _JUDGES if (one := judge(seen))]
    if seen.images and seen.infos and (stamps := _stamps(seen, slop_s)):
        complaints.append(stamps)
    if not complaints:
        text = f"{seen.picture}, {_rate(seen.images)}, frame {seen.images[0].frame_id}"
        return [Finding(subject=subject, level="ok", text=text)]
    return [
        Finding(subject=subject, level=level, text=text, fix=fix)  # type: ignore[arg-type]
        for text, fix in complaints
    ]


def _rate(heard: Sequence[Heard]) -> str:
    span_s = (heard[-1].stamp_ns - heard[0].stamp_ns) / 1e9
    return f"{(len(heard) - 1) / span_s:.1f} Hz" if span_s > 0 else "one image"


def _silent(seen: CameraSeen) -> Complaint | None:
    if seen.images:
        return None
    return (
        "it is advertised, but no image came",
        "start the camera's stream; look at `large images` above; a subscriber on another "
        "machine needs the same ROS_DOMAIN_ID and a network that lets multicast through",
    )


def _several(seen: CameraSeen) -> Complaint | None:
    if seen.publishers <= 1:
        return None
    return (
        f"{seen.publishers} publishers share the topic",
        "remap all but one of them, or give each camera a namespace (parameter cameras)",
    )


def _no_info(seen: CameraSeen) -> Complaint | None:
    if seen.infos:
        return None
    if seen.info_topic:
        return f"nothing came on {seen.info_topic}", "let its driver publish it with every image"
    known = ", ".join(seen.other_infos)
    fix = f"launch with camera_info:=TOPIC; there are: {known}" if known else "publish one"
    return "no camera_info beside it", fix


def _unreadable(seen: CameraSeen) -> Complaint | None:
    return (seen.unreadable, "let the driver publish rgb8") if seen.unreadable else None


def _unusable(seen: CameraSeen) -> Complaint | None:
    if not seen.unusable:
        return None
    return (
        seen.unusable,
        "calibrate the camera at this resolution, or make its driver scale camera_info with the "
        "image (binning and roi count)",
    )


def _frames(seen: CameraSeen) -> Complaint | None:
    images, infos = ({one.frame_id for one in some} for some in (seen.images, seen.infos))
    if "" in images:
        return "the images name no frame", "set the driver's frame_id to the optical frame"
    if images and infos and images != infos:
        return (
            f"frame_id of images is {_names(images)}, of camera_info {_names(infos)}",
            "set both to the optical frame (z forward, x right)",
        )
    return None


def _names(frames: set[str]) -> str:
    return " and ".join(repr(frame) for frame in sorted(frames))


def _clock(seen: CameraSeen) -> Complaint | None:
    if not seen.images:
        return None
    newest = seen.images[-1]
    if newest.stamp_ns == 0:
        return "the images have no stamp", "let the driver stamp images with the time they show"
    age_s = (newest.clock_ns - newest.stamp_ns) / 1e9
    if -_MAX_AHEAD_S <= age_s <= MAX_AGE_S:
        return None
    side = "behind" if age_s > 0 else "ahead of"
    return (
        f"stamps are {abs(age_s):.1f} s {side} the clock",
        "synchronise the machines' clocks (chrony); with a bag or a simulation publish /clock and "
        "set use_sim_time for all nodes",
    )


def _stamps(seen: CameraSeen, slop_s: float) -> Complaint | None:
    infos = [one.stamp_ns for one in seen.infos]
    # The camera_info of the last images may still have been on its way.
    settled = [one.stamp_ns for one in seen.images if one.stamp_ns <= max(infos)]
    if not settled:
        settled = [seen.images[0].stamp_ns]
    gaps_s = [min(abs(stamp - info) for info in infos) / 1e9 for stamp in settled]
    apart = sum(gap > slop_s for gap in gaps_s)
    if apart <= 0.1 * len(gaps_s):
        return None
    return (
        f"{apart} of {len(gaps_s)} images have no camera_info within {1e3 * slop_s:.0f} ms "
        f"(farthest {1e3 * max(gaps_s):.0f} ms)",
        "let the driver stamp both alike; else raise stamp_slop_s, or for a driver that sends "
        "camera_info rarely set camera_info_pairing: latest",
    )


_JUDGES: tuple[Callable[[CameraSeen], Complaint | None], ...] = (
    _silent, _several, _no_info, _unreadable, _unusable, _frames, _clock
)  # fmt: skip
