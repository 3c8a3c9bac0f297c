"""Messages of cameras that never were: valid ones, and ones that were spoilt in some places.

Endless and seeded. Sizes are small, because every size must be tried and none must be waited for.
"""

from __future__ import annotations

import array
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import String

Rng = np.random.Generator
Spoil = Callable[[Rng, Any], None]

CHANNELS = {"rgb": 3, "bgr": 3, "rgba": 4, "bgra": 4, "mono": 1}
PACKED = {f"{name}{8 * n}": c * n for name, c in CHANNELS.items() for n in (1, 2)}
BAYER = {f"bayer_{p}{8 * n}": n for p in ("rggb", "bggr", "gbrg", "grbg") for n in (1, 2)}
YUV = dict.fromkeys(("yuv422", "uyvy", "yuv422_yuy2", "yuyv"), 2)
PIXEL_BYTES = {**PACKED, **BAYER, **YUV}
PLANE_ROWS = {"nv12": 1.5, "nv21": 1.5, "nv24": 3.0}
ENCODINGS = (*PIXEL_BYTES, *PLANE_ROWS)
STRANGE_WORDS = (
    "", " ", "RGB8", "32FC1", "8UC3", "16UC1", "bayer", "rgb8 ", "rgb8\n", "h264", "ü" * 300,
    "plumb_bob", "rational_polynomial", "equidistant", "fisheye", "division", "%s%n", "..", "/",
    "a" * 10_000,
)  # fmt: skip
COMMAND_WORDS = (
    "go", "to", "the", "find", "stop", "red", "ball", "chair", "left", "of", "nearest", "and", "no",
    "biggest", "lamp", "next", ",", "?", "not",
)  # fmt: skip
STRANGE_NUMBERS = (
    math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 1e-320, 1e-30, 1e30, 1.7e308, -1e10, 3.0,
)  # fmt: skip
LAST_NS = (2**31 - 1) * 10**9
STRANGE_COUNTS = (0, 1, 2, 3, 7, 255, 65_536, 2**31 - 1, 2**31, 2**32 - 1)
COEFFICIENTS = {"plumb_bob": (0, 4, 5), "rational_polynomial": (8,), "equidistant": (4,)}


@dataclass(frozen=True, slots=True)
class Sent:
    """A message in the order of its arrival.

    Attributes:
        frame: number of the picture that it belongs to.
        message: an image, a camera_info or a command.
        valid: whether nothing about it is wrong.
    """

    frame: int
    message: Image | CompressedImage | CameraInfo | String
    valid: bool


def messages(seed: int, compressed_share: float = 0.25) -> Iterator[Sent]:
    """Image and camera_info of one picture after another, in either order, some of them lost."""
    rng = np.random.default_rng(seed)
    now_ns, number = 10**18, -1
    while True:
        number += 1
        now_ns = _next_stamp(rng, now_ns)
        size = (2 * int(rng.integers(2, 33)), 2 * int(rng.integers(2, 25)))
        compressed = rng.random() < compressed_share
        image = _compressed(rng, size) if compressed else _image(rng, size)
        info = _info(rng, size)
        for message in (image, info):
            message.header.frame_id = "camera"
            _set_stamp(message, now_ns)
        spoilt = [
            _spoil(rng, message, kinds)
            for message, kinds in (
                (image, _OF_COMPRESSED if compressed else _OF_IMAGE), (info, _OF_INFO)
            )
        ]  # fmt: skip
        pair = [Sent(number, image, not spoilt[0]), Sent(number, info, not spoilt[1])]
        if rng.random() < 0.5:
            pair.reverse()
        lost = rng.integers(20)
        if rng.random() < 0.1:
            yield Sent(number, String(data=_command(rng)), False)
        yield from (sent for place, sent in enumerate(pair) if place != lost)


def _spoil(rng: Rng, message: Any, kinds: tuple[Spoil, ...]) -> bool:
    """Leave the message as it is half of the time; whether it was spoilt."""
    times = int(rng.choice([0, 0, 0, 1, 2, 3]))
    for _ in range(times):
        kinds[rng.integers(len(kinds))](rng, message)
    return times > 0


def _image(rng: Rng, size: tuple[int, int]) -> Image:
    encoding = ENCODINGS[rng.integers(len(ENCODINGS))]
    (width, height), padding = size, int(rng.choice([0, 0, 2, 16]))
    step = width * PIXEL_BYTES.get(encoding, 1) + padding
    message = Image(width=width, height=height, encoding=encoding, step=step)
    message.is_bigendian = int(rng.integers(2))
    message.data = array.array("B", rng.bytes(round(step * height * PLANE_ROWS.get(encoding, 1))))
    return message


def _compressed(rng: Rng, size: tuple[int, int]) -> CompressedImage:
    picture = rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    suffix = (".jpg", ".png")[rng.integers(2)]
    _, data = cv2.imencode(suffix, picture)
    message = CompressedImage(format=f"bgr8; {suffix[1:]} compressed bgr8")
    message.data = array.array("B", data.tobytes())
    return message


def _info(rng: Rng, size: tuple[int, int]) -> CameraInfo:
    message = CameraInfo(width=size[0], height=size[1])
    focal, middle = size[0] * rng.uniform(0.4, 2.0), np.array(size) / 2 + rng.normal(0, 2, 2)
    k = [focal, 0.0, middle[0], 0.0, focal * rng.uniform(0.9, 1.1), middle[1], 0.0, 0.0, 1.0]
    message.k = k
    message.p = [*k[:3], 0.0, *k[3:6], 0.0, *k[6:], 0.0]
    message.r = np.eye(3).ravel().tolist()
    model = tuple(COEFFICIENTS)[rng.integers(3)]
    count = int(rng.choice(COEFFICIENTS[model]))
    message.distortion_model = model
    message.d = (rng.normal(0, 1, count) * 0.2 ** (1 + np.arange(count) % 4)).tolist()
    return message


