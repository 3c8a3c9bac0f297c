"""Pictures in messages: every encoding against OpenCV, and everything a driver can get wrong."""

from __future__ import annotations

import array

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from camaware_ros.ros.image_messages import (
    compressed_from_rgb,
    image_from_rgb,
    rgb_from_compressed,
    rgb_from_image,
)

WIDTH, HEIGHT = 13, 7
CHANNELS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1}


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def encoded(picture: np.ndarray, encoding: str) -> np.ndarray:
    codes = {
        "bgr8": cv2.COLOR_RGB2BGR,
        "rgba8": cv2.COLOR_RGB2RGBA,
        "bgra8": cv2.COLOR_RGB2BGRA,
        "mono8": cv2.COLOR_RGB2GRAY,
    }
    return picture if encoding == "rgb8" else cv2.cvtColor(picture, codes[encoding])


def message(pixels: np.ndarray, encoding: str, padding: int = 0) -> Image:
    rows = pixels.reshape(HEIGHT, -1)
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    result = Image(height=HEIGHT, width=WIDTH, encoding=encoding, step=padded.shape[1])
    result.data = array.array("B", padded.tobytes())
    return result


@pytest.mark.parametrize("padding", [0, 1, 24])
@pytest.mark.parametrize("encoding", CHANNELS)
def test_every_encoding_and_row_padding(picture, encoding: str, padding: int) -> None:
    pixels = encoded(picture, encoding)
    got = rgb_from_image(message(pixels, encoding, padding))
    expected = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB) if encoding == "mono8" else picture
    np.testing.assert_array_equal(got, expected)
    assert got.dtype == np.uint8 and not got.flags.writeable


def test_rgb8_is_a_view_of_the_message(picture: np.ndarray) -> None:
    source = message(picture, "rgb8", padding=5)
    got = rgb_from_image(source)
    source.data[0] = (int(got[0, 0, 0]) + 1) % 256
    assert got[0, 0, 0] == source.data[0]


def test_a_padded_view_works_with_opencv(picture: np.ndarray) -> None:
    got = rgb_from_image(message(picture, "rgb8", padding=5))
    np.testing.assert_array_equal(cv2.resize(got, (5, 3)), cv2.resize(picture, (5, 3)))


def test_the_last_row_may_lack_its_padding(picture: np.ndarray) -> None:
    source = message(picture, "rgb8", padding=5)
    source.data = source.data[:-5]
    np.testing.assert_array_equal(rgb_from_image(source), picture)


@pytest.mark.parametrize("encoding", ["", "16UC1", "8UC3", "RGB8"])
def test_an_unknown_encoding_is_named(picture: np.ndarray, encoding: str) -> None:
    bad = message(picture, "rgb8")
    bad.encoding = encoding
    with pytest.raises(ValueError, match=f"encoding: expected one of rgb8.*got '{encoding}'"):
        rgb_from_image(bad)


@pytest.mark.parametrize(("width", "height"), [(0, HEIGHT), (WIDTH, 0), (0, 0)])
def test_a_size_of_zero_is_named(picture: np.ndarray, width: int, height: int) -> None:
    bad = message(picture, "rgb8")
    bad.width, bad.height = width, height
    with pytest.raises(ValueError, match=f"got {width} x {height}"):
        rgb_from_image(bad)


def test_short_data_is_named_with_both_lengths(picture: np.ndarray) -> None:
    bad = message(picture, "rgb8")
    bad.data = bad.data[:-1]
    expected = WIDTH * HEIGHT * 3
    with pytest.raises(ValueError, match=f"data: expected {expected} bytes.*got {expected - 1}"):
        rgb_from_image(bad)


def test_a_step_that_is_too_small_is_named(picture: np.ndarray) -> None:
    bad = message(picture, "rgb8")
    bad.step = 3 * WIDTH - 1
    with pytest.raises(ValueError, match=f"step: expected at least {3 * WIDTH}"):
        rgb_from_image(bad)


def test_a_huge_size_with_little_data_is_refused_before_memory_is_taken() -> None:
    bad = Image(height=2**32 - 1, width=2**30, encoding="rgb8", step=3 * 2**30)
    with pytest.raises(ValueError, match="data: expected"):
        rgb_from_image(bad)


