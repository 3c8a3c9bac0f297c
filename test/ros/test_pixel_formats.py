"""Every encoding of sensor_msgs against a packing of our own and the formulas of the standards."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from camaware_ros.ros.pixel_formats import ENCODINGS, rgb_from_memory

WIDTH, HEIGHT = 14, 8
PLAIN = [f"{name}{bits}" for name in ("rgb", "bgr", "rgba", "bgra") for bits in (8, 16)]
BAYER = [f"bayer_{p}{bits}" for p in ("rggb", "bggr", "gbrg", "grbg") for bits in (8, 16)]
YUV_422 = ["yuv422", "uyvy", "yuv422_yuy2", "yuyv"]
TWO_PLANES = ["nv12", "nv21", "nv24"]


def smooth_picture() -> np.ndarray:
    """Slopes, different ones for each colour, so that neighbours hardly differ."""
    v, u = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.stack([40 + 2 * u + v, 200 - 3 * u, 90 + 4 * v], axis=-1).astype(np.uint8)


def padded(rows: np.ndarray, padding: int) -> tuple[bytes, int]:
    """Rows of bytes (n, m) with ``padding`` bytes of rubbish behind each."""
    full = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    return full.tobytes(), full.shape[1]


def as_rows(samples: np.ndarray, big_endian: bool) -> np.ndarray:
    """Samples of any shape (h, ...) as rows of bytes."""
    if samples.dtype == np.uint16:
        samples = samples.astype(">u2" if big_endian else "<u2")
    return np.frombuffer(samples.tobytes(), np.uint8).reshape(len(samples), -1)


def decoded(samples: np.ndarray, encoding: str, padding: int = 0, big_endian: bool = False):
    data, step = padded(as_rows(samples, big_endian), padding)
    return rgb_from_memory(data, encoding, (WIDTH, HEIGHT), step, big_endian=big_endian)


def in_order(rgb: np.ndarray, encoding: str) -> np.ndarray:
    """The channels of a picture as the encoding lays them, alpha arbitrary."""
    alpha = np.full_like(rgb[..., :1], 3)
    by_letter = dict(zip("rgba", np.split(np.concatenate([rgb, alpha], -1), 4, -1), strict=True))
    return np.concatenate([by_letter[c] for c in encoding.rstrip("0123456789")], axis=-1)


@pytest.mark.parametrize("padding", [0, 5])
@pytest.mark.parametrize("encoding", PLAIN)
def test_channels_in_any_order_and_depth(encoding: str, padding: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    samples = picture.astype(np.uint16) * 257 if encoding.endswith("16") else picture
    for big_endian in (False, True):
        got = decoded(in_order(samples, encoding), encoding, padding, big_endian)
        np.testing.assert_array_equal(got, picture)


@pytest.mark.parametrize("big_endian", [False, True])
def test_mono16_is_scaled_to_the_nearest_of_8_bits(big_endian: bool) -> None:
    samples = np.random.default_rng(1).integers(0, 65536, (HEIGHT, WIDTH), dtype=np.uint16)
    got = decoded(samples, "mono16", 3, big_endian)
    expected = samples.astype(float)[..., None] * 255 / 65535
    assert np.abs(got - expected).max() <= 0.5 + 1e-9
    assert (got == got[..., :1]).all()


@pytest.mark.parametrize("encoding", BAYER)
def test_bayer_pictures_get_their_colours_back_and_by_no_other_pattern(encoding: str) -> None:
    picture = smooth_picture()
    pattern = encoding[6:10]
    mosaic = np.empty((HEIGHT, WIDTH), np.uint8)
    for place, (row, col) in enumerate(itertools.product((0, 1), (0, 1))):
        mosaic[row::2, col::2] = picture[row::2, col::2, "rgb".index(pattern[place])]
    wide = encoding.endswith("16")
    samples = mosaic.astype(np.uint16) * 257 if wide else mosaic
    inner = np.s_[1:-1, 1:-1]

    def error(name: str) -> float:
        difference = decoded(samples, name, 2).astype(int) - picture
        return float(np.abs(difference[inner]).max())

    assert error(encoding) <= 3
    others = [name for name in BAYER if name != encoding and name.endswith("16") == wide]
    assert min(error(name) for name in others) > 20


def bt601(y: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """RGB of the limited range of ITU-R BT.601, float, not rounded."""
    y, u, v = 255 / 219 * (y - 16.0), 255 / 224 * (u - 128.0), 255 / 224 * (v - 128.0)
    red, blue = y + 2 * (1 - 0.299) * v, y + 2 * (1 - 0.114) * u
    green = (y - 0.299 * red - 0.114 * blue) / 0.587
    return np.clip(np.stack([red, green, blue], axis=-1), 0, 255)


def yuv(columns: int, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Brightness (HEIGHT, WIDTH) and both colours (rows, columns)."""
    rng = np.random.default_rng(2)
    y = rng.integers(16, 236, (HEIGHT, WIDTH), dtype=np.uint8)
    u, v = rng.integers(60, 196, (2, rows, columns), dtype=np.uint8)
    return y, u, v