def _next_stamp(rng: Rng, now_ns: int) -> int:
    """A thirtieth of a second on, and rarely elsewhere."""
    if rng.random() < 0.99 and now_ns < LAST_NS:
        return now_ns + 33_000_000
    return int(rng.choice([1, 10**9, 10**18, 2 * 10**18, LAST_NS]))


def _set_stamp(message: Any, stamp_ns: int) -> None:
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)


def _word(rng: Rng) -> str:
    return STRANGE_WORDS[rng.integers(len(STRANGE_WORDS))]


def _number(rng: Rng) -> float:
    if rng.random() < 0.3:
        return float(rng.normal() * 10.0 ** rng.integers(-8, 9))
    return STRANGE_NUMBERS[rng.integers(len(STRANGE_NUMBERS))]


def _count(rng: Rng, now: int) -> int:
    if rng.random() < 0.5:
        return max(now + int(rng.integers(-2, 3)), 0)
    return int(rng.choice(STRANGE_COUNTS))


def _command(rng: Rng) -> str:
    """Words that mean something, words that do not, and no words."""
    count = int(rng.choice([0, 1, 2, 3, 6, 40]))
    words = [COMMAND_WORDS[rng.integers(len(COMMAND_WORDS))] for _ in range(count)]
    if rng.random() < 0.3:
        words = ["find", "the", *(COMMAND_WORDS[at] for at in rng.integers(5, 8, size=2))]
    strange = [_word(rng)] if rng.random() < 0.4 else []
    text = " ".join([*words, *strange])
    if rng.random() < 0.2:
        text += "".join(map(chr, rng.integers(1, 0xD800, size=int(rng.integers(1, 20)))))
    return text


def _stamp(rng: Rng, message: Any) -> None:
    stamp = message.header.stamp
    stamp.sec = int(rng.choice([stamp.sec, 0, -1, -(2**31), 2**31 - 1]))
    stamp.nanosec = int(rng.choice([stamp.nanosec, 0, 999_999_999, 2**32 - 1, 5_000_000]))


def _frame_id(rng: Rng, message: Any) -> None:
    message.header.frame_id = _word(rng)


def _field(name: str) -> Spoil:
    def spoil(rng: Rng, message: Any) -> None:
        setattr(message, name, _count(rng, getattr(message, name)))

    return spoil


def _encoding(rng: Rng, message: Image) -> None:
    other = rng.random() < 0.6
    message.encoding = ENCODINGS[rng.integers(len(ENCODINGS))] if other else _word(rng)


def _data(rng: Rng, message: Image | CompressedImage) -> None:
    """Cut off, made longer, or some bytes of it changed."""
    data = bytearray(message.data)
    kind = rng.integers(4)
    if kind == 0:
        data = data[: int(rng.integers(len(data) + 1))]
    elif kind == 1:
        data += rng.bytes(int(rng.integers(1, 100)))
    elif kind == 2 and data:
        for at in rng.integers(len(data), size=int(rng.integers(1, 20))):
            data[at] = int(rng.integers(256))
    elif data:  # the first bytes hold what a picture is
        at = int(rng.integers(min(len(data), 200)))
        data[at : at + 4] = rng.bytes(4)
    message.data = array.array("B", bytes(data))


def _format(rng: Rng, message: CompressedImage) -> None:
    message.format = ("rgb8; jpeg compressed rgb8", "16UC1; compressedDepth", _word(rng))[
        rng.integers(3)
    ]


def _matrix(name: str) -> Spoil:
    def spoil(rng: Rng, message: CameraInfo) -> None:
        values = [float(value) for value in getattr(message, name)]
        for at in rng.integers(len(values), size=int(rng.integers(1, 4))):
            values[at] = _number(rng)
        setattr(message, name, values)

    return spoil


def _distortion(rng: Rng, message: CameraInfo) -> None:
    message.d = [_number(rng) for _ in range(int(rng.integers(0, 16)))]


def _large_distortion(rng: Rng, message: CameraInfo) -> None:
    message.d = [float(value) * 10.0 ** rng.integers(0, 6) for value in message.d]


def _model(rng: Rng, message: CameraInfo) -> None:
    known = rng.random() < 0.5
    message.distortion_model = tuple(COEFFICIENTS)[rng.integers(3)] if known else _word(rng)


def _region(rng: Rng, message: CameraInfo) -> None:
    for name in ("x_offset", "y_offset", "width", "height"):
        setattr(message.roi, name, _count(rng, int(rng.integers(0, 64))))
    message.roi.do_rectify = bool(rng.integers(2))


_OF_ALL = (_stamp, _frame_id)
_OF_IMAGE = (
    *_OF_ALL, _field("width"), _field("height"), _field("step"), _encoding, _data, _data
)  # fmt: skip
_OF_COMPRESSED = (*_OF_ALL, _format, _data, _data, _data)
_OF_INFO = (
    *_OF_ALL, _field("width"), _field("height"), _field("binning_x"), _field("binning_y"),
    _matrix("k"), _matrix("k"), _matrix("p"), _matrix("r"), _distortion, _large_distortion, _model,
    _region,
)  # fmt: skip