def test_there_and_back_is_the_same_picture(picture: np.ndarray) -> None:
    header = Header(frame_id="camera")
    sent = image_from_rgb(picture[:, ::-1], header)
    assert (sent.header.frame_id, sent.step, len(sent.data)) == ("camera", 39, 39 * HEIGHT)
    np.testing.assert_array_equal(rgb_from_image(sent), picture[:, ::-1])


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 1), (4, 4, 4)])
def test_only_rgb_pictures_can_be_sent(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="uint8"):
        image_from_rgb(np.zeros(shape, np.uint8), Header())


def compressed(picture: np.ndarray, suffix: str, name: str) -> CompressedImage:
    done, data = cv2.imencode(suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert done
    return CompressedImage(format=name, data=array.array("B", data.tobytes()))


@pytest.mark.parametrize("name", ["png", "bgr8; png compressed bgr8", ""])
def test_png_is_exact(picture: np.ndarray, name: str) -> None:
    np.testing.assert_array_equal(rgb_from_compressed(compressed(picture, ".png", name)), picture)


def test_jpeg_is_close_and_in_the_right_order() -> None:
    picture = np.zeros((32, 48, 3), np.uint8)
    picture[:, :24] = (200, 40, 90)
    got = rgb_from_compressed(compressed_from_rgb(picture, Header()))
    assert got.shape == picture.shape
    assert np.abs(got[:, 2:20].astype(int) - picture[:, 2:20]).max() <= 4


def test_the_orientation_tag_does_not_turn_the_picture() -> None:
    picture = np.zeros((20, 40, 3), np.uint8)
    plain = bytes(compressed(picture, ".jpg", "jpeg").data)
    tag = b"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06" + bytes(7)
    segment = b"Exif\x00\x00" + tag
    turned = plain[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + plain[2:]
    assert cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_COLOR).shape == (40, 20, 3)
    got = rgb_from_compressed(CompressedImage(format="jpeg", data=array.array("B", turned)))
    assert got.shape == (20, 40, 3)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_grey_or_16_bit_picture_is_three_colours_of_8(suffix: str) -> None:
    grey = np.full((16, 24), 130, np.uint8)
    whole = cv2.imencode(suffix, grey if suffix == ".jpg" else grey.astype(np.uint16) * 257)[1]
    got = rgb_from_compressed(CompressedImage(format="mono", data=array.array("B", bytes(whole))))
    assert got.shape == (16, 24, 3) and np.abs(got.astype(int) - 130).max() <= 1


def test_an_encoder_that_was_given_rgb_for_bgr_is_understood(picture: np.ndarray) -> None:
    wrong = compressed(picture[..., ::-1], ".png", "rgb8; png compressed rgb8")
    np.testing.assert_array_equal(rgb_from_compressed(wrong), picture)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_header_that_asks_for_much_memory_is_refused(suffix: str) -> None:
    data = bytearray(compressed(np.zeros((8, 8, 3), np.uint8), suffix, "x").data)
    at, length = (data.index(b"\xff\xc0") + 5, 2) if suffix == ".jpg" else (16, 4)
    data[at : at + 2 * length] = 2 * (30_000).to_bytes(length, "big")
    with pytest.raises(ValueError, match="at most 50000000 pixels, got 30000 x 30000"):
        rgb_from_compressed(CompressedImage(format="jpeg", data=array.array("B", data)))


def test_a_chunk_that_asks_for_much_memory_is_refused() -> None:
    data = bytearray(compressed(np.zeros((8, 8, 3), np.uint8), ".png", "x").data)
    at = data.index(b"IDAT") - 4
    data[at : at + 4] = (4_000_000_000).to_bytes(4, "big")
    with pytest.raises(ValueError, match="parts longer than the data"):
        rgb_from_compressed(CompressedImage(format="png", data=array.array("B", data)))


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_picture_that_was_cut_off_is_refused(suffix: str) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    whole = compressed(picture, suffix, "x")
    whole.data = whole.data[: len(whole.data) // 2]
    with pytest.raises(ValueError, match="without its end"):
        rgb_from_compressed(whole)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "got data that begins with b''"),
        (b"not a picture", "expected JPEG or PNG"),
        (b"\xff\xd8" + bytes(40) + b"\xff\xd9", "cannot be decoded"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40) + b"IEND", "cannot be decoded"),
    ],
)
def test_data_that_is_no_picture_is_refused(data: bytes, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        rgb_from_compressed(CompressedImage(format="jpeg", data=array.array("B", data)))