@pytest.mark.parametrize("encoding", YUV_422)
def test_yuv422_of_both_orders(encoding: str) -> None:
    y, u, v = yuv(WIDTH // 2, HEIGHT)
    even, odd = y[:, ::2], y[:, 1::2]
    pairs = (even, u, odd, v) if encoding in ("yuv422_yuy2", "yuyv") else (u, even, v, odd)
    got = decoded(np.stack(pairs, axis=-1), encoding, 6)
    expected = bt601(y, np.repeat(u, 2, 1), np.repeat(v, 2, 1))
    assert np.abs(got - expected).max() <= 2


@pytest.mark.parametrize("padding", [0, 10])
@pytest.mark.parametrize("encoding", TWO_PLANES)
def test_two_planes(encoding: str, padding: int) -> None:
    shrink = 1 if encoding == "nv24" else 2
    y, u, v = yuv(WIDTH // shrink, HEIGHT // shrink)
    colours = (v, u) if encoding == "nv21" else (u, v)
    luma, step = padded(y, padding)
    interleaved = np.stack(colours, axis=-1).reshape(HEIGHT // shrink, -1)
    behind = 2 * step // shrink - interleaved.shape[1]
    chroma, _ = padded(interleaved, behind)
    got = rgb_from_memory(luma + chroma, encoding, (WIDTH, HEIGHT), step)
    big_u, big_v = (plane.repeat(shrink, 0).repeat(shrink, 1) for plane in (u, v))
    assert np.abs(got - bt601(y, big_u, big_v)).max() <= 2
    with pytest.raises(ValueError, match=f"data: expected .* {encoding}, got"):
        rgb_from_memory(luma + chroma[: -behind - 1], encoding, (WIDTH, HEIGHT), step)


def test_the_tests_above_know_every_encoding() -> None:
    assert set(ENCODINGS) == {*PLAIN, *BAYER, *YUV_422, *TWO_PLANES, "mono8", "mono16"}


@pytest.mark.parametrize(
    ("encoding", "size", "match"),
    [
        ("yuyv", (3, 4), "even width for yuyv, got 3"),
        ("nv12", (4, 3), "even ones for nv12, got 4 x 3"),
        ("nv21", (3, 4), "even ones for nv21, got 3 x 4"),
        ("bayer_rggb8", (2, 4), "at least 3 x 3 for a Bayer pattern, got 2 x 4"),
    ],
)
def test_a_size_that_the_encoding_cannot_have_is_named(encoding, size, match) -> None:
    with pytest.raises(ValueError, match=match):
        rgb_from_memory(bytes(1000), encoding, size, 20)


@pytest.mark.parametrize("encoding", ["8UC3", "32FC1", "16UC1", "RGB8", "rgb32", "mjpeg", ""])
def test_an_encoding_that_is_no_colour_picture_is_named(encoding: str) -> None:
    with pytest.raises(ValueError, match=f"encoding: expected one of .*rgb8.*got '{encoding}'"):
        rgb_from_memory(bytes(1000), encoding, (4, 4), 32)
